"""Finds identifiers that have a shape: dates, phones, numbers with their cue words, addresses.

The patterns are data (`deid_spark/data/patterns`, grammar in `pattern_files.py`). One Hyperscan pass over the UTF-8
bytes says where each pattern may match; Python's `re` then runs only there, with its lookarounds seeing the whole text.
Where Hyperscan has no wheel, `re` runs over the whole text: slower, with the same spans
(`tests/property/test_pattern_engines.py`).

Why they are the same: a pattern's Hyperscan expression is the pattern less its lookarounds, so every `re` match is a
Hyperscan match, and lies inside one cluster (a union of overlapping Hyperscan matches). Where the file gives a smaller
trigger, every `re` match lies within `reach` characters of a hit's end, and that is the cluster; or it begins where the
pattern's lead (or first word) matches in a cluster, and `re` tries there alone. Lookaheads are shorter than `WINDOW`,
so a search that sees `WINDOW` characters past its cluster decides as one that sees all.

Patterns that share a trigger share its clusters and leads, and those that share a regex share its matches.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from typing import Any, Literal, NamedTuple

from deid_spark.detect.check_text import words_for_cue
from deid_spark.detect.pattern_files import WORD_START, Pattern, load_patterns
from deid_spark.spans import Span

try:
    import hyperscan
except ImportError:  # no wheel for this platform
    hyperscan = None  # type: ignore[assignment]

Engine = Literal["auto", "hyperscan", "re"]
WINDOW = 128
CLOSE = 4  # bytes between ends of hits that need not be kept apart
SHORT = 12  # characters of a cluster that `re` tries one by one, cheaper than a search that runs on past its end
# Compile time grows faster than the number of triggers, scan time does not: small databases compile in half the time.
IN_ONE_DATABASE = 24
_SURROGATES = re.compile("[\ud800-\udfff]")

Cluster = tuple[int, int]


class _Group(NamedTuple):
    """Patterns that look for matches in the same places. `members` holds each regex with the patterns that have it."""

    reach: tuple[int, int] | None
    lead: re.Pattern[str] | None
    members: tuple[tuple[re.Pattern[str], tuple[Pattern, ...]], ...]


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
            for regex, patterns in self._members:
                for match in regex.finditer(text):
                    _emit(patterns, match, found)
        else:
            for group, hits in self._automaton.hits(text):
                _verify(group, hits, text, found)
        found.sort()
        return found

    @cached_property
    def _members(self) -> tuple[tuple[re.Pattern[str], tuple[Pattern, ...]], ...]:
        return _by_regex(self.patterns)


def _by_regex(patterns: Iterable[Pattern]) -> tuple[tuple[re.Pattern[str], tuple[Pattern, ...]], ...]:
    sharing: dict[re.Pattern[str], list[Pattern]] = {}
    for pattern in patterns:
        sharing.setdefault(pattern.regex, []).append(pattern)
    return tuple((regex, tuple(group)) for regex, group in sharing.items())


def _emit(patterns: tuple[Pattern, ...], match: re.Match[str], found: list[Span]) -> None:
    words: list[str] | None = None
    for pattern in patterns:
        if pattern.cues is not None:
            if words is None:
                words = words_for_cue(match)
            if pattern.cues.isdisjoint(words):
                continue
        score = pattern.score
        if pattern.check is not None:
            score = pattern.check(match, score)
            if score <= 0:
                continue
        for group, label in pattern.emits:
            start, end = match.span(group)
            if start < end:
                found.append(Span(start, end, label, score, pattern.sources))


def _verify(group: _Group, hits: list[Cluster], text: str, found: list[Span]) -> None:
    """Spans of the matches that `finditer` over the whole text would give for each of the group's regexes."""
    clusters = hits if group.reach is None else _around(hits, group.reach, len(text))
    if group.lead is None:
        for regex, patterns in group.members:
            for match in _matches_in(regex, text, clusters):
                _emit(patterns, match, found)
        return
    starts = _starts(group.lead, text, clusters)
    if starts:
        for regex, patterns in group.members:
            for match in _matches_at(regex, text, starts):
                _emit(patterns, match, found)


def _matches_in(regex: re.Pattern[str], text: str, clusters: list[Cluster]) -> list[re.Match[str]]:
    """The matches of a regex all of whose matches lie inside the clusters."""
    matches: list[re.Match[str]] = []
    for start, stop in clusters:
        if stop - start <= SHORT:
            matches += _matches_at(regex, text, range(start, stop))
            continue
        limit = min(stop + WINDOW, len(text))
        while start < stop:
            match = regex.search(text, start, limit)
            if match is not None and match.end() == limit < len(text):
                limit = len(text)  # the window's end may have looked like the text's end: search again, seeing all
                continue
            if match is None or match.start() >= stop:
                break
            matches.append(match)
            start = match.end()
    return matches


def _starts(lead: re.Pattern[str], text: str, clusters: list[Cluster]) -> list[int]:
    """Where the lead matches, rising."""
    starts: list[int] = []
    for start, stop in clusters:
        if lead is WORD_START:
            hit = text[start:stop]
            if hit.isalnum() and hit.isascii():  # one word: the trigger of a first word starts where a word does
                starts.append(start)
                continue
        starts += [match.start() for match in lead.finditer(text, start, stop)]
    return starts


def _matches_at(regex: re.Pattern[str], text: str, starts: Iterable[int]) -> list[re.Match[str]]:
    """The matches of a regex all of whose matches begin at one of the starts."""
    matches: list[re.Match[str]] = []
    position = 0
    for start in starts:
        if start >= position:
            match = regex.match(text, start)
            if match is not None:
                matches.append(match)
                position = match.end()
    return matches


class _Automaton:
    """Compiled Hyperscan databases of triggers, with one scratch space a thread. Patterns may share a trigger."""

    def __init__(self, patterns: tuple[Pattern, ...]):
        sharing: dict[tuple[str, int], list[Pattern]] = {}
        for pattern in patterns:
            sharing.setdefault((pattern.trigger, _flags(pattern)), []).append(pattern)
        self._groups = [_groups(patterns) for patterns in sharing.values()]
        self._ends_only = [not flags & hyperscan.HS_FLAG_SOM_LEFTMOST for _, flags in sharing]
        numbered = list(enumerate(sharing))
        self._databases = [
            _compile(numbered[at : at + IN_ONE_DATABASE]) for at in range(0, len(numbered), IN_ONE_DATABASE)
        ]
        self._local = threading.local()

    def hits(self, text: str) -> Iterator[tuple[_Group, list[Cluster]]]:
        """(patterns, clusters of their trigger's hits in code points, disjoint and rising) for each that hits."""
        ascii_only = text.isascii()
        data = (text if ascii_only else _SURROGATES.sub("\ufffd", text)).encode("utf-8")
        by_trigger = self._scan(data)
        if not ascii_only:
            by_trigger = _to_code_points(data, by_trigger)
        for number, clusters in by_trigger.items():
            for group in self._groups[number]:
                yield group, clusters

    def _scan(self, data: bytes) -> dict[int, list[Cluster]]:
        """Byte clusters by trigger; where only ends are known, from the first end to the last of those that are close.

        Hits arrive by end, so merging with the last ones keeps memory at the clusters'.
        """
        by_trigger: dict[int, list[Cluster]] = {}
        get, ends_only = by_trigger.get, self._ends_only

        def on_match(number: int, start: int, end: int, _flags: int, _context: Any) -> None:
            clusters = get(number)
            if ends_only[number]:
                if clusters is not None and end - clusters[-1][1] <= CLOSE:
                    clusters[-1] = (clusters[-1][0], end)
                    return
                start = end
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


def _groups(patterns: list[Pattern]) -> tuple[_Group, ...]:
    sharing: dict[tuple[tuple[int, int] | None, re.Pattern[str] | None], list[Pattern]] = {}
    for pattern in patterns:
        sharing.setdefault((pattern.reach, pattern.lead), []).append(pattern)
    return tuple(_Group(reach, lead, _by_regex(group)) for (reach, lead), group in sharing.items())


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
    if pattern.reach is None:
        flags |= hyperscan.HS_FLAG_SOM_LEFTMOST
    return flags | (hyperscan.HS_FLAG_CASELESS if pattern.caseless else 0)


def _around(ends: list[Cluster], reach: tuple[int, int], length: int) -> list[Cluster]:
    """What lies `reach` (before, after) around the ends of hits; pieces that overlap are merged."""
    before, after = reach
    pieces: list[Cluster] = []
    last = -1
    for first_end, last_end in ends:
        start, stop = max(0, first_end - before), min(length, last_end + after)
        if start < last:
            pieces[-1] = (pieces[-1][0], stop)
        else:
            pieces.append((start, stop))
        last = stop
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
