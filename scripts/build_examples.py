"""Write examples/notes.jsonl and examples/gold.jsonl from examples/notes.marked.txt.

The marked file is what a person edits: `=== key=value | … ===` heads a note, `[[LABEL|text]]` marks an identifier.
Run: python scripts/build_examples.py
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from deid_spark.labels import LABELS

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
HEAD = re.compile(r"^=== (.*?) ===$\n", re.M)
MARK = re.compile(r"\[\[([A-Z_]+)\|(.*?)\]\]", re.S)
FIELDS = ("note_id", "patient_id", "note_type", "note_datetime")


def parse_note(note_id: str, body: str) -> tuple[str, list[dict]]:
    """Marked text -> (plain text, spans); offsets are half-open code points of the plain text."""
    text, spans, at = "", [], 0
    for mark in MARK.finditer(body):
        text += body[at : mark.start()]
        label, surface = mark.groups()
        if label not in LABELS or surface != surface.strip() or not surface or "[[" in surface:
            raise ValueError(f"note {note_id}: bad mark at {mark.start()}")
        spans.append({"start": len(text), "end": len(text) + len(surface), "label": label, "text": surface})
        text += surface
        at = mark.end()
    text += body[at:]
    if "[[" in text or "]]" in text:
        raise ValueError(f"note {note_id}: a mark is left open")
    return text, spans


def main() -> int:
    parts = HEAD.split((EXAMPLES / "notes.marked.txt").read_text(encoding="utf-8"))[1:]
    notes, gold = [], []
    for head, body in zip(parts[::2], parts[1::2], strict=True):
        meta = dict(item.strip().split("=", 1) for item in head.split("|"))
        record = {field: meta[field] for field in FIELDS}
        text, spans = parse_note(record["note_id"], body.strip("\n"))
        notes.append({**record, "text": text})
        gold.append({**record, "text": text, "spans": spans})
    for name, records in (("notes.jsonl", notes), ("gold.jsonl", gold)):
        with open(EXAMPLES / name, "w", encoding="utf-8") as out:
            out.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    print(f"{len(notes)} notes, {sum(len(n['text'].split()) for n in notes)} words, "
          f"{sum(len(g['spans']) for g in gold)} spans")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
