"""Scores: the definitions on a note that can be counted by hand, and figures of the reference scorer on made notes."""

from __future__ import annotations

import csv
import json
import random

import pytest

from deid_spark.detect.lexicon_flags import Known
from deid_spark.errors import InputError
from deid_spark.evaluate import GoldNote, evaluate
from deid_spark.evaluate.cover import Cover, in_hipaa_scope
from deid_spark.evaluate.intervals import Pair, bootstrap_f1, wilson
from deid_spark.evaluate.page import MAX_FINDINGS, write_page
from deid_spark.evaluate.report import as_dict, number, write_findings
from deid_spark.spans import Span

TEXT = "Dr. Ann Lee, 45, saw Bob Ray of Ohio in 2019 on 3/4/2020. Aspirin."


def at(words: str, label: str, text: str = TEXT) -> Span:
    start = text.index(words)
    return Span(start, start + len(words), label)


GOLD = GoldNote(
    "n1",
    TEXT,
    (
        at("Ann Lee", "DOCTOR"), at("45", "AGE"), at("Bob Ray", "PATIENT"), at("Ohio", "STATE"), at("2019", "DATE"),
        at("3/4/2020", "DATE"),
    ),
    "Letter",
)  # fmt: skip
# Ann Lee in two spans, half of Bob Ray, Ohio, a date with its full stop, and a drug that is no identifier.
PREDICTED = [
    at("Ann", "DOCTOR"), at("Lee,", "DOCTOR"), at("Bob", "DOCTOR"), at("Ohio", "STATE"), at("3/4/2020.", "DATE"),
    at("Aspirin", "PATIENT"),
]  # fmt: skip
LEXICON = {"aspirin": int(Known.DRUG), "saw": int(Known.WORD), "lee": int(Known.EPONYM)}


@pytest.fixture(scope="module")
def result():
    return evaluate([GOLD], {"n1": PREDICTED}, lexicon_words=LEXICON)


def test_counts_by_hand(result):
    every, hipaa = result.scopes["all"], result.scopes["hipaa"]
    # PHI words: Ann Lee 45 Bob Ray Ohio 2019 3 4 2020; found: Ann Lee Bob Ohio 3 4 2020; Aspirin is a false alarm
    assert every.tokens == Pair(7, 10, 7, 8)
    assert every.strict == Pair(3, 6, 5, 6)  # Ann Lee, Ohio, 3/4/2020
    assert every.partial == Pair(4, 6, 5, 6)  # and Bob Ray
    assert every.typed == Pair(3, 6, 4, 6)  # Bob was called a doctor
    assert every.exact == Pair(1, 6, 1, 6)  # Ohio
    # Ohio, 45 and 2019 are left out of the hipaa scope: as gold, as words and as predictions
    assert hipaa.tokens == Pair(6, 7, 6, 7)
    assert hipaa.strict == Pair(2, 3, 4, 5)
    assert hipaa.partial == Pair(3, 3, 4, 5)


def test_by_label_and_type(result):
    patient, date = result.labels["PATIENT"], result.labels["DATE"]
    assert patient.strict == Pair(0, 1, 0, 1) and patient.partial == Pair(1, 1, 0, 1)
    assert patient.tokens == Pair(1, 2, 0, 1)
    assert date.strict == Pair(1, 2, 1, 1)
    assert (result.label_hipaa["DATE"].hits, result.label_hipaa["DATE"].total) == (1, 1)
    assert "STATE" not in result.label_hipaa
    assert list(result.labels) == ["DATE", "AGE", "DOCTOR", "PATIENT", "STATE"]
    assert result.note_types["Letter"].tokens == result.scopes["all"].tokens
    assert dict(result.confusions) == {("PATIENT", "DOCTOR"): 1}


def test_findings(result):
    found = {(f.kind, f.text, f.label, f.in_hipaa_scope) for f in result.findings}
    assert found == {
        ("missed", "45", "AGE", False),
        ("partial", "Bob Ray", "PATIENT", True),
        ("missed", "2019", "DATE", False),
        ("false_alarm", "Aspirin", "PATIENT", True),
        ("over_redacted", "Aspirin", "PATIENT", True),
    }
    for f in result.findings:
        assert TEXT.endswith(f.before + f.text + f.after) or f.before + f.text + f.after in TEXT


def test_over_redaction_counts_only_clinical_words_that_are_not_gold(result):
    assert result.words == 14
    assert result.safe_words == (1, 1)  # Aspirin; Lee is gold, `saw` is not clinical
    assert result.over_redaction_per_1000 == pytest.approx(1000 / 14)
    assert result.false_alarms_per_1000 == pytest.approx(1000 / 14)
    assert evaluate([GOLD], {"n1": PREDICTED}).over_redaction_per_1000 is None


@pytest.mark.parametrize(
    ("label", "surface", "expected"),
    [
        ("AGE", "92", True), ("AGE", "89", False), ("AGE", "90", True), ("AGE", "ninety-two", True),
        ("AGE", "Ninety", True), ("AGE", "six", False), ("AGE", "a hundred", True), ("AGE", "80s", False),
        ("DATE", "1987", False), ("DATE", "(2019)", False), ("DATE", "May 2019", True), ("DATE", "1787", True),
        ("DATE", "'19", True), ("STATE", "Ohio", False), ("COUNTRY", "Chad", False), ("PROFESSION", "welder", False),
        ("ORGANIZATION", "Acme", True), ("date", "1999", False), ("ZIP", "2019", True),
    ],
)  # fmt: skip
def test_hipaa_scope(label, surface, expected):
    assert in_hipaa_scope(label, surface) is expected


def test_cover_merges_and_ignores_punctuation():
    cover = Cover([(5, 8), (0, 3), (2, 4), (9, 9)])
    assert [cover.overlap(0, 10), cover.overlap(4, 5), cover.overlap(3, 6), cover.touches(8, 10)] == [7, 0, 2, False]
    assert cover.covers("abcd.efg", 0, 8)
    assert not cover.covers("abcdxefg", 0, 8)


# What the reference scorer prints for `made_notes()`; run on the same notes as JSONL.
REFERENCE = {
    "all": (
        349,
        0.5415472779369628,
        0.7132075471698113,
        0.6156351791530945,
        156,
        0.4358974358974359,
        0.6217948717948718,
        134,
        0.7611940298507462,
    ),
    "hipaa": (
        236,
        0.5169491525423728,
        0.6161616161616161,
        0.5622119815668203,
        102,
        0.39215686274509803,
        0.5980392156862745,
        97,
        0.6701030927835051,
    ),
}


def made_notes() -> tuple[list[GoldNote], dict[str, list[Span]]]:
    """Notes with random gold and predictions: nested, touching, overlapping, empty and missing ones."""
    draw = random.Random(20)
    vocabulary = "Ann Lee 2019 45 92 Ohio of saw 3/4/20 x-ray nurse Mary's MRN:99-1 é Bob, ok. ninety"
    labels = ["PATIENT", "AGE", "DATE", "STATE", "PROFESSION", "IDNUM", "CITY"]
    notes, predicted = [], {}
    for index in range(25):
        text = " ".join(draw.choices(vocabulary.split(), k=60))
        spans = []
        for _ in range(draw.randint(0, 12)):
            start = draw.randrange(len(text) - 15)
            spans.append(Span(start, start + draw.randint(1, 14), draw.choice(labels)))
        notes.append(GoldNote(f"n{index}", text, tuple(spans)))
        if index % 6:
            moved = [s._replace(start=max(0, s.start + draw.randint(-3, 3))) for s in spans if draw.random() < 0.7]
            start = draw.randrange(len(text) - 15)
            extra = [Span(start, start + draw.randint(0, 14), "DATE") for _ in range(3)]
            predicted[f"n{index}"] = [s for s in [*moved, *extra] if s.start <= s.end]
    return notes, predicted


@pytest.mark.parametrize("scope", ["all", "hipaa"])
def test_agrees_with_the_reference_scorer(scope):
    notes, predicted = made_notes()
    scores = evaluate(notes, predicted).scopes[scope]
    token, strict = scores.tokens, scores.strict
    figures = (
        token.gold, token.recall.value, token.precision.value, token.f1, strict.gold, strict.recall.value,
        scores.partial.recall.value, strict.predicted, strict.precision.value,
    )  # fmt: skip
    assert figures == pytest.approx(REFERENCE[scope], abs=1e-12)


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718),
     (29, 29, 0.8830, 1.0)],
)  # fmt: skip
def test_wilson(hits, total, low, high):
    # The first four are the examples of Newcombe, Stat Med 1998;17:857-872, table I, method 3.
    assert wilson(hits, total) == pytest.approx((low, high), abs=1e-4)
    assert wilson(0, 0) is None


def test_bootstrap_is_seeded_and_holds_the_estimate():
    rows = [(found, 10, found, 9) for found in (3, 5, 6, 7, 8, 9, 4, 6, 7, 5)]
    low, high = bootstrap_f1(rows, seed=1)
    assert bootstrap_f1(rows, seed=1) == (low, high) != bootstrap_f1(rows, seed=2)
    assert low < Pair(60, 100, 60, 90).f1 < high
    assert bootstrap_f1([(5, 5, 5, 5)] * 4, seed=0) == (1.0, 1.0)
    assert bootstrap_f1([(0, 0, 0, 0)] * 4, seed=0) is None
    assert bootstrap_f1([], seed=0) is None


def test_f1_at_the_edges():
    assert Pair(0, 0, 0, 0).f1 is None
    assert Pair(0, 5, 0, 0).f1 == 0.0
    assert Pair(0, 0, 0, 5).f1 == 0.0
    assert Pair(5, 5, 5, 5).f1 == 1.0


def test_note_without_identifiers_has_no_recall():
    scores = evaluate([GoldNote("a", "no identifiers here", ())], {}).scopes["all"]
    assert scores.tokens.recall.value is None and scores.tokens.recall.interval is None
    assert number(None) == "–"
    assert number(0.5, wilson(5, 10)) == "0.500 [0.237, 0.763]"


def test_gold_against_itself_is_perfect():
    result = evaluate([GOLD], {"n1": list(GOLD.spans)})
    for scores in result.scopes.values():
        assert scores.tokens.f1 == scores.strict.f1 == scores.typed.f1 == scores.exact.f1 == 1.0
    assert result.findings == []


@pytest.mark.parametrize(
    ("predicted", "message"),
    [
        ({"n2": []}, "predictions for 1 notes that the gold file lacks, the first is 'n2'"),
        ({"n1": [Span(60, 90, "DATE")]}, r"note n1: predicted DATE span \[60, 90\) does not fit a text of 66"),
    ],
)
def test_predictions_that_do_not_fit(predicted, message):
    with pytest.raises(InputError, match=message):
        evaluate([GOLD], predicted)


def test_json_holds_no_note_text(result):
    printed = json.dumps(as_dict(result), allow_nan=False)
    assert json.loads(printed)["all"]["tok_recall"] == 0.7
    assert json.loads(printed)["labels"]["DATE"]["hipaa_recall"] == 1.0
    assert not any(word in printed for word in ("Ann", "Bob", "Aspirin", "3/4"))


def test_findings_as_csv_and_jsonl(result, tmp_path):
    write_findings(tmp_path / "f.csv", result.findings)
    write_findings(tmp_path / "f.jsonl", result.findings)
    with (tmp_path / "f.csv").open(newline="") as file:
        from_csv = [(row["kind"], row["text"], int(row["start"])) for row in csv.DictReader(file)]
    from_jsonl = [json.loads(line) for line in (tmp_path / "f.jsonl").read_text().splitlines()]
    assert from_csv == [(row["kind"], row["text"], row["start"]) for row in from_jsonl]
    assert len(from_csv) == 5
    with pytest.raises(InputError, match=r"written as \.csv or \.jsonl"):
        write_findings(tmp_path / "f.txt", [])


def test_page_is_self_contained_escaped_and_warns(tmp_path):
    text = "Seen by <script>alert(1)</script> & Mary"
    note = GoldNote("x<1>", text, (at("Mary", "PATIENT", text),))
    write_page(tmp_path / "e.html", evaluate([note], {"x<1>": [at("<script>alert", "DATE", text)]}), "a & b")
    page = (tmp_path / "e.html").read_text()
    assert "This page holds note text." in page and "secure zone" in page
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page and "x&lt;1&gt;" in page
    assert "http" not in page.replace("http-equiv", "") and "src=" not in page


def test_page_of_many_findings_keeps_some_of_each_kind(tmp_path):
    text = "word " * 5000
    predicted = [Span(i * 5, i * 5 + 4, "DATE") for i in range(4000)]
    note = GoldNote("n", text, (Span(24000, 24004, "CITY"),))
    write_page(tmp_path / "e.html", evaluate([note], {"n": predicted}))
    page = (tmp_path / "e.html").read_text()
    assert 0 < page.count('data-kind="false_alarm"') < MAX_FINDINGS
    assert page.count('data-kind="missed"') == 1
    assert "of 4,001 are shown here" in page
