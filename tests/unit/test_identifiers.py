"""Identifiers: one canonical form, a fake of the same shape that nobody has, written as the original was."""

import hashlib
import ipaddress
import re

import pytest

from deid_spark.detect import checksums
from deid_spark.replace.identifiers import canonical, fake, is_tail, render


def surrogate(label, text, attempt=0):
    key = canonical(label, text)
    return fake(label, key, hashlib.sha256(f"{label}|{key}".encode()).digest(), attempt)


def replace(label, text):
    return render(label, text, surrogate(label, text))


@pytest.mark.parametrize(
    ("label", "texts"),
    [
        ("PHONE", ["715.834.2967", "(715) 834-2967", "+1 715 834 2967", "1-715-834-2967", "715 834\n2967"]),
        ("PHONE", ["715-834-2967 x22", "(715) 834-2967 ext. 22", "715.834.2967, extension 22"]),
        ("PHONE", ["6O6-555-0l22", "606-555-0122"]),
        ("PHONE", ["512—four seven one—8033", "512-471-8033"]),
        ("PHONE", ["x4410", "4410", "ext 4410"]),
        ("PHONE", ["1-800-FLOWERS", "1-800-356-9377"]),
        ("MEDICALRECORD", ["00418827", "418827", "418-827"]),
        ("MEDICALRECORD", ["LR-0448172", "lr 0448172", "LR0448172"]),
        ("ACCOUNT", ["77l-0O482", "771-00482"]),
        ("SSN", ["412-77-0958", "412 77 0958", "412770958"]),
        ("SSN", ["xxx-xx-3308", "3308", "three three zero eight"]),
        ("EMAIL", ["Frank.Case@OldPost.net", "frank(dot)case(at)oldpost(dot)net", "frank dot case at oldpost dot net"]),
        ("URL", ["https://www.Foo.org/chart/", "foo.org/chart", "http://foo.org/chart"]),
        ("IPADDRESS", ["2001:DB8:0:0::1", "2001:db8::1"]),
        ("USERNAME", ["JRice_27", "jrice_27"]),
    ],
)
def test_spellings_of_one_value_are_one(label, texts):
    assert len({canonical(label, text) for text in texts}) == 1


@pytest.mark.parametrize(
    ("label", "one", "other"),
    [
        ("PHONE", "715-834-2967", "715-834-2967 x22"),
        ("MEDICALRECORD", "A418827", "418827"),
        ("USERNAME", "m.fairweather", "mfairweather"),
        ("EMAIL", "a@x.org", "a@x.com"),
        ("IPADDRESS", "10.4.47.219", "10.44.7.219"),
    ],
)
def test_different_values_stay_different(label, one, other):
    assert canonical(label, one) != canonical(label, other)


SHAPES = [
    ("PHONE", "(715) 834-2967", r"\(\d{3}\) 555-01\d\d"),
    ("PHONE", "+1 715 834 2967", r"\+1 \d{3} 555 01\d\d"),
    ("PHONE", "715.834.2967 x12", r"\d{3}\.555\.01\d\d x\d\d"),
    ("PHONE", "834-2967", r"555-01\d\d"),
    ("PHONE", "1-800-FLOWERS", r"1-8\d\d-55501\d\d"),
    ("PHONE", "5-4471", r"\d-\d{4}"),
    ("PHONE", "six oh six, 555-0122", r"\w+ \w+ \w+, 555-01\d\d"),
    ("FAX", "6O6-555-0l22", r"\d{3}-555-01\d\d"),
    ("PHONE", "+44 20 7946 0018", r"\+44 \d\d \d{4} \d{4}"),
    ("SSN", "412-77-0958", r"9\d\d-[0-4]\d-\d{4}"),
    ("SSN", "xxx-xx-3316", r"xxx-xx-\d{4}"),
    ("SSN", "three three zero eight", r"(?:[a-z]+ ){3}[a-z]+"),
    ("MEDICALRECORD", "00-44-71-93", r"00-\d\d-\d\d-\d\d"),
    ("MEDICALRECORD", "lr-0448172", r"[a-z]{2}-\d{7}"),
    ("ACCOUNT", "C:00-7713/HH", r"[A-Z]:\d\d-\d{4}/[A-Z]{2}"),
    ("DEVICE", "LFP-0/77.213", r"[A-Z]{3}-\d/\d\d\.\d{3}"),
    ("EMAIL", "d.hebert@sabine.com", r"[a-z]\.[a-z]{6}@example\.com"),
    ("EMAIL", "frank(dot)case(at)oldpost(dot)net", r"[a-z]{5}\(dot\)[a-z]{4}\(at\)example\(dot\)net"),
    ("EMAIL", "dee underscore odi at tin dot org", r"[a-z]{3} underscore [a-z]{3} at example dot org"),
    ("EMAIL", "JOE@CLINIC.EDU", r"[A-Z]{3}@EXAMPLE\.(?:COM|ORG|NET)"),
    ("URL", "https://www.foo.edu/r/0093KLQ7", r"https://www\.[a-z]+\.example\.org/[a-z]/\d{4}[a-z]{3}\d"),
    ("USERNAME", "JRice_27", r"[A-Z]{2}[a-z]{3}_\d\d"),
]


@pytest.mark.parametrize(("label", "text", "shape"), SHAPES)
def test_shape_stays_and_the_value_goes(label, text, shape):
    new = replace(label, text)
    assert re.fullmatch(shape, new)
    assert new != text
    assert canonical(label, new) == surrogate(label, text)


@pytest.mark.parametrize(
    ("label", "text", "valid"),
    [
        ("LICENSE", "1234567893", checksums.npi_valid),
        ("LICENSE", "AB1234563", checksums.dea_valid),
        ("VEHICLE", "1M8GDM9AXKP042788", checksums.vin_valid),
        ("ACCOUNT", "4111 1111 1111 1111", checksums.luhn_valid),
    ],
)
def test_valid_checksums_stay_valid(label, text, valid):
    assert valid(text)
    assert valid(replace(label, text))


@pytest.mark.parametrize(("label", "text"), [("LICENSE", "1234567890"), ("VEHICLE", "1M8GDM9A0KP042788")])
def test_an_invalid_number_is_only_shaped(label, text):
    assert len(replace(label, text)) == len(text)


def test_reserved_ranges():
    for attempt in range(50):
        ssn = surrogate("SSN", "412-77-0958", attempt)
        assert not checksums.ssn_valid(ssn) and ssn[3:5] < "50"
        assert ipaddress.ip_address(surrogate("IPADDRESS", "10.44.7.219", attempt)).is_private  # documentation ranges
        assert surrogate("IPADDRESS", "2600:1700:8a1::1f", attempt).startswith("2001:db8:")
        assert surrogate("IPADDRESS", "00:1a:2b:3c:4d:5e", attempt).startswith("00:00:5e:00:53:")
        mbi = surrogate("HEALTHPLAN", "1EG4-TE5-MK73", attempt)
        assert re.fullmatch(r"\dS[A-Z]\d[A-Z]{2}\d[A-Z]{2}\d\d", mbi)
        assert re.fullmatch(r"[2-9]\d\d55501\d\d", surrogate("PHONE", "715-834-2967", attempt))


def test_fakes_are_functions_of_digest_and_attempt():
    key, digest = "418827", b"d" * 32
    assert fake("MEDICALRECORD", key, digest, 3) == fake("MEDICALRECORD", key, digest, 3)
    assert len({fake("MEDICALRECORD", key, digest, attempt) for attempt in range(40)}) > 35
    assert fake("MEDICALRECORD", key, b"e" * 32, 0) != fake("MEDICALRECORD", key, digest, 0)


def test_short_shapes_never_run_out():
    taken = {fake("IDNUM", "7", b"d" * 32, attempt) for attempt in range(2000)}
    assert "7" not in taken and len(taken) > 900


@pytest.mark.parametrize("label", ["PHONE", "SSN", "MEDICALRECORD", "EMAIL", "URL", "USERNAME", "IPADDRESS", "DEVICE"])
@pytest.mark.parametrize("text", ["her cell", "···", "é", "٣٤٥٦٧٨", "A", "0", "l", "x", "@", "1.2.3", "中文12"])
def test_odd_texts_keep_no_letter_or_digit_run(label, text):
    new = replace(label, text)
    assert new != text or not any(map(str.isalnum, text))


def test_tails_take_the_end_of_the_whole_number():
    assert render("SSN", "0958", "926293269") == "3269"
    assert render("PHONE", "834-2967", "2125550117x22") == "555-0117"
    assert is_tail("SSN", "0958", "412770958")
    assert is_tail("PHONE", "8342967", "7158342967") and is_tail("PHONE", "8342967", "7158342967x22")
    assert not is_tail("PHONE", "2967", "7158342967")
    assert not is_tail("SSN", "0958", "412770957")
    assert not is_tail("MEDICALRECORD", "0958", "412770958")
