"""Eponyms: the project's own table, and the proper names that stand in disease names of the code lists."""

from __future__ import annotations

from clinical import Described
from people import People
from readers import authored, authored_words, plain

from deid_spark.detect.dictionaries import tokens_of


def eponym_rows(described: Described, words: set[str], people: People) -> dict[str, tuple[str, list[str]]]:
    """token -> (strength, sorted heads)."""
    known_heads = authored_words("eponym_heads.txt")
    found: dict[str, tuple[str, set[str]]] = {}
    for name, near in described.proper.items():
        heads = near.keys() & known_heads
        if heads and name not in words and (name in people.surnames or name in people.given):
            found[name] = ("always" if _rare(name, people) else "context", heads)
    own: dict[str, tuple[str, set[str]]] = {}
    for line in authored("eponyms.tsv"):
        names, strength, row_heads = line.split("\t")
        parts = tokens_of(names)
        for part in parts:
            if len(part) < 3 or part in ("and", "the", "von", "van", "der"):
                continue
            beside = set(row_heads.split("|")) | {p for p in parts if p != part and len(p) > 2 and p != "and"}
            firm = strength if len(parts) == 1 or (_rare(part, people) and part not in words) else "context"
            own[part] = (
                firm if own.get(part, ("always",))[0] == "always" else "context",
                beside | own.get(part, ("", set()))[1],
            )
    for name, (strength, heads) in own.items():
        found[name] = (strength, heads | found.get(name, ("", set()))[1])
    out = {n: (s, sorted(h)) for n, (s, h) in found.items()}
    for name in list(out):
        if plain(name) not in out:
            out[plain(name)] = out[name]
    return out


def _rare(name: str, people: People) -> bool:
    return people.surname_count[name] < 300 and people.given_share[name] == 0
