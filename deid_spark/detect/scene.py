"""What patterns, phrase lists, headers and titles say of each token of a note, gathered once for the context model."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

from deid_spark.detect.cues import words_of
from deid_spark.detect.lexicon_flags import SAFE
from deid_spark.detect.tokens import Document
from deid_spark.detect.words import EPONYM, PHRASE, PHRASE_SECOND, PHRASE_START, PROFESSION_END, TITLE, WIDE, Vocabulary
from deid_spark.labels import PROTECTED
from deid_spark.spans import Span

_SAFE = int(SAFE)
# Initials that sign a note: short letters alone between a dash, slash or line start and the end of the line.
_SIGNATURE = re.compile(r"(?:^|[-—–/\n])[ \t]*([^\W\d_]{1,3})\.?[ \t]*(?=$|\n|/)")
_BREAKS = frozenset(".!?:;\n\r•*|")


class Scene(NamedTuple):
    """A document with what other detectors say of each token, gathered once."""

    doc: Document
    pattern: dict[int, tuple[str, str, str]]  # token -> (label, pattern id with B-/I-, score bucket)
    protected: frozenset[int]
    phrases: dict[int, str]  # token -> phrase kind with B-/I-
    professions: frozenset[int]  # tokens that end an occupation's name, or may stand before one
    titled: frozenset[str]  # lower-case words seen right after a title or relation anywhere in the note
    keys: dict[int, str]  # token -> the `key` of its `key: value` line
    signatures: frozenset[int]  # short tokens alone at the end of a line, where initials sign
    wide: list[int]  # tokens that are cues at a distance
    eponyms: dict[int, str]  # token -> whether its clinical head is beside it: `always`, `head`, `bare`


def survey(doc: Document, vocabulary: Vocabulary, spans: Iterable[Span]) -> Scene:
    """Gathers the evidence of patterns, phrases and headers for the tokens of `doc`."""
    pattern: dict[int, tuple[str, str, str]] = {}
    protected: set[int] = set()
    for span in sorted(spans, key=lambda s: (s.start, -s.end, -s.score, s.label, s.sources)):
        inside = doc.inside(span.start, span.end)
        if span.label == PROTECTED:
            protected.update(inside)
            continue
        source = span.sources[0] if span.sources else ""
        for i in inside:
            if i not in pattern:
                place = "B-" if i == inside.start else "I-"
                pattern[i] = (span.label, place + source, str(int(span.score * 5)))
    return Scene(
        doc,
        pattern,
        frozenset(protected),
        phrases=_phrases(doc, vocabulary),
        professions=_professions(doc),
        titled=_titled(doc),
        keys=_keys(doc),
        signatures=_signatures(doc),
        wide=[i for i in doc.flagged if doc.roles[i] & WIDE],
        eponyms=_eponyms(doc, vocabulary),
    )


def _phrases(doc: Document, vocabulary: Vocabulary) -> dict[int, str]:
    """Tokens that belong to a listed phrase -> its kind with B-/I-; the first and longest phrase wins."""
    lowers, roles, by_pair = doc.lowers, doc.roles, vocabulary.by_pair
    found: dict[int, str] = {}
    last = doc.size - 1
    for i in doc.flagged:
        if roles[i] & PHRASE_START and i < last and roles[i + 1] & PHRASE_SECOND and i not in found:
            for tokens, kind in by_pair.get((lowers[i], lowers[i + 1]), ()):
                if lowers[i : i + len(tokens)] == tokens:
                    found.update((i + k, ("I-" if k else "B-") + kind) for k in range(len(tokens)))
                    break
    for i in [i for i in doc.flagged if roles[i] & PHRASE]:
        found.setdefault(i, "B-" + vocabulary.one_word[lowers[i]])
    return found


def _professions(doc: Document) -> frozenset[int]:
    """Tokens of `tax accountant`: an occupation's last word, with up to two plain words before it."""
    function_words = words_of("function")
    found = set()
    for i in doc.flagged:
        if not doc.roles[i] & PROFESSION_END:
            continue
        found.add(i)
        for k in (i - 1, i - 2):
            if k < 0 or not doc.bits[k] & _SAFE or doc.lowers[k] in function_words or doc.gaps[k + 1] not in (" ", "-"):
                break
            found.add(k)
    return frozenset(found)


def _titled(doc: Document) -> frozenset[str]:
    last = doc.size - 1
    return frozenset(
        doc.lowers[i + 1]
        for i in doc.flagged
        if doc.roles[i] & TITLE
        and i < last
        and doc.gaps[i + 1] in (" ", ". ", ".")
        and doc.words[i + 1][0].isalpha()
        and len(doc.words[i + 1]) > 2
    )


def _eponyms(doc: Document, vocabulary: Vocabulary) -> dict[int, str]:
    found = {}
    lowers = doc.lowers
    for i in doc.flagged:
        if doc.roles[i] & EPONYM:
            eponym = vocabulary.lexicon.eponyms[lowers[i]]
            near = lowers[max(0, i - 1) : i] + lowers[i + 1 : i + 4]
            has_head = any(word in eponym.heads for word in near)
            found[i] = "always" if eponym.strength == "always" else "head" if has_head else "bare"
    return found


def _keys(doc: Document) -> dict[int, str]:
    """Tokens that follow `Key:` on the same line, up to the next key or line end -> the key's last word."""
    keys: dict[int, str] = {}
    text, starts, ends, lowers = doc.text, doc.starts, doc.ends, doc.lowers
    at = text.find(":")
    i, n = 0, doc.size
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


def _signatures(doc: Document) -> frozenset[int]:
    found = set()
    for match in _SIGNATURE.finditer(doc.text):
        i = bisect_left(doc.starts, match.start(1))
        if i < doc.size and doc.starts[i] == match.start(1):
            found.add(i)
    return frozenset(found)


def starts_sentence(doc: Document, i: int) -> bool:
    """True when token i opens a sentence, line or list item, so that its capital says nothing."""
    return i == 0 or breaks_sentence(doc.gaps[i])


def breaks_sentence(gap: str) -> bool:
    """True when a sentence, line or list item ends in the text between two tokens."""
    return gap != " " and (not _BREAKS.isdisjoint(gap) or gap.strip() in ("-", "--", "#"))
