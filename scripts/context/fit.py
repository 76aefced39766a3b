"""Fits the weights of the context model on hand-marked notes, and measures them on authors it has not seen.

    python scripts/context/fit.py cross-validate NOTES.jsonl …    # leave one file (one author) out in turn
    python scripts/context/fit.py fit NOTES.jsonl … [--clean TEXT.jsonl …] [--out FILE]
                                                                  # writes deid_spark/data/context/model.npz, or FILE

Input lines: {"note_id", "text", "spans": [{"start", "end", "label"}]}. Same input, same bytes out. Clean text is
clinical prose without names: marked notes are far denser in identifiers than charts are, and clean stretches teach the
model what is usual. Of it only stretches are taken that nothing but a word's form speaks for.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pycrfsuite

from deid_spark.detect.candidates import candidates
from deid_spark.detect.chain import LinearChain
from deid_spark.detect.context import ContextModel
from deid_spark.detect.evidence import evidence
from deid_spark.detect.lexicon_flags import Known
from deid_spark.detect.patterns import PatternDetector
from deid_spark.detect.scene import Scene, survey
from deid_spark.detect.tokens import Document
from deid_spark.detect.words import Vocabulary
from deid_spark.pipeline import Detector
from deid_spark.spans import Note, Span

MODEL = Path(__file__).parents[2] / "deid_spark" / "data" / "context" / "model.npz"
PARAMETERS = {"c1": 0.2, "c2": 0.05, "max_iterations": 150, "feature.possible_transitions": True, "feature.minfreq": 2}

Stretch = tuple[list[list[str]], list[str]]


def read(path: str) -> list[dict]:
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]


def sequences(
    records: Sequence[dict], vocabulary: Vocabulary, patterns: PatternDetector
) -> tuple[list[Stretch], int, int]:
    """Training sequences of the candidate stretches; gold tokens in all, and those that the gate lost."""
    out: list[Stretch] = []
    gold_tokens = lost = 0
    for record in records:
        doc = Document(record["text"], vocabulary)
        scene = survey(doc, vocabulary, patterns.detect(record["text"]))
        tags = gold_tags(scene, [Span(s["start"], s["end"], s["label"]) for s in record["spans"]])
        seen = set()
        for stretch in candidates(scene):
            seen.update(stretch)
            out.append((evidence(scene, stretch), [tags[i] for i in stretch]))
        gold_tokens += sum(tag != "O" for tag in tags)
        lost += sum(tag != "O" and i not in seen for i, tag in enumerate(tags))
    return out, gold_tokens, lost


def clean_sequences(records: Sequence[dict], vocabulary: Vocabulary, patterns: PatternDetector) -> list[Stretch]:
    """All-outside sequences of the stretches without pattern, title, occupation, place or header evidence."""
    out: list[Stretch] = []
    for record in records:
        doc = Document(record["text"], vocabulary)
        scene = survey(doc, vocabulary, patterns.detect(record["text"]))
        told = {i for i in range(doc.size) if doc.lowers[i] in scene.titled or doc.bits[i] & _TELLING}
        told |= set(scene.pattern) | scene.professions | scene.phrases.keys() | scene.keys.keys()
        for stretch in candidates(scene):
            if told.isdisjoint(range(stretch[0] - 1, stretch[-1] + 2)):
                out.append((evidence(scene, stretch), ["O"] * len(stretch)))
    return out


_TELLING = int(Known.CITY_LARGE | Known.STATE | Known.COUNTRY | Known.COUNTY | Known.CALENDAR | Known.GIVEN_COMMON)


def gold_tags(scene: Scene, gold: Sequence[Span]) -> list[str]:
    doc = scene.doc
    tags = ["O"] * doc.size
    for span in gold:
        inside = doc.inside(span.start, span.end)
        for i in inside:
            tags[i] = ("B-" if i == inside.start else "I-") + span.label
    return tags


def train(data: Sequence[Stretch]) -> LinearChain:
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params(PARAMETERS)
    for xs, ys in data:
        trainer.append(xs, ys)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "model.crfsuite")
        trainer.train(path)
        return _read(path)


def _read(path: str) -> LinearChain:
    tagger = pycrfsuite.Tagger()
    tagger.open(path)
    info = tagger.info()
    labels, features = tagger.labels(), sorted({feature for feature, _ in info.state_features})
    column = {label: i for i, label in enumerate(labels)}
    row = {feature: i for i, feature in enumerate(features)}
    state, transition = np.zeros((len(features), len(labels))), np.zeros((len(labels), len(labels)))
    for (feature, label), weight in info.state_features.items():
        state[row[feature], column[label]] = weight
    for (before, after), weight in info.transitions.items():
        transition[column[before], column[after]] = weight
    return LinearChain(labels, features, state, transition)


def predict(records: Sequence[dict], chain: LinearChain, threshold: float) -> dict[str, list[Span]]:
    detector = Detector(context_model=ContextModel(chain))
    found = {}
    for r in records:
        spans = detector.detect(Note(r["note_id"], r.get("patient_id") or "p", r["text"]))
        found[r["note_id"]] = [s for s in spans if s.score >= threshold]
    return found


def cross_validate(paths: Sequence[str], threshold: float = 0.05) -> None:
    vocabulary, patterns = Vocabulary.load(), PatternDetector()
    folds = {path: sequences(read(path), vocabulary, patterns) for path in paths}
    for path in paths:
        _, tokens, lost = folds[path]
        chain = train([s for other in paths if other != path for s in folds[other][0]])
        found = predict(read(path), chain, threshold)
        out = Path(tempfile.gettempdir()) / f"fold_{Path(path).stem}.jsonl"
        write_predictions(out, found)
        print(f"{Path(path).name}: gate lost {lost} of {tokens} tokens; predictions in {out}", flush=True)


def write_predictions(path: Path, found: dict[str, list[Span]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for note_id, spans in found.items():
            file.write(json.dumps({"note_id": note_id, "spans": [s._asdict() for s in spans]}) + "\n")


def main() -> None:
    command, paths = sys.argv[1], sys.argv[2:]
    if command == "cross-validate":
        cross_validate(paths)
    elif command == "fit":
        vocabulary, patterns = Vocabulary.load(), PatternDetector()
        target = MODEL
        if "--out" in paths:
            at = paths.index("--out")
            target = Path(paths.pop(at + 1))
            paths.pop(at)
        clean_from = paths.index("--clean") if "--clean" in paths else len(paths)
        data = [s for path in paths[:clean_from] for s in sequences(read(path), vocabulary, patterns)[0]]
        data += [s for path in paths[clean_from + 1 :] for s in clean_sequences(read(path), vocabulary, patterns)]
        target.write_bytes(train(data).to_bytes())
        print(f"{len(data)} stretches, {target.stat().st_size:,} bytes")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
