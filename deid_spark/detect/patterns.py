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
from collections.abc import Iterable
from functools import cached_property
from typing import Literal

from deid_spark.detect.check_text import words_for_cue
from deid_spark.detect.pattern_files import WORD_START, Pattern, load_patterns
from deid_spark.detect.pattern_scan import Cluster, Group, automaton, by_regex, hyperscan
from deid_spark.spans import Span

Engine = Literal["auto", "hyperscan", "re"]
WINDOW = 128
SHORT = 12  # characters of a cluster that `re` tries one by one, cheaper than a search that runs on past its end


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
        self._automaton = automaton(self.families) if self.engine == "hyperscan" else None

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
        return by_regex(self.patterns)


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


def _verify(group: Group, hits: list[Cluster], text: str, found: list[Span]) -> None:
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
