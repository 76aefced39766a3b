"""A name that is sure in one place of a note is a name everywhere in it, unless it is an ordinary word there."""

from __future__ import annotations

from collections.abc import Sequence

from deid_spark.detect.dictionaries import Lexicon
from deid_spark.detect.lexicon_flags import SAFE, Known
from deid_spark.detect.scene import Scene, starts_sentence
from deid_spark.labels import NAME_LABELS
from deid_spark.merge import merge
from deid_spark.spans import Span

SURE = 0.8
_SCORE = 0.75
_SOURCE = ("propagated:note",)
_ORDINARY = int(SAFE | Known.EPONYM)
# What a facility's name shares with every other facility's is no sign of it.
_MIN_LETTERS = 3


def propagate(scene: Scene, spans: Sequence[Span], lexicon: Lexicon) -> list[Span]:
    """`spans` and, merged in, further places where the words of a sure name stand alone.

    An unknown word is taken in any case; an ordinary word or eponym only when capitalised inside a sentence and not
    followed by its clinical head (`Foley catheter`).
    """
    doc = scene.doc
    labels = _sure_parts(scene, spans)
    if not labels:
        return list(spans)
    taken = _covered(scene, spans)
    extra = []
    for i in [i for i, lower in enumerate(doc.lowers) if lower in labels and i not in taken]:
        word, lower, bits = doc.words[i], doc.lowers[i], doc.bits[i]
        if bits & _ORDINARY:
            if not word[0].isupper() or word.isupper() != labels[lower][1] or starts_sentence(doc, i):
                continue
            if head_follows_eponym(scene, i, lexicon):
                continue
        extra.append(Span(doc.starts[i], doc.ends[i], labels[lower][0], _SCORE, _SOURCE))
    return merge(doc.text, [*spans, *extra]) if extra else list(spans)


def _sure_parts(scene: Scene, spans: Sequence[Span]) -> dict[str, tuple[str, bool]]:
    """lower-case word of a sure name -> (label, whether it is written in capitals)."""
    doc = scene.doc
    parts: dict[str, tuple[str, bool]] = {}
    i, n = 0, len(doc)
    for span in spans:
        if span.label not in NAME_LABELS or span.score < SURE:
            continue
        while i < n and doc.ends[i] <= span.start:
            i += 1
        k = i
        while k < n and doc.starts[k] < span.end:
            if len(doc.words[k]) >= _MIN_LETTERS and doc.words[k][0].isalpha():
                parts.setdefault(doc.lowers[k], (span.label, doc.words[k].isupper()))
            k += 1
    return parts


def _covered(scene: Scene, spans: Sequence[Span]) -> set[int]:
    doc = scene.doc
    taken: set[int] = set(scene.protected)
    i, n = 0, len(doc)
    for span in spans:
        while i < n and doc.ends[i] <= span.start:
            i += 1
        k = i
        while k < n and doc.starts[k] < span.end:
            if span.score >= 0.5:
                taken.add(k)
            k += 1
    return taken


def head_follows_eponym(scene: Scene, i: int, lexicon: Lexicon) -> bool:
    """True when token i is an eponym and one of its clinical heads stands right after or before it."""
    eponym = lexicon.eponyms.get(scene.doc.lowers[i])
    if eponym is None:
        return False
    if eponym.strength == "always":
        return True
    near = scene.doc.lowers[max(0, i - 1) : i] + scene.doc.lowers[i + 1 : i + 3]
    return any(word in eponym.heads for word in near)
