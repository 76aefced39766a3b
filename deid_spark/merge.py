"""Merges what the detectors say into sorted, disjoint spans: deterministic, whatever the order they come in.

Rules, in one place:
1. Where spans overlap, the higher score wins; ties go to the longer, then the earlier, then the place in LABELS.
2. A winner of the same label takes in the sources of what it overlaps, and its extent.
3. What is left over of a loser stays a span of its own when letters or digits are left: nothing found is forgotten.
4. PROTECTED text drops the weaker spans that lie inside it, and leaves no span itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

from deid_spark.labels import LABELS, NAME_LABELS, PROTECTED
from deid_spark.spans import Span

_RANK = {label: rank for rank, label in enumerate((*LABELS, PROTECTED))}
_EDGE = " \t\r\n,;:"
# Labels whose neighbouring spans are parts of one, and what may stand between: `John` `Smith`, `12` `Elm St`.
_JOINED = {**dict.fromkeys(NAME_LABELS, (" ", "-", ". ")), "STREET": (" ",)}
_by_start = attrgetter("start", "end")


def merge(text: str, spans: Iterable[Span]) -> list[Span]:
    """Sorted, disjoint spans over `text`, without PROTECTED ones. Input spans may overlap and come in any order."""
    ordered = sorted(set(spans), key=_order)
    merged: list[Span] = []
    cluster: list[Span] = []
    cluster_end = -1
    for span in ordered:
        if cluster and span.start >= cluster_end:
            merged += _resolve(text, cluster)
            cluster = []
        cluster.append(span)
        cluster_end = max(cluster_end, span.end) if len(cluster) > 1 else span.end
    if cluster:
        merged += _resolve(text, cluster)
    return _join_parts(text, merged)


def _order(span: Span) -> tuple:
    return (span.start, span.end, _RANK[span.label], span.score, span.sources)


def _resolve(text: str, cluster: list[Span]) -> list[Span]:
    """Disjoint spans of one cluster of overlapping ones, sorted."""
    cluster = _unprotected(cluster)
    if len(cluster) < 2:
        return _trimmed(text, cluster[0]) if cluster else []
    ranked = sorted(cluster, key=lambda s: (-s.score, s.start - s.end, s.start, _RANK[s.label], s.sources))
    taken: list[Span] = []
    for span in ranked:
        overlapping = [i for i, t in enumerate(taken) if t.start < span.end and span.start < t.end]
        if not overlapping:
            taken.append(span)
            continue
        twin = next((i for i in overlapping if taken[i].label == span.label), None)
        if twin is not None:
            others = [t for i, t in enumerate(taken) if i != twin]
            taken[twin] = _absorb(taken[twin], span, others)
        # Pieces that stand between spans taken before, or beyond one, are kept as they are.
        taken += [piece for piece in _left_over(span, taken) if _has_content(text, piece)]
    kept = [piece for span in taken for piece in _trimmed(text, span)]
    return sorted(kept, key=_by_start)


def _unprotected(cluster: list[Span]) -> list[Span]:
    guards = [s for s in cluster if s.label == PROTECTED]
    if not guards:
        return cluster
    return [
        s
        for s in cluster
        if s.label != PROTECTED and not any(g.start <= s.start and s.end <= g.end and s.score < g.score for g in guards)
    ]


def _absorb(winner: Span, span: Span, others: list[Span]) -> Span:
    """The winner widened over `span` as far as no other span is in the way, with both spans' sources."""
    start = max([min(winner.start, span.start)] + [t.end for t in others if t.end <= winner.start])
    end = min([max(winner.end, span.end)] + [t.start for t in others if t.start >= winner.end])
    sources = tuple(sorted({*winner.sources, *span.sources}))
    return Span(start, end, winner.label, max(winner.score, span.score), sources)


def _left_over(span: Span, taken: list[Span]) -> list[Span]:
    pieces = []
    at = span.start
    for other in sorted(taken, key=_by_start):
        if other.end <= at:
            continue
        if other.start >= span.end:
            break
        if other.start > at:
            pieces.append(span._replace(start=at, end=other.start))
        at = other.end
    if at < span.end:
        pieces.append(span._replace(start=at))
    return pieces


def _has_content(text: str, span: Span) -> bool:
    return any(c.isalnum() for c in text[span.start : span.end])


def _trimmed(text: str, span: Span) -> list[Span]:
    """The span without white space and separators at its edges; nothing when nothing is left."""
    start, end = span.start, span.end
    while start < end and text[start] in _EDGE:
        start += 1
    while end > start and text[end - 1] in _EDGE:
        end -= 1
    if start == end:
        return []
    return [span if (start, end) == (span.start, span.end) else span._replace(start=start, end=end)]


def _join_parts(text: str, spans: list[Span]) -> list[Span]:
    """`John` + `Smith` found by two detectors become one name; a house number and its street become one address."""
    joined: list[Span] = []
    for span in spans:
        if joined and span.label in _JOINED and joined[-1].label == span.label:
            last = joined[-1]
            if text[last.end : span.start] in _JOINED[span.label]:
                sources = tuple(sorted({*last.sources, *span.sources}))
                joined[-1] = Span(last.start, span.end, span.label, max(last.score, span.score), sources)
                continue
        joined.append(span)
    return joined
