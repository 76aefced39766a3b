"""Ordinary English words, from SCOWL's lower-case entries and WordNet; WordNet also gives medical words and trades."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from readers import authored_words, text_of

WORD = re.compile(r"[a-z]+(?:'[a-z]+)*")
ACCENTED = re.compile(r"[a-zà-öø-ÿ]+")


def scowl(folder: Path, names: tuple[str, ...]) -> set[str]:
    """Lower-case words of the lists without possessives. Capitalised entries are names, not ordinary words."""
    words: set[str] = set()
    for name in names:
        for line in text_of(folder / name).split():
            if line.startswith("I'"):
                words.add(line.lower())
            elif (WORD.fullmatch(line) or ACCENTED.fullmatch(line)) and not line.endswith("'s"):
                words.add(line)
    return words - authored_words("not_words.txt")


class WordNet(NamedTuple):
    """Nouns of WordNet: lemmas by synset (case kept), and the synsets below each."""

    lemmas: dict[str, list[str]]
    below: dict[str, set[str]]
    lower: set[str]  # single lower-case lemmas of all parts of speech

    def under(self, *heads: str) -> set[str]:
        """Lemmas (words joined by blanks) of every synset whose first lemma is one of `heads`, and of all below."""
        todo = [key for key, names in self.lemmas.items() if names[0] in heads]
        seen: set[str] = set()
        while todo:
            key = todo.pop()
            if key not in seen:
                seen.add(key)
                todo += self.below[key]
        return {name.replace("_", " ") for key in seen for name in self.lemmas[key]}


def wordnet(folder: Path) -> WordNet:
    lemmas: dict[str, list[str]] = {}
    below: dict[str, set[str]] = defaultdict(set)
    lower: set[str] = set()
    for part in ("noun", "verb", "adj", "adv"):
        for line in text_of(folder / f"data.{part}").splitlines():
            if line.startswith(" "):
                continue
            fields = line.split(" | ")[0].split()
            count = int(fields[3], 16)
            names = [re.sub(r"\(\w+\)$", "", fields[4 + 2 * k]) for k in range(count)]
            lower |= {n for n in names if WORD.fullmatch(n)}
            if part == "noun":
                lemmas[fields[0]] = names
                pointers = fields[5 + 2 * count :]
                for k in range(0, len(pointers) - 3, 4):
                    if pointers[k] == "@" and pointers[k + 2] == "n":
                        below[pointers[k + 1]].add(fields[0])
    return WordNet(lemmas, below, lower - authored_words("not_words.txt"))
