"""The values that flow through the pipeline: notes in, spans over them, released notes with provenance out.

All offsets are half-open and count Unicode code points of the note's text.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from deid_spark.errors import SpanError


class Note(NamedTuple):
    """One note of one patient. `note_datetime` anchors partial dates such as `3/4`."""

    note_id: str
    patient_id: str
    text: str
    note_type: str | None = None
    note_datetime: datetime | None = None


class Span(NamedTuple):
    """Identifier text at [start, end). `sources` are sorted tags such as `pattern:phone_us`."""

    start: int
    end: int
    label: str
    score: float = 1.0
    sources: tuple[str, ...] = ()


class Provenance(NamedTuple):
    """What happened to one span: offsets before and after, and the action. Holds no note text."""

    note_id: str
    start: int
    end: int
    released_start: int
    released_end: int
    label: str
    action: str
    sources: tuple[str, ...]
    score: float


class ReleasedNote(NamedTuple):
    """A de-identified note. `note_id` and `patient_id` are pseudonyms; `source_note_id` stays in the secure zone."""

    note_id: str
    patient_id: str
    text: str
    note_type: str | None
    note_datetime: datetime | None
    provenance: tuple[Provenance, ...]
    source_note_id: str


def check_spans(note_id: str, text_length: int, spans: list[Span]) -> None:
    """Raise SpanError unless spans are sorted, disjoint, non-empty and inside the note."""
    previous_end = 0
    for start, end, label, _, _ in spans:
        if not 0 <= start < end <= text_length:
            raise SpanError(f"note {note_id}: {label} span [{start}, {end}) does not fit a text of {text_length}")
        if start < previous_end:
            raise SpanError(f"note {note_id}: {label} span [{start}, {end}) overlaps one that ends at {previous_end}")
        previous_end = end
