"""The grammar of written dates: one pattern a form, tried in order at a position, and what each says.

A `Moment` is one calendar point as written, with the characters that say its year, month, day or holiday. Numbers that
can be read both ways follow the policy's order, and the other order where the first is impossible.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from deid_spark.replace import date_words as words
from deid_spark.replace.holidays import holiday_key, holiday_names

DAYS_IN_MONTH = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Part(NamedTuple):
    """Characters [start, end) of the form's text say one thing: y, m, mon, d, ord, season, holiday, decade, week …"""

    name: str
    start: int
    end: int


class Moment(NamedTuple):
    """One calendar point as written; what is not written is None. `year` below 100 has no century yet."""

    grain: str  # day, week, month, season, year, decade, holiday
    parts: tuple[Part, ...]
    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    holiday: str | None = None
    other: Moment | None = None  # a second reading (`24-11-05`); the note's date chooses


_APOSTROPHE = "['’‘`´]"
_L, _R = r"(?<![^\W\d_])", r"(?![^\W\d_])"  # no letter before or after


def _alternatives(entries: list[str]) -> str:
    ordered = sorted(set(entries), key=lambda word: (-len(word), word))
    return "|".join(re.escape(word).replace(r"\ ", r"[\s-]+").replace("'", f"{_APOSTROPHE}?") for word in ordered)


_MONTH_NAMES = rf"(?:{_alternatives(list(words.MONTH_OF))})"
_ROMAN_MONTH = r"(?:VIII|VII|VI|IV|IX|XII|XI|X|V|III|II|I)"
_MON = rf"{_L}(?P<mon>{_MONTH_NAMES}{_R}\.?)"
_UNIT = _alternatives([w for w, v in words.CARDINALS.items() if v < 20])
_TEN = _alternatives([w for w, v in words.CARDINALS.items() if v >= 20 and "-" not in w])
_CARDINAL = rf"(?:(?:{_TEN})(?:[\s-]+(?:{_UNIT}))?|{_UNIT}){_R}"
_ORDINAL = rf"(?:{_alternatives([w.replace('-', ' ') for w in words.ORDINALS])}){_R}"
_DAY = r"(?P<d>[0-3]?\d)(?P<ord>\s?(?:st|nd|rd|th|º|ª)(?![^\W\d_]))?(?!\d)"
_DAY_ANY = rf"(?:{_DAY}|(?P<dw>{_ORDINAL}))"
_Y4 = r"(?P<y>(?:1[6-9]|2[01])\d\d)(?!\d)"
_YEAR_WORDS = (
    rf"(?:two\s+thousand(?:[\s-]+and)?(?:[\s-]+{_CARDINAL})?"
    rf"|(?:eighteen|nineteen|twenty)(?:[\s-]+(?:hundred|and))*[\s-]+(?:{_CARDINAL}|hundred)){_R}"
)
_YEAR_ROMAN = rf"M[MDCLXVI]+{_R}"
_Y_LONG = rf"(?P<y>(?:1[6-9]|2[01])\d\d(?!\d)|{_YEAR_WORDS}|{_YEAR_ROMAN})"
_Y_SHORT = rf"{_APOSTROPHE}\s?(?P<y>\d\d)(?!\d)"
_Y_ANY = rf"(?:{_Y_LONG.replace('?P<y>', '?P<y>')}|{_Y_SHORT.replace('?P<y>', '?P<ys>')})"
_Y_BARE = r"(?P<yb>\d\d)(?![\d:])"
_OF = r"(?:(?:the|of|de|del|in|day\s+of)\s+)*"
_GAP = rf"[\s,.\-–—/_]*{_OF}"

_Reader = Callable[["re.Match[str]", str], "Moment | None"]


def _parts(match: re.Match[str]) -> tuple[Part, ...]:
    rename = {"ys": "y", "yb": "y", "dw": "d"}
    found = [Part(rename.get(n, n), *match.span(n)) for n, text in match.groupdict().items() if text and n != "s"]
    return tuple(sorted(found, key=lambda part: part.start))


def _fits(month: int, day: int | None) -> bool:
    return 1 <= month <= 12 and (day is None or 1 <= day <= DAYS_IN_MONTH[month])


def _month_value(written: str) -> int:
    known = words.MONTH_OF.get(written.rstrip(".").casefold())
    return known[1] if known else words.roman_value(written.rstrip("."))


def _year_of(groups: dict[str, str | None]) -> int | None:
    written = groups.get("y") or groups.get("ys") or groups.get("yb")
    return words.year_value(written) if written else None


def _read_named(match: re.Match[str], order: str) -> Moment | None:
    """Month in words or unambiguous digits, with or without day and year."""
    groups = match.groupdict()
    year, written_day = _year_of(groups), groups.get("d") or groups.get("dw")
    day = words.number_value(written_day) if written_day else None
    written_month = groups.get("mon") or groups.get("m") or ""
    month = int(written_month) if written_month.isdigit() else _month_value(written_month)
    if year == -1 or not _fits(month, day):
        return None
    return Moment("day" if day else "month", _parts(match), year, month, day)


def _read_numeric(match: re.Match[str], order: str) -> Moment | None:
    """`a/b` or `a/b/y`: by the policy's order, or by the other where that one is impossible."""
    a, b, written = match["a"], match["b"], match.groupdict().get("y")
    year = words.year_value(written) if written else None
    if written and len(written) == 4 and written.isdigit() and not 1600 <= int(written) < 2200:
        return None  # `0001` is no short year
    first, second = words.number_value(a), words.number_value(b)
    for month_at, day_at in (("a", "b"), ("b", "a")) if order == "month_first" else (("b", "a"), ("a", "b")):
        month, day = (first, second) if month_at == "a" else (second, first)
        if _fits(month, day):
            named = {month_at: "m", day_at: "d"}
            parts = tuple(Part(named.get(p.name, p.name), p.start, p.end) for p in _parts(match))
            return Moment("day", parts, year, month, day, other=_year_first(match))
    return _year_first(match) or _month_year(match)


def _year_first(match: re.Match[str]) -> Moment | None:
    """`24-11-05` as year, month, day: sure when the first number can be nothing else."""
    if "y" not in match.groupdict() or not match["y"] or len(match["y"]) != 2 or int(match["a"]) <= 12:
        return None
    year, month, day = (int(match[name]) for name in ("a", "b", "y"))
    if not _fits(month, day):
        return None
    parts = tuple(Part(new, *match.span(old)) for new, old in (("y", "a"), ("m", "b"), ("d", "y")))
    return Moment("day", parts, year, month, day)


def _month_year(match: re.Match[str]) -> Moment | None:
    """`5/98`: no day is 98."""
    if match.groupdict().get("y") or not 1 <= int(match["a"]) <= 12 or int(match["b"]) <= 31:
        return None
    return Moment("month", (Part("m", *match.span("a")), Part("y", *match.span("b"))), int(match["b"]), int(match["a"]))


def _read_compact(match: re.Match[str], order: str) -> Moment | None:
    """`20240502`, `05022024`, `050224`, `240502`, and `0502` for month and day: no separators."""
    digits, start = match["c"], match.start("c")
    if len(digits) == 4:
        month, day = int(digits[:2]), int(digits[2:])
        both = (Part("m", start, start + 2), Part("d", start + 2, start + 4))
        return Moment("day", both, None, month, day) if _fits(month, day) else None
    month_day = [("m", "d"), ("d", "m")] if order == "month_first" else [("d", "m"), ("m", "d")]
    at_end = [((a, 0, 2), (b, 2, 4), ("y", 4, len(digits))) for a, b in month_day]
    width = len(digits) - 4
    at_start = [(("y", 0, width), ("m", width, width + 2), ("d", width + 2, len(digits)))]
    starts_with_year = width == 4 and digits[:2] in ("19", "20")
    found = []
    for layout in at_start + at_end if starts_with_year else at_end + at_start:
        value = {name: int(digits[i:j]) for name, i, j in layout}
        if _fits(value["m"], value["d"]) and (width == 2 or 1800 <= value["y"] < 2200):
            parts = tuple(Part(name, start + i, start + j) for name, i, j in layout)
            found.append(Moment("day", parts, value["y"], value["m"], value["d"]))
    if not found:
        return None
    # Six digits: the year may stand first; the note's date chooses.
    return found[0]._replace(other=found[-1]) if width == 2 and len(found) > 1 else found[0]


def _read_week(match: re.Match[str], order: str) -> Moment | None:
    """ISO week `2019-W23-4` or day of the year `2019-143`: month holds the week or 0, day the day within it."""
    groups = match.groupdict()
    if groups.get("yd"):
        return Moment("yearday", _parts(match), int(match["y"]), 0, int(match["yd"]))
    parts = tuple(part._replace(name="wy") if part.name == "y" else part for part in _parts(match))
    return Moment("week", parts, int(match["y"]), int(match["w"]), int(groups.get("wd") or 1))


def _read_year(match: re.Match[str], order: str) -> Moment | None:
    year = _year_of(match.groupdict())
    return None if year in (None, -1) else Moment("year", _parts(match), year)


def _read_decade(match: re.Match[str], order: str) -> Moment | None:
    return Moment("decade", _parts(match), int(match["decade"]) + 5)


def _read_season(match: re.Match[str], order: str) -> Moment | None:
    groups = match.groupdict()
    month = words.SEASONS[match["season"].casefold()] if groups.get("season") else 3 * int(match["quarter"]) - 1
    return Moment("season", _parts(match), _year_of(groups), month)


def _read_holiday(match: re.Match[str], order: str) -> Moment | None:
    name = holiday_names().get(holiday_key(match["holiday"]))
    return (name and Moment("holiday", _parts(match), _year_of(match.groupdict()), holiday=name)) or None


def _read_day(match: re.Match[str], order: str) -> Moment | None:
    written = match["d"] or match["dw"]
    day = words.number_value(written)
    return Moment("day", _parts(match), day=day) if 1 <= day <= 31 else None


def _holiday_pattern() -> str:
    """All names of holidays; a point after `St`, apostrophes and line breaks may be there or not."""
    loose = []
    for name in sorted(holiday_names(), key=lambda name: (-len(name), name)):
        spelled = [re.escape(word) for word in name.split()]
        spelled = [rf"{w[:-1]}{_APOSTROPHE}?s{_APOSTROPHE}?" if w.endswith("s") else w for w in spelled]
        loose.append(r"[\s-]+".join(rf"{w}\.?" if w in ("st", "jr") else w for w in spelled))
    return rf"{_L}(?P<holiday>{'|'.join(loose)}){_R}"


_S = r"\s?(?P<s>[-/.\\_–—])\s?"
_NOT_A_DAY = (  # `third week`, `first Monday`, `12 noon`
    r"(?![:/]|\s+\w+day|\s+(?:weeks?|wks?|weekend|quarter|half|part|noon"
    r"|mon|tues?|wed|thurs?|fri|sat|sun)(?![^\W\d_]))"
)
# (first character: 0 digit, A letter, ' apostrophe; pattern; reader). Tried in this order at each position; the first
# that can be read as a calendar point wins.
_ATOMS: list[tuple[str, str, _Reader]] = [
    ("0", r"(?P<y>\d{4})-?W(?P<w>[0-5]\d)(?:-?(?P<wd>[1-7]))?(?!\d)", _read_week),
    ("0", rf"{_Y4}(?P<s>\s?[-/.–—\s]\s?)(?P<m>\d\d?)(?P=s)(?P<d>\d\d?)(?!\d)", _read_named),
    ("0", r"(?P<y>\d{4})[-/](?P<yd>[0-3]\d\d)(?!\d)", _read_week),
    ("0A", rf"{_Y_LONG}{_GAP}{_MON}{_GAP}{_DAY}(?!:)", _read_named),
    ("0", rf"(?P<a>\d\d?){_S}(?P<b>\d\d?)\s?(?P=s)\s?{_APOSTROPHE}?(?P<y>\d{{4}}|\d\d)(?!\d|(?P=s)\d)", _read_numeric),
    ("0", rf"(?P<a>\d\d?)\s+(?P<b>\d\d?)\s+{_APOSTROPHE}?(?P<y>\d{{4}}|\d\d)(?![\d:/])", _read_numeric),
    ("0", rf"(?P<a>\d\d?)\s?[-/.,\s]\s?(?P<b>\d\d?)\s?[-/.,\s]\s?{_Y4}", _read_numeric),
    ("A", rf"(?P<a>{_CARDINAL})[\s,-]+(?P<b>{_CARDINAL})[\s,-]+(?P<y>{_YEAR_WORDS}|{_CARDINAL})", _read_numeric),
    ("0", r"(?P<c>\d{8}|\d{6})(?!\d)", _read_compact),
    ("0A", rf"{_DAY_ANY}{_GAP}{_MON}{_GAP}(?:{_Y_ANY}|{_Y_BARE}(?!\s?[ap]\.?m))", _read_named),
    ("0", rf"{_DAY}[\s.\-/]*(?P<mon>{_ROMAN_MONTH}{_R}\.?)[\s.\-/]*(?:{_Y_ANY}|{_Y_BARE})", _read_named),
    ("0A", rf"{_DAY_ANY}{_GAP}{_MON}", _read_named),
    ("A", rf"{_MON}[-/.](?P<d>\d\d?)[-/.](?:{_Y_ANY}|{_Y_BARE})", _read_named),
    ("A", rf"{_MON}{_GAP}{_DAY_ANY}\s*,?\s*(?:of\s+)?{_Y_ANY}", _read_named),
    ("A", rf"{_MON}\s*{_DAY}\s*,\s*{_Y_BARE}(?!\s?[ap]\.?m)", _read_named),
    ("A", rf"{_MON}(?:[\s,.\-–/]*{_OF}{_Y_ANY}|[-/]{_Y_BARE})", _read_named),
    ("A", rf"{_MON}{_GAP}{_DAY_ANY}(?!:)", _read_named),
    ("A", rf"(?P<mon>{_ROMAN_MONTH})[-/.\s]{_Y4}", _read_named),
    ("0", rf"{_DAY}[./\-](?P<mon>{_ROMAN_MONTH}){_R}", _read_named),
    ("0A", rf"{_Y_LONG}[\s,.\-/]+{_MON}", _read_named),
    ("A", _MON, _read_named),
    ("0", rf"{_Y4}[-/.](?P<m>0?[1-9]|1[0-2])(?!\d)", _read_named),
    ("0", rf"{_Y4}[-–/](?P<y2>\d\d)(?!\d)", _read_year),
    ("0", rf"(?P<m>0?[1-9]|1[0-2])\s?[-/.]\s?(?:{_Y4}|{_Y_SHORT.replace('?P<y>', '?P<ys>')})", _read_named),
    ("A", rf"(?:tháng\s+)(?P<m>0?[1-9]|1[0-2])\s+(?:năm\s+)?{_Y4}", _read_named),
    ("0", rf"(?P<a>\d\d?)\s?[-/.]\s?(?P<b>\d\d?)(?![\d:]|[/.]\d|[\s.]*{_MONTH_NAMES}{_R})", _read_numeric),
    ("A", rf"{_L}(?P<season>winter|spring|summer|fall|autumn){_R}(?:[\s,]*(?:of\s+)?{_Y_ANY})?", _read_season),
    ("A", rf"{_L}Q(?P<quarter>[1-4])(?!\d)(?:[\s,/]*(?:of\s+)?{_Y_ANY})?", _read_season),
    ("A", rf"{_holiday_pattern()}(?:[\s,]*(?:of\s+)?(?:{_Y_ANY}|{_Y_BARE}))?", _read_holiday),
    ("0'", rf"{_APOSTROPHE}?(?P<decade>(?:1[89]|20)\d0|(?<!\d)\d0){_APOSTROPHE}?s{_R}", _read_decade),
    ("0A", _Y_LONG, _read_year),
    ("'", _Y_SHORT, _read_year),
    ("0", r"(?P<c>[01]\d{3})(?!\d)", _read_compact),
    ("0", r"(?P<y>0\d|3[2-9]|[4-9]\d)(?!\d|[:/]|[-.]\d)", _read_year),
    ("0A", rf"(?<!\d){_DAY_ANY}{_NOT_A_DAY}", _read_day),
]
_COMPILED = {
    kind: [(re.compile(pattern, re.IGNORECASE), reader) for starts, pattern, reader in _ATOMS if kind in starts]
    for kind in "0A'"
}
# The commonest forms, `3/4` and `03/04/2019`, as a whole text: same reading, one match.
_PLAIN = re.compile(r"(?P<a>\d\d?)(?P<s>[-/.])(?P<b>\d\d?)(?:(?P=s)(?P<y>\d{4}|\d\d))?")


def plain_moment(text: str, order: str) -> Moment | None:
    """The date that the whole of `text` is, when it is in one of the commonest forms."""
    match = _PLAIN.fullmatch(text)
    return _read_numeric(match, order) if match else None


def moment_at(text: str, position: int, order: str) -> tuple[Moment | None, int]:
    """The moment that is written at `position`, and where it ends."""
    first = text[position]
    for pattern, reader in _COMPILED["0" if first.isdigit() else "A" if first.isalpha() else "'"]:
        match = pattern.match(text, position)
        if match is not None:
            moment = reader(match, order)
            if moment is not None:
                return moment, match.end()
    return None, position
