import pytest

from deid_spark.identities import Mention, MissingIdentity, PatientIdentities, link
from deid_spark.keys import Key
from deid_spark.policy import load_policy
from deid_spark.replace import names
from deid_spark.replace.names import GIVEN, INITIAL, SURNAME, parse
from deid_spark.replace.pools import fold

KEY = Key(b"test key of 16 bytes and more")
POLICY = load_policy("surrogate")


def identities(*texts: str, label: str = "PATIENT", **more) -> PatientIdentities:
    return PatientIdentities(link("p1", [Mention(label, t, "n") for t in texts], policy=POLICY, key=KEY, **more))


@pytest.mark.parametrize(
    ("text", "given", "surname", "initials"),
    [
        ("John Smith", ("john",), ("smith",), ""),
        ("Smith, John", ("john",), ("smith",), ""),
        ("SMITH,JOHN Q", ("john",), ("smith",), "q"),
        ("J. Smith", (), ("smith",), "j"),
        ("J.R. Smith", (), ("smith",), "jr"),
        ("BANKS, S", (), ("banks",), "s"),
        ("john\nsmith", ("john",), ("smith",), ""),
        ("Pieter van der Berg", ("pieter",), ("berg",), ""),
        ("de la Cruz, Ana", ("ana",), ("cruz",), ""),
        ("Ana Nguyen-Smith", ("ana",), ("nguyen", "smith"), ""),
        ("Sean O’Neil", ("sean",), ("oneil",), ""),
        ("José Peña", ("jose",), ("pena",), ""),
        ('Robert "Bob" Hale', ("robert", "bob"), ("hale",), ""),
        ("William Hale III", ("william",), ("hale",), ""),
        ("Hale Jr., William", ("william",), ("hale",), ""),
        ("Mrs. Smith", (), (), ""),
        ("Susan Lee, MD, PhD", ("susan",), ("lee",), ""),
        ("RAJ PATEL MD", ("raj",), ("patel",), ""),
        ("XIONG,PA HOUA", ("pa", "houa"), ("xiong",), ""),
        ("JJ Coffin", (), ("coffin",), "jj"),
        ("Ó Briain, Aoife", ("aoife",), ("briain",), ""),
        ("mlk", (), (), "mlk"),
        ("N.B-N.", (), (), "nbn"),
        ("Al Smith", ("al",), ("smith",), ""),
        ("Van Jones", ("van",), ("jones",), ""),
        ("DE LA CRUZ, ANA", ("ana",), ("cruz",), ""),
        ("Van der Berg", (), ("berg",), ""),
        ("Thanh Do", ("thanh",), ("do",), ""),
    ],
)
def test_parts_of_a_mention(text, given, surname, initials):
    name = parse(text)
    assert name.of(GIVEN) == given
    assert name.of(SURNAME) == surname
    assert "".join(name.of(INITIAL)) == initials


@pytest.mark.parametrize(
    ("text", "canonical"), [("Li", "li"), ("Kim", "kim"), ("pat", "pat"), ("ROSE", "rose"), ("Ng", "ng")]
)
def test_short_names_are_no_signatures(text, canonical):
    assert parse(text).names == (canonical,)
    assert parse(text).initials == ""


def test_the_form_of_the_mention_stays():
    ids = identities("John Smith", "Smith", "J. Smith", "de la Cruz", "Ana de la Cruz")
    given, surname = names.render("PATIENT", "John Smith", ids).split()
    expected = {
        "Smith, John": f"{surname}, {given}",
        "SMITH, JOHN": f"{surname}, {given}".upper(),
        "john smith": f"{given} {surname}".lower(),
        "John\nSmith": f"{given}\n{surname}",
        "John  Smith": f"{given}  {surname}",
        "John Smith Jr.": f"{given} {surname} Jr.",
        "John Smith, MD": f"{given} {surname}, MD",
        "Mr. Smith": f"Mr. {surname}",
        "Smith's": f"{surname}'s",
        "SMITH'S": f"{surname.upper()}'S",
        "Smith’s": f"{surname}’s",
        "J. Smith": f"{given[0]}. {surname}",
        "J.Smith": f"{given[0]}.{surname}",
        "j smith": f"{given[0].lower()} {surname.lower()}",
        "Smith-Cruz": f"{surname}-{names.render('PATIENT', 'Cruz', ids)}",
    }
    for text, fake in expected.items():
        assert names.render("PATIENT", text, ids) == fake, text
    assert names.render("PATIENT", "de la Cruz", ids) == names.render("PATIENT", "Cruz", ids)


def test_a_possessive_of_a_name_in_s():
    ids = identities("James Rollins")
    given, surname = names.render("PATIENT", "James Rollins", ids).split()
    for text, fake in (("James'", given), ("Rollins’", surname)):
        rendered = names.render("PATIENT", text, ids)
        mark = text[-1]
        assert rendered == (fake + mark if fake.endswith("s") else f"{fake}{mark}s")


def test_a_nickname_between_quotes_is_no_possessive():
    ids = identities("Elizabeth 'Bess' Hale")
    rendered = names.render("PATIENT", "Elizabeth 'Bess' Hale", ids)
    assert rendered.count("'") == 2
    assert "'s" not in rendered


def test_a_missing_identity_says_no_text():
    ids = identities("John Smith")
    with pytest.raises(MissingIdentity) as caught:
        names.render("PATIENT", "Zebulon Quixote", ids)
    message = fold(str(caught.value) + repr(caught.value))
    assert "zebulon" not in message
    assert "quixote" not in message
    assert "p1" in message


def test_every_letter_and_digit_of_an_odd_mention_is_replaced():
    ids = identities("J0hn Sm1th", "50019", "李小龙", "Ö. Þórunn")
    for text in ("J0hn", "50019", "李小龙", "Þórunn"):
        assert names.render("PATIENT", text, ids) != text
