"""READ FIRST on the Spark side: one run, from a config to its audit row.

detect ── link identities ── release        (each also a job of its own; each finds out by itself what is left to do)
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from pyspark.sql import SparkSession

from deid_spark.config import JobConfig, require_places
from deid_spark.errors import DeidError
from deid_spark.keys import load_key
from deid_spark.policy import load_policy
from deid_spark.spark import audit
from deid_spark.spark.audit import Summary
from deid_spark.spark.batches import where_raised
from deid_spark.spark.context import RunContext
from deid_spark.spark.delta import Tables
from deid_spark.spark.detect import detect_notes
from deid_spark.spark.identities import link_identities
from deid_spark.spark.progress import Progress
from deid_spark.spark.release import release_notes
from deid_spark.spark.session import get_session

STAGES: dict[str, tuple[Callable[[RunContext], None], ...]] = {
    "detect": (detect_notes,),
    "link": (link_identities,),
    "release": (release_notes,),
    "deidentify": (detect_notes, link_identities, release_notes),
}
_NEEDS_KEY = ("link", "release", "deidentify")


class RunFailed(DeidError):
    """A run stopped. The message holds the error's class and code; the audit row says the same."""


def run_job(
    config: JobConfig, stage: str = "deidentify", spark: SparkSession | None = None, quiet: bool = False
) -> Summary:
    """Run one of `STAGES`, write its audit row, return its summary.

    Raises ConfigError, KeyMissing or InputError for what the user can mend, RunFailed for the rest.
    """
    require_places(config, source=stage != "link")
    policy = load_policy(config.policy)
    key = None
    if stage in _NEEDS_KEY and policy.crosswalk.mode == "keyed":
        key = load_key(file=config.key.file, env=config.key.env, epoch=config.key.epoch)
    spark = spark or get_session(config.spark)
    spark.conf.set("spark.sql.session.timeZone", config.source.timezone)
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", str(config.limits.batch_rows))
    started = datetime.now(UTC).replace(tzinfo=None)
    run_id = config.run.id or f"{started:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
    run = RunContext(
        spark=spark,
        config=config,
        policy=policy,
        key=key,
        run_id=run_id,
        run_date=config.run.date or started.date(),
        tables=Tables(spark, config.output),
        progress=Progress(spark.sparkContext, quiet),
    )
    try:
        return _run(run, stage, started)
    finally:
        run.close()


def _run(run: RunContext, stage: str, started: datetime) -> Summary:
    before = audit.finished_before(run, stage)
    if before is not None:
        return before
    metadata = {
        "run_id": run.run_id,
        "policy_fingerprint": run.policy.fingerprint,
        "config_fingerprint": run.config.fingerprint,
    }
    with run.tables.commits(metadata):
        try:
            if run.config.run.id is not None:  # what an attempt with the same id has left
                run.tables.delete_run("secure.quarantine", run.run_id)
            if detect_notes in STAGES[stage]:
                run.warm_up()
            if stage != "link":
                run.tables.extra["release.notes"] = run.notes.kept
            for step in STAGES[stage]:
                step(run)
            return audit.write_row(run, stage, started, None)
        except BaseException as error:
            _write_failure(run, stage, started, error)
            if isinstance(error, DeidError) or not isinstance(error, Exception):
                raise
            if os.environ.get("DEID_SPARK_DEBUG"):  # for developers on made-up notes: Spark's messages can quote rows
                raise
            told = _worker_message(error) or where_raised(error)
            raise RunFailed(f"run {run.run_id}: {stage} failed: {told}") from None


def _write_failure(run: RunContext, stage: str, started: datetime, error: BaseException) -> None:
    """The row of a failed run; when even that cannot be written, the first error is the one to tell."""
    try:
        audit.write_row(run, stage, started, error)
    except Exception:
        return


def _worker_message(error: BaseException) -> str:
    """The line of a worker's own error in Spark's long message: it names stage, class and place, and quotes nothing."""
    for line in str(error).splitlines():
        _, found, rest = line.partition("WorkerError: ")
        if found:
            return rest[:300]
    return ""
