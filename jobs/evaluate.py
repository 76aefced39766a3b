"""Scores the spans that a detect job wrote against annotated notes.

    spark-submit --py-files … jobs/evaluate.py GOLD TABLE [--html PAGE] [--findings FILE.csv] [--json]

GOLD: notes in any format of `deid-spark evaluate`. TABLE: `secure.spans`, by catalog name or path. A page and findings
hold note text: they belong to the secure zone.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from deid_spark.errors import DeidError
from deid_spark.evaluate import read_gold
from deid_spark.evaluate.run import run_evaluation
from deid_spark.spark.predictions import read_predicted
from deid_spark.spark.session import get_session


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path)
    parser.add_argument("table")
    parser.add_argument("--html", type=Path)
    parser.add_argument("--findings", type=Path)
    parser.add_argument("--errors", type=int, default=0, help="print the first N findings of each kind")
    parser.add_argument("--json", action="store_true", dest="as_json")
    asked = parser.parse_args()
    try:
        gold = read_gold(asked.gold)
        predicted = read_predicted(get_session(app_name="evaluate"), asked.table, (note.note_id for note in gold))
        run_evaluation(
            gold, predicted, title=f"{asked.gold.name} against {asked.table}",
            html=asked.html, findings=asked.findings, errors=asked.errors, as_json=asked.as_json,
        )  # fmt: skip
    except DeidError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
