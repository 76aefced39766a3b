"""A name that is sure in one place of a note is a name everywhere in it, unless it is an ordinary word there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deid_spark.detect.lexicon_flags import SAFE, Known
from deid_spark.detect.scene import Scene
from deid_spark.labels import NAME_LABELS
from deid_spark.merge import merge
from deid_spark.spans import Span

SURE = 0.8
_SCORE = 0.75
_SOURCE = ("propagated:note",)
_ORDINARY = int(SAFE | Known.EPONYM)
_MIN_LETTERS = 3
_ROOM_FOR_DOUBT = 0.42


def propagate(scene: Scene, spans: Sequence[Span], probability: Mapping[int, float]) -> list[Span]:
    """`spans` and, merged in, further places where the words of a sure name stand alone.

    A word that is only a name is taken in any case; an ordinary word or eponym only where the context model leaves
    room for it (`probability` of token -> identifier): `Foley` stays a catheter beside `Dr. Foley`.
    """
    doc = scene.doc
    labels = _sure_parts(scene, spans)
    if not labels:
        return list(spans)
    taken = _covered(scene, spans)
    extra = []
    for i in [i for i, lower in enumerate(doc.lowers) if lower in labels and i not in taken]:
        if doc.bits[i] & _ORDINARY and probability.get(i, 0.0) < _ROOM_FOR_DOUBT:
            continue
        extra.append(Span(doc.starts[i], doc.bare_end(i), labels[doc.lowers[i]], _SCORE, _SOURCE))
    return merge(doc.text, [*spans, *extra]) if extra else list(spans)


def _sure_parts(scene: Scene, spans: Sequence[Span]) -> dict[str, str]:
    """lower-case word of a sure name -> its label."""
    doc = scene.doc
    parts: dict[str, str] = {}
    for span in spans:
        if span.label in NAME_LABELS and span.score >= SURE:
            for i in doc.inside(span.start, span.end):
                if len(doc.words[i]) >= _MIN_LETTERS and doc.words[i][0].isalpha():
                    parts.setdefault(doc.lowers[i], span.label)
    return parts


def _covered(scene: Scene, spans: Sequence[Span]) -> set[int]:
    """Tokens that are taken already, or protected."""
    taken = set(scene.protected)
    for span in spans:
        if span.score >= 0.5:
            taken.update(scene.doc.inside(span.start, span.end))
    return taken
