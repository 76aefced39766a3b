"""Words of a note with their offsets and what the dictionaries know of them: made once, read by every context rule."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from deid_spark.detect.looks import Look

# A run of letters, or of digits, with inner apostrophes: O'Brien is one token, Smith-Jones two, 5mg two.
TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+")
_SPLIT = re.compile(f"({TOKEN.pattern})")
# The same for text that is all ASCII, where the sets are small and a third faster to search.
_SPLIT_ASCII = re.compile(r"([A-Za-z]+(?:'[A-Za-z]+)*|[0-9]+)")
_POSSESSIVE = frozenset(("'s", "’s", "'S", "’S"))


class Word(NamedTuple):
    """lower: lower case, straight apostrophe, no possessive `'s`; bits: `Known` flags, 0 if unknown;
    roles: see `words.py`; look: see `looks.py`."""

    lower: str
    bits: int
    roles: int
    look: Look


class Document:
    """A note's text cut into tokens.

    `starts`, `ends`: code-point offsets; `words`: surface forms; `lowers`: lower-case forms with straight apostrophes
    and without a possessive `'s`; `bits`: `Known` flags by the lexicon, 0 for unknown; `roles`, `looks`: see `Word`;
    `gaps`: the text before each token, and last the text after all; `size`: how many tokens; `flagged`: tokens whose
    form has any role, the only ones that most rules look at.
    """

    __slots__ = (
        "__dict__",
        "bits",
        "ends",
        "flagged",
        "gaps",
        "looks",
        "lowers",
        "roles",
        "size",
        "starts",
        "text",
        "words",
    )

    def __init__(self, text: str, vocabulary: Mapping[str, Word]):
        self.text = text
        parts = (_SPLIT_ASCII if text.isascii() else _SPLIT).split(text)  # gap, token, gap, …, token, gap
        bounds = list(accumulate(map(len, parts)))
        self.starts = bounds[0:-1:2]
        self.ends = bounds[1::2]
        self.words = parts[1::2]
        self.gaps = parts[0::2]
        self.size = len(self.words)
        facts = [vocabulary[word] for word in self.words]
        self.lowers: tuple[str, ...]
        self.bits: tuple[int, ...]
        self.roles: tuple[int, ...]
        self.looks: tuple[Look, ...]
        self.lowers, self.bits, self.roles, self.looks = zip(*facts, strict=True) if facts else ((), (), (), ())
        self.flagged = [i for i, role in enumerate(self.roles) if role]

    def inside(self, start: int, end: int) -> range:
        """Indices of the tokens that overlap [start, end)."""
        return range(bisect_right(self.ends, start), bisect_left(self.starts, end))

    def bare_end(self, i: int) -> int:
        """End offset of token i without a possessive `'s`."""
        return self.ends[i] - 2 if self.words[i][-2:] in _POSSESSIVE else self.ends[i]

    @cached_property
    def is_caseless(self) -> bool:
        """True when case tells nothing: nearly no token is capitalised but not all upper case."""
        return self.size > 7 and sum(map(str.istitle, self.words)) * 25 < self.size
