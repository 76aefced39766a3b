"""Checks of dates, weekdays, years and clock times: calendars, and the ordinary words that look like them.

Each takes (match, score) and returns the score to use, 0 to drop the match.
"""

from __future__ import annotations

import re

from deid_spark.detect import checksums
from deid_spark.detect.check_text import is_day, is_year, matched, text_before

_OCR = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1"})
_DIGITS = re.compile(r"[0-9]+")
_LOOKALIKES = re.compile(r"[OolI]")
_DIGITS_AND_LOOKALIKES = re.compile(r"[0-9OolI]+")
# A compact date outside these years is a number.
_FIRST_YEAR, _LAST_YEAR = 1900, 2049
_MONTHS = frozenset(
    {
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    }
)
_MONTH_WORDS = _MONTHS | {month[:3] for month in _MONTHS} | {"sept"}
_WHOLE_NUMBER = re.compile(r"(?<![0-9#])[0-9]{1,2} $")
_LINE_TIME = re.compile(r"^[ \t]{0,4}((?:[01][0-9]|2[0-3])[0-5][0-9])[ ](?![0-9])", re.MULTILINE)


def full_date(match: re.Match[str], score: float) -> float:
    """Month, day and year in either order of month and day."""
    parts = _DIGITS.findall(matched(match))[:3]
    if len(parts) != 3 or not is_year(parts[2]):
        return 0
    first, second = int(parts[0]), int(parts[1])
    return score if is_day(first, second) or is_day(second, first) else 0


def ocr_date(match: re.Match[str], score: float) -> float:
    """A full date some of whose digits were read as letters."""
    found = matched(match)
    if not _LOOKALIKES.search(found):
        return 0
    parts = [part.translate(_OCR) for part in _DIGITS_AND_LOOKALIKES.findall(found)]
    if len(parts) != 3 or sum(map(str.isdigit, found)) < 2 or not is_year(parts[2]):
        return 0
    first, second = int(parts[0]), int(parts[1])
    return score if is_day(first, second) or is_day(second, first) else 0


def month_day(match: re.Match[str], score: float) -> float:
    """Month and day, month first."""
    first, second = (int(part) for part in _DIGITS.findall(matched(match))[:2])
    if not is_day(first, second) or (
        second in (2, 3, 4, 8) and first < second and _WHOLE_NUMBER.search(text_before(match, 4))
    ):
        return 0
    return score


def month_days(match: re.Match[str], score: float) -> float:
    """Several months and days, month first: all must be days."""
    pairs = re.findall(r"([0-9]{1,2})/([0-9]{1,2})", match.group())
    return score if all(is_day(int(month), int(day)) for month, day in pairs) else 0


def day_month(match: re.Match[str], score: float) -> float:
    """Month and day in either order."""
    first, second = (int(part) for part in _DIGITS.findall(matched(match))[:2])
    return score if is_day(first, second) or is_day(second, first) else 0


def compact_date(match: re.Match[str], score: float) -> float:
    """Eight digits, yyyymmdd or mmddyyyy."""
    digits = checksums.digits_of(matched(match))[:8]
    for year, month, day in ((digits[:4], digits[4:6], digits[6:]), (digits[4:], digits[:2], digits[2:4])):
        if _FIRST_YEAR <= int(year) <= _LAST_YEAR and is_day(int(month), int(day)):
            return score
    return 0


def day_before_month(match: re.Match[str], score: float) -> float:
    """`4 Mar`, `4may2020`; `2 may`, `3 mar` and `10 dec` in lower case without year or separator are other words."""
    found = matched(match)
    name = re.search(r"[A-Za-z]{3,}", found.replace("th", "").replace("rd", ""))
    if re.search(r"[A-Za-z]", found) and re.fullmatch(r"\d{1,2} ?(?:mar|may|dec|jun|jan|sep|march)\.?", found):
        return 0
    return score if name else 0


def starts_with_month(match: re.Match[str], score: float) -> float:
    """The words before and after a dash, `to` or a space are months (`Marked to Decline` is not)."""
    words = re.findall(r"[A-Za-z]{3,}", matched(match))
    months = [word for word in words if word.lower() in _MONTH_WORDS]
    others = [word for word in words if word.lower() not in _MONTH_WORDS and word.lower() not in ("through", "thru")]
    return score if months and all(re.fullmatch("[MCDXLVI]+", word) for word in others) else 0


def no_saturation(match: re.Match[str], score: float) -> float:
    """`Sat 14` is a day, `Sat 94` can't be one, and an oxygen saturation stands before or after it."""
    around = match.string[max(0, match.start() - 12) : match.end() + 8].lower()
    return 0 if re.search(r"o2|spo2|oxygen|\bra\b|room air|%", around) else score


def list_of_weekdays(match: re.Match[str], score: float) -> float:
    """Two weekdays at least, and not only the ordinary words `sat`, `sun`, `wed`, `mon` in lower case."""
    words = re.findall(r"[A-Za-z]{3,}", matched(match))
    days = {word.lower()[:3] for word in words if word.lower() not in ("and", "thru", "through")}
    if days <= {"sat", "sun"} and not all(word[0].isupper() for word in words if word not in ("and", "thru")):
        return 0
    return score if len(days) > 1 else 0


def weekday_letters(match: re.Match[str], score: float) -> float:
    """`TR` is a regurgitation and `M/F` a sex before they are days: these need a schedule's words around them."""
    if match.group() not in ("TR", "TTS", "M/F", "T/R", "T/F", "W/F", "M/W"):
        return score
    around = match.string[max(0, match.start() - 40) : match.end() + 25].lower()
    return (
        score
        if re.search(
            r"dialysis|renal|kidney|esrd|\bhd\b|shift|chair|class|school|weekly|group|visits|clinic|rehab", around
        )
        else 0
    )


def years_in_order(match: re.Match[str], score: float) -> float:
    """A range of years goes forward and spans no more than a life; `1900-0700` is a shift, `2000-2500` a volume."""
    first, second = match.group("DATE"), checksums.digits_of(match.group("DATE_2"))
    if len(second) == 2:
        second = first[:2] + second
    return score if 0 < int(second) - int(first) <= 90 else 0


def no_time_log(match: re.Match[str], score: float) -> float:
    """A year at a line's start, unless lines around it start with clock times that can be no years."""
    around = match.string[max(0, match.start() - 600) : match.end() + 600]
    times = [int(time) for time in _LINE_TIME.findall(around)]
    return 0 if any(not 1930 <= time < 2030 for time in times) else score


def clock_time(match: re.Match[str], score: float) -> float:
    """Four digits that are a time of day; a year that follows `in` or stands before a clause is none."""
    hour, minute = int(matched(match)[:2]), int(matched(match)[2:])
    return score if hour < 24 and minute < 60 else 0


def small_ratio(match: re.Match[str], score: float) -> float:
    """A score out of something: the first number is not above the second, and the second is no year's month."""
    parts = [int(part) for part in _DIGITS.findall(match.group())[:2]]
    return score if len(parts) == 2 and (parts[0] <= parts[1] or parts[1] <= 10) else 0
