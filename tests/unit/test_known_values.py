"""Known values found in any written form, and the ordinary words that look like them left alone."""

# ruff: noqa: E501  (a row of a table is one line)

import time

import pytest

from deid_spark.detect.dictionaries import Eponym, Lexicon
from deid_spark.detect.known_values import KnownValue, KnownValueMatcher
from deid_spark.detect.lexicon_flags import Known

COMMON = Known.COMMON | Known.WORD
WORDS = {
    "will": COMMON | Known.GIVEN, "may": COMMON | Known.GIVEN | Known.CALENDAR, "rose": COMMON | Known.GIVEN,
    "brown": COMMON | Known.SURNAME, "foley": Known.EPONYM | Known.SURNAME, "parkinson": Known.EPONYM | Known.SURNAME,
    "reading": COMMON | Known.CITY, "mobile": COMMON | Known.CITY, "castle": Known.WORD | Known.SURNAME,
    "keith": Known.EPONYM | Known.GIVEN, "maria": Known.GIVEN | Known.GIVEN_COMMON,
    "smith": Known.WORD | Known.SURNAME, "patient": COMMON | Known.CLINICAL, "simple": COMMON, "improved": COMMON,
    "catheter": Known.CLINICAL, "street": COMMON, "target": COMMON, "great": COMMON, "lakes": COMMON,
}  # fmt: skip
LEXICON = Lexicon(
    words={word: int(bits) for word, bits in WORDS.items()},
    phrases={},
    eponyms={
        "foley": Eponym("context", frozenset({"catheter", "bag"})),
        "keith": Eponym("context", frozenset({"needle"})),
    },
    nicknames={"bill": ("william",), "maggie": ("margaret",), "peggy": ("margaret",)},
    given_rank={},
    surname_rank={},
    professions=frozenset(),
    fingerprint="test",
)


def matcher(**kinds: str) -> KnownValueMatcher:
    """One patient's matcher; several values of a kind are written with `|`."""
    values = [KnownValue("p1", kind, value) for kind, given in kinds.items() for value in given.split("|")]
    return KnownValueMatcher(values, LEXICON)


def found(m: KnownValueMatcher, text: str, threshold: float = 0.5) -> list[tuple[str, str]]:
    return [(text[s.start : s.end], s.label) for s in m.detect(text) if s.score >= threshold]


MARGARET = {"given_name": "Margaret", "middle_name": "Q", "family_name": "Vandersloot"}

NAME_FORMS = [
    "Margaret Vandersloot", "MARGARET VANDERSLOOT", "margaret vandersloot", "Vandersloot, Margaret",
    "Vandersloot, Margaret Q", "VANDERSLOOT,MARGARET", "Margaret Q. Vandersloot", "M. Vandersloot", "M Q Vandersloot",
    "Vandersloot, M.", "Peggy Vandersloot", "Maggie", "Margaret", "Vandersloot", "Vandersloott", "Vandersloto",
    "Margraet Vandersloot", "Margaret\nVandersloot", "Margaret  \r\n Vandersloot", "Márgaret Vandersloot",
    'Margaret "Peggy" Vandersloot', "Margaret (Maggie) Vandersloot",
]  # fmt: skip


@pytest.mark.parametrize("form", NAME_FORMS)
@pytest.mark.parametrize("frame", ["Patient: {}", "seen by nurse, {} says no", "ref {}'s chart", "{}"])
def test_a_name_is_found_in_any_form(form, frame):
    assert found(matcher(**MARGARET), frame.format(form)) == [(form, "PATIENT")]


@pytest.mark.parametrize(
    "text", ["margarine and vanderslots", "Mar garet", "Margate is a town", "vitamin M. and Q. fever", "a Vander sloop"]
)
def test_near_misses_of_a_name_are_left(text):
    assert found(matcher(**MARGARET), text) == []


ORDINARY = {
    "given_name": "Rose", "family_name": "Parkinson", "relative_name": "Will Brown|May Foley-Castle|Keith Parkinson",
    "provider_name": "Brian T. Foley, MD|Dr. Hope Castle",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mrs. Parkinson has Parkinson disease.", [("Parkinson", "PATIENT")]),
        ("Parkinson's disease since 2017. Parkinson's chart", [("Parkinson", "PATIENT")]),
        ("Foley catheter placed; Dr. Foley called", [("Foley", "DOCTOR")]),
        ("the foley was removed by foley, brian t.", [("foley, brian t.", "DOCTOR")]),
        ("Temperature rose to 38. She will rest and may eat.", []),
        ("Will keep binder on. May repeat Ca today.", []),
        ("her husband Will said no, then Rose said yes", [("Will", "PATIENT"), ("Rose", "PATIENT")]),
        ("since May 4 and in May; her daughter May came", [("May", "PATIENT")]),
        ("brown sputum, rose-colored rash; Brown, Will was here", [("Brown, Will", "PATIENT")]),
        ("ROSE PARKINSON", [("ROSE PARKINSON", "PATIENT")]),
        ("THE FOLEY WAS REMOVED AND TEMPERATURE ROSE", []),
        ("seen by H. Castle, MD", [("H. Castle", "DOCTOR")]),
        ("sent to rose parkinson; it will brown", [("rose parkinson", "PATIENT")]),
        ("Will Brown Will Brown", [("Will Brown", "PATIENT"), ("Will Brown", "PATIENT")]),
        ("signed\n--BTF", [("BTF", "DOCTOR")]),
        ("BF, MD and bf of pt", [("BF", "DOCTOR")]),
        ("Charcot-Rose-Tooth, and an Parkinson-like gait", []),
        ("the Foley to gravity; Parkinson's, CHF", []),
        (
            "Foley out. Parkinson's daughter May is here",
            [("Parkinson", "PATIENT"), ("May", "PATIENT")],
        ),
        ("guns locked at Keith's, Keith needle", [("Keith", "PATIENT")]),
        ("contacts: 745-3318; May 745-2206", [("May", "PATIENT")]),
        ("widow of Maria Parkinson", [("Parkinson", "PATIENT")]),
        ("he wants to will it; will may not", []),
        ("Foley: I saw him. Brown: no", [("Brown", "PATIENT")]),
        ("b. foley rn here, and r. brown sputum", [("b. foley", "DOCTOR")]),
        ("W.B. is not a signature", []),
    ],
)
def test_a_name_that_is_a_word_needs_its_context(text, expected):
    assert found(matcher(**ORDINARY), text) == expected


@pytest.mark.parametrize("text", ["Vandersloot Clinic", "at Spokane Falls Hospital", "University of Spokane"])
def test_a_name_inside_the_name_of_a_place_gives_way(text):
    spans = matcher(family_name="Vandersloot", city="Spokane").detect(text)
    assert [span.score for span in spans] == [0.6]


def test_a_word_in_doubt_has_a_low_score():
    spans = matcher(given_name="Rose").detect("pt c/o cough. rose up this am and went to the chair with help")
    assert all(span.score < 0.5 for span in spans)


@pytest.mark.parametrize(
    ("kinds", "text", "expected"),
    [
        ({"family_name": "O'Brien"}, "Mr. O’Brien; obrien; O BRIEN", [("O’Brien", "PATIENT"), ("obrien", "PATIENT"), ("O BRIEN", "PATIENT")]),
        ({"family_name": "Ibáñez Ruiz"}, "IBANEZ RUIZ, and Ibanez-Ruiz", [("IBANEZ RUIZ", "PATIENT"), ("Ibanez-Ruiz", "PATIENT")]),
        ({"family_name": "Ibáñez"}, "Iba\u0301n\u0303ez was", [("Iba\u0301n\u0303ez", "PATIENT")]),
        ({"family_name": "Müller"}, "Mueller; Muller; MÜLLER", [("Mueller", "PATIENT"), ("Muller", "PATIENT"), ("MÜLLER", "PATIENT")]),
        ({"family_name": "Strauß"}, "ﬁne; STRAUSS said", [("STRAUSS", "PATIENT")]),
        ({"patient_name": "Maria de la Cruz"}, "Maria de la Cruz; cruz, maria; de la carte", [("Maria de la Cruz", "PATIENT"), ("cruz, maria", "PATIENT")]),
        ({"relative_name": "Wayne Stillwater Jr."}, "son Wayne Stillwater Jr. came", [("Wayne Stillwater Jr.", "PATIENT")]),
        ({"relative_name": "Will Vandersloot Jr."}, "summoned will jr and his dad", [("will jr", "PATIENT")]),
        ({"patient_name": "Nguyen, An"}, 'An Nguyen ate. An orange and an apple. Name: "An"; new', [("An Nguyen", "PATIENT"), ("An", "PATIENT")]),
        ({"given_name": "William", "family_name": "Vandersloot"}, "Bill Vandersloot", [("Bill Vandersloot", "PATIENT")]),
    ],
)  # fmt: skip
def test_names_of_many_shapes(kinds, text, expected):
    assert found(matcher(**kinds), text) == expected


@pytest.mark.parametrize("form", [
    "419-244-7703", "(419) 244-7703", "419.244.7703", "4192447703", "1-419-244-7703", "+1 (419) 244 7703", "419/244-7703",
    "419-244-\n7703", "244-7703", "(419) 244-7703 ext. 12", "419-244-7703 x12",
])  # fmt: skip
def test_a_phone_is_found_in_any_punctuation(form):
    assert found(matcher(phone="(419) 244-7703 x12"), f"call {form} today") == [(form, "PHONE")]


@pytest.mark.parametrize("text", ["419-244-7704", "2447702", "14192447703411", "419 mg, 244 ml, 7703"])
def test_other_numbers_are_not_the_phone(text):
    assert found(matcher(phone="419-244-7703"), text) == []


@pytest.mark.parametrize(
    ("kinds", "text", "expected"),
    [
        ({"mrn": "004418273"}, "MRN:4418273 or 004418273 or 44-18273", [("4418273", "MEDICALRECORD"), ("004418273", "MEDICALRECORD"), ("44-18273", "MEDICALRECORD")]),
        ({"mrn": "4418273"}, "MR#0004418273", [("0004418273", "MEDICALRECORD")]),
        ({"mrn": "TC-0092216"}, "tc0092216, TC 0092216, 0092216", [("tc0092216", "MEDICALRECORD"), ("TC 0092216", "MEDICALRECORD"), ("0092216", "MEDICALRECORD")]),
        ({"mrn": "4418273"}, "44182731 and 4418274", []),
        ({"ssn": "230-41-7786"}, "230417786; SSN ends 7786; room 7786", [("230417786", "SSN"), ("7786", "SSN")]),
        ({"zip": "43606"}, "Toledo 43606-1408; 43606; 1.43606", [("43606-1408", "ZIP"), ("43606", "ZIP")]),
        ({"health_plan": "1EG4-TE5-MK73"}, "# 1eg4te5mk73", [("1eg4te5mk73", "HEALTHPLAN")]),
        ({"email": "J.Doe@Mail.net"}, "write j.doe@mail.NET, not aj.doe@mail.net", [("j.doe@mail.NET", "EMAIL")]),
        ({"username": "carmenruiz63"}, "user CarmenRuiz63", [("CarmenRuiz63", "USERNAME")]),
        ({"username": "fola.long_proxy"}, "login fola.long_proxy", [("fola.long_proxy", "USERNAME")]),
        ({"other_id": "WC-TN-24-0093311"}, "claim wc tn 24 0093311", [("wc tn 24 0093311", "IDNUM")]),
        ({"mrn": "3-118-4420"}, "3-118-4420; 31184420", [("3-118-4420", "MEDICALRECORD"), ("31184420", "MEDICALRECORD")]),
        ({"other_id": "114,806"}, "census no. 114,806", [("114,806", "IDNUM")]),
        ({"other_id": "12"}, "12 mg", []),
    ],
)  # fmt: skip
def test_numbers(kinds, text, expected):
    assert found(matcher(**kinds), text) == expected


@pytest.mark.parametrize("form", [
    "3/14/1946", "03/14/46", "3-14-46", "03.14.1946", "1946-03-14", "19460314", "03141946", "Mar 14, 1946", "March 14th, 1946",
    "14 March 1946", "14-Mar-46", "14MAR1946", "the 14th of March, 1946", "14/3/1946", "Mar. 14 '46", "MARCH 14 1946",
])  # fmt: skip
def test_the_birth_date_is_found_in_any_form(form):
    want = form.removeprefix("the ")
    assert found(matcher(birth_date="1946-03-14"), f"born {form}.") == [(want, "DATE")]


@pytest.mark.parametrize("text", ["3/15/1946", "14 mg 3 times 1946", "May 14, 1946", "46 of 314", "1946"])
def test_other_dates_are_not_the_birth_date(text):
    assert found(matcher(birth_date="1946-03-14"), text) == []


@pytest.mark.parametrize("form", [
    "27 Lakeway Ct Apt 4B", "27 LAKEWAY COURT, APT. 4-B", "27 Lakeway Court #4B", "27 Lakeway", "27 N. Lakeway Ct", "27 lakeway ct.",
])  # fmt: skip
def test_a_street_is_found_in_any_form(form):
    text = f"lives at {form}; alone"
    assert found(matcher(street="27 Lakeway Ct Apt 4B"), text) == [(form.rstrip("."), "STREET")]


@pytest.mark.parametrize(
    ("kinds", "text", "expected"),
    [
        ({"street": "27 Lakeway Ct"}, "off Lakeway Court; 27 lakes; Lakeway", [("Lakeway Court", "STREET")]),
        ({"street": "1717 W. 41st Street South"}, "at 1717 W. 41st Street South in", [("1717 W. 41st Street South", "STREET")]),
        ({"street": "227 Electric St"}, "227 Electric St, 2nd fl, Scranton", [("227 Electric St, 2nd fl", "STREET")]),
        ({"street": "22 Old Saucon Pike, Building B, Suite 140"}, "22 Old Saucon Pike, Building B, Suite 140, PA", [("22 Old Saucon Pike, Building B, Suite 140", "STREET")]),
        ({"hospital": "Lima Eye Group"}, "Lima Eye Group, PC told", [("Lima Eye Group, PC", "HOSPITAL")]),
        ({"street": "PO Box 88"}, "mail to P.O. Box 88, box 89", [("P.O. Box 88", "LOCATION_OTHER")]),
        ({"city": "Reading"}, "from Reading, PA; reading glasses; Reading was hard", [("Reading", "CITY")]),
        ({"city": "Spokane Valley"}, "SPOKANE\nVALLEY", [("SPOKANE\nVALLEY", "CITY")]),
        ({"state": "OR"}, "Salem, OR; to OR; Oregon", [("OR", "STATE"), ("Oregon", "STATE")]),
        ({"employer": "Great Lakes Glassworks, Inc."}, "works for great lakes glassworks", [("great lakes glassworks", "ORGANIZATION")]),
        ({"employer": "Target"}, "works at Target; target INR 2-3", [("Target", "ORGANIZATION")]),
    ],
)  # fmt: skip
def test_places_and_employers(kinds, text, expected):
    assert found(matcher(**kinds), text) == expected


def test_offsets_hold_in_text_whose_letters_fold_to_more():
    text = "Straße ﬁx İstanbul 😀 — Vandersloot, 4192447703"
    m = matcher(family_name="Vandersloot", phone="419 244 7703")
    assert [w for w, _ in found(m, text)] == ["Vandersloot", "4192447703"]


def test_no_values_and_no_text_find_nothing():
    assert KnownValueMatcher([], LEXICON).detect("Rose Parkinson 4192447703") == []
    assert matcher(**MARGARET).detect("") == []


def test_the_cache_gives_the_same_matcher_and_stays_bounded(monkeypatch):
    monkeypatch.setattr("deid_spark.detect.known_values.CACHE_SIZE", 3)
    values = (KnownValue("p1", "given_name", "Margaret"),)
    first = KnownValueMatcher.cached(values, LEXICON)
    assert KnownValueMatcher.cached(values, LEXICON) is first
    for n in range(5):
        KnownValueMatcher.cached((KnownValue(f"p{n}", "given_name", "Ann"),), LEXICON)
    assert KnownValueMatcher.cached(values, LEXICON) is not first


def test_a_known_value_does_not_show_itself():
    assert "Margaret" not in repr([KnownValue("p1", "given_name", "Margaret")])


def test_building_a_matcher_is_quick():
    values = [KnownValue("p", kind, value) for kind, value in [*MARGARET.items(), *ORDINARY.items()]]
    start = time.perf_counter()
    for _ in range(50):
        KnownValueMatcher(values, LEXICON)
    assert (time.perf_counter() - start) / 50 < 0.005
