"""An evaluation as one self-contained HTML page. It holds note text: secure zone only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from deid_spark.evaluate.intervals import Interval, Pair
from deid_spark.evaluate.judge import Finding
from deid_spark.evaluate.report import KIND_WORDS, number
from deid_spark.evaluate.scores import Evaluation, Scores
from deid_spark.pages import write_page as render

# A browser stays quick with this many rows; the findings file has them all.
MAX_FINDINGS = 3000


def write_page(path: str | Path, result: Evaluation, title: str = "") -> None:
    """Write the page: headline figures, tables by scope, label and note type, and every finding with context."""
    shown = _share_fairly(result.findings, MAX_FINDINGS)
    render(
        Path(path),
        "evaluation.html.j2",
        title=title or "Evaluation",
        result=result,
        headlines=_headlines(result),
        scope_rows=[row for scope, scores in result.scopes.items() for row in _scope_rows(scope, scores)],
        label_rows=[_group_row(name, scores) for name, scores in result.labels.items()],
        type_rows=[_group_row(name, scores) for name, scores in result.note_types.items()],
        confusions=result.confusions.most_common(20),
        findings=shown,
        kind_words=KIND_WORDS,
        kind_counts={kind: sum(f.kind == kind for f in result.findings) for kind in KIND_WORDS},
        finding_labels=sorted({f.label for f in shown}),
        number=number,
    )


def _share_fairly(findings: list[Finding], limit: int) -> list[Finding]:
    """All findings when they fit, else the first of each kind, each kind getting an equal share."""
    if len(findings) <= limit:
        return findings
    share = limit // len(KIND_WORDS)
    return [f for kind in KIND_WORDS for f in [x for x in findings if x.kind == kind][:share]]


def _figure(value: float | None, interval: Interval | None) -> dict[str, Any]:
    """A value with its interval, for a number and a bar: fractions of 1."""
    return {"value": value, "low": interval.low if interval else None, "high": interval.high if interval else None}


def _pair(pair: Pair, f1: Interval | None) -> dict[str, Any]:
    return {
        "gold": pair.gold,
        "predicted": pair.predicted,
        "recall": _figure(pair.recall.value, pair.recall.interval),
        "precision": _figure(pair.precision.value, pair.precision.interval),
        "f1": _figure(pair.f1, f1),
    }


def _headlines(result: Evaluation) -> list[dict[str, Any]]:
    every = result.scopes["all"]
    hipaa = result.scopes["hipaa"]
    return [
        {"name": "Token recall", "of": f"{every.tokens.gold:,} PHI words", **_pair(every.tokens, None)["recall"]},
        {
            "name": "Token precision",
            "of": f"{every.tokens.predicted:,} hidden words",
            **_pair(every.tokens, None)["precision"],
        },
        {"name": "Token F1", "of": "bootstrap by note", **_figure(every.tokens.f1, every.token_f1)},
        {
            "name": "Token recall, HIPAA",
            "of": f"{hipaa.tokens.gold:,} PHI words",
            **_pair(hipaa.tokens, None)["recall"],
        },
    ]


def _scope_rows(scope: str, scores: Scores) -> list[dict[str, Any]]:
    return [
        {"scope": scope, "level": "Token", **_pair(scores.tokens, scores.token_f1)},
        {"scope": scope, "level": "Instance, strict", **_pair(scores.strict, scores.strict_f1)},
        {"scope": scope, "level": "Instance, partial", **_pair(scores.partial, None)},
        {"scope": scope, "level": "Partial and label", **_pair(scores.typed, None)},
        {"scope": scope, "level": "Exact and label", **_pair(scores.exact, None)},
    ]


def _group_row(name: str, scores: Scores) -> dict[str, Any]:
    return {
        "name": name,
        **_pair(scores.strict, scores.strict_f1),
        "partial": _figure(scores.partial.recall.value, None),
        "token_recall": _figure(scores.tokens.recall.value, scores.tokens.recall.interval),
        "token_f1": _figure(scores.tokens.f1, scores.token_f1),
        "typed_f1": _figure(scores.typed.f1, None),
    }
