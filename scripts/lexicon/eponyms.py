"""Eponyms: the project's own table, and the proper names that stand in disease names of the code lists."""

from __future__ import annotations

from collections import defaultdict

from clinical import Described
from people import People
from readers import authored, authored_words, plain

from deid_spark.detect.dictionaries import tokens_of


def eponym_rows(described: Described, words: set[str], people: People) -> dict[str, tuple[str, list[str]]]:
    """token -> (strength, sorted heads)."""
    known_heads = authored_words("eponym_heads.txt")
    words = words | authored_words("demonyms.txt")
    found: dict[str, tuple[str, set[str]]] = {}
    for name, near in described.proper.items():
        heads = near.keys() & known_heads
        if heads and name not in words and (name in people.surnames or name in people.given):
            found[name] = ("always" if _rare(name, people) else "context", heads)
    for name, (strength, heads) in _own(words, people).items():
        found[name] = (strength, heads | found.get(name, ("", set()))[1])
    out = {n: (s, sorted(h)) for n, (s, h) in found.items()}
    for name in list(out):
        if plain(name) not in out:
            out[plain(name)] = out[name]
    return out


def _own(words: set[str], people: People) -> dict[str, tuple[str, set[str]]]:
    """The project's table by token. The parts of `Jackson-Pratt` become heads of each other."""
    single: dict[str, str] = {}
    parted: dict[str, set[str]] = defaultdict(set)
    heads: dict[str, set[str]] = defaultdict(set)
    for line in authored("eponyms.tsv"):
        names, strength, row_heads = line.split("\t")
        parts = [p for p in tokens_of(names) if len(p) > 2 and p not in ("and", "the", "von", "van", "der")]
        for part in parts:
            heads[part] |= set(row_heads.split("|")) | set(parts) - {part}
            # A frequent surname is never the eponym for certain.
            firm = strength if people.surname_count[part] < 3000 else "context"
            if len(tokens_of(names)) == 1:
                single[part] = "context" if single.get(part) == "context" else firm
            else:
                parted[part].add(firm if _rare(part, people) and part not in words else "context")
    return {n: (single.get(n) or min(parted[n], key="context always".index), h) for n, h in heads.items()}


def _rare(name: str, people: People) -> bool:
    return people.surname_count[name] < 300 and people.given_share[name] == 0
