"""Overlaps, priorities and the union of sources, in tables a person can read."""

import pytest

from deid_spark.labels import PROTECTED
from deid_spark.merge import merge
from deid_spark.spans import Span

TEXT = "Dr. Ann Lee-Brown of Mercy, seen 3/4, pain 8/10."


def span(surface: str, label: str, score: float = 0.9, source: str = "s") -> Span:
    start = TEXT.index(surface)
    return Span(start, start + len(surface), label, score, (source,))


CASES = [
    ("nothing", [], []),
    ("one span", [span("3/4", "DATE")], [span("3/4", "DATE")]),
    (
        "same extent, same label: sources are united, the score is the higher",
        [span("3/4", "DATE", 0.6, "a"), span("3/4", "DATE", 0.9, "b")],
        [Span(33, 36, "DATE", 0.9, ("a", "b"))],
    ),
    (
        "same label, overlapping: the union",
        [span("Ann Lee", "DOCTOR", 0.9, "a"), span("Lee-Brown", "DOCTOR", 0.8, "b")],
        [Span(4, 17, "DOCTOR", 0.9, ("a", "b"))],
    ),
    (
        "other label, overlapping: the higher score wins and the rest of the loser stays",
        [span("Lee-Brown of Mercy", "HOSPITAL", 0.7), span("Ann Lee", "DOCTOR", 0.9)],
        [Span(4, 11, "DOCTOR", 0.9, ("s",)), Span(11, 26, "HOSPITAL", 0.7, ("s",))],
    ),
    (
        "what is left of a loser without letters is dropped",
        [span("3/4,", "IDNUM", 0.5), span("3/4", "DATE")],
        [span("3/4", "DATE")],
    ),
    ("protected text drops weaker spans", [span("8/10", "DATE", 0.6), span("8/10", PROTECTED, 0.8)], []),
    (
        "protected text gives way to stronger spans",
        [span("3/4", "DATE", 0.95), span("3/4", PROTECTED, 0.8)],
        [span("3/4", "DATE", 0.95)],
    ),
    (
        "protected text does not cut a span that reaches beyond it",
        [span("3/4, pain", "ORGANIZATION", 0.6), span("3/4", PROTECTED, 0.8)],
        [span("3/4, pain", "ORGANIZATION", 0.6)],
    ),
    ("separators at the edges are cut off", [span("3/4, ", "DATE")], [span("3/4", "DATE")]),
    (
        "parts of a name join over a space",
        [span("Ann", "DOCTOR", 0.9, "a"), span("Lee-Brown", "DOCTOR", 0.8, "b")],
        [Span(4, 17, "DOCTOR", 0.9, ("a", "b"))],
    ),
]


@pytest.mark.parametrize(("_why", "spans", "expected"), CASES, ids=[c[0] for c in CASES])
def test_merge(_why, spans, expected):
    assert merge(TEXT, spans) == expected
    assert merge(TEXT, reversed(spans)) == expected
