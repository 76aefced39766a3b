"""Which tokens are worth scoring: the gate before the context model.

Prose without identifiers must be cheap, so most words are settled by a look-up that is kept per word form; only those
that some dictionary, shape or cue speaks for are looked at in place.
"""

from __future__ import annotations

from deid_spark.detect.cues import load_cues, words_of
from deid_spark.detect.lexicon_flags import NAME, SAFE, Known
from deid_spark.detect.scene import Scene, starts_sentence
from deid_spark.detect.tokens import Document
from deid_spark.detect.words import ALWAYS, CLINICAL, LOOK, NAME_OR_PLACE, SHORT_NUMBER

_SAFE = int(SAFE)
_NAME = int(NAME)
_WORTH = ALWAYS | LOOK
_PERSON_CUES = frozenset(("title", "clinician_title", "relation"))
_NAME_CUES = frozenset(("title", "clinician_title", "relation", "patient_header", "doctor_header", "name_before"))
_HEAD_CUES = frozenset(("facility", "organization"))


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
    picked = {i for i, kind in scene.phrases.items() if kind[2:] != "safe"}
    picked.update(scene.pattern, scene.professions, scene.signatures, _by_shape(doc))
    if doc.is_caseless:
        picked.update(_lower_case_heads(doc))
    roles = doc.roles
    for i in doc.flagged:
        role = roles[i]
        if role & _WORTH and (role & ALWAYS or (i not in picked and _stands_out(scene, i, doc.bits[i]))):
            picked.add(i)
    return picked


def _by_shape(doc: Document) -> set[int]:
    """Tokens of codes (`K9T2X`), of ordinals (`the 10th`) and of numbers in groups (`118 40 62`)."""
    found: set[int] = set()
    words = doc.words
    run: list[int] = []
    for i in [i for i, gap in enumerate(doc.gaps) if not gap and 0 < i < doc.size] if "" in doc.gaps[1:-1] else ():
        run = [*run, i] if run and run[-1] == i - 1 else [i - 1, i]
        surface = "".join(words[k] for k in run)
        is_code = len(surface) >= 4 and not surface.isalpha() and not surface.isdigit()
        if is_code or (words[i].lower() in _ORDINAL_ENDINGS and words[i - 1].isdigit()):
            found.update(run)
    for i in [i for i in doc.flagged if doc.roles[i] & SHORT_NUMBER]:
        if i + 2 < doc.size and all(words[k].isdigit() and doc.gaps[k] in (" ", "-") for k in (i + 1, i + 2)):
            found.update((i, i + 1, i + 2))
    return found


_ORDINAL_ENDINGS = frozenset(("st", "nd", "rd", "th"))


def _lower_case_heads(doc: Document) -> set[int]:
    """`laramie urology` in a note without capitals: a facility's type word with the two words before it."""
    found = set()
    cues, function_words = load_cues(), words_of("function")
    for i in [i for i, w in enumerate(doc.lowers) if w in cues and not _HEAD_CUES.isdisjoint(cues[w])]:
        found.add(i)
        for k in (i - 1, i - 2):
            if k < 0 or doc.lowers[k] in function_words or doc.gaps[k + 1] not in (" ", "-", ". "):
                break
            found.add(k)
    return found


def _stands_out(scene: Scene, i: int, bits: int) -> bool:
    """Looks in place at a token that its form alone does not settle."""
    doc = scene.doc
    word = doc.words[i]
    if word[0].isdigit():
        return i not in scene.protected and _is_telling_number(doc, i)
    if not bits:
        return doc.text[doc.ends[i] : doc.ends[i] + 1] == "."
    if scene.eponyms.get(i) == "always":
        return i in scene.keys or _follows_cue(doc, i, _NAME_CUES)
    if word in words_of("number"):
        return i > 0 and (doc.lowers[i - 1] in words_of("before_age") or doc.gaps[i] in (", ", " (", "-"))
    if word[0].islower():
        return _follows_cue(doc, i, _PERSON_CUES) or (doc.is_caseless and not bits & CLINICAL)
    if len(word) == 1:
        return doc.text[doc.ends[i] : doc.ends[i] + 1] == "." or _follows_cue(doc, i, _NAME_CUES)
    if bits & NAME_OR_PLACE and (i in scene.keys or _follows_cue(doc, i, _NAME_CUES)):
        return True
    if word.isupper():
        return not bits & CLINICAL and _head_near(doc, i)
    return not starts_sentence(doc, i) or _head_near(doc, i)


def _is_telling_number(doc: Document, i: int) -> bool:
    """True for long numbers, and short ones where an age or a room stands: `Otis, 70,`, `(66)`, `at 55.`, `in 209`."""
    word, gap = doc.words[i], doc.gaps[i]
    if len(word) >= 4 or gap.endswith("#"):
        return True
    if i == 0 or doc.gaps[i + 1][:1] not in _AFTER_AGE or _is_decimal(doc, i):
        return False
    if doc.lowers[i - 1] in words_of("before_age"):
        return True
    if "\n" in gap:
        return len(word) == 3
    if doc.words[i - 1][0].isupper() or "relation" in load_cues().get(doc.lowers[i - 1], ()):
        return gap.strip() in _BEFORE_AGE or (gap.strip() == ".," and len(doc.words[i - 1]) == 1)
    return doc.is_caseless and gap == " " and bool(doc.bits[i - 1] & _NAME) and not doc.bits[i - 1] & _SAFE


def _is_decimal(doc: Document, i: int) -> bool:
    """True for either side of `100.9`."""
    follows = i + 1 < doc.size and doc.gaps[i + 1] == "." and doc.words[i + 1].isdigit()
    return follows or (doc.gaps[i] == "." and doc.words[i - 1].isdigit())


_BEFORE_AGE = frozenset((",", "(", "|", "/"))
_AFTER_AGE = frozenset((" ", ",", ".", ";", ")", "\n", "", "/"))


def _follows_cue(doc: Document, i: int, wanted: frozenset[str]) -> bool:
    classes = load_cues().get(doc.lowers[i - 1]) if i else None
    return bool(classes) and not wanted.isdisjoint(classes or ())


def _head_near(doc: Document, i: int) -> bool:
    """True when a word such as `Clinic` or `Church` stands at token i or up to two tokens after it."""
    for k in (i, i + 1, i + 2):
        classes = load_cues().get(doc.lowers[k]) if k < doc.size else None
        if classes and not _HEAD_CUES.isdisjoint(classes):
            return True
    return False


def _grown(doc: Document, picked: set[int]) -> list[int]:
    """The picked tokens with their capitalised, numeric or one-letter neighbours, which names of places have."""
    grown = set(picked)
    for step in (-1, 1):
        for i in picked:
            k = i + step
            while 0 <= k < doc.size and k not in grown and _joins(doc, k if step == 1 else k + 1, k):
                grown.add(k)
                k += step
    return sorted(grown)


def _joins(doc: Document, right: int, k: int) -> bool:
    """True when token k is capitalised, a number or a letter and only a space or hyphen parts it from its neighbour."""
    word, gap = doc.words[k], doc.gaps[right]
    if word[0].isdigit():
        return gap in _GLUED
    if not word[0].isupper():
        return len(word) < 3 and gap in _GLUED
    if gap in _TIGHT:
        return True
    if gap == ". ":  # `J. Smith`, not the start of the next sentence
        return len(doc.words[right - 1]) == 1
    return gap == ", " and not doc.bits[k] & int(Known.COMMON)


_GLUED = frozenset(("", "-", "/", "."))
_TIGHT = frozenset((" ", "-", ".", "", "/", " - "))


def _reaches(doc: Document, last: int, i: int) -> bool:
    """True when token i continues the stretch that ends at `last`: next to it, or over one or two linking words."""
    if i - last > 3:
        return False
    bridges = words_of("bridge")
    if any(doc.lowers[k] not in bridges for k in range(last + 1, i)):
        return False
    return doc.starts[i] - doc.ends[last] < 16
