"""What the checks of patterns share: the text that a match would emit, what stands before it, calendar arithmetic."""

from __future__ import annotations

import re

_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_WORDS_BACKWARDS = re.compile(r"[a-z0-9'’][a-z0-9'’/-]*")
_BETWEEN_CUE_AND_DATE = frozenset(
    ("about", "around", "approx", "approximately", "was", "is", "the", "of", "on", "at", "dose", "date")
)


def matched(match: re.Match[str]) -> str:
    """What the pattern would emit: its first upper-case group that took part, or the whole match."""
    if match.lastindex is None:  # no group took part
        return match.group()
    for name, value in match.groupdict().items():
        if name.isupper() and value:
            return value
    return match.group()


def text_before(match: re.Match[str], count: int) -> str:
    return match.string[max(0, match.start() - count) : match.start()]


def words_for_cue(match: re.Match[str]) -> list[str]:
    """The words before the match, on its line, that a cue may be: the last one, and what it and small words hide."""
    string, end = match.string, match.start()
    start = max(0, end - 40, string.rfind("\n", 0, end) + 1)
    words = []
    for found in _WORDS_BACKWARDS.finditer(string[start:end].lower()[::-1]):
        word = found.group()[::-1]
        words.append(word)
        if word not in _BETWEEN_CUE_AND_DATE:
            break
    return words


def is_day(month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1]


def is_year(digits: str) -> bool:
    return len(digits) == 2 or (len(digits) == 4 and 1850 <= int(digits) <= 2099)
