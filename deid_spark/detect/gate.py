"""Which sentences the neural model reads: those in which something is left unexplained.

A sentence is explained when every token in it that may be an identifier (`candidates.py`) is either taken by a sure
pattern, or so unlikely in the eyes of the context model that no second opinion would change it. The share of words that
pass and the recall that the gate costs are measured by `scripts/ner/measure.py`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping

from deid_spark.detect.scene import Scene
from deid_spark.detect.sentences import sentences
from deid_spark.spans import Span

# A token that the context model finds less likely than this to be part of an identifier is explained.
EXPLAINED = 0.05
SURE = 0.9
_WINDOW_CHARS = 600


def passages(
    scene: Scene, probability: Mapping[int, float], spans: Iterable[Span], is_open: bool = False
) -> list[tuple[int, int]]:
    """[start, end) of the passages to read, rising and disjoint; neighbouring sentences are read together.

    `probability`: token -> what the context model says of it. `spans`: what patterns and known values have found.
    `is_open`: no gate, the whole text passes.
    """
    doc = scene.doc
    if not doc.size:
        return []
    units = sentences(doc.text)
    if is_open:
        return _together(units, range(len(units)))
    taken = set(scene.protected)
    for span in spans:
        if span.score >= SURE:
            taken.update(doc.inside(span.start, span.end))
    starts = [start for start, _ in units]
    passing = {
        bisect_right(starts, doc.starts[i]) - 1
        for i, chance in probability.items()
        if chance >= EXPLAINED and i not in taken
    }
    # Read with the sentence before it: a header line tells what the next is.
    return _together(units, sorted(passing | {number - 1 for number in passing if number}))


def _together(units: list[tuple[int, int]], passing: Iterable[int]) -> list[tuple[int, int]]:
    """Neighbours in one passage, as long as it is not much longer than what the model reads at once."""
    found: list[tuple[int, int]] = []
    last = -2
    for number in passing:
        start, end = units[number]
        if number == last + 1 and found and end - found[-1][0] <= _WINDOW_CHARS:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
        last = number
    return found
