"""The parent of the Python workers on one machine: builds what every worker needs, then forks them.

A fork shares the memory of the word lists and starts with all of it built. Spark runs this module in place of its own
daemon when `spark.python.daemon.module` names it. The package must be installed where the workers run: `--py-files`
reaches a worker after its fork.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from zipimport import zipimporter

from pyspark.daemon import manager

from deid_spark.identities import Mention, PatientIdentities, find_again, link
from deid_spark.keys import RandomKey
from deid_spark.policy import load_policy
from deid_spark.replace.apply import release_note
from deid_spark.spans import Note
from deid_spark.spark import detect, identities, release_worker, worker  # noqa: F401  (imported before the fork)

_TEXT = (
    "Patient Name: Otto Brandstetter\nMRN: 48829137\nMr. Brandstetter, 61, lives at 12 Oak Street, Boston, MA 02115.\n"
    "Seen by Dr. Roderick Miller of Mercy Hospital on 3/4/2020. Phone: (617) 384-2291."
)


def rehearse() -> None:
    """Take one made-up note through all stages, so that what they build when first used is built."""
    detector, policy, key = (
        worker.detector(worker.DetectorSettings()),
        load_policy("surrogate"),
        RandomKey(),
    )
    note = Note("n", "p", _TEXT)
    spans = detector.detect(note)
    found = link("p", [Mention(s.label, _TEXT[s.start : s.end], "n") for s in spans], policy=policy, key=key)
    known = PatientIdentities(found)
    find_again(_TEXT, spans, known, worker.lexicon())
    release_note(note, spans, known, policy=policy, key=key, run_date=date(2024, 1, 1))
    worker.settle_down()


def keep_archives() -> None:
    """Stop the import system from reading pyspark's archive again before every task.

    Spark's worker loop drops the import caches at each task's start, and Python then reads the archive's table of
    contents once for every package in it: 0.2 s of a task's time. An archive does not change while a run lasts.
    """
    zipimporter.invalidate_caches = lambda self: None  # type: ignore[method-assign]


if __name__ == "__main__":
    with suppress(Exception):  # a worker meets the same error in its task, where it stops the run and is told
        rehearse()
    keep_archives()
    manager()
