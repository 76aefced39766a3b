from hypothesis import given, settings
from hypothesis import strategies as st

from deid_spark.identities import Mention, PatientIdentities, link
from deid_spark.identities.people import NameParts, typo_heads
from deid_spark.keys import Key, RandomKey
from deid_spark.labels import LABELS
from deid_spark.policy import load_policy
from deid_spark.replace import locations, names
from deid_spark.replace.draw import words_of
from deid_spark.replace.names import parse
from deid_spark.replace.pools import fold, pools

KEY = Key(b"test key of 16 bytes and more")
POLICY = load_policy("surrogate")
REDACT = load_policy("redact")

GIVEN = ["John", "Mary", "Liz", "Elizabeth", "Bob", "Robert", "Xuqzalli", "Nhung", "José", "Kim", "Will", "D'Andre"]
SURNAMES = [
    "Smith",
    "Halvorsen",
    "O'Neil",
    "McDonald",
    "Nguyen",
    "de la Cruz",
    "van der Berg",
    "Garza",
    "Rose",
    "Quillfeather",
]
PLACES = [
    ("HOSPITAL", "Mercy-Halvorsen Medical Center"),
    ("HOSPITAL", "Mercy-Halvorsen"),
    ("HOSPITAL", "MHMC"),
    ("HOSPITAL", "Mayo"),
    ("ORGANIZATION", "VFW Post 4162"),
    ("CITY", "Erie"),
    ("CITY", "Greensboro"),
    ("CITY", "GREENSBORO"),
    ("ZIP", "27407"),
    ("ZIP", "27407-1147"),
    ("STREET", "2207 E 10th St Apt 14"),
    ("STREET", "12 Elm Ct"),
    ("ROOM", "3"),
    ("ROOM", "318-B"),
    ("DEPARTMENT", "5 West"),
    ("LOCATION_OTHER", "I-95"),
    ("PROFESSION", "welder"),
    ("PHONE", "262-338-5571"),
    ("FAX", "262-338-5571"),
    ("SSN", "412-77-0958"),
    ("SSN", "0958"),
    ("MEDICALRECORD", "A-019644"),
    ("EMAIL", "a.b@c.net"),
    ("USERNAME", "tsmith2"),
    ("URL", "www.quix.org"),
    ("STATE", "NC"),
    ("COUNTRY", "Chad"),
    ("IDNUM", "S24-9927"),
]

FORMS = ["{g} {s}", "{s}, {g}", "{g}", "{s}", "{i}. {s}", "{s}'s", "{g} Q. {s}", "{g}\n{s}", "{g} {s}-Katz", "{i}{j}"]

full = st.tuples(
    st.sampled_from(GIVEN),
    st.sampled_from(SURNAMES),
    st.sampled_from(FORMS),
    st.sampled_from([str, str.upper, str.lower]),
).map(lambda t: t[3](t[2].format(g=t[0], s=t[1], i=t[0][0], j=t[1][0].upper())))
person = st.tuples(st.sampled_from(["PATIENT", "DOCTOR"]), full)
mention = st.one_of(person, st.sampled_from(PLACES)).map(lambda t: Mention(t[0], t[1], "n"))
mentions = st.lists(mention, max_size=14)


@given(mentions, st.randoms())
@settings(max_examples=60, deadline=None)
def test_order_does_not_matter(found, random):
    shuffled = list(found)
    random.shuffle(shuffled)
    for policy in (POLICY, REDACT):
        assert link("p", found, policy=policy, key=KEY) == link("p", shuffled, policy=policy, key=KEY)


@given(mentions, mentions)
@settings(max_examples=60, deadline=None)
def test_increments_keep_what_there_is(first, second):
    for policy, key in ((POLICY, KEY), (POLICY, RandomKey()), (REDACT, KEY)):
        old = link("p", first, policy=policy, key=key)
        new = link("p", first + second, policy=policy, key=key, existing=old)
        assert new[: len(old)] == old
        assert len({(row.kind, row.canonical) for row in new}) == len(new)
        assert link("p", second + first, policy=policy, key=key, existing=new) == new


@given(mentions)
@settings(max_examples=60, deadline=None)
def test_no_surrogate_is_an_original_or_anothers(found):
    rows = link("p", found, policy=POLICY, key=KEY)
    originals = {w for m in found for w in words_of(m.text) if len(w) > 1}
    parts = {r.canonical: r.surrogate for r in rows if r.kind in ("PATIENT.part", "DOCTOR.part")}
    for canonical, surrogate in parts.items():
        assert originals.isdisjoint(words_of(surrogate))
        assert fold(surrogate)[0] != canonical[0] or not canonical[0].isalpha()
    people = {c: s for c, s in parts.items() if c not in pools().nicknames and c not in typo_heads(_parts(found), ())}
    assert len(set(people.values())) == len(people)
    for kind in sorted({r.kind for r in rows} - {"PATIENT.initials", "DOCTOR.initials", "FACILITY.stem", "SSN"}):
        if "." in kind and kind not in ("STREET.part",):
            continue
        same = [r for r in rows if r.kind == kind]
        assert len({fold(r.surrogate) for r in same}) == len(same), kind
        if kind not in ("HOSPITAL", "ORGANIZATION"):
            assert {fold(r.surrogate) for r in same}.isdisjoint({r.canonical.lower() for r in same}), kind


def _parts(found):
    return NameParts({(m.label, m.text): 1 for m in found if m.label in ("PATIENT", "DOCTOR")})


@given(mentions)
@settings(max_examples=60, deadline=None)
def test_every_mention_renders_in_its_own_shape(found):
    ids = PatientIdentities(link("p", found, policy=POLICY, key=KEY))
    for label, text, _ in found:
        if label in ("PATIENT", "DOCTOR"):
            fake = names.render(label, text, ids)
            assert _separators(fake) == _separators(_without_particles(text)), (text, fake)
        elif POLICY.action(label) == "surrogate" and label in locations.PLACE_LABELS:
            fake = locations.render(label, text, ids, POLICY)
        else:
            continue
        assert fake != text
        if sum(map(str.isalpha, text)) > 1 and text.isupper():
            assert fake.isupper() or not any(map(str.isalpha, fake))
        if text.islower():
            assert fake.islower()
        assert fake.count("\n") == text.count("\n")


def _without_particles(text: str) -> str:
    for particle in ("de la ", "van der "):
        text = text.replace(particle, "").replace(particle.upper(), "")
    return text


def _separators(text: str) -> str:
    text = text.replace("'S", "@").replace("'s", "@").replace("'", "")
    return "".join(c for c in text if not c.isalnum())


@given(mentions)
@settings(max_examples=40, deadline=None)
def test_every_mention_has_a_tag_and_persons_keep_theirs(found):
    ids = PatientIdentities(link("p", found, policy=REDACT, key=KEY))
    full_names: dict[tuple[str, str], str] = {}
    for label, text, _ in found:
        tag = ids.tag(label, text)
        assert label in LABELS
        assert tag.rpartition("-")[0] == label
        name = parse(text, label) if label in ("PATIENT", "DOCTOR") else None
        if name and name.of("given") and name.of("surname"):
            assert full_names.setdefault((label, name.form), tag) == tag
    numbers = sorted({int(r.surrogate.rpartition("-")[2]) for r in ids.rows if r.kind == "tag:PATIENT"})
    assert numbers == list(range(1, len(numbers) + 1))
