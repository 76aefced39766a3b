"""Spans of a Delta table, for scoring against gold notes."""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from deid_spark.errors import InputError
from deid_spark.spans import Span


def read_predicted(spark: SparkSession, table: str, note_ids: Iterable[str]) -> dict[str, list[Span]]:
    """Spans of these notes from a `secure.spans` table: a catalog name, or the path of its folder.

    The annotated notes are usually a sample, so the table's other notes are left out. Raises InputError when the table
    cannot be read or lacks a column.
    """
    try:
        spans_df = spark.read.format("delta").load(table) if "/" in table else spark.read.table(table)
        columns = spans_df.columns
    except Exception:
        raise InputError(f"{table}: cannot be read as a Delta table") from None
    wanted = ("note_id", "start", "end", "label", "score", "sources")
    missing = [name for name in wanted if name not in columns]
    if missing:
        raise InputError(f"{table}: has no column {', '.join(missing)}")
    ids = sorted(set(note_ids))
    ids_df = spark.createDataFrame([(note_id,) for note_id in ids], "note_id string")
    rows = spans_df.select(*wanted).join(F.broadcast(ids_df), "note_id").collect()
    found: dict[str, list[Span]] = {note_id: [] for note_id in ids}
    for note_id, start, end, label, score, sources in rows:
        found[note_id].append(Span(start, end, label, score, tuple(sources)))
    return {note_id: sorted(spans) for note_id, spans in found.items()}
