"""Words of a note with their offsets and what the dictionaries know of them: made once, read by every context rule."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property

# A run of letters, or of digits, with inner apostrophes: O'Brien is one token, Smith-Jones two, 5mg two.
TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+")

_POSSESSIVE = frozenset(("'s", "’s", "'S", "’S"))


class Document:
    """A note's text cut into tokens.

    `starts`, `ends`: code-point offsets; `words`: surface forms; `lowers`: lower-case forms with straight apostrophes
    and without a possessive `'s`; `bits`: `Known` flags by the lexicon, 0 for unknown.
    """

    __slots__ = ("__dict__", "bits", "ends", "lowers", "starts", "text", "words")

    def __init__(self, text: str, bits_of: Callable[[str, int], int]):
        self.text = text
        spans = [m.span() for m in TOKEN.finditer(text)]
        self.starts = [s for s, _ in spans]
        self.ends = [e for _, e in spans]
        self.words = TOKEN.findall(text)
        lowers = [w.lower() for w in self.words]
        if "'" in text or "’" in text:
            lowers = [_bare(w) if len(w) > 2 else w for w in lowers]
        self.lowers = lowers
        self.bits = [bits_of(w, 0) for w in lowers]

    def __len__(self) -> int:
        return len(self.words)

    def gap(self, i: int) -> str:
        """Text between token i-1 and token i (before the first token: from the start of the note)."""
        return self.text[self.ends[i - 1] if i else 0 : self.starts[i]]

    def bare_end(self, i: int) -> int:
        """End offset of token i without a possessive `'s`."""
        return self.ends[i] - 2 if self.words[i][-2:] in _POSSESSIVE else self.ends[i]

    @cached_property
    def is_caseless(self) -> bool:
        """True when case tells nothing: nearly no token is capitalised but not all upper case."""
        letters = [w for w in self.words if len(w) > 1 and w[0].isalpha()]
        if len(letters) < 8:
            return False
        title = sum(1 for w in letters if w[0].isupper() and w[1].islower())
        return title * 25 < len(letters)


def _bare(word: str) -> str:
    word = word.replace("’", "'")
    return word[:-2] if word.endswith("'s") else word
