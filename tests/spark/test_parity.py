"""The Spark path says what the pure path says, however the rows are spread over partitions."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from deid_spark.people import read_people
from deid_spark.pipeline import Deidentifier
from deid_spark.policy import load_policy
from deid_spark.spans import Note, ReleasedNote, Span
from tests.spark.conftest import KEY, RUN_DATE, write_notes
from tests.spark.notes import EXAMPLES, NOTES, examples

PEOPLE = {"path": str(EXAMPLES / "people.csv"), "format": "csv"}


def pure(rows: list[dict], policy: str, ner: str) -> tuple[Deidentifier, list[Note]]:
    deid = Deidentifier(
        policy=load_policy(policy),
        key=KEY.encode(),
        people=read_people(EXAMPLES / "people.csv"),
        run_date=date.fromisoformat(RUN_DATE),
        ner=ner,
    )
    notes = [
        Note(r["note_id"], r["patient_id"], r["text"], r["note_type"], r["note_datetime"].replace(tzinfo=None))
        for r in rows
    ]
    return deid, notes


@pytest.mark.parametrize(
    ("policy", "parts", "by_broadcast", "ner"),
    [
        ("surrogate", 1, True, "off"),
        ("surrogate", 3, False, "off"),
        ("surrogate", 7, True, "fast"),
        ("limited_data_set", 2, False, "off"),
    ],
)
def test_the_spark_path_says_what_the_pure_path_says(
    spark, run, table, tmp_path: Path, policy: str, parts: int, by_broadcast: bool, ner: str
) -> None:
    """Whatever the partitions, and whether known values come by broadcast or by a join."""
    rows = examples() + NOTES
    source = tmp_path / "source"
    source.mkdir()
    for i in range(parts):  # one file a partition: a patient's notes are spread over all of them
        write_notes(source / f"{i}.parquet", rows[i::parts])
    spark.conf.set("spark.sql.shuffle.partitions", str(parts))
    try:
        limits = {"broadcast_people": 1000 if by_broadcast else 0, "batch_rows": parts, "batch_chars": 10_000}
        summary = run(source, policy=policy, people=PEOPLE, limits=limits, detector={"ner": ner})
    finally:
        spark.conf.set("spark.sql.shuffle.partitions", "2")
    assert summary.counts["released_notes"] == len(rows)
    deid, notes = pure(rows, policy, ner)
    same_spans(table("secure.spans"), deid, notes)
    same_releases(table("release.notes"), table("secure.provenance"), deid.deidentify(notes))


def same_spans(rows: list[dict], deid: Deidentifier, notes: list[Note]) -> None:
    found: dict[str, list[Span]] = {}
    for r in rows:
        span = Span(r["start"], r["end"], r["label"], r["score"], tuple(r["sources"]))
        found.setdefault(r["note_id"], []).append(span)
    for note in notes:
        spans = sorted(found.get(note.note_id, []))
        assert [s for s in spans if s.score >= deid.policy.detection.threshold] == deid.detect(note)


def same_releases(rows: list[dict], provenance: list[dict], want: list[ReleasedNote]) -> None:
    released = {row["note_id"]: row for row in rows}
    for out in want:
        row = released.pop(out.note_id)
        assert row["text"] == out.text
        assert (row["patient_id"], row["note_type"]) == (out.patient_id, out.note_type)
        moment = row["note_datetime"]
        assert (moment.replace(tzinfo=None) if moment else None) == out.note_datetime
        mine = sorted((p for p in provenance if p["note_id"] == out.source_note_id), key=lambda p: p["start"])
        assert [(p["start"], p["released_end"], p["label"], p["action"], tuple(p["sources"])) for p in mine] == [
            (p.start, p.released_end, p.label, p.action, p.sources) for p in out.provenance
        ]
    assert not released
