"""Sets how the context model and the neural model are weighed together, and measures what the gate saves and costs.

    python scripts/ner/measure.py fit MODEL_DIR NOTES.jsonl … [--context FILE]
                                                                  # writes the pooling weights into model.json
    python scripts/ner/measure.py gate MODEL_DIR NOTES.jsonl …    # share of words read, recall with and without gate

NOTES are marked notes that neither model was fitted on: FILE is a context model fitted without them.
Scores are the evaluation's token figures, scope `all`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from deid_spark.detect.chain import LinearChain
from deid_spark.detect.context import ContextModel
from deid_spark.detect.ensemble import Pooling
from deid_spark.evaluate.readers import GoldNote, read_gold
from deid_spark.evaluate.scores import evaluate
from deid_spark.pipeline import Detector
from deid_spark.spans import Note, Span

GRID = {"context": (0.2, 0.3, 0.4), "ner": (0.5, 0.6, 0.8), "unasked": (0.005, 0.02), "bias": (0.3, 0.43)}
# The weights with the highest recall are chosen among those that keep this precision.
LEAST_PRECISION = 0.95


def detect(detector: Detector, notes: Sequence[GoldNote]) -> dict[str, list[Span]]:
    return {n.note_id: [s for s in detector.detect(Note(n.note_id, "p", n.text)) if s.score >= 0.5] for n in notes}


def figures(detector: Detector, notes: Sequence[GoldNote]) -> tuple[float, float]:
    tokens = evaluate(notes, detect(detector, notes)).scopes["all"].tokens
    return tokens.recall.value, tokens.precision.value


def fit(model: Path, notes: Sequence[GoldNote], context: ContextModel | None) -> None:
    detector = Detector(ner=str(model), context_model=context)
    assert detector.ensemble is not None
    best = (0.0, Pooling())
    for values in product(*GRID.values()):
        detector.ensemble.pooling = Pooling(**dict(zip(GRID, values, strict=True)))
        recall, precision = figures(detector, notes)
        if precision >= LEAST_PRECISION and recall > best[0]:
            best = (recall, detector.ensemble.pooling)
            print(best[1], f"recall {recall:.4f} precision {precision:.4f}", flush=True)
    path = model / "model.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    said["pooling"] = best[1]._asdict()
    path.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")


def gate(model: Path, notes: Sequence[GoldNote], context: ContextModel | None) -> None:
    detector = Detector(ner=str(model), context_model=context)
    ensemble = detector.ensemble
    assert ensemble is not None
    words = read = 0
    asked = ensemble.ner.tag

    def counting(text, spans):  # what the gate lets through, counted on its way
        nonlocal read
        read += sum(len(text[a:b].split()) for a, b in spans)
        return asked(text, spans)

    ensemble.ner.tag = counting  # type: ignore[method-assign]
    words = sum(len(n.text.split()) for n in notes)
    on = figures(detector, notes)
    share = read / words
    ensemble.gate = False
    off = figures(detector, notes)
    print(f"words read {share:.3f}  gate on: recall {on[0]:.4f} precision {on[1]:.4f}", end="  ")
    print(f"off: recall {off[0]:.4f} precision {off[1]:.4f}")


def main() -> None:
    command, model, *paths = sys.argv[1:]
    context = None
    if "--context" in paths:
        at = paths.index("--context")
        context = ContextModel(LinearChain.from_bytes(Path(paths.pop(at + 1)).read_bytes()))
        paths.pop(at)
    notes = [note for path in paths for note in read_gold(path)]
    {"fit": fit, "gate": gate}[command](Path(model), notes, context)


if __name__ == "__main__":
    main()
