"""Every example and near-miss of every pattern file, through both engines; and the engine's own contract."""

from __future__ import annotations

import re
import re._parser as regex_parser  # type: ignore[import-not-found]

import pytest

from deid_spark.detect import patterns
from deid_spark.detect.pattern_files import (
    Pattern,
    expand,
    family_names,
    hyperscan_expression,
    load_patterns,
    lookarounds,
    parse_family,
)
from deid_spark.detect.patterns import WINDOW, PatternDetector
from deid_spark.errors import ConfigError
from deid_spark.spans import Span

ENGINES = ["re", pytest.param("hyperscan", marks=pytest.mark.skipif(patterns.hyperscan is None, reason="no wheel"))]
MARK = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)


def read_marks(marked: str) -> tuple[str, list[tuple[int, int]]]:
    """Text without `[[ ]]`, and where the marked parts stand in it."""
    text, spans, position = "", [], 0
    for match in MARK.finditer(marked):
        text += marked[position : match.start()]
        spans.append((len(text), len(text) + len(match.group(1))))
        text += match.group(1)
        position = match.end()
    return text + marked[position:], spans


def found_by(detector: PatternDetector, pattern: Pattern, text: str) -> list[tuple[int, int]]:
    return [(s.start, s.end) for s in detector.detect(text) if s.sources == (f"pattern:{pattern.id}",)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("family", family_names())
def test_examples_and_near_misses(family: str, engine: str) -> None:
    detector = PatternDetector(engine, (family,))
    wrong = []
    for pattern in detector.patterns:
        assert pattern.examples and pattern.near_misses, pattern.id
        for example in pattern.examples:
            text, expected = read_marks(example)
            assert expected, f"{pattern.id}: {example!r} marks nothing"
            found = found_by(detector, pattern, text)
            wrong += [f"{pattern.id}: {example!r}: {text[a:b]!r} not found" for a, b in expected if (a, b) not in found]
        for near_miss in pattern.near_misses:
            text, _ = read_marks(near_miss)
            wrong += [f"{pattern.id}: {near_miss!r}: {text[a:b]!r}" for a, b in found_by(detector, pattern, text)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("pattern", load_patterns(), ids=lambda pattern: pattern.id)
def test_windows_hold_every_match(pattern: Pattern) -> None:
    """What makes the engines equal: reach spans the longest match, and no lookahead sees past the window."""
    if pattern.reach is not None and pattern.lead is None:
        longest = regex_parser.parse(pattern.regex.pattern, pattern.regex.flags).getwidth()[1]
        assert pattern.reach[0] >= longest
    if pattern.reach is None and pattern.lead is not None:
        assert pattern.regex.pattern.startswith(r"\b")
    for look in lookarounds(pattern.regex.pattern):
        body = look[4:-1] if look.startswith("(?<") else look[3:-1]
        assert regex_parser.parse(body).getwidth()[1] < WINDOW


def test_offsets_count_code_points() -> None:
    text = "Zoë Ångström 🙂 – seen 3/4/2022, callback 606-555-0122 ✓"
    spans = PatternDetector("auto").detect(text)
    assert {text[s.start : s.end] for s in spans if s.label in ("DATE", "PHONE")} >= {"3/4/2022", "606-555-0122"}


def test_lone_surrogates_do_not_stop_detection() -> None:
    text = "bad \ud800 bytes, MRN 00482913"
    assert any(text[s.start : s.end] == "00482913" for s in PatternDetector("auto").detect(text))


def test_empty_text_has_no_spans() -> None:
    assert PatternDetector("auto").detect("") == []


def test_sources_name_the_pattern() -> None:
    (span,) = PatternDetector("auto", ("email",)).detect("to ann.lee@example.org")
    assert span == Span(3, 22, "EMAIL", 0.99, ("pattern:email_address",))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r"(?<!\d)\d{2}(?=[)(])", r"\d{2}"),
        (r"(?P<DATE>a(b)c)(?!x(?:y)\))d", r"(?:a(?:b)c)d"),
        (r"[(?=]a\(b", r"[(?=]a\(b"),
        (r"(?i:a)(?:b)", r"(?i:a)(?:b)"),
    ],
)
def test_hyperscan_expression_strips_lookarounds_and_names(source: str, expected: str) -> None:
    assert hyperscan_expression(source) == expected


def test_fragments_join_lines_and_nest() -> None:
    assert expand("a\n  {x}b", {"x": "{y}+", "y": "z"}) == "a(?:(?:z)+)b"


def test_all_problems_of_a_file_are_told_at_once() -> None:
    good = {"id": "a", "score": 0.5, "regex": "a", "examples": [], "near_misses": []}
    rows = [
        {**good, "regex": r"\d*x"},
        {**good, "id": "b", "regex": r"\d{2,}"},
        {**good, "id": "c", "score": 1.5},
        {**good, "id": "d", "verify": "unheard_of"},
        {**good, "id": "e", "colour": "red"},
        {**good, "id": "f", "regex": "{nope}"},
        {**good, "id": "g", "label": "NOBODY"},
        {**good, "id": "h", "regex": "x?"},
        {"id": "i"},
        {**good, "id": "j", "trigger": "a"},
    ]
    with pytest.raises(ConfigError) as caught:
        parse_family({"family": "t", "label": "DATE", "pattern": rows}, "t.toml")
    told = {problem.split(":")[0] for problem in caught.value.problems}
    assert told == set("abcdefghij")


def test_unknown_family_and_engine_are_errors() -> None:
    with pytest.raises(ConfigError, match="no such family 'faces'"):
        PatternDetector("re", ("faces",))
    with pytest.raises(ValueError, match="engine must be"):
        PatternDetector("perl")  # type: ignore[arg-type]
