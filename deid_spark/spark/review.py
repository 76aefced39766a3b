"""The side-by-side page of a run's tables. It shows originals: for synthetic sample notes only."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from deid_spark.config import JobConfig
from deid_spark.policy import load_policy
from deid_spark.review import write_review
from deid_spark.spans import Note, Provenance, ReleasedNote
from deid_spark.spark.delta import Tables
from deid_spark.spark.readers import read_notes

MAX_NOTES = 200


def write_page(config: JobConfig, path: str | Path) -> int:
    """Write the page of up to MAX_NOTES released notes; returns how many. The caller vouches that they are made up."""
    spark = SparkSession.active()
    tables = Tables(spark, config.output)
    policy = F.col("policy") == load_policy(config.policy).name
    books = tables.read("secure.releases").where(policy).select("note_id", "released_note_id")
    released = tables.read("release.notes").where(policy).withColumnRenamed("note_id", "released_note_id")
    both = (
        read_notes(spark, config.source)
        .good.select("note_id", F.col("patient_id").alias("source_patient_id"), F.col("text").alias("original"))
        .join(books, "note_id")
        .join(
            released.select("released_note_id", "patient_id", "note_type", "note_datetime", "text"), "released_note_id"
        )
        .orderBy("note_id")
        .limit(MAX_NOTES)
    )
    changes: dict[str, list[Provenance]] = {}
    for row in tables.read("secure.provenance").where(policy).orderBy("note_id", "start").toLocalIterator():
        values = [row[name] for name in Provenance._fields]
        changes.setdefault(row["note_id"], []).append(Provenance._make(values)._replace(sources=tuple(row["sources"])))
    pairs = [
        (
            Note(row.note_id, row.source_patient_id, row.original, row.note_type),
            ReleasedNote(
                row.released_note_id,
                row.patient_id,
                row.text,
                row.note_type,
                row.note_datetime,
                tuple(changes.get(row.note_id, ())),
                row.note_id,
            ),
        )
        for row in both.collect()
    ]
    write_review(path, pairs, synthetic=True)
    return len(pairs)
