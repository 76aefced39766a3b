"""Every decided behaviour of docs/inputs.md: sources, columns, and rows that are wrong or only unusual."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deid_spark.errors import InputError
from tests.spark.notes import ANNA_1, BARE, NOTES, note

BIG = "No acute distress. Lungs are clear to auscultation on both sides.\n"


def texts_by_source(table) -> dict[str, str]:
    released = {row["note_id"]: row["text"] for row in table("release.notes")}
    return {row["note_id"]: released[row["released_note_id"]] for row in table("secure.releases")}


def quarantine(table) -> list[tuple]:
    return sorted(((row["note_id"], row["stage"], row["reason"]) for row in table("secure.quarantine")), key=repr)


def test_bad_rows_are_quarantined_with_a_reason_and_counted(run, table) -> None:
    run([ANNA_1, {**BARE, "note_id": "b2"}])
    assert sorted(texts_by_source(table)) == ["b2", "n1"]
    rows = [
        ANNA_1,
        {**BARE, "note_id": None},
        {**BARE, "note_id": "  "},
        {**BARE, "note_id": "b1", "patient_id": None},
        {**BARE, "note_id": "b2", "text": None},
        {**BARE, "note_id": "twice"},
        {**BARE, "note_id": "twice", "text": "Another text."},
        {**BARE, "note_id": "long", "text": BIG * 20},
    ]
    summary = run(rows, limits={"max_note_chars": 1000})
    want = [
        ("b1", "read", "null_patient_id"),
        ("b2", "read", "null_text"),
        ("long", "read", "note_too_long"),
        ("twice", "read", "duplicate_note_id"),
        ("twice", "read", "duplicate_note_id"),
        (None, "read", "null_note_id"),
        (None, "read", "null_note_id"),
    ]
    assert quarantine(table) == sorted(want, key=repr)
    assert summary.counts["quarantine_duplicate_note_id"] == 2
    assert list(texts_by_source(table)) == ["n1"]  # b2 has turned bad: its release is taken back


def test_unusual_text_goes_through_byte_for_byte(run, table) -> None:
    odd = {
        "empty": "",
        "blank": " \n\t ",
        "crlf": "Lungs clear.\r\nHeart regular.\r\n",
        "control": "a\x01b\x0bc\x7f and a \x00 null",
        "emoji": "Feels 🙂 and 👩‍⚕️ today, 𝒻ine. e\u0301",
        "bom": "\ufeffLungs clear.",
    }
    big = BIG * (5_000_000 // len(BIG)) + "MRN: 48829137\n"
    rows = [note(name, f"p-{name}", text) for name, text in odd.items()]
    run([*rows, {**ANNA_1, "text": "🙂🙂 " + ANNA_1["text"]}, note("five megabytes", "p1", big)])
    released = texts_by_source(table)
    assert released["five megabytes"].startswith(BIG * 1000)
    assert len(released["five megabytes"]) > 4_900_000
    assert "48829137" not in released["five megabytes"]
    assert {name: released[name] for name in odd} == odd
    assert released["n1"].startswith("🙂🙂 Patient Name: ")
    assert "48829137" not in released["n1"]
    assert not table("secure.quarantine")


def test_bytes_that_are_no_unicode_are_quarantined(run, table, tmp_path: Path) -> None:
    raw = [b"Lungs clear \xff\xfe.", b"half \xed\xa0\xbd a pair", "Lüngs clear.".encode()]
    source = tmp_path / "raw.parquet"
    column = pa.Array.from_buffers(pa.string(), 3, pa.array(raw, pa.binary()).buffers())
    ids = pa.array(["latin", "lone", "good"])
    pq.write_table(pa.table({"note_id": ids, "patient_id": ids, "text": column}), source)
    run(source)
    assert quarantine(table) == [("latin", "detect", "invalid_utf8"), ("lone", "detect", "lone_surrogate")]
    assert texts_by_source(table) == {"good": "Lüngs clear."}


def test_jsonl_and_csv_give_what_parquet_gives(run, table, tmp_path: Path) -> None:
    plain = [{**row, "note_datetime": row["note_datetime"].strftime("%Y-%m-%d %H:%M:%S")} for row in NOTES]
    plain.append({**BARE, "note_id": "quoted", "text": 'said "no",\r\nthen left', "note_datetime": ""})
    as_json, as_csv = tmp_path / "notes.jsonl", tmp_path / "notes.csv"
    as_json.write_text("".join(json.dumps(row) + "\n" for row in plain) + "{broken\n", encoding="utf-8")
    with as_csv.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(plain[0]))
        writer.writeheader()
        writer.writerows(plain)
    seen = []
    for source in (as_json, as_csv):
        out = source.suffix[1:]
        run(source, output={"path": str(tmp_path / out)})
        rows = table("release.notes", without=("run_id",), out=out)
        seen.append(rows)
        assert len(rows) == len(plain)
    assert seen[0] == seen[1]
    assert [row["reason"] for row in table("secure.quarantine", out="jsonl")] == ["bad_row"]
    assert 'said "no",\r\nthen left' in {row["text"] for row in seen[1]}


def test_omop_columns_and_a_delta_table_of_the_catalog(spark, run, table) -> None:
    rows = [(17, 4, "MRN: 48829137", "Progress", "2024-03-09 14:30:00"), (18, 4, "Lungs clear.", None, None)]
    df = spark.createDataFrame(
        rows, "note_id long, person_id long, note_text string, note_title string, note_datetime string"
    )
    spark.sql("CREATE DATABASE IF NOT EXISTS omop_test")
    df.write.format("delta").mode("overwrite").saveAsTable("omop_test.note")
    try:
        summary = run([], source={"table": "omop_test.note", "path": None, "format": "delta", "columns": "omop"})
        assert summary.counts["released_notes"] == 2
        assert set(texts_by_source(table)) == {"17", "18"}
        assert table("audit.runs")[0]["input_version"] == "delta version 0"
    finally:
        spark.sql("DROP DATABASE omop_test CASCADE")


def test_kept_columns_reach_the_release_and_others_do_not(run, table, tmp_path: Path) -> None:
    policy = tmp_path / "keeps.toml"
    text = (Path(__file__).parents[2] / "deid_spark/conf/policies/surrogate.toml").read_text(encoding="utf-8")
    assert "keep_columns" not in text.split("[release]")[0]
    head, found, rest = text.partition("[release]\n")
    text = f'{head}[release]\nkeep_columns = ["ward_kind"]\nprovenance = true\n' + (
        "\n".join(line for line in rest.splitlines() if not line.startswith(("keep_columns", "provenance")))
        if found
        else ""
    )
    policy.write_text(text, encoding="utf-8")
    run([{**ANNA_1, "ward_kind": 3, "ward_name": "Winterbourne wing"}], policy=str(policy))
    (row,) = table("release.notes")
    assert row["ward_kind"] == 3
    assert "ward_name" not in row
    released = table("release.provenance")
    assert released
    assert {"start", "end", "sources"}.isdisjoint(released[0])
    with pytest.raises(InputError, match="ward_kind"):  # another policy, other columns: schemas are never merged
        run([ANNA_1])


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"columns": {"text": "note_text"}}, "no column note_text"),
        ({"columns": {"note_id": "id", "note_datetime": "when"}}, "no column id; no column when"),
        ({"columns": {"text": "note_datetime"}}, "column note_datetime is timestamp"),
        ({"withdrawn_column": "deleted"}, "no column deleted"),
    ],
)
def test_wrong_columns_stop_the_job_at_its_start(run, table, source: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        run(NOTES, source=source)
    assert table("secure.spans") == []


def test_a_source_that_is_not_there_is_said_plainly(run, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        run(tmp_path / "nowhere.parquet")
