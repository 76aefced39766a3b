"""Choosing surrogates: keyed, without repetition inside a patient, never one of the patient's own originals."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from deid_spark.keys import Key
from deid_spark.replace.pools import fold

# Enough to find a free name in any pool that is not nearly used up; then the next, wider pool is tried.
_PROBES = 32
# A pool that had nothing free so often is not tried again: a record of many thousand names stays linear.
_SPENT = 8
_PAIRS = 16


class Drawer:
    """Draws for one patient. `forbidden` holds the folded words of the patient's originals; what is drawn is taken."""

    def __init__(self, patient_id: str, key: Key, forbidden: Iterable[str] = ()):
        self.patient_id = patient_id
        self.forbidden = set(forbidden)
        self._key = key
        self._taken: dict[str, set[str]] = {}
        self._misses: Counter[tuple[str, int, str]] = Counter()

    def digest(self, kind: str, canonical: str) -> bytes:
        """32 bytes for one new row. Never called for a row that exists: a random key would draw anew."""
        return self._key.digest("surrogate", self.patient_id, kind, canonical)

    def take(self, space: str, surrogate: str) -> None:
        """Mark a surrogate as used in `space` (names, cities, …)."""
        self._taken.setdefault(space, set()).add(fold(surrogate))

    def is_free(self, space: str, surrogate: str) -> bool:
        """Whether it is unused in `space` and no word of it is a word of the patient's originals."""
        return self.is_unused(space, surrogate) and not self.is_original(surrogate)

    def is_unused(self, space: str, surrogate: str) -> bool:
        """Whether nothing else of the patient got it in `space`."""
        return fold(surrogate) not in self._taken.get(space, ())

    def is_original(self, surrogate: str) -> bool:
        folded = fold(surrogate)
        return folded in self.forbidden or any(word in self.forbidden for word in words_of(folded))

    def pick(
        self,
        space: str,
        digest: bytes,
        levels: Sequence[Sequence[str]],
        ok: Callable[[str], bool] = lambda _: True,
        joiner: str = "-",
    ) -> str:
        """The first free candidate of the first pool that has one, in an order that `digest` sets; it is taken.

        `ok` is a wish: when every pool is used up, two candidates of the last are joined whatever it says.
        """
        for level in levels:
            name = (space, len(level), level[0] if level else "")
            if self._misses[name] >= _SPENT:
                continue
            for candidate in _probe(level, digest):
                if ok(candidate) and self.is_free(space, candidate):
                    self.take(space, candidate)
                    return candidate
            self._misses[name] += 1
        candidate = self._combined(space, digest, next(level for level in reversed(levels) if level), joiner)
        self.take(space, candidate)
        return candidate

    def _combined(self, space: str, digest: bytes, pool: Sequence[str], joiner: str) -> str:
        """Two of the pool joined; when the originals bar nearly all of it, a coined word."""
        attempt = 0
        while True:
            mixed = expand(digest, f"pair-{attempt}")
            first, second = (pool[int.from_bytes(mixed[i : i + 8], "big") % len(pool)] for i in (0, 8))
            candidate = f"{first}{joiner}{second}" if attempt < _PAIRS else _coined(mixed, 3 + attempt // 100)
            attempt += 1
            if self.is_free(space, candidate):
                return candidate


def _coined(digest: bytes, syllables: int) -> str:
    """A word that can be read aloud: `Talomi`."""
    pairs = ((digest[2 * i], digest[2 * i + 1]) for i in range(min(syllables, 15)))
    return "".join("bdfgklmnprstv"[a % 13] + "aeio"[b % 4] for a, b in pairs).capitalize()


def _probe(level: Sequence[str], digest: bytes) -> Iterable[str]:
    size = len(level)
    if not size:
        return
    start = int.from_bytes(digest[:8], "big") % size
    step = 1 + int.from_bytes(digest[8:16], "big") % size
    while math.gcd(step, size) != 1:
        step += 1
    for i in range(min(size, _PROBES)):
        yield level[(start + i * step) % size]


def expand(digest: bytes, purpose: str) -> bytes:
    """32 more bytes from a digest, for a further choice on the same row."""
    return hashlib.sha256(digest + purpose.encode()).digest()


def words_of(text: str) -> list[str]:
    """Folded words of letters or digits, apostrophes left out, as names are kept."""
    return re.findall(r"[^\W_]+", fold(text).replace("'", ""))
