"""Where a holiday falls in a year, and which holiday a day is. The rules are data: `data/calendar/holidays.toml`.

Lunar and Islamic days are right to a day or two (sources in `data/calendar/SOURCE.md`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache, lru_cache
from importlib import resources
from typing import Any

_NEW_MOON = date(2000, 1, 6).toordinal() + 0.76  # 2000-01-06 18:14 UTC
_LUNATION_DAYS = 29.530588853
_ISLAMIC_EPOCH = 227015  # ordinal of 1 Muharram 1 AH in the civil tabular calendar


def easter(year: int) -> date:
    """Western Easter Sunday (Gregorian computus: Meeus, Astronomical Algorithms, ch. 8)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e, f = b // 4, b % 4, (b + 8) // 25
    g = (b - f + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def rosh_hashanah(year: int) -> date:
    """First day of the Hebrew year that begins in autumn of `year` (Reingold and Dershowitz, molad and delays)."""
    hebrew_year = year + 3761
    months = (235 * hebrew_year - 234) // 19
    parts = 12084 + 13753 * months
    day = 29 * months + parts // 25920
    if (3 * (day + 1)) % 7 < 3:
        day += 1
    correction = _hebrew_correction(hebrew_year)
    return date.fromordinal(-1373427 + day + correction)


def _hebrew_correction(hebrew_year: int) -> int:
    before, here, after = (_hebrew_days(hebrew_year + step) for step in (-1, 0, 1))
    if after - here == 356:
        return 2
    return 1 if here - before == 382 else 0


def _hebrew_days(hebrew_year: int) -> int:
    months = (235 * hebrew_year - 234) // 19
    day = 29 * months + (12084 + 13753 * months) // 25920
    return day + 1 if (3 * (day + 1)) % 7 < 3 else day


def _fixed(year: int, rule: str) -> date | None:
    month, day = (int(part) for part in rule.split("-"))
    try:
        return date(year, month, day)
    except ValueError:  # February 29 of a common year
        return None


def _nth(year: int, rule: list[int]) -> date:
    month, weekday, n = rule[:3]
    offset = rule[3] if len(rule) > 3 else 0
    if n > 0:
        first = date(year, month, 1)
        day = first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))
    else:
        last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        day = last - timedelta(days=(last.weekday() - weekday) % 7 + 7 * (-n - 1))
    return day + timedelta(days=offset)


def _moon(year: int, rule: list[str]) -> date:
    phase, start = rule
    first = _fixed(year, start)
    assert first is not None
    offset = _LUNATION_DAYS / 2 if phase == "full" else 0.0
    cycles = -(-(first.toordinal() - _NEW_MOON - offset) // _LUNATION_DAYS)
    return date.fromordinal(int(_NEW_MOON + offset + cycles * _LUNATION_DAYS))


def _islamic(year: int, rule: list[int]) -> date:
    month, day = rule
    islamic_year = int((year - 622) * 33 / 32)
    for candidate in range(islamic_year - 1, islamic_year + 4):
        days = 354 * (candidate - 1) + (3 + 11 * candidate) // 30 + 29 * (month - 1) + month // 2 + day - 1
        found = date.fromordinal(_ISLAMIC_EPOCH + days)
        if found.year >= year:
            break
    return found


_RULES: dict[str, Callable[[int, Any], date | None]] = {
    "fixed": _fixed,
    "nth": _nth,
    "moon": _moon,
    "islamic": _islamic,
    "easter": lambda year, days: easter(year) + timedelta(days=days),
    "rosh": lambda year, days: rosh_hashanah(year) + timedelta(days=days),
}


@cache
def _table() -> dict[str, dict[str, Any]]:
    path = resources.files("deid_spark") / "data" / "calendar" / "holidays.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))["holiday"]


def holiday_key(written: str) -> str:
    """`St.  Patrick’s` -> `st patricks`: no case, apostrophes, points or line breaks."""
    return re.sub(r"[\s-]+", " ", re.sub(r"['’‘`.]", "", written)).strip().casefold()


@cache
def holiday_names() -> dict[str, str]:
    """Every way a holiday is written (as `holiday_key` gives it) -> its name in the table."""
    names = {}
    for name, entry in _table().items():
        for written in (name, *entry.get("aliases", ())):
            names[holiday_key(written)] = name
    return names


@lru_cache(maxsize=4096)
def holiday_date(name: str, year: int) -> date | None:
    """The day of a holiday of the table in a year; None where it has none (Leap Day)."""
    entry = _table()[name]
    for rule, find in _RULES.items():
        if rule in entry:
            return find(year, entry[rule])
    raise KeyError(name)


@lru_cache(maxsize=4096)
def holiday_on(day: date) -> str | None:
    """The well-known holiday on exactly this day."""
    for name, entry in _table().items():
        if entry.get("offer") and holiday_date(name, day.year) == day:
            return name
    return None
