"""Cue words: which classes of evidence a word gives for what stands beside it. Data: data/context/cues.toml."""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from importlib import resources


@cache
def load_cues() -> dict[str, tuple[str, ...]]:
    """lower-case word -> the sorted names of the cue classes that it stands in."""
    classes: dict[str, set[str]] = {}
    for name, words in _file()["cue"].items():
        for word in words.split():
            classes.setdefault(word, set()).add(name)
    return {word: tuple(sorted(names)) for word, names in classes.items()}


@cache
def wide_cues() -> dict[str, tuple[str, ...]]:
    """Cue words that still speak at a distance of five tokens -> those of their classes that do."""
    picked = {word: tuple(c for c in classes if c in _WIDE) for word, classes in load_cues().items()}
    return {word: classes for word, classes in picked.items() if classes}


_WIDE = frozenset(
    ("title", "relation", "facility", "organization", "work_before", "landmark", "street_type", "credential")
)


@cache
def words_of(name: str) -> frozenset[str]:
    """One of the plain word sets: `function`, `bridge`, `staff`."""
    return frozenset(_file()["set"][name].split())


@cache
def cues_fingerprint() -> str:
    """16 hex digits over the file of cues and word sets."""
    return hashlib.sha256(_bytes()).hexdigest()[:16]


@cache
def _file() -> dict[str, dict[str, str]]:
    return tomllib.loads(_bytes().decode("utf-8"))


def _bytes() -> bytes:
    return (resources.files("deid_spark") / "data" / "context" / "cues.toml").read_bytes()
