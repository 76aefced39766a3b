"""Checks of phone numbers, record numbers, licences and devices: checksums, and how many digits a token holds.

Each takes (match, score) and returns the score to use, 0 to drop the match.
"""

from __future__ import annotations

import re

from deid_spark.detect import checksums
from deid_spark.detect.check_dates import full_date
from deid_spark.detect.check_text import matched

_PUBLIC_CODE = re.compile(
    "(?:NCT|GSK|BMS|LY|PF|RO|AZD|MK|ABT|AMG|BAY|CPT|ICD|SNOMED|LOINC|RS|HLA|COVID|SARS|CMS|REF|MODEL|ISO|DD|DSM|JNJ|POG|SWOG|ECOG|RTOG|COG|NSABP|CALGB|NRG)-?[0-9]"
)


_EXTENSION = re.compile(r"[ex#]", re.IGNORECASE)
_YEAR_OR_PART = re.compile(r"(?:19|20)[0-9]{2}|[0-9]{1,2}/[0-9]{1,2}")
_FULL_DATE = re.compile(r"[0-9]{1,2}([/.-])[0-9]{1,2}\1[0-9]{2,4}")


def _is_date_or_year(match: re.Match[str]) -> bool:
    found = matched(match)
    if _YEAR_OR_PART.fullmatch(found):
        return True
    return bool(_FULL_DATE.fullmatch(found)) and full_date(match, 1.0) > 0


def some_digits(match: re.Match[str], score: float) -> float:
    """An id with at least two digits, or one digit and a letter beside three more characters."""
    found = matched(match)
    digits = sum("0" <= c <= "9" for c in found)
    return score if digits >= 2 or (digits == 1 and len(found) >= 4) else 0


def three_digits(match: re.Match[str], score: float) -> float:
    """An id with at least three digits; no date and no year."""
    return score if sum("0" <= c <= "9" for c in matched(match)) >= 3 and not _is_date_or_year(match) else 0


def four_digits(match: re.Match[str], score: float) -> float:
    """An id with at least four digits; no date and no year."""
    return score if sum("0" <= c <= "9" for c in matched(match)) >= 4 and not _is_date_or_year(match) else 0


def ocr_phone(match: re.Match[str], score: float) -> float:
    """A phone number some of whose digits were read as letters: six true digits at least."""
    found = matched(match)
    digits = sum("0" <= c <= "9" for c in found)
    return score if digits >= 6 and any(c in "OolI" for c in found) else 0


def nanp(match: re.Match[str], score: float) -> float:
    """A North American number; one that can't be dialled is less sure, for charts hold made-up and misread ones."""
    return score if checksums.nanp_valid(_EXTENSION.split(matched(match), 1)[0]) else score * 0.8


def npi(match: re.Match[str], score: float) -> float:
    """Ten digits with the NPI check digit."""
    return score if checksums.npi_valid(matched(match)) else 0


def dea(match: re.Match[str], score: float) -> float:
    """A DEA number with its check digit."""
    return score if checksums.dea_valid(matched(match)) else 0


def ssn(match: re.Match[str], score: float) -> float:
    """Nine digits as 3-2-4; a number that was never issued is still likelier an SSN than anything else."""
    return score if checksums.ssn_valid(matched(match)) else score * 0.85


def vin(match: re.Match[str], score: float) -> float:
    """17 characters with letters and digits; without the check character (Europe has none) less sure."""
    found = matched(match)
    if sum("0" <= c <= "9" for c in found) < 4 or not any(c.isalpha() for c in found):
        return 0
    return score if checksums.vin_valid(found) else score * 0.8


def ipv4(match: re.Match[str], score: float) -> float:
    """Four octets."""
    return score if checksums.ipv4_valid(matched(match)) else 0


def mbi(match: re.Match[str], score: float) -> float:
    """A Medicare Beneficiary Identifier."""
    return score if checksums.mbi_valid(matched(match)) else 0


def spoken_phone(match: re.Match[str], score: float) -> float:
    """A number read aloud: words and digits that spell seven digits at least."""
    count = len(re.findall(r"[0-9]", match.group()))
    for word in re.findall(r"[a-z]+", match.group().lower()):
        count += {"double": 1, "triple": 2}.get(word, 1)
    return score if 7 <= count <= 16 else 0


def five_digits(match: re.Match[str], score: float) -> float:
    """An id with at least five digits."""
    return score if sum("0" <= c <= "9" for c in matched(match)) >= 5 else 0


def id_not_number(match: re.Match[str], score: float) -> float:
    """An id after a weak cue: letters or separators beside its digits, or four digits that are no year and no dose."""
    found = matched(match)
    if _is_date_or_year(match) or re.fullmatch(
        r"[0-9]{1,2}/[0-9/]+|[0-9]{1,2}:[0-9]{2}|[A-Z][0-9]{4}|CPT.*|CYP.*", found
    ):
        return 0
    after = match.string[match.end() : match.end() + 12].lower()
    if re.match(r" ?(?:mg|mcg|ml|g|units?|iu|cc|%|cm|mm|m|km|feet|ft|miles|meters|calories|steps|patients)\b", after):
        return 0
    digits = sum("0" <= c <= "9" for c in found)
    return score if digits >= 4 or (digits >= 3 and re.search("[A-Z]", found)) else 0


def not_a_drug_code(match: re.Match[str], score: float) -> float:
    """Letters and digits that are no investigational drug, trial, guideline or gene name."""
    found = matched(match)
    return 0 if _PUBLIC_CODE.match(found) else score


def not_a_count(match: re.Match[str], score: float) -> float:
    """A long run of digits that is no round count (`1200000`)."""
    return 0 if re.fullmatch(r"[1-9][0-9]{0,2}0{4,}", match.group()) else score


def not_a_range(match: re.Match[str], score: float) -> float:
    """Digits and dashes that are no rising range of numbers (`1000-1500`) and no range of clock times."""
    parts = re.findall(r"[0-9]+", matched(match))
    if len(parts) == 2 and not any(part.startswith("0") for part in parts) and int(parts[0]) < int(parts[1]):
        rounded = all(part.endswith("0") for part in parts)
        if rounded or (int(parts[1]) <= 4 * int(parts[0]) and len(parts[0]) == len(parts[1]) == 4):
            return 0
    if len(parts) == 2 and all(len(part) == 4 and int(part[:2]) < 25 and int(part[2:]) < 60 for part in parts):
        return 0
    return score


def device_id(match: re.Match[str], score: float) -> float:
    """A serial or lot: a digit at least, and four characters; no date, no word, no count of tests."""
    found = matched(match)
    digits = sum("0" <= c <= "9" for c in found)
    if digits == 0 or _is_date_or_year(match):
        return 0
    return score if digits >= 4 or (digits >= 1 and len(found) >= 5) else 0


def international(match: re.Match[str], score: float) -> float:
    """Country code and number: eight digits at least, and no lens prescription (`+1.25 -0.75 x 085`)."""
    found = _EXTENSION.split(match.group(), 1)[0]
    return score if len(checksums.digits_of(found)) >= 8 and not re.search(r"[0-9]\.[0-9]{2} ", found) else 0
