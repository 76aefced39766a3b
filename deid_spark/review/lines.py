"""Original and released text cut into lines that stand side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from deid_spark.errors import SpanError
from deid_spark.spans import Note, Provenance, ReleasedNote


class Piece(NamedTuple):
    """A stretch of one line. `number` counts the note's spans from 0; plain text has no change and no number."""

    original: str
    released: str
    change: Provenance | None = None
    number: int | None = None


Line = list[Piece]


def side_by_side(note: Note, released: ReleasedNote) -> list[Line]:
    """The note as lines of pieces, cut at line breaks outside spans, so that both texts break at the same places.

    Raises SpanError when the texts differ outside the spans, or when a span does not fit: then the provenance is not
    that of these two texts.
    """
    lines: list[Line] = [[]]
    for piece in _pieces(note, released):
        if piece.change is not None:
            lines[-1].append(piece)
            continue
        first, *rest = piece.original.replace("\r\n", "\n").split("\n")
        lines[-1].append(Piece(first, first))
        lines += [[Piece(text, text)] for text in rest]
    return [[piece for piece in line if piece.original or piece.change] for line in lines]


def _pieces(note: Note, released: ReleasedNote) -> Iterator[Piece]:
    before, after = 0, 0
    for number, change in enumerate(sorted(released.provenance, key=lambda change: change.start)):
        if not (before <= change.start <= change.end <= len(note.text)) or not (
            after <= change.released_start <= change.released_end <= len(released.text)
        ):
            raise SpanError(f"note {note.note_id}: {change.label} span [{change.start}, {change.end}) does not fit")
        yield _plain(note, released, (before, change.start), (after, change.released_start))
        yield Piece(
            note.text[change.start : change.end],
            released.text[change.released_start : change.released_end],
            change,
            number,
        )
        before, after = change.end, change.released_end
    yield _plain(note, released, (before, len(note.text)), (after, len(released.text)))


def _plain(note: Note, released: ReleasedNote, before: tuple[int, int], after: tuple[int, int]) -> Piece:
    text = note.text[slice(*before)]
    if text != released.text[slice(*after)]:
        raise SpanError(f"note {note.note_id}: text outside spans differs after offset {before[0]}")
    return Piece(text, text)
