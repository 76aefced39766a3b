"""A note cut into folded tokens for the known-value search. Offsets are those of the original text.

Folding is done token by token (lower case, no accents), so a letter that folds to two (ß, ﬁ) moves no offset.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property, lru_cache
from itertools import accumulate

_ASCII_TOKEN = re.compile(r"([a-z]+|[0-9]+)")
# Combining marks stay inside their word: `Ibán` + U+0303 + `ez` is one token.
_TOKEN = re.compile(r"([^\W\d_](?:[^\W\d_]|[\u0300-\u036f])*|\d+)")
# Letters that have no canonical decomposition.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i"})
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})


@lru_cache(maxsize=50_000)
def fold(token: str) -> str:
    """Lower case without accents: `Ibáñez` -> `ibanez`, `Strauß` -> `strauss`."""
    if token.isascii():
        return token.lower()
    decomposed = unicodedata.normalize("NFKD", token.casefold().translate(_LETTERS))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def spelled_out(token: str) -> str:
    """The other common way to write umlauts in ASCII: `müller` -> `mueller`."""
    return fold(unicodedata.normalize("NFC", token.casefold()).translate(_UMLAUTS))


def folded_tokens(value: str) -> list[str]:
    """The tokens of a known value: runs of letters and runs of digits, folded."""
    return [fold(token) for token in _TOKEN.findall(value)]


class FoldedText:
    """`words`: folded runs of letters or digits. Offsets are made when first asked for."""

    def __init__(self, text: str):
        self.text = text
        # Text cut into gap, word, gap, word, …, gap: one pass in C, and no match objects.
        if text.isascii():
            self._pieces = _ASCII_TOKEN.split(text.lower())
            self.words = self._pieces[1::2]
        else:
            self._pieces = _TOKEN.split(text)
            self.words = [fold(w) for w in self._pieces[1::2]]

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(map(len, self._pieces)))

    def start(self, i: int) -> int:
        return self._ends[2 * i]

    def end(self, i: int) -> int:
        return self._ends[2 * i + 1]

    def surface(self, i: int) -> str:
        return self.text[self.start(i) : self.end(i)]

    def gap(self, i: int) -> str:
        """Text between token i-1 and token i; at the ends, from the start or to the end of the note."""
        return self._pieces[2 * i]

    def word(self, i: int) -> str:
        """The folded token i, or an empty string outside of the note."""
        return self.words[i] if 0 <= i < len(self.words) else ""

    @cached_property
    def is_caseless(self) -> bool:
        """True when case tells nothing: hardly a word is capitalised without being all capitals."""
        words = [w for w in self.text.split() if w[0].isalpha() and len(w) > 1]
        titled = sum(1 for w in words if w[0].isupper() and w[1].islower())
        return len(words) >= 6 and titled * 20 < len(words)
