"""The word lists: what is known of a token, of a phrase, of an eponym and of a nickname.

Shipped files and the licence of each source: `deid_spark/data/lexicon/SOURCES.md`; they are built by `scripts/lexicon`.
A hit is evidence for the context rules, never a verdict: `brown` is a colour, a surname, a county and a syringe size.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import repeat

from deid_spark.detect.tokens import TOKEN

FILES = ("words.txt.gz", "phrases.txt.gz", "ranks.txt.gz", "eponyms.tsv", "nicknames.tsv")
"""The shipped files, in the order in which the fingerprint reads them."""

Phrase = tuple[tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class Eponym:
    """A person's or place's name inside a clinical term.

    `strength` is `always` when the word is practically never a person in a note (`babinski`), `context` when it is
    also a common surname, place or word (`foley`). `heads` are lower-case words that stand right before or after it
    when it is the eponym (`catheter`); empty for some of the `always` ones.
    """

    strength: str
    heads: frozenset[str]


@dataclass(frozen=True)
class Lexicon:
    """All dictionaries of a worker. Keys are lower-case tokens as `detect.tokens.Document.lowers` has them."""

    words: Mapping[str, int]
    """token -> bits of `Known`"""
    phrases: Mapping[str, tuple[Phrase, ...]]
    """first token -> ((all tokens, kind), ...), longest first; kinds: city, county, state, country, facility,
    organization, profession, safe"""
    eponyms: Mapping[str, Eponym]
    """token -> eponym; the parts of `Jackson-Pratt` are entries of their own, with the other part as a head"""
    nicknames: Mapping[str, tuple[str, ...]]
    """nickname -> full given names, likeliest first"""
    given_rank: Mapping[str, int]
    """frequent US given names -> rank from 1"""
    surname_rank: Mapping[str, int]
    """frequent US surnames -> rank from 1"""
    professions: frozenset[tuple[str, ...]]
    """occupations as tokens, one word and more"""
    fingerprint: str
    """sha256 over the shipped files: changes when any list does"""

    @classmethod
    def load(cls) -> Lexicon:
        """The shipped lexicon, read once per process."""
        return _load()


def tokens_of(text: str) -> tuple[str, ...]:
    """Lower-case tokens of `text`, cut as `detect.tokens.Document` cuts a note: `St. Mary's` -> `("st", "mary")`."""
    lowers = (w.lower().replace("’", "'") for w in TOKEN.findall(text))
    return tuple(w[:-2] if len(w) > 2 and w.endswith("'s") else w for w in lowers)


@cache
def _load() -> Lexicon:
    folder = resources.files("deid_spark") / "data" / "lexicon"
    blobs = {name: (folder / name).read_bytes() for name in FILES}
    digest = hashlib.sha256()
    for name in FILES:
        digest.update(name.encode() + b"\0" + hashlib.sha256(blobs[name]).digest())

    def text_of(name: str) -> str:  # each is freed as soon as it is read: the largest is 5 MB
        blob = blobs.pop(name)
        return (gzip.decompress(blob) if name.endswith(".gz") else blob).decode("utf-8")

    given, surname = (line.split("\t")[1].split(" ") for line in text_of("ranks.txt.gz").splitlines())
    words = _read_words(text_of("words.txt.gz"))
    phrases, professions = _read_phrases(text_of("phrases.txt.gz"))
    return Lexicon(
        words=words,
        phrases=phrases,
        eponyms={e: Eponym(strength, frozenset(heads)) for e, strength, heads in _rows(text_of("eponyms.tsv"))},
        nicknames={nick: tuple(names) for nick, names in _rows(text_of("nicknames.tsv"))},
        given_rank={name: i for i, name in enumerate(given, 1)},
        surname_rank={name: i for i, name in enumerate(surname, 1)},
        professions=professions,
        fingerprint=digest.hexdigest(),
    )


def _read_words(text: str) -> dict[str, int]:
    """`bits<TAB>word word …` a line: words that share the same bits stand together, which loads fast."""
    words: dict[str, int] = {}
    for line in text.splitlines():
        bits, _, run = line.partition("\t")
        words.update(zip(run.split(" "), repeat(int(bits))))
    return words


def _read_phrases(text: str) -> tuple[dict[str, tuple[Phrase, ...]], frozenset[tuple[str, ...]]]:
    """`kind<TAB>first<TAB>rest|rest|…` a line. Kind `occupation`: a profession that is not searched for by itself."""
    gathered: dict[str, list[Phrase]] = {}
    professions: list[tuple[str, ...]] = []
    for line in text.splitlines():
        kind, first, rests = line.split("\t")
        for rest in rests.split("|"):
            tokens = (first, *rest.split(" ")) if rest else (first,)
            if kind in ("profession", "occupation"):
                professions.append(tokens)
            if kind != "occupation":
                gathered.setdefault(first, []).append((tokens, kind))
    # Longest first; equal length in file order, which is the order of preference among kinds.
    ordered = {first: tuple(sorted(found, key=lambda p: -len(p[0]))) for first, found in gathered.items()}
    return ordered, frozenset(professions)


def _rows(text: str) -> list[tuple]:
    """Rows of a TSV file whose last column is a `|` list; `#` starts a comment line."""
    rows = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            *columns, last = line.split("\t")
            rows.append((*columns, [v for v in last.split("|") if v]))
    return rows
