"""Self-contained HTML pages: one file, no external asset, readable from file://."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from deid_spark.jsonl import written_whole


@cache
def environment() -> Environment:
    return Environment(
        loader=PackageLoader("deid_spark.pages", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def write_page(path: Path, template: str, **context: Any) -> None:
    """Render a template of this folder to `path`, whole or not at all. Every value is escaped."""
    text = environment().get_template(template).render(**context)
    with written_whole(path) as file:
        file.write(text)
