"""No planted PHI and no key in logs, event logs, plans, commits, audit rows and released tables: DESIGN invariant 5."""

from __future__ import annotations

from pathlib import Path

import pytest

from deid_spark.errors import DeidError
from deid_spark.spark.job import RunFailed
from tests.spark.conftest import KEY
from tests.spark.notes import NOTES, PLANTED

PEOPLE = "patient_id,first_name,last_name,mrn\np1,Annalise,Winterbourne,48829137\np2,Otto,Brandstetter,\n"


def test_nothing_planted_is_seen_outside_the_secure_zone(spark, run, logs, tmp_path: Path, capfd) -> None:
    spark.sparkContext.setLogLevel("INFO")
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    for join_above in (0, 1000):
        run(
            NOTES,
            people={"path": str(tmp_path / "people.csv")},
            limits={"broadcast_people": join_above},
            output={"path": str(tmp_path / f"out{join_above}")},
        )
    spark.sparkContext.setLogLevel("ERROR")
    text = logs.text()
    assert "MapInArrow" in text  # the plans are in the event log,
    assert " INFO org.apache.spark" in text  # and the log says a lot: this test can fail
    assert len(text) > 100_000
    seen = "".join(capfd.readouterr())
    for secret in (*PLANTED, KEY):
        assert secret not in text
        assert secret not in seen
    for file in tmp_path.glob("out*/**/*"):
        assert not any(planted in file.name for planted in PLANTED)
        if file.is_file() and "secure" not in file.relative_to(tmp_path).parts:
            data = file.read_bytes()
            for secret in (*PLANTED, KEY):
                assert secret.encode() not in data, file.name


def test_a_failed_run_leaves_an_audit_row_and_says_nothing(run, table, logs, monkeypatch, tmp_path: Path) -> None:
    from deid_spark.spark import identities

    def broken(*_args, **_kwargs):
        def work(batches):
            for batch in batches:
                raise ValueError(f"cannot link {batch.to_pylist()}")
            yield

        return work

    monkeypatch.setattr(identities, "_worker", broken)
    with pytest.raises(RunFailed) as caught:
        run(NOTES, run={"id": "broken"})
    assert "ValueError at test_secrets.py" in str(caught.value)
    (row,) = table("audit.runs")
    assert (row["run_id"], row["outcome"], row["error_code"]) == ("broken", "failed", "spark")
    assert row["error_class"] in ("PythonException", "Py4JJavaError")
    assert table("release.notes") == []
    said = logs.text() + str(caught.value) + repr(row)
    assert not [planted for planted in PLANTED if planted in said]
    monkeypatch.undo()


def test_audit_rows_and_commits_tell_what_the_tables_hold(spark, run, table, tmp_path: Path) -> None:
    summary = run(NOTES, run={"id": "told"})
    (row,) = table("audit.runs")
    assert row["outcome"] == "succeeded"
    assert row["counts"]["released_notes"] == len(table("release.notes")) == len(NOTES)
    assert row["counts"]["released_spans"] == len(table("secure.provenance")) == sum(row["labels"].values())
    assert row["counts"]["detected_spans"] == len(table("secure.spans"))
    assert row["counts"]["detected_words"] == sum(len(note["text"].split()) for note in NOTES)
    assert row["counts"]["new_identities"] == len(table("secure.identities"))
    assert summary.counts == row["counts"]
    assert row["seconds"].keys() >= {"detect", "identities", "release"}
    history = spark.sql(f"DESCRIBE HISTORY delta.`{tmp_path / 'out/release/notes'}`").first()
    assert '"run_id": "told"' in history["userMetadata"]
    assert "policy_fingerprint" in history["userMetadata"]


def test_a_worker_that_dies_of_its_input_quotes_none_of_it() -> None:
    from deid_spark.spark.batches import WorkerError, guarded

    def work(batches):
        for batch in batches:
            yield int(batch)

    with pytest.raises(WorkerError) as caught:
        list(guarded("detect", work)(["Winterbourne"]))
    assert str(caught.value).startswith("detect: ValueError at test_secrets.py:")
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert isinstance(caught.value, DeidError)


def test_stages_run_as_jobs_of_their_own(run, table, tmp_path: Path) -> None:
    run(NOTES, output={"path": str(tmp_path / "whole")})
    for stage in ("detect", "link", "release"):
        run(NOTES, stage)
    for name in ("secure.spans", "secure.identities", "release.notes"):
        without = ("run_id", "first_run")
        assert table(name, without=without) == table(name, without=without, out="whole"), name
    assert [row["stage"] for row in table("audit.runs")] and len(table("audit.runs")) == 3
