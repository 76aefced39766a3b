"""Writes a moved date in the form it was read in: padding, case, ordinals, month styles, holidays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from deid_spark.replace import date_words as words
from deid_spark.replace.date_atoms import Moment
from deid_spark.replace.date_forms import Form
from deid_spark.replace.date_place import Resolved
from deid_spark.replace.holidays import holiday_date, holiday_on

_SAME_HOLIDAY_DAYS = 3


def write(form: Form, moved: list[Resolved], before: list[Resolved]) -> str:
    """The form's text with every part replaced; what stands between the parts is copied."""
    pieces: list[str] = []
    position = 0
    short = _short_months(form)
    for item, old in zip(moved, before, strict=True):
        if item.moment.grain == "holiday":
            start, end = item.moment.parts[0].start, item.moment.parts[-1].end
            pieces += (form.text[position:start], _write_holiday(form.text[start:end], item, old))
            position = end
            continue
        style = _Style(_pads(form.text, item.moment), short)
        for part in item.moment.parts:
            pieces.append(form.text[position : part.start])
            pieces.append(_WRITERS[part.name](form.text[part.start : part.end], item.day, old.day, style))
            position = part.end
    pieces.append(form.text[position:])
    return "".join(pieces)


def _write_holiday(written: str, item: Resolved, old: Resolved) -> str:
    """Name of the same or another holiday, else the calendar date; the year when it was written."""
    name, day = item.moment.holiday or "", item.day
    name_part = item.moment.parts[0]
    year_part = item.moment.parts[1] if len(item.moment.parts) > 1 else None
    years = [holiday_date(name, year) for year in (day.year - 1, day.year, day.year + 1)]
    nearest = min((d for d in years if d), key=lambda d: abs((d - day).days), default=None)
    name_length = name_part.end - name_part.start
    year_text = ""
    if year_part:
        year_written = written[year_part.start - name_part.start :]
        year_text = words.write_year(year_written, day.year)
        between = written[name_length : year_part.start - name_part.start]
    if nearest is not None and abs((nearest - day).days) <= _SAME_HOLIDAY_DAYS:
        if year_part:
            return written[:name_length] + between + words.write_year(year_written, nearest.year)
        return written
    other = holiday_on(day)
    if other:
        return words.like_case(written[:name_length], other) + (between + year_text if year_part else "")
    plain = words.like_case(written[:name_length], f"{words.MONTHS['en'][day.month - 1]} {day.day}")
    return plain + (f", {day.year}" if year_part else "")


def _short_months(form: Form) -> bool:
    """Whether `May` is an abbreviation here: between hyphens or slashes, or beside another short month."""
    months = [p for moment in form.moments for p in moment.parts if p.name == "mon"]
    for part in months:
        key = form.text[part.start : part.end].rstrip(".").casefold()
        style = words.MONTH_OF.get(key, ("", 0))[0]
        around = form.text[part.start - 1 : part.start] + form.text[part.end : part.end + 1]
        if (style == "en_short" and key != "may") or any(c in "-/" or c.isdigit() for c in around):
            return True
        if form.text[part.start : part.end].isupper() and form.text[: part.start].rstrip()[-1:].isdigit():
            return True
    return False


def _pads(text: str, moment: Moment) -> bool:
    """Whether numbers below ten carry a zero: as the written ones do; forms of ISO and forms with a long year do."""
    numbers = [text[p.start : p.end] for p in moment.parts if p.name in ("m", "d")]
    numbers = [number for number in numbers if number.isdigit()]
    if any(number[0] == "0" and len(number) == 2 for number in numbers):
        return True
    if not numbers or any(len(number) == 1 for number in numbers) or any(p.name == "ord" for p in moment.parts):
        return False
    years = [p for p in moment.parts if p.name == "y"]
    pairs = list(pairwise(moment.parts))
    compact = any(after.start == p.end and text[p.end - 1] != "." for p, after in pairs)
    named = any(p.name == "mon" for p in moment.parts)
    joined = any(text[p.end : after.start] in ("-", "/") for p, after in pairs)
    return compact or (joined if named else any(p.end - p.start == 4 for p in years))


class _Style(NamedTuple):
    """How one moment is written: zeros before digits, `May` as an abbreviation."""

    pad: bool
    short: bool


_WRITERS: dict[str, Callable[[str, date, date, _Style], str]] = {
    "d": lambda written, day, old, style: words.write_number(written, day.day, style.pad),
    "m": lambda written, day, old, style: words.write_number(written, day.month, style.pad),
    "y": lambda written, day, old, style: words.write_year(written, day.year),
    "y2": lambda written, day, old, style: f"{(int(written) - old.year + day.year) % 100:02d}",
    "mon": lambda written, day, old, style: words.write_month(written, day.month, style.short),
    "ord": lambda written, day, old, style: words.ordinal_suffix(written, day.day),
    "season": lambda written, day, old, style: words.write_season(written, day.month),
    "quarter": lambda written, day, old, style: str((day.month + 2) // 3),
    "decade": lambda written, day, old, style: words.write_year(written, day.year // 10 * 10),
    "wy": lambda written, day, old, style: f"{day.isocalendar().year:04d}",
    "w": lambda written, day, old, style: f"{day.isocalendar().week:02d}",
    "wd": lambda written, day, old, style: str(day.isoweekday()),
    "yd": lambda written, day, old, style: f"{day.timetuple().tm_yday:03d}",
}
