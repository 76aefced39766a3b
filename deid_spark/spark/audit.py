"""audit.runs: one row for every attempt at a run, failed ones too. Counts come from the tables; none of it is PHI."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from deid_spark import __version__
from deid_spark.errors import ConfigError, DeidError, InputError, KeyMissing
from deid_spark.spark.context import RunContext

# Never reused for another meaning.
ERROR_CODES = {ConfigError: "config", KeyMissing: "key", InputError: "input", DeidError: "stage"}


@dataclass(frozen=True)
class Summary:
    """What a run has done, as its tables tell it. `counts` and `labels` are of this run's rows only."""

    run_id: str
    stage: str
    outcome: str
    counts: dict[str, int]
    labels: dict[str, int]
    seconds: dict[str, float]
    tables: dict[str, str]


def finished_before(run: RunContext, stage: str) -> Summary | None:
    """The summary of this run id's success, when there is one: a rerun of it changes nothing."""
    if run.config.run.id is None or not run.tables.exists("audit.runs"):
        return None
    mine = (F.col("run_id") == run.run_id) & (F.col("stage") == stage) & (F.col("outcome") == "succeeded")
    row = run.tables.read("audit.runs").where(mine).first()
    if row is None:
        return None
    return Summary(run.run_id, stage, "succeeded", dict(row.counts), dict(row.labels), dict(row.seconds), places(run))


def counted(run: RunContext, stage: str) -> tuple[dict[str, int], dict[str, int]]:
    """(counts, spans by label) of the rows that carry this run's id."""
    parts = []
    if stage in ("deidentify", "detect"):
        sums = {"detected_notes": F.lit(1), "detected_words": F.col("words"), "detected_spans": F.col("spans")}
        parts.append(_sums(run, "secure.detections", **sums))
    if stage in ("deidentify", "link"):
        parts.append(_sums(run, "secure.identities", "first_run", new_identities=F.lit(1)))
    if stage in ("deidentify", "release"):
        parts.append(_sums(run, "secure.releases", released_notes=F.lit(1), released_words=F.col("words")))
        parts.append(_by(run, "secure.provenance", "label"))
    parts.append(_by(run, "secure.quarantine", "reason"))
    rows = reduce(DataFrame.union, parts).collect()  # one query for all: planning one costs more than these counts do
    counts = {row.name: row.number or 0 for row in rows if row.what == "sum"}
    labels = {row.name: row.number for row in sorted(rows) if row.what == "label"}
    if stage in ("deidentify", "release"):
        counts["released_spans"] = sum(labels.values())
    counts.update({f"quarantine_{row.name}": row.number for row in sorted(rows) if row.what == "reason"})
    return counts, labels


def _sums(run: RunContext, table: str, stamp: str = "run_id", /, **columns: Column) -> DataFrame:
    """(what, name, number): the sum of each column over this run's rows, by its name in `columns`."""
    mine = run.tables.read(table).where(F.col(stamp) == run.run_id)
    sums = mine.agg(*[F.sum(column).cast("long").alias(name) for name, column in columns.items()])
    pairs = F.explode(F.array(*[F.struct(F.lit(name).alias("name"), F.col(name).alias("number")) for name in columns]))
    return sums.select(pairs.alias("pair")).select(F.lit("sum").alias("what"), "pair.*")


def _by(run: RunContext, table: str, column: str) -> DataFrame:
    """(what, name, number): this run's rows, counted by a column."""
    mine = run.tables.read(table).where(F.col("run_id") == run.run_id)
    return mine.groupBy(F.lit(column).alias("what"), F.col(column).alias("name")).agg(F.count("*").alias("number"))


def write_row(run: RunContext, stage: str, started: datetime, error: BaseException | None) -> Summary:
    """Append the audit row of this attempt; `error` is told by class and code, never by message."""
    ended = datetime.now(UTC).replace(tzinfo=None)
    counts, labels = counted(run, stage) if error is None else ({}, {})
    outcome = "succeeded" if error is None else "failed"
    row = (
        run.run_id,
        stage,
        __version__,
        run.config.fingerprint,
        run.policy.name,
        run.policy.fingerprint,
        run.detector_fingerprint if error is None and stage in ("deidentify", "detect") else None,
        run.model_hash if error is None and stage in ("deidentify", "detect") else None,
        run.notes.version if error is None and stage != "link" else None,
        counts,
        labels,
        run.progress.seconds,
        started,
        ended,
        outcome,
        type(error).__name__ if error is not None else None,
        error_code(error) if error is not None else None,
    )
    schema = run.tables.schema("audit.runs")
    cells = [_literal(value).cast(field.dataType).alias(field.name) for value, field in zip(row, schema, strict=True)]
    run.tables.append("audit.runs", run.spark.range(0, 1, numPartitions=1).select(*cells))
    return Summary(run.run_id, stage, outcome, counts, labels, dict(run.progress.seconds), places(run))


def _literal(value: Any) -> Column:
    """A cell of the row as an expression: a row made from Python values would go through a Python worker."""
    if isinstance(value, dict):
        return F.create_map(*[F.lit(part) for pair in value.items() for part in pair])
    return F.lit(value)


def error_code(error: BaseException) -> str:
    """A short code that says whose fault it is: the config's, the key's, the input's, a stage's, or Spark's."""
    for kind, code in ERROR_CODES.items():
        if isinstance(error, kind):
            return code
    return "interrupted" if isinstance(error, (KeyboardInterrupt, SystemExit)) else "spark"


def places(run: RunContext) -> dict[str, str]:
    """Where the tables are that a reader asks for first."""
    names = (
        "release.notes",
        "secure.spans",
        "secure.identities",
        "secure.provenance",
        "secure.quarantine",
        "audit.runs",
    )
    return {name: run.tables.address(name) for name in names}
