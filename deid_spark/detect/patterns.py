"""Finds identifiers that have a shape: dates, phones, numbers with their cue words, addresses.

The patterns are data (`deid_spark/data/patterns`, grammar in `pattern_files.py`). One Hyperscan pass over the UTF-8
bytes says where each pattern may match; Python's `re` then runs only there, with its lookarounds seeing the whole text.
Where Hyperscan has no wheel, `re` runs over the whole text: slower, with the same spans
(`tests/property/test_pattern_engines.py`).

Why they are the same: a pattern's Hyperscan expression is the pattern less its lookarounds, so every `re` match is a
Hyperscan match, and lies inside one cluster (a union of overlapping Hyperscan matches). Where the file gives a smaller
trigger, every `re` match lies within `reach` characters of a hit's end, and that is the cluster; or it begins where a
word begins that ends in a hit. Lookaheads are shorter than `WINDOW`, so a search that sees `WINDOW` characters past its
cluster decides as one that sees all.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Any, Literal

from deid_spark.detect.check_text import has_cue
from deid_spark.detect.pattern_files import Pattern, load_patterns
from deid_spark.spans import Span

try:
    import hyperscan
except ImportError:  # no wheel for this platform
    hyperscan = None  # type: ignore[assignment]

Engine = Literal["auto", "hyperscan", "re"]
WINDOW = 128
FIRST_WORD = 20  # the longest first word
# Compile time grows faster than the number of triggers, scan time does not: small databases compile in half the time.
IN_ONE_DATABASE = 24
_WORD_START = re.compile(r"\b\w", re.ASCII)
_SURROGATES = re.compile("[\ud800-\udfff]")

Cluster = tuple[int, int]


class PatternDetector:
    """Spans of all shipped patterns. Immutable and safe to share between threads.

    `engine`: "auto" takes Hyperscan where it is installed. `families`: names of pattern files (default: all).
    """

    def __init__(self, engine: Engine = "auto", families: tuple[str, ...] | None = None):
        if engine not in ("auto", "hyperscan", "re"):
            raise ValueError(f"engine must be auto, hyperscan or re, got {engine!r}")
        if engine == "hyperscan" and hyperscan is None:
            raise ValueError("engine hyperscan is not installed on this platform; use auto or re")
        self.engine = "re" if engine == "re" or hyperscan is None else "hyperscan"
        self.families = None if families is None else tuple(sorted(families))
        self.patterns = load_patterns(self.families)
        self._automaton = _automaton(self.families) if self.engine == "hyperscan" else None

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits over everything that the patterns say; the engine is not part of it, its spans are the same."""
        said = [
            (
                p.id,
                p.regex.pattern,
                p.regex.flags,
                p.score,
                getattr(p.check, "__name__", ""),
                sorted(p.cues or ()),
                p.emits,
            )
            for p in self.patterns
        ]
        return hashlib.sha256(repr(said).encode()).hexdigest()[:16]

    def detect(self, text: str) -> list[Span]:
        """Spans by start, end and pattern; they may overlap, and PROTECTED ones are among them."""
        found: list[Span] = []
        if self._automaton is None:
            for pattern in self.patterns:
                for match in pattern.regex.finditer(text):
                    _emit(pattern, match, found)
        else:
            for pattern, clusters in self._automaton.clusters(text):
                find = _matches_at if pattern.by_first_word else _matches_in
                for match in find(pattern.regex, text, clusters):
                    _emit(pattern, match, found)
        found.sort()
        return found


def _emit(pattern: Pattern, match: re.Match[str], found: list[Span]) -> None:
    if pattern.cues is not None and not has_cue(match, pattern.cues):
        return
    score = pattern.score
    if pattern.check is not None:
        score = pattern.check(match, score)
        if score <= 0:
            return
    sources = ("pattern:" + pattern.id,)
    for group, label in pattern.emits:
        start, end = match.span(group)
        if start < end:
            found.append(Span(start, end, label, score, sources))


def _matches_in(regex: re.Pattern[str], text: str, clusters: list[Cluster]) -> Iterator[re.Match[str]]:
    """The matches that `finditer` over the whole text would give, all of which lie inside the clusters."""
    for start, stop in clusters:
        limit = min(stop + WINDOW, len(text))
        while start < stop:
            match = regex.search(text, start, limit)
            if match is not None and match.end() == limit < len(text):
                limit = len(text)  # the window's end may have looked like the text's end: search again, seeing all
                continue
            if match is None or match.start() >= stop:
                break
            yield match
            start = match.end()


def _matches_at(regex: re.Pattern[str], text: str, clusters: list[Cluster]) -> Iterator[re.Match[str]]:
    """The matches that `finditer` over the whole text would give, all of which begin at a first word's beginning."""
    position = 0
    for _, end in clusters:
        for word in _WORD_START.finditer(text, max(position, end - FIRST_WORD), end):
            if word.start() < position:
                continue
            position = word.start() + 1
            match = regex.match(text, word.start())
            if match is not None:
                yield match
                position = match.end()


class _Automaton:
    """Compiled Hyperscan databases of triggers, with one scratch space a thread. Patterns may share a trigger."""

    def __init__(self, patterns: tuple[Pattern, ...]):
        sharing: dict[tuple[str, int], list[Pattern]] = {}
        for pattern in patterns:
            sharing.setdefault((pattern.trigger, _flags(pattern)), []).append(pattern)
        self._patterns = list(sharing.values())
        self._ends_only = [not _flags(group[0]) & hyperscan.HS_FLAG_SOM_LEFTMOST for group in self._patterns]
        numbered = list(enumerate(sharing))
        self._databases = [
            _compile(numbered[at : at + IN_ONE_DATABASE]) for at in range(0, len(numbered), IN_ONE_DATABASE)
        ]
        self._local = threading.local()

    def clusters(self, text: str) -> Iterator[tuple[Pattern, list[Cluster]]]:
        """(pattern, its clusters in code points, disjoint and rising), for each pattern whose trigger hits."""
        ascii_only = text.isascii()
        data = (text if ascii_only else _SURROGATES.sub("\ufffd", text)).encode("utf-8")
        by_trigger = self._scan(data)
        if not ascii_only:
            by_trigger = _to_code_points(data, by_trigger)
        for number, clusters in by_trigger.items():
            for pattern in self._patterns[number]:
                yield pattern, clusters if pattern.reach is None else _around(clusters, pattern.reach, len(text))

    def _scan(self, data: bytes) -> dict[int, list[Cluster]]:
        """Byte clusters by trigger; where only ends are known, both offsets are the end.

        Hits arrive by end, so merging with the last ones keeps memory at the clusters'.
        """
        by_trigger: dict[int, list[Cluster]] = {}
        ends_only = self._ends_only

        def on_match(number: int, start: int, end: int, _flags: int, _context: Any) -> None:
            if ends_only[number]:
                start = end
            clusters = by_trigger.get(number)
            if clusters is None:
                by_trigger[number] = [(start, end)]
                return
            while clusters and clusters[-1][1] > start:
                start = min(start, clusters.pop()[0])
            clusters.append((start, end))

        for database, scratch in zip(self._databases, self._scratches(), strict=True):
            database.scan(data, match_event_handler=on_match, scratch=scratch)
        return by_trigger

    def _scratches(self) -> list[Any]:
        scratches = getattr(self._local, "scratches", None)
        if scratches is None:
            scratches = self._local.scratches = [hyperscan.Scratch(database) for database in self._databases]
        return scratches


def _compile(numbered: list[tuple[int, tuple[str, int]]]) -> Any:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[trigger.encode("utf-8") for _, (trigger, _) in numbered],
        ids=[number for number, _ in numbered],
        elements=len(numbered),
        flags=[flags for _, (_, flags) in numbered],
    )
    return database


def _flags(pattern: Pattern) -> int:
    flags = hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_MULTILINE
    if pattern.reach is None and not pattern.by_first_word:
        flags |= hyperscan.HS_FLAG_SOM_LEFTMOST
    return flags | (hyperscan.HS_FLAG_CASELESS if pattern.caseless else 0)


def _around(ends: list[Cluster], reach: tuple[int, int], length: int) -> list[Cluster]:
    """What lies `reach` (before, after) around the ends of hits; pieces that overlap are merged."""
    pieces: list[Cluster] = []
    for _, end in ends:
        start, stop = max(0, end - reach[0]), min(length, end + reach[1])
        if pieces and pieces[-1][1] > start:
            pieces[-1] = (pieces[-1][0], stop)
        else:
            pieces.append((start, stop))
    return pieces


def _to_code_points(data: bytes, by_trigger: dict[int, list[Cluster]]) -> dict[int, list[Cluster]]:
    """Byte clusters to code-point clusters, in one walk over the bytes between their ends."""
    offsets = sorted({offset for clusters in by_trigger.values() for cluster in clusters for offset in cluster})
    code_points: dict[int, int] = {}
    at_byte = at_point = 0
    for offset in offsets:
        at_point += len(data[at_byte:offset].decode("utf-8"))
        at_byte = offset
        code_points[offset] = at_point
    return {
        number: [(code_points[start], code_points[stop]) for start, stop in clusters]
        for number, clusters in by_trigger.items()
    }


@lru_cache(maxsize=8)
def _automaton(families: tuple[str, ...] | None) -> _Automaton:
    """Compiled once a process."""
    return _Automaton(load_patterns(families))
