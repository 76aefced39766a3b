"""The Hyperscan databases of all triggers: where in a text each group of patterns may match."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from deid_spark.detect.pattern_files import Pattern, load_patterns

try:
    import hyperscan
except ImportError:  # no wheel for this platform
    hyperscan = None  # type: ignore[assignment]

# Compile time grows faster than the number of triggers, scan time does not: small databases compile in half the time.
IN_ONE_DATABASE = 24
CLOSE = 4  # bytes between ends of hits that need not be kept apart
_SURROGATES = re.compile("[\ud800-\udfff]")

Cluster = tuple[int, int]


class Group(NamedTuple):
    """Patterns that look for matches in the same places; `members` holds each regex with the patterns that have it."""

    reach: tuple[int, int] | None
    lead: re.Pattern[str] | None
    members: tuple[tuple[re.Pattern[str], tuple[Pattern, ...]], ...]


def by_regex(patterns: Iterable[Pattern]) -> tuple[tuple[re.Pattern[str], tuple[Pattern, ...]], ...]:
    """Each regex with the patterns that have it, in their order."""
    sharing: dict[re.Pattern[str], list[Pattern]] = {}
    for pattern in patterns:
        sharing.setdefault(pattern.regex, []).append(pattern)
    return tuple((regex, tuple(group)) for regex, group in sharing.items())


class Automaton:
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

    def hits(self, text: str) -> Iterator[tuple[Group, list[Cluster]]]:
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
            if clusters is None:
                by_trigger[number] = [(end if ends_only[number] else start, end)]
                return
            first, last = clusters[-1]
            if ends_only[number]:
                if end - last <= CLOSE:
                    clusters[-1] = (first, end)
                else:
                    clusters.append((end, end))
                return
            while last > start:
                start = min(start, first)
                clusters.pop()
                if not clusters:
                    break
                first, last = clusters[-1]
            clusters.append((start, end))

        for database, scratch in zip(self._databases, self._scratches(), strict=True):
            database.scan(data, match_event_handler=on_match, scratch=scratch)
        return by_trigger

    def _scratches(self) -> list[Any]:
        scratches = getattr(self._local, "scratches", None)
        if scratches is None:
            scratches = self._local.scratches = [hyperscan.Scratch(database) for database in self._databases]
        return scratches


def _groups(patterns: list[Pattern]) -> tuple[Group, ...]:
    sharing: dict[tuple[tuple[int, int] | None, re.Pattern[str] | None], list[Pattern]] = {}
    for pattern in patterns:
        sharing.setdefault((pattern.reach, pattern.lead), []).append(pattern)
    return tuple(Group(reach, lead, by_regex(group)) for (reach, lead), group in sharing.items())


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
def automaton(families: tuple[str, ...] | None) -> Automaton:
    """Compiled once a process."""
    return Automaton(load_patterns(families))
