"""Context model and neural model weighed together: one probability for each token, one set of spans.

Both give each token a distribution over the same tags. They are pooled in log space with a weight each (Heskes 1998),
fitted on notes of authors that neither has seen (`scripts/ner/measure.py fit`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from deid_spark.detect.chain import Floats
from deid_spark.detect.context import RECALL_BIAS, ContextModel, Weighed, decide
from deid_spark.detect.gate import EXPLAINED, passages
from deid_spark.detect.ner import NerModel, Tagged
from deid_spark.detect.scene import Scene
from deid_spark.spans import Span

_LEAST = 1e-6


class Pooling(NamedTuple):
    """`context`, `ner`: weights; `unasked`: what the context model is taken to say of a token that it did not score;
    `bias`: see `context.decide`."""

    context: float = 0.5
    ner: float = 0.8
    unasked: float = 0.02
    bias: float = RECALL_BIAS


class Ensemble:
    """Both models and their pooling; one object per process."""

    def __init__(self, context: ContextModel, ner: NerModel, gate: bool = True, pooling: Pooling | None = None):
        self.context = context
        self.ner = ner
        self.gate = gate
        self.pooling = pooling or Pooling(**ner.settings.get("pooling", {}))
        place = {tag: i for i, tag in enumerate(ner.tags)}
        self._columns = np.array([place.get(tag, -1) for tag in context.labels])
        self._runs = Runs(context.labels)

    @property
    def fingerprint(self) -> str:
        """Everything that the neural model adds to what decides what is found."""
        return f"{self.ner.model_hash}|{self.gate}|{EXPLAINED}|{self.pooling}"

    def detect(self, scene: Scene, found: Sequence[Span]) -> tuple[list[Span], dict[int, float]]:
        """Spans, and for each scored token how likely it is part of an identifier.

        `found`: what patterns and known values have found in the note.
        """
        weighed = self.context.weigh(scene)
        asked = passages(scene, self._inside(weighed), found, is_open=not self.gate)
        pooled = self._pooled(scene, weighed, self.ner.tag(scene.doc.text, asked))
        return decide(scene, pooled, self.context.labels, self.pooling.bias)

    def _inside(self, weighed: Weighed) -> Mapping[int, float]:
        outside = self.context.outside
        return dict(zip(weighed.tokens, (1.0 - weighed.marginals[:, outside]).tolist(), strict=True))

    def _pooled(self, scene: Scene, weighed: Weighed, tagged: Tagged) -> Weighed:
        if not len(tagged.starts):
            return weighed
        said, rows = self._by_token(scene, tagged)
        own = {i: row for row, i in enumerate(weighed.tokens)}
        outside = self.context.outside
        in_doubt = rows[:, outside] < 1.0 - self.pooling.unasked
        tokens = sorted({*own, *(i for i, doubt in zip(said, in_doubt.tolist(), strict=True) if doubt)})
        place = {i: row for row, i in enumerate(said)}
        context = np.full(
            (len(tokens), len(self.context.labels)), self.pooling.unasked / (len(self.context.labels) - 1)
        )
        context[:, outside] = 1.0 - self.pooling.unasked
        scored = [row for row, i in enumerate(tokens) if i in own]
        context[scored] = weighed.marginals[[own[tokens[row]] for row in scored]]
        out = context.copy()
        both = [row for row, i in enumerate(tokens) if i in place]
        out[both] = self._pool(context[both], rows[[place[tokens[row]] for row in both]])
        return Weighed(tokens, _stretches(tokens), out, self._runs.even(tokens, out))

    def _pool(self, context: Floats, ner: Floats) -> Floats:
        weights = self.pooling
        logs = weights.context * np.log(np.maximum(context, _LEAST)) + weights.ner * np.log(np.maximum(ner, _LEAST))
        found = np.exp(logs - logs.max(axis=1, keepdims=True))
        return found / found.sum(axis=1, keepdims=True)

    def _by_token(self, scene: Scene, tagged: Tagged) -> tuple[list[int], Floats]:
        """The document's tokens that the neural model has read, and their rows in the context model's order of tags.

        Where the neural model has cut a token in more (`O'Neil`), the first piece speaks for all.
        """
        doc = scene.doc
        starts, ends = np.array(doc.starts), np.array(doc.ends)
        at = np.array(tagged.starts)
        token = np.searchsorted(starts, at, side="right") - 1
        inside = (token >= 0) & (at < ends[token])
        token, first = np.unique(token[inside], return_index=True)
        rows = tagged.chances[inside][first].astype(np.float64)
        there = self._columns >= 0
        out = np.zeros((len(token), len(self._columns)))
        out[:, there] = rows[:, self._columns[there]]
        return token.tolist(), out


class Runs:
    """A tag and the `I-` tags after it are one mention: where their labels differ, the likeliest over the run holds."""

    def __init__(self, tags: Sequence[str]):
        self._tags = list(tags)
        number = {tag: i for i, tag in enumerate(tags)}
        labels = sorted({tag[2:] for tag in tags if "B-" + tag[2:] in number and "I-" + tag[2:] in number})
        self._begins = np.array([number["B-" + label] for label in labels], np.intp)
        self._goes_on = np.array([number["I-" + label] for label in labels], np.intp)

    def even(self, tokens: Sequence[int], chances: Floats) -> list[int]:
        """The likeliest tag numbers of N tokens, with one label a run of neighbours; `chances`: (N, tags)."""
        best: list[int] = chances.argmax(axis=1).tolist()
        start = 0
        for end in range(1, len(best) + 1):
            if (
                end < len(best)
                and tokens[end] == tokens[end - 1] + 1
                and self._tags[best[end]].startswith("I-")
                and self._tags[best[start]] != "O"
            ):
                continue
            if len({self._tags[k][2:] for k in best[start:end]}) > 1:
                rows = chances[start:end]
                label = int((rows[:, self._begins] + rows[:, self._goes_on]).sum(axis=0).argmax())
                best[start:end] = [int(self._begins[label]), *[int(self._goes_on[label])] * (end - start - 1)]
            start = end
        return best


def _stretches(tokens: Sequence[int]) -> list[list[int]]:
    """Runs of neighbouring tokens."""
    found: list[list[int]] = []
    for i in tokens:
        if found and found[-1][-1] == i - 1:
            found[-1].append(i)
        else:
            found.append([i])
    return found
