"""Case and layout: a surrogate takes over how the original was written."""

from __future__ import annotations

import re


def like_case(original: str, fake: str) -> str:
    """`fake` in upper or lower case where `original` is wholly so; else as it stands."""
    letters = [c for c in original if c.isalpha()]
    if not letters:
        return fake
    if len(letters) > 1 and all(c.isupper() for c in letters):
        return fake.upper()
    if all(c.islower() for c in letters):
        return fake.lower()
    return fake


def like_words(original: str, fake: str) -> str:
    """`fake` in the case of `original`; a word in the same place in both keeps its very spelling there."""
    mine, theirs = original.split(), like_case(original, fake).split()
    if len(mine) != len(theirs):
        return like_case(original, fake)
    return " ".join(a if a.casefold() == b.casefold() else b for a, b in zip(mine, theirs, strict=True))


def like_breaks(original: str, fake: str) -> str:
    """White space of `original` that is not one space (a line break) goes to the gap of `fake` nearest in order."""
    gaps = re.findall(r"\s+", original)
    places = [m.span() for m in re.finditer(r" ", fake)]
    if not places or all(gap == " " for gap in gaps):
        return fake
    wanted: dict[int, str] = {}
    for i, gap in enumerate(gaps):
        if gap != " ":
            wanted[min(i, len(places) - 1)] = gap
    pieces, last = [], 0
    for i, (start, end) in enumerate(places):
        pieces += [fake[last:start], wanted.get(i, " ")]
        last = end
    return "".join([*pieces, fake[last:]])
