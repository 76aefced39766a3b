"""The configuration of a Spark job: one TOML file, checked whole at load, every problem reported at once.

Nothing here imports pyspark: a config can be checked on any machine. The key itself never stands in a config; only
the name of its file or environment variable does.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from deid_spark.errors import ConfigError
from deid_spark.policy import describe_problems

PRESETS: dict[str, dict[str, str]] = {
    # OMOP CDM v5.4, table NOTE.
    "omop": {
        "note_id": "note_id",
        "patient_id": "person_id",
        "text": "note_text",
        "note_type": "note_title",
        "note_datetime": "note_datetime",
    },
}


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Columns(_Section):
    """Which source column holds what. The first three must exist; an optional one given here must exist too."""

    note_id: str = "note_id"
    patient_id: str = "patient_id"
    text: str = "text"
    note_type: str | None = None
    note_datetime: str | None = None


class _Located(_Section):
    format: Literal["delta", "parquet", "csv", "jsonl"] = "delta"
    path: str | None = None
    table: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> _Located:
        if self.path and self.table:
            raise ValueError("give path or table, not both")
        if self.table and self.format not in ("delta", "parquet"):
            raise ValueError(f"a table has no format {self.format!r}; give path, or leave format out")
        return self


class Source(_Located):
    """Where notes come from.

    `snapshot`: the source is the whole truth, a note that is no longer in it is withdrawn from every release.
    `append`: absence says nothing; only a row whose `withdrawn_column` is true is withdrawn.
    """

    mode: Literal["append", "snapshot"] = "append"
    columns: Columns = Columns()
    withdrawn_column: str | None = None
    # Wall-clock zone of the notes' time stamps; dates in text are compared with them.
    timezone: str = "UTC"

    @field_validator("columns", mode="before")
    @classmethod
    def _preset(cls, value: Any) -> Any:
        if isinstance(value, str):
            if value not in PRESETS:
                raise ValueError(f"no such column preset; there are {', '.join(PRESETS)}")
            return PRESETS[value]
        return value


class People(_Located):
    """What is known of the patients (`deid_spark.people`). `columns`: its own column name -> kind, where not known."""

    format: Literal["delta", "parquet", "csv", "jsonl"] = "csv"
    columns: dict[str, str] = {}


class Output(_Section):
    """Tables as Delta paths under `path`, or in a catalog: one schema a zone."""

    path: str | None = None
    secure_schema: str | None = None
    release_schema: str | None = None
    audit_schema: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Output:
        schemas = [self.secure_schema, self.release_schema, self.audit_schema]
        if self.path and any(schemas):
            raise ValueError("give path or the three schemas, not both")
        if any(schemas) and not all(schemas):
            raise ValueError("secure_schema, release_schema and audit_schema go together")
        if all(schemas) and len(set(schemas)) < 3:
            raise ValueError("the three schemas must differ: access is granted by schema")
        return self


class KeySource(_Section):
    """Where the pseudonymisation key is read from: a file, or an environment variable of the driver."""

    file: str | None = None
    env: str = Field(default="DEID_SPARK_KEY", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    epoch: int = Field(default=1, ge=1)


class DetectorChoice(_Section):
    # off, fast, accurate, or the folder of a model that is on every worker.
    ner: str = Field(default="off", min_length=1)
    # The neural model reads only sentences in which something is left unexplained.
    gate: bool = True
    engine: Literal["auto", "hyperscan", "re"] = "auto"


class Limits(_Section):
    """What keeps memory bounded."""

    # A longer note goes to quarantine with `note_too_long`.
    max_note_chars: int = Field(default=10_000_000, ge=1_000)
    # A worker answers in pieces of about this many characters.
    batch_chars: int = Field(default=4_000_000, ge=10_000)
    # Rows that Spark hands to a worker at once: with 5 MB notes this is what bounds the worker's memory.
    batch_rows: int = Field(default=128, ge=1)
    # Known values of up to this many patients are broadcast; of more they are joined by patient_id.
    broadcast_people: int = Field(default=100_000, ge=0)
    # Detection is committed in slices of about this many notes, so that a killed run keeps what it has done.
    notes_per_commit: int = Field(default=5_000_000, ge=1)


class Run(_Section):
    id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]{1,80}$")
    # The day that the policy's `cutoff = "run"` means; the day of the run when not given.
    date: datetime.date | None = None


class JobConfig(_Section):
    source: Source = Source()
    people: People | None = None
    output: Output = Output()
    policy: str = "surrogate"
    key: KeySource = KeySource()
    detector: DetectorChoice = DetectorChoice()
    limits: Limits = Limits()
    run: Run = Run()
    spark: dict[str, str] = {}

    @field_validator("spark", mode="before")
    @classmethod
    def _spark_settings(cls, value: Any) -> Any:
        """`"spark.x.y" = "v"` or nested TOML tables; numbers and booleans become the text that Spark wants."""
        if not isinstance(value, dict):
            raise ValueError("must be a table of spark settings")
        flat = _flatten(value, "")
        wrong = [name for name in flat if not name.startswith("spark.")]
        if wrong:
            raise ValueError("\x00".join(f"{name} is not a spark.* setting" for name in wrong))
        return flat

    @property
    def fingerprint(self) -> str:
        """16 hex digits over everything that the config says, but the run's own id."""
        data = self.model_dump(mode="json", exclude={"run": {"id"}})
        canonical = json.dumps(data, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def load_config(path: str | Path | None, overrides: dict[str, dict[str, Any] | str] | None = None) -> JobConfig:
    """The config of a file (or the defaults) with `overrides` laid over it, section by section.

    `include = ["spark.toml"]` in the file names files beside it whose sections lie under its own.
    Raises ConfigError that lists every problem, each as `file: key: what is wrong`.
    """
    where = Path(path).name if path is not None else "config"
    data = _with_included(Path(path), where) if path is not None else {}
    for section, values in (overrides or {}).items():
        if isinstance(values, dict):
            data[section] = {**data.get(section, {}), **values}
        else:
            data[section] = values
    try:
        return JobConfig.model_validate(data)
    except ValidationError as error:
        raise ConfigError(where, [_without_secrets(problem) for problem in describe_problems(error)]) from None


def _without_secrets(problem: str) -> str:
    """A key written into the config by mistake must not be repeated on a screen or in a log."""
    return problem.partition(", got ")[0] if problem.startswith("key.") else problem


def require_places(config: JobConfig, *, source: bool = True) -> None:
    """Raise ConfigError unless the config says where to read and where to write."""
    problems = []
    if source and not (config.source.path or config.source.table):
        problems.append("source: no path and no table; give one, or --input")
    if not (config.output.path or config.output.secure_schema):
        problems.append("output: no path and no schemas; give one, or --output")
    if config.people is not None and not (config.people.path or config.people.table):
        problems.append("people: no path and no table")
    if problems:
        raise ConfigError("config", problems)


def _with_included(path: Path, where: str) -> dict[str, Any]:
    data = _read(path, where)
    names = data.pop("include", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ConfigError(where, ["include: must be a list of file names"])
    under: dict[str, Any] = {}
    for name in names:
        for section, values in _read(path.parent / name, name).items():
            under[section] = {**under.get(section, {}), **values} if isinstance(values, dict) else values
    for section, values in data.items():
        both = isinstance(values, dict) and isinstance(under.get(section), dict)
        under[section] = {**under[section], **values} if both else values
    return under


def _read(path: Path, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(str(path), [f"cannot be read: {error.strerror}"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(where, [f"not valid TOML: {error}"]) from None


def _flatten(table: dict[str, Any], prefix: str) -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            flat.update(_flatten(value, f"{prefix}{name}."))
        elif isinstance(value, bool):
            flat[prefix + name] = str(value).lower()
        else:
            flat[prefix + name] = str(value)
    return flat
