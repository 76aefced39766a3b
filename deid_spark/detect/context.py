"""Decides by context: weighs what dictionaries, patterns, cue words and layout say of each candidate token.

The weights are a linear-chain CRF (Lafferty et al. 2001) over the features of `evidence.py`, fitted by
`scripts/context/fit.py` on hand-marked notes; no feature holds the surface of a name. It is small, runs on one
thread, and is no neural model: `--ner off` means this.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import cached_property
from importlib import resources
from itertools import chain as chain_of
from typing import NamedTuple

import numpy as np

from deid_spark.detect.candidates import candidates
from deid_spark.detect.chain import Floats, LinearChain
from deid_spark.detect.cues import cues_fingerprint, load_cues
from deid_spark.detect.evidence import GROUPS, Key, features_of, keys_of
from deid_spark.detect.lexicon_flags import Known
from deid_spark.detect.scene import Scene
from deid_spark.spans import Span

# What context says stays below what a sure pattern or a known value says, so that those keep their labels.
CONTEXT_CAP = 0.89
_OUTSIDE = "O"
# A miss exposes a person, a false alarm costs a word: what may be a name scores 0.5 at a probability of 0.2. Clinical
# terms, numbers and words in small letters get no such benefit of the doubt: eating them costs the research more.
RECALL_BIAS = 0.43
# Spans in doubt are told from here on; policies take what is above their threshold.
FLOOR = 0.3
_TERM = int(Known.EPONYM | Known.CLINICAL | Known.DRUG | Known.ABBREVIATION)
_MODEL = "data/context/model.npz"
_MAX_KEYS = 300_000


class Weighed(NamedTuple):
    """N tokens of a document in `stretches` of neighbours; `marginals`: (N, L); `best`: N tag numbers."""

    tokens: list[int]
    stretches: list[list[int]]
    marginals: Floats
    best: list[int]


class ContextModel:
    """Scores stretches of candidate tokens. One object per process; not shared between threads."""

    def __init__(self, chain: LinearChain | None = None):
        self._chain = chain or LinearChain.from_bytes((resources.files("deid_spark") / _MODEL).read_bytes())
        self.outside = self._chain.labels.index(_OUTSIDE)
        self._weights = _GroupWeights(self._chain)

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits over all that decides a score: weights, cues, and how doubt is weighed."""
        said = f"{cues_fingerprint()}|{CONTEXT_CAP}|{RECALL_BIAS}".encode()
        return hashlib.sha256(self._chain.to_bytes() + said).hexdigest()[:16]

    @property
    def labels(self) -> list[str]:
        """The chain's tags: `O`, `B-CITY`, …"""
        return self._chain.labels

    def detect(self, scene: Scene) -> tuple[list[Span], dict[int, float]]:
        """Spans in doubt or sure, and for each scored token how likely it is part of an identifier."""
        return decide(scene, self.weigh(scene), self.labels)

    def weigh(self, scene: Scene) -> Weighed:
        """What the chain says of the candidate tokens of a scene."""
        stretches = candidates(scene)
        tokens = list(chain_of.from_iterable(stretches))
        if not tokens:
            return Weighed([], [], np.zeros((0, len(self.labels))), [])
        scores = self._weights.of(keys_of(scene, tokens))
        marginals = self._chain.marginals(scores, np.fromiter(map(len, stretches), np.intp, len(stretches)))
        return Weighed(tokens, stretches, marginals, self._best(stretches, scores, marginals))

    def _best(self, stretches: list[list[int]], scores: Floats, marginals: Floats) -> list[int]:
        """The likeliest path of each stretch, one after another."""
        best = marginals.argmax(axis=1).tolist()
        doubts = (1.0 - marginals.max(axis=1)).tolist()
        at = 0
        for stretch in stretches:
            end = at + len(stretch)
            if sum(doubts[at:end]) >= 0.5:  # below it the likeliest tags are the likeliest path
                best[at:end] = self._chain.best_path(scores[at:end])
            at = end
        return best


def decide(
    scene: Scene, weighed: Weighed, labels: Sequence[str], bias: float = RECALL_BIAS
) -> tuple[list[Span], dict[int, float]]:
    """Spans with a token of at least `FLOOR`, and for each token how likely it is part of an identifier.

    `bias`: the power that a probability is raised to where a name may stand; below 1 it favours recall.
    """
    outside = labels.index(_OUTSIDE)
    begins = [i for i, label in enumerate(labels) if label.startswith("B-")]
    inside = (1.0 - weighed.marginals[:, outside]).tolist()
    chances = [_biased(scene, i, p, bias) for i, p in zip(weighed.tokens, inside, strict=True)]
    spans: list[Span] = []
    at = 0
    for stretch in weighed.stretches:
        end = at + len(stretch)
        tags = [labels[k] for k in weighed.best[at:end]]
        own = chances[at:end]
        if max(own) >= FLOOR or any(map(_OUTSIDE.__ne__, tags)):
            for t, tag in enumerate(tags):
                if tag == _OUTSIDE and own[t] >= FLOOR:  # the best path leaves it out, but it stays in doubt
                    tags[t] = "I-" + labels[max(begins, key=weighed.marginals[at + t].__getitem__)][2:]
            spans += _spans(scene, stretch, tags, own)
        at = end
    return spans, dict(zip(weighed.tokens, chances, strict=True))


class _GroupWeights:
    """The summed weights of groups of features, worked out once a key; memory is bounded."""

    def __init__(self, chain: LinearChain):
        self._chain = chain
        self._number = {feature: row for row, feature in enumerate(chain.features)}
        self._forget()

    def _forget(self) -> None:
        self._rows = [_Rows(self, group) for group in GROUPS]
        self._same: dict[tuple[int, ...], int] = {(): 0}
        self._table = np.zeros((1024, len(self._chain.labels)), np.float32)

    def of(self, columns: Sequence[Iterable[Key]]) -> Floats:
        """(N, L) scores of N tokens, from their keys by group."""
        if sum(map(len, self._rows)) > _MAX_KEYS:
            self._forget()
        numbers = [list(map(rows.__getitem__, keys)) for rows, keys in zip(self._rows, columns, strict=True)]
        return self._table[np.array(numbers)].sum(axis=0, dtype=np.float64)

    def row(self, group: int | str, key: Key) -> int:
        """The row of the table with the summed weights of a key's features; equal sums share one."""
        features = tuple(sorted(self._number[f] for f in features_of(group, key) if f in self._number))
        row = self._same.get(features)
        if row is None:
            row = self._same[features] = len(self._same)
            if row == len(self._table):
                self._table = np.concatenate([self._table, np.zeros_like(self._table)])
            self._table[row] = self._chain.state[list(features)].sum(axis=0)
        return row


class _Rows(dict[Key, int]):
    """key -> row, for one group; filled as keys are met."""

    def __init__(self, weights: _GroupWeights, group: int | str):
        super().__init__()
        self._weights = weights
        self._group = group

    def __missing__(self, key: Key) -> int:
        self[key] = row = self._weights.row(self._group, key)
        return row


def _biased(scene: Scene, i: int, probability: float, bias: float) -> float:
    doc = scene.doc
    name_like = not doc.bits[i] & _TERM and (
        doc.words[i][0].isupper() or (doc.is_caseless and doc.words[i][0].isalpha())
    )
    return probability**bias if name_like else probability


def _spans(scene: Scene, stretch: Sequence[int], tags: Sequence[str], chances: Sequence[float]) -> list[Span]:
    """BIO tags to spans; doubt is kept apart: a token in doubt does not lower the score of a sure neighbour."""
    spans: list[Span] = []
    open_label, first, last, scores = "", 0, 0, [0.0]
    for t, i in enumerate(stretch):
        tag = tags[t]
        label = tag[2:]
        sure = chances[t] >= 0.5
        if open_label and label == open_label and not tag.startswith("B-") and sure == (scores[-1] >= 0.5):
            last = i
            scores.append(chances[t])
            continue
        if open_label:
            spans.append(_span(scene, first, last, open_label, scores))
        open_label, first, last, scores = label, i, i, [chances[t]]
    if open_label:
        spans.append(_span(scene, first, last, open_label, scores))
    return spans


def _span(scene: Scene, first: int, last: int, label: str, scores: Sequence[float]) -> Span:
    doc = scene.doc
    end = doc.bare_end(last) if label in _POSSESSED else doc.ends[last]
    if doc.text[end : end + 1] == "." and len(doc.words[last]) == 1 and label in ("PATIENT", "DOCTOR"):
        end += 1  # the full stop belongs to an initial
    score = min(CONTEXT_CAP, sum(scores) / len(scores))
    return Span(doc.starts[first], end, label, round(score, 3), _reasons(scene, first, last))


_POSSESSED = frozenset(("PATIENT", "DOCTOR", "CITY", "STATE", "COUNTRY", "PROFESSION"))
_DICTIONARIES = (
    (int(Known.GIVEN | Known.NICKNAME), "dict:given_name"),
    (int(Known.SURNAME), "dict:surname"),
    (int(Known.CITY | Known.COUNTY | Known.STATE | Known.COUNTRY), "dict:place"),
)


def _reasons(scene: Scene, first: int, last: int) -> tuple[str, ...]:
    """What a reader of the provenance would name as evidence: the cue before or after, and the dictionaries hit."""
    doc = scene.doc
    reasons = {"context:model"}
    for k in (first - 1, last + 1):
        if 0 <= k < doc.size:
            reasons.update("cue:" + c for c in load_cues().get(doc.lowers[k], ()))
    if first in scene.keys:
        reasons.add("cue:header")
    bits = 0
    for k in range(first, last + 1):
        bits |= doc.bits[k]
        if k in scene.phrases:
            reasons.add("dict:" + scene.phrases[k][2:])
    reasons.update(name for mask, name in _DICTIONARIES if bits & mask)
    return tuple(sorted(reasons))
