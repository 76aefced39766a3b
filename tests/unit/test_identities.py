import time
from collections import namedtuple

import pytest

from deid_spark.detect.dictionaries import Lexicon
from deid_spark.identities import Mention, PatientIdentities, find_again, link
from deid_spark.keys import Key, RandomKey
from deid_spark.policy import load_policy
from deid_spark.replace import names
from deid_spark.replace.pools import fold, pools
from deid_spark.spans import Span

KEY = Key(b"test key of 16 bytes and more")
POLICY = load_policy("surrogate")
REDACT = load_policy("redact")
Known = namedtuple("Known", "patient_id kind value")


def mentions(*texts: str, label: str = "PATIENT") -> list[Mention]:
    return [Mention(label, text, f"n{i}") for i, text in enumerate(texts)]


def fakes(*texts: str, label: str = "PATIENT", **more) -> list[str]:
    rows = link("p1", mentions(*texts, label=label), policy=POLICY, key=KEY, **more)
    return [names.render(label, text, PatientIdentities(rows)) for text in texts]


def tags(*texts: str, label: str = "PATIENT") -> list[str]:
    ids = PatientIdentities(link("p1", mentions(*texts, label=label), policy=REDACT, key=KEY))
    return [ids.tag(label, text) for text in texts]


def test_relatives_share_the_fake_surname_and_not_the_given_name():
    john, mary, surname = fakes("John Halvorsen", "Mary Halvorsen", "Halvorsen")
    assert john.split()[1] == mary.split()[1] == surname
    assert john.split()[0] != mary.split()[0]


def test_the_sex_of_given_names_stays():
    for text, sex in (("John Halvorsen", "M"), ("Mary Halvorsen", "F"), ("Ofelia Ruiz", "F"), ("Dmitri Katz", "M")):
        assert pools().given[fold(fakes(text)[0].split()[0])].sex == sex


@pytest.mark.parametrize(("title", "sex"), [("", "U"), ("Mr. ", "M"), ("Mrs. ", "F")])
def test_a_title_tells_the_sex_of_an_unknown_name(title, sex):
    given = fakes(f"{title}Xuqzalli Smith")[0].removeprefix(title).split()[0]
    assert pools().given[fold(given)].sex == sex


def test_a_typo_of_a_rare_long_part_is_the_same_person():
    right, wrong = fakes("Ignatius Quillfeather", "Quilfeather")
    assert right.split()[1] == wrong


@pytest.mark.parametrize(
    ("one", "other"), [("Hansen", "Hanson"), ("Marie", "Maria"), ("Tolk", "Tork"), ("Garza", "Gara")]
)
def test_usual_or_short_names_one_letter_apart_are_different_people(one, other):
    first, second = fakes(one, other)
    assert first != second


def test_a_short_form_goes_with_its_full_name():
    full, short, upper = fakes("Elizabeth Halvorsen", "Liz", "LIZ HALVORSEN")
    given = full.split()[0]
    assert fold(short) in {fold(s) for s in pools().short_forms.get(fold(given), [given])} | {fold(given)}
    assert upper == f"{short} {full.split()[1]}".upper()


def test_a_short_form_with_another_surname_is_somebody_else():
    full, short = fakes("Patricia Halvorsen", "Pat Jones")
    assert fold(short.split()[0]) not in {fold(s) for s in pools().short_forms.get(fold(full.split()[0]), [])}


def test_initials_agree_with_the_fake():
    full, short, signature, lower = fakes("Thomas M. Ortuno", "T. Ortuno", "TMO", "to", label="DOCTOR")
    given, middle, surname = full.split()
    assert short == f"{given[0]}. {surname}"
    assert signature == given[0] + middle[0] + surname[0]
    assert lower == (given[0] + surname[0]).lower()


def test_no_initial_stays():
    for text in ("Q. Smith", "mlk", "N.B-N.", "Alexander Katz", "JJ Coffin"):
        fake = fakes(text)[0]
        assert all(a != b for a, b in zip(_firsts(text), _firsts(fake), strict=True)), text


def _firsts(text: str) -> str:
    return "".join(c for i, c in enumerate(text) if c.isalpha() and (not text[i - 1 : i].isalpha() or len(text) < 4))


def test_an_initial_of_an_earlier_run_decides_the_later_given_name():
    old = link("p1", mentions("J. Halvorsen"), policy=POLICY, key=KEY)
    both = link("p1", mentions("J. Halvorsen", "John Halvorsen"), policy=POLICY, key=KEY, existing=old)
    ids = PatientIdentities(both)
    assert names.render("PATIENT", "John Halvorsen", ids)[0] == names.render("PATIENT", "J. Halvorsen", ids)[0]
    assert both[: len(old)] == old


def test_no_fake_is_a_word_of_the_patients_originals_or_known_values():
    pool = pools().surnames_by["o", 1]
    known = [Known("p1", "relative_name", f"Ann {name}") for name in pool]
    first = fakes("John Johnson")[0].split()[1]
    assert first in pool
    other = fakes("John Johnson", known=known)[0].split()[1]
    assert other not in pool


def test_known_values_get_rows_without_a_mention():
    known = [Known("p1", "given_name", "Ofelia"), Known("p1", "family_name", "Quillfeather")]
    ids = PatientIdentities(link("p1", [], policy=POLICY, key=KEY, known=known))
    assert names.render("PATIENT", "QUILLFEATHER, OFELIA", ids).isupper()


def test_random_rows_stay_once_drawn():
    first = link("p1", mentions("John Smith", "Johnny"), policy=POLICY, key=RandomKey())
    again = link("p1", mentions("Johnny", "John Smith", "J. Smith"), policy=POLICY, key=RandomKey(), existing=first)
    assert again[: len(first)] == first
    assert {(r.kind, r.canonical) for r in again[len(first) :]} == {("PATIENT.initials", "j|smith")}
    ids = PatientIdentities(again)
    assert names.render("PATIENT", "J. Smith", ids)[0] == names.render("PATIENT", "John", ids)[0]
    assert link("p1", mentions("John Smith"), policy=POLICY, key=RandomKey()) != link(
        "p1", mentions("John Smith"), policy=POLICY, key=RandomKey()
    )


def test_patients_differ():
    one = link("p1", mentions("John Smith"), policy=POLICY, key=KEY)
    two = link("p2", mentions("John Smith"), policy=POLICY, key=KEY)
    assert {r.surrogate for r in one}.isdisjoint({r.surrogate for r in two} - {"-1", "-2"})


def test_tags_number_persons():
    john, last_first, titled, bare, short, mary, other = tags(
        "John Halvorsen", "HALVORSEN, JOHN", "Mr. Halvorsen", "Halvorsen", "Johnny", "Mary Halvorsen", "Otis Katz"
    )
    assert john == last_first == short
    assert titled == bare
    assert bare in (john, mary)
    assert len({john, mary, other}) == 3
    assert {t.split("-")[0] for t in (john, mary, other)} == {"PATIENT"}


def test_a_surname_alone_is_the_known_patient_or_the_most_spoken_of():
    texts = ["Mary Halvorsen", "John Halvorsen", "John Halvorsen", "Halvorsen"]
    ids = PatientIdentities(link("p1", mentions(*texts), policy=REDACT, key=KEY))
    assert ids.tag("PATIENT", "Halvorsen") == ids.tag("PATIENT", "John Halvorsen")
    known = [Known("p1", "patient_name", "Mary Halvorsen")]
    ids = PatientIdentities(link("p1", mentions(*texts), policy=REDACT, key=KEY, known=known))
    assert ids.tag("PATIENT", "Halvorsen") == ids.tag("PATIENT", "Mary Halvorsen")


def test_older_tags_stay_and_new_ones_count_on():
    old = link("p1", mentions("Otis Katz"), policy=REDACT, key=KEY)
    ids = PatientIdentities(link("p1", mentions("Ann Abel", "Katz"), policy=REDACT, key=KEY, existing=old))
    assert ids.tag("PATIENT", "Otis Katz") == ids.tag("PATIENT", "Katz") == "PATIENT-1"
    assert ids.tag("PATIENT", "Ann Abel") == "PATIENT-2"


def test_special_rows():
    ids = PatientIdentities(link("p1", [], policy=POLICY, key=KEY))
    assert ids.patient_pseudonym != "p1"
    assert -52 <= ids.shift_weeks <= -1


def test_kept_labels_have_no_rows():
    rows = link(
        "p1",
        [Mention("CITY", "Erie", "n"), Mention("DATE", "3/4", "n")],
        policy=load_policy("limited_data_set"),
        key=KEY,
    )
    assert {row.kind for row in rows} == {"patient_id", "date_shift_weeks", "note_salt"}


def test_phone_and_fax_are_one_and_a_tail_agrees():
    found = [
        Mention("PHONE", "262-338-5571", "a"),
        Mention("FAX", "(262) 338-5571", "b"),
        Mention("SSN", "412-77-0958", "a"),
        Mention("SSN", "0958", "b"),
    ]
    ids = PatientIdentities(link("p1", found, policy=POLICY, key=KEY))
    assert ids.value("PHONE", "262.338.5571") == ids.value("FAX", "2623385571")
    assert ids.value("SSN", "412770958")[-4:] == ids.value("SSN", "0958")[-4:]


class Words:
    """A lexicon of a few words, with the bits that the real one gives them."""

    def __init__(self, **words: int):
        self.words = words


WORDS = Words(will=3, rose=3, smith=2, foley=1 << 4, the=3, jones=0)


def again(text: str, *texts: str, spans=(), **more) -> list[str]:
    rows = link("p1", mentions(*texts, **more), policy=POLICY, key=KEY)
    found = find_again(text, list(spans), PatientIdentities(rows), WORDS)
    assert all(s.sources == (f"propagated:{s.label}",) for s in found)
    return [text[s.start : s.end] for s in found]


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        ("Seen with HALVORSEN today, halvorsen's son", ["John Halvorsen"], ["HALVORSEN", "halvorsen"]),
        ("Halvorsen, John was here", ["John Halvorsen"], ["Halvorsen, John"]),
        ("John\nHalvorsen", ["John Halvorsen"], ["John\nHalvorsen"]),
        ("halvorsenia is a plant", ["John Halvorsen"], []),
        ("He will rose", ["Will Rose"], []),
        ("Will Rose called; Rose, Will", ["Will Rose"], ["Will Rose", "Rose, Will"]),
        ("Mr. Rose called", ["Will Rose"], ["Rose"]),
        ("a rose garden, foley in place, Foley removed", ["Will Rose", "Ann Foley"], []),
        ("Ann Foley and her foley", ["Ann Foley"], ["Ann Foley"]),
        ("MÜLLER and Muller", ["Eva Müller"], ["MÜLLER", "Muller"]),
        ("Jo is here", ["Jo Quix"], []),
    ],
)
def test_names_are_found_again(text, known, expected):
    assert again(text, *known) == expected


def test_what_has_a_span_is_left_alone():
    assert again("John Halvorsen", "John Halvorsen", spans=[Span(5, 14, "DOCTOR")]) == ["John"]
    assert again("Will Halvorsen will", "Will Halvorsen", spans=[Span(5, 14, "PATIENT")]) == ["Will"]


@pytest.mark.parametrize(
    ("label", "known", "text", "expected"),
    [
        ("PHONE", "262-338-5571", "call (262) 338.5571 or 2623385571", ["262) 338.5571", "2623385571"]),
        ("PHONE", "262-338-5571", "dose 262 338 557 mg", []),
        ("MEDICALRECORD", "A-0196447", "chart A0196447, a 0196447", ["A0196447", "a 0196447"]),
        ("EMAIL", "s.may@cascade.net", "write S.May@cascade.net.", ["S.May@cascade.net"]),
        ("STREET", "2207 Elmgrove Ave", "lives 2207 Elmgrove\nAve", ["2207 Elmgrove\nAve"]),
        ("HOSPITAL", "Mercy-Quix Medical Center", "at MERCY-QUIX MEDICAL CENTER", ["MERCY-QUIX MEDICAL CENTER"]),
        ("HOSPITAL", "Rose", "a rose", []),
    ],
)
def test_values_are_found_again(label, known, text, expected):
    assert again(text, known, label=label) == expected


def test_a_long_life_of_notes_is_linked_in_linear_time():
    given, surnames = list(pools().given)[:120], list(pools().surnames)[:100]
    texts = [f"{g} {s}" for g in given for s in surnames] * 4
    start = time.perf_counter()
    rows = link("p1", mentions(*texts), policy=POLICY, key=KEY)
    assert time.perf_counter() - start < 20  # some 2 s alone on one core; quadratic would take minutes
    heads = {
        r.canonical: r.surrogate for r in rows if r.kind == "PATIENT.part" and r.canonical not in pools().nicknames
    }
    assert len(heads) > 180
    assert len(set(heads.values())) == len(heads)


@pytest.mark.parametrize(
    ("text", "found"),
    [("pt g. parkinson rm 5", ["g. parkinson"]), ("seen w/ G Parkinson", ["G Parkinson"]), ("h. parkinson score", [])],
)
def test_an_initial_makes_an_eponym_the_name(text, found):
    rows = link("p", [Mention("PATIENT", "Grace Parkinson", "n")], policy=load_policy("surrogate"), key=Key(b"k" * 16))
    spans = find_again(text, [], PatientIdentities(rows), Lexicon.load())
    assert [text[s.start : s.end] for s in spans] == found
