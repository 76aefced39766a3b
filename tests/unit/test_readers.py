"""Readers of annotated notes, each on small real files; errors name file and line and never quote text."""

from __future__ import annotations

import json

import pytest

from deid_spark.errors import ConfigError, InputError
from deid_spark.evaluate import read_gold, read_predictions
from deid_spark.evaluate.crosswalk import build_table, our_label
from deid_spark.labels import LABELS
from deid_spark.spans import Span

TEXT = "Seen by Dr. Ann Lee\non 3/4/2020."
SECRET = "Quillfeather"


def surfaces(note) -> list[tuple[str, str]]:
    return [(note.text[s.start : s.end], s.label) for s in note.spans]


def with_span(**span) -> dict:
    return {"note_id": "b", "text": SECRET, "spans": [span]}


def lines(path, *rows):
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def test_jsonl(tmp_path):
    row = {
        "note_id": 7,
        "patient_id": "p",
        "note_type": "Letter",
        "text": TEXT,
        "spans": [{"start": 12, "end": 19, "label": "doctor"}, {"start": 23, "end": 31, "label": "DATE", "text": "x"}],
    }
    [note] = read_gold(lines(tmp_path / "g.jsonl", row, ""))
    assert (note.note_id, note.patient_id, note.note_type) == ("7", "p", "Letter")
    assert surfaces(note) == [("Ann Lee", "DOCTOR"), ("3/4/2020", "DATE")]


def test_jsonl_with_byte_order_mark_and_crlf(tmp_path):
    path = tmp_path / "g.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"note_id":"a","text":"x","spans":[]}\r\n{"note_id":"b","text":"y","spans":[]}\r\n')
    assert [note.note_id for note in read_gold(path)] == ["a", "b"]


def test_predictions_need_no_text_and_no_label(tmp_path):
    span = {"start": 0, "end": 4, "label": "PERSON", "score": 0.7, "sources": ["pattern:x"]}
    path = lines(
        tmp_path / "p.jsonl", {"note_id": "a", "spans": [span, {"start": 5, "end": 5}]}, {"note_id": "b", "spans": []}
    )
    assert read_predictions(path) == {"a": [Span(0, 4, "PATIENT", 0.7, ("pattern:x",)), Span(5, 5, "PHI")], "b": []}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{not json", "line 2: not JSON: .* at column 2"),
        ("[1]", "line 2: not a JSON object"),
        ({"text": SECRET, "spans": []}, "line 2: key 'note_id' is missing"),
        ({"note_id": "b", "spans": []}, "line 2: key 'text' is missing"),
        ({"note_id": "b", "text": None, "spans": []}, "line 2: text is null"),
        ({"note_id": "b", "text": [SECRET], "spans": []}, "line 2: text must be text"),
        ({"note_id": "", "text": SECRET, "spans": []}, "line 2: note_id is empty"),
        ({"note_id": True, "text": SECRET, "spans": []}, "line 2: note_id must be text"),
        ({"note_id": "a", "text": SECRET, "spans": []}, "line 2: note_id 'a' came before"),
        ({"note_id": "b", "text": SECRET}, "line 2: key 'spans' is missing"),
        ({"note_id": "b", "text": SECRET, "spans": {}}, "line 2: spans must be a list"),
        ({"note_id": "b", "text": SECRET, "spans": [3]}, r"line 2: spans\[0\]: not a JSON object"),
        (with_span(start="0", end=1), r"spans\[0\]: start must be a whole number"),
        (with_span(start=3, end=1), r"spans\[0\]: \[3, 1\) is not a span"),
        (with_span(start=3, end=3), r"span \[3, 3\) does not fit a text of 12"),
        (with_span(start=3, end=99), r"span \[3, 99\) does not fit a text of 12"),
        (with_span(start=3, end=4, label=5), "label must be text"),
        (with_span(start=3, end=4, score="x"), "score must be a number"),
        (with_span(start=3, end=4, sources=[1]), "sources must be a list"),
    ],
)  # fmt: skip
def test_bad_jsonl(tmp_path, row, message):
    path = lines(tmp_path / "g.jsonl", {"note_id": "a", "text": "x", "spans": []}, row)
    with pytest.raises(InputError, match=message) as caught:
        read_gold(path, "jsonl")
    assert "g.jsonl" in str(caught.value)
    assert SECRET not in str(caught.value)


def test_not_utf8(tmp_path):
    path = tmp_path / "g.jsonl"
    path.write_bytes(b'{"note_id":"a","text":"caf\xe9","spans":[]}\n')
    with pytest.raises(InputError, match="line 1: not UTF-8 at byte 26 of the line"):
        read_gold(path)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda d: d / "absent.jsonl", "absent.jsonl: no such file"),
        (lambda d: d, "neither .*xml.* nor .*ann"),
        (lambda d: lines(d / "empty.jsonl"), "holds no notes"),
    ],
)
def test_nothing_to_read(tmp_path, make, message):
    with pytest.raises(InputError, match=message):
        read_gold(make(tmp_path))


def test_unknown_format(tmp_path):
    with pytest.raises(InputError, match="no such format 'conll'; there are auto, jsonl, i2b2"):
        read_gold(tmp_path, "conll")


I2B2 = """<?xml version="1.0" encoding="UTF-8" ?>
<deIdi2b2>
<TEXT><![CDATA[Seen by Dr. Ann Lee
on 3/4/2020.]]></TEXT>
<TAGS>
<NAME id="P0" start="12" end="19" text="Ann Lee" TYPE="DOCTOR" comment="" />
<DATE id="P1" start="23" end="31" text="3/4/2020" TYPE="DATE" comment="" />
<LOCATION id="P2" start="0" end="4" text="Seen" TYPE="LOCATION-OTHER" comment="" />
</TAGS>
</deIdi2b2>
"""


def test_i2b2_folder(tmp_path):
    (tmp_path / "110-02.xml").write_text(I2B2.replace("\n", "\r\n"), newline="")
    (tmp_path / "110-01.xml").write_text(I2B2)
    first, second = read_gold(tmp_path)
    assert (first.note_id, first.patient_id, second.note_id) == ("110-01", "110", "110-02")
    assert surfaces(first) == surfaces(second)
    assert surfaces(first) == [("Ann Lee", "DOCTOR"), ("3/4/2020", "DATE"), ("Seen", "LOCATION_OTHER")]
    assert surfaces(read_gold(tmp_path / "110-01.xml")[0]) == surfaces(first)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'start="12" end="19"',
            'start="13" end="20"',
            "tag P0: the annotation's own text is not the text at its offsets",
        ),
        ('start="12"', 'start="x"', "tag P0: start and end must be whole numbers"),
        ("</TAGS>", "", "line 10: not XML"),
        ("TEXT>", "BODY>", "has no TEXT element"),
    ],
)
def test_bad_i2b2(tmp_path, old, new, message):
    (tmp_path / "a.xml").write_text(I2B2.replace(old, new))
    with pytest.raises(InputError, match=message) as caught:
        read_gold(tmp_path)
    assert "a.xml" in str(caught.value) and "Ann" not in str(caught.value)


def brat(tmp_path, annotations, text=TEXT):
    (tmp_path / "a.txt").write_text(text, newline="")
    (tmp_path / "a.ann").write_text(annotations)
    return tmp_path


def test_brat(tmp_path):
    folder = brat(
        tmp_path,
        "T1\tDoctor 12 15;16 19\tAnn Lee\nT2\tDate 23 31\t3/4/2020\n"
        "#1\tAnnotatorNotes T1\tsure\nR1\tOn Arg1:T1 Arg2:T2\n",
    )
    [note] = read_gold(folder)
    assert note.note_id == "a"
    assert surfaces(note) == [("Ann", "DOCTOR"), ("Lee", "DOCTOR"), ("3/4/2020", "DATE")]
    assert read_predictions(folder / "a.ann") == {"a": list(note.spans)}
    assert read_gold(folder / "a.txt") == [note]


def test_brat_counts_crlf_and_breaks_inside_annotations(tmp_path):
    folder = brat(tmp_path, "T1\tPERSON 13 21\tAnn  Lee\n", "Seen by Dr.\r\nAnn\r\nLee")
    assert surfaces(read_gold(folder)[0]) == [("Ann\r\nLee", "PATIENT")]


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        ("T1\tDATE 3 9\tAnn Lee\n", "a.ann: line 1: the annotation's own text"),
        ("\nT1\tDATE 3\tAnn Lee\n", "a.ann: line 2: not `T1<tab>LABEL start end<tab>text`"),
        ("T1 DATE 3 9\n", "a.ann: line 1: not"),
        ("T1\tDATE 3 999\n", r"span \[3, 999\) does not fit"),
    ],
)
def test_bad_brat(tmp_path, annotations, message):
    with pytest.raises(InputError, match=message) as caught:
        read_gold(brat(tmp_path, annotations))
    assert "Ann" not in str(caught.value)


def test_brat_without_its_text(tmp_path):
    (tmp_path / "a.ann").write_text("")
    with pytest.raises(InputError, match=r"a\.txt: cannot be read: No such file"):
        read_gold(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        {"id": 3, "text": TEXT, "label": [[12, 19, "STAFF"], [23, 31, "DATE"]]},
        {"id": 3, "text": TEXT, "labels": [[12, 19, "Provider Name"], [23, 31, "date-time"]]},
        {
            "id": 3,
            "text": TEXT,
            "entities": [
                {"id": 1, "label": "HCW", "start_offset": 12, "end_offset": 19},
                {"id": 2, "label": "DATE", "start_offset": 23, "end_offset": 31},
            ],
            "relations": [],
        },
    ],
)
def test_doccano(tmp_path, row):
    [note] = read_gold(lines(tmp_path / "d.jsonl", row))
    assert note.note_id == "3"
    assert surfaces(note) == [("Ann Lee", "DOCTOR"), ("3/4/2020", "DATE")]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"id": 1, "text": SECRET, "label": [[0, 3]]}, r"line 1: label\[0\]: not \[start, end, tag\]"),
        ({"id": 1, "text": SECRET, "entities": [{"label": "DATE"}]}, r"entities\[0\]: key 'start_offset' is missing"),
        ({"text": SECRET, "label": []}, "line 1: key 'id' is missing"),
    ],
)
def test_bad_doccano(tmp_path, row, message):
    with pytest.raises(InputError, match=message):
        read_gold(lines(tmp_path / "d.jsonl", row), "doccano")


def region(start, end, text, label):
    return {"type": "labels", "from_name": "label", "to_name": "text",
            "value": {"start": start, "end": end, "text": text, "labels": [label]}}  # fmt: skip


def test_label_studio(tmp_path):
    tasks = [
        {
            "id": 1,
            "data": {"text": TEXT, "note_id": "n1", "patient_id": 4, "note_type": "Letter"},
            "annotations": [
                {"result": [region(0, 4, "Seen", "DATE")], "was_cancelled": False},
                {"result": [region(12, 19, "Ann Lee", "DOCTOR"), {"type": "choices", "value": {"choices": ["ok"]}}]},
                {"result": [region(0, 4, "Seen", "DATE")], "was_cancelled": True},
            ],
        },
        # In a browser the emoji counts for two: 🙂 is one code point and two UTF-16 units.
        {"id": 2, "data": {"text": "🙂 Ann Lee"}, "annotations": [{"result": [region(3, 10, "Ann Lee", "PATIENT")]}]},
        {"id": 3, "data": {"text": "🙂 Ann Lee"}, "annotations": [{"result": [region(2, 9, "Ann Lee", "PATIENT")]}]},
        {"id": 4, "data": {"text": TEXT}, "annotations": [],
         "predictions": [{"result": [region(23, 31, "3/4/2020", "DATE")]}]},
        {"id": 5, "text": TEXT, "label": [{"start": 12, "end": 19, "text": "Ann Lee", "labels": ["Name"]}]},
        {"id": 6, "text": TEXT},
    ]  # fmt: skip
    (tmp_path / "ls.json").write_text(json.dumps(tasks))
    notes = read_gold(tmp_path / "ls.json")
    assert [note.note_id for note in notes] == ["n1", "2", "3", "4", "5", "6"]
    assert (notes[0].patient_id, notes[0].note_type) == ("4", "Letter")
    assert [surfaces(note) for note in notes] == [
        [("Ann Lee", "DOCTOR")], [("Ann Lee", "PATIENT")], [("Ann Lee", "PATIENT")], [("3/4/2020", "DATE")],
        [("Ann Lee", "PATIENT")], [],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "line 1: not JSON"),
        ("{}", "not a list of tasks"),
        ("[1]", r"task \[0\]: not a JSON object"),
        ('[{"id": 1, "data": {"text": 5}}]', r"task \[0\]: text must be text"),
        (json.dumps([{"id": 1, "data": {"text": TEXT}, "annotations": [{"result": [region(0, 7, "Ann Lee", "X")]}]}]),
         r"task \[0\]: result \[0\]: the annotation's own text"),
    ],
)  # fmt: skip
def test_bad_label_studio(tmp_path, content, message):
    (tmp_path / "ls.json").write_text(content)
    with pytest.raises(InputError, match=message) as caught:
        read_gold(tmp_path / "ls.json")
    assert "Ann" not in str(caught.value)


@pytest.mark.parametrize(
    ("tag", "label"),
    [
        ("PATIENT", "PATIENT"), ("Location-Other", "LOCATION_OTHER"), ("date time", "DATE"), ("PER", "PATIENT"),
        ("US_SSN", "SSN"), ("Phone.Number", "PHONE"), ("PHI", "PHI"), ("Weather", "WEATHER"),
    ],
)  # fmt: skip
def test_crosswalk(tag, label):
    assert our_label(tag) == label


def test_crosswalk_names_only_our_labels_and_none_of_them_twice():
    assert all(our_label(label) == label for label in LABELS)
    with pytest.raises(ConfigError) as caught:
        build_table({"a": {"X": "DATE", "Y": "NOPE"}, "b": {"X": "CITY"}})
    assert caught.value.problems == ["a.Y: NOPE is not a label", "b.X: CITY, but another scheme says DATE"]
