"""Stage 2: what was found in all notes of a patient -> one surrogate for each person, place and number.

    existing identities ─┐
    known values ────────┼─ by patient, sorted ── mapInArrow: link ── new rows ── secure.identities (append)
    mentions ────────────┘                                                        secure.patients: written last

Rows that are there are never changed or drawn again, and stage 3 reads them back from the table: that is what makes a
random crosswalk consistent, and a retried task harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, repeat
from typing import Any, NamedTuple

import pyarrow as pa
from pyspark import Broadcast
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from deid_spark.identities import Identity, Mention, link
from deid_spark.people import KnownValue
from deid_spark.spark import worker
from deid_spark.spark.batches import Batches, guarded
from deid_spark.spark.context import RunContext
from deid_spark.spark.schemas import LINKED

_EXISTING, _KNOWN, _MENTION, _PATIENT = range(4)
_BATCH_ROWS = 20_000


def link_identities(run: RunContext) -> None:
    """Bring secure.identities up to secure.mentions and the known values. A rerun finds nothing to do."""
    with run.progress.step("identities"):
        patients = _patients(run)
        todo: DataFrame | None = None  # everybody
        if run.tables.exists("secure.patients"):
            _forget_gone_patients(run)
            todo = run.settle(_out_of_date(run, patients))
            if todo.isEmpty():
                return
        rows = _stream(run, todo)
        work = _worker(run.policy.model_dump_json(), run.secret, run.is_random, run.key_epoch)
        new = rows.mapInArrow(guarded("identities", work), LINKED).withColumn("first_run", F.lit(run.run_id))
        run.tables.append("secure.identities", new)
        _mark_done(run, patients if todo is None else todo)


def _forget_gone_patients(run: RunContext) -> None:
    """A patient whose every note is withdrawn leaves no identities."""
    tables = run.tables
    here = tables.read("secure.detections").select("patient_id").distinct()
    gone = run.settle(
        tables.read("secure.patients").select("patient_id").distinct().join(here, "patient_id", "left_anti")
    )
    if not gone.isEmpty():
        tables.delete("secure.identities", gone)
        tables.delete("secure.patients", gone)


def _patients(run: RunContext) -> DataFrame:
    """(patient_id, linked_hash): an order-free hash of the versions of the patient's notes and known values.

    What is linked follows from these alone; hashing the mentions themselves would take a second pass over all of them.
    """
    each = F.expr("bit_xor(xxhash64(note_id, content_hash, known_hash, detector_fingerprint))")
    return run.tables.read("secure.detections").groupBy("patient_id").agg(each.alias("linked_hash"))


def _out_of_date(run: RunContext, patients: DataFrame) -> DataFrame:
    mine = (F.col("policy_fingerprint") == run.policy.fingerprint) & (F.col("key_epoch") == run.key_epoch)
    done = run.tables.read("secure.patients").where(mine).select("patient_id", "linked_hash")
    return patients.join(done, ["patient_id", "linked_hash"], "left_anti")


def _mark_done(run: RunContext, todo: DataFrame) -> None:
    done = todo.select(
        "patient_id",
        F.lit(run.policy.fingerprint).alias("policy_fingerprint"),
        F.lit(run.key_epoch).alias("key_epoch"),
        "linked_hash",
        F.lit(run.run_id).alias("run_id"),
    )
    run.tables.upsert("secure.patients", done, ["patient_id", "policy_fingerprint", "key_epoch"])


def _stream(run: RunContext, todo: DataFrame | None) -> DataFrame:
    """(patient_id, row, a, b, c): all rows of a patient of `todo` (None: of all) together and in one order.

    Rows come as the tables hold them, a mention once for every note that has it: the worker adds them up as they pass.
    """
    existing = run.tables.read("secure.identities").where(F.col("key_epoch") == run.key_epoch)
    mentions = run.tables.read("secure.mentions").where(F.col("score") >= run.policy.detection.threshold)
    parts = [
        _part(run.tables.read("secure.detections"), _PATIENT),
        _part(existing, _EXISTING, "kind", "canonical", "surrogate"),
        _part(mentions, _MENTION, "label", "text", "times"),
    ]
    if run.known.rows is not None:
        with_notes = run.tables.read("secure.detections").select("patient_id").distinct()
        parts.append(_part(run.known.rows.join(with_notes, "patient_id", "left_semi"), _KNOWN, "kind", "value"))
    if todo is not None:
        parts = [part.join(todo.select("patient_id"), "patient_id", "left_semi") for part in parts]
    both = parts[0]
    for part in parts[1:]:
        both = both.unionByName(part)
    return both.repartition("patient_id").sortWithinPartitions("patient_id", "row", "a", "b", "c")


def _part(df: DataFrame, row: int, *names: str) -> DataFrame:
    def column(i: int) -> Column:
        return (F.col(names[i]) if i < len(names) else F.lit(None)).cast("string")

    return df.select("patient_id", F.lit(row).alias("row"), *[column(i).alias("abc"[i]) for i in range(3)])


class _Patient(NamedTuple):
    patient_id: str
    existing: list[Identity]
    known: list[KnownValue]
    mentions: dict[tuple[str, str], int]  # (label, text) -> how often, over all notes


def _worker(policy_json: str, secret: Broadcast, random: bool, key_epoch: int) -> Callable[[Batches], Batches]:
    def work(batches: Batches) -> Batches:
        policy, key = worker.policy(policy_json), worker.key(secret, random)
        out: list[Identity] = []
        for patient in _by_patient(batches, key_epoch):
            rows = link(
                patient.patient_id,
                chain.from_iterable(repeat(Mention(*said, ""), times) for said, times in patient.mentions.items()),
                policy=policy,
                key=key,
                known=patient.known,
                existing=patient.existing,
            )
            there = {(row.kind, row.canonical) for row in patient.existing}
            out += [row._replace(key_epoch=key_epoch) for row in rows if (row.kind, row.canonical) not in there]
            if len(out) >= _BATCH_ROWS:
                yield _batch(out)
                out = []
        if out:
            yield _batch(out)

    return work


def _by_patient(batches: Batches, key_epoch: int) -> Iterator[_Patient]:
    """Patients of a sorted stream, one at a time, whatever batches their rows are cut into."""
    patient: _Patient | None = None
    for patient_id, row, a, b, c in _rows(batches):
        if patient is None or patient.patient_id != patient_id:
            if patient is not None:
                yield patient
            patient = _Patient(patient_id, [], [], {})
        if row == _EXISTING:
            patient.existing.append(Identity(patient_id, a, b, c, key_epoch))
        elif row == _KNOWN:
            patient.known.append(KnownValue(patient_id, a, b))
        elif row == _MENTION:
            patient.mentions[a, b] = patient.mentions.get((a, b), 0) + int(c)
    if patient is not None:
        yield patient


def _rows(batches: Batches) -> Iterator[tuple[Any, ...]]:
    for batch in batches:
        yield from zip(*(batch.column(name).to_pylist() for name in ("patient_id", "row", "a", "b", "c")), strict=True)


def _batch(rows: list[Identity]) -> pa.RecordBatch:
    patient_id, kind, canonical, surrogate, epoch = zip(*rows, strict=True)
    arrays = [pa.array(column, pa.string()) for column in (patient_id, kind, canonical, surrogate)]
    return pa.RecordBatch.from_arrays([*arrays, pa.array(epoch, pa.int32())], names=LINKED.names)
