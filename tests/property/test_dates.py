"""Whole weeks: intervals and weekdays survive in every form that tells a whole date, and reading undoes writing."""

from datetime import date, timedelta

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from deid_spark.policy import Dates
from deid_spark.replace.date_forms import parse_date
from deid_spark.replace.date_place import resolve
from deid_spark.replace.dates import WITHHELD, shift_text, shift_weeks, year_text
from deid_spark.replace.holidays import holiday_date, holiday_names

DAYS = st.dates(date(1930, 1, 1), date(2029, 12, 31))
WEEKS = st.integers(-520, 520).filter(bool)
SUFFIX = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
MONTH_FIRST = "month_first"


def _roman(month):
    return ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"][month - 1]


# Forms that write a date in one way only, so that the moved text can be compared letter by letter.
WHOLE = {
    "us": lambda d: f"{d:%m/%d/%Y}",
    "dashes": lambda d: f"{d:%m-%d-%Y}",
    "iso": lambda d: f"{d:%Y-%m-%d}",
    "iso time": lambda d: f"{d:%Y-%m-%d}T08:15:00Z",
    "compact": lambda d: f"{d:%Y%m%d}",
    "month day year": lambda d: f"{d:%B} {d.day}, {d.year}",
    "slashes": lambda d: f"{d:%d/%b/%Y}",
    "ordinal": lambda d: f"{d:%B} {d.day}{SUFFIX.get(d.day, 'th')}, {d.year}",
    "the nth of": lambda d: f"the {d.day}{SUFFIX.get(d.day, 'th')} of {d:%B} {d.year}",
    "hospital": lambda d: f"{d:%d-%b-%Y}".upper(),
    "glued": lambda d: f"{d:%d%b%Y}",
    "roman": lambda d: f"{d.day}.{_roman(d.month)}.{d.year}",
    "weekday": lambda d: f"{d:%A}, {d:%m/%d/%Y}",
    "weekday after": lambda d: f"{d:%m/%d/%Y} {d:%a}".upper(),
    "clock": lambda d: f"{d:%m/%d/%Y} 14:35",
    "two lines": lambda d: f"{d:%B}\n{d.day}, {d.year}",
    "week": lambda d: "{}-W{:02d}-{}".format(*d.isocalendar()),
    "day of year": lambda d: f"{d.year}-{d.timetuple().tm_yday:03d}",
}
# Forms in which a zero may come or go; what they tell is compared.
LOOSE = {
    "m/d/yy": lambda d: f"{d.month}/{d.day}/{d:%y}",
    "mm/dd/yy": lambda d: f"{d:%m/%d/%y}",
    "d.m.": lambda d: f"{d:%m.%d.%y}",
    "apostrophe": lambda d: f"{d.month}/{d.day}/'{d:%y}",
    "short hyphens": lambda d: f"{d.day}-{d:%b}-{d:%y}",
    "no year": lambda d: f"{d.month}/{d.day}",
    "month day": lambda d: f"{d:%B} {d.day}",
    "day month": lambda d: f"{d.day} {d:%b}",
}


def told(text, anchor):
    resolved = resolve(parse_date(text, MONTH_FIRST), anchor)
    assert resolved is not None
    return [item.day for item in resolved]


@settings(max_examples=300, deadline=None)
@given(DAYS, WEEKS, st.sampled_from(sorted(WHOLE)))
@example(date(2020, 2, 29), -52, "us")
@example(date(2019, 3, 1), 52, "hospital")
@example(date(2024, 12, 30), -1, "week")
def test_a_whole_date_is_written_as_its_moved_day_is_written(day, weeks, form):
    write = WHOLE[form]
    moved = shift_text(write(day), weeks, anchor=day, order=MONTH_FIRST)
    assert moved == write(day + timedelta(weeks=weeks))
    assert moved != write(day)


@settings(max_examples=300, deadline=None)
@given(DAYS, st.integers(-60, 60), st.integers(-52, -1), st.sampled_from(sorted(LOOSE)))
def test_partial_dates_tell_the_moved_day_to_a_moved_note(anchor, distance, weeks, form):
    day = anchor + timedelta(days=distance)
    move = timedelta(weeks=weeks)
    text = LOOSE[form](day)
    assume("yy" in form or (day.month, day.day) != (2, 29))
    moved = shift_text(text, weeks, anchor=anchor, order=MONTH_FIRST)
    assume("yy" in form or ((day + move).month, (day + move).day) != (2, 29))
    assert told(text, anchor) == [day]
    assert told(moved, anchor + move) == [day + move]


@settings(max_examples=150, deadline=None)
@given(DAYS, st.integers(1, 400), WEEKS, st.sampled_from(["us", "iso", "month day year", "weekday"]))
def test_ranges_keep_their_length_and_weekdays(start, days, weeks, form):
    end = start + timedelta(days=days)
    text = f"{WHOLE[form](start)} - {WHOLE[form](end)}"
    first, last = told(shift_text(text, weeks, anchor=start, order=MONTH_FIRST), start)
    assert last - first == end - start
    assert (first.weekday(), last.weekday()) == (start.weekday(), end.weekday())


@settings(max_examples=150, deadline=None)
@given(DAYS, WEEKS, DAYS, st.sampled_from(sorted(WHOLE)))
def test_nothing_after_the_cutoff(day, weeks, cutoff, form):
    moved = shift_text(WHOLE[form](day), weeks, anchor=day, order=MONTH_FIRST, cutoff=cutoff)
    assert (moved == WITHHELD) == (day + timedelta(weeks=weeks) > cutoff)


@settings(max_examples=150, deadline=None)
@given(DAYS, st.sampled_from(sorted(WHOLE)))
def test_the_year_alone_is_left(day, form):
    assert year_text(WHOLE[form](day), anchor=day, order=MONTH_FIRST) == str(day.year)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789/-.' ,OlIMarchJuneSptTuefdW\n", max_size=14), st.integers(-52, -1), DAYS)
def test_any_text_is_moved_or_withheld_without_an_error(text, weeks, anchor):
    moved = shift_text(text, weeks, anchor=anchor, order=MONTH_FIRST, top_age=89)
    assert (isinstance(moved, str) and moved) or not text
    year_text(text, anchor=anchor, order="day_first", top_age=89)


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.integers(1, 60), st.integers(0, 60), st.sampled_from(["past", "both"]))
def test_shifts_are_whole_weeks_in_range_and_never_zero(digest, least, more, direction):
    weeks = shift_weeks(digest, Dates(min_weeks=least, max_weeks=least + more, direction=direction))
    assert least <= abs(weeks) <= least + more
    assert weeks < 0 or direction == "both"


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(set(holiday_names().values()) - {"Leap Day"})), st.integers(1950, 2040))
def test_every_holiday_has_its_day_in_every_year(name, year):
    day = holiday_date(name, year)
    assert day is not None and day.year == year
