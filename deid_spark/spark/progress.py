"""Says on stderr how far a run is: stage, tasks, notes and words. Never a value."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from pyspark import Accumulator, SparkContext


class Counters(NamedTuple):
    """What workers add to as they go. A retried task adds twice: these are for the eye, tables are for counts."""

    notes: Accumulator
    words: Accumulator
    # Notes that went wrong. Never too few once their rows are computed, so 0 means that there is none to look for.
    failed: Accumulator


def counters(context: SparkContext) -> Counters:
    return Counters(context.accumulator(0), context.accumulator(0), context.accumulator(0))


class Progress:
    """Times the steps of a run, and prints a line every few seconds while one is under way."""

    def __init__(self, context: SparkContext, quiet: bool = False, every_seconds: float = 5.0):
        self.seconds: dict[str, float] = {}
        self._context = context
        self._quiet = quiet
        self._every = every_seconds

    @contextmanager
    def step(self, name: str, count: Counters | None = None) -> Iterator[None]:
        """Everything inside is step `name`; its duration lands in `seconds`."""
        started = time.monotonic()
        over = threading.Event()
        watch = threading.Thread(target=self._watch, args=(name, count, started, over), daemon=True)
        if not self._quiet:
            watch.start()
        try:
            yield
        finally:
            over.set()
            if not self._quiet:
                watch.join()
            spent = time.monotonic() - started
            self.seconds[name] = round(self.seconds.get(name, 0.0) + spent, 3)
            self._say(name, count, spent, "done")

    def _watch(self, name: str, count: Counters | None, started: float, over: threading.Event) -> None:
        while not over.wait(self._every):
            self._say(name, count, time.monotonic() - started, self._tasks())

    def _tasks(self) -> str:
        tracker = self._context.statusTracker()
        done = total = 0
        for stage_id in tracker.getActiveStageIds():
            info = tracker.getStageInfo(stage_id)
            if info is not None:
                done += info.numCompletedTasks
                total += info.numTasks
        return f"{done}/{total} tasks" if total else "planning"

    def _say(self, name: str, count: Counters | None, spent: float, state: str) -> None:
        if self._quiet:
            return
        line = f"deid_spark {spent:7.1f} s  {name:<12} {state}"
        if count is not None and count.notes.value:
            rate = count.words.value / spent if spent else 0.0
            line += f"  {count.notes.value:,} notes, {count.words.value:,} words, {rate:,.0f} words/s"
        print(line, file=sys.stderr, flush=True)
