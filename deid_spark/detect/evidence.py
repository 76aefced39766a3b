"""What speaks for and against a token being part of a name or place: features for the context model, and its gate.

The gate picks stretches of tokens that something speaks for; tokens outside are never scored, which keeps prose
without identifiers cheap. Each feature is a string; none holds the surface of a word that is a name or unknown, so
the model learns contexts, dictionary evidence and shapes, not people.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import NamedTuple

from deid_spark.detect.cues import load_cues, words_of
from deid_spark.detect.dictionaries import Lexicon
from deid_spark.detect.lexicon_flags import NAME, PLACE, SAFE, Known
from deid_spark.detect.tokens import Document
from deid_spark.labels import PROTECTED
from deid_spark.spans import Span

_NAME_OR_PLACE = int(NAME | PLACE | Known.EPONYM | Known.COUNTRY)
_STRONG_NAME = int(Known.GIVEN | Known.SURNAME_COMMON | Known.NICKNAME | Known.CITY_LARGE | Known.STATE | Known.COUNTRY)
_SAFE = int(SAFE)
_NAME = int(NAME)
_CLINICAL = int(Known.CLINICAL | Known.ABBREVIATION | Known.DRUG)
_PERSON_CUES = frozenset(("title", "clinician_title", "relation"))
_NAME_CUES = frozenset(("title", "clinician_title", "relation", "patient_header", "doctor_header", "name_before"))
_HEAD_CUES = frozenset(("facility", "organization"))
_BIT_NAMES = [(int(flag), flag.name or "") for flag in Known]
_BREAKS = ".!?:;\n\r•*|"


class Scene(NamedTuple):
    """A document with what other detectors say of each token, gathered once."""

    doc: Document
    pattern: dict[int, tuple[str, str, str]]  # token -> (label, pattern id with B-/I-, score bucket)
    protected: frozenset[int]
    phrases: dict[int, str]  # token -> phrase kind with B-/I-
    professions: frozenset[int]  # tokens that end an occupation's name, or may stand before one
    titled: frozenset[str]  # lower-case words seen right after a title or relation anywhere in the note
    keys: dict[int, str]  # token -> the `key` of its `key: value` line
    eponyms: dict[int, str]  # token -> whether its clinical head is beside it: `always`, `head`, `bare`


def survey(doc: Document, lexicon: Lexicon, spans: Iterable[Span]) -> Scene:
    """Gathers the evidence of patterns, phrases and headers for the tokens of `doc`."""
    pattern: dict[int, tuple[str, str, str]] = {}
    protected: set[int] = set()
    starts, n = doc.starts, len(doc)
    at = 0
    for span in sorted(spans, key=lambda s: (s.start, -s.end, -s.score, s.label, s.sources)):
        at = _first_token(doc, at, span.start)
        i, first = at, True
        while i < n and starts[i] < span.end:
            if span.label == PROTECTED:
                protected.add(i)
            elif i not in pattern:
                source = span.sources[0] if span.sources else ""
                pattern[i] = (span.label, ("B-" if first else "I-") + source, str(int(span.score * 5)))
            first = False
            i += 1
    return Scene(
        doc,
        pattern,
        frozenset(protected),
        phrases=_phrases(doc, lexicon),
        professions=_professions(doc, lexicon),
        titled=_titled(doc),
        keys=_keys(doc),
        eponyms=_eponyms(doc, lexicon),
    )


def _first_token(doc: Document, at: int, start: int) -> int:
    ends = doc.ends
    while at < len(ends) and ends[at] <= start:
        at += 1
    return at


def _phrases(doc: Document, lexicon: Lexicon) -> dict[int, str]:
    found: dict[int, str] = {}
    lowers, phrases = doc.lowers, lexicon.phrases
    for i in [i for i, w in enumerate(lowers) if w in phrases]:
        if i in found:
            continue
        for tokens, kind in phrases[lowers[i]]:
            if len(tokens) > 1 and tuple(lowers[i : i + len(tokens)]) == tokens:
                for k in range(len(tokens)):
                    found[i + k] = ("I-" if k else "B-") + kind
                break
            if len(tokens) == 1:
                found[i] = "B-" + kind
                break
    return found


def _professions(doc: Document, lexicon: Lexicon) -> frozenset[int]:
    """Tokens of `tax accountant`: an occupation's last word, with up to two plain words before it."""
    ends, function_words = _profession_ends(lexicon.professions), words_of("function")
    found = set()
    for i in [i for i, w in enumerate(doc.lowers) if w in ends]:
        found.add(i)
        for k in (i - 1, i - 2):
            if k < 0 or not doc.bits[k] & _SAFE or doc.lowers[k] in function_words or doc.gap(k + 1) not in (" ", "-"):
                break
            found.add(k)
    return frozenset(found)


@cache
def _profession_ends(professions: frozenset[tuple[str, ...]]) -> frozenset[str]:
    """Last words of occupations: those that name one alone, and of longer ones those with an agent's ending."""
    alone = {tokens[0] for tokens in professions if len(tokens) == 1}
    ends = {tokens[-1] for tokens in professions if tokens[-1].endswith(_AGENT_ENDINGS)}
    return frozenset(alone | ends) - words_of("staff")


_AGENT_ENDINGS = ("er", "or", "ist", "ian", "man", "men", "woman", "eur", "smith", "wright", "hand", "aide", "clerk")


def _titled(doc: Document) -> frozenset[str]:
    cues = load_cues()
    seen = set()
    lowers, words = doc.lowers, doc.words
    for i in range(len(lowers) - 1):
        classes = cues.get(lowers[i])
        if classes and "title" in classes and words[i + 1][0].isalpha() and len(words[i + 1]) > 2:
            gap = doc.text[doc.ends[i] : doc.starts[i + 1]]
            if gap in (" ", ". ", "."):
                seen.add(lowers[i + 1])
    return frozenset(seen)


def _eponyms(doc: Document, lexicon: Lexicon) -> dict[int, str]:
    found = {}
    eponyms, lowers = lexicon.eponyms, doc.lowers
    for i in [i for i, w in enumerate(lowers) if w in eponyms]:
        eponym = eponyms[lowers[i]]
        near = lowers[max(0, i - 1) : i] + lowers[i + 1 : i + 4]
        has_head = any(word in eponym.heads for word in near)
        found[i] = "always" if eponym.strength == "always" else "head" if has_head else "bare"
    return found


def _keys(doc: Document) -> dict[int, str]:
    """Tokens that follow `Key:` on the same line, up to the next key or line end -> the key's last word."""
    keys: dict[int, str] = {}
    text, starts, ends, lowers = doc.text, doc.starts, doc.ends, doc.lowers
    at = text.find(":")
    i, n = 0, len(doc)
    while at != -1:
        while i < n and starts[i] < at:
            i += 1
        if i and ends[i - 1] == at and doc.words[i - 1][0].isalpha():
            line_end = text.find("\n", at)
            line_end = len(text) if line_end == -1 else line_end
            k = i
            while k < n and starts[k] < line_end and k - i < 8:
                keys[k] = lowers[i - 1]
                k += 1
        at = text.find(":", at + 1)
    return keys


def candidates(scene: Scene) -> list[list[int]]:
    """Stretches of token indices that are worth scoring, in order; everything else is taken as no identifier."""
    doc = scene.doc
    picked = _grown(doc, [i for i in range(len(doc)) if _is_candidate(scene, i)])
    stretches: list[list[int]] = []
    for i in picked:
        if stretches and _reaches(doc, stretches[-1][-1], i):
            stretches[-1] += range(stretches[-1][-1] + 1, i + 1)
        else:
            stretches.append([i])
    return stretches


def _grown(doc: Document, picked: list[int]) -> list[int]:
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


def _is_candidate(scene: Scene, i: int) -> bool:
    if i in scene.pattern or i in scene.professions or scene.phrases.get(i, "B-safe")[2:] != "safe":
        return True
    doc = scene.doc
    word, bits = doc.words[i], doc.bits[i]
    if word[0].isdigit():
        return i not in scene.protected and (len(word) >= 4 or doc.gap(i).endswith("#"))
    if len(word) < 4 and _signs_line(doc, i):
        return True
    if not bits:
        return len(word) > 1 or doc.text[doc.ends[i] : doc.ends[i] + 1] == "."
    if word[0].islower():
        return _lower_case_candidate(doc, i, bits)
    if len(word) == 1:
        return doc.text[doc.ends[i] : doc.ends[i] + 1] == "." or _follows_cue(doc, i, _NAME_CUES)
    if bits & _STRONG_NAME and not bits & _CLINICAL:
        return True
    if bits & _NAME_OR_PLACE and not bits & _SAFE:
        return True
    if i in scene.keys and bits & _NAME_OR_PLACE:
        return True
    if _follows_cue(doc, i, _NAME_CUES) and bits & _NAME_OR_PLACE:
        return True
    if word.isupper():
        return not bits & _CLINICAL and _head_near(doc, i)
    return not starts_sentence(doc, i) or _head_near(doc, i)


def _signs_line(doc: Document, i: int) -> bool:
    """True for a short token alone behind a dash or slash at the end of a line, where initials sign a note."""
    after = doc.text[doc.ends[i] : doc.ends[i] + 2].lstrip(" .")
    if after and after[0] not in "\n\r/":
        return False
    return doc.gap(i).rstrip(" ")[-1:] in ("-", "—", "–", "/", "\n")


def _lower_case_candidate(doc: Document, i: int, bits: int) -> bool:
    if bits & _NAME_OR_PLACE and not bits & _SAFE:
        return True
    if not bits & _NAME:
        return False
    if bits & _STRONG_NAME and _follows_cue(doc, i, _PERSON_CUES):
        return True
    return bool(doc.is_caseless and bits & _STRONG_NAME and not bits & _CLINICAL)


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


def starts_sentence(doc: Document, i: int) -> bool:
    """True when token i opens a sentence, line or list item, so that its capital says nothing."""
    gap = doc.gap(i)
    return i == 0 or any(c in _BREAKS for c in gap) or gap.strip() in ("-", "--", "1", "#")


def features(scene: Scene, i: int) -> list[str]:
    """The evidence strings for token i."""
    doc, n = scene.doc, len(scene.doc)
    words, lowers, bits = doc.words, doc.lowers, doc.bits
    out = ["bias"]
    for offset in _WINDOW:
        k = i + offset
        if 0 <= k < n:
            out += _of_word(words[k], lowers[k], bits[k], offset)
        else:
            out.append(f"{offset}:none")
    _situation(scene, i, out)
    _joint_evidence(scene, i, out)
    return out


_WINDOW = (-3, -2, -1, 0, 1, 2, 3)


@lru_cache(maxsize=100_000)
def _of_word(word: str, lower: str, bits: int, offset: int) -> tuple[str, ...]:
    """What a word says by itself at a distance of `offset` tokens; most words of a corpus recur, so this is kept."""
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
    if len(doc.words[i]) < 4 and _signs_line(doc, i):
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
    doc, n = scene.doc, len(scene.doc)
    gap_before = _gap_class(doc.gap(i))
    gap_after = _gap_class(doc.gap(i + 1)) if i + 1 < n else "end"
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
    for direction, near in (("<", range(max(0, i - 5), i)), (">", range(i + 1, min(n, i + 6)))):
        classes = {c for k in near for c in cues.get(doc.lowers[k], ()) if c in _WIDE_CUES and _same_line(doc, i, k)}
        out += [direction + c for c in sorted(classes)]


@lru_cache(maxsize=50_000)
def _kind(word: str, bits: int) -> str:
    return _summary(bits) + _shape(word)[:2]


_WIDE_CUES = frozenset(
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
