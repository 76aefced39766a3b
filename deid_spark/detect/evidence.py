"""What speaks for and against a token being part of a name or place: the features of the context model.

Each feature is a string; none holds the surface of a word that is only a name or unknown, so the model learns
contexts, dictionary evidence and shapes, not people.
"""

from __future__ import annotations

from collections.abc import Container
from functools import cache, lru_cache

from deid_spark.detect.cues import load_cues
from deid_spark.detect.lexicon_flags import NAME, SAFE, Known
from deid_spark.detect.scene import Scene, starts_sentence
from deid_spark.detect.tokens import Document

_SAFE = int(SAFE)
_NAME = int(NAME)
_BIT_NAMES = [(int(flag), flag.name or "") for flag in Known]


class Evidence:
    """Gives the features of tokens; with `wanted`, leaves out those of word forms that the model has no weight for."""

    def __init__(self, wanted: Container[str] | None = None):
        self._wanted = wanted
        self._kept: dict[tuple[str, int, int], tuple[str, ...]] = {}

    def of(self, scene: Scene, i: int) -> list[str]:
        """The evidence strings for token i."""
        doc, kept = scene.doc, self._kept
        words, bits, size = doc.words, doc.bits, doc.size
        out = ["bias"]
        for offset in _WINDOW:
            k = i + offset
            if 0 <= k < size:
                key = (words[k], bits[k], offset)
                said = kept.get(key)
                if said is None:
                    said = self._keep(key, doc.lowers[k])
                out += said
            else:
                out.append(f"{offset}:none")
        _situation(scene, i, out)
        _joint_evidence(scene, i, out)
        return out

    def _keep(self, key: tuple[str, int, int], lower: str) -> tuple[str, ...]:
        if len(self._kept) > _MAX_KEPT:
            self._kept.clear()
        said = _of_word(key[0], lower, key[1], key[2])
        if self._wanted is not None:
            said = tuple(s for s in said if s in self._wanted)
        self._kept[key] = said
        return said


_MAX_KEPT = 300_000


_WINDOW = (-3, -2, -1, 0, 1, 2, 3)


def _of_word(word: str, lower: str, bits: int, offset: int) -> tuple[str, ...]:
    """What a word says by itself at a distance of `offset` tokens."""
    tag = f"{offset}:" if offset else ""
    near = abs(offset) < 3
    out = [tag + "shape=" + _shape(word)]
    if near:
        out.append(tag + "F=" + _summary(bits) + _shape(word)[:2])
    if bits & _SAFE and not _is_name_only(bits):
        out.append(tag + "w=" + lower)
    out += [tag + "cue=" + c for c in load_cues().get(lower, ())]
    if offset == 0:
        out += ["f=" + name for flag, name in _BIT_NAMES if bits & flag]
        out.append("len=" + str(min(len(word), 8)))
        if word.isdecimal():
            out.append("number=" + _number_class(int(word[:6])))
        if not bits:
            out += ["unknown", "end=" + lower[-3:]]
        if word[-2:-1] in ("'", "’"):
            out.append("possessive")
    return tuple(out)


def _situation(scene: Scene, i: int, out: list[str]) -> None:
    """What other detectors, the line and the note say of token i and its neighbours."""
    doc = scene.doc
    if i in scene.pattern:
        label, source, score = scene.pattern[i]
        out += ["pat=" + label, "pid=" + source, f"ps={label}{score}"]
    if i in scene.protected:
        out.append("protected")
    for offset in (-2, -1, 1, 2):
        if i + offset in scene.pattern:
            out.append(f"{offset}:pat=" + scene.pattern[i + offset][0])
        if i + offset in scene.phrases:
            out.append(f"{offset}:ph=" + scene.phrases[i + offset])
    if i in scene.phrases:
        out.append("ph=" + scene.phrases[i])
    if i in scene.professions:
        out.append("occupation")
        out.append("occupation_ends" if i + 1 not in scene.professions else "occupation_goes_on")
    if i in scene.signatures:
        out.append("signs_line")
    if doc.lowers[i] in scene.titled:
        out.append("titled_elsewhere")
    if i in scene.eponyms:
        out.append("eponym=" + scene.eponyms[i])
    key = scene.keys.get(i)
    if key is not None:
        if key in _key_words():
            out.append("key=" + key)
        out += ["keyclass=" + c for c in load_cues().get(key, ())]
    if doc.is_caseless:
        out += ["caseless", "caselessF=" + _summary(doc.bits[i])]
    if starts_sentence(doc, i):
        out.append("sentence_start")


@cache
def _key_words() -> frozenset[str]:
    """Header words that may stand in a feature: any cue, never a name."""
    return frozenset(load_cues())


def _joint_evidence(scene: Scene, i: int, out: list[str]) -> None:
    """Evidence that lies in two neighbours and what stands between them."""
    doc, n = scene.doc, scene.doc.size
    gap_before = _gap_class(doc.gaps[i])
    gap_after = _gap_class(doc.gaps[i + 1]) if i + 1 < n else "end"
    own = _kind(doc.words[i], doc.bits[i])
    before = _kind(doc.words[i - 1], doc.bits[i - 1]) if i else "none"
    after = _kind(doc.words[i + 1], doc.bits[i + 1]) if i + 1 < n else "none"
    out += [f"j-={before}{gap_before}{own}", f"j+={own}{gap_after}{after}", f"gaps={gap_before}|{gap_after}"]
    out += ["gap-=" + gap_before, "gap+=" + gap_after]
    cues = load_cues()
    if i:
        out += [f"gap-{gap_before}cue={c}" for c in cues.get(doc.lowers[i - 1], ())]
    if i + 1 < n:
        out += [f"gap+{gap_after}cue={c}" for c in cues.get(doc.lowers[i + 1], ())]
    wide = _wide_cues()
    for direction, near in (("<", range(max(0, i - 5), i)), (">", range(i + 1, min(n, i + 6)))):
        hits = [k for k in near if doc.lowers[k] in wide]
        if hits:
            classes = {c for k in hits if _same_line(doc, i, k) for c in wide[doc.lowers[k]]}
            out += [direction + c for c in sorted(classes)]


@cache
def _wide_cues() -> dict[str, tuple[str, ...]]:
    """Cue words that still speak at a distance of five tokens."""
    picked = {word: tuple(c for c in classes if c in _WIDE) for word, classes in load_cues().items()}
    return {word: classes for word, classes in picked.items() if classes}


@lru_cache(maxsize=50_000)
def _kind(word: str, bits: int) -> str:
    return _summary(bits) + _shape(word)[:2]


_WIDE = frozenset(
    ("title", "relation", "facility", "organization", "work_before", "landmark", "street_type", "credential")
)


def _same_line(doc: Document, i: int, k: int) -> bool:
    a, b = (k, i) if k < i else (i, k)
    return "\n" not in doc.text[doc.ends[a] : doc.starts[b]]


def _is_name_only(bits: int) -> bool:
    return bool(bits & _NAME) and not bits & int(Known.COMMON | Known.CLINICAL | Known.ABBREVIATION | Known.DEMONYM)


def _summary(bits: int) -> str:
    """The dictionaries' view of a token in a few letters: G/g given, S/s surname, P/p place, W/w word, m medical."""
    if not bits:
        return "?"
    out = ""
    for mask, letter in _SUMMARY:
        if bits & mask:
            out += letter
    return out or "-"


_SUMMARY = (
    (int(Known.GIVEN_COMMON), "G"),
    (int(Known.GIVEN | Known.NICKNAME), "g"),
    (int(Known.SURNAME_COMMON), "S"),
    (int(Known.SURNAME), "s"),
    (int(Known.CITY_LARGE | Known.STATE | Known.COUNTRY), "P"),
    (int(Known.CITY | Known.COUNTY), "p"),
    (int(Known.EPONYM), "e"),
    (int(Known.COMMON), "W"),
    (int(Known.WORD), "w"),
    (int(Known.CLINICAL | Known.DRUG | Known.ABBREVIATION), "m"),
)


def _number_class(value: int) -> str:
    """Which of the things that are counted a number may be: a day, an adult's age, an age over 89, a year."""
    for limit, name in ((1, "0"), (12, "month"), (31, "day"), (89, "age"), (110, "old"), (1899, "big"), (2039, "year")):
        if value <= limit:
            return name
    return "long"


def _shape(word: str) -> str:
    if word[0].isdigit():
        return "d" + str(min(len(word), 6))
    if len(word) == 1:
        return "X1" if word.isupper() else "x1"
    if word.isupper():
        return "XX" + ("2" if len(word) == 2 else "3" if len(word) == 3 else "")
    if word.islower():
        return "xx"
    if word[0].isupper() and word[1:].islower():
        return "Xx"
    return "Mx"


def _gap_class(gap: str) -> str:
    if gap == " ":
        return "_"
    if "\n" in gap:
        return "\\n\\n" if gap.count("\n") > 1 else "\\n"
    bare = gap.strip()
    if not bare:
        return "tab" if len(gap) > 1 or "\t" in gap else "" if not gap else "_"
    return bare[:2]
