"""Both engines give the same spans on any text: Hyperscan is a faster way to the same result, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deid_spark.detect import patterns
from deid_spark.detect.pattern_files import Pattern, load_patterns, lookarounds
from deid_spark.detect.patterns import PatternDetector
from deid_spark.labels import LABELS, PROTECTED

pytestmark = pytest.mark.skipif(patterns.hyperscan is None, reason="hyperscan has no wheel for this platform")

_EXAMPLES = sorted(
    {
        example.replace("[[", "").replace("]]", "")
        for pattern in load_patterns()
        for example in (*pattern.examples, *pattern.near_misses)
    }
)
_GLUE = st.sampled_from(
    ["", " ", "  ", "\n", ", ", ". ", "; ", ": ", "#", "-", "/", "\t", "é", " – ", "🙂 ", "\u00a0", "("]
)
_CLINICAL = st.one_of(
    st.sampled_from(_EXAMPLES),
    st.text(alphabet="0123456789/-.: #()xAMPFamd", min_size=1, max_size=14),
    st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=6),
    st.sampled_from(
        [
            "Zoë Ångström",
            "mother",
            "MRN",
            "lives at",
            "Dr.",
            "since",
            "strength",
            "fax",
            "Müller–Weiß",
            "病人",
            "İ",
            "ſ",
        ]
    ),
)


@st.composite
def clinical_text(draw: st.DrawFn) -> str:
    """Pieces of patterns' own examples, cut and glued at random, among other text."""
    pieces = []
    for piece in draw(st.lists(_CLINICAL, min_size=1, max_size=8)):
        start = draw(st.integers(0, max(0, len(piece) // 2)))
        pieces.append(piece[start:] if draw(st.booleans()) else piece)
        pieces.append(draw(_GLUE))
    return "".join(pieces)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(clinical_text())
def test_engines_agree(text: str) -> None:
    assert PatternDetector("hyperscan").detect(text) == PatternDetector("re").detect(text)


def test_engines_agree_on_all_examples_as_one_long_note() -> None:
    note = "\n".join(f"{example} Größe 🙂." if number % 3 else example for number, example in enumerate(_EXAMPLES))
    assert PatternDetector("hyperscan").detect(note) == PatternDetector("re").detect(note)


# Texts drawn from a regex seldom satisfy what it asks of the text beside it.
_DRAWABLE = [
    p for p in load_patterns() if not any(look.startswith(("(?=", "(?<=")) for look in lookarounds(p.regex.pattern))
]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(_DRAWABLE), st.data())
def test_triggers_and_leads_miss_no_match(pattern: Pattern, data: st.DataObject) -> None:
    """Odd texts that a regex matches, such as no example holds: its trigger and lead must point at them too."""
    before, after = (
        data.draw(st.sampled_from(["", " ", "\n", "é ", "on "])),
        data.draw(st.sampled_from(["", " ", ". A"])),
    )
    text = before + data.draw(st.from_regex(pattern.regex, fullmatch=True)) + after
    assert PatternDetector("hyperscan").detect(text) == PatternDetector("re").detect(text)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(clinical_text())
def test_spans_fit_the_text_and_come_in_order(text: str) -> None:
    spans = PatternDetector("auto").detect(text)
    assert spans == sorted(spans)
    for start, end, label, score, sources in spans:
        assert 0 <= start < end <= len(text)
        assert label in LABELS or label == PROTECTED
        assert 0 < score <= 1
        assert len(sources) == 1 and sources[0].startswith("pattern:")
