"""Validity rules of numbers that carry a check. Pure functions on strings; none of them looks at context."""

from __future__ import annotations

_VIN_VALUES = {
    **{str(digit): digit for digit in range(10)},
    **dict(zip("ABCDEFGH", range(1, 9), strict=True)),
    **dict(zip("JKLMN", range(1, 6), strict=True)),
    "P": 7,
    "R": 9,
    **dict(zip("STUVWXYZ", range(2, 10), strict=True)),
}
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def digits_of(value: str) -> str:
    """The ASCII digits of a value, in order."""
    return "".join(character for character in value if "0" <= character <= "9")


def luhn_sum(digits: str) -> int:
    """Luhn sum of a digit string, its last digit counted as the check digit (ISO/IEC 7812-1 Annex B)."""
    total = 0
    for place, character in enumerate(reversed(digits)):
        digit = int(character)
        if place % 2:
            digit = digit * 2 - 9 if digit > 4 else digit * 2
        total += digit
    return total


def luhn_valid(value: str) -> bool:
    """Whether the digits of `value` (two or more) end in their Luhn check digit."""
    digits = digits_of(value)
    return len(digits) > 1 and luhn_sum(digits) % 10 == 0


def luhn_check_digit(body: str) -> str:
    """The digit that makes `body` + digit Luhn-valid."""
    return str(-luhn_sum(digits_of(body) + "0") % 10)


def npi_valid(value: str) -> bool:
    """National Provider Identifier: ten digits, first 1 or 2, Luhn over 80840 + the ten (45 CFR 162.406)."""
    digits = digits_of(value)
    return len(digits) == 10 and digits[0] in "12" and luhn_sum("80840" + digits) % 10 == 0


def npi_check_digit(first_nine: str) -> str:
    """Last digit of the NPI that begins with these nine."""
    return luhn_check_digit("80840" + digits_of(first_nine))


def dea_check_digit(first_six: str) -> str:
    """Last digit of a DEA number with these six: (d1+d3+d5) + 2 (d2+d4+d6), its last digit (DEA Diversion Control)."""
    d = [int(character) for character in digits_of(first_six)]
    return str((d[0] + d[2] + d[4] + 2 * (d[1] + d[3] + d[5])) % 10)


def dea_valid(value: str) -> bool:
    """DEA registration: registrant letter, then a letter or 9, then seven digits with the check digit last."""
    text = "".join(character for character in value.upper() if character.isalnum())
    if len(text) != 9 or not text[2:].isdecimal() or not text.isascii():
        return False
    if not text[0].isalpha() or not (text[1].isalpha() or text[1] == "9"):
        return False
    return text[8] == dea_check_digit(text[2:8])


def vin_check_character(vin: str) -> str:
    """Ninth character of a 17-character VIN: weighted sum modulo 11, 10 written X (49 CFR 565.15(c))."""
    total = sum(_VIN_VALUES[character] * weight for character, weight in zip(vin.upper(), _VIN_WEIGHTS, strict=True))
    return "X" if total % 11 == 10 else str(total % 11)


def vin_valid(value: str) -> bool:
    """Whether a value is a VIN: 17 characters without I, O and Q, with the check character in ninth place."""
    vin = value.upper()
    if len(vin) != 17 or any(character not in _VIN_VALUES for character in vin):
        return False
    return vin[8] == vin_check_character(vin)


def ssn_valid(value: str) -> bool:
    """Whether nine digits could be a Social Security number that was ever issued.

    Area 000, 666 and 900-999, group 00 and serial 0000 are never issued (SSA, POMS RM 10201.035).
    """
    digits = digits_of(value)
    if len(digits) != 9:
        return False
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def nanp_valid(value: str) -> bool:
    """North American number: ten digits (or eleven after 1); area and exchange start with 2-9 and are not N11."""
    digits = digits_of(value)
    if len(digits) == 11 and digits[0] == "1":
        digits = digits[1:]
    if len(digits) != 10:
        return False
    return all(part[0] in "23456789" and part[1:] != "11" for part in (digits[:3], digits[3:6]))


def ipv4_valid(value: str) -> bool:
    """Four decimal octets of 0-255, without leading zeros."""
    parts = value.split(".")
    return len(parts) == 4 and all(p.isdecimal() and p == str(int(p)) and int(p) < 256 for p in parts)


def mbi_valid(value: str) -> bool:
    """Medicare Beneficiary Identifier (CMS): 11 places, C A AN N A AN N A A N N, letters without S L O I B Z."""
    text = value.upper().replace("-", "").replace(" ", "")
    letters = "ACDEFGHJKMNPQRTUVWXY"
    digits = "0123456789"
    either = letters + digits
    kinds = ["123456789", letters, either, digits, letters, either, digits, letters, letters, digits, digits]
    return len(text) == 11 and all(character in kind for character, kind in zip(text, kinds, strict=True))
