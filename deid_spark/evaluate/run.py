"""One evaluation from spans to reports: what the command and the job both call."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deid_spark.evaluate.page import write_page
from deid_spark.evaluate.readers import GoldNote
from deid_spark.evaluate.report import as_dict, print_report, write_findings
from deid_spark.evaluate.scores import evaluate
from deid_spark.spans import Span
from deid_spark.terminal import out


def run_evaluation(
    gold: Sequence[GoldNote],
    predicted: Mapping[str, Sequence[Span]],
    *,
    title: str,
    html: Path | None = None,
    findings: Path | None = None,
    errors: int = 0,
    as_json: bool = False,
    over_redaction: bool = True,
    seed: int = 0,
) -> None:
    """Score, write what was asked for, and print tables (or JSON) on standard output.

    Only `html`, `findings` and `errors` show note text. Raises InputError.
    """
    result = evaluate(gold, predicted, lexicon_words=_lexicon_words() if over_redaction else None, seed=seed)
    if findings:
        write_findings(findings, result.findings)
    if html:
        write_page(html, result, title=title)
        print(f"{html} written: it holds note text, keep it in the secure zone", file=sys.stderr)
    if as_json:
        print(json.dumps(as_dict(result)))
    else:
        print_report(result, out(), errors)


def _lexicon_words() -> Mapping[str, int]:
    from deid_spark.detect.dictionaries import Lexicon

    return Lexicon.load().words
