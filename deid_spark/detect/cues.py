"""Cue words: which classes of evidence a word gives for what stands beside it. Data: data/context/cues.toml."""

from __future__ import annotations

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
def words_of(name: str) -> frozenset[str]:
    """One of the plain word sets: `function`, `bridge`, `staff`."""
    return frozenset(_file()["set"][name].split())


@cache
def _file() -> dict[str, dict[str, str]]:
    text = (resources.files("deid_spark") / "data" / "context" / "cues.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
