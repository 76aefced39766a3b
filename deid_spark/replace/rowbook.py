"""The rows of one patient while they are made: what exists stays, what is new is drawn once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from deid_spark.policy import Policy
from deid_spark.replace.draw import Drawer, expand

_DIGITS_TRIED = 60


@dataclass
class RowBook:
    """(kind, canonical) -> surrogate, with the drawer and policy that new rows need.

    originals: canonical forms by kind, of this run and of earlier ones; no surrogate of the kind may be one of them.
    """

    drawer: Drawer
    policy: Policy
    rows: dict[tuple[str, str], str]
    originals: dict[str, set[str]]
    states: tuple[str, ...] = ()
    # The beginning of a facility's stem -> the stems that begin so.
    stem_starts: dict[str, set[str]] = field(default_factory=dict)

    def row(self, kind: str, canonical: str, make: Callable[[bytes], str]) -> str:
        """The surrogate of a row; `make` gets the row's digest and is called only when there is no such row."""
        surrogate = self.rows.get((kind, canonical))
        if surrogate is None:
            surrogate = self.rows[kind, canonical] = make(self.drawer.digest(kind, canonical))
        return surrogate

    def coded(self, kind: str, canonical: str, shape: Callable[[bytes], str], space: str | None = None) -> str:
        """A row whose surrogate is built from bytes by `shape` until it is new; longer when the shape has no more."""
        space = space or kind

        def make(digest: bytes) -> str:
            attempt = 0
            while True:
                candidate = shape(expand(digest, f"shape-{attempt}"))
                if attempt >= _DIGITS_TRIED:  # `Room 1` .. `Room 9` may all be taken
                    candidate += str(digest[attempt % 32] % 10) * (1 + (attempt - _DIGITS_TRIED) // 20)
                attempt += 1
                known = self.originals.get(kind, ())
                free = candidate.lower() not in known and candidate.lower() != canonical
                if free and self.drawer.is_unused(space, candidate):
                    self.drawer.take(space, candidate)
                    return candidate

        return self.row(kind, canonical, make)


def same_shape(form: str, digest: bytes, letters: str = "ABCDEFGHJKLMNPRSTUVW") -> str:
    """Digits for digits and letters for letters, no leading zero where there was none; the rest stays."""
    out = []
    for i, char in enumerate(form):
        byte = digest[i % len(digest)] ^ (i // len(digest))
        if char.isdigit():
            first = not form[i - 1 : i].isdigit() and form[i + 1 : i + 2].isdigit() and char != "0"
            out.append(str(1 + byte % 9) if first or len(form) == 1 else str(byte % 10))
        elif char.isalpha():
            out.append(letters[byte % len(letters)])
        else:
            out.append(char)
    return "".join(out)
