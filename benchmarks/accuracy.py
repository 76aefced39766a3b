"""How well: recall and precision on annotated sets, and what is taken for an identifier in text nearly free of them.

    python benchmarks/accuracy.py --gold GOLD.jsonl … [--clean TEXT.jsonl …] [--sample 40]
           [--ner fast] [--no-gate] [--json FILE]

Gold lines: {"note_id", "patient_id", "text", "spans": [{"start", "end", "label"}]}; clean lines need no spans, and
what is found there is listed to be read by eye: a name or date that really stands there is no false alarm.
Prints note text; keep the output where the notes may be.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deid_spark.evaluate.readers import GoldNote, read_gold
from deid_spark.evaluate.scores import evaluate
from deid_spark.pipeline import Deidentifier
from deid_spark.spans import Note, Span

_CONTEXT = 30


def measure_gold(path: str, deid: Deidentifier) -> dict[str, Any]:
    """Token figures of both scopes on one annotated set, found with patient-level propagation."""
    gold = read_gold(path)
    found = _detect(gold, deid)
    result = evaluate(gold, found)
    row: dict[str, Any] = {"set": Path(path).stem, "notes": len(gold), "words": _words(gold)}
    for scope in ("all", "hipaa"):
        tokens = result.scopes[scope].tokens
        row[scope] = {"recall": tokens.recall.value, "precision": tokens.precision.value, "f1": tokens.f1}
    return row


def measure_clean(path: str, deid: Deidentifier, sample: int) -> dict[str, Any]:
    """Spans per 1,000 words of a set that should have few, by label, with a seeded sample in context."""
    notes = read_gold(path)
    found = _detect(notes, deid)
    hits = [(note, span) for note in notes for span in found[note.note_id]]
    words = _words(notes)
    picked = random.Random(0).sample(hits, min(sample, len(hits)))
    return {
        "set": Path(path).stem,
        "words": words,
        "spans": len(hits),
        "per_1000_words": round(1000 * len(hits) / words, 2),
        "by_label": dict(Counter(span.label for _, span in hits).most_common()),
        "sample": [_in_context(note, span) for note, span in picked],
    }


def _detect(notes: list[GoldNote], deid: Deidentifier) -> dict[str, list[Span]]:
    return deid.detect_all([Note(n.note_id, n.patient_id or n.note_id, n.text, n.note_type) for n in notes])


def _words(notes: list[GoldNote]) -> int:
    return sum(len(note.text.split()) for note in notes)


def _in_context(note: GoldNote, span: Span) -> str:
    before = note.text[max(0, span.start - _CONTEXT) : span.start]
    after = note.text[span.end : span.end + _CONTEXT]
    return f"{span.label:14s} {before}[[{note.text[span.start : span.end]}]]{after}".replace("\n", "⏎")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gold", nargs="*", default=[], help="annotated sets")
    parser.add_argument("--clean", nargs="*", default=[], help="text nearly free of identifiers")
    parser.add_argument("--sample", type=int, default=0, help="how many finds of each clean set to print")
    parser.add_argument("--ner", default="off", help="off, fast, accurate, or a model's folder")
    parser.add_argument("--no-gate", action="store_true", help="the neural model reads every sentence")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    args = parser.parse_args()
    deid = Deidentifier(ner=args.ner, gate=not args.no_gate)
    gold = [measure_gold(path, deid) for path in args.gold]
    for row in gold:
        scopes = "  ".join(f"{s}: R {row[s]['recall']:.3f} P {row[s]['precision']:.3f}" for s in ("all", "hipaa"))
        print(f"{row['set']:24s} {row['notes']:5d} notes {row['words']:7d} words  {scopes}")
    clean = [measure_clean(path, deid, args.sample) for path in args.clean]
    for row in clean:
        rate = f"{row['per_1000_words']:6.2f} spans/1,000 words"
        print(f"{row['set']:24s} {row['words']:7d} words {rate}  {row['by_label']}")
        print(*row["sample"], sep="\n")
    if args.json:
        args.json.write_text(json.dumps({"gold": gold, "clean": clean}, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
