"""deid_spark: de-identification of clinical notes and tables. The whole flow stands in `pipeline.py`."""

from typing import TYPE_CHECKING, Any

from deid_spark.policy import Policy, load_policy
from deid_spark.spans import Note, Provenance, ReleasedNote, Span

if TYPE_CHECKING:
    from deid_spark.pipeline import Deidentifier

__version__ = "0.1.0"

__all__ = ["Deidentifier", "Note", "Policy", "Provenance", "ReleasedNote", "Span", "load_policy"]


def __getattr__(name: str) -> Any:
    """`Deidentifier`, loaded when first asked for: what only reads policies or scores loads no automaton."""
    if name == "Deidentifier":
        from deid_spark.pipeline import Deidentifier

        return Deidentifier
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
