"""A linear-chain CRF at work (Lafferty et al. 2001): marginals and best paths, many short sequences at a time.

Fitting is `scripts/context/fit.py`'s, with CRFsuite; this reads the weights that it has fitted. All sequences of a note
are scored in a few numpy calls, which costs a third of asking a tagger for one sequence after another.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


class LinearChain:
    """Weights of a fitted chain. `labels`: L names; `features`: F names; `state`: (F, L); `transition`: (L, L)."""

    def __init__(self, labels: Sequence[str], features: Sequence[str], state: Floats, transition: Floats):
        self.labels = list(labels)
        self.features = list(features)
        self.state = state
        self.transition = transition
        self._step = np.exp(transition)

    @classmethod
    def from_bytes(cls, data: bytes) -> LinearChain:
        """Reads what `to_bytes` wrote."""
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            names = json.loads(arrays["names"].tobytes())
            state = np.zeros((len(names["features"]), len(names["labels"])))
            state[arrays["rows"], arrays["columns"]] = arrays["weights"]
            return cls(names["labels"], names["features"], state, arrays["transition"])

    def to_bytes(self) -> bytes:
        """The same chain gives the same bytes."""
        rows, columns = np.nonzero(self.state)
        names = json.dumps({"labels": self.labels, "features": self.features}, ensure_ascii=False)
        out = io.BytesIO()
        np.savez_compressed(
            out,
            names=np.frombuffer(names.encode("utf-8"), np.uint8),
            rows=rows.astype(np.int32),
            columns=columns.astype(np.int16),
            weights=self.state[rows, columns],
            transition=self.transition,
        )
        return out.getvalue()

    def marginals(self, scores: Floats, lengths: Ints) -> Floats:
        """P(label of token | its sequence), (N, L), for sequences of `lengths` whose N tokens lie one after another.

        `scores`: (N, L), the sum of a token's state weights.
        """
        local = np.exp(scores - scores.max(axis=1, keepdims=True))
        forward, backward = _scaled(local), np.ones_like(local)
        longest = int(lengths.max(initial=0))
        order = np.argsort(-lengths, kind="stable")
        starts = (np.cumsum(lengths) - lengths)[order]
        goes_on = np.searchsorted(-lengths[order], -np.arange(longest), side="left")  # sequences longer than t
        for t in range(1, longest):
            at = starts[: goes_on[t]] + t
            forward[at] = _scaled(forward[at - 1] @ self._step * local[at])
        for t in range(longest - 2, -1, -1):
            at = starts[: goes_on[t + 1]] + t
            backward[at] = _scaled((local[at + 1] * backward[at + 1]) @ self._step.T)
        return _scaled(forward * backward)

    def best_path(self, scores: Floats) -> list[int]:
        """The likeliest labels of one sequence, `scores`: (T, L) (Viterbi 1967)."""
        best, back = scores[0], []
        for local in scores[1:]:
            both = best[:, None] + self.transition
            back.append(both.argmax(axis=0))
            best = both.max(axis=0) + local
        path = [int(best.argmax())]
        for pointers in reversed(back):
            path.append(int(pointers[path[-1]]))
        return path[::-1]


def _scaled(rows: Floats) -> Floats:
    return rows / rows.sum(axis=1, keepdims=True)
