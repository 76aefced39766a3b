"""The command line that all jobs share: arguments -> config -> one call -> a short summary."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from deid_spark.config import load_config
from deid_spark.errors import DeidError
from deid_spark.spark.audit import Summary

_SUFFIXES = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".parquet": "parquet"}


def main(stage: str, description: str | None, argv: list[str] | None = None) -> int:
    """Exit status: 0 done, 1 the run failed, 2 the arguments, config, key or input are wrong."""
    args = _parser(description).parse_args(argv)
    try:
        config = load_config(args.config, _overrides(args))
        from deid_spark.spark.job import RunFailed, run_job  # after the config: it is checked without a JVM

        try:
            summary = run_job(config, stage, quiet=args.quiet)
        except RunFailed as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    except DeidError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if args.summary:
        Path(args.summary).write_text(json.dumps(summary.__dict__, indent=2) + "\n", encoding="utf-8")
    print(describe(summary))
    if args.review:
        from deid_spark.spark.review import write_page

        print(f"  {'side by side':<18} {args.review} ({write_page(config, args.review)} notes; it shows the originals)")
    return 0


def _parser(description: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", help="TOML file; see conf/")
    parser.add_argument("--input", help="path or table of the notes; its suffix tells the format (default delta)")
    parser.add_argument("--people", help="path of the table of known values")
    parser.add_argument("--output", help="folder of the tables: secure/, release/ and audit/ are made in it")
    parser.add_argument("--policy", help="a shipped policy, or the path of a policy file")
    parser.add_argument("--run-id", help="a rerun with the same id changes nothing")
    parser.add_argument("--summary", help="write the summary to this file, as JSON")
    parser.add_argument("--review", help="side-by-side page; it shows originals, so for synthetic notes only")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")
    return parser


def _overrides(args: argparse.Namespace) -> dict[str, Any]:
    over: dict[str, Any] = {}
    if args.input:
        over["source"] = _located(args.input)
    if args.people:
        over["people"] = _located(args.people)
    if args.output:
        over["output"] = {"path": args.output, "secure_schema": None, "release_schema": None, "audit_schema": None}
    if args.policy:
        over["policy"] = args.policy
    if args.run_id:
        over["run"] = {"id": args.run_id}
    return over


def _located(place: str) -> dict[str, Any]:
    """A path when it looks like one, else a catalog table such as `main.clinical.notes`."""
    suffix = Path(place).suffix.lower()
    if suffix in _SUFFIXES:
        return {"path": place, "table": None, "format": _SUFFIXES[suffix]}
    if "/" in place or Path(place).exists():
        return {"path": place, "table": None}
    return {"table": place, "path": None}


def describe(summary: Summary) -> str:
    """The summary in plain words, for a terminal."""
    counts, lines = summary.counts, [f"run {summary.run_id}: {summary.outcome}"]
    seconds = sum(summary.seconds.values())
    for name in ("detected", "released"):
        if f"{name}_notes" in counts:
            lines.append(
                f"  {name:<10} {counts[f'{name}_notes']:>12,} notes {counts[f'{name}_words']:>14,} words "
                f"{counts[f'{name}_spans']:>12,} spans"
            )
    bad = {name.removeprefix("quarantine_"): n for name, n in counts.items() if name.startswith("quarantine_")}
    if bad:
        told = ", ".join(f"{n:,} {reason}" for reason, n in sorted(bad.items()))
        lines.append(f"  quarantine {sum(bad.values()):>12,} notes: {told}")
    if summary.labels:
        ordered = sorted(summary.labels.items(), key=lambda item: (-item[1], item[0]))
        lines.append("  spans by label: " + ", ".join(f"{label} {n:,}" for label, n in ordered))
    words = counts.get("released_words", counts.get("detected_words", 0))
    if words and seconds:
        lines.append(f"  {seconds:,.1f} s, {words / seconds:,.0f} words/s")
    lines += [f"  {name:<18} {place}" for name, place in summary.tables.items()]
    return "\n".join(lines)
