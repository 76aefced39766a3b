"""What counts as a word, what Safe Harbor asks for, and how much of a stretch of text some spans cover."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

# A token is a run of word characters; it is PHI when it overlaps a gold span.
TOKEN = re.compile(r"\w+")

# Labels that 45 CFR 164.514(b)(2)(i) does not list. Employers (ORGANIZATION) stay in: it names them.
OUTSIDE_SAFE_HARBOR = frozenset({"PROFESSION", "COUNTRY", "STATE"})
_BARE_YEAR = re.compile(r"\W*(?:1[89]|20)\d\d\W*")
_NUMBER = re.compile(r"\d+")
_OLD_IN_WORDS = re.compile(r"ninet|hundred", re.IGNORECASE)


def in_hipaa_scope(label: str, surface: str) -> bool:
    """Whether Safe Harbor asks for the removal of this gold span: 45 CFR 164.514(b)(2)(i).

    Left out: PROFESSION, COUNTRY, STATE; a bare year labelled DATE (C); an AGE under 90 (C), read from its first
    number, or from `ninety` and `hundred` when it has none.
    """
    label = label.upper()
    if label in OUTSIDE_SAFE_HARBOR:
        return False
    if label.startswith("DATE") and _BARE_YEAR.fullmatch(surface):
        return False
    if label == "AGE":
        number = _NUMBER.search(surface)
        return int(number.group()) >= 90 if number else bool(_OLD_IN_WORDS.search(surface))
    return True


class Cover:
    """The union of some spans, asked how much of [start, end) it covers."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, spans: Iterable[tuple[int, int]]):
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(span for span in spans if span[1] > span[0]):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def overlap(self, start: int, end: int) -> int:
        """Characters of [start, end) that are covered."""
        covered, i = 0, max(0, bisect_right(self._starts, start) - 1)
        while i < len(self._starts) and self._starts[i] < end:
            covered += max(0, min(end, self._ends[i]) - max(start, self._starts[i]))
            i += 1
        return covered

    def touches(self, start: int, end: int) -> bool:
        return self.overlap(start, end) > 0

    def covers(self, text: str, start: int, end: int) -> bool:
        """Whether every letter and digit of [start, end) is covered, by one span or several: as `Smith` and `,`."""
        if self.overlap(start, end) == end - start:
            return True
        return all(self.touches(i, i + 1) for i in range(start, end) if text[i].isalnum())
