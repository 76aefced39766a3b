"""`deid-spark review ORIGINAL RELEASED PROVENANCE OUT.html`: the side-by-side page of synthetic notes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from deid_spark.cli.console import errors_explained
from deid_spark.cli.notes import NoteRow, read_note_rows
from deid_spark.errors import InputError
from deid_spark.jsonl import need, need_id, read_rows
from deid_spark.review import write_review
from deid_spark.spans import Note, Provenance, ReleasedNote
from deid_spark.terminal import err


def review(
    original: Annotated[Path, typer.Argument(help="The notes before, JSONL")],
    released: Annotated[Path, typer.Argument(help="What `deidentify` wrote")],
    provenance: Annotated[Path, typer.Argument(help="What `deidentify --provenance` wrote")],
    target: Annotated[Path, typer.Argument(metavar="OUT.html")],
    synthetic: Annotated[bool, typer.Option("--synthetic", help="Say that the notes are of made-up people")] = False,
    title: Annotated[str, typer.Option(help="Heading of the page")] = "De-identified sample notes",
) -> None:
    """Write a page with every note before and after, spans coloured. It shows originals: synthetic samples only.

    Exit codes: 0 written, 2 wrong usage or input.
    """
    with errors_explained():
        pairs = read_pairs(original, released, provenance)
        write_review(target, pairs, title=title, synthetic=synthetic)
        err().print(f"{target} written: {len(pairs)} notes", markup=False)


def read_pairs(original: Path, released: Path, provenance: Path) -> list[tuple[Note, ReleasedNote]]:
    """Each original with its release, matched by the provenance file, in the order of the originals."""
    notes = {row.note.note_id: row for row in read_note_rows(original, need_patient=False)}
    texts = {need_id(row, "note_id", where): (where, row) for where, row in read_rows(released)}
    pairs = {}
    for where, row in read_rows(provenance):
        source_id, released_id = need_id(row, "note_id", where), need_id(row, "released_note_id", where)
        if source_id not in notes:
            raise InputError(f"{where}: note_id {source_id!r} is not in {original}")
        if released_id not in texts:
            raise InputError(f"{where}: released_note_id {released_id!r} is not in {released}")
        pairs[source_id] = _pair(notes[source_id], *texts[released_id], _changes(row, source_id, where))
    return [pairs[note_id] for note_id in notes if note_id in pairs]


def _pair(
    row: NoteRow, where: str, released: dict[str, Any], changes: tuple[Provenance, ...]
) -> tuple[Note, ReleasedNote]:
    text = need(released, "text", str, where)
    patient_id = need_id(released, "patient_id", where)
    note_id = need_id(released, "note_id", where)
    note = row.note
    return note, ReleasedNote(note_id, patient_id, text, note.note_type, None, changes, note.note_id)


def _changes(row: dict[str, Any], note_id: str, where: str) -> tuple[Provenance, ...]:
    changes = []
    for index, span in enumerate(need(row, "spans", list, where)):
        here = f"{where}: spans[{index}]"
        if not isinstance(span, dict):
            raise InputError(f"{here}: not a JSON object")
        start, end = need(span, "start", int, here), need(span, "end", int, here)
        after = need(span, "released_start", int, here), need(span, "released_end", int, here)
        label, action = need(span, "label", str, here), need(span, "action", str, here)
        sources = tuple(map(str, need(span, "sources", list, here)))
        changes.append(Provenance(note_id, start, end, *after, label, action, sources, float(span.get("score", 1.0))))
    return tuple(changes)
