"""The gate passes what is unexplained, and only that."""

from __future__ import annotations

import pytest

from deid_spark.detect.gate import _WINDOW_CHARS, passages
from deid_spark.detect.patterns import PatternDetector
from deid_spark.detect.scene import survey
from deid_spark.detect.tokens import Document
from deid_spark.detect.words import Vocabulary
from deid_spark.spans import Span

TEXT = "Lungs are clear. Seen by Zorblatt today. BP 120/80.\nCalled 617-555-0143.\nWife Quenby agrees."


@pytest.fixture(scope="module")
def scene():
    vocabulary = Vocabulary.load()
    return survey(Document(TEXT, vocabulary), vocabulary, PatternDetector().detect(TEXT))


def token(scene, word):
    return scene.doc.words.index(word)


def read(scene, probability, spans=(), is_open=False):
    return [TEXT[a:b].strip() for a, b in passages(scene, probability, spans, is_open)]


def test_a_sentence_with_a_doubtful_token_is_read_with_the_one_before(scene):
    assert read(scene, {token(scene, "Zorblatt"): 0.4}) == ["Lungs are clear. Seen by Zorblatt today."]


def test_what_lies_apart_is_read_apart(scene):
    doubt = {token(scene, "Lungs"): 0.4, token(scene, "Quenby"): 0.9}
    assert read(scene, doubt) == ["Lungs are clear.", "Called 617-555-0143.\nWife Quenby agrees."]


def test_what_is_unlikely_or_taken_by_a_sure_pattern_is_explained(scene):
    number = token(scene, "617")
    start = scene.doc.starts[number]
    sure = Span(start, start + 12, "PHONE", 0.95)
    assert read(scene, {token(scene, "Lungs"): 0.001, number: 0.9}, [sure]) == []
    assert read(scene, {number: 0.9}, [sure._replace(score=0.6)]) == ["BP 120/80.\nCalled 617-555-0143."]


def test_without_the_gate_everything_is_read(scene):
    assert "".join(TEXT[a:b] for a, b in passages(scene, {}, (), is_open=True)) == TEXT


def test_no_words_no_passages():
    vocabulary = Vocabulary.load()
    assert passages(survey(Document(" \n", vocabulary), vocabulary, []), {}, ()) == []


def test_a_long_run_is_cut():
    text = "Seen by Quenby Zorblatt of the unit today. " * 60
    vocabulary = Vocabulary.load()
    scene = survey(Document(text, vocabulary), vocabulary, [])
    found = passages(scene, dict.fromkeys(range(scene.doc.size), 0.5), ())
    assert len(found) > 1 and all(b - a <= _WINDOW_CHARS for a, b in found)
    assert "".join(text[a:b] for a, b in found) == text
