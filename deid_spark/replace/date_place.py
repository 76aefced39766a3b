"""Puts a written date into the calendar: what is not written comes from its neighbours or the note's day."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import NamedTuple

from deid_spark.replace.date_atoms import Moment
from deid_spark.replace.date_forms import Form
from deid_spark.replace.holidays import holiday_date

# Stands for the note's day when neither the note nor its other dates tell one: a common year, far from a leap day.
NO_ANCHOR = date(2022, 7, 1)
_FUTURE_WEIGHT = 1.5  # of two years equally near, notes mean the past one
_FUTURE_YEARS = 10  # a two-digit year may lie this far ahead (expiry dates); later ones are a century back


class Resolved(NamedTuple):
    """A moment with its day in the calendar; for coarse grains the day that stands for it."""

    moment: Moment
    day: date


def resolve(form: Form, anchor: date | None, *, is_birth: bool = False) -> list[Resolved] | None:
    """Each moment's day in the calendar; None where one has none (February 30)."""
    base = anchor or NO_ANCHOR
    if len(form.moments) == 1:  # nearly all of them
        moment = _reading(form.moments[0], base)
        day = _place(moment, base, base, False, is_birth)
        return None if day is None else [Resolved(moment, day)]
    days: list[date | None] = [None] * len(form.moments)
    moments = [_reading(moment, base) for moment in form.moments]
    for wanted in (_has_year, _has_month, lambda moment: True):
        for index, moment in enumerate(moments):
            if days[index] is None and wanted(moment):
                near = _neighbour(days, index)
                days[index] = _place(moment, near or base, base, near is not None, is_birth)
                if days[index] is None:
                    return None
    return [Resolved(moment, day) for moment, day in zip(moments, days, strict=True) if day is not None]


def is_whole(moment: Moment) -> bool:
    """Whether day, month and a year of four digits are written."""
    return moment.grain == "day" and moment.month is not None and (moment.year or 0) >= 100


def _has_year(moment: Moment) -> bool:
    return moment.year is not None


def _has_month(moment: Moment) -> bool:
    return moment.month is not None or moment.holiday is not None


def _neighbour(days: list[date | None], index: int) -> date | None:
    after = [day for day in days[index + 1 :] if day is not None]
    before = [day for day in days[:index] if day is not None]
    return after[0] if after else before[-1] if before else None


def _reading(moment: Moment, base: date) -> Moment:
    """`24-11-05` is year first when that lies near the note's day and day first does not."""
    other = moment.other
    if other is None or moment.year is None:
        return moment
    first, second = (abs(full_year(m.year or 0, base) - base.year) for m in (moment, other))
    return other if second <= 2 < first else moment


def full_year(year: int, base: date, is_birth: bool = False) -> int:
    """The century of a two-digit year: at most ten years ahead of the note, never ahead for a birth."""
    if year >= 100:
        return year
    century = base.year // 100 * 100
    ahead = 0 if is_birth else _FUTURE_YEARS
    found = century + year
    if found > base.year + ahead:
        return found - 100
    return found + 100 if found + 100 <= base.year + ahead else found


def _place(moment: Moment, near: date, base: date, in_span: bool, is_birth: bool) -> date | None:
    """The day of one moment; `near` is a date of the same text that is already placed, or the note's day."""
    if moment.year is not None:
        year = full_year(moment.year, base, is_birth)
        return _day_in(moment, year, base)
    if moment.month is None and moment.holiday is None:
        months = ((near.year * 12 + near.month - 1 + step) for step in range(-3, 4))
        found = [_safe_date(month // 12, month % 12 + 1, moment.day or 1) for month in months]
        if in_span and (same := _safe_date(near.year, near.month, moment.day or 1)):
            return same
    else:
        found = [_day_in(moment, near.year + step, base) for step in (-1, 0, 1)]
        if not any(found):  # February 29
            found = [_day_in(moment, near.year + step, base) for step in range(-8, 9)]
    days = [day for day in found if day is not None]
    return min(days, key=lambda day: _distance(day, near, moment.weekday, in_span), default=None)


def _distance(day: date, near: date, weekday: int | None, in_span: bool) -> float:
    """How far a candidate lies, in days; a wrong weekday weighs like four months (typing errors happen)."""
    ahead = (day - near).days
    weight = abs(ahead) if ahead <= 0 or in_span else ahead * _FUTURE_WEIGHT
    return weight + (120 if weekday is not None and day.weekday() != weekday else 0)


def _day_in(moment: Moment, year: int, base: date) -> date | None:
    grain = moment.grain
    if grain == "holiday":
        return holiday_date(moment.holiday or "", year)
    if grain in ("year", "decade"):
        return _safe_date(year, base.month, base.day) or date(year, base.month, 28)
    if grain == "week":
        return date.fromisocalendar(year, moment.month or 1, moment.day or 1)
    if grain == "yearday":
        return date(year, 1, 1) + timedelta(days=(moment.day or 1) - 1)
    return _safe_date(year, moment.month or 1, moment.day or 15)


def _safe_date(year: int, month: int, day: int) -> date | None:
    return date(year, month, day) if 1 <= day <= calendar.monthrange(year, month)[1] else None
