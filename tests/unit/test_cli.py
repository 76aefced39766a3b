"""The command line on real files: outputs, exit codes, messages, and nothing of a note where it must not be."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from deid_spark.cli import app
from deid_spark.cli.console import errors_explained
from deid_spark.cli.notes import NoteRow, read_note_rows, run_by_patient
from deid_spark.errors import InputError, NoteRejected
from deid_spark.jsonl import write_rows, written_whole
from deid_spark.policy import policy_names
from deid_spark.spans import Note

KEY = "synthetic-key-for-tests-0123456789"
NOTES = [
    {
        "note_id": "n1",
        "patient_id": "p1",
        "note_type": "Letter",
        "note_datetime": "2024-03-12T09:00:00",
        "site": "north",
        "text": "Patient Name: Quillfeather, Rosalind\nMRN: 00482913\nSeen 03/11/2024 by Dr. Imogen Vasquez-Thorne. "
        "Call 419-555-0142. Metformin 500 mg.",
    },
    {
        "note_id": "n2",
        "patient_id": "p1",
        "text": "Mrs. Quillfeather called on 03/14/2024.",
    },
    {
        "note_id": "n3",
        "patient_id": "p2",
        "text": "No fever. Email jo.brandt@mailhost.org.",
    },
]
PHI = ("Quillfeather", "Rosalind", "00482913", "Vasquez", "419-555-0142", "jo.brandt")


@pytest.fixture
def runner(monkeypatch):
    monkeypatch.setenv("DEID_SPARK_KEY", KEY)
    monkeypatch.delenv("DEID_SPARK_TRACEBACK", raising=False)
    return CliRunner()


@pytest.fixture
def source(tmp_path):
    write_rows(tmp_path / "in.jsonl", NOTES)
    return tmp_path / "in.jsonl"


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def run(runner, *args, code=0):
    result = runner.invoke(app, [str(arg) for arg in args])
    assert result.exit_code == code, result.output
    return result


def no_phi(*texts: str) -> None:
    for text in texts:
        assert not any(value in text for value in PHI)


# detect ---------------------------------------------------------------------------------------------------------------


def test_detect(runner, source, tmp_path):
    result = run(runner, "detect", source, tmp_path / "out.jsonl")
    rows = read(tmp_path / "out.jsonl")
    assert [row["note_id"] for row in rows] == ["n1", "n2", "n3"]
    for row, note in zip(rows, NOTES, strict=True):
        assert list(row) == ["note_id", "spans"]
        ends = 0
        for span in row["spans"]:
            assert list(span) == ["start", "end", "label", "score", "sources"]
            assert ends <= span["start"] < span["end"] <= len(note["text"]) and span["sources"]
            ends = span["end"]
    found = {(NOTES[0]["text"][s["start"] : s["end"]], s["label"]) for s in rows[0]["spans"]}
    assert {("00482913", "MEDICALRECORD"), ("03/11/2024", "DATE"), ("419-555-0142", "PHONE")} <= found
    assert "3 notes" in result.stderr and "words/s" in result.stderr
    assert result.stdout == ""
    no_phi(result.output)
    assert not (tmp_path / "out.quarantine.jsonl").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_detect_quiet_says_nothing(runner, source, tmp_path):
    assert run(runner, "detect", source, tmp_path / "out.jsonl", "--quiet").output == ""


def test_engines_agree(runner, source, tmp_path):
    run(runner, "detect", source, tmp_path / "a.jsonl", "--engine", "re", "-q")
    run(runner, "detect", source, tmp_path / "b.jsonl", "-q")
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()


def test_detect_without_patient_ids(runner, tmp_path):
    write_rows(tmp_path / "in.jsonl", [{k: v for k, v in note.items() if k != "patient_id"} for note in NOTES])
    run(runner, "detect", tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert len(read(tmp_path / "out.jsonl")) == 3


def test_people_are_known_values(runner, tmp_path):
    write_rows(tmp_path / "in.jsonl", [{"note_id": "a", "patient_id": "p", "text": "told quixby to rest"}])
    with (tmp_path / "people.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["patient_id", "first_name", "last_name"], ["p", "Tamsin", "Quixby"]])
    run(runner, "detect", tmp_path / "in.jsonl", tmp_path / "out.jsonl", "--people", tmp_path / "people.csv")
    [span] = read(tmp_path / "out.jsonl")[0]["spans"]
    assert (span["start"], span["end"], span["label"]) == (5, 11, "PATIENT")
    assert any(source.startswith("known:") for source in span["sources"])


def test_a_bad_note_is_quarantined_and_the_others_go_on(runner, tmp_path):
    bad = {"note_id": "bad", "patient_id": "p1", "text": "Quillfeather \ud800"}
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in [NOTES[0], bad, NOTES[1], NOTES[2]]))
    for command in ("detect", "deidentify"):
        result = run(runner, command, tmp_path / "in.jsonl", tmp_path / "out.jsonl", code=1)
        assert len(read(tmp_path / "out.jsonl")) == 3
        [row] = read(tmp_path / "out.quarantine.jsonl")
        assert (row["note_id"], row["reason"]) == ("bad", "lone_surrogate")
        assert "1 notes went to quarantine" in result.stderr and "lone_surrogate: 1" in result.stderr
        no_phi(result.output, (tmp_path / "out.quarantine.jsonl").read_text())
    write_rows(tmp_path / "in.jsonl", NOTES)
    run(runner, "detect", tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert not (tmp_path / "out.quarantine.jsonl").exists()  # an older run's quarantine would mislead


def test_a_model_that_is_not_there_is_told(runner, source, tmp_path):
    result = run(runner, "detect", source, tmp_path / "out.jsonl", "--ner", str(tmp_path / "none"), code=2)
    assert "none: not a model folder" in result.stderr.replace("\n", "")
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{'note_id': 'Quillfeather'}", "line 2: not JSON"),
        ('"Quillfeather"', "line 2: not a JSON object"),
        ('{"patient_id": "p", "text": "Quillfeather"}', "line 2: key 'note_id' is missing"),
        ('{"note_id": "b", "patient_id": "p"}', "line 2: key 'text' is missing"),
        ('{"note_id": "b", "patient_id": "p", "text": null}', "line 2: text is null"),
        ('{"note_id": "b", "patient_id": "p", "text": ["Quillfeather"]}', "line 2: text must be text"),
        ('{"note_id": "n1", "patient_id": "p", "text": "Quillfeather"}', "line 2: note_id 'n1' came before, on line 1"),
        ('{"note_id": "b", "patient_id": "", "text": "Quillfeather"}', "line 2: patient_id is empty"),
        ('{"note_id": "b", "patient_id": "p", "text": "x", "note_type": 3}', "line 2: note_type must be text"),
        ('{"note_id": "b", "patient_id": "p", "text": "x", "note_datetime": "3/4"}',
         "line 2: note_datetime must be a date"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", ["detect", "deidentify"])
def test_bad_lines(runner, tmp_path, command, line, message):
    (tmp_path / "in.jsonl").write_text(json.dumps(NOTES[0]) + "\n" + line + "\n")
    (tmp_path / "out.jsonl").write_text("as it was")
    result = run(runner, command, tmp_path / "in.jsonl", tmp_path / "out.jsonl", code=2)
    assert f"in.jsonl: {message}" in result.stderr
    assert "Traceback" not in result.output
    no_phi(result.output)
    assert (tmp_path / "out.jsonl").read_text() == "as it was"


def test_deidentify_needs_patient_ids(runner, tmp_path):
    write_rows(tmp_path / "in.jsonl", [{"note_id": "a", "text": "x"}])
    result = run(runner, "deidentify", tmp_path / "in.jsonl", tmp_path / "out.jsonl", code=2)
    assert "line 1: key 'patient_id' is missing" in result.stderr


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("absent.jsonl", "out.jsonl"), "absent.jsonl: no such file"),
        (("in.jsonl", "in.jsonl"), "in.jsonl: would overwrite the input"),
        (("in.jsonl", "no/such/out.jsonl"), "its folder does not exist"),
        (("in.jsonl", "."), "is a folder"),
        (("in.jsonl", "out.jsonl", "--policy", "strictest"), "strictest: no such policy; shipped ones are"),
        (("in.jsonl", "out.jsonl", "--people", "absent.csv"), "absent.csv"),
        (("in.jsonl", "out.jsonl", "--engine", "pcre"), "pcre"),
    ],
)
def test_wrong_use(runner, source, tmp_path, monkeypatch, args, message):
    monkeypatch.chdir(tmp_path)
    result = run(runner, "detect", *args, code=2)
    assert message in result.stderr and "Traceback" not in result.output
    assert [p.name for p in tmp_path.iterdir()] == ["in.jsonl"]


def test_empty_file(runner, tmp_path):
    (tmp_path / "in.jsonl").write_text("\n")
    result = run(runner, "detect", tmp_path / "in.jsonl", tmp_path / "out.jsonl", code=2)
    assert "in.jsonl: holds no notes" in result.stderr


# deidentify and review ------------------------------------------------------------------------------------------------


def test_deidentify_and_review(runner, source, tmp_path):
    result = run(
        runner, "deidentify", source, tmp_path / "out.jsonl", "--provenance", tmp_path / "prov.jsonl"
    )  # fmt: skip
    rows = read(tmp_path / "out.jsonl")
    no_phi((tmp_path / "out.jsonl").read_text(), (tmp_path / "prov.jsonl").read_text(), result.output)
    assert len(rows) == 3 and not {row["note_id"] for row in rows} & {"n1", "n2", "n3"}
    assert rows[0]["patient_id"] == rows[1]["patient_id"] not in {"p1", rows[2]["patient_id"]}
    assert list(rows[0]) == [
        "note_id", "patient_id", "note_type", "note_datetime", "text", "policy", "policy_fingerprint",
    ]  # fmt: skip
    assert "Metformin 500 mg." in rows[0]["text"] and rows[0]["note_datetime"] != NOTES[0]["note_datetime"]
    for before, after, changes in zip(NOTES, rows, read(tmp_path / "prov.jsonl"), strict=True):
        assert (changes["note_id"], changes["released_note_id"]) == (before["note_id"], after["note_id"])
        kept = _outside(before["text"], [(s["start"], s["end"]) for s in changes["spans"]])
        assert kept == _outside(after["text"], [(s["released_start"], s["released_end"]) for s in changes["spans"]])
    page = tmp_path / "review.html"
    files = (source, tmp_path / "out.jsonl", tmp_path / "prov.jsonl", page)
    refused = run(runner, "review", *files, code=2)
    assert "synthetic samples only" in refused.stderr and not page.exists()
    run(runner, "review", *files, "--synthetic", "--title", "Sample")
    assert "Quillfeather" in page.read_text() and rows[0]["note_id"] in page.read_text()


def _outside(text: str, spans: list[tuple[int, int]]) -> list[str]:
    starts, ends = [0, *(end for _, end in spans)], [*(start for start, _ in spans), len(text)]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]


def test_the_same_key_gives_the_same_bytes_and_another_key_others(runner, source, tmp_path):
    (tmp_path / "key").write_text(KEY + "\n")
    (tmp_path / "other").write_text("another-synthetic-key-0123456789\n")
    run(runner, "deidentify", source, tmp_path / "a.jsonl")
    run(runner, "deidentify", source, tmp_path / "b.jsonl", "--key-file", tmp_path / "key")
    run(runner, "deidentify", source, tmp_path / "c.jsonl", "--key-file", tmp_path / "other")
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    assert (tmp_path / "a.jsonl").read_bytes() != (tmp_path / "c.jsonl").read_bytes()


def test_deidentify_without_a_key(runner, source, tmp_path, monkeypatch):
    monkeypatch.delenv("DEID_SPARK_KEY")
    result = run(runner, "deidentify", source, tmp_path / "out.jsonl", code=2)
    assert "no key: set DEID_SPARK_KEY" in result.stderr
    monkeypatch.setenv("DEID_SPARK_KEY", "short")
    result = run(runner, "deidentify", source, tmp_path / "out.jsonl", code=2)
    assert "the key has 5 bytes" in result.stderr and not (tmp_path / "out.jsonl").exists()
    run(runner, "detect", source, tmp_path / "out.jsonl")  # finding needs no key


def test_random_crosswalk_needs_no_key(runner, source, tmp_path, monkeypatch):
    monkeypatch.delenv("DEID_SPARK_KEY")
    run(runner, "deidentify", source, tmp_path / "out.jsonl", "--policy", "safe_harbor")
    no_phi((tmp_path / "out.jsonl").read_text())


def test_a_policy_file_decides_on_columns_and_provenance(runner, source, tmp_path):
    shipped = json.loads(run(runner, "policies", "redact", "--json").stdout)
    actions = "\n".join(f'{label} = "{action}"' for label, action in shipped["actions"].items())
    (tmp_path / "own.toml").write_text(
        f'name = "own"\ndescription = "x"\nversion = 1\n[actions]\n{actions}\n'
        '[release]\nprovenance = true\nkeep_columns = ["site"]\n'
    )
    run(runner, "deidentify", source, tmp_path / "out.jsonl", "--policy", tmp_path / "own.toml")
    first, second, _ = read(tmp_path / "out.jsonl")
    assert first["site"] == "north" and "site" not in second and first["policy"] == "own"
    tags = [first["text"][s["start"] : s["end"]] for s in first["spans"]]
    assert any(tag.startswith("[PATIENT") for tag in tags)
    no_phi((tmp_path / "out.jsonl").read_text())


def test_review_of_files_that_do_not_belong_together(runner, source, tmp_path):
    write_rows(tmp_path / "out.jsonl", [{"note_id": "r1", "patient_id": "q", "text": "x"}])
    write_rows(tmp_path / "prov.jsonl", [{"note_id": "other", "released_note_id": "r1", "spans": []}])
    args = ("review", source, tmp_path / "out.jsonl", tmp_path / "prov.jsonl", tmp_path / "r.html", "--synthetic")
    assert "prov.jsonl: line 1: note_id 'other' is not in" in run(runner, *args, code=2).stderr
    write_rows(tmp_path / "prov.jsonl", [{"note_id": "n1", "released_note_id": "r1", "spans": []}])
    result = run(runner, *args, code=2)
    assert "note n1: text outside spans differs" in result.stderr
    no_phi(result.output)


# evaluate and policies ------------------------------------------------------------------------------------------------


@pytest.fixture
def scored(tmp_path):
    text = "Seen by Ann Quillfeather on 3/4/2020."
    spans = [{"start": 8, "end": 24, "label": "DOCTOR"}, {"start": 28, "end": 36, "label": "DATE"}]
    write_rows(tmp_path / "gold.jsonl", [{"note_id": "a", "text": text, "note_type": "Letter", "spans": spans}])
    write_rows(tmp_path / "pred.jsonl", [{"note_id": "a", "spans": [spans[1]]}])
    return tmp_path


def test_evaluate(runner, scored):
    args = ("evaluate", scored / "gold.jsonl", scored / "pred.jsonl")
    plain = run(runner, *args)
    assert "By scope" in plain.stdout and "DOCTOR" in plain.stdout
    no_phi(plain.output)
    with_errors = run(runner, *args, "--errors", 5)
    assert "missed: 1 of 1" in with_errors.stdout and "Quillfeather" in with_errors.stdout
    figures = json.loads(run(runner, *args, "--json").stdout)
    assert (figures["all"]["tok_recall"], figures["all"]["tok_precision"]) == (0.6, 1.0)
    assert figures["over_redaction_per_1000_words"] == 0.0
    written = run(runner, *args, "--html", scored / "e.html", "--findings", scored / "f.csv", "--no-over-redaction")
    assert "it holds note text, keep it in the secure zone" in written.stderr
    assert "Quillfeather" in (scored / "e.html").read_text() and "Quillfeather" in (scored / "f.csv").read_text()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("gold.jsonl", "absent.jsonl"), "absent.jsonl: no such file"),
        (("pred.jsonl", "pred.jsonl"), "pred.jsonl: line 1: key 'text' is missing"),
        (("gold.jsonl", "pred.jsonl", "--gold-format", "conll"), "no such format 'conll'"),
        (("gold.jsonl", "pred.jsonl", "--findings", "f.xls"), "written as .csv or .jsonl"),
    ],
)
def test_evaluate_wrong_use(runner, scored, monkeypatch, args, message):
    monkeypatch.chdir(scored)
    result = run(runner, "evaluate", *args, "--no-over-redaction", code=2)
    assert message in result.stderr and "Traceback" not in result.output


def test_policies(runner, tmp_path):
    shown = run(runner, "policies").stdout
    assert all(name in shown for name in policy_names())
    one = run(runner, "policies", "safe_harbor").stdout
    assert "45 CFR 164.514(b)(2)" in one and "zip.restricted" in one and "fingerprint" in one
    assert len(json.loads(run(runner, "policies", "--json").stdout)) == len(policy_names())
    (tmp_path / "bad.toml").write_text('name = "bad"\nversion = 0\n[actions]\nPATIENT = "hide"\n')
    result = run(runner, "policies", tmp_path / "bad.toml", code=2)
    assert "bad.toml: description" in result.stderr and "PATIENT must be one of" in result.stderr
    assert "label DOCTOR has no action" in result.stderr and "version" in result.stderr


# the parts ------------------------------------------------------------------------------------------------------------


def rows_of(*pairs):
    return [NoteRow(Note(note_id, patient_id, "two words"), {}) for note_id, patient_id in pairs]


def test_notes_that_fail_are_found_and_the_patients_other_notes_go_on():
    def alone(note):
        if note.note_id == "b":
            raise ValueError("Quillfeather")
        if note.note_id == "d":
            raise NoteRejected("d", "note_too_long")

    def whole(notes):
        for note in notes:
            alone(note)
        return {note.note_id: len(notes) for note in notes}

    rows = rows_of(("a", "p"), ("b", "p"), ("c", "p"), ("d", "q"), ("e", "r"))
    results, quarantined, speed = run_by_patient(rows, whole, alone, stage="detect", quiet=True)
    assert results == {"a": 2, "c": 2, "e": 1}
    assert sorted(quarantined) == [("b", "detect", "detect_failed"), ("d", "detect", "note_too_long")]
    assert (speed.notes, speed.words) == (5, 10)


def test_a_patient_that_fails_only_as_a_whole_is_quarantined_whole():
    def whole(notes):
        raise RuntimeError("Quillfeather")

    results, quarantined, _ = run_by_patient(
        rows_of(("a", "p"), ("b", "p")), whole, lambda note: None, stage="release", quiet=True
    )
    assert results == {}
    assert [tuple(q) for q in quarantined] == [("a", "release", "release_failed"), ("b", "release", "release_failed")]


def test_note_times(tmp_path):
    rows = [
        {"note_id": 1, "patient_id": 2, "text": "", "note_datetime": "2024-03-12T23:30:00-05:00"},
        {"note_id": "b", "patient_id": "p", "text": "x", "note_date": "2024-03-12"},
        {"note_id": "c", "patient_id": "p", "text": "x", "note_datetime": None},
    ]
    write_rows(tmp_path / "in.jsonl", rows)
    notes = [row.note for row in read_note_rows(tmp_path / "in.jsonl", need_patient=True)]
    assert [str(note.note_datetime) for note in notes] == ["2024-03-13 04:30:00", "2024-03-12 00:00:00", "None"]
    assert (notes[0].note_id, notes[0].patient_id) == ("1", "2")


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), written_whole(path) as file:
        file.write("half")
        _ = 1 / 0
    assert path.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["out.jsonl"]
    write_rows(path, [{"a": 1}])
    assert path.read_text() == '{"a": 1}\n' and path.stat().st_mode & 0o077 == 0
    with pytest.raises(InputError, match="cannot be written"):
        write_rows(tmp_path / "none" / "out.jsonl", [])


def test_an_unexpected_error_shows_its_place_and_not_its_message(capsys, monkeypatch):
    monkeypatch.delenv("DEID_SPARK_TRACEBACK", raising=False)
    with pytest.raises(typer.Exit) as caught, errors_explained():
        raise ValueError("could not parse Quillfeather")
    assert caught.value.exit_code == 3
    shown = capsys.readouterr().err
    assert "internal error: ValueError at test_cli.py:" in shown
    no_phi(shown)


def test_as_a_program(source, tmp_path):
    env = {key: value for key, value in os.environ.items() if not key.startswith("DEID_SPARK")}
    program = [sys.executable, "-m", "deid_spark"]
    done = subprocess.run(
        [*program, "detect", str(source), str(tmp_path / "out.jsonl")], env=env, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "") and len(read(tmp_path / "out.jsonl")) == 3
    no_phi(done.stderr)
    wrong = subprocess.run([*program, "deidentify", str(source)], env=env, capture_output=True, text=True)
    assert wrong.returncode == 2 and "OUT.jsonl" in wrong.stderr and "Traceback" not in wrong.stderr
