"""Spans of a Delta table scored against gold: the sample's notes only, with the same figures as from JSONL."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import pytest

from deid_spark.errors import InputError
from deid_spark.jsonl import write_rows
from deid_spark.spans import Span
from deid_spark.spark.predictions import read_predicted

pytestmark = pytest.mark.spark

JOB = Path(__file__).parents[2] / "jobs" / "evaluate.py"
SCHEMA = "note_id string, start int, end int, label string, score double, sources array<string>, patient_id string"


@pytest.fixture(scope="module")
def table(spark, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("evaluate") / "spans")
    rows = [
        ("a", 28, 36, "DATE", 0.9, ["pattern:date"], "p"),
        ("a", 8, 11, "DOCTOR", 0.8, ["context:seen_by"], "p"),
        ("of another note", 0, 4, "CITY", 0.9, [], "q"),
    ]
    spark.createDataFrame(rows, SCHEMA).write.format("delta").save(path)
    return path


def test_only_the_asked_notes_are_read(spark, table):
    assert read_predicted(spark, table, ["a", "b", "a"]) == {
        "a": [Span(8, 11, "DOCTOR", 0.8, ("context:seen_by",)), Span(28, 36, "DATE", 0.9, ("pattern:date",))],
        "b": [],
    }


def test_errors_name_the_table(spark, table, tmp_path):
    with pytest.raises(InputError, match="cannot be read as a Delta table"):
        read_predicted(spark, str(tmp_path / "none"), ["a"])
    spark.createDataFrame([("a",)], "note_id string").write.format("delta").save(str(tmp_path / "narrow"))
    with pytest.raises(InputError, match="has no column start, end, label, score, sources"):
        read_predicted(spark, str(tmp_path / "narrow"), ["a"])


def test_job(table, tmp_path, monkeypatch, capsys):
    text = "Seen by Ann Quillfeather on 3/4/2020."
    spans = [{"start": 8, "end": 24, "label": "DOCTOR"}, {"start": 28, "end": 36, "label": "DATE"}]
    write_rows(tmp_path / "gold.jsonl", [{"note_id": "a", "text": text, "spans": spans}])
    monkeypatch.setattr(sys, "argv", ["evaluate.py", str(tmp_path / "gold.jsonl"), table, "--json"])
    runpy.run_path(str(JOB), run_name="__main__")
    figures = json.loads(capsys.readouterr().out)
    assert (figures["all"]["tok_recall"], figures["all"]["inst_recall"]) == (0.8, 0.5)
    monkeypatch.setattr(sys, "argv", ["evaluate.py", str(tmp_path / "none.jsonl"), table])
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(JOB), run_name="__main__")
    assert caught.value.code == 2 and "none.jsonl: no such file" in capsys.readouterr().err
