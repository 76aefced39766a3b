"""Pieces, tokens, sentences and windows of the neural model's input."""

from __future__ import annotations

import pytest

from deid_spark.detect.ner import MAX_PIECES, _cut
from deid_spark.detect.sentences import sentences
from deid_spark.detect.wordpiece import WordPiece, tokens

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "seen", "un", "##seen", "jose", "2", "##4", "##7", "-"]


@pytest.fixture
def pieces():
    return WordPiece(VOCABULARY)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("seen", ["seen"]),
        ("UNSEEN", ["un", "##seen"]),
        ("José", ["jose"]),
        ("247", ["2", "##4", "##7"]),
        ("unknown", ["[UNK]"]),
        ("x" * 101, ["[UNK]"]),
        ("\u0301", ["[UNK]"]),
    ],
)
def test_longest_match_first_without_case_and_accents(pieces, word, expected):
    assert [VOCABULARY[n] for n in pieces[word]] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MRN:00482913", ["MRN", ":", "00482913"]),
        ("O'Neil-Smith's", ["O", "'", "Neil", "-", "Smith", "'", "s"]),
        ("72yo\tF_x 😀é", ["72", "yo", "F", "_", "x", "😀", "é"]),
        (" \n", []),
    ],
)
def test_tokens_with_exact_offsets(text, expected):
    assert [text[a:b] for a, b in tokens(text, 0, len(text))] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Seen today. Doing well.", ["Seen today. ", "Doing well."]),
        ("Seen by Dr. J. Rose. Home.", ["Seen by Dr. J. Rose. ", "Home."]),
        ("Name: Rose\n\nDOB: 3/4\n", ["Name: Rose\n\n", "DOB: 3/4\n"]),
        ("dose 2.5 mg. then rest", ["dose 2.5 mg. then rest"]),
        ("", []),
    ],
)
def test_sentences(text, expected):
    found = sentences(text)
    assert [text[a:b] for a, b in found] == expected
    assert "".join(text[a:b] for a, b in found) == text


@pytest.mark.parametrize("sizes", [[], [1], [1] * 400, [3] * 100, [MAX_PIECES] * 3, [150, 20, 1, 1, 150], [7] * 23])
def test_windows_fit_and_every_token_counts_once(sizes):
    spans = [(i, i + 1) for i in range(len(sizes))]
    windows = list(_cut(spans, [tuple(range(n)) for n in sizes]))
    counted = []
    for window in windows:
        assert 0 < len(window.pieces) <= MAX_PIECES
        first, last = window.keep
        assert 0 <= first < last <= len(window.spans) == len(window.firsts)
        counted += window.spans[first:last]
    assert counted == spans
