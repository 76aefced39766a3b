"""Persons: which mentions speak of one human being. They number redacted names and tell what initials stand for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from deid_spark.replace.names import BARE, GIVEN, INITIAL, SURNAME, Name


class Persons:
    """The persons of one label. A person is (given names, surnames) in canonical parts, most often a full name."""

    def __init__(self, parsed: Mapping[str, Name], counts: Mapping[str, int], heads: Mapping[str, str], sure: set[str]):
        """parsed: text -> Name; counts: text -> how often; heads: part variant -> part; sure: parts of known values."""
        self._heads = heads
        self._sure = sure
        self._parent: dict[tuple[str, str], tuple[str, str]] = {}
        self.weight: Counter[tuple[str, str]] = Counter()
        self._by_part: dict[str, set[tuple[str, str]]] = defaultdict(set)
        full = {text: name for text, name in parsed.items() if name.of(GIVEN) and name.of(SURNAME)}
        for name in full.values():
            self._join([(self._head(g), self._head(s)) for g in _called(name) for s in name.of(SURNAME)])
        for text, name in full.items():
            person = self._root((self._head(_called(name)[0]), self._head(name.of(SURNAME)[-1])))
            self.weight[person] += counts[text]
            for part in (*name.of(GIVEN), *name.of(SURNAME)):
                self._by_part[self._head(part)].add(person)
        self.full_names = {text: self.of(name) for text, name in full.items()}
        self._by_letters: dict[str, tuple[str, str]] = {}
        for text in sorted(full, key=lambda t: (-counts[t], t)):
            plain = Name(tuple(p for p in full[text].parts if p.role != INITIAL), "")
            for letters in (letters_of(full[text]), letters_of(plain)):
                self._by_letters.setdefault(letters, self.full_names[text])

    def of(self, name: Name) -> tuple[str, str]:
        """The person that a mention speaks of; one of its own when it fits nobody."""
        given, surnames, bare = name.of(GIVEN), name.of(SURNAME), name.of(BARE)
        if given and surnames:
            key = (self._head(_called(name)[0]), self._head(surnames[-1]))
            return self._root(key) if key in self._parent else key
        known = [self._head(p) for p in (*given, *surnames, *bare)]
        fitting = set.intersection(*(self._by_part.get(p, set()) for p in known)) if known else set()
        if name.initials and known:
            by_letter = {p for p in fitting if (p[0] if surnames or bare else p[1]).startswith(name.initials[0])}
            if not by_letter:
                return (name.initials, known[-1]) if surnames else (known[-1], name.initials)
            fitting = by_letter
        if fitting:
            return min(fitting, key=lambda p: (not (p[0] in self._sure and p[1] in self._sure), -self.weight[p], p))
        if known:
            return "", known[-1]
        return self._by_letters.get(name.initials, (name.initials, ""))

    def _head(self, part: str) -> str:
        return self._heads.get(part, part)

    def _root(self, key: tuple[str, str]) -> tuple[str, str]:
        while self._parent[key] != key:
            key = self._parent[key]
        return key

    def _join(self, keys: list[tuple[str, str]]) -> None:
        for key in keys:
            self._parent.setdefault(key, key)
        roots = {self._root(key) for key in keys}
        least = min(roots)  # the least key is the root, whatever the order of mentions
        for root in roots:
            self._parent[root] = least


def _called(name: Name) -> list[str]:
    """The given names that a person goes by: the first one, and a nickname between quotes."""
    given = [p for p in name.parts if p.role == GIVEN]
    return [given[0].canonical, *(p.canonical for p in given[1:] if p.quoted)]


def letters_of(name: Name) -> str:
    """First letters of all parts in reading order, given names first: `tmo` for `Ortuno, Thomas M`."""
    return "".join(
        [p.canonical[0] for p in name.parts if p.role in (GIVEN, BARE)]
        + [p.canonical for p in name.parts if p.role == INITIAL]
        + [p.canonical[0] for p in name.parts if p.role == SURNAME]
    )
