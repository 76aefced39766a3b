"""Words and numerals of dates, both ways: months in many styles, ordinals, number words, roman numerals.

Every `write_*` function gives a value in the shape of the text that stood there: its case, padding and style.
The vocabulary is data: `data/calendar/calendar.toml`.
"""

from __future__ import annotations

import re
import tomllib
from importlib import resources

_DATA = tomllib.loads(
    (resources.files("deid_spark") / "data" / "calendar" / "calendar.toml").read_text(encoding="utf-8")
)

MONTHS: dict[str, list[str]] = _DATA["months"]  # style -> twelve names
WEEKDAYS: dict[str, int] = {word: day for day, words in enumerate(_DATA["weekdays"].values()) for word in words}
SEASONS: dict[str, int] = _DATA["seasons"]  # word -> the month that stands for it
FILLER: frozenset[str] = frozenset(_DATA["filler"]["words"])
ORDINALS: list[str] = _DATA["numbers"]["ordinals"]  # first .. thirty-first
_UNITS: list[str] = _DATA["numbers"]["units"]
_TENS: list[str] = _DATA["numbers"]["tens"]

# A month word -> (style, month 1..12). The first style that has the word wins, so `May` is the full name.
MONTH_OF: dict[str, tuple[str, int]] = {}
for _style, _names in MONTHS.items():
    for _number, _name in enumerate(_names, 1):
        if _style != "roman":
            MONTH_OF.setdefault(_name.casefold(), (_style, _number))

CARDINALS: dict[str, int] = {word: value for value, word in enumerate(_UNITS)}
for _index, _ten in enumerate(_TENS):
    CARDINALS[_ten] = 20 + 10 * _index
    for _value in range(1, 10):
        CARDINALS[f"{_ten}-{_UNITS[_value]}"] = 20 + 10 * _index + _value
_CARDINAL_WORD = {value: word for word, value in CARDINALS.items()}
_ORDINAL_VALUE = {word: value for value, word in enumerate(ORDINALS, 1)}
_ROMAN: tuple[tuple[int, str], ...] = tuple(
    zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"),
        strict=True,
    )
)


def like_case(written: str, text: str) -> str:
    """`text` in the case of `written`: upper, lower, or with a capital."""
    letters = [c for c in written if c.isalpha()]
    if len(letters) > 1 and all(c.isupper() for c in letters):
        return text.upper()
    if letters and all(c.islower() for c in letters):
        return text.lower()
    return text[:1].upper() + text[1:]


def _plain(written: str) -> str:
    return re.sub(r"[\s-]+", "-", written.strip()).casefold()


def roman_value(written: str) -> int:
    """`MMXIX` -> 2019, and 0 where it is no roman numeral as one would write it."""
    rest, value = written.upper(), 0
    for number, letters in _ROMAN:
        while rest.startswith(letters):
            value += number
            rest = rest[len(letters) :]
    return value if not rest and _roman(value) == written.upper() else 0


def _roman(value: int) -> str:
    out = ""
    for number, letters in _ROMAN:
        count, value = divmod(value, number)
        out += letters * count
    return out


def number_value(written: str) -> int:
    """A day, month or year of two digits, in digits or in words (`nine`, `ninth`, `twenty-third`); -1 if neither."""
    if written.isdigit():
        return int(written)
    word = _plain(written)
    return CARDINALS.get(word, _ORDINAL_VALUE.get(word, -1))


def year_value(written: str) -> int:
    """A year in digits, roman numerals or words (`nineteen and forty-nine`); -1 if none of them."""
    if written.isdigit():
        return int(written)
    if (value := roman_value(written)) > 0:
        return value
    words = [w for w in re.split(r"[\s-]+", written.casefold()) if w not in ("and", "hundred")]
    if words[:2] == ["two", "thousand"]:
        rest = CARDINALS.get("-".join(words[2:]), 0 if len(words) == 2 else -1)
        return 2000 + rest if rest >= 0 else -1
    rest = CARDINALS.get("-".join(words[1:]), -1)
    if rest >= 0 and words[0] in ("eighteen", "nineteen", "twenty"):
        return CARDINALS[words[0]] * 100 + rest
    return CARDINALS.get("-".join(words), -1)


def write_number(written: str, value: int, pad: bool) -> str:
    """A day or month in the shape of `written`; `pad` says whether a digit below ten gets its zero."""
    if written.isdigit():
        return f"{value:02d}" if pad else str(value)
    word = _plain(written)
    if word in _ORDINAL_VALUE:
        return like_case(written, _spaced(written, ORDINALS[value - 1]))
    return like_case(written, _spaced(written, _CARDINAL_WORD[value]))


def write_year(written: str, year: int) -> str:
    """A year with as many digits as `written`, or in its words or roman numerals."""
    if written.isdigit():
        return f"{year % 100:02d}" if len(written) == 2 else f"{year:04d}"
    if roman_value(written):
        return like_case(written, _roman(year))
    century, rest = divmod(year, 100)
    if year_value(written) < 100:
        return like_case(written, _spaced(written, _CARDINAL_WORD[rest]))
    joint = " and " if re.search(r"\band\b", written, re.IGNORECASE) else " "
    if century == 20 and (rest < 10 or written.casefold().startswith("two")):
        words = "two thousand" + (joint + _CARDINAL_WORD[rest] if rest else "")
    elif rest == 0:
        words = f"{_CARDINAL_WORD[century]} hundred"
    else:
        words = _CARDINAL_WORD[century] + joint + ("oh " if rest < 10 else "") + _CARDINAL_WORD[rest]
    return like_case(written, _spaced(written, words))


def _spaced(written: str, words: str) -> str:
    """`sixty eight` without a hyphen stays without."""
    return words if "-" in written or " " not in written else words.replace("-", " ")


def ordinal_suffix(written: str, day: int) -> str:
    """`th`, `st`, `nd` or `rd` for a day, in the case and with the blank of what stood there; `º` stays."""
    letters = written.strip()
    if letters.casefold() not in ("st", "nd", "rd", "th"):
        return written
    suffix = "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return written[: len(written) - len(letters)] + (suffix.upper() if letters.isupper() else suffix)


def write_month(written: str, month: int, short: bool) -> str:
    """A month word in the style of `written`, with its point if it has one. `short` reads `May` as an abbreviation."""
    word = written.rstrip(".")
    key = word.casefold()
    if key in MONTH_OF:
        style = "en_short" if short and key == "may" else MONTH_OF[key][0]
        name = MONTHS[style][month - 1]
    else:
        style, name = "roman", MONTHS["roman"][month - 1]
    point = written[len(word) :]
    if point and style in ("en_short", "en_sept") and name in MONTHS["en"]:
        point = ""  # `May`, `June` and `July` take no point
    return like_case(word, name) + point if style in ("en", "en_short", "en_sept") or not word.islower() else name


def write_season(written: str, month: int) -> str:
    """The season of a month; `autumn` keeps that word."""
    season = ("winter", "spring", "summer", "fall")[month % 12 // 3]
    if season == "fall" and written.casefold() == "autumn":
        season = "autumn"
    return like_case(written, season)
