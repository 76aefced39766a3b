"""Cuts a note into sentences and lines: the units that the gate passes and the neural model reads."""

from __future__ import annotations

import re

# A sentence ends at a line end, or at a full stop before white space, unless what precedes is an initial or a title.
_END = re.compile(r"\n+|[.!?][\"')\]]*[ \t]+(?=[^\sa-z])")
_NO_END = re.compile(r"(?:^|[^\w])(?:[A-Za-z]|dr|mr|mrs|ms|prof|rev|fr|sr|st|mt|ft|no|vs|appt|dept|jr|tel|ext)$", re.I)
_LOOK_BACK = 8


def sentences(text: str) -> list[tuple[int, int]]:
    """[start, end) of each sentence or line, in order; together they are the whole text."""
    found: list[tuple[int, int]] = []
    start = 0
    for match in _END.finditer(text):
        if match.group()[0] == "." and _NO_END.search(text[max(start, match.start() - _LOOK_BACK) : match.start()]):
            continue
        found.append((start, match.end()))
        start = match.end()
    if start < len(text):
        found.append((start, len(text)))
    return found
