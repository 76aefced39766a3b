"""Writes the side-by-side page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from deid_spark.errors import ConfigError
from deid_spark.labels import LABELS
from deid_spark.pages import write_page
from deid_spark.review.lines import Line, side_by_side
from deid_spark.spans import Note, ReleasedNote

# One colour a family: thirty colours could not be told apart. Each family also has an underline of its own, for
# readers who see colours differently; the label itself is on the legend, on hover and on focus.
FAMILIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "person": ("Patient and relatives", ("PATIENT",)),
    "staff": ("Clinicians and staff", ("DOCTOR", "USERNAME")),
    "place": (
        "Places",
        ("HOSPITAL", "DEPARTMENT", "ROOM", "STREET", "CITY", "STATE", "COUNTRY", "ZIP", "LOCATION_OTHER"),
    ),
    "work": ("Work and organisations", ("ORGANIZATION", "PROFESSION")),
    "date": ("Dates", ("DATE",)),
    "age": ("Ages", ("AGE",)),
    "contact": ("Contact", ("PHONE", "FAX", "EMAIL", "URL", "IPADDRESS")),
    "number": (
        "Numbers",
        ("SSN", "MEDICALRECORD", "HEALTHPLAN", "ACCOUNT", "LICENSE", "VEHICLE", "DEVICE", "BIOID", "IDNUM"),
    ),
}
_FAMILY_OF = {label: family for family, (_, labels) in FAMILIES.items() for label in labels}


class ShownNote(NamedTuple):
    note: Note
    released: ReleasedNote
    lines: list[Line]
    words: int


class Summary(NamedTuple):
    notes: int
    patients: int
    words: int
    spans: int
    actions: list[tuple[str, int]]


def write_review(
    path: str | Path,
    notes: Iterable[tuple[Note, ReleasedNote]],
    title: str = "De-identified sample notes",
    *,
    synthetic: bool = False,
) -> None:
    """Write a self-contained page with each note before and after, in the order given.

    The page shows original text, so the caller must say `synthetic=True`: that these notes are of made-up people.
    Raises ConfigError otherwise, and SpanError when a release does not fit its original.
    """
    if synthetic is not True:
        raise ConfigError(
            "review",
            ["this page shows original notes; it is for synthetic samples only, and must be asked for with "
             "synthetic=True (--synthetic)"],
        )  # fmt: skip
    shown = [
        ShownNote(note, released, side_by_side(note, released), len(note.text.split())) for note, released in notes
    ]
    labels = Counter(change.label for item in shown for change in item.released.provenance)
    actions = Counter(change.action for item in shown for change in item.released.provenance)
    write_page(
        Path(path),
        "review.html.j2",
        title=title,
        notes=shown,
        summary=Summary(
            len(shown),
            len({item.note.patient_id for item in shown}),
            sum(item.words for item in shown),
            labels.total(),
            actions.most_common(),
        ),
        legend=_legend(labels),
        family_of=lambda label: _FAMILY_OF.get(label, "number"),
    )


def _legend(labels: Counter[str]) -> list[tuple[str, str, list[tuple[str, int]]]]:
    """(family, its words, [(label, spans)]) of the families that occur."""
    known = [
        (family, words, [(label, labels[label]) for label in members if labels[label]])
        for family, (words, members) in FAMILIES.items()
    ]
    other = [(label, n) for label, n in labels.items() if label not in LABELS]
    return [entry for entry in [*known, ("number", "Other", other)] if entry[2]]
