"""`deid-spark evaluate GOLD PRED`: scores on the terminal, as JSON, as a table of findings, as a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from deid_spark.cli.console import err, errors_explained, out

FORMAT_HELP = "auto, jsonl, i2b2, brat, doccano or label_studio"


def evaluate(
    gold: Annotated[Path, typer.Argument(help="Annotated notes: a file, or a folder of i2b2 XML or brat")],
    pred: Annotated[Path, typer.Argument(help="Predicted spans by note_id; JSON lines need no text")],
    html: Annotated[Path | None, typer.Option(help="Write a page. It holds note text: secure zone only")] = None,
    findings: Annotated[Path | None, typer.Option(help="Write every miss and false alarm, .csv or .jsonl")] = None,
    errors: Annotated[int, typer.Option(min=0, help="Print the first N findings of each kind")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON")] = False,
    gold_format: Annotated[str, typer.Option(help=FORMAT_HELP)] = "auto",
    pred_format: Annotated[str, typer.Option(help=FORMAT_HELP)] = "auto",
    over_redaction: Annotated[bool, typer.Option(help="Count clinical words eaten; loads the dictionaries")] = True,
    seed: Annotated[int, typer.Option(help="Seed of the bootstrap of F1 by note")] = 0,
) -> None:
    """Score predicted spans against gold spans.

    Token and instance level, strict and partial, by scope, label and note type, with 95% intervals.
    """
    with errors_explained():
        from deid_spark.evaluate import evaluate as score
        from deid_spark.evaluate import read_gold, read_predictions
        from deid_spark.evaluate.page import write_page
        from deid_spark.evaluate.report import as_dict, print_report, write_findings

        notes = read_gold(gold, gold_format)
        predicted = read_predictions(pred, pred_format)
        result = score(notes, predicted, lexicon_words=_lexicon_words() if over_redaction else None, seed=seed)
        if findings:
            write_findings(findings, result.findings)
        if html:
            write_page(html, result, title=f"{gold.name} against {pred.name}")
            err().print(f"{html} written: it holds note text, keep it in the secure zone")
        if as_json:
            print(json.dumps(as_dict(result)))
        else:
            print_report(result, out(), errors)


def _lexicon_words() -> Mapping[str, int]:
    from deid_spark.detect.dictionaries import Lexicon

    return Lexicon.load().words
