"""The sample notes: gold spans fit, both files come from the marked text, the people table reads."""

import importlib.util
import json
from pathlib import Path

from deid_spark.labels import LABELS
from deid_spark.people import read_people

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"


def lines(name: str) -> list[dict]:
    return [json.loads(line) for line in (EXAMPLES / name).read_text(encoding="utf-8").splitlines()]


def builder():
    spec = importlib.util.spec_from_file_location("build_examples", ROOT / "scripts" / "build_examples.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_gold_spans_fit_their_notes():
    for note in lines("gold.jsonl"):
        end = 0
        for span in note["spans"]:
            assert span["label"] in LABELS
            assert end <= span["start"] < span["end"]
            assert note["text"][span["start"] : span["end"]] == span["text"]
            end = span["end"]


def test_both_files_are_those_of_the_marked_text(tmp_path, monkeypatch):
    module = builder()
    (tmp_path / "notes.marked.txt").write_bytes((EXAMPLES / "notes.marked.txt").read_bytes())
    monkeypatch.setattr(module, "EXAMPLES", tmp_path)
    assert module.main() == 0
    for name in ("notes.jsonl", "gold.jsonl"):
        assert (tmp_path / name).read_bytes() == (EXAMPLES / name).read_bytes(), (
            f"run scripts/build_examples.py: {name}"
        )


def test_an_open_or_unknown_mark_is_an_error():
    module = builder()
    for body in ("a [[PATIENT|Ann", "[[NAME|Ann]]", "[[PATIENT| Ann]]"):
        try:
            module.parse_note("n1", body)
        except ValueError as error:
            assert "note n1" in str(error) and "Ann" not in str(error)
        else:
            raise AssertionError(body)


def test_the_people_table_is_of_the_patients_of_the_notes():
    people = read_people(EXAMPLES / "people.csv")
    assert {value.patient_id for value in people} == {note["patient_id"] for note in lines("notes.jsonl")}
