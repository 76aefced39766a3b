"""The Spark path says what the pure path says, however the rows are spread over partitions."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from deid_spark.people import read_people
from deid_spark.pipeline import Deidentifier
from deid_spark.policy import load_policy
from deid_spark.spans import Note, Span
from tests.spark.conftest import KEY, RUN_DATE, write_notes
from tests.spark.notes import EXAMPLES, NOTES, examples

PEOPLE = {"path": str(EXAMPLES / "people.csv"), "format": "csv"}


def pure(rows: list[dict], policy: str) -> tuple[Deidentifier, list[Note]]:
    deid = Deidentifier(
        policy=load_policy(policy),
        key=KEY.encode(),
        people=read_people(EXAMPLES / "people.csv"),
        run_date=date.fromisoformat(RUN_DATE),
    )
    notes = [
        Note(r["note_id"], r["patient_id"], r["text"], r["note_type"], r["note_datetime"].replace(tzinfo=None))
        for r in rows
    ]
    return deid, notes


@pytest.mark.parametrize("policy", ["surrogate", "safe_harbor"])
def test_the_spark_path_releases_what_the_pure_path_releases(run, table, policy: str) -> None:
    rows = examples() + NOTES
    summary = run(rows, policy=policy, people=PEOPLE)
    deid, notes = pure(rows, policy)
    released = {row["note_id"]: row for row in table("release.notes")}
    provenance = table("secure.provenance")
    assert summary.counts["released_notes"] == len(rows) == len(released)
    for out in deid.deidentify(notes):
        row = released[out.note_id]
        assert row["text"] == out.text
        assert (row["patient_id"], row["note_type"]) == (out.patient_id, out.note_type)
        moment = row["note_datetime"]
        assert (moment.replace(tzinfo=None) if moment else None) == out.note_datetime
        mine = sorted((p for p in provenance if p["note_id"] == out.source_note_id), key=lambda p: p["start"])
        assert [(p["start"], p["released_end"], p["label"], p["action"], tuple(p["sources"])) for p in mine] == [
            (p.start, p.released_end, p.label, p.action, p.sources) for p in out.provenance
        ]


def test_spans_are_those_of_the_detector(run, table) -> None:
    rows = examples()
    run(rows, "detect", people=PEOPLE)
    deid, notes = pure(rows, "surrogate")
    found: dict[str, list[Span]] = {}
    for r in table("secure.spans"):
        span = Span(r["start"], r["end"], r["label"], r["score"], tuple(r["sources"]))
        found.setdefault(r["note_id"], []).append(span)
    for note in notes:
        assert [s for s in sorted(found[note.note_id]) if s.score >= 0.5] == deid.detect(note)


def test_the_rows_do_not_depend_on_partitions_or_on_how_known_values_travel(spark, run, table, tmp_path: Path) -> None:
    rows = examples() + NOTES
    names = ("secure.spans", "secure.identities", "secure.provenance", "release.notes")
    without = ("run_id", "first_run")
    seen = []
    for parts, by_broadcast in ((1, True), (3, True), (7, False)):
        source = tmp_path / f"source{parts}"
        source.mkdir()
        for i in range(parts):  # one file a partition, patients spread over all of them
            write_notes(source / f"{i}.parquet", rows[i::parts])
        out = f"out{parts}"
        spark.conf.set("spark.sql.shuffle.partitions", str(parts))
        run(
            source,
            people=PEOPLE,
            output={"path": str(tmp_path / out)},
            limits={"broadcast_people": 1000 if by_broadcast else 0, "batch_rows": parts, "batch_chars": 10_000},
        )
        seen.append({name: table(name, without=without, out=out) for name in names})
        assert sum(pq.read_metadata(f).num_rows for f in source.iterdir()) == len(rows)
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    assert seen[0] == seen[1] == seen[2]
    assert seen[0]["release.notes"]
