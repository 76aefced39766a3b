"""Stage 3: notes, spans and identities -> released notes with their provenance, in one pass.

    secure.identities ─┐
    secure.detections ─┼─ by patient and note, sorted ── mapInArrow: find again, merge, replace ── cached ─┐
    notes ─────────────┤                                                                                  │
    secure.spans ──────┘         secure.provenance, release.notes, secure.releases (written last) ────────┘

The stream of a partition reads: a patient's identities; then note by note its detection, its text, its spans. A worker
holds one patient's identities and one batch of notes, so memory does not grow with a patient's notes.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from deid_spark.spark.batches import guarded
from deid_spark.spark.context import RunContext
from deid_spark.spark.progress import Counters, counters
from deid_spark.spark.release_worker import DETECTION, IDENTITY, NOTE, SPAN, ReleaseSettings, release_worker
from deid_spark.spark.schemas import RELEASED

_KEYS = ["note_id", "policy"]
_STAMP = ["policy", "policy_fingerprint", "run_id"]


def release_notes(run: RunContext) -> None:
    """Bring release.notes under this run's policy up to the source. A rerun finds nothing to do."""
    with run.progress.step("withdraw"):
        _withdraw(run)
    count = counters(run.spark.sparkContext)
    with run.progress.step("release", count):
        todo = _plan(run)
        if todo is not None and todo.isEmpty():
            return
        _write(run, run.keep(release_df(run, todo, count)), count)


def _withdraw(run: RunContext) -> None:
    """Every release of a note that has no current detection goes, under every policy: withdrawn, corrected, or failed.

    A corrected note under this run's policy is left to be replaced in one commit; under another policy it goes now and
    comes back, corrected, with that policy's next run.
    """
    tables = run.tables
    if not tables.exists("secure.releases"):
        return
    released = tables.read("secure.releases").select("note_id", "released_note_id", "policy", "content_hash")
    current = tables.read("secure.detections").select("note_id", F.col("content_hash").alias("current_hash"))
    other = F.col("policy") != run.policy.name
    changed = F.col("current_hash").isNull() | (other & (F.col("current_hash") != F.col("content_hash")))
    gone = run.settle(released.join(current, "note_id", "left").where(changed).drop("current_hash", "content_hash"))
    if not gone.isEmpty():
        forget(run, gone)


def forget(run: RunContext, gone: DataFrame) -> None:
    """Delete releases (note_id, released_note_id, policy) from all tables that know of them; the visible one first."""
    visible = gone.select(F.col("released_note_id").alias("note_id"), "policy")
    run.tables.delete("release.notes", visible)
    run.tables.delete("release.provenance", visible)
    run.tables.delete("secure.provenance", gone.select(*_KEYS))
    run.tables.delete("secure.releases", gone.select(*_KEYS))


def _identities_hashes(run: RunContext) -> DataFrame:
    """(patient_id, identities_hash): order-free; when it changes, the patient's notes are released again."""
    return _identities(run).groupBy("patient_id").agg(F.expr("bit_xor(hash)").alias("identities_hash"))


def _identities(run: RunContext) -> DataFrame:
    """secure.identities of this run's epoch, each with the hash that it adds to its patient's (by XOR)."""
    mine = run.tables.read("secure.identities").where(F.col("key_epoch") == run.key_epoch)
    return mine.withColumn("hash", F.xxhash64("kind", "canonical", "surrogate"))


def _plan(run: RunContext) -> DataFrame | None:
    """(note_id, patient_id) of notes whose release is missing or out of date; None when that is every note."""
    state = ["note_id", "content_hash", "detector_fingerprint", "identities_hash"]
    if not run.tables.exists("secure.releases"):
        return None
    mine = (
        (F.col("policy") == run.policy.name)
        & (F.col("policy_fingerprint") == run.policy.fingerprint)
        & (F.col("key_epoch") == run.key_epoch)
    )
    done = run.tables.read("secure.releases").where(mine).select(*state)
    detected = run.tables.read("secure.detections").join(_identities_hashes(run), "patient_id")
    here = run.notes.good.select("note_id", "content_hash")
    due = detected.select("patient_id", *state).join(done, state, "left_anti")
    return run.settle(due.join(here, ["note_id", "content_hash"], "left_semi").select("note_id", "patient_id"))


def release_df(run: RunContext, todo: DataFrame | None, count: Counters | None = None) -> DataFrame:
    """RELEASED, and the columns that the policy keeps: one row a note of `todo` (None: of every detected note)."""
    settings = ReleaseSettings(
        run.policy.model_dump_json(),
        run.is_random,
        run.key_epoch,
        run.run_date,
        run.config.source.timezone,
        tuple(field.name for field in run.notes.kept),
        run.config.limits.batch_chars,
    )
    answer = StructType([*RELEASED.fields, *run.notes.kept])
    work = release_worker(settings, run.secret, count)
    return _stream(run, todo).mapInArrow(guarded("release", work), answer)


def _stream(run: RunContext, todo: DataFrame | None) -> DataFrame:
    tables, kept = run.tables, [field.name for field in run.notes.kept]
    identities = _identities(run)
    detections, notes, spans = tables.read("secure.detections"), run.notes.good, tables.read("secure.spans")
    spans = spans.where(F.col("score") >= run.policy.detection.threshold)
    if todo is not None:
        ids = todo.select("note_id")
        identities = identities.join(todo.select("patient_id").distinct(), "patient_id", "left_semi")
        detections, notes, spans = (df.join(ids, "note_id", "left_semi") for df in (detections, notes, spans))
    parts = [
        _part(identities, IDENTITY, {"a": "kind", "b": "canonical", "c": "surrogate"}, ["hash"], note_id=False),
        _part(detections, DETECTION, {"a": "content_hash", "b": "detector_fingerprint"}),
        _part(notes, NOTE, {"a": "content_hash"}, ["text", "note_type", "note_datetime", *kept]),
        _part(spans, SPAN, {"a": "label"}, ["start", "end", "score", "sources"]),
    ]
    both = parts[0]
    for part in parts[1:]:
        both = both.unionByName(part, allowMissingColumns=True)
    order: list[str | Column] = ["patient_id", F.col("note_id").asc_nulls_first(), "row", "start", "end"]
    return both.repartition("patient_id").sortWithinPartitions(*order)


def _part(df: DataFrame, row: int, named: dict[str, str], more: Sequence[str] = (), note_id: bool = True) -> DataFrame:
    ids: list[Column] = [F.col("patient_id"), (F.col("note_id") if note_id else F.lit(None).cast("string"))]
    columns = [F.col(name).alias(short) for short, name in named.items()]
    return df.select(*ids[:1], ids[1].alias("note_id"), F.lit(row).alias("row"), *columns, *more)


def _write(run: RunContext, released: DataFrame, count: Counters) -> None:
    """Provenance, then the visible notes in one commit, then the books: a killed run is finished by the next one."""
    tables = run.tables
    first = not tables.exists("secure.releases")
    stamped = released.withColumns(
        {
            "policy": F.lit(run.policy.name),
            "policy_fingerprint": F.lit(run.policy.fingerprint),
            "run_id": F.lit(run.run_id),
            "key_epoch": F.lit(run.key_epoch),
        }
    )
    good = stamped.where("reason IS NULL")
    failed = released.where("reason IS NOT NULL").select(F.col("source_note_id").alias("note_id"), "reason")
    source_ids = stamped.select(F.col("source_note_id").alias("note_id"), "policy")
    _write_provenance(run, good, source_ids)
    _write_notes(run, good)
    if count.failed.value:
        if not first:
            mine = tables.read("secure.releases").where(F.col("policy") == run.policy.name)
            out_of_date = run.settle(
                mine.join(failed, "note_id", "left_semi").select("note_id", "released_note_id", "policy")
            )
            forget(run, out_of_date)
        run.quarantine(failed, "release")
    books = good.withColumn("released_note_id", F.col("note_id")).withColumn("note_id", F.col("source_note_id"))
    shaped = books.select(*tables.schema("secure.releases").names)
    tables.upsert("secure.releases", shaped, _KEYS)


def _write_notes(run: RunContext, good: DataFrame) -> None:
    """release.notes in one commit; where the policy says so, release.provenance (no originals) before it."""
    tables = run.tables
    if run.policy.release.provenance:
        rows = good.select("note_id", *_STAMP, F.explode("provenance").alias("p")).select(
            "note_id", "p.released_start", "p.released_end", "p.label", "p.action", *_STAMP
        )
        tables.delete("release.provenance", good.select(*_KEYS))
        tables.append("release.provenance", rows)
    shaped = good.select(*tables.schema("release.notes").names)
    tables.upsert("release.notes", shaped, _KEYS)


def _write_provenance(run: RunContext, good: DataFrame, source_ids: DataFrame) -> None:
    rows = good.select(F.col("source_note_id").alias("note_id"), *_STAMP, F.explode("provenance").alias("p"))
    run.tables.delete("secure.provenance", source_ids)
    run.tables.append("secure.provenance", rows.select("note_id", "p.*", *_STAMP))
