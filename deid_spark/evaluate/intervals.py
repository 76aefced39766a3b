"""Proportions and F1 with 95% intervals."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

Z_95 = 1.959963984540054
REPLICATES = 1000
# A bootstrap touches replicates x notes rows; beyond this many it draws fewer replicates, never under 200.
_MAX_ROWS = 2_000_000


class Interval(NamedTuple):
    low: float
    high: float


class Proportion(NamedTuple):
    """`hits` of `total`. With a total of 0 it has neither value nor interval."""

    hits: int
    total: int

    @property
    def value(self) -> float | None:
        return self.hits / self.total if self.total else None

    @property
    def interval(self) -> Interval | None:
        return wilson(self.hits, self.total)


class Pair(NamedTuple):
    """Gold side and predicted side of one comparison: recall is found/gold, precision is right/predicted."""

    found: int
    gold: int
    right: int
    predicted: int

    @property
    def recall(self) -> Proportion:
        return Proportion(self.found, self.gold)

    @property
    def precision(self) -> Proportion:
        return Proportion(self.right, self.predicted)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of recall and precision; 0 when one side is empty, None when both are."""
        if not self.gold and not self.predicted:
            return None
        recall = self.found / self.gold if self.gold else 0.0
        precision = self.right / self.predicted if self.predicted else 0.0
        return 2 * recall * precision / (recall + precision) if recall + precision else 0.0


def wilson(hits: int, total: int, z: float = Z_95) -> Interval | None:
    """Wilson's score interval of a proportion (Wilson 1927); None for a total of 0."""
    if not total:
        return None
    p = hits / total
    centre = (p + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    # At the ends the formula is exact but its floats are not.
    return Interval(0.0 if hits == 0 else max(0.0, centre - half), 1.0 if hits == total else min(1.0, centre + half))


def bootstrap_f1(rows: Sequence[tuple[int, int, int, int]], seed: int, replicates: int = REPLICATES) -> Interval | None:
    """Percentile interval of F1 when whole notes are drawn again with replacement.

    `rows` holds one (found, gold, right, predicted) a note. Words of one note are not independent, so notes are drawn
    and not words. Seeded: equal input gives equal output. None when no draw has an F1.
    """
    if not rows:
        return None
    replicates = min(replicates, max(200, _MAX_ROWS // len(rows)))
    draw = random.Random(seed)
    values = []
    for _ in range(replicates):
        sample = draw.choices(rows, k=len(rows))
        found, gold, right, predicted = map(sum, zip(*sample, strict=True))
        value = Pair(found, gold, right, predicted).f1
        if value is not None:
            values.append(value)
    if not values:
        return None
    values.sort()
    last = len(values) - 1
    return Interval(values[round(0.025 * last)], values[round(0.975 * last)])
