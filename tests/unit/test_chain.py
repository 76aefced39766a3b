"""The chain's marginals and best paths against enumeration of every path."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest

from deid_spark.detect.chain import LinearChain
from deid_spark.detect.context import ContextModel

LABELS, LENGTHS = ["O", "B-CITY", "I-CITY"], [3, 1, 4, 1, 2]


@pytest.fixture(scope="module")
def chain():
    draw = np.random.default_rng(7)
    state = draw.normal(size=(5, 3)) * (draw.random((5, 3)) < 0.6)
    return LinearChain(LABELS, [f"f{n}" for n in range(5)], state, draw.normal(size=(3, 3)) * 2)


def enumerated(chain, scores):
    """Every path of one sequence with its probability."""
    paths = list(product(range(3), repeat=len(scores)))
    weights = [
        sum(scores[t, k] for t, k in enumerate(path)) + sum(chain.transition[a, b] for a, b in pairwise(path))
        for path in paths
    ]
    chances = np.exp(weights - np.logaddexp.reduce(weights))
    return dict(zip(paths, chances, strict=True))


def test_marginals_of_many_sequences_are_those_of_enumeration(chain):
    scores = np.random.default_rng(1).normal(size=(sum(LENGTHS), 3)) * 3
    found = chain.marginals(scores, np.array(LENGTHS))
    at = 0
    for length in LENGTHS:
        chances = enumerated(chain, scores[at : at + length])
        for t in range(length):
            for label in range(3):
                expected = sum(p for path, p in chances.items() if path[t] == label)
                assert found[at + t, label] == pytest.approx(expected, abs=1e-12)
        at += length


@pytest.mark.parametrize("seed", range(8))
def test_the_best_path_is_the_likeliest(chain, seed):
    scores = np.random.default_rng(seed).normal(size=(1 + seed % 4, 3)) * 3
    chances = enumerated(chain, scores)
    assert tuple(chain.best_path(scores)) == max(chances, key=chances.__getitem__)


def test_scores_far_apart_stay_finite(chain):
    found = chain.marginals(np.array([[900.0, 0.0, -900.0], [-900.0, 0.0, 900.0]]), np.array([2]))
    assert np.isfinite(found).all() and found.sum(axis=1) == pytest.approx([1, 1])


def test_bytes_and_back(chain):
    data = chain.to_bytes()
    again = LinearChain.from_bytes(data)
    assert again.to_bytes() == data
    assert (again.labels, again.features) == (chain.labels, chain.features)
    assert np.array_equal(again.state, chain.state) and np.array_equal(again.transition, chain.transition)


def test_a_changed_cue_list_changes_the_fingerprint(monkeypatch):
    before = ContextModel().fingerprint
    assert ContextModel().fingerprint == before
    monkeypatch.setattr("deid_spark.detect.context.cues_fingerprint", lambda: "other")
    assert ContextModel().fingerprint != before
