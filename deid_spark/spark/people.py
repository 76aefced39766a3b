"""The `people` table on Spark: known values as rows (patient_id, kind, value), by the rules of `deid_spark.people`."""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa
from pyspark import Broadcast
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from deid_spark.config import People
from deid_spark.errors import InputError
from deid_spark.people import KnownValue, people_from_rows
from deid_spark.spark.batches import Batches, guarded
from deid_spark.spark.readers import CORRUPT, load
from deid_spark.spark.worker import KnownByPatient

_SCHEMA = "patient_id string, kind string, value string"


class Known(NamedTuple):
    """rows: (patient_id, kind, value). hashes: (patient_id, known_hash). broadcast: by patient, when there are few."""

    rows: DataFrame | None
    hashes: DataFrame | None
    broadcast: Broadcast | None


def read_known(spark: SparkSession, people: People | None, broadcast_patients: int) -> Known:
    """The known values of the config's people table; empty when it names none. Raises InputError."""
    if people is None:
        return Known(None, None, None)
    where = people.path or people.table or "people"
    raw, _ = load(spark, people)
    if CORRUPT in raw.columns:
        if raw.where(F.col(CORRUPT).isNotNull()).head(1):
            raise InputError(f"{where}: there are rows that cannot be parsed")
        raw = raw.drop(CORRUPT)
    given = dict(people.columns)
    _check_columns(raw.columns, where, given)

    def work(batches: Batches) -> Batches:
        for batch in batches:
            values = people_from_rows(batch.to_pylist(), where, given)
            columns = list(zip(*values, strict=True)) or [(), (), ()]
            yield pa.RecordBatch.from_arrays(
                [pa.array(c, pa.string()) for c in columns], names=["patient_id", "kind", "value"]
            )

    rows = raw.mapInArrow(guarded("people", work), _SCHEMA).distinct().persist()
    # An order-free hash of all that is known of a patient: when it changes, the patient's notes are detected again.
    hashes = rows.groupBy("patient_id").agg(F.expr("bit_xor(xxhash64(kind, value))").alias("known_hash"))
    patients = hashes.count()
    if patients > broadcast_patients:
        return Known(rows, hashes, None)
    by_patient: dict[str, list[KnownValue]] = {}
    for patient_id, kind, value in sorted(tuple(row) for row in rows.toLocalIterator()):
        by_patient.setdefault(patient_id, []).append(KnownValue(patient_id, kind, value))
    table: KnownByPatient = {patient_id: tuple(values) for patient_id, values in by_patient.items()}
    return Known(rows, hashes, spark.sparkContext.broadcast(table))


def _check_columns(names: list[str], where: str, given: dict[str, str]) -> None:
    """Wrong columns are an error at the start of the job: a row of empty cells goes through the same rules."""
    try:
        list(people_from_rows([dict.fromkeys(names)], where, given))
    except InputError as error:
        if not str(error).endswith(" is empty"):  # columns are right: the only thing amiss is the row without a patient
            raise
