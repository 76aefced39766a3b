"""Delta tables of one output: by path or by catalog name, made with explicit schemas, written in whole commits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath

from delta.tables import DeltaTable
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructField, StructType

from deid_spark.config import Output
from deid_spark.errors import InputError
from deid_spark.spark.schemas import PARTITIONS, TABLES

_USER_METADATA = "spark.databricks.delta.commitInfo.userMetadata"


class Tables:
    """The tables of one output. A table that does not exist yet reads as empty, and is made at its first write."""

    def __init__(self, spark: SparkSession, output: Output, extra: dict[str, Sequence[StructField]] | None = None):
        """`extra`: columns beyond `TABLES`, such as those that a policy keeps in `release.notes`."""
        self.spark = spark
        self._output = output
        self.extra = dict(extra or {})
        self._there: set[str] = set()
        self._absent: set[str] = set()

    def schema(self, name: str) -> StructType:
        return StructType([*TABLES[name].fields, *self.extra.get(name, ())])

    def address(self, name: str) -> str:
        """Where a table is: its path, or its catalog name."""
        zone, table = name.split(".")
        if self._output.path is not None:
            root = self._output.path
            return f"{root.rstrip('/')}/{zone}/{table}" if "://" in root else str(PurePosixPath(root, zone, table))
        return f"{getattr(self._output, f'{zone}_schema')}.{table}"

    def exists(self, name: str) -> bool:
        """Asked of the storage once a table: after that, only this run makes it."""
        if name not in self._there | self._absent:
            (self._there if self._is_there(name) else self._absent).add(name)
        return name in self._there

    def _is_there(self, name: str) -> bool:
        if self._output.path is not None:
            return DeltaTable.isDeltaTable(self.spark, self.address(name))
        return self.spark.catalog.tableExists(self.address(name))

    def read(self, name: str) -> DataFrame:
        if not self.exists(name):
            # Known to be empty when it is planned, so that joins and unions with it vanish from the plan.
            nulls = [F.lit(None).cast(field.dataType).alias(field.name) for field in self.schema(name)]
            return self.spark.range(1).where("false").select(*nulls)
        address = self.address(name)
        by_path = self._output.path is not None
        return self.spark.read.format("delta").load(address) if by_path else self.spark.table(address)

    def append(self, name: str, df: DataFrame) -> None:
        """One commit. Columns are chosen and ordered by the schema; a missing or mistyped one is an error."""
        writer = self._shaped(name, df).write.format("delta").mode("append")
        if self.exists(name):
            self._check_schema(name)
        else:
            # Delta would keep each file's smallest and largest value of every column in its log, and write them to
            # Spark's log at INFO: of secure tables that is PHI. Ids are not sorted, so nothing is skipped by them.
            writer = writer.option("delta.dataSkippingNumIndexedCols", "0")
            if name in PARTITIONS:
                writer = writer.partitionBy(*PARTITIONS[name])
        address = self.address(name)
        if self._output.path is not None:
            writer.save(address)
        else:
            writer.saveAsTable(address)
        self._absent.discard(name)
        self._there.add(name)

    def delete_run(self, name: str, run_id: str) -> None:
        """Delete the rows of one run id, which holds no PHI; no commit when there are none."""
        if self.exists(name):
            mine = F.col("run_id") == run_id
            if not self.read(name).where(mine).isEmpty():
                self._table(name).delete(mine)

    def delete(self, name: str, keys: DataFrame, where: str | None = None) -> None:
        """Delete the rows whose key columns are in `keys` (distinct rows); no commit when there are none.

        `where`: a further condition on the table's own columns, written with the alias `t`.
        """
        if not self.exists(name):
            return
        mine = self.read(name).alias("t")
        if where:
            mine = mine.where(where)
        if mine.join(keys, list(keys.columns), "left_semi").isEmpty():
            return
        condition = " AND ".join(f"t.{column} = s.{column}" for column in keys.columns)
        if where:
            condition = f"{condition} AND {where}"
        self._table(name).alias("t").merge(keys.alias("s"), condition).whenMatchedDelete().execute()

    def upsert(self, name: str, df: DataFrame, keys: Sequence[str]) -> None:
        """Insert or replace by `keys` in one commit. `df` has one row a key."""
        if not self.exists(name):
            self.append(name, df)
            return
        self._check_schema(name)
        columns: dict[str, str | Column] = {column: f"s.{column}" for column in self.schema(name).names}
        condition = " AND ".join(f"t.{key} = s.{key}" for key in keys)
        builder = self._table(name).alias("t").merge(df.alias("s"), condition)
        builder.whenMatchedUpdate(set=columns).whenNotMatchedInsert(values=columns).execute()

    @contextmanager
    def commits(self, metadata: dict[str, str]) -> Iterator[None]:
        """Every commit inside carries `metadata` (run id and fingerprints) as Delta user metadata."""
        before = self.spark.conf.get(_USER_METADATA, None)
        self.spark.conf.set(_USER_METADATA, json.dumps(metadata, sort_keys=True))
        try:
            yield
        finally:
            if before is None:
                self.spark.conf.unset(_USER_METADATA)
            else:
                self.spark.conf.set(_USER_METADATA, before)

    def _table(self, name: str) -> DeltaTable:
        address = self.address(name)
        if self._output.path is not None:
            return DeltaTable.forPath(self.spark, address)
        return DeltaTable.forName(self.spark, address)

    def _check_schema(self, name: str) -> None:
        there = {field.name: field.dataType for field in self.read(name).schema}
        wanted = {field.name: field.dataType for field in self.schema(name)}
        if there != wanted:
            names = sorted(n for n in there.keys() | wanted.keys() if there.get(n) != wanted.get(n))
            raise InputError(
                f"table {self.address(name)} has other columns than this run would write ({', '.join(names)}); "
                "schemas are never merged: write to a new output, or change the table first"
            )

    def _shaped(self, name: str, df: DataFrame) -> DataFrame:
        return df.select(*[F.col(f.name).cast(f.dataType).alias(f.name) for f in self.schema(name)])
