"""Reads the `people` table: what a hospital's own tables know of each patient, to be searched for in the notes.

Long form: columns patient_id, kind, value. Wide form: a row a patient, column names mapped to kinds by
`data/known_values/kinds.toml`. A column that nothing maps is an error, so that no identifier is left out unseen.
"""

from __future__ import annotations

import csv
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from deid_spark.errors import InputError

IGNORE = "ignore"
_LINE_2 = "street_line_2"
_ISO = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:[T ].*)?$")
_US = re.compile(r"(\d{1,2})[/\-](\d{1,2})[/\-](\d{4})$")


class KnownValue(NamedTuple):
    """One thing known of one patient. `kind` is a key of `labels` in kinds.toml, such as `given_name` or `phone`."""

    patient_id: str
    kind: str
    value: str

    def __repr__(self) -> str:
        return f"KnownValue(patient_id={self.patient_id!r}, kind={self.kind!r}, value=****)"


class Kinds(NamedTuple):
    """The data file, read once: kind -> label, column name -> kind, and its word lists."""

    labels: dict[str, str]
    columns: dict[str, str]
    words: dict[str, frozenset[str]]
    street_forms: dict[str, str]
    directions: dict[str, str]
    states: dict[str, str]


@cache
def load_kinds() -> Kinds:
    """The shipped kinds, columns and words."""
    path = resources.files("deid_spark") / "data" / "known_values" / "kinds.toml"
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    columns = {_bare(name): kind for kind, names in data["columns"].items() for name in names.split()}
    columns |= {_bare(kind): kind for kind in data["labels"]}
    words = {name: frozenset(text.split()) for name, text in data["words"].items()}
    forms, directions = (
        {form: one for one, forms in data[table].items() for form in forms.split()}
        for table in ("street_forms", "directions")
    )
    return Kinds(data["labels"], columns, words, forms, directions, data["states"])


def read_people(path: str | Path, columns: Mapping[str, str] | None = None) -> list[KnownValue]:
    """Known values from a .csv, .jsonl or .parquet file, in long or wide form.

    `columns` maps the file's own column names to kinds, to `patient_id` or to `ignore`; it comes before the shipped
    names. Raises InputError that names file, row and column, never a value.
    """
    path = Path(path)
    readers = {".csv": _csv_rows, ".jsonl": _jsonl_rows, ".ndjson": _jsonl_rows, ".parquet": _parquet_rows}
    if path.suffix.lower() not in readers:
        raise InputError(f"{path.name}: a people table is .csv, .jsonl or .parquet")
    try:
        return list(people_from_rows(readers[path.suffix.lower()](path), path.name, columns))
    except OSError as error:
        raise InputError(f"{path.name}: cannot be read: {error.strerror or 'not a file of its kind'}") from None
    except csv.Error:
        raise InputError(f"{path.name}: not a well-formed CSV file") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name}: byte {error.start} is not valid UTF-8") from None


def people_from_rows(
    rows: Iterable[Mapping[str, Any]], where: str, columns: Mapping[str, str] | None = None
) -> Iterator[KnownValue]:
    """Known values of rows (column name -> value) in long or wide form; `where` names the table in errors."""
    kind_of: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        if any(name not in kind_of for name in row):
            kind_of = _map_columns(list(row), where, columns or {})
        patient_column = next(name for name, kind in kind_of.items() if kind == "patient_id")
        patient_id = _text(row.get(patient_column))
        if not patient_id:
            raise InputError(f"{where}: row {number}: column {patient_column} is empty")
        if "kind" in kind_of.values():
            yield from _long_row(row, kind_of, patient_id, f"{where}: row {number}")
        else:
            yield from _wide_row(row, kind_of, patient_id, f"{where}: row {number}")


def birth_day(value: str) -> tuple[int, int, int] | None:
    """(year, month, day) of a stored date: ISO, 8 digits, or month/day/year; None when it is no date."""
    if found := _ISO.match(value):
        year, month, day = (int(part) for part in found.groups())
    elif found := _US.match(value):
        month, day, year = (int(part) for part in found.groups())
    else:
        return None
    try:
        date(year, month, day)
    except ValueError:
        return None
    return year, month, day


def _bare(name: str) -> str:
    return re.sub(r"[\s_.\-]", "", name).lower()


def _map_columns(names: list[str], where: str, given: Mapping[str, str]) -> dict[str, str]:
    kinds = load_kinds()
    is_long = {"kind", "value"} <= {_bare(name) for name in names}
    mapped, unknown = {}, []
    for name in names:
        kind = given.get(name) or kinds.columns.get(_bare(name))
        if is_long and _bare(name) in ("kind", "value"):
            kind = _bare(name)
        if kind is None:
            unknown.append(name)
        elif kind not in kinds.labels and kind not in ("patient_id", "kind", "value", _LINE_2, IGNORE):
            raise InputError(f"{where}: column {name}: no such kind: {kind}")
        else:
            mapped[name] = kind
    if unknown:
        raise InputError(
            f"{where}: unknown columns: {', '.join(unknown)}; map each to a kind, or to {IGNORE!r} if it holds none"
        )
    if list(mapped.values()).count("patient_id") != 1:
        raise InputError(f"{where}: exactly one column must hold patient_id; columns are {', '.join(names)}")
    return mapped


def _long_row(row: Mapping[str, Any], kind_of: dict[str, str], patient_id: str, where: str) -> Iterator[KnownValue]:
    named = {kind: row.get(name) for name, kind in kind_of.items()}
    kind, value = _text(named["kind"]), _text(named["value"])
    if kind not in load_kinds().labels:
        raise InputError(f"{where}: column kind: not one of {', '.join(sorted(load_kinds().labels))}")
    if _says_something(value):
        yield _checked(KnownValue(patient_id, kind, value), where, "value")


def _wide_row(row: Mapping[str, Any], kind_of: dict[str, str], patient_id: str, where: str) -> Iterator[KnownValue]:
    line_2 = " ".join(_text(row.get(name)) for name, kind in kind_of.items() if kind == _LINE_2).strip()
    for name, kind in kind_of.items():
        if kind in ("patient_id", IGNORE, _LINE_2):
            continue
        value = _text(row.get(name))
        if not _says_something(value):
            continue
        if kind == "street" and line_2:
            value, line_2 = f"{value} {line_2}", ""
        yield _checked(KnownValue(patient_id, kind, value), where, name)


def _checked(known: KnownValue, where: str, column: str) -> KnownValue:
    if known.kind == "birth_date" and birth_day(known.value) is None:
        raise InputError(f"{where}: column {column} is not a date (YYYY-MM-DD, YYYYMMDD or MM/DD/YYYY)")
    return known


def _says_something(value: str) -> bool:
    return bool(value) and value.casefold().replace(" ", "_") not in load_kinds().words["placeholders"]


def _text(value: Any) -> str:
    """A cell as text: dates in ISO form, whole floats without `.0` (a spreadsheet's MRN), None as empty."""
    if value is None or value != value:  # NaN is the only value that differs from itself
        return ""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _csv_rows(path: Path) -> Iterator[dict[str, Any]]:
    with open(path, encoding="utf-8-sig", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines, strict=True), start=1):
            if None in row:
                raise InputError(f"{path.name}: row {number} has more cells than the header")
            yield row


def _jsonl_rows(path: Path) -> Iterator[dict[str, Any]]:
    with open(path, encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError:
                row = None
            if not isinstance(row, dict):
                raise InputError(f"{path.name}: row {number} is not a JSON object")
            yield row


def _parquet_rows(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=4096):
                yield from batch.to_pylist()
    except pa.ArrowInvalid:
        raise InputError(f"{path.name}: not a Parquet file") from None
