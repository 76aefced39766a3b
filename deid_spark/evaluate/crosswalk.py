"""Tags of other annotation schemes, in our labels. The table is `crosswalk.toml`."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources

from deid_spark.errors import ConfigError
from deid_spark.labels import LABELS

_SEPARATOR = re.compile(r"[-\s./]+")


def our_label(tag: str) -> str:
    """Our label for a foreign tag. A tag that no scheme knows stays, in upper case, as a label of its own."""
    name = _SEPARATOR.sub("_", tag.strip()).upper()
    return name if name in LABELS else _table().get(name, name)


@cache
def _table() -> dict[str, str]:
    source = resources.files("deid_spark.evaluate") / "crosswalk.toml"
    return build_table(tomllib.loads(source.read_text(encoding="utf-8")))


def build_table(schemes: dict[str, dict[str, str]]) -> dict[str, str]:
    """Tag -> label over all schemes; ConfigError lists tags with two meanings and labels that are not ours."""
    table: dict[str, str] = {}
    problems = []
    for scheme, tags in schemes.items():
        for tag, label in tags.items():
            if label not in LABELS:
                problems.append(f"{scheme}.{tag}: {label} is not a label")
            if table.setdefault(tag, label) != label:
                problems.append(f"{scheme}.{tag}: {label}, but another scheme says {table[tag]}")
    if problems:
        raise ConfigError("crosswalk.toml", problems)
    return table
