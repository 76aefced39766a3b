"""Which tokens are worth scoring: the gate before the context model.

Prose without identifiers must be cheap, so most words are settled by a look-up that is kept per word form; only those
that some dictionary, shape or cue speaks for are looked at in place.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from deid_spark.detect.cues import load_cues, words_of
from deid_spark.detect.lexicon_flags import NAME, PLACE, SAFE, Known
from deid_spark.detect.scene import Scene, starts_sentence
from deid_spark.detect.tokens import Document

_NAME_OR_PLACE = int(NAME | PLACE | Known.EPONYM | Known.COUNTRY)
_STRONG_NAME = int(Known.GIVEN | Known.SURNAME_COMMON | Known.NICKNAME | Known.CITY_LARGE | Known.STATE | Known.COUNTRY)
_SAFE = int(SAFE)
_NAME = int(NAME)
_CLINICAL = int(Known.CLINICAL | Known.ABBREVIATION | Known.DRUG)
_PERSON_CUES = frozenset(("title", "clinician_title", "relation"))
_NAME_CUES = frozenset(("title", "clinician_title", "relation", "patient_header", "doctor_header", "name_before"))
_HEAD_CUES = frozenset(("facility", "organization"))

_NEVER, _LOOK, _ALWAYS = 0, 1, 2


def candidates(scene: Scene) -> list[list[int]]:
    """Stretches of token indices that are worth scoring, in order; everything else is taken as no identifier."""
    doc = scene.doc
    safe = {i for i, kind in scene.phrases.items() if kind[2:] == "safe" and i not in scene.pattern}
    stretches: list[list[int]] = []
    for i in _grown(doc, _picked(scene) - safe):
        if i in safe:
            continue
        if stretches and _reaches(doc, stretches[-1][-1], i):
            stretches[-1] += range(stretches[-1][-1] + 1, i + 1)
        else:
            stretches.append([i])
    return stretches


def _picked(scene: Scene) -> set[int]:
    doc = scene.doc
    bits = doc.bits
    picked = {i for i, kind in scene.phrases.items() if kind[2:] != "safe"}
    picked.update(scene.pattern, scene.professions, scene.signatures, _by_shape(doc))
    if doc.is_caseless:
        picked.update(_lower_case_heads(doc))
    verdicts = list(map(_verdicts.__getitem__, zip(doc.words, bits, strict=True)))
    for i in [i for i, verdict in enumerate(verdicts) if verdict]:
        if verdicts[i] == _ALWAYS or (i not in picked and _stands_out(scene, i, bits[i])):
            picked.add(i)
    return picked


def _by_shape(doc: Document) -> set[int]:
    """Tokens of codes (`K9T2X`), of numbers in groups (`118 40 62`) and of ordinals (`the 10th`)."""
    found = set()
    for match in _SHAPES.finditer(doc.text):
        i = bisect_left(doc.starts, match.start())
        while i < len(doc) and doc.starts[i] < match.end():
            found.add(i)
            i += 1
    return found


_SHAPES = re.compile(
    r"\b(?:[A-Za-z]+\d|\d+[A-Za-z])[A-Za-z\d]{2,}\b|\b\d{2,4}(?:[ -]\d{2,4}){2,}\b|\b\d{1,2}(?:st|nd|rd|th)\b"
)


def _lower_case_heads(doc: Document) -> set[int]:
    """`laramie urology` in a note without capitals: a facility's type word with the two words before it."""
    found = set()
    cues, function_words = load_cues(), words_of("function")
    for i in [i for i, w in enumerate(doc.lowers) if w in cues and not _HEAD_CUES.isdisjoint(cues[w])]:
        found.add(i)
        for k in (i - 1, i - 2):
            if k < 0 or doc.lowers[k] in function_words or doc.gap(k + 1) not in (" ", "-", ". "):
                break
            found.add(k)
    return found


class _Verdicts(dict):
    """(word, bits) -> never, look in place, or always; bounded, because unknown words never end."""

    def __missing__(self, key: tuple[str, int]) -> int:
        if len(self) > 200_000:
            self.clear()
        self[key] = verdict = _judge(*key)
        return verdict


def _judge(word: str, bits: int) -> int:
    if word[0].isdigit():
        return _LOOK
    if not bits:
        return _ALWAYS if len(word) > 1 else _LOOK
    if word in words_of("number"):
        return _LOOK
    if word[0].islower():
        if bits & _NAME_OR_PLACE and not bits & _SAFE:
            return _ALWAYS
        return _LOOK if bits & _NAME and bits & _STRONG_NAME else _NEVER
    if len(word) == 1:
        return _LOOK
    if bits & _STRONG_NAME and not bits & _CLINICAL:
        return _ALWAYS
    if bits & _NAME_OR_PLACE and not bits & _SAFE:
        return _ALWAYS
    return _LOOK


_verdicts = _Verdicts()


def _stands_out(scene: Scene, i: int, bits: int) -> bool:
    """Looks in place at a token that its form alone does not settle."""
    doc = scene.doc
    word = doc.words[i]
    if word[0].isdigit():
        return i not in scene.protected and _is_telling_number(doc, i)
    if not bits:
        return doc.text[doc.ends[i] : doc.ends[i] + 1] == "."
    if word in words_of("number"):
        return i > 0 and (doc.lowers[i - 1] in words_of("before_age") or doc.gap(i) in (", ", " (", "-"))
    if word[0].islower():
        return _follows_cue(doc, i, _PERSON_CUES) or (doc.is_caseless and not bits & _CLINICAL)
    if len(word) == 1:
        return doc.text[doc.ends[i] : doc.ends[i] + 1] == "." or _follows_cue(doc, i, _NAME_CUES)
    if bits & _NAME_OR_PLACE and (i in scene.keys or _follows_cue(doc, i, _NAME_CUES)):
        return True
    if word.isupper():
        return not bits & _CLINICAL and _head_near(doc, i)
    return not starts_sentence(doc, i) or _head_near(doc, i)


def _is_telling_number(doc: Document, i: int) -> bool:
    """True for long numbers, and short ones where an age or a room stands: `Otis, 70,`, `(66)`, `at 55.`, `in 209`."""
    word, gap = doc.words[i], doc.gap(i)
    if len(word) >= 4 or gap.endswith("#"):
        return True
    if i == 0 or doc.text[doc.ends[i] : doc.ends[i] + 1] not in _AFTER_AGE:
        return False
    if doc.lowers[i - 1] in words_of("before_age"):
        return True
    if "\n" in gap:
        return len(word) == 3
    if doc.words[i - 1][0].isupper() or "relation" in load_cues().get(doc.lowers[i - 1], ()):
        return gap.strip() in _BEFORE_AGE
    return doc.is_caseless and gap == " " and bool(doc.bits[i - 1] & _NAME) and not doc.bits[i - 1] & _SAFE


_BEFORE_AGE = frozenset((",", "(", ".,", "|", "/"))
_AFTER_AGE = frozenset((" ", ",", ".", ";", ")", "\n", "", "/"))


def _follows_cue(doc: Document, i: int, wanted: frozenset[str]) -> bool:
    classes = load_cues().get(doc.lowers[i - 1]) if i else None
    return bool(classes) and not wanted.isdisjoint(classes or ())


def _head_near(doc: Document, i: int) -> bool:
    """True when a word such as `Clinic` or `Church` stands at token i or up to two tokens after it."""
    for k in (i, i + 1, i + 2):
        classes = load_cues().get(doc.lowers[k]) if k < len(doc) else None
        if classes and not _HEAD_CUES.isdisjoint(classes):
            return True
    return False


def _grown(doc: Document, picked: set[int]) -> list[int]:
    """The picked tokens with their capitalised, numeric or one-letter neighbours, which names of places have."""
    grown = set(picked)
    for step in (-1, 1):
        for i in picked:
            k = i + step
            while 0 <= k < len(doc) and k not in grown and _joins(doc, k if step == 1 else k + 1, k):
                grown.add(k)
                k += step
    return sorted(grown)


def _joins(doc: Document, right: int, k: int) -> bool:
    """True when token k is capitalised, a number or a letter and only a space or hyphen parts it from its neighbour."""
    word = doc.words[k]
    gap = doc.text[doc.ends[right - 1] : doc.starts[right]]
    if word[0].isdigit():
        return gap in _GLUED
    if word[0].isupper():
        return gap in _TIGHT
    return len(word) < 3 and gap in _GLUED


_GLUED = frozenset(("", "-", "/", "."))
_TIGHT = frozenset((" ", "-", ". ", ".", "", "/", " - ", ", "))


def _reaches(doc: Document, last: int, i: int) -> bool:
    """True when token i continues the stretch that ends at `last`: next to it, or over one or two linking words."""
    if i - last > 3:
        return False
    bridges = words_of("bridge")
    if any(doc.lowers[k] not in bridges for k in range(last + 1, i)):
        return False
    return doc.starts[i] - doc.ends[last] < 16
