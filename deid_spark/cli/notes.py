"""Notes from JSON lines, and how a file of notes goes through detection or release, patient by patient."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from deid_spark.cli.console import show_if_debugging
from deid_spark.errors import QUARANTINE_REASONS, InputError, NoteRejected
from deid_spark.jsonl import need, need_id, read_rows
from deid_spark.spans import Note
from deid_spark.terminal import err

Result = TypeVar("Result")


class NoteRow(NamedTuple):
    note: Note
    kept: dict[str, Any]  # the columns that the policy keeps


class Quarantined(NamedTuple):
    note_id: str
    stage: str
    reason: str


def read_note_rows(path: Path, *, need_patient: bool, keep_columns: Sequence[str] = ()) -> list[NoteRow]:
    """The notes of a JSONL file; InputError names file, line and key of the first bad line.

    Without `need_patient`, a line without patient_id is a patient of its own: nothing is carried over to other notes.
    """
    rows: list[NoteRow] = []
    seen: dict[str, str] = {}
    for where, row in read_rows(path):
        note_id = need_id(row, "note_id", where)
        if note_id in seen:
            raise InputError(f"{where}: note_id {note_id!r} came before, on {seen[note_id]}")
        seen[note_id] = where.rpartition(": ")[2]
        lone = not need_patient and row.get("patient_id") is None
        patient_id = f"note {note_id}" if lone else need_id(row, "patient_id", where)
        note_type = None if row.get("note_type") is None else need(row, "note_type", str, where)
        note = Note(note_id, patient_id, need(row, "text", str, where), note_type, _note_datetime(row, where))
        rows.append(NoteRow(note, {key: row[key] for key in keep_columns if key in row}))
    if not rows:
        raise InputError(f"{path}: holds no notes")
    return rows


def _note_datetime(row: dict[str, Any], where: str) -> datetime | None:
    """note_datetime, or note_date, in ISO 8601; a time zone is turned into UTC and dropped."""
    key = "note_datetime" if row.get("note_datetime") is not None else "note_date"
    if row.get(key) is None:
        return None
    try:
        found = datetime.fromisoformat(need(row, key, str, where))
    except ValueError:
        raise InputError(f"{where}: {key} must be a date or time in ISO 8601, such as 2024-03-09T14:30:00") from None
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


class Throughput(NamedTuple):
    notes: int
    words: int
    seconds: float

    def __str__(self) -> str:
        rate = self.words / self.seconds if self.seconds else 0.0
        return f"{self.notes:,} notes, {self.words:,} words in {self.seconds:.1f} s ({rate:,.0f} words/s)"


def run_by_patient(
    rows: Sequence[NoteRow],
    whole: Callable[[list[Note]], dict[str, Result]],
    alone: Callable[[Note], object],
    *,
    stage: str,
    quiet: bool,
) -> tuple[dict[str, Result], list[Quarantined], Throughput]:
    """Apply `whole` to each patient's notes; what fails is quarantined and the rest goes on.

    `whole` gives results by note_id. When it fails, `alone` finds which notes are to blame; the patient's other notes
    are tried again without them.
    """
    patients: dict[str, list[Note]] = {}
    for row in rows:
        patients.setdefault(row.note.patient_id, []).append(row.note)
    results: dict[str, Result] = {}
    quarantined: list[Quarantined] = []
    started = time.perf_counter()
    with _progress(quiet) as progress:
        bar = progress.add_task(stage, total=len(rows))
        for notes in patients.values():
            done, failed = _one_patient(notes, whole, alone, stage)
            results.update(done)
            quarantined += failed
            progress.advance(bar, len(notes))
    seconds = time.perf_counter() - started
    words = sum(len(row.note.text.split()) for row in rows)
    return results, quarantined, Throughput(len(rows), words, seconds)


def _one_patient(
    notes: list[Note], whole: Callable[[list[Note]], dict[str, Result]], alone: Callable[[Note], object], stage: str
) -> tuple[dict[str, Result], list[Quarantined]]:
    try:
        return whole(notes), []
    except Exception:  # fail closed: no note of the patient passes until the ones to blame are known
        reasons = {note.note_id: _reason(alone, note, stage) for note in notes}
    failed = {note_id: reason for note_id, reason in reasons.items() if reason}
    good = [note for note in notes if note.note_id not in failed]
    done: dict[str, Result] = {}
    if good:
        try:
            done = whole(good)
        except Exception as error:
            failed |= {note.note_id: _code(error, stage) for note in good}
    return done, [Quarantined(note_id, stage, reason) for note_id, reason in failed.items()]


def _reason(alone: Callable[[Note], object], note: Note, stage: str) -> str | None:
    try:
        alone(note)
    except Exception as error:
        return _code(error, stage)
    return None


def _code(error: Exception, stage: str) -> str:
    """The reason code of a failure. Only the code is kept: a message may quote the note."""
    show_if_debugging(error)
    return error.reason if isinstance(error, NoteRejected) else f"{stage}_failed"


def _progress(quiet: bool) -> Progress:
    """A bar on standard error, or none with --quiet or when standard error is not a terminal."""
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("notes"), TimeRemainingColumn(),
        console=err(), transient=True, disable=quiet or not sys.stderr.isatty(),
    )  # fmt: skip


def tell_quarantine(quarantined: Sequence[Quarantined], path: Path) -> None:
    """One line a reason, with its count and meaning."""
    console = err()
    console.print(f"{len(quarantined)} notes went to quarantine: {path}", markup=False, style="yellow")
    for reason in sorted({q.reason for q in quarantined}):
        count = sum(q.reason == reason for q in quarantined)
        console.print(f"  {reason}: {count} ({QUARANTINE_REASONS.get(reason, 'unknown')})", markup=False)
