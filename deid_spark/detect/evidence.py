"""What speaks for and against a token being part of a name or place: the features of the context model.

Each feature is a string; none holds the surface of a word that is only a name or unknown (see `looks.py`). A token's
features come in groups, and a group in a key: tokens with equal keys have equal features, so what the model makes of a
group is worked out once.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any

from deid_spark.detect.cues import load_cues, wide_cues
from deid_spark.detect.looks import Look
from deid_spark.detect.scene import Scene, breaks_sentence
from deid_spark.detect.tokens import Document

Key = Any

_OFFSETS = (-3, -2, -1, 0, 1, 2, 3)
_SIDES = ("before", "after", "between", "situation", "wide")
GROUPS: tuple[int | str, ...] = (*_OFFSETS, *_SIDES)
"""The groups of a token's features: words by their distance, then what stands around them."""

_REACH = 5
_NOTHING: tuple[str, ...] = ()


def keys_of(scene: Scene, tokens: Sequence[int]) -> list[Iterable[Key]]:
    """For each of GROUPS, the keys of `tokens` in their order."""
    doc = scene.doc
    padding = (None,) * max(_OFFSETS)
    padded = (*padding, *doc.looks, *padding)
    columns: list[Iterable[Key]] = [map(padded.__getitem__, map(at.__add__, tokens)) for at in range(len(_OFFSETS))]
    looks, last = doc.looks, doc.size - 1
    gaps = [_gap(gap) for gap in map(doc.gaps.__getitem__, tokens)]
    next_gaps = [_gap(doc.gaps[i + 1])[0] if i < last else "end" for i in tokens]
    columns.append(
        [
            (*(gap if i else (gap[0], True)), looks[i - 1].side if i else "none", looks[i].kind)
            for i, gap in zip(tokens, gaps, strict=True)
        ]
    )
    columns.append(
        [
            (gap, looks[i + 1].side if i < last else "none", looks[i].kind)
            for i, gap in zip(tokens, next_gaps, strict=True)
        ]
    )
    columns.append([(before[0], after) for before, after in zip(gaps, next_gaps, strict=True)])
    columns.append(_situations(scene, tokens))
    wide = scene.wide
    columns.append([_wide_cues_near(doc, i, wide) for i in tokens] if wide else repeat(_NOTHING, len(tokens)))
    return columns


def features_of(group: int | str, key: Key) -> list[str]:
    """The evidence strings that a group's key stands for."""
    if isinstance(group, int):
        return _of_look(group, key)
    if group == "before":
        gap, starts, side, kind = key
        return _towards("-", gap, side, kind) + ["sentence_start"] * starts
    if group == "after":
        return _towards("+", *key)
    if group == "between":
        return [f"gaps={key[0]}|{key[1]}"]
    return list(key)


def evidence(scene: Scene, tokens: Sequence[int]) -> list[list[str]]:
    """The evidence strings of each token, as the model is fitted on them."""
    by_token = zip(*keys_of(scene, tokens), strict=True)
    return [[f for group, key in zip(GROUPS, keys, strict=True) for f in features_of(group, key)] for keys in by_token]


def _of_look(offset: int, look: Look | None) -> list[str]:
    """What a word says by itself at a distance of `offset` tokens."""
    if look is None:
        return [f"{offset}:none"]
    tag = f"{offset}:" if offset else ""
    out = [tag + "shape=" + look.shape]
    if abs(offset) < 3:
        out.append(tag + look.near[0])
    out += [tag + said for said in look.near[1:]]
    out += [tag + "cue=" + c for c in look.cues]
    return ["bias", *out, *look.own] if offset == 0 else out


def _towards(sign: str, gap: str, side: str, kind: str) -> list[str]:
    """Evidence that lies in a neighbour and what stands between."""
    neighbour, *cues = side.split("|")
    joint = f"{neighbour}{gap}{kind}" if sign == "-" else f"{kind}{gap}{neighbour}"
    return [f"j{sign}={joint}", f"gap{sign}={gap}", *[f"gap{sign}{gap}cue={c}" for c in cues]]


def _situations(scene: Scene, tokens: Sequence[int]) -> list[tuple[str, ...]]:
    """What other detectors, the line and the note say of each token and its neighbours."""
    said_of = {*scene.pattern, *scene.phrases}
    said_of.update(*[{i - 2, i - 1, i + 1, i + 2} for i in said_of])
    said_of.update(scene.protected, scene.professions, scene.signatures, scene.eponyms, scene.keys)
    doc, titled = scene.doc, scene.titled
    caseless = doc.is_caseless
    return [_situation(scene, i) if i in said_of or caseless or doc.lowers[i] in titled else _NOTHING for i in tokens]


def _situation(scene: Scene, i: int) -> tuple[str, ...]:
    doc, pattern, phrases = scene.doc, scene.pattern, scene.phrases
    out: list[str] = []
    if i in pattern:
        label, source, score = pattern[i]
        out += ["pat=" + label, "pid=" + source, f"ps={label}{score}"]
    out += [f"{k}:pat=" + pattern[i + k][0] for k in (-2, -1, 1, 2) if i + k in pattern]
    if i in scene.protected:
        out.append("protected")
    if i in phrases:
        out.append("ph=" + phrases[i])
    out += [f"{k}:ph=" + phrases[i + k] for k in (-2, -1, 1, 2) if i + k in phrases]
    if i in scene.professions:
        out += ["occupation", "occupation_ends" if i + 1 not in scene.professions else "occupation_goes_on"]
    if i in scene.signatures:
        out.append("signs_line")
    if doc.lowers[i] in scene.titled:
        out.append("titled_elsewhere")
    if i in scene.eponyms:
        out.append("eponym=" + scene.eponyms[i])
    key = scene.keys.get(i)
    if key is not None and key in load_cues():  # never a name
        out.append("key=" + key)
        out += ["keyclass=" + c for c in load_cues()[key]]
    if doc.is_caseless:
        out += ["caseless", "caselessF=" + doc.looks[i].summary]
    return tuple(out)


def _wide_cues_near(doc: Document, i: int, wide: list[int]) -> tuple[str, ...]:
    near = wide[bisect_left(wide, i - _REACH) : bisect_right(wide, i + _REACH)]
    if not near:
        return _NOTHING
    words = wide_cues()
    said = {("<" if k < i else ">") + c for k in near if k != i and _same_line(doc, i, k) for c in words[doc.lowers[k]]}
    return tuple(sorted(said))


def _same_line(doc: Document, i: int, k: int) -> bool:
    a, b = (k, i) if k < i else (i, k)
    return "\n" not in doc.text[doc.ends[a] : doc.starts[b]]


@lru_cache(maxsize=4096)
def _gap(gap: str) -> tuple[str, bool]:
    """The class of the text between two tokens, and whether a sentence ends in it."""
    return _gap_class(gap), breaks_sentence(gap)


def _gap_class(gap: str) -> str:
    if gap == " ":
        return "_"
    if "\n" in gap:
        return "\\n\\n" if gap.count("\n") > 1 else "\\n"
    bare = gap.strip()
    if not bare:
        return "tab" if len(gap) > 1 or "\t" in gap else "" if not gap else "_"
    return bare[:2]
