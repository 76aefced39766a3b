"""Reads a written date into its parts: which characters say the year, the month, the day, the holiday.

`parse_date("Mar 3-5, '19", "month_first")` gives two moments that share a year. Everything between the parts is kept
as it stands when the date is written again, so only known words and separators may stand there: a text with anything
else is not understood (None), and the caller withholds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA

from deid_spark.replace import date_words as words
from deid_spark.replace.date_atoms import Moment, moment_at, plain_moment


class Form(NamedTuple):
    """A date text that is understood. `text` has OCR noise and spelling repaired. No moments: only weekdays."""

    text: str
    moments: tuple[Moment, ...]


# Clock times are no identifiers: they stay.
_TIME = re.compile(
    r"(?:T|at\s+|@\s*)?(?:[01]?\d|2[0-4])(?:[:h][0-5]\d){1,2}(?:\.\d+)?(?:\s?[ap]\.?m\b\.?|\s?(?:hrs?|h)\b|Z|[+-]\d\d:?\d\d)?"
    r"|(?:at\s+|@\s*)?(?:1[0-2]|0?[1-9])\s?[ap]\.?m\b\.?|T\d{4,6}Z?",
    re.IGNORECASE,
)
_JOINT = re.compile(r"(?:[-–—/]|\b(?:to|through|thru|until|and|or))\s*$", re.IGNORECASE)
_MILITARY = re.compile(r"(?:[01]\d|2[0-4])[0-5]\d(?!\d|[-/.]\d)(?:\s?(?:hrs?|h)\b)?", re.IGNORECASE)
_FILLER = re.compile(r"[\W_]+?(?=[^\W_]|['’‘`´]\s?\d|\Z)|[^\W\d_]+")
_DAY_LETTERS = re.compile(r"(?:M|Tu?|W|Th|R|F|Sa?|Su?|[\s,/&+\-–.]){1,14}|MTuWThF|daily\s+M-F", re.IGNORECASE)
_OCR_WORD = re.compile(
    r"(?<![^\W_])(?=[^\W_]*\d|[Ol|]{1,2}[-/.]|(?<=[-/.])[Ol|]{2})[\dOolI|!]+(?![^\W_])|(?<=[-/.])[Ol|]{2}(?![^\W_])"
)
_OCR_DIGIT = str.maketrans("OolI|!", "001111")
_SPELLINGS = words.MONTHS["en"] + [day for day in words.WEEKDAYS if len(day) > 5 and day.isascii()]
_WORD = re.compile(r"[^\W\d_]{4,}")


@lru_cache(maxsize=8192)
def parse_date(text: str, order: str) -> Form | None:
    """The written date in its parts, or None when any of it is not understood. `order` is policy.dates.order."""
    plain = plain_moment(text, order)
    if plain:
        return Form(text, (plain,))
    for candidate in _readings(text):
        if _DAY_LETTERS.fullmatch(candidate) and any(map(str.isalpha, candidate)):
            return Form(candidate, ())
        moments = _scan(candidate, order)
        if moments is not None:
            return Form(candidate, moments)
    return None


def _readings(text: str) -> Iterator[str]:
    """The text with OCR noise repaired, as it is, and with its spelling repaired, until one is understood."""
    clean = _without_noise(text)
    yield clean
    if clean != text:
        yield text
    spelled = _spelled(clean)
    if spelled != clean:
        yield spelled


def _scan(text: str, order: str) -> tuple[Moment, ...] | None:
    moments: list[Moment] = []
    weekday: int | None = None
    seen_weekday, position = False, 0
    while position < len(text):
        clock = _clock_at(text, position, moments)
        if clock:
            position = clock
            continue
        moment, end = moment_at(text, position, order)
        if moment is not None:
            moments.append(moment._replace(weekday=weekday))
            weekday, position = None, end
            continue
        match = _FILLER.match(text, position)
        if match is None:
            return None
        word = match[0].casefold()
        if word in words.WEEKDAYS:
            weekday, seen_weekday = words.WEEKDAYS[word], True
        elif word[0].isalpha() and word not in words.FILLER:
            return None
        position = match.end()
    if weekday is not None and moments and moments[-1].weekday is None:
        moments[-1] = moments[-1]._replace(weekday=weekday)  # `11/20/24 SAT`
    return tuple(_share_years(text, moments)) if moments or seen_weekday else None


def _clock_at(text: str, position: int, before: list[Moment]) -> int | None:
    """End of a clock time here; four digits are one only after a whole date (`5/4/24 1435`)."""
    match = _TIME.match(text, position)
    if match is None and before and before[-1].year is not None and before[-1].grain == "day":
        # `2019-03-04 - 2020-03-04` and `3/4/2019 to 2020` go on with a year.
        match = None if _JOINT.search(text[:position]) else _MILITARY.match(text, position)
    return match.end() if match else None


def _share_years(text: str, moments: list[Moment]) -> list[Moment]:
    """A year that follows a date without one (`May 3-5, 2019`) becomes part of that date."""
    joined: list[Moment] = []
    for moment in moments:
        last = joined[-1] if joined else None
        if last and moment.grain == "year" and last.year is None and last.grain != "decade":
            between = text[last.parts[-1].end : moment.parts[0].start]
            if not re.search(r"[-–—/\w]", between):
                joined[-1] = last._replace(year=moment.year, parts=last.parts + moment.parts)
                continue
        joined.append(moment)
    return joined


def _without_noise(text: str) -> str:
    """OCR digits: `0l/12/2O19` -> `01/12/2019`."""
    return _OCR_WORD.sub(lambda match: match[0].translate(_OCR_DIGIT), text)


def _spelled(text: str) -> str:
    """Misspelt months and weekdays one edit away (two in long names): `Febuary` -> `February`."""

    def nearest(match: re.Match[str]) -> str:
        word = match[0].casefold()
        if word in words.WEEKDAYS or word in words.MONTH_OF or word in words.FILLER or word in words.SEASONS:
            return match[0]
        edits = 2 if len(word) >= 7 else 1
        best = min((OSA.distance(word, name.casefold()), name) for name in _SPELLINGS)
        return words.like_case(match[0], best[1]) if best[0] <= edits else match[0]

    return _WORD.sub(nearest, text)
