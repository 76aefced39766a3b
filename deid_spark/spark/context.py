"""What every stage of one run shares: session, config, policy, key, tables, run id, fingerprints."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple

import pyarrow as pa
from pyspark import Broadcast
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from deid_spark.config import JobConfig
from deid_spark.keys import Key
from deid_spark.policy import Policy
from deid_spark.spark import worker
from deid_spark.spark.batches import Batches, guarded
from deid_spark.spark.delta import Tables
from deid_spark.spark.people import Known, read_known
from deid_spark.spark.progress import Progress
from deid_spark.spark.readers import Notes, read_notes


class DetectorSaid(NamedTuple):
    fingerprint: str
    model_hash: str


_SAID: dict[tuple[str, worker.DetectorSettings], DetectorSaid] = {}

# Rows of a random crosswalk stand under an epoch that no key has: the two kinds never mix in one release.
RANDOM_EPOCH = 0


def ask_workers(spark: SparkSession, settings: worker.DetectorSettings) -> DetectorSaid:
    """What this application's workers say of the detector that they build. Raises ConfigError for wrong settings."""
    application = spark.sparkContext.applicationId
    if (application, settings) not in _SAID:

        def work(batches: Batches) -> Batches:
            for _ in batches:
                built = worker.detector(settings)
                row = {"fingerprint": [built.fingerprint], "model_hash": [built.model_hash or "off"]}
                yield pa.RecordBatch.from_pydict(row)

        columns = "fingerprint string, model_hash string"
        one = spark.range(0, 1, numPartitions=1).mapInArrow(guarded("detect", work), columns)
        try:
            _SAID[application, settings] = DetectorSaid(*one.collect()[0])
        except Exception:  # built here, a detector with wrong settings says what is wrong with them
            built = worker.detector(settings)
            return DetectorSaid(built.fingerprint, built.model_hash or "off")
    return _SAID[application, settings]


@dataclass
class RunContext:
    """One run. What is read from the source is read once, and every stage sees the same rows."""

    spark: SparkSession
    config: JobConfig
    policy: Policy
    key: Key | None
    run_id: str
    run_date: date
    tables: Tables
    progress: Progress
    _cached: list[DataFrame] = field(default_factory=list)

    @cached_property
    def notes(self) -> Notes:
        limits = self.config.limits
        keep = self.policy.release.keep_columns
        return read_notes(self.spark, self.config.source, keep, limits.max_note_chars)

    @cached_property
    def known(self) -> Known:
        return read_known(self.spark, self.config.people, self.config.limits.broadcast_people)

    @cached_property
    def detector_fingerprint(self) -> str:
        """As a worker says it: what counts is what the workers have, and the driver needs no detector of its own."""
        return self._warm_up.result().fingerprint

    @property
    def model_hash(self) -> str:
        """SHA-256 of the neural model's file, or `off`."""
        return self._warm_up.result().model_hash

    @cached_property
    def _warm_up(self) -> Future[DetectorSaid]:
        threads = ThreadPoolExecutor(1)
        try:
            return threads.submit(ask_workers, self.spark, self.detector_settings)
        finally:
            threads.shutdown(wait=False)

    def warm_up(self) -> None:
        """Let a worker build its detector now, while the source is read and sorted out."""
        _ = self._warm_up

    @property
    def detector_settings(self) -> worker.DetectorSettings:
        chosen = self.config.detector
        return worker.DetectorSettings(chosen.ner, chosen.engine, chosen.gate)

    @property
    def is_random(self) -> bool:
        return self.policy.crosswalk.mode == "random"

    @property
    def key_epoch(self) -> int:
        return RANDOM_EPOCH if self.is_random else self.config.key.epoch

    @cached_property
    def secret(self) -> Broadcast:
        """The key for the workers; see `worker.key` for why it travels this way."""
        master, epoch = self.key.worker_secret() if self.key is not None and not self.is_random else (b"", RANDOM_EPOCH)
        return self.spark.sparkContext.broadcast((master, epoch))

    def settle(self, df: DataFrame) -> DataFrame:
        """Ids worked out from the books, computed now and cut off from them.

        A cache would not do: Delta computes every cached frame anew that reads a table which it has just changed, and
        what is to be deleted or done must not change while it is being deleted or done.
        """
        return df.localCheckpoint(eager=True)

    def keep(self, df: DataFrame) -> DataFrame:
        """Cache on disk until the run ends: what a worker has made is made once, and written from here.

        `df` must not read a table that is written before the last use of it (see `settle`).
        """
        from pyspark import StorageLevel

        self._cached.append(df.persist(StorageLevel.DISK_ONLY))
        return df

    def close(self) -> None:
        """Drop caches and broadcasts: they hold PHI and the key."""
        for df in self._cached:
            df.unpersist()
        self._cached.clear()
        if "secret" in self.__dict__:
            self.secret.destroy()
        if "known" in self.__dict__:
            known = self.known
            if known.rows is not None:
                known.rows.unpersist()
            if known.broadcast is not None:
                known.broadcast.destroy()

    def quarantine(self, df: DataFrame, stage: str) -> None:
        """Append (note_id, reason) rows to secure.quarantine."""
        rows = df.select("note_id", F.lit(stage).alias("stage"), "reason", F.lit(self.run_id).alias("run_id"))
        self.tables.append("secure.quarantine", rows)
