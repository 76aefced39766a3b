"""Made-up notes for the Spark tests. Each holds things that are found whatever the word lists say."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[2] / "examples"


def note(note_id: str, patient_id: str, text: str, day: int = 9) -> dict[str, Any]:
    moment = datetime(2024, 3, day, 14, 30, tzinfo=UTC)
    return {
        "note_id": note_id,
        "patient_id": patient_id,
        "text": text,
        "note_type": "Progress",
        "note_datetime": moment,
    }


ANNA_1 = note(
    "n1",
    "p1",
    "Patient Name: Winterbourne, Annalise\nMRN: 48829137\nDOB: 04/05/1961\n\n"
    "Ms. Winterbourne was seen on 03/09/2024. Call (617) 384-2291. BP 120/80, Hgb 11.2.",
)
ANNA_2 = note("n2", "p1", "Follow-up of 03/09/2024: Annalise Winterbourne is well. MRN: 48829137.", 20)
OTTO_1 = note("n3", "p2", "Dr. Roderick Quillfeather saw Mr. Otto Brandstetter on March 11, 2024. SSN 536-22-8871.", 11)
OTTO_2 = note("n4", "p2", "Mr. Brandstetter called from 415-682-9931 on 3/15/24, e-mail otto.b@mailbox.org.", 15)
BARE = note("n5", "p3", "No acute distress. Lungs clear.")

NOTES = [ANNA_1, ANNA_2, OTTO_1, OTTO_2, BARE]
# Strings of NOTES that must never be seen outside the secure zone.
PLANTED = ("Winterbourne", "Annalise", "48829137", "384-2291", "Quillfeather", "Brandstetter", "536-22-8871", "otto.b@")


def examples() -> list[dict[str, Any]]:
    """The sample notes of examples/, with their time as a datetime."""
    rows = [json.loads(line) for line in (EXAMPLES / "notes.jsonl").read_text(encoding="utf-8").splitlines()]
    return [{**row, "note_datetime": datetime.fromisoformat(row["note_datetime"]).replace(tzinfo=UTC)} for row in rows]
