"""The neural model at work: passages of notes in, tag probabilities of their tokens out (onnxruntime, one thread).

A model is a folder with `model.onnx`, `vocab.txt` and `model.json` (tags, hash, how it was made); two are shipped, and
any other can be given by path. Windows are scored one at a time: on one thread a batch is no faster, its padding is
work, and int8 layers take their scale from all that is in a batch, so that a note's spans would hang on its neighbours.
Equal windows are scored once.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deid_spark.detect.wordpiece import WordPiece, tokens
from deid_spark.errors import ConfigError

SHIPPED = ("fast", "accurate")
MAX_PIECES = 158  # of a window, less its two ends; the models were trained on windows up to this
_OVERLAP = 32  # pieces that two windows of one overlong passage share
_MAX_KEPT = 4_000

Passage = tuple[int, int]


class Tagged(NamedTuple):
    """`starts`, `ends`: M offsets of tokens, rising; `chances`: (M, tags) probabilities."""

    starts: list[int]
    ends: list[int]
    chances: NDArray[np.float32]


class _Window(NamedTuple):
    spans: list[tuple[int, int]]
    pieces: tuple[int, ...]
    firsts: list[int]  # position of each token's first piece
    keep: tuple[int, int]  # the tokens whose answer counts, the others are context


class NerModel:
    """One object per process; not shared between threads. Raises ConfigError for a folder that is no model."""

    def __init__(self, folder: str | Path):
        folder = Path(folder)
        import onnxruntime  # a second to import: only where a model is asked for

        try:
            model = (folder / "model.onnx").read_bytes()
            said = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            self.pieces = WordPiece.load(folder / "vocab.txt")
            self.tags: list[str] = said["tags"]
        except (OSError, ValueError, KeyError) as error:
            raise ConfigError("ner", [f"{folder}: not a model folder ({type(error).__name__})"]) from None
        self.model_hash = hashlib.sha256(model).hexdigest()
        self.settings: dict[str, Any] = said
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._inputs = [given.name for given in self._session.get_inputs()]
        self._kept: OrderedDict[tuple[int, ...], NDArray[np.float16]] = OrderedDict()

    @classmethod
    def load(cls, name: str) -> NerModel:
        """A shipped model by its name, or one by the path of its folder."""
        if name in SHIPPED:
            return cls(str(resources.files("deid_spark") / "data" / "ner" / name))
        return cls(name)

    def tag(self, text: str, passages: Sequence[Passage]) -> Tagged:
        """The tokens of the passages with their tag probabilities."""
        spans: list[tuple[int, int]] = []
        chances: list[NDArray[np.float16]] = []
        for start, end in passages:
            found = tokens(text, start, end)
            for window in _cut(found, [self.pieces[text[a:b]] for a, b in found]):
                scored = self._kept.get(window.pieces)
                if scored is None:
                    scored = self._keep(window.pieces)
                first, last = window.keep
                spans += window.spans[first:last]
                chances.append(scored[window.firsts[first:last]])
        return Tagged(
            [start for start, _ in spans],
            [end for _, end in spans],
            np.concatenate(chances).astype(np.float32) if chances else np.zeros((0, len(self.tags)), np.float32),
        )

    def _keep(self, pieces: tuple[int, ...]) -> NDArray[np.float16]:
        if len(self._kept) >= _MAX_KEPT:
            self._kept.popitem(last=False)
        self._kept[pieces] = scored = self._score(pieces)
        return scored

    def _score(self, pieces: tuple[int, ...]) -> NDArray[np.float16]:
        """(pieces, tags) probabilities of one window."""
        ids = np.array([(self.pieces.start, *pieces, self.pieces.end)], np.int64)
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        (logits,) = self._session.run(None, {name: feeds[name] for name in self._inputs})
        exponents = np.exp(logits[0, 1:-1] - logits[0, 1:-1].max(axis=-1, keepdims=True))
        return (exponents / exponents.sum(axis=-1, keepdims=True)).astype(np.float16)


def _cut(spans: list[tuple[int, int]], pieces: list[tuple[int, ...]]) -> Iterator[_Window]:
    """Windows of at most MAX_PIECES pieces; where a passage is longer they overlap, and each token counts once."""
    first = done = 0
    while done < len(spans):
        last = _fits(pieces, first)
        if last <= done:  # the context alone fills the window
            first, last = done, _fits(pieces, done)
        flat: list[int] = []
        firsts: list[int] = []
        for found in pieces[first:last]:
            firsts.append(len(flat))
            flat += found
        counted = last if last == len(spans) else max(done + 1, _back(pieces, last, _OVERLAP // 2))
        yield _Window(spans[first:last], tuple(flat), firsts, (done - first, counted - first))
        done = counted
        first = min(done, max(first + 1, _back(pieces, last, _OVERLAP)))


def _fits(pieces: list[tuple[int, ...]], first: int) -> int:
    """The token after the last that fits in a window from token `first` on."""
    last, size = first, 0
    while last < len(pieces) and size + len(pieces[last]) <= MAX_PIECES:
        size += len(pieces[last])
        last += 1
    return last


def _back(pieces: list[tuple[int, ...]], last: int, wanted: int) -> int:
    """The token that lies `wanted` pieces before token `last`."""
    while wanted > 0 and last > 1:
        last -= 1
        wanted -= len(pieces[last])
    return last
