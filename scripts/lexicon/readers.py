"""Small readers that the list builders share."""

from __future__ import annotations

import csv
import gzip
import io
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from deid_spark.detect.dictionaries import tokens_of

AUTHORED = Path(__file__).parent / "authored"
LATIN = re.compile(r"[a-zà-öø-ÿāăąćčďđēėęěğģıīįķļłńņňőœřśşšţťūůűųźżžșțơưạ-ỹʻ']+")


def text_of(path: Path) -> str:
    """The text of a file, gzip or not (`.gz` may be missing on disk); bytes that are no UTF-8 are read as Latin-1."""
    if not path.exists():
        path = path.with_suffix("") if path.suffix == ".gz" else path.with_name(path.name + ".gz")
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def rows_of(path: Path, delimiter: str = ",") -> Iterator[list[str]]:
    yield from csv.reader(io.StringIO(text_of(path)), delimiter=delimiter)


def authored(name: str) -> list[str]:
    """Lines of one of the project's own lists, without comments and empty lines."""
    lines = (AUTHORED / name).read_text(encoding="utf-8").splitlines()
    return [line.rstrip() for line in lines if line.strip() and not line.startswith("#")]


def authored_words(name: str) -> set[str]:
    """All whitespace-separated words of one of the project's own lists, in lower case."""
    return {word.lower() for line in authored(name) for word in line.split()}


def plain(token: str) -> str:
    """`josé` -> `jose`."""
    swapped = token.translate(str.maketrans("đłøıœæß", "dloioas"))
    return "".join(c for c in unicodedata.normalize("NFKD", swapped) if not unicodedata.combining(c))


def name_tokens(name: str) -> set[str]:
    """Look-up forms of a personal or place name: whole, hyphen parts, each with and without accents."""
    lower = name.strip().lower().replace("`", "'").replace("‘", "'").replace("ʻ", "'").replace("’", "'")
    parts = list(tokens_of(lower))
    forms = set(parts) | {p.replace("'", "ʻ") for p in parts} | {p.replace("'", "") for p in parts}
    if "-" in lower and " " not in lower and len(parts) > 1:
        forms.add("-".join(parts))
    forms |= {plain(f) for f in forms}
    return {f for f in forms if all(LATIN.fullmatch(p) for p in f.split("-"))}
