"""Stage 1: notes -> spans. No shuffle; each note is detected once per version, and what is found is kept.

good notes ── those not yet detected ── mapInArrow ── cached ──┬─ secure.spans      (note_id, start, end, label, …)
                                                               ├─ secure.mentions   (note_id, label, text)
                                                               ├─ secure.quarantine (note_id, reason)
                                                               └─ secure.detections (note_id, …): written last
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
from pyspark import Broadcast
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from deid_spark.detect.known_values import KnownValueMatcher
from deid_spark.people import KnownValue
from deid_spark.pipeline import Detector
from deid_spark.spans import Note, Span
from deid_spark.spark import worker
from deid_spark.spark.batches import Batches, SpanColumns, guarded, pieces, struct_lists, texts
from deid_spark.spark.context import RunContext
from deid_spark.spark.progress import Counters, counters
from deid_spark.spark.schemas import DETECTED

_NOTE_COLUMNS = ("note_id", "patient_id", "text", "note_type", "note_datetime", "content_hash", "known_hash")


def detect_notes(run: RunContext) -> None:
    """Bring secure.spans, secure.mentions and secure.detections up to the source. A rerun finds nothing to do."""
    if run.notes.bad is not None:
        run.quarantine(run.notes.bad, "read")
    notes = _with_known_hash(run)
    todo = _plan(run, notes)
    if todo is None:
        return
    slices = max(1, -(-run.notes.rows // run.config.limits.notes_per_commit))
    for number in range(slices):
        part = todo if slices == 1 else todo.where(F.expr(f"pmod(xxhash64(note_id), {slices}) = {number}"))
        _detect_part(run, part)


def _with_known_hash(run: RunContext) -> DataFrame:
    """Good notes with a hash of what is known of their patient: 0 when nothing is."""
    good = run.notes.good
    if run.known.hashes is None:
        return good.withColumn("known_hash", F.lit(0).cast("long"))
    return good.join(run.known.hashes, "patient_id", "left").withColumn(
        "known_hash", F.coalesce("known_hash", F.lit(0))
    )


def _plan(run: RunContext, notes: DataFrame) -> DataFrame | None:
    """Forget what is out of date; return the notes to detect, or None when all are done.

    The order of the deletes matters: a note without a row in secure.detections counts as not done.
    """
    tables = run.tables
    if not tables.exists("secure.detections"):
        run.tables.delete("secure.mentions", notes.select("note_id"))  # what a killed run has left
        run.tables.delete("secure.spans", notes.select("note_id"))
        return notes
    version = ["note_id", "content_hash", "known_hash"]
    there = tables.read("secure.detections").select(*version, "detector_fingerprint")
    current = there.where(F.col("detector_fingerprint") == run.detector_fingerprint).select(*version)
    todo_ids = run.settle(notes.select(*version).join(current, version, "left_anti"))
    out_of_date = there.join(notes.select(*version), version, "left_anti").select("note_id")
    if run.config.source.mode == "append":  # absence says nothing: only what this source speaks of can be out of date
        spoken_of = notes.select("note_id").union(run.notes.withdrawn)
        if run.notes.bad is not None:
            spoken_of = spoken_of.union(run.notes.bad.select("note_id"))
        out_of_date = out_of_date.join(spoken_of.distinct(), "note_id", "left_semi")
    tables.delete("secure.detections", out_of_date.union(todo_ids.select("note_id")).distinct())
    _delete_orphans(run)
    if todo_ids.isEmpty():
        return None
    return notes.join(todo_ids.select("note_id"), "note_id", "left_semi")


def _delete_orphans(run: RunContext) -> None:
    """Delete what belongs to no detection: of notes that are out of date or withdrawn, also by a run that was killed.

    Worked out anew from the tables: a killed run may have deleted the detections and no more.
    """
    detected = run.tables.read("secure.detections").select("note_id")
    for name in ("secure.mentions", "secure.spans"):
        mine = run.tables.read(name).select("note_id").distinct()
        run.tables.delete(name, mine.join(detected, "note_id", "left_anti"))


def _detect_part(run: RunContext, notes: DataFrame) -> None:
    count = counters(run.spark.sparkContext)
    with run.progress.step("detect", count):
        detected = run.keep(detect_df(run, notes, count))
        found = detected.where("reason IS NULL")
        fingerprint = F.lit(run.detector_fingerprint).alias("detector_fingerprint")
        run.tables.append(
            "secure.spans",
            found.select("note_id", "patient_id", fingerprint, "content_hash", F.explode("spans").alias("span")).select(
                "note_id", "patient_id", "span.*", "detector_fingerprint", "content_hash"
            ),
        )
        run.tables.append(
            "secure.mentions",
            found.select("note_id", "patient_id", F.explode("mentions").alias("mention")).select(
                "note_id", "patient_id", "mention.*"
            ),
        )
        if count.failed.value:
            run.quarantine(detected.where("reason IS NOT NULL"), "detect")
        sizes = found.withColumn("spans", F.size("spans"))
        run.tables.append(
            "secure.detections",
            sizes.withColumn("run_id", F.lit(run.run_id)).withColumn("detector_fingerprint", fingerprint),
        )


def detect_df(run: RunContext, notes: DataFrame, count: Counters | None = None) -> DataFrame:
    """notes (`_NOTE_COLUMNS`) -> DETECTED, one row a note.

    Known values come by broadcast when there are few; otherwise as rows of the same stream, sorted before the notes
    of their patient. The result is the same.
    """
    rows = notes.select(*_NOTE_COLUMNS)
    if run.known.rows is not None and run.known.broadcast is None:
        rows = _known_stream(rows, run.known.rows)
    work = _worker(run.detector_settings, run.config.limits.batch_chars, run.known.broadcast, count)
    return rows.mapInArrow(guarded("detect", work), DETECTED)


def _known_stream(notes: DataFrame, known: DataFrame) -> DataFrame:
    """One stream a patient: rows of known values (kind, value), then the notes."""
    wanted = known.join(notes.select("patient_id").distinct(), "patient_id", "left_semi")
    both = notes.unionByName(wanted, allowMissingColumns=True)
    return both.repartition("patient_id").sortWithinPartitions("patient_id", F.col("kind").asc_nulls_last(), "value")


def _worker(
    settings: worker.DetectorSettings, batch_chars: int, known: Broadcast | None, count: Counters | None
) -> Callable[[Batches], Batches]:
    def work(batches: Batches) -> Batches:
        detector = worker.detector(settings)
        stream = _KnownOfPatient(known.value if known is not None else {})
        for batch in batches:
            for piece in pieces(batch, "text", batch_chars):
                answer, words = _detect_piece(piece, detector, stream)
                if count is not None:
                    count.notes.add(answer.num_rows)
                    count.words.add(words)
                    count.failed.add(answer.num_rows - answer.column("reason").null_count)
                yield answer

    return work


class _KnownOfPatient:
    """The matcher of a patient's known values: from the broadcast table, or gathered from the stream."""

    def __init__(self, table: worker.KnownByPatient):
        self._table = table
        self._patient_id: str | None = None
        self._gathered: list[KnownValue] = []

    def gather(self, patient_id: str, kind: str, value: str) -> None:
        if patient_id != self._patient_id:
            self._patient_id, self._gathered = patient_id, []
        self._gathered.append(KnownValue(patient_id, kind, value))

    def matcher(self, patient_id: str) -> KnownValueMatcher | None:
        values = self._table.get(patient_id, ())
        if not values and patient_id == self._patient_id:
            values = tuple(self._gathered)
        return KnownValueMatcher.cached(values, worker.lexicon()) if values else None


def _detect_piece(batch: pa.RecordBatch, detector: Detector, known: _KnownOfPatient) -> tuple[pa.RecordBatch, int]:
    column = {name: batch.column(name).to_pylist() for name in batch.schema.names if name != "text"}
    text_column, bad = texts(batch.column("text"))
    kinds = column.get("kind") or [None] * batch.num_rows
    rows = [i for i, kind in enumerate(kinds) if kind is None]
    out = _Answer()
    for row in range(batch.num_rows):
        patient_id = column["patient_id"][row]
        if kinds[row] is not None:
            known.gather(patient_id, kinds[row], column["value"][row])
            continue
        reason, text, spans = bad.get(row), text_column[row] or "", []
        if reason is None:
            note = Note(column["note_id"][row], patient_id, text, column["note_type"][row], _naive(column, row))
            try:
                spans = detector.detect(note, known.matcher(patient_id))
            except Exception:  # its message may quote the note: only the reason code leaves
                reason = "detect_failed"
        out.add(text, spans, reason)
    taken = [[column[name][row] for row in rows] for name in ("note_id", "patient_id", "content_hash", "known_hash")]
    return out.batch(taken), sum(out.words)


def _naive(column: dict[str, list[Any]], row: int) -> Any:
    """Wall-clock time in the source's zone: the session's zone is the source's."""
    moment = column["note_datetime"][row]
    return None if moment is None else moment.replace(tzinfo=None)


class _Answer:
    """Columns of DETECTED, filled note by note."""

    def __init__(self) -> None:
        self.reasons: list[str | None] = []
        self.words: list[int] = []
        self._spans = SpanColumns()
        self._offsets = [0]
        self._mentions: list[tuple[str, str, float, int]] = []

    def add(self, text: str, spans: list[Span], reason: str | None) -> None:
        self.reasons.append(reason)
        self.words.append(0 if reason else len(text.split()))
        self._spans.add(spans)
        times: dict[tuple[str, str, float], int] = {}
        for start, end, label, score, _ in spans:
            mention = (label, text[start:end], score)
            times[mention] = times.get(mention, 0) + 1
        self._mentions += [(*mention, n) for mention, n in times.items()]
        self._offsets.append(len(self._mentions))

    def batch(self, taken: list[list[Any]]) -> pa.RecordBatch:
        labels, surfaces, scores, times = zip(*self._mentions, strict=True) if self._mentions else ((), (), (), ())
        mentions = struct_lists(
            self._offsets,
            [
                ("label", pa.array(labels, pa.string())),
                ("text", pa.array(surfaces, pa.string())),
                ("score", pa.array(scores, pa.float64())),
                ("times", pa.array(times, pa.int32())),
            ],
        )
        note_id, patient_id, content_hash, known_hash = taken
        arrays = [
            pa.array(note_id, pa.string()),
            pa.array(patient_id, pa.string()),
            pa.array(content_hash, pa.string()),
            pa.array(known_hash, pa.int64()),
            pa.array(self.reasons, pa.string()),
            pa.array(self.words, pa.int64()),
            self._spans.array(),
            mentions,
        ]
        return pa.RecordBatch.from_arrays(arrays, names=DETECTED.names)
