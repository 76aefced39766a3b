"""Release policies: one TOML file decides everything that a release does.

A policy is checked whole at load; every problem is reported at once. Its fingerprint stands on every released row.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from deid_spark.errors import ConfigError
from deid_spark.labels import LABELS

# What each action means is told in docs/policies.md; which label can take which action is decided here.
ANY_LABEL_ACTIONS = ("surrogate", "redact", "keep")
EXTRA_ACTIONS = {
    "DATE": ("shift", "year"),
    "AGE": ("fold",),
    "ZIP": ("zip3",),
}
# A date or an age has no free surrogate: it moves by the patient's own shift, or folds.
NOT_ALLOWED = {"DATE": ("surrogate",), "AGE": ("surrogate",)}


def allowed_actions(label: str) -> tuple[str, ...]:
    barred = NOT_ALLOWED.get(label, ())
    return tuple(a for a in ANY_LABEL_ACTIONS if a not in barred) + EXTRA_ACTIONS.get(label, ())


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Dates(_Section):
    """How dates move: by `min_weeks`..`max_weeks` whole weeks, one shift per patient, never zero."""

    min_weeks: int = Field(default=1, ge=1)
    max_weeks: int = Field(default=52, ge=1, le=520)
    direction: Literal["past", "both"] = "past"
    order: Literal["month_first", "day_first"] = "month_first"
    # No shifted date may fall after this day; "run" means the day of the run.
    cutoff: Literal["run", "none"] | date = "run"

    @model_validator(mode="after")
    def _ordered(self) -> Dates:
        if self.max_weeks < self.min_weeks:
            raise ValueError(f"max_weeks must be >= min_weeks ({self.min_weeks}), got {self.max_weeks}")
        return self


class Ages(_Section):
    """Ages above `top` become `top+1` with a plus: 45 CFR 164.514(b)(2)(i)(C)."""

    top: int = Field(default=89, ge=1, le=89)
    # A birth year (or a whole birth date) that implies an age above `top` is folded as well.
    fold_birth_years: bool = True


class Zip(_Section):
    """Which ZIP3 prefixes have 20,000 people or fewer: 45 CFR 164.514(b)(2)(i)(B)."""

    restricted: Literal["union", "census_2000", "census_2010"] = "union"


class Places(_Section):
    """Whether a fake city stays in the same state."""

    keep_state: bool = True


class Providers(_Section):
    """Provider names are not identifiers of the individual; a policy may keep them by saying so."""

    deidentify: bool = True


class Crosswalk(_Section):
    """`keyed`: surrogates are functions of the key. `random`: drawn and kept in secure.identities (164.514(c))."""

    mode: Literal["keyed", "random"] = "keyed"


class Release(_Section):
    """What leaves besides text."""

    provenance: bool = False
    keep_columns: tuple[str, ...] = ()


class Detection(_Section):
    """Spans below the threshold are not replaced. Lower is safer, and eats more."""

    threshold: float = Field(default=0.5, ge=0.0, le=1.0)


class Policy(_Section):
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    description: str
    citation: str = ""
    version: int = Field(ge=1)
    actions: dict[str, str]
    dates: Dates = Dates()
    ages: Ages = Ages()
    zip: Zip = Zip()
    places: Places = Places()
    providers: Providers = Providers()
    crosswalk: Crosswalk = Crosswalk()
    release: Release = Release()
    detection: Detection = Detection()

    @field_validator("actions")
    @classmethod
    def _every_label_has_an_action(cls, actions: dict[str, str]) -> dict[str, str]:
        problems = [f"unknown label {label}" for label in actions if label not in LABELS]
        problems += [f"label {label} has no action" for label in LABELS if label not in actions]
        for label, action in actions.items():
            if label in LABELS and action not in allowed_actions(label):
                problems.append(f"{label} must be one of {', '.join(allowed_actions(label))}, got {action!r}")
        if problems:
            raise ValueError("\x00".join(problems))
        return actions

    def action(self, label: str) -> str:
        """The action for a label; DOCTOR is kept when providers.deidentify is false."""
        if label == "DOCTOR" and not self.providers.deidentify:
            return "keep"
        return self.actions[label]

    @property
    def fingerprint(self) -> str:
        """16 hex digits over everything the policy says, whatever the order of its file."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def policy_names() -> list[str]:
    """Names of the shipped policies."""
    folder = resources.files("deid_spark") / "conf" / "policies"
    return sorted(entry.name[: -len(".toml")] for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load_policy(name_or_path: str | Path) -> Policy:
    """A shipped policy by name, or any policy by the path of its TOML file.

    Raises ConfigError that lists every problem, each as `file: key: what is wrong`.
    """
    text, where = _read(name_or_path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(where, [f"not valid TOML: {error}"]) from None
    try:
        return Policy.model_validate(data)
    except ValidationError as error:
        raise ConfigError(where, describe_problems(error)) from None


def describe_problems(error: ValidationError) -> list[str]:
    """One line a problem: dotted key, what is wrong, and what was given (config values hold no PHI)."""
    problems = []
    for item in error.errors():
        key = ".".join(str(part) for part in item["loc"]) or "file"
        for message in item["msg"].removeprefix("Value error, ").split("\x00"):
            got = "" if item["type"] in ("missing", "value_error") else f", got {item['input']!r}"
            problems.append(f"{key}: {message}{got}")
    return problems


def _read(name_or_path: str | Path) -> tuple[str, str]:
    path = Path(name_or_path)
    if path.suffix == ".toml" or path.exists():
        try:
            return path.read_text(encoding="utf-8"), path.name
        except OSError as error:
            raise ConfigError(str(path), [f"cannot be read: {error.strerror}"]) from None
    if str(name_or_path) not in policy_names():
        raise ConfigError(str(name_or_path), [f"no such policy; shipped ones are {', '.join(policy_names())}"])
    entry = resources.files("deid_spark") / "conf" / "policies" / f"{name_or_path}.toml"
    return entry.read_text(encoding="utf-8"), f"{name_or_path}.toml"
