"""What patterns, phrase lists, headers and titles say of each token of a note, gathered once for the context model."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from deid_spark.detect.cues import load_cues, words_of
from deid_spark.detect.dictionaries import Lexicon, Phrase
from deid_spark.detect.lexicon_flags import SAFE
from deid_spark.detect.tokens import Document
from deid_spark.labels import PROTECTED
from deid_spark.spans import Span

_SAFE = int(SAFE)
# Initials that sign a note: short letters alone between a dash, slash or line start and the end of the line.
_SIGNATURE = re.compile(r"(?:^|[-—–/\n])[ \t]*([^\W\d_]{1,3})\.?[ \t]*(?=$|\n|/)")
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
    signatures: frozenset[int]  # short tokens alone at the end of a line, where initials sign
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
        signatures=_signatures(doc),
        eponyms=_eponyms(doc, lexicon),
    )


def _first_token(doc: Document, at: int, start: int) -> int:
    ends = doc.ends
    while at < len(ends) and ends[at] <= start:
        at += 1
    return at


def _phrases(doc: Document, lexicon: Lexicon) -> dict[int, str]:
    """Tokens that belong to a listed phrase -> its kind with B-/I-; the first and longest phrase wins."""
    one_word, by_pair = _phrase_index(lexicon)
    lowers = doc.lowers
    found: dict[int, str] = {}
    for i in [i for i, pair in enumerate(pairwise(lowers)) if pair in by_pair]:
        if i in found:
            continue
        for tokens, kind in by_pair[lowers[i], lowers[i + 1]]:
            if tuple(lowers[i : i + len(tokens)]) == tokens:
                found.update((i + k, ("I-" if k else "B-") + kind) for k in range(len(tokens)))
                break
    for i in [i for i, w in enumerate(lowers) if w in one_word]:
        found.setdefault(i, "B-" + one_word[lowers[i]])
    return found


_Index = tuple[dict[str, str], dict[tuple[str, str], list[Phrase]]]
_phrase_indexes: dict[str, _Index] = {}


def _phrase_index(lexicon: Lexicon) -> _Index:
    """Phrases of one word, and longer ones by their first two words, longest first: most notes hit neither often."""
    index = _phrase_indexes.get(lexicon.fingerprint)
    if index is None:
        one_word: dict[str, str] = {}
        by_pair: dict[tuple[str, str], list[Phrase]] = {}
        for first, phrases in lexicon.phrases.items():
            for tokens, kind in phrases:
                if len(tokens) == 1:
                    one_word.setdefault(first, kind)
                else:
                    by_pair.setdefault((first, tokens[1]), []).append((tokens, kind))
        index = _phrase_indexes[lexicon.fingerprint] = (one_word, by_pair)
    return index


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


def _signatures(doc: Document) -> frozenset[int]:
    found = set()
    for match in _SIGNATURE.finditer(doc.text):
        i = bisect_left(doc.starts, match.start(1))
        if i < len(doc) and doc.starts[i] == match.start(1):
            found.add(i)
    return frozenset(found)


def starts_sentence(doc: Document, i: int) -> bool:
    """True when token i opens a sentence, line or list item, so that its capital says nothing."""
    gap = doc.gap(i)
    return i == 0 or any(c in _BREAKS for c in gap) or gap.strip() in ("-", "--", "1", "#")
