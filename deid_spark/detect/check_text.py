"""What the checks of patterns share: the text that a match would emit, what stands before it, calendar arithmetic."""

from __future__ import annotations

import re

_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_WORDS_BEFORE = re.compile(r"[a-z0-9'’/-]*[a-z0-9'’]")
_BETWEEN_CUE_AND_DATE = frozenset(
    ("about", "around", "approx", "approximately", "was", "is", "the", "of", "on", "at", "dose", "date")
)


def matched(match: re.Match[str]) -> str:
    """What the pattern would emit: its first upper-case group that took part, or the whole match."""
    for name, value in match.groupdict().items():
        if name.isupper() and value:
            return value
    return match.group()


def text_before(match: re.Match[str], count: int) -> str:
    return match.string[max(0, match.start() - count) : match.start()]


def has_cue(match: re.Match[str], cues: frozenset[str]) -> bool:
    """Whether the word before the match, on its line, is a cue; a few small words may stand between."""
    before = match.string[max(0, match.start() - 40) : match.start()]
    words = _WORDS_BEFORE.findall(before[before.rfind("\n") + 1 :].lower())
    while len(words) > 1 and words[-1] in _BETWEEN_CUE_AND_DATE:
        if words[-1] in cues:
            return True
        words.pop()
    return bool(words) and words[-1] in cues


def is_day(month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1]


def is_year(digits: str) -> bool:
    return len(digits) == 2 or (len(digits) == 4 and 1850 <= int(digits) <= 2099)
