"""Decides by context: weighs what dictionaries, patterns, cue words and layout say of each candidate token.

The weights are a linear-chain CRF (Lafferty et al. 2001) over the features of `evidence.py`, fitted by
`scripts/context/fit.py` on hand-marked notes; no feature holds the surface of a name. It is small, runs on one
thread in C, and is no neural model: `--ner off` means this.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from importlib import resources
from pathlib import Path

import pycrfsuite

from deid_spark.detect.candidates import candidates
from deid_spark.detect.cues import load_cues
from deid_spark.detect.evidence import Evidence
from deid_spark.detect.lexicon_flags import Known
from deid_spark.detect.scene import Scene
from deid_spark.spans import Span

# What context says stays below what a sure pattern or a known value says, so that those keep their labels.
CONTEXT_CAP = 0.89
_OUTSIDE = "O"
# A miss exposes a person, a false alarm costs a word: what may be a name scores 0.5 at a probability of 0.2. Clinical
# terms, numbers and words in small letters get no such benefit of the doubt: eating them costs the research more.
RECALL_BIAS = 0.43
_TERM = int(Known.EPONYM | Known.CLINICAL | Known.DRUG | Known.ABBREVIATION)
_MODEL = "data/context/model.crfsuite"


class ContextModel:
    """Scores stretches of candidate tokens. One object per process; not shared between threads."""

    def __init__(self, path: str | Path | None = None):
        data = Path(path).read_bytes() if path else (resources.files("deid_spark") / _MODEL).read_bytes()
        self.fingerprint = hashlib.sha256(data).hexdigest()[:16]
        self._data = data
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open_inmemory(data)
        self._evidence = Evidence({feature for feature, _ in self._tagger.info().state_features})

    @cached_property
    def labels(self) -> list[str]:
        return [label for label in self._tagger.labels() if label.startswith("B-")]

    def detect(self, scene: Scene, floor: float = 0.3) -> tuple[list[Span], dict[int, float]]:
        """Spans with score >= `floor`, and for each scored token how likely it is part of an identifier."""
        spans: list[Span] = []
        scores: dict[int, float] = {}
        tagger = self._tagger
        for stretch in candidates(scene):
            tagger.set([self._evidence.of(scene, i) for i in stretch])
            tags = tagger.tag()
            chances = [self._score(scene, i, t) for t, i in enumerate(stretch)]
            scores.update(zip(stretch, chances, strict=True))
            if max(chances) < floor and not any(map(_OUTSIDE.__ne__, tags)):
                continue
            tags = [self._likely(t) if tag == "O" and chances[t] >= floor else tag for t, tag in enumerate(tags)]
            spans += _spans(scene, stretch, tags, chances)
        return spans, scores

    def _score(self, scene: Scene, i: int, t: int) -> float:
        probability = 1.0 - self._tagger.marginal(_OUTSIDE, t)
        doc = scene.doc
        name_like = not doc.bits[i] & _TERM and (
            doc.words[i][0].isupper() or (doc.is_caseless and doc.words[i][0].isalpha())
        )
        return float(probability**RECALL_BIAS if name_like else probability)

    def _likely(self, t: int) -> str:
        """The likeliest identifier tag of token t, for tokens that the best path leaves out but that stay in doubt."""
        return "I-" + max(self.labels, key=lambda label: self._tagger.marginal(label, t))[2:]


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
