"""Released notes that a person can read: the gold spans of two sample patients under each policy, byte for byte.

Detection is left out, so that these change only when replacement does. After a wanted change: look at the difference,
then `python tests/golden/test_golden.py` writes the files anew.
"""

import json
from datetime import date, datetime
from pathlib import Path

import pytest

from deid_spark.identities import PatientIdentities, link
from deid_spark.keys import Key
from deid_spark.pipeline import mentions_of
from deid_spark.policy import load_policy
from deid_spark.replace.apply import release_note
from deid_spark.spans import Note, Span

HERE = Path(__file__).parent
GOLD = HERE.parents[1] / "examples" / "gold.jsonl"
NOTES = HERE.parents[1] / "examples" / "notes.jsonl"
KEY = b"golden notes, not a secret"
PATIENTS = 2


def policy_of(name):
    """Random crosswalks are made keyed here, so that the bytes can be compared."""
    policy = load_policy(name)
    return policy.model_copy(update={"crosswalk": policy.crosswalk.model_copy(update={"mode": "keyed"})})


def released(policy_name):
    policy, key = policy_of(policy_name), Key(KEY)
    gold = {row["note_id"]: row["spans"] for row in map(json.loads, GOLD.read_text(encoding="utf-8").splitlines())}
    rows = [json.loads(line) for line in NOTES.read_text(encoding="utf-8").splitlines()]
    patients = list(dict.fromkeys(row["patient_id"] for row in rows))[:PATIENTS]
    parts = []
    for patient_id in patients:
        notes = [
            Note(r["note_id"], patient_id, r["text"], r.get("note_type"), _moment(r.get("note_datetime")))
            for r in rows
            if r["patient_id"] == patient_id
        ]
        spans = {
            n.note_id: [Span(s["start"], s["end"], s["label"], 1.0, ("gold",)) for s in gold[n.note_id]] for n in notes
        }
        mentions = [m for n in notes for m in mentions_of(n, spans[n.note_id])]
        identities = PatientIdentities(link(patient_id, mentions, policy=policy, key=key))
        for note in notes:
            out = release_note(note, spans[note.note_id], identities, policy=policy, key=key, run_date=date(2026, 1, 1))
            parts.append(f"=== {note.note_id} | {out.note_datetime}\n{out.text}\n")
    return "\n".join(parts)


def _moment(value):
    return datetime.fromisoformat(value.replace("Z", "+00:00")).replace(tzinfo=None) if value else None


@pytest.mark.parametrize("policy_name", ["surrogate", "safe_harbor", "limited_data_set", "redact"])
def test_released_notes_are_as_they_were(policy_name):
    assert released(policy_name) == (HERE / f"{policy_name}.txt").read_text(encoding="utf-8")


if __name__ == "__main__":
    for name in ("surrogate", "safe_harbor", "limited_data_set", "redact"):
        (HERE / f"{name}.txt").write_text(released(name), encoding="utf-8")
