"""A name right after a title is a name, even when the word is an eponym or an ordinary word: `Dr. Foley`, `Mrs. Love`.

The one context rule that needs no weighing. `Dr` that ends a street name (`12 Harbor View Dr Apt 4`) is left alone.
"""

from __future__ import annotations

from deid_spark.detect.cues import load_cues, words_of
from deid_spark.detect.lexicon_flags import NAME, Known
from deid_spark.detect.scene import Scene
from deid_spark.detect.words import SURE_TITLE
from deid_spark.spans import Span

_SCORE = 0.93
_NAME = int(NAME)
_FREQUENT_NAME = int(Known.GIVEN_COMMON | Known.SURNAME_COMMON)
_MAX_WORDS = 4


def detect_titled(scene: Scene) -> list[Span]:
    """Spans of names after titles: DOCTOR after a clinician's, PATIENT after any other."""
    doc = scene.doc
    clinicians = words_of("sure_clinician_title")
    found = []
    for i in [i for i in doc.flagged if doc.roles[i] & SURE_TITLE]:
        first = i + 1
        if first >= doc.size or _ends_street(scene, i) or not _is_name(scene, first, doc.words[i][0].islower()):
            continue
        last = first
        while last + 1 < doc.size and last - first < _MAX_WORDS - 1 and _goes_on(scene, last):
            last += 1
        label = "DOCTOR" if doc.lowers[i] in clinicians else "PATIENT"
        found.append(Span(doc.starts[first], doc.bare_end(last), label, _SCORE, ("context:title",)))
    return found


def _is_name(scene: Scene, i: int, any_case: bool) -> bool:
    """True when token i follows its title closely, and is capitalised or, after a lower-case title, a listed name."""
    doc = scene.doc
    word, bits = doc.words[i], doc.bits[i]
    if doc.gaps[i] not in (" ", ". ", ".", ".  ", ".\n", "\n") or not word[0].isalpha():
        return False
    if "street_type" in load_cues().get(doc.lowers[i], ()):
        return False
    if word[0].isupper():
        return bool(bits & _NAME) or not bits
    return any_case and bool(bits & _NAME) and doc.lowers[i] not in words_of("after_title")


def _goes_on(scene: Scene, last: int) -> bool:
    """True when the token after `last` is a further part of the name: `Ann Marie`, `A. Brown`, `Smith-Jones`."""
    doc = scene.doc
    word, gap = doc.words[last + 1], doc.gaps[last + 1]
    initial_before = len(doc.words[last]) == 1 and gap == ". "
    if gap not in (" ", "-") and not initial_before:
        return False
    if doc.words[last].isupper() and len(doc.words[last]) > 1 and not word.isupper():
        return False
    bits = doc.bits[last + 1]
    listed = bool(bits & _FREQUENT_NAME) or not bits or (bool(bits & _NAME) and not bits & Known.COMMON)
    return word[0].isupper() and listed and "credential" not in load_cues().get(doc.lowers[last + 1], ())


def _ends_street(scene: Scene, i: int) -> bool:
    """True for `Dr` after a capitalised word with a house number before it."""
    doc = scene.doc
    if doc.lowers[i] != "dr" or i == 0 or doc.gaps[i] != " " or not doc.words[i - 1][0].isupper():
        return False
    return any(doc.words[k][0].isdigit() for k in range(max(0, i - 5), i))
