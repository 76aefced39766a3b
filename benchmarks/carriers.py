"""Grows any number of words from a few hundred carrier notes: no two notes are equal, each has planted identifiers.

Everything is drawn from a seeded generator: the same carriers, words and seed give the same notes on any machine.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from deid_spark.replace.pools import pools

NOTES_PER_PATIENT = 12
_PLANTS = (
    "Patient Name: {first} {last}",
    "MRN: {mrn}",
    "DOB: {birth:%m/%d/%Y}",
    "{title} {last} was seen on {day:%m/%d/%Y}.",
    "Dictated by {doctor_first} {doctor_last}, MD on {day:%B %d, %Y}.",
    "Contact: ({area}) {exchange}-{line}.",
    "Lives at {number} {street} Street with {first}'s family.",
    "Follow-up with Dr. {doctor_last} on {later:%m/%d}.",
)


class Person(NamedTuple):
    patient_id: str
    facts: dict[str, Any]


def read_carriers(path: Path) -> list[str]:
    """The texts of a JSONL file of notes."""
    with path.open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines if line.strip()]
    return [text for text in texts if text]


def grow(carriers: list[str], words: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Notes with about `words` words in all: sentences of a carrier, with a patient's facts planted among them."""
    draw = random.Random(seed)
    made = number = 0
    person = _person(draw, 0)
    while made < words:
        if number % NOTES_PER_PATIENT == 0:
            person = _person(draw, number // NOTES_PER_PATIENT)
        text, day = _note(draw, draw.choice(carriers), person)
        yield {
            "note_id": f"note-{number:08d}",
            "patient_id": person.patient_id,
            "note_type": "Progress",
            "note_datetime": day,
            "text": text,
        }
        made += len(text.split())
        number += 1


def _person(draw: random.Random, number: int) -> Person:
    names = pools()
    given, surnames = _names(names.given), _names(names.surnames)
    facts = {
        "first": draw.choice(given),
        "last": draw.choice(surnames),
        "title": draw.choice(("Mr.", "Ms.", "Mrs.")),
        "doctor_first": draw.choice(given),
        "doctor_last": draw.choice(surnames),
        "street": draw.choice(surnames),
        "mrn": f"{draw.randrange(10**7, 10**8)}",
        "birth": datetime(1930, 1, 1) + timedelta(days=draw.randrange(30_000)),
        "area": draw.choice((212, 312, 415, 617, 713)),
        "exchange": draw.randrange(200, 999),
        "line": f"{draw.randrange(10_000):04d}",
        "number": draw.randrange(1, 3000),
    }
    return Person(f"patient-{number:07d}", facts)


_CACHE: dict[int, list[str]] = {}


def _names(table: dict[str, Any]) -> list[str]:
    """Names with a capital, in the table's order."""
    if id(table) not in _CACHE:
        _CACHE[id(table)] = [name.capitalize() for name in table]
    return _CACHE[id(table)]


def _note(draw: random.Random, carrier: str, person: Person) -> tuple[str, datetime]:
    sentences = carrier.split(". ")
    start = draw.randrange(max(1, len(sentences) // 3))
    chosen = sentences[start:]
    day = datetime(2015, 1, 1) + timedelta(days=draw.randrange(3000), minutes=draw.randrange(1440))
    facts = {**person.facts, "day": day, "later": day + timedelta(days=draw.randrange(7, 90))}
    for plant in draw.sample(_PLANTS, 4):
        chosen.insert(draw.randrange(len(chosen) + 1), plant.format(**facts))
    return ". ".join(chosen), day
