"""The tables, column by column (DESIGN section 3). Every write goes through one of these schemas; none is ever merged.

`secure.*` holds PHI, `release.*` and `audit.*` hold none. Four tables are the job's own books, and make it incremental:
`secure.detections` (one row a note whose spans are current), `secure.mentions` (surface texts that identities are
linked from), `secure.patients` (one row a patient whose identities are current) and `secure.releases` (one row a note
and policy whose release is current).
"""

from __future__ import annotations

from pyspark.sql.types import (
    ArrayType,
    DataType,
    DateType,
    DoubleType,
    IntegerType,
    LongType,
    MapType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

_TYPES: dict[str, DataType] = {
    "string": StringType(),
    "int": IntegerType(),
    "long": LongType(),
    "double": DoubleType(),
    "date": DateType(),
    "timestamp": TimestampType(),
    "strings": ArrayType(StringType()),
    "counts": MapType(StringType(), LongType()),
    "seconds": MapType(StringType(), DoubleType()),
}


def schema(columns: str) -> StructType:
    """A StructType from `name type` pairs separated by commas."""
    pairs = [pair.split() for pair in columns.split(",")]
    return StructType([StructField(name, _TYPES[kind]) for name, kind in pairs])


SPAN = schema("start int, end int, label string, score double, sources strings")
MENTION = schema("label string, text string, score double, times int")
PROVENANCE = schema(
    "start int, end int, released_start int, released_end int, label string, action string,"
    "sources strings, score double"
)

TABLES: dict[str, StructType] = {
    "secure.spans": schema(
        "note_id string, patient_id string, start int, end int, label string, score double, sources strings,"
        "detector_fingerprint string, content_hash string"
    ),
    "secure.mentions": schema("note_id string, patient_id string, label string, text string, score double, times int"),
    "secure.detections": schema(
        "note_id string, patient_id string, content_hash string, known_hash long, detector_fingerprint string,"
        "words long, spans int, run_id string"
    ),
    "secure.identities": schema(
        "patient_id string, kind string, canonical string, surrogate string, key_epoch int, first_run string"
    ),
    "secure.patients": schema(
        "patient_id string, policy_fingerprint string, key_epoch int, linked_hash long, run_id string"
    ),
    "secure.provenance": schema(
        "note_id string, start int, end int, released_start int, released_end int, label string, action string,"
        "sources strings, score double, policy string, policy_fingerprint string, run_id string"
    ),
    "secure.releases": schema(
        "note_id string, released_note_id string, policy string, policy_fingerprint string, content_hash string,"
        "detector_fingerprint string, identities_hash long, key_epoch int, words long, run_id string"
    ),
    "secure.quarantine": schema("note_id string, stage string, reason string, run_id string"),
    "release.notes": schema(
        "note_id string, patient_id string, note_type string, note_datetime timestamp, text string, words long,"
        "policy string, policy_fingerprint string, run_id string"
    ),
    "release.provenance": schema(
        "note_id string, released_start int, released_end int, label string, action string,"
        "policy string, policy_fingerprint string, run_id string"
    ),
    "audit.runs": schema(
        "run_id string, stage string, code_version string, config_fingerprint string, policy string,"
        "policy_fingerprint string, detector_fingerprint string, model_hash string, input_version string,"
        "counts counts, labels counts, seconds seconds, started timestamp, ended timestamp,"
        "outcome string, error_class string, error_code string"
    ),
}

# One folder a policy: a tier is handed over, or dropped, alone.
PARTITIONS: dict[str, list[str]] = {"release.notes": ["policy"], "release.provenance": ["policy"]}

# What the detect worker answers: one row a note.
DETECTED = StructType(
    [
        *schema("note_id string, patient_id string, content_hash string, known_hash long, reason string, words long"),
        StructField("spans", ArrayType(SPAN)),
        StructField("mentions", ArrayType(MENTION)),
    ]
)

# What the link worker answers: one row a new identity.
LINKED = schema("patient_id string, kind string, canonical string, surrogate string, key_epoch int")

# What the release worker answers: one row a note; the source columns that the policy keeps come after these.
RELEASED = StructType(
    [
        *schema(
            "source_note_id string, source_patient_id string, reason string, note_id string, patient_id string,"
            "note_type string, note_datetime timestamp, text string, words long, content_hash string,"
            "detector_fingerprint string, identities_hash long"
        ),
        StructField("provenance", ArrayType(PROVENANCE)),
    ]
)
