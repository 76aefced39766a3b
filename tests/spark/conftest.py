"""One lazy Spark session for all Spark tests; its log and its event log are kept for the tests of what they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytest.importorskip("pyspark")

from pyspark.sql import SparkSession

from deid_spark.config import load_config
from deid_spark.spark.audit import Summary
from deid_spark.spark.job import run_job
from deid_spark.spark.session import LOCAL_JAVA_OPTIONS, get_session

KEY = "planted-key-0123456789abcdef-of-the-tests"
RUN_DATE = "2024-06-01"


class Logs(NamedTuple):
    driver: Path
    events: Path

    def text(self) -> str:
        files = [self.driver, *sorted(self.events.iterdir())]
        return "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in files)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.spark)


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Logs:
    folder = tmp_path_factory.mktemp("logs")
    (folder / "events").mkdir()
    return Logs(folder / "driver.log", folder / "events")


@pytest.fixture(scope="session")
def spark(logs: Logs) -> Iterator[SparkSession]:
    log4j = logs.driver.parent / "log4j2.properties"
    log4j.write_text(
        "rootLogger.level = error\nrootLogger.appenderRef.file.ref = file\n"
        "appender.file.type = File\nappender.file.name = file\n"
        f"appender.file.fileName = {logs.driver}\n"
        "appender.file.layout.type = PatternLayout\nappender.file.layout.pattern = %d %p %c: %m%n%ex\n"
    )
    session = get_session(
        {
            "spark.master": "local[2]",
            "spark.driver.memory": "2g",
            "spark.sql.shuffle.partitions": "2",
            "spark.databricks.delta.snapshotPartitions": "1",
            "spark.sql.files.maxPartitionBytes": "1g",
            # Tiny tables: planning is all that costs here.
            "spark.sql.adaptive.enabled": "false",
            "spark.sql.codegen.wholeStage": "false",
            "spark.sql.autoBroadcastJoinThreshold": "1m",
            "spark.eventLog.enabled": "true",
            "spark.eventLog.dir": f"file:{logs.events}",
            "spark.eventLog.logBlockUpdates.enabled": "true",
            "spark.driver.extraJavaOptions": f"{LOCAL_JAVA_OPTIONS} -Dlog4j2.configurationFile=file:{log4j}",
        }
    )
    yield session
    session.stop()


Row = dict[str, Any]
Run = Callable[..., Summary]


@pytest.fixture
def run(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """run(notes, stage="deidentify", **sections): write `notes` (rows, or a path) as the source and run a job on it."""
    monkeypatch.setenv("DEID_SPARK_KEY", KEY)

    def _run(notes: list[Row] | Path, stage: str = "deidentify", **sections: Any) -> Summary:
        source = notes if isinstance(notes, Path) else write_notes(tmp_path / "notes.parquet", notes)
        kind = {".jsonl": "jsonl", ".csv": "csv"}.get(source.suffix, "parquet")
        base: dict[str, Any] = {
            "source": {"path": str(source), "format": kind, "mode": "snapshot"},
            "output": {"path": str(tmp_path / "out")},
        }
        over = {name: {**base.get(name, {}), **v} if isinstance(v, dict) else v for name, v in sections.items()}
        over["run"] = {"date": RUN_DATE, **over.get("run", {})}
        return run_job(load_config(None, {**base, **over}), stage, quiet=True)

    return _run


@pytest.fixture
def table(spark: SparkSession, tmp_path: Path) -> Callable[..., list[Row]]:
    """table("secure.spans", without=("run_id",)): the rows of a table of this test's output, sorted."""

    def _table(name: str, without: tuple[str, ...] = (), out: str = "out") -> list[Row]:
        path = tmp_path / out / name.replace(".", "/")
        if not path.exists():
            return []
        df = spark.read.format("delta").load(str(path)).drop(*without)
        return sorted((row.asDict(recursive=True) for row in df.collect()), key=repr)

    return _table


@pytest.fixture
def versions(spark: SparkSession, tmp_path: Path) -> Callable[[], dict[str, int]]:
    """Table -> number of commits, of all tables of this test's output but the audit."""

    def _versions() -> dict[str, int]:
        logs = sorted((tmp_path / "out").glob("*/*/_delta_log"))
        found = {f"{log.parent.parent.name}.{log.parent.name}": len(list(log.glob("*.json"))) for log in logs}
        found.pop("audit.runs", None)
        return found

    return _versions


def write_notes(path: Path, rows: list[Row]) -> Path:
    """Notes as one Parquet file; a column that a row lacks is null."""
    types = {"note_id": pa.string(), "patient_id": pa.string(), "note_type": pa.string(), "text": pa.string()}
    types["note_datetime"] = pa.timestamp("us", tz="UTC")
    extra = sorted({name for row in rows for name in row} - set(types))
    arrays = {name: pa.array([row.get(name) for row in rows], kind) for name, kind in types.items()}
    arrays |= {name: pa.array([row.get(name) for row in rows]) for name in extra}
    pq.write_table(pa.table(arrays), path)
    return path
