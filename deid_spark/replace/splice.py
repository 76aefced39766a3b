"""Puts replacements into a text in one pass; offsets map to the new text and back."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple


class Replacement(NamedTuple):
    """What stands in the released note for [start, end) of the original."""

    start: int
    end: int
    text: str


class OffsetMap:
    """Offsets of the original text to offsets of the released text and back.

    Offsets outside replaced spans, and the ends of spans, round-trip. An offset inside a replaced span maps to the
    span's start on the other side: no letter of a surrogate corresponds to a letter of the original.
    """

    def __init__(self, replacements: Sequence[Replacement]):
        """replacements: sorted and disjoint."""
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._released_starts: list[int] = []
        self._released_ends: list[int] = []
        growth = 0
        for start, end, text in replacements:
            self._starts.append(start)
            self._ends.append(end)
            self._released_starts.append(start + growth)
            growth += len(text) - (end - start)
            self._released_ends.append(end + growth)

    def to_released(self, offset: int) -> int:
        return _map(offset, self._starts, self._ends, self._released_starts, self._released_ends)

    def to_original(self, offset: int) -> int:
        return _map(offset, self._released_starts, self._released_ends, self._starts, self._ends)


def _map(offset: int, starts: list[int], ends: list[int], to_starts: list[int], to_ends: list[int]) -> int:
    index = bisect_right(starts, offset) - 1
    if index < 0:
        return offset
    if offset < ends[index]:
        return to_starts[index]
    return to_ends[index] + offset - ends[index]


def splice(text: str, replacements: Sequence[Replacement]) -> str:
    """`text` with every replacement in its place; all other characters are copied."""
    pieces: list[str] = []
    position = 0
    for start, end, new in replacements:
        pieces += (text[position:start], new)
        position = end
    pieces.append(text[position:])
    return "".join(pieces)
