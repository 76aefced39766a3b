"""Dates: each written form moved by three weeks back or 21, cut to its year, folded, withheld."""

from datetime import date

import pytest

from deid_spark.policy import Dates
from deid_spark.replace.date_forms import parse_date
from deid_spark.replace.dates import WITHHELD, shift_text, shift_weeks, year_text
from deid_spark.replace.holidays import easter, holiday_date, holiday_on

ANCHOR = date(2024, 3, 20)


def shift(text, weeks=-21, **options):
    return shift_text(text, weeks, **{"anchor": ANCHOR, "order": "month_first", **options})


def year(text, **options):
    return year_text(text, **{"anchor": ANCHOR, "order": "month_first", **options})


# (text, 21 weeks earlier, the year alone), the note being of 2024-03-20
FORMS = [
    ("3/4", "10/9", "2024"),
    ("03-04-19", "10-08-18", "2019"),
    ("03/04/2019", "10/08/2018", "2019"),
    ("3/4/19", "10/8/18", "2019"),
    ("5/4/24 14:35", "12/9/23 14:35", "2024"),
    ("5/4/24 1435", "12/9/23 1435", "2024"),
    ("05/04/2024 at 2:30 PM", "12/09/2023 at 2:30 PM", "2024"),
    ("2019-03", "2018-10", "2019"),
    ("2019-03-04", "2018-10-08", "2019"),
    ("2024-03-04T14:35:00Z", "2023-10-09T14:35:00Z", "2024"),
    ("20240502", "20231207", "2024"),
    ("050224", "120723", "2024"),
    ("4 Mar", "9 Oct", "2024"),
    ("Mar 4th, 2019", "Oct 8th, 2018", "2019"),
    ("the 3rd of March", "the 8th of October", "2024"),
    ("MARCH THE 3RD", "OCTOBER THE 8TH", "2024"),
    ("ninth of May", "fourteenth of December", "2024"),
    ("Jan tenth", "Aug sixteenth", "2024"),
    ("Mar. '19", "Oct. '18", "2019"),
    ("March 2019", "October 2018", "2019"),
    ("June of 1980", "January of 1980", "1980"),
    ("MAR-19", "OCT-18", "2019"),
    ("mar '27", "oct '26", "2027"),
    ("11-Dec-'22", "17-Jul-'22", "2022"),
    ("17-MAY-2024", "22-DEC-2023", "2024"),
    ("03MAR19", "07OCT18", "2019"),
    ("4.VII.58", "7.II.58", "1958"),
    ("XI/2018", "VI/2018", "2018"),
    ("Aug. MMXXV", "Mar. MMXXV", "2025"),
    ("2nd of Feb. nineteen and forty-nine", "8th of Sep. nineteen and forty-eight", "1949"),
    ("ten twelve sixty eight", "five eighteen sixty eight", "1968"),
    ("May", "December", "2024"),
    ("Dec.", "Jul.", "2023"),
    ("Tuesday, February 6, 2024", "Tuesday, September 12, 2023", "2024"),
    ("Wed., 10/11/23", "Wed., 5/17/23", "2023"),
    ("07/15/23 SAT", "02/18/23 SAT", "2023"),
    ("Fri the 13th", "Fri the 18th", "2024"),
    ("3/4-3/9", "10/9-10/14", "2024"),
    ("2/14 - 2/17", "9/20 - 9/23", "2024"),
    ("12/28/20-1/3/21", "8/3/20-8/9/20", "2020-2021"),
    ("Jan-Mar 2021", "Aug-Oct 2020", "2021"),
    ("Dec 28 - Jan 3, 2021", "Aug 3 - Aug 9, 2020", "2020-2021"),
    ("May 3-5", "December 8-10", "2024"),
    ("January 4 through the 26th", "August 10 through the 1st", "2024"),
    ("10.-12. X. 1969", "16.-18. V. 1969", "1969"),
    ("2019-2021", "2018-2020", "2019-2021"),
    ("2018-19", "2017-18", "2018-2019"),
    ("2014", "2013", "2014"),
    ("'09", "'08", "2009"),
    ("1990s", "1990s", "1990s"),
    ("'80s", "'80s", "1980s"),
    ("spring 2022", "fall 2021", "2022"),
    ("autumn 2023", "spring 2023", "2023"),
    ("fall of '21", "spring of '21", "2021"),
    ("Q3 2019", "Q1 2019", "2019"),
    ("2019-W23-4", "2019-W02-4", "2019"),
    ("2019/143", "2018/361", "2019"),
    ("March\n3, 2019", "October\n7, 2018", "2019"),
    ("0l/12/2O19", "08/18/2018", "2019"),
    ("ll/O3/23", "06/09/23", "2023"),
    ("Febuary 3, 2019", "September 9, 2018", "2019"),
    ("12 de agosto 1961", "18 de marzo 1961", "1961"),
    ("tháng 5 1951", "tháng 12 1950", "1951"),
    ("Easter 2023", "November 13, 2022", "2023"),
    ("25/12/2019", "31/07/2019", "2019"),
    ("2/29/2020", "10/5/2019", "2020"),
    ("3/98", "10/97", "1998"),
    ("24-03-15", "23-10-20", "2024"),
    ("third week of March", "third week of October", "2024"),
]


@pytest.mark.parametrize(("text", "moved", "year_alone"), FORMS, ids=[form[0] for form in FORMS])
def test_forms(text, moved, year_alone):
    assert shift(text) == moved
    assert year(text) == year_alone


WEEKDAYS = ["Thursday", "Tues", "fri", "Sundays", "MWF", "M-W-F", "TThS", "T/Th", "Mon/Wed/Fri", "Tues & Thurs"]
WEEKDAYS += ["Mon-Thurs", "Weds", "martes"]


@pytest.mark.parametrize("text", WEEKDAYS)
def test_weekdays_stay_and_tell_no_year(text):
    assert shift(text) == text
    assert year(text) == WITHHELD


@pytest.mark.parametrize(
    "text", ["foo", "Smith 3/4", "2/30/2020", "13/14/2020", "99-99-99", "", "...", "x", "3/4 Anna"]
)
def test_what_is_not_understood_is_withheld(text):
    assert shift(text) == WITHHELD
    assert year(text) == WITHHELD


def test_order_is_the_policys_unless_impossible():
    assert shift("3/4/19", order="day_first") == "7/11/18"
    assert shift("12/25/2019", order="day_first") == "07/31/2019"
    assert parse_date("3/4", "day_first").moments[0].month == 4


@pytest.mark.parametrize(
    ("text", "anchor", "moved"),
    [
        ("12/30", date(2024, 1, 5), "12/23"),  # the past December
        ("1/5", date(2023, 12, 28), "12/29"),  # an appointment of next week
        ("Feb 29", date(2023, 3, 2), "Feb 22"),  # the leap day of 2024 is nearest
        ("the 2nd", date(2024, 3, 1), "the 24th"),
    ],
)
def test_partial_dates_are_read_through_the_notes_day(text, anchor, moved):
    assert shift(text, -1, anchor=anchor) == moved


def test_no_anchor_still_moves_and_year_is_withheld():
    assert shift("3/4", -1, anchor=None) == "2/25"
    assert year("3/4", anchor=None) == WITHHELD
    assert year("3/4/19", anchor=None) == "2019"


def test_years_alone_keep_their_distance_to_the_note():
    for weeks in (-1, -10, -11, -12, -30, -52):
        note_year = int(shift("2024-03-20", weeks)[:4])
        assert note_year - int(shift("2021", weeks)) == 3


@pytest.mark.parametrize(
    ("text", "weeks", "moved"),
    [
        ("Christmas", -52, "Christmas"),  # December 26 is still near it
        ("Thanksgiving 2023", -3, "November 2, 2023"),
        ("HALLOWEEN", -2, "OCTOBER 17"),
        ("Labor Day 2023", -14, "Memorial Day 2023"),
        ("Christmas 2023", 1, "New Year's Day 2024"),
        ("st. patrick's day 2024", -1, "march 10, 2024"),
    ],
)
def test_holidays(text, weeks, moved):
    assert shift(text, weeks) == moved


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("Easter", date(2024, 3, 31)),
        ("Passover", date(2024, 4, 23)),
        ("Yom Kippur", date(2025, 10, 2)),
        ("Hanukkah", date(2024, 12, 26)),
        ("Thanksgiving", date(2024, 11, 28)),
        ("Memorial Day", date(2024, 5, 27)),
        ("Election Day", date(2024, 11, 5)),
        ("Ramadan", date(2024, 3, 11)),
        ("Eid al-Fitr", date(2024, 4, 10)),
        ("Lunar New Year", date(2024, 2, 10)),
        ("Diwali", date(2024, 11, 1)),
    ],
)
def test_holiday_rules_agree_with_almanacs_to_a_day(name, day):
    assert abs((holiday_date(name, day.year) - day).days) <= 1


def test_holiday_rules():
    assert easter(2000) == date(2000, 4, 23)
    assert holiday_date("Leap Day", 2023) is None
    assert holiday_on(date(2024, 12, 25)) == "Christmas"
    assert holiday_on(date(2024, 12, 22)) is None


def test_nothing_falls_after_the_cutoff():
    cutoff = date(2024, 4, 1)
    assert shift("4/20/2024", -3, cutoff=cutoff) == "3/30/2024"
    assert shift("4/23/2024", -3, cutoff=cutoff) == WITHHELD
    assert shift("3/20/2024", 2, cutoff=cutoff) == WITHHELD
    assert shift("3/18/2024 - 3/20/2024", 2, cutoff=cutoff) == WITHHELD  # one end is enough
    assert shift("exp 2031", cutoff=cutoff) == WITHHELD
    assert shift("April 2024", 0 - 1, cutoff=cutoff) == "April 2024"  # a month that has begun is not in the future
    assert shift("4/23/2054", -3) == "4/2/2054"


def test_dates_that_tell_an_age_over_the_top_fold():
    assert shift("03/14/1931", top_age=89) == "1933 or earlier"  # note of 2023-10-25 after the shift
    assert shift("1933", top_age=89) == "1933 or earlier"
    assert shift("1934", top_age=89) == "1933 or earlier"  # may have turned 90: folded
    assert shift("1935", top_age=89) == "1934"
    assert shift("3/21/1934", top_age=89) == "10/25/1933"  # 89 until tomorrow
    assert shift("3/20/1934", top_age=89) == "1933 or earlier"
    assert shift("4.VII.31", top_age=89, is_birth=True) == "1933 or earlier"
    assert shift("1/1/30", top_age=89, is_birth=True) == "1933 or earlier"
    assert shift("1/1/30", top_age=89) == "8/7/29"  # not a birth: an expiry date
    assert year("DOB 1931".removeprefix("DOB "), top_age=89) == "1934 or earlier"
    assert year("1931", top_age=None) == "1931"
    assert year("1931", anchor=None, as_of=date(2026, 1, 1), top_age=89) == "1936 or earlier"


def test_impossible_years_are_withheld():
    assert shift("1/3/0001", -52) == WITHHELD
    assert shift("12/30/9999", 5) == WITHHELD


@pytest.mark.parametrize("direction", ["past", "both"])
def test_shift_weeks_is_in_range_and_never_zero(direction):
    policy = Dates(min_weeks=3, max_weeks=9, direction=direction)
    drawn = {shift_weeks(bytes([i, *([i * 7 % 256] * 8), i % 2]), policy) for i in range(256)}
    assert {abs(weeks) for weeks in drawn} == set(range(3, 10))
    assert (max(drawn) > 0) == (direction == "both")
    assert shift_weeks(b"\0" * 32, Dates()) == -1
