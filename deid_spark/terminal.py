"""The two consoles. Made at each call, so that they follow a redirected stream."""

from __future__ import annotations

import sys

from rich.console import Console

# Without a terminal there is no width to fit: tables keep their columns whole.
_WIDTH_OF_FILES = 200


def out() -> Console:
    """Standard output: reports."""
    return Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_FILES)


def err() -> Console:
    """Standard error: progress, summaries, errors."""
    return Console(file=sys.stderr, highlight=False, soft_wrap=True)
