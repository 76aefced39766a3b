"""Authored notes: inline marks to stand-off spans, with the checks a hand-written set needs.

    python -m corpus.authored.marks corpus/authored/notes_6.txt corpus/authored/notes_6.jsonl

A note is a header line `=== note_id=… | patient_id=… | note_type=… | note_date=YYYY-MM-DD ===` and its text, where
`[[LABEL|surface]]` marks an identifier. Written are one JSON object a line: the header's four fields, `text` (marks
removed) and `spans` of {start, end, label, text}, offsets half-open in code points.

Problems (exit 1, nothing written) break the format or an edge rule of README.md; suspects are to be read by a person:
a marked name or place that stands unmarked elsewhere in its note. The notes are fictitious, so values are printed.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from deid_spark.labels import LABELS

HEADER = re.compile(r"^=== (.*?) ===$\n", re.MULTILINE)
MARK = re.compile(r"\[\[([A-Z_]+)\|(.*?)\]\]", re.DOTALL)
FIELDS = ("note_id", "patient_id", "note_type", "note_date")
NAMES = ("PATIENT", "DOCTOR")
REPEATED = (*NAMES, "HOSPITAL", "CITY")
TITLE = re.compile(r"^(mr|mrs|ms|miss|dr|rev|fr|pastor|chaplain|aunt|uncle|don|doña)\b\.?\s", re.IGNORECASE)
CREDENTIAL = re.compile(r",?\s(M\.?D|D\.?O|RN|LPN|NP|PA-C|PhD|PharmD|DDS|DPM|LCSW|OTR/L)\.?$")
CUE = re.compile(r"^(MRN|DOB|SSN|NPI|acct|phone|fax|lot|s/n|rm|room|bed)\b|^#", re.IGNORECASE)
DATE_WORD = re.compile(r"^(the|last|this|next|mid|early|late)\b", re.IGNORECASE)


class Mark(NamedTuple):
    """A span of a note's text (marks removed)."""

    start: int
    end: int
    label: str
    text: str


class MarkedNote(NamedTuple):
    fields: dict[str, str]
    text: str
    marks: tuple[Mark, ...]


def read_marked(source: str) -> Iterator[MarkedNote]:
    """Notes of a marked file, in its order."""
    parts = HEADER.split(source)[1:]
    for header, body in zip(parts[::2], parts[1::2], strict=True):
        fields = dict(part.strip().split("=", 1) for part in header.split("|"))
        yield MarkedNote(fields, *strip_marks(body.strip("\n")))


def strip_marks(marked: str) -> tuple[str, tuple[Mark, ...]]:
    """(text without marks, marks with their offsets in it)."""
    text, marks, position = "", [], 0
    for match in MARK.finditer(marked):
        text += marked[position : match.start()]
        marks.append(Mark(len(text), len(text) + len(match[2]), match[1], match[2]))
        text += match[2]
        position = match.end()
    return text + marked[position:], tuple(marks)


def problems(note: MarkedNote) -> Iterator[str]:
    """What breaks the format or an edge rule."""
    missing = [field for field in FIELDS if field not in note.fields]
    if missing:
        yield f"header lacks {', '.join(missing)}"
    if "[[" in note.text or "]]" in note.text:
        yield "a mark is not closed, or stands inside another"
    for mark in note.marks:
        fault = edge_fault(mark)
        if fault:
            yield f"[{mark.start}, {mark.end}) {mark.label} {mark.text!r}: {fault}"


def edge_fault(mark: Mark) -> str | None:
    """Why this mark's label or edges are wrong; None where they are right."""
    if mark.label not in LABELS:
        return "no such label"
    if not mark.text or mark.text != mark.text.strip():
        return "empty, or space at an edge"
    if mark.text[0] in "\"'“(,;:" and mark.text[1:2] not in {*"0123456789"}:
        return "starts with punctuation"
    if mark.text[-1] in ",;:(":
        return "ends with punctuation"
    if mark.label in NAMES and TITLE.search(mark.text):
        return "a title stands outside"
    if mark.label in NAMES and CREDENTIAL.search(mark.text):
        return "a credential stands outside"
    if mark.label == "DATE" and DATE_WORD.search(mark.text):
        return "the, last, mid- stand outside"
    return "a cue word stands outside" if CUE.search(mark.text) else None


def unmarked_repeats(note: MarkedNote) -> Iterator[str]:
    """A marked name or place (4 characters or more) that stands unmarked in the same note, with its surroundings."""
    for value in sorted({mark.text for mark in note.marks if mark.label in REPEATED and len(mark.text) > 3}):
        for match in re.finditer(rf"\b{re.escape(value)}\b", note.text):
            if not any(mark.start <= match.start() < mark.end for mark in note.marks):
                around = note.text[max(0, match.start() - 30) : match.end() + 20].replace("\n", " ")
                yield f"{value}: ...{around}..."


def as_row(note: MarkedNote) -> dict[str, Any]:
    return {
        **{field: note.fields[field] for field in FIELDS},
        "text": note.text,
        "spans": [mark._asdict() for mark in note.marks],
    }


def main(arguments: list[str] | None = None) -> int:
    """Check the set, write its JSONL, print the counts. 1 where there are problems."""
    parser = argparse.ArgumentParser(description="Check an authored set and write its stand-off JSONL.")
    parser.add_argument("marked", type=Path)
    parser.add_argument("jsonl", type=Path)
    options = parser.parse_args(arguments)
    notes = list(read_marked(options.marked.read_text(encoding="utf-8")))
    ids = Counter(note.fields.get("note_id", "") for note in notes)
    faults = [f"{note_id}: note_id comes {count} times" for note_id, count in ids.items() if count > 1]
    faults += [f"{note.fields.get('note_id', '?')}: {fault}" for note in notes for fault in problems(note)]
    for line in faults:
        print("problem", line)
    for note in notes:
        for line in unmarked_repeats(note):
            print("suspect", note.fields.get("note_id", "?"), line)
    labels = Counter(mark.label for note in notes for mark in note.marks)
    words = sum(len(note.text.split()) for note in notes)
    print(f"{len(notes)} notes, {words} words, {sum(labels.values())} marks, {len(faults)} problems")
    print(", ".join(f"{label} {count}" for label, count in labels.most_common()))
    if faults:
        return 1
    lines = (json.dumps(as_row(note), ensure_ascii=False) + "\n" for note in notes)
    options.jsonl.write_text("".join(lines), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
