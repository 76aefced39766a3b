"""deid_spark: de-identification of clinical notes and tables. The whole flow stands in `pipeline.py`."""

from deid_spark.policy import Policy, load_policy
from deid_spark.spans import Note, Provenance, ReleasedNote, Span

__version__ = "0.1.0"

__all__ = ["Note", "Policy", "Provenance", "ReleasedNote", "Span", "load_policy"]
