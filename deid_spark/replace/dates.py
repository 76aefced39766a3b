"""Moves dates by a patient's whole number of weeks, or cuts them to the year; every written form is kept.

Decisions, each tested:
- Only whole weeks: intervals between dates survive to the day and weekdays stay true, so a weekday is never rewritten.
- A date without a year is taken in the year that puts it nearest to the note's own day (`anchor`), the past preferred.
- A month alone moves from its 15th, a season from the 15th of its middle month, a year alone from the anchor's month
  and day: "three years ago" stays three years ago. So a coarse date may read the same after a short shift; a day never
  does.
- A holiday keeps its name when it lands within three days of itself, takes the name of a well-known holiday that falls
  on the very day, and is written as a calendar date otherwise.
- Nothing is released after `cutoff`: what would fall later is withheld as `[DATE]` rather than moved by another number
  of weeks, which would tell a false interval.
- A date that is not understood, or that no calendar has, is withheld as `[DATE]`: never the original.
- A date more than `top_age` years before the anchor tells an age over `top_age`: it becomes `1933 or earlier`.
"""

from __future__ import annotations

from datetime import date, timedelta

from deid_spark import policy
from deid_spark.replace.date_atoms import Moment
from deid_spark.replace.date_forms import Form, parse_date
from deid_spark.replace.date_place import NO_ANCHOR, Resolved, resolve
from deid_spark.replace.date_write import write

WITHHELD = "[DATE]"


def shift_weeks(digest: bytes, dates: policy.Dates) -> int:
    """The patient's shift in whole weeks, never zero, from a keyed digest: within min_weeks..max_weeks of the policy.

    Negative is the past. With direction `both` the sign is drawn as well.
    """
    choices = dates.max_weeks - dates.min_weeks + 1
    draw = int.from_bytes(digest[:8], "big")
    weeks = dates.min_weeks + draw % choices
    forward = dates.direction == "both" and digest[8] & 1
    return weeks if forward else -weeks


def shift_text(
    text: str,
    weeks: int,
    *,
    anchor: date | None,
    order: str,
    cutoff: date | None = None,
    is_birth: bool = False,
    top_age: int | None = None,
) -> str:
    """`text` moved by `weeks`, in the same written form; `[DATE]` where that can't be done (module docstring).

    `order` is policy.dates.order. `is_birth` says that a birth date stands here, so it never lies after the anchor.
    `top_age` (None: off) folds dates that tell an age above it.
    """
    form = parse_date(text, order)
    if form is None:
        return WITHHELD
    if not form.moments:
        return text  # weekdays alone stay true
    try:
        resolved = resolve(form, anchor, is_birth=is_birth)
        if resolved is None:
            return WITHHELD
        move = timedelta(weeks=weeks)
        base = anchor or NO_ANCHOR
        if top_age is not None and any(_tells_age_over(item, base, top_age) for item in resolved):
            return f"{(base + move).year - top_age - 1} or earlier"
        moved = [Resolved(item.moment, item.day + move) for item in resolved]
        if cutoff is not None and any(_first_day(item) > cutoff for item in moved):
            return WITHHELD
        return write(form, moved, resolved)
    except (OverflowError, ValueError):  # before year 1 or after 9999
        return WITHHELD


def year_text(
    text: str,
    *,
    anchor: date | None,
    order: str,
    is_birth: bool = False,
    top_age: int | None = None,
    as_of: date | None = None,
) -> str:
    """Only the year (45 CFR 164.514(b)(2)(i)(C)): `2019`, `2019-2021` for a range, `1990s`, `1933 or earlier`.

    A date without a year gets the year it is understood in, when the anchor is known; weekdays and holidays without a
    year, and what is not understood, are `[DATE]`. Ages are counted to the anchor, else to `as_of`.
    """
    form = parse_date(text, order)
    if form is None or not form.moments:
        return WITHHELD
    try:
        resolved = resolve(form, anchor, is_birth=is_birth)
    except (OverflowError, ValueError):
        return WITHHELD
    if resolved is None or not any(_tells_year(item.moment, anchor) for item in resolved):
        return WITHHELD
    base = anchor or as_of or NO_ANCHOR
    if top_age is not None and any(_tells_age_over(item, base, top_age) for item in resolved):
        return f"{base.year - top_age - 1} or earlier"
    years = sorted({item.day.year for item in resolved} | {_range_end(form, item) for item in resolved})
    if resolved[0].moment.grain == "decade":
        return f"{years[0] // 10 * 10}s"
    return str(years[0]) if len(years) == 1 else f"{years[0]}-{years[-1]}"


def _first_day(item: Resolved) -> date:
    """The first day of what is written: `March 2019` is not in the future before March 1."""
    if item.moment.grain in ("month", "season"):
        return item.day.replace(day=1)
    return item.day.replace(month=1, day=1) if item.moment.grain in ("year", "decade") else item.day


def _tells_age_over(item: Resolved, base: date, top_age: int) -> bool:
    day = item.day
    if item.moment.grain in ("year", "decade"):
        return base.year - day.year > top_age
    birthday_passed = (base.month, base.day) >= (day.month, day.day)
    return base.year - day.year - (not birthday_passed) > top_age


def _tells_year(moment: Moment, anchor: date | None) -> bool:
    return moment.year is not None or (anchor is not None and moment.grain != "holiday")


def _range_end(form: Form, item: Resolved) -> int:
    """`2019-21` ends in 2021."""
    for part in item.moment.parts:
        if part.name == "y2":
            return item.day.year + (int(form.text[part.start : part.end]) - item.day.year) % 100
    return item.day.year
