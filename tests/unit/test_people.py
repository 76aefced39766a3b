"""The people table: long and wide, three file types, and errors that name file, row and column but no value."""

import json
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deid_spark.errors import InputError
from deid_spark.labels import LABELS
from deid_spark.people import KnownValue, birth_day, load_kinds, people_from_rows, read_people


def write(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_wide_csv_maps_common_column_names(tmp_path):
    path = write(
        tmp_path,
        "people.csv",
        "PAT_ID,PAT_FIRST_NAME,Last Name,birthDate,home-phone,add_line_1,address_line_2,sex,pcp\n"
        "p1,Ann,Vandersloot,1946-03-14,419-244-7703,27 Lakeway Ct,Apt 4B,F,\n"
        "p2,Bo,N/A,,,,Apt 9,M,Brian Foley\n",
    )
    assert read_people(path) == [
        KnownValue("p1", "given_name", "Ann"),
        KnownValue("p1", "family_name", "Vandersloot"),
        KnownValue("p1", "birth_date", "1946-03-14"),
        KnownValue("p1", "phone", "419-244-7703"),
        KnownValue("p1", "street", "27 Lakeway Ct Apt 4B"),
        KnownValue("p2", "given_name", "Bo"),
        KnownValue("p2", "provider_name", "Brian Foley"),
    ]


def test_long_jsonl(tmp_path):
    rows = [{"patient_id": 7, "kind": "mrn", "value": 4418273.0}, {"patient_id": 7, "kind": "city", "value": None}]
    path = write(tmp_path, "people.jsonl", "\n".join(json.dumps(row) for row in rows) + "\n\n")
    assert read_people(path) == [KnownValue("7", "mrn", "4418273")]


def test_parquet_keeps_dates(tmp_path):
    path = tmp_path / "people.parquet"
    table = {"patient_id": ["p1"], "dob": [date(1946, 3, 14)], "race": ["x"]}
    pq.write_table(pa.table(table), path)
    assert read_people(path) == [KnownValue("p1", "birth_date", "1946-03-14")]


def test_own_column_names_come_first(tmp_path):
    path = write(tmp_path, "p.csv", "patient_id,city,colour\np1,Anna,red\n")
    assert read_people(path, {"city": "given_name", "colour": "ignore"}) == [KnownValue("p1", "given_name", "Anna")]


SECRET = "Vandersloot"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("p.csv", f"patient_id,shoe,hat\np1,{SECRET},1\n", "p.csv: unknown columns: shoe, hat"),
        ("p.csv", f"given_name\n{SECRET}\n", "p.csv: exactly one column must hold patient_id"),
        ("p.csv", f"patient_id,city\n,{SECRET}\n", "p.csv: row 1: column patient_id is empty"),
        ("p.csv", f"patient_id,dob\np1,\np2,{SECRET}\n", "p.csv: row 2: column dob is not a date"),
        ("p.csv", f"patient_id,dob\np1,1946-02-30 {SECRET}\n", "p.csv: row 1: column dob is not a date"),
        ("p.csv", f"patient_id,city\np1,a,{SECRET}\n", "p.csv: row 1 has more cells than the header"),
        ("p.csv", f'patient_id,city\np1,"{SECRET}"x\n', "p.csv: not a well-formed CSV file"),
        ("p.csv", f"patient_id,kind,value\np1,nonsense,{SECRET}\n", "p.csv: row 1: column kind: not one of"),
        ("p.jsonl", f'{{"patient_id": "p1", "city": "{SECRET}"\n', "p.jsonl: row 1 is not a JSON object"),
        ("p.parquet", SECRET, "p.parquet: not a Parquet file"),
        ("p.xlsx", SECRET, "p.xlsx: a people table is .csv, .jsonl or .parquet"),
    ],
)
def test_errors_name_the_place_and_never_the_value(tmp_path, name, text, message):
    with pytest.raises(InputError) as error:
        read_people(write(tmp_path, name, text))
    assert str(error.value).startswith(message)
    assert SECRET not in str(error.value)


def test_other_errors(tmp_path):
    with pytest.raises(InputError, match=r"no\.csv: cannot be read"):
        read_people(tmp_path / "no.csv")
    (tmp_path / "latin.csv").write_bytes(b"patient_id,city\np1,Caf\xe9\n")
    with pytest.raises(InputError, match=r"latin\.csv: byte \d+ is not valid UTF-8"):
        read_people(tmp_path / "latin.csv")
    with pytest.raises(InputError, match="column city: no such kind: town"):
        list(people_from_rows([{"patient_id": "p", "city": "x"}], "t", {"city": "town"}))


@pytest.mark.parametrize(
    ("value", "day"),
    [("1946-03-14", (1946, 3, 14)), ("19460314", (1946, 3, 14)), ("3/14/1946", (1946, 3, 14)),
     ("1946-03-14T00:00:00", (1946, 3, 14)), ("14/3/1946", None), ("1946", None), ("", None)],
)  # fmt: skip
def test_birth_day(value, day):
    assert birth_day(value) == day


def test_every_kind_has_a_label_and_every_column_a_kind():
    kinds = load_kinds()
    assert set(kinds.labels.values()) <= set(LABELS)
    assert set(kinds.columns.values()) <= {*kinds.labels, "patient_id", "street_line_2", "ignore"}
