"""An evaluation as JSON, as terminal tables, and its findings as CSV or JSON lines.

Findings hold note text: they belong to the secure zone, and are written only where the caller asks.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from deid_spark.errors import InputError
from deid_spark.evaluate.intervals import Interval, Pair, Proportion
from deid_spark.evaluate.judge import Finding
from deid_spark.evaluate.scores import Evaluation, Scores
from deid_spark.jsonl import write_rows, written_whole

KIND_WORDS = {
    "missed": "missed",
    "partial": "partly hidden",
    "false_alarm": "false alarm",
    "over_redacted": "clinical term eaten",
}


def as_dict(result: Evaluation) -> dict[str, Any]:
    """Every figure, ready for JSON; a figure without a denominator is null. Holds no note text."""
    return {
        "notes": result.notes,
        "words": result.words,
        "notes_without_prediction": result.unpredicted_notes,
        "false_alarms_per_1000_words": result.false_alarms_per_1000,
        "over_redaction_per_1000_words": result.over_redaction_per_1000,
        "clinical_words": result.safe_words._asdict() if result.safe_words else None,
        **{scope: scores_dict(scores) for scope, scores in result.scopes.items()},
        "labels": {label: _label_dict(result, label, scores) for label, scores in result.labels.items()},
        "note_types": {name: scores_dict(scores) for name, scores in result.note_types.items()},
        "confusions": [{"gold": g, "predicted": p, "n": n} for (g, p), n in result.confusions.most_common()],
    }


def scores_dict(scores: Scores) -> dict[str, Any]:
    tokens, strict = scores.tokens, scores.strict
    return {
        "phi_tokens": tokens.gold,
        "predicted_tokens": tokens.predicted,
        "tok_recall": tokens.recall.value,
        "tok_recall_95": tokens.recall.interval,
        "tok_precision": tokens.precision.value,
        "tok_precision_95": tokens.precision.interval,
        "tok_f1": tokens.f1,
        "tok_f1_95": scores.token_f1,
        "instances": strict.gold,
        "inst_recall": strict.recall.value,
        "inst_recall_95": strict.recall.interval,
        "inst_partial": scores.partial.recall.value,
        "inst_partial_95": scores.partial.recall.interval,
        "predicted": strict.predicted,
        "inst_precision": strict.precision.value,
        "inst_precision_95": strict.precision.interval,
        "inst_f1": strict.f1,
        "inst_f1_95": scores.strict_f1,
        "inst_partial_f1": scores.partial.f1,
        "typed_recall": scores.typed.recall.value,
        "typed_precision": scores.typed.precision.value,
        "typed_f1": scores.typed.f1,
        "exact_f1": scores.exact.f1,
    }


def _label_dict(result: Evaluation, label: str, scores: Scores) -> dict[str, Any]:
    hipaa = result.label_hipaa.get(label, Proportion(0, 0))
    return scores_dict(scores) | {"hipaa_n": hipaa.total, "hipaa_recall": hipaa.value}


def number(value: float | None, interval: Interval | None = None) -> str:
    """`0.912 [0.890, 0.931]`, or a dash for a figure without a denominator."""
    if value is None:
        return "–"
    return f"{value:.3f}" + (f" [{interval.low:.3f}, {interval.high:.3f}]" if interval else "")


def _share(part: Proportion) -> str:
    return number(part.value, part.interval)


def print_report(result: Evaluation, console: Console, errors: int = 0) -> None:
    """Tables on the terminal. With `errors` the first so many findings of each kind follow; they hold note text."""
    without = f", {result.unpredicted_notes} without a prediction" if result.unpredicted_notes else ""
    console.print(f"[bold]{result.notes}[/] notes{without}, [bold]{result.words:,}[/] words")
    console.print(_scope_table(result))
    console.print(_group_table("By label", "label", result.labels))
    if len(result.note_types) > 1:
        console.print(_group_table("By note type", "note type", result.note_types))
    _print_rates(result, console)
    for kind, words in KIND_WORDS.items():
        found = [finding for finding in result.findings if finding.kind == kind]
        if errors and found:
            console.print(_findings_table(f"{words}: {min(errors, len(found))} of {len(found)}", found[:errors]))


def _scope_table(result: Evaluation) -> Table:
    table = Table(title="By scope", title_justify="left", caption="95% intervals in brackets", caption_justify="left")
    for heading in ("scope", "level", "gold", "recall", "predicted", "precision", "F1"):
        table.add_column(heading, justify="left" if heading in ("scope", "level") else "right", no_wrap=True)
    for scope, scores in result.scopes.items():
        rows: list[tuple[str, Pair, Interval | None]] = [
            ("token", scores.tokens, scores.token_f1),
            ("instance, strict", scores.strict, scores.strict_f1),
            ("instance, partial", scores.partial, None),
            ("partial + label", scores.typed, None),
            ("exact + label", scores.exact, None),
        ]
        for level, pair, f1 in rows:
            table.add_row(
                scope, level, f"{pair.gold:,}", _share(pair.recall), f"{pair.predicted:,}", _share(pair.precision),
                number(pair.f1, f1),
            )  # fmt: skip
        table.add_section()
    return table


def _group_table(title: str, heading: str, groups: dict[str, Scores]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(heading, no_wrap=True)
    for name in ("gold", "strict recall", "partial", "token recall", "predicted", "precision", "token F1", "label F1"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, scores in groups.items():
        strict = scores.strict
        table.add_row(
            Text(name), f"{strict.gold:,}", _share(strict.recall), number(scores.partial.recall.value),
            number(scores.tokens.recall.value), f"{strict.predicted:,}", _share(strict.precision),
            number(scores.tokens.f1), number(scores.typed.f1),
        )  # fmt: skip
    return table


def _print_rates(result: Evaluation, console: Console) -> None:
    alarms, eaten = result.false_alarms_per_1000, result.over_redaction_per_1000
    if alarms is not None:
        console.print(f"False alarms: [bold]{alarms:.2f}[/] per 1,000 words")
    if eaten is not None and result.safe_words is not None:
        console.print(
            f"Over-redaction: [bold]{eaten:.2f}[/] clinical words eaten per 1,000 words "
            f"({result.safe_words.hits:,} of {result.safe_words.total:,} clinical words)"
        )


def _findings_table(title: str, findings: list[Finding]) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in ("note", "offsets", "label", "context", "sources"):
        table.add_column(heading, no_wrap=heading != "context")
    for f in findings:
        context = Text.assemble(_one_line(f.before), (_one_line(f.text), "bold reverse"), _one_line(f.after))
        table.add_row(Text(f.note_id), f"{f.start}-{f.end}", f.label, context, " ".join(f.sources))
    return table


def _one_line(text: str) -> str:
    return text.replace("\r", "").replace("\n", "⏎")


def write_findings(path: Path, findings: Iterable[Finding]) -> None:
    """Every miss and false alarm with its context, one a row: `.csv` or `.jsonl` by the file's name."""
    if path.suffix == ".jsonl":
        write_rows(path, (_row(finding) for finding in findings))
    elif path.suffix == ".csv":
        with written_whole(path) as file:
            table = csv.writer(file)
            table.writerow(Finding._fields)
            table.writerows(_cells(finding) for finding in findings)
    else:
        raise InputError(f"{path}: findings are written as .csv or .jsonl")


def _row(finding: Finding) -> dict[str, Any]:
    return finding._asdict() | {"sources": list(finding.sources)}


def _cells(finding: Finding) -> Iterator[Any]:
    for value in finding:
        yield " ".join(value) if isinstance(value, tuple) else value
