"""Text to the model's pieces and back: tokens with exact offsets, each looked up as WordPiece numbers once.

A token is a run of letters, a run of digits, or any other single character that is no white space: `MRN00482913` is two
tokens, `O'Neil` three. The model's answer for a token is the one of its first piece. Source of the pieces: Wu et al.
2016 (WordPiece), with BERT's lower-casing and stripping of accents.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")
_MAX_LETTERS = 100  # BERT takes a longer word as unknown
_MAX_KEPT = 200_000


class WordPiece(dict[str, tuple[int, ...]]):
    """token -> its piece numbers, filled as tokens are met; memory is bounded."""

    def __init__(self, vocabulary: Sequence[str]):
        super().__init__()
        self.vocabulary = list(vocabulary)
        self._number = {piece: number for number, piece in enumerate(vocabulary)}
        self.pad, self.unknown = self._number["[PAD]"], self._number["[UNK]"]
        self.start, self.end = self._number["[CLS]"], self._number["[SEP]"]

    @classmethod
    def load(cls, path: str | Path) -> WordPiece:
        """From a `vocab.txt`, a piece a line."""
        return cls(Path(path).read_text(encoding="utf-8").splitlines())

    def __missing__(self, token: str) -> tuple[int, ...]:
        if len(self) > _MAX_KEPT:
            self.clear()
        self[token] = found = tuple(self._pieces(plain(token)))
        return found

    def _pieces(self, word: str) -> list[int]:
        """Longest match first, from the left."""
        if not word or len(word) > _MAX_LETTERS:
            return [self.unknown]
        found = []
        start = 0
        while start < len(word):
            for end in range(len(word), start, -1):
                number = self._number.get(("##" if start else "") + word[start:end])
                if number is not None:
                    found.append(number)
                    start = end
                    break
            else:
                return [self.unknown]
        return found


def plain(token: str) -> str:
    """Lower case, without accents and control characters."""
    if token.isascii():
        return token.lower()
    decomposed = unicodedata.normalize("NFD", token.lower())
    return "".join(c for c in decomposed if unicodedata.category(c) not in ("Mn", "Cc", "Cf"))


def tokens(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """[start, end) of each token of text[start:end], offsets into `text`."""
    return [match.span() for match in TOKEN.finditer(text, start, end)]
