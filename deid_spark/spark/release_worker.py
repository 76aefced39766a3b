"""What a release worker does with its sorted stream of identities, detections, notes and spans (see `release.py`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from pyspark import Broadcast

from deid_spark.identities import Identity, PatientIdentities, find_again
from deid_spark.keys import Key
from deid_spark.merge import merge
from deid_spark.policy import Policy
from deid_spark.replace.apply import release_note
from deid_spark.spans import Note, Provenance, ReleasedNote, Span
from deid_spark.spark import worker
from deid_spark.spark.batches import Batches, string_lists, struct_lists, texts
from deid_spark.spark.progress import Counters
from deid_spark.spark.schemas import RELEASED

# The order of a note's rows in the stream.
IDENTITY, DETECTION, NOTE, SPAN = range(4)


class ReleaseSettings(NamedTuple):
    policy_json: str
    random: bool
    key_epoch: int
    run_date: date
    timezone: str
    kept: tuple[str, ...]
    batch_chars: int


@dataclass
class _Pending:
    """A note whose spans are still coming."""

    note: Note
    content_hash: str
    reason: str | None
    kept: tuple[Any, ...]
    detected: tuple[str, str] | None  # content_hash, detector_fingerprint
    identities_hash: int | None
    spans: list[Span] = field(default_factory=list)


def release_worker(
    settings: ReleaseSettings, secret: Broadcast, count: Counters | None
) -> Callable[[Batches], Batches]:
    """The function that `mapInArrow` runs on each partition."""

    def work(batches: Batches) -> Batches:
        policy, key = worker.policy(settings.policy_json), worker.key(secret, settings.random)
        answer = _Answer(settings)
        for pending, identities in _notes(batches, settings):
            if pending.detected is None:
                continue  # in quarantine since stage 1
            answer.add(pending, *_release(pending, identities, policy, key, settings.run_date))
            if answer.chars > settings.batch_chars:
                yield answer.batch(count)
                answer = _Answer(settings)
        if answer.rows:
            yield answer.batch(count)

    return work


def _release(
    pending: _Pending, identities: PatientIdentities, policy: Policy, key: Key, run_date: date
) -> tuple[ReleasedNote | None, str | None]:
    if pending.reason is not None:
        return None, pending.reason
    if pending.detected is None or pending.detected[0] != pending.content_hash:
        return None, "not_detected"
    note, spans = pending.note, pending.spans
    try:
        again = find_again(note.text, spans, identities, worker.lexicon())
        if again:
            spans = merge(note.text, [*spans, *again])
        return release_note(note, spans, identities, policy=policy, key=key, run_date=run_date), None
    except Exception:  # its message may quote the note: only the reason code leaves
        return None, "release_failed"


def _notes(batches: Batches, settings: ReleaseSettings) -> Iterator[tuple[_Pending, PatientIdentities]]:
    """Notes with their spans and their patient's identities, whatever batches the rows are cut into."""
    patient_id = ""
    rows: list[Identity] = []
    identities_hash: int | None = None
    identities: PatientIdentities | None = None
    detected: tuple[str, tuple[str, str]] | None = None
    pending: _Pending | None = None
    for batch in batches:
        column, bad = _columns(batch)
        kept = [column[name] for name in settings.kept]
        for i, row in enumerate(column["row"]):
            if row == SPAN:
                if pending is not None and pending.note.note_id == column["note_id"][i]:
                    pending.spans.append(
                        Span(
                            column["start"][i],
                            column["end"][i],
                            column["a"][i],
                            column["score"][i],
                            tuple(column["sources"][i]),
                        )
                    )
                continue
            if pending is not None:
                identities = identities or PatientIdentities(rows)
                yield pending, identities
                pending = None
            if column["patient_id"][i] != patient_id:
                patient_id, rows, identities, detected = column["patient_id"][i], [], None, None
                identities_hash = None
            if row == IDENTITY:
                identities_hash = (identities_hash or 0) ^ column["hash"][i]
                rows.append(Identity(patient_id, column["a"][i], column["b"][i], column["c"][i], settings.key_epoch))
            elif row == DETECTION:
                detected = column["note_id"][i], (column["a"][i], column["b"][i])
            else:
                note_id = column["note_id"][i]
                note = Note(note_id, patient_id, column["text"][i] or "", column["note_type"][i], _naive(column, i))
                mine = detected[1] if detected is not None and detected[0] == note_id else None
                own = tuple(values[i] for values in kept)
                pending = _Pending(note, column["a"][i], bad.get(i), own, mine, identities_hash)
    if pending is not None:
        yield pending, identities or PatientIdentities(rows)


def _columns(batch: pa.RecordBatch) -> tuple[dict[str, list[Any]], dict[int, str]]:
    text, bad = texts(batch.column("text"))
    column = {name: batch.column(name).to_pylist() for name in batch.schema.names if name != "text"}
    column["text"] = text
    return column, bad


def _naive(column: dict[str, list[Any]], row: int) -> datetime | None:
    moment = column["note_datetime"][row]
    return None if moment is None else moment.replace(tzinfo=None)


class _Answer:
    """Columns of RELEASED, and those that the policy keeps, filled note by note."""

    def __init__(self, settings: ReleaseSettings):
        self.rows: list[tuple[Any, ...]] = []
        self.chars = 0
        self._settings = settings
        self._kept: list[tuple[Any, ...]] = []
        self._provenance: list[Provenance] = []
        self._offsets = [0]

    def add(self, pending: _Pending, released: ReleasedNote | None, reason: str | None) -> None:
        note = pending.note
        state = (pending.content_hash, pending.detected[1] if pending.detected else None, pending.identities_hash)
        if released is None:
            self.rows.append((note.note_id, note.patient_id, reason, *[None] * 6, *state))
            self._kept.append((None,) * len(pending.kept))
        else:
            self.rows.append(
                (
                    note.note_id,
                    note.patient_id,
                    None,
                    released.note_id,
                    released.patient_id,
                    released.note_type,
                    released.note_datetime,
                    released.text,
                    len(released.text.split()),
                    *state,
                )
            )
            self._kept.append(pending.kept)
            self._provenance += released.provenance
            self.chars += len(released.text)
        self._offsets.append(len(self._provenance))

    def batch(self, count: Counters | None) -> pa.RecordBatch:
        columns = list(zip(*self.rows, strict=True))
        if count is not None:
            count.notes.add(len(self.rows))
            count.words.add(sum(words or 0 for words in columns[8]))
            count.failed.add(sum(reason is not None for reason in columns[2]))
        types = [pa.string()] * 6 + [pa.timestamp("us"), pa.string(), pa.int64(), pa.string(), pa.string(), pa.int64()]
        arrays = [pa.array(values, kind) for values, kind in zip(columns, types, strict=True)]
        # Wall-clock time back to an instant; an hour that a change to summer time skips or repeats is still that day.
        arrays[6] = pc.assume_timezone(arrays[6], self._settings.timezone, ambiguous="earliest", nonexistent="earliest")
        arrays.append(self._provenance_column())
        arrays += [pa.array(values) for values in zip(*self._kept, strict=True)]
        return pa.RecordBatch.from_arrays(arrays, names=[*RELEASED.names, *self._settings.kept])

    def _provenance_column(self) -> pa.ListArray:
        rows = self._provenance
        fields = list(zip(*rows, strict=True)) if rows else [()] * len(Provenance._fields)
        _, start, end, released_start, released_end, label, action, sources, score = fields
        return struct_lists(
            self._offsets,
            [
                ("start", pa.array(start, pa.int32())),
                ("end", pa.array(end, pa.int32())),
                ("released_start", pa.array(released_start, pa.int32())),
                ("released_end", pa.array(released_end, pa.int32())),
                ("label", pa.array(label, pa.string())),
                ("action", pa.array(action, pa.string())),
                ("sources", string_lists(sources)),
                ("score", pa.array(score, pa.float64())),
            ],
        )
