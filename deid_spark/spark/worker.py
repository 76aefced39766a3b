"""What a Python worker process builds once and keeps: the detector, the key, the policy, the known values.

Worker processes live as long as their executor and serve task after task; module globals are their cache.
"""

from __future__ import annotations

import gc
from functools import lru_cache
from typing import Any, NamedTuple

from deid_spark.detect.dictionaries import Lexicon
from deid_spark.detect.patterns import Engine
from deid_spark.keys import Key, RandomKey
from deid_spark.people import KnownValue
from deid_spark.pipeline import Detector
from deid_spark.policy import Policy

KnownByPatient = dict[str, tuple[KnownValue, ...]]


class DetectorSettings(NamedTuple):
    """Everything that decides which detector a worker builds; hashable, so it is the cache's key."""

    ner: str = "off"
    engine: Engine = "auto"
    gate: bool = True


@lru_cache(maxsize=2)
def detector(settings: DetectorSettings) -> Detector:
    built = Detector(engine=settings.engine, ner=settings.ner, gate=settings.gate)
    settle_down()
    return built


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    loaded = Lexicon.load()
    settle_down()
    return loaded


def settle_down() -> None:
    """Take what has been built out of the garbage collector's sight.

    Spark's worker loop collects after every task; going through the word lists took longer than many a task.
    """
    gc.collect()
    gc.freeze()


@lru_cache(maxsize=4)
def policy(document: str) -> Policy:
    """A policy from its JSON, which is small enough to travel with the task."""
    return Policy.model_validate_json(document)


@lru_cache(maxsize=4)
def _key(master: bytes, epoch: int) -> Key:
    return Key(master, epoch)


@lru_cache(maxsize=1)
def _random_key(epoch: int) -> RandomKey:
    return RandomKey(epoch)


def key(secret: Any, random: bool) -> Key:
    """The key from a Spark broadcast of `Key.worker_secret()`.

    Why a broadcast: a task's closure and Spark's settings show in plans, event logs and the UI; a broadcast's value
    shows in none of them, only its number does, and `spark.io.encryption.enabled` keeps it encrypted on disk.
    """
    master, epoch = secret.value
    return _random_key(epoch) if random else _key(master, epoch)
