"""`deid-spark evaluate GOLD PRED`: scores on the terminal, as JSON, as a table of findings, as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deid_spark.cli.console import errors_explained

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
        from deid_spark.evaluate import read_gold, read_predictions
        from deid_spark.evaluate.run import run_evaluation

        run_evaluation(
            read_gold(gold, gold_format),
            read_predictions(pred, pred_format),
            title=f"{gold.name} against {pred.name}",
            html=html, findings=findings, errors=errors, as_json=as_json, over_redaction=over_redaction, seed=seed,
        )  # fmt: skip
