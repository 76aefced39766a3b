"""Sources to one shape: notes_df, quarantine_df and withdrawn ids; and known values to (patient_id, kind, value).

Every decided behaviour for a bad row stands in docs/inputs.md. A wrong column stops the job at its start; a bad row
goes to quarantine and the job goes on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, BinaryType, MapType, StringType, StructField, StructType

from deid_spark.config import Columns, Source, _Located
from deid_spark.errors import InputError

CORRUPT = "_deid_corrupt_row"
# Spark drops what it cannot parse of a row into this column; the row itself is never printed.
_CSV_OPTIONS = {"header": "true", "multiLine": "true", "escape": '"', "encoding": "UTF-8", "maxCharsPerColumn": "-1"}
_SAMPLE_LINES = 20
_HAS_ID = "note_id IS NOT NULL AND NOT corrupt AND NOT withdrawn"
_IS_BAD = "reason IS NOT NULL AND reason <> 'withdrawn'"


class Notes(NamedTuple):
    """A source, read and checked.

    rows: how many there are. good: note_id, patient_id, text, note_type, note_datetime, content_hash, and the columns
    that the policy keeps. bad: note_id, reason; None when no row is. withdrawn: note_id. `version`: what was read, for
    the audit row.
    """

    rows: int
    good: DataFrame
    bad: DataFrame | None
    withdrawn: DataFrame
    kept: list[StructField]
    version: str


def read_notes(spark: SparkSession, source: Source, keep: Iterable[str] = (), max_chars: int = 10_000_000) -> Notes:
    """Raises InputError that names every missing or mistyped column."""
    keep = list(keep)
    columns = source.columns
    wanted = [c for c in (*columns.model_dump().values(), source.withdrawn_column, *keep) if c]
    raw, version = load(spark, source, wanted)
    optional = {"note_type": "note_type", "note_datetime": "note_datetime"}
    chosen = {name: getattr(columns, name) or (name if name in raw.columns else None) for name in optional}
    _check(raw, columns, wanted, where=source.path or source.table or "")
    kept = [field for field in raw.schema if field.name in keep]
    rows = raw.select(*_shaped(raw, source, chosen), *[F.col(f"`{name}`") for name in keep])
    return _sorted_out(rows, kept, version, max_chars)


def load(spark: SparkSession, where: _Located, wanted: Iterable[str] = ()) -> tuple[DataFrame, str]:
    """The raw rows and a word on their version. A Delta source is pinned, so that every stage reads the same rows."""
    name = where.path or where.table
    if name is None:
        raise InputError("source: no path and no table")
    try:
        if where.table:
            return _pinned_table(spark, where.table)
        if where.format == "delta":
            version = _delta_version(spark, f"delta.`{name}`")
            return spark.read.format("delta").option("versionAsOf", version).load(name), f"delta version {version}"
        if where.format == "parquet":
            return spark.read.parquet(name), "parquet"
        return _text_rows(spark, where.format, name, wanted), where.format
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{name}: cannot be read as {where.format}: {_first_line(error)}") from None


def _pinned_table(spark: SparkSession, table: str) -> tuple[DataFrame, str]:
    provider = spark.sql(f"DESCRIBE TABLE EXTENDED {table}").where("col_name = 'Provider'").first()
    if provider is not None and provider["data_type"].lower() == "delta":
        version = _delta_version(spark, table)
        return spark.read.option("versionAsOf", version).table(table), f"delta version {version}"
    return spark.table(table), "table"


def _delta_version(spark: SparkSession, name: str) -> int:
    return int(spark.sql(f"DESCRIBE HISTORY {name} LIMIT 1").collect()[0]["version"])


def _text_rows(spark: SparkSession, format_: str, path: str, wanted: Iterable[str]) -> DataFrame:
    """CSV or JSON lines with every column as a string: nothing is inferred, so nothing is guessed wrong."""
    names = _header(spark, format_, path)
    schema = StructType([*(StructField(n, StringType()) for n in names), StructField(CORRUPT, StringType())])
    reader = spark.read.schema(schema).option("mode", "PERMISSIVE").option("columnNameOfCorruptRecord", CORRUPT)
    if format_ == "jsonl":
        return reader.json(path)
    return reader.options(**_CSV_OPTIONS).option("lineSep", _line_end(spark, path)).csv(path)


def _line_end(spark: SparkSession, path: str) -> str:
    """How the rows of a CSV file end. When it is not told, Spark's reader turns CRLF inside of quotes into LF."""
    first = spark.read.option("lineSep", "\n").text(path).head(1)
    return "\r\n" if first and first[0][0].endswith("\r") else "\n"


def _header(spark: SparkSession, format_: str, path: str) -> list[str]:
    if format_ == "csv":
        return spark.read.options(**_CSV_OPTIONS).csv(path).columns
    names: dict[str, None] = {}
    for row in spark.read.text(path).head(_SAMPLE_LINES):
        try:
            found = json.loads(row[0])
        except ValueError:
            continue
        names.update(dict.fromkeys(found if isinstance(found, dict) else ()))
    if not names:
        raise InputError(f"{path}: the first {_SAMPLE_LINES} lines hold no JSON object")
    return list(names)


def _check(raw: DataFrame, columns: Columns, wanted: list[str], where: str) -> None:
    there = {field.name: field.dataType for field in raw.schema}
    problems = [f"no column {name}" for name in wanted if name not in there]
    for name in (columns.note_id, columns.patient_id):
        if isinstance(there.get(name), (ArrayType, MapType, StructType, BinaryType)):
            problems.append(f"column {name} is {there[name].simpleString()}; an id must be text or a number")
    if columns.text in there and not isinstance(there[columns.text], (StringType, BinaryType)):
        problems.append(f"column {columns.text} is {there[columns.text].simpleString()}; text must be string or binary")
    if problems:
        found = ", ".join(name for name in there if name != CORRUPT)
        raise InputError(f"{where}: {'; '.join(problems)} (it has: {found}; map them in [source.columns])")


def _shaped(raw: DataFrame, source: Source, chosen: dict[str, str | None]) -> list[F.Column]:
    columns = source.columns
    note_type, note_datetime = chosen["note_type"], chosen["note_datetime"]
    corrupt = F.col(CORRUPT).isNotNull() if CORRUPT in raw.columns else F.lit(False)
    withdrawn = F.expr(f"try_cast(`{source.withdrawn_column}` AS boolean)") if source.withdrawn_column else F.lit(None)
    return [
        _id(columns.note_id).alias("note_id"),
        _id(columns.patient_id).alias("patient_id"),
        F.col(f"`{columns.text}`").cast("string").alias("text"),
        (F.col(f"`{note_type}`").cast("string") if note_type else F.lit(None).cast("string")).alias("note_type"),
        (F.expr(f"try_cast(`{note_datetime}` AS timestamp)") if note_datetime else F.lit(None).cast("timestamp")).alias(
            "note_datetime"
        ),
        corrupt.alias("corrupt"),
        F.coalesce(withdrawn.cast("boolean"), F.lit(False)).alias("withdrawn"),
    ]


def _id(name: str) -> F.Column:
    """An id as text without outer blanks; empty means none."""
    trimmed = F.trim(F.col(f"`{name}`").cast("string"))
    return F.when(trimmed != "", trimmed)


def _sorted_out(rows: DataFrame, kept: list[StructField], version: str, max_chars: int) -> Notes:
    """Good rows, bad rows with the reason of the first rule that they break, and withdrawn ids."""
    broken = (
        F.when(F.col("corrupt"), "bad_row")
        .when(F.col("note_id").isNull(), "null_note_id")
        .when(F.col("withdrawn"), "withdrawn")
        .when(F.col("patient_id").isNull(), "null_patient_id")
        .when(F.col("text").isNull(), "null_text")
        # octet_length is known without a scan of the text, and no text has more characters than bytes.
        .when((F.octet_length("text") > max_chars) & (F.length("text") > max_chars), "note_too_long")
    )
    marked = rows.withColumn("reason", broken)
    seen = _survey(marked)
    if seen.twice:
        marked = marked.join(_ids_seen_twice(marked), "note_id", "left").withColumn(
            "reason", F.coalesce("reason", F.when(F.col("twice"), "duplicate_note_id"))
        )
    names = [field.name for field in kept]
    good = marked.where("reason IS NULL").select(
        "note_id", "patient_id", "text", "note_type", "note_datetime", _content_hash(names), *names
    )
    bad = marked.where(_IS_BAD).select("note_id", "reason") if seen.bad or seen.twice else None
    withdrawn = marked.where("reason = 'withdrawn'").select("note_id").distinct()
    return Notes(seen.rows, good, bad, withdrawn.join(good, "note_id", "left_anti"), kept, version)


class _Survey(NamedTuple):
    rows: int
    bad: bool
    twice: bool


def _survey(marked: DataFrame) -> _Survey:
    """What there is to sort out, in one pass over the source: seldom anything, and then nothing more is planned."""
    conditions = {"rows": "true", "ids": _HAS_ID, "bad": _IS_BAD}
    counts = [F.expr(f"count_if({condition})").alias(name) for name, condition in conditions.items()]
    ids = marked.groupBy("note_id").agg(*counts)
    row = ids.agg(F.sum("rows"), F.sum("bad"), F.max("ids")).collect()[0]
    return _Survey(row[0] or 0, bool(row[1]), (row[2] or 0) > 1)


def _ids_seen_twice(marked: DataFrame) -> DataFrame:
    """(note_id, twice) of ids on more than one row: which row is right cannot be known."""
    ids = marked.where(_HAS_ID).groupBy("note_id").count()
    return ids.where("count > 1").select("note_id", F.lit(True).alias("twice"))


def _content_hash(kept: list[str]) -> F.Column:
    """SHA-256 over all that a release depends on; lengths first, so that no two lists of values collide."""
    parts = []
    for name in ("patient_id", "note_type", "note_datetime", *kept, "text"):
        value = F.coalesce(F.col(f"`{name}`").cast("string"), F.lit("\x00"))
        parts += [F.octet_length(value).cast("string"), F.lit(":"), value]
    return F.sha2(F.concat(*parts).cast("binary"), 256).alias("content_hash")


def _first_line(error: Exception) -> str:
    """Spark's own short reason for a failed read: it names paths and columns, not values."""
    text = str(error).strip()
    return text.splitlines()[0][:300] if text else type(error).__name__
