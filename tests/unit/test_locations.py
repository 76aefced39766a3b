import re

import pytest

from deid_spark.identities import Mention, MissingIdentity, PatientIdentities, link
from deid_spark.keys import Key
from deid_spark.policy import Places, load_policy
from deid_spark.replace import locations
from deid_spark.replace.pools import fold, pools
from deid_spark.replace.zips import restricted_prefixes, zip3

KEY = Key(b"test key of 16 bytes and more")
POLICY = load_policy("surrogate")


def fakes(*labelled: tuple[str, str], policy=POLICY) -> list[str]:
    rows = link("p1", [Mention(label, text, "n") for label, text in labelled], policy=policy, key=KEY)
    ids = PatientIdentities(rows)
    return [locations.render(label, text, ids, policy) for label, text in labelled]


def test_forms_of_one_hospital_agree():
    full, short, acronym, upper, first = fakes(
        ("HOSPITAL", "Mercy-Halvorsen Medical Center"), ("HOSPITAL", "Mercy-Halvorsen"), ("HOSPITAL", "MHMC"),
        ("HOSPITAL", "MERCY-HALVORSEN MEDICAL CENTER"), ("HOSPITAL", "Mercy"),
    )  # fmt: skip
    assert full == f"{short} Medical Center"
    assert acronym == "".join(w[0] for w in re.split(r"[ -]", full))
    assert upper == full.upper()
    assert short.startswith(first)


@pytest.mark.parametrize(
    ("label", "text", "pattern"),
    [
        ("HOSPITAL", "Cedar Hollow Behavioral Health", r"[A-Z]\w+ [A-Z]\w+ Behavioral Health"),
        ("HOSPITAL", "Hospice of the Valley", r"Hospice of the [A-Z]\w+"),
        ("HOSPITAL", "ST. BRENDAN'S HEART INSTITUTE", r"ST\. [A-Z]+'S HEART INSTITUTE"),
        ("HOSPITAL", "Second\nSpring Recovery", r"\w+\n\w+ Recovery"),
        ("HOSPITAL", "CVMC", r"[A-Z]{2}MC"),
        ("HOSPITAL", "Family Health Center", r"[A-Z]\w+ Health Center"),
        ("ORGANIZATION", "VFW Post 4162", r"VFW Post \d{4}"),
        ("ORGANIZATION", "Bethel Lutheran Church", r"[A-Z]\w+ Lutheran Church"),
        ("ORGANIZATION", "Lor & Sons Funeral Home", r"[A-Z]\w+ & Sons Funeral Home"),
        ("ORGANIZATION", "U.S. Navy", r"U\.S\. [A-Z]\w+( \w+)*"),
        ("STREET", "2207 E 10th St Apt 14", r"[1-9]\d{3} E \d\d(th|st|nd|rd) St Apt [1-9]\d"),
        ("STREET", "19 Washington Ave, 3rd fl rear", r"[1-9]\d [A-Z]\w+( \w+)? Ave, \d(th|st|nd|rd) fl rear"),
        ("STREET", "1150 St. Claude Avenue", r"[1-9]\d{3} [A-Z]\w+( \w+)? Avenue"),
        ("STREET", "114 North Court Square", r"[1-9]\d\d North [A-Z]\w+( \w+)? Square"),
        ("STREET", "718½ E. Acacia Ave", r"[1-9]\d\d½ E\. [A-Z]\w+( \w+)? Ave"),
        ("STREET", "W9120 County Road P", r"[A-H]\d{4} County Road [A-H]"),
        ("ROOM", "318-B", r"[1-9]\d\d-[A-H]"),
        ("ROOM", "C", r"[A-H]"),
        ("ROOM", "OR 3", r"OR [1-9]"),
        ("DEPARTMENT", "5 West", r"\d (North|South|East)"),
        ("DEPARTMENT", "Pod C", r"Pod [A-H]"),
        ("DEPARTMENT", "7 Tower North", r"\d Tower (South|East|West)"),
        ("LOCATION_OTHER", "P.O. Box 5117", r"P\.O\. Box [1-9]\d{3}"),
        ("LOCATION_OTHER", "I-95", r"I-[1-9]\d"),
        ("LOCATION_OTHER", "Lake Marburg", r"Lake [A-Z]\w+"),
        ("PROFESSION", "firefighters", r"[a-z ]+s"),
        ("ZIP", "27407-1147", r"2[78]\d{3}-\d{4}"),
    ],
)
def test_shape_and_kind_stay_and_the_name_goes(label, text, pattern):
    fake = fakes((label, text))[0]
    assert re.fullmatch(pattern, fake), fake
    assert fold(fake) != fold(text)


def test_no_naming_word_of_the_original_stays():
    for label, text, words in [
        ("HOSPITAL", "Mercy-Halvorsen Medical Center", ["mercy", "halvorsen"]),
        ("ORGANIZATION", "Hmong Funeral Home of Erie", ["hmong", "erie"]),
        ("STREET", "45 Moravia Park Dr", ["45", "moravia"]),
        ("LOCATION_OTHER", "Lake Marburg", ["marburg"]),
        ("DEPARTMENT", "3 Rushmore", ["rushmore"]),
        ("STREET", "North Court Square", ["court"]),
    ]:
        found = set(re.findall(r"\w+", fold(fakes((label, text))[0])))
        assert found.isdisjoint(words), (text, found)


def test_addresses_share_their_parts():
    long, short = fakes(("STREET", "2207 E Elmgrove St Apt 14"), ("STREET", "Elmgrove St"))
    assert short in long


@pytest.mark.parametrize(("city", "state"), [("Greensboro", "NC"), ("Weed", "CA"), ("LAKE CHARLES", "LA")])
def test_a_fake_city_is_real_and_of_the_state(city, state):
    fake = fakes(("CITY", city))[0]
    assert any(c.state == state for c in pools().cities[fold(fake)])
    assert fold(fake) != fold(city)
    assert fake.isupper() == city.isupper()


def test_the_patients_state_decides_between_cities_of_one_name():
    for state in ("OR", "ME"):
        city = _city_with_state("Portland", state)
        assert any(c.state == state for c in pools().cities[fold(city)])


def _city_with_state(city: str, state: str) -> str:
    rows = link("p1", [Mention("CITY", city, "n"), Mention("STATE", state, "n")], policy=POLICY, key=KEY)
    return locations.render("CITY", city, PatientIdentities(rows), POLICY)


def test_cities_leave_the_state_when_the_policy_says_so():
    free = POLICY.model_copy(update={"places": Places(keep_state=False)})
    names = [c[0] for c in _many(["Wichita", "Topeka", "Salina", "Lawrence", "Olathe"], free)]
    assert not all(any(c.state == "KS" for c in pools().cities[fold(n)]) for n in names)


def _many(cities: list[str], policy) -> list[list[str]]:
    return [fakes(("CITY", city), policy=policy) for city in cities]


def test_a_town_abroad_stays_abroad():
    assert fakes(("CITY", "Nairobi"))[0] in pools().word_list("foreign_cities", "africa")


def test_zip_goes_with_the_fake_city():
    city, code, long = fakes(("CITY", "Greensboro"), ("ZIP", "27407"), ("ZIP", "27407-1147"))
    home = next(c for c in pools().cities[fold(city)] if c.state == "NC")
    assert code in home.zips
    assert long.startswith(code)


def test_states_and_countries_when_the_policy_replaces_them():
    policy = POLICY.model_copy(update={"actions": {**POLICY.actions, "STATE": "surrogate", "COUNTRY": "surrogate"}})
    texts = ["FL", "Florida", "FLORIDA", "Fla.", "fl"]
    code, name, upper, short, lower = fakes(*(("STATE", t) for t in texts), policy=policy)
    row = next(r for r in pools().states if r[0] == code)
    assert code != "FL"
    assert (name, upper, short, lower) == (row[1], row[1].upper(), row[2], code.lower())
    city, state = fakes(("CITY", "Miami"), ("STATE", "FL"), policy=policy)
    assert any(c.state == state for c in pools().cities[fold(city)])
    assert fakes(("COUNTRY", "Chad"), policy=policy) != ["Chad"]


def test_zip3():
    assert [zip3(t, "union") for t in ("02139", "02139-4307", "03601", "0213", "O2139", "20505")] == [
        "021**", "021**", "000**", "000**", "000**", "000**",
    ]  # fmt: skip
    assert zip3("06301", "census_2000") == "000**"
    assert zip3("06301", "census_2010") == "063**"
    assert {w: len(restricted_prefixes(w)) for w in ("census_2000", "census_2010", "union")} == {
        "census_2000": 17, "census_2010": 14, "union": 19,
    }  # fmt: skip
    safe_harbor = load_policy("safe_harbor")
    assert locations.render("ZIP", "02139", PatientIdentities([]), safe_harbor) == "021**"


def test_edges_and_possessives_stay():
    rows = link("p1", [Mention("HOSPITAL", t, "n") for t in ("Mayo", "Mayo's", "Mayo,")], policy=POLICY, key=KEY)
    ids = PatientIdentities(rows)
    fake = locations.render("HOSPITAL", "Mayo", ids, POLICY)
    assert locations.render("HOSPITAL", "Mayo's", ids, POLICY) == f"{fake}'s"
    assert locations.render("HOSPITAL", "(Mayo),", ids, POLICY) == f"({fake}),"


def test_a_missing_place_says_no_text():
    with pytest.raises(MissingIdentity) as caught:
        locations.render("CITY", "Zanzibar", PatientIdentities([]), POLICY)
    assert "zanzibar" not in fold(str(caught.value))


def test_rooms_without_end():
    rooms = [("ROOM", str(n)) for n in range(1, 10)] + [("ROOM", c) for c in "ABCDEFGH"]
    found = fakes(*rooms)
    assert len(set(found)) == len(rooms)
    assert set(found).isdisjoint(text for _, text in rooms)
