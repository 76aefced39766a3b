"""audit.runs: one row for every attempt at a run, failed ones too. Counts come from the tables; none of it is PHI."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

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
    tables, mine = run.tables, F.col("run_id") == run.run_id
    counts: dict[str, int] = {}
    labels: dict[str, int] = {}
    if stage in ("deidentify", "detect"):
        row = _one(run, "secure.detections", notes=F.count("*"), words=F.sum("words"), spans=F.sum("spans"))
        counts.update({f"detected_{name}": int(value or 0) for name, value in row.items()})
    if stage in ("deidentify", "link"):
        new = tables.read("secure.identities").where(F.col("first_run") == run.run_id)
        counts["new_identities"] = new.count()
    if stage in ("deidentify", "release"):
        row = _one(run, "secure.releases", notes=F.count("*"), words=F.sum("words"))
        counts.update({f"released_{name}": int(value or 0) for name, value in row.items()})
        spans = tables.read("secure.provenance").where(mine).groupBy("label").count().collect()
        labels = {row["label"]: row["count"] for row in sorted(spans)}
        counts["released_spans"] = sum(labels.values())
    reasons = tables.read("secure.quarantine").where(mine).groupBy("reason").count().collect()
    counts.update({f"quarantine_{row['reason']}": row["count"] for row in sorted(reasons)})
    return counts, labels


def _one(run: RunContext, name: str, **aggregates: Any) -> dict[str, Any]:
    mine = run.tables.read(name).where(F.col("run_id") == run.run_id)
    row = mine.agg(*[column.alias(key) for key, column in aggregates.items()]).first()
    return row.asDict() if row is not None else {}


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
        run.config.detector.ner,
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
    run.tables.append("audit.runs", run.spark.createDataFrame([row], schema))
    return Summary(run.run_id, stage, outcome, counts, labels, dict(run.progress.seconds), places(run))


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
