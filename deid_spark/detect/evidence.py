"""What speaks for and against a token being part of a name or place: the features of the context model.

Each feature is a string; none holds the surface of a word that is only a name or unknown (see `looks.py`). A token's
features come in groups, and a group in a key: tokens with equal keys have equal features, so what the model makes of a
group is worked out once.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Any

from deid_spark.detect.cues import load_cues, wide_cues
from deid_spark.detect.looks import Look
from deid_spark.detect.scene import Scene, breaks_sentence
from deid_spark.detect.tokens import Document

Key = tuple[Any, ...]

WINDOW = (-3, -2, -1, 0, 1, 2, 3)
GROUPS = len(WINDOW) + 5
"""How many keys `keys_of` gives for a token."""

_NOTHING: Key = ("said",)
_REACH = 5


def keys_of(scene: Scene, stretch: list[int]) -> list[Key]:
    """The keys of each token of `stretch`, GROUPS a token, all in one list."""
    doc = scene.doc
    looks, gaps, size = doc.looks, doc.gaps, doc.size
    wide = scene.wide
    out: list[Key] = []
    for i in stretch:
        for offset in WINDOW:
            k = i + offset
            out.append((offset, looks[k] if 0 <= k < size else None))
        before, after = _gap_class(gaps[i]), _gap_class(gaps[i + 1]) if i + 1 < size else "end"
        kind = looks[i].kind
        starts = i == 0 or breaks_sentence(gaps[i])
        out += (
            ("before", before, looks[i - 1].side if i else None, kind, starts),
            ("after", after, looks[i + 1].side if i + 1 < size else None, kind),
            ("between", before, after),
            _situation(scene, i),
            _wide_cues_near(doc, i, wide) if wide else _NOTHING,
        )
    return out


def features_of(key: Key) -> list[str]:
    """The evidence strings that a key stands for."""
    group = key[0]
    if group == "said":
        return list(key[1:])
    if group == "before":
        return _towards("-", *key[1:4]) + ["sentence_start"] * key[4]
    if group == "after":
        return _towards("+", *key[1:4])
    if group == "between":
        return [f"gaps={key[1]}|{key[2]}"]
    return _of_look(group, key[1])


def evidence(scene: Scene, stretch: list[int]) -> list[list[str]]:
    """The evidence strings of each token of `stretch`, as the model is fitted on them."""
    keys = keys_of(scene, stretch)
    return [[f for key in keys[at : at + GROUPS] for f in features_of(key)] for at in range(0, len(keys), GROUPS)]


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


def _towards(sign: str, gap: str, side: tuple[str, tuple[str, ...]] | None, kind: str) -> list[str]:
    """Evidence that lies in a neighbour and what stands between."""
    neighbour, cues = side or ("none", ())
    joint = f"{neighbour}{gap}{kind}" if sign == "-" else f"{kind}{gap}{neighbour}"
    return [f"j{sign}={joint}", f"gap{sign}={gap}", *[f"gap{sign}{gap}cue={c}" for c in cues]]


def _situation(scene: Scene, i: int) -> Key:
    """What other detectors, the line and the note say of token i and its neighbours."""
    doc, pattern, phrases = scene.doc, scene.pattern, scene.phrases
    out = ["said"]
    if pattern:
        if i in pattern:
            label, source, score = pattern[i]
            out += ["pat=" + label, "pid=" + source, f"ps={label}{score}"]
        out += [f"{k}:pat=" + pattern[i + k][0] for k in (-2, -1, 1, 2) if i + k in pattern]
    if i in scene.protected:
        out.append("protected")
    if phrases:
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
    return tuple(out) if len(out) > 1 else _NOTHING


def _wide_cues_near(doc: Document, i: int, wide: list[int]) -> Key:
    near = wide[bisect_left(wide, i - _REACH) : bisect_right(wide, i + _REACH)]
    if not near:
        return _NOTHING
    words = wide_cues()
    said = {("<" if k < i else ">") + c for k in near if k != i and _same_line(doc, i, k) for c in words[doc.lowers[k]]}
    return ("said", *sorted(said))


def _same_line(doc: Document, i: int, k: int) -> bool:
    a, b = (k, i) if k < i else (i, k)
    return "\n" not in doc.text[doc.ends[a] : doc.starts[b]]


def _gap_class(gap: str) -> str:
    if gap == " ":
        return "_"
    if "\n" in gap:
        return "\\n\\n" if gap.count("\n") > 1 else "\\n"
    bare = gap.strip()
    if not bare:
        return "tab" if len(gap) > 1 or "\t" in gap else "" if not gap else "_"
    return bare[:2]
