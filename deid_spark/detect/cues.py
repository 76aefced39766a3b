"""Cue words: which classes of evidence a word gives for what stands beside it. Data: data/context/cues.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources


@cache
def load_cues() -> dict[str, tuple[str, ...]]:
    """lower-case word -> the sorted names of the cue classes that it stands in."""
    text = (resources.files("deid_spark") / "data" / "context" / "cues.toml").read_text(encoding="utf-8")
    classes: dict[str, set[str]] = {}
    for name, words in tomllib.loads(text).items():
        for word in words.split():
            classes.setdefault(word, set()).add(name)
    return {word: tuple(sorted(names)) for word, names in classes.items()}
