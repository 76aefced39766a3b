"""Validators against published examples, and their near-misses."""

from __future__ import annotations

import pytest

from deid_spark.detect import checksums


@pytest.mark.parametrize(
    ("validator", "value", "valid"),
    [
        # ISO/IEC 7812-1: the textbook card number, and one digit off.
        (checksums.luhn_valid, "4539 1488 0343 6467", True),
        (checksums.luhn_valid, "4539 1488 0343 6468", False),
        (checksums.luhn_valid, "0", False),
        # CMS "Requirements for NPI check digit": 1234567893.
        (checksums.npi_valid, "1234567893", True),
        (checksums.npi_valid, "1 2 3 4 5 6 7 8 9 3", True),
        (checksums.npi_valid, "1234567894", False),
        (checksums.npi_valid, "3234567893", False),
        (checksums.npi_valid, "123456789", False),
        # 1+3+5 = 9, 2 (2+4+6) = 24, sum 33: check digit 3.
        (checksums.dea_valid, "AB1234563", True),
        (checksums.dea_valid, "A91234563", True),
        (checksums.dea_valid, "F-B-1·234·563", True),
        (checksums.dea_valid, "AB1234564", False),
        (checksums.dea_valid, "1B1234563", False),
        (checksums.dea_valid, "AB12345", False),
        (checksums.dea_valid, "ÄB1234563", False),
        # 49 CFR 565.15: the all-ones VIN and a well-known example with check character X.
        (checksums.vin_valid, "11111111111111111", True),
        (checksums.vin_valid, "1M8GDM9AXKP042788", True),
        (checksums.vin_valid, "1m8gdm9axkp042788", True),
        (checksums.vin_valid, "1M8GDM9A1KP042788", False),
        (checksums.vin_valid, "1M8GDM9AXKPO42788", False),
        (checksums.vin_valid, "1M8GDM9AXKP04278", False),
        # SSA POMS RM 10201.035.
        (checksums.ssn_valid, "123-45-6789", True),
        (checksums.ssn_valid, "000-45-6789", False),
        (checksums.ssn_valid, "666-45-6789", False),
        (checksums.ssn_valid, "900-45-6789", False),
        (checksums.ssn_valid, "123-00-6789", False),
        (checksums.ssn_valid, "123-45-0000", False),
        (checksums.ssn_valid, "123-45-678", False),
        (checksums.nanp_valid, "(606) 555-0122", True),
        (checksums.nanp_valid, "1-606-555-0122", True),
        (checksums.nanp_valid, "106-555-0122", False),
        (checksums.nanp_valid, "606-155-0122", False),
        (checksums.nanp_valid, "911-555-0122", False),
        (checksums.nanp_valid, "555-0122", False),
        (checksums.ipv4_valid, "10.44.118.27", True),
        (checksums.ipv4_valid, "10.44.118.256", False),
        (checksums.ipv4_valid, "10.044.118.25", False),
        (checksums.ipv4_valid, "10.44.118", False),
        # CMS's sample card.
        (checksums.mbi_valid, "1EG4-TE5-MK73", True),
        (checksums.mbi_valid, "1EG4TE5MK73", True),
        (checksums.mbi_valid, "1SG4TE5MK73", False),
        (checksums.mbi_valid, "0EG4TE5MK73", False),
        (checksums.mbi_valid, "1EG4TE5MK7", False),
    ],
)
def test_validators(validator, value, valid):
    assert validator(value) is valid


@pytest.mark.parametrize("body", ["123456789", "000000000", "199999999"])
def test_check_digits_complete_what_validators_accept(body):
    assert checksums.luhn_valid(body + checksums.luhn_check_digit(body))
    assert (checksums.luhn_sum("80840" + body + checksums.npi_check_digit(body)) % 10) == 0


def test_dea_check_digit():
    assert checksums.dea_valid("MJ" + "441782" + checksums.dea_check_digit("441782"))


def test_vin_check_character_ignores_the_ninth_place():
    assert checksums.vin_check_character("1M8GDM9A0KP042788") == "X"
