"""How fast: detection alone, the whole Spark job, and a Delta copy of the same notes.

    python benchmarks/speed.py --notes examples/notes.jsonl --words 20000000 --out /tmp/speed

(a) detection without Spark, one thread;  (b) local[N]: read Delta, detect, identities, release, write Delta,
provenance;  (c) read Delta, write Delta. Prints words/s and the ratio of (b) to (c); writes all of it as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.carriers import grow, read_carriers
from deid_spark.config import load_config
from deid_spark.pipeline import Detector
from deid_spark.spans import Note

_SCHEMA = pa.schema(
    [
        ("note_id", pa.string()),
        ("patient_id", pa.string()),
        ("note_type", pa.string()),
        ("note_datetime", pa.timestamp("us", tz="UTC")),
        ("text", pa.string()),
    ]
)
_CHUNK = 5_000
_FILES = 16


def time_detection(texts: list[str], repeats: int, ner: str) -> dict[str, Any]:
    """(a) Detection of texts as they are, one thread: the median of `repeats` passes after one that warms up.

    With a neural model only the first pass counts: in the others its windows would all be known.
    """
    detector = Detector(ner=ner)
    repeats = repeats if ner == "off" else 0
    notes = [Note(str(i), "p", text) for i, text in enumerate(texts)]
    words = sum(len(text.split()) for text in texts)
    seconds = []
    for _ in range(repeats + 1):
        started = time.perf_counter()
        spans = sum(len(detector.detect(note)) for note in notes)
        seconds.append(time.perf_counter() - started)
    median = statistics.median(seconds[1:] or seconds)
    return {"words": words, "spans": spans, "seconds": round(median, 3), "words_per_second": round(words / median)}


def write_source(folder: Path, carriers: list[str], words: int) -> int:
    """Grown notes as Parquet files; returns their words. Patients lie together in none of the files."""
    folder.mkdir(parents=True)
    rows: Iterator[dict[str, Any]] = grow(carriers, words)
    total = 0
    for number in range(10**6):
        chunk = list(islice(rows, _CHUNK))
        if not chunk:
            return total
        total += sum(len(row["text"].split()) for row in chunk)
        pq.write_table(pa.Table.from_pylist(chunk, _SCHEMA), folder / f"{number:05d}.parquet", compression="zstd")
    raise AssertionError("unreachable")


def time_spark(carriers: list[str], words: int, out: Path, cores: int, ner: str) -> dict[str, Any]:
    """(b) and (c) on the same Delta table of grown notes."""
    from deid_spark.spark.job import run_job
    from deid_spark.spark.session import get_session

    os.environ.setdefault("DEID_SPARK_KEY", "00112233445566778899aabbccddeeff")
    spark = get_session({"spark.master": f"local[{cores}]", "spark.sql.shuffle.partitions": str(_FILES)})
    source = out / "source"
    grown = write_source(out / "grown", carriers, words)
    notes_df = spark.read.parquet(str(out / "grown"))
    notes_df.repartition(_FILES).write.format("delta").save(str(source))
    shutil.rmtree(out / "grown")

    started = time.perf_counter()
    spark.read.format("delta").load(str(source)).write.format("delta").save(str(out / "copy"))
    copy_seconds = time.perf_counter() - started

    config = load_config(
        None,
        {
            "source": {"path": str(source), "mode": "snapshot"},
            "output": {"path": str(out / "out")},
            "detector": {"ner": ner},
        },
    )
    started = time.perf_counter()
    summary = run_job(config)
    job_seconds = time.perf_counter() - started
    assert summary.counts["released_words"], "the job released nothing"
    return {
        "cores": cores,
        "words": grown,
        "notes": summary.counts["released_notes"],
        "spans": summary.counts["released_spans"],
        "job_seconds": round(job_seconds, 1),
        "job_words_per_second": round(grown / job_seconds),
        "steps": summary.seconds,
        "copy_seconds": round(copy_seconds, 1),
        "copy_words_per_second": round(grown / copy_seconds),
        "job_to_copy": round(job_seconds / copy_seconds, 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notes", type=Path, default=Path("examples/notes.jsonl"), help="JSONL of carrier notes")
    parser.add_argument("--words", type=int, default=20_000_000, help="words of the Spark job; 0 leaves it out")
    parser.add_argument("--detect-words", type=int, default=500_000, help="words of the detection alone, at most")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--ner", default="off", help="off, fast, accurate, or a model's folder")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("tmp/speed"), help="folder of the tables; emptied first")
    parser.add_argument("--result", type=Path, default=Path("benchmarks/results/speed.json"))
    args = parser.parse_args()
    carriers = read_carriers(args.notes)
    result: dict[str, Any] = {
        "notes": args.notes.name,
        "ner": args.ner,
        "machine": platform.machine(),
        "python": platform.python_version(),
    }
    result["detection"] = time_detection(_up_to(carriers, args.detect_words), args.repeats, args.ner)
    print(f"detection, 1 thread      {result['detection']['words_per_second']:>10,} words/s")
    if args.words:
        shutil.rmtree(args.out, ignore_errors=True)
        result["spark"] = found = time_spark(carriers, args.words, args.out, args.cores, args.ner)
        print(f"whole job, local[{args.cores}]      {found['job_words_per_second']:>10,} words/s")
        print(f"words of the job         {found['words']:>10,}")
        print(f"Delta copy, local[{args.cores}]     {found['copy_words_per_second']:>10,} words/s")
        print(f"job : copy               {found['job_to_copy']:>10} : 1")
        print(f"steps (s)                {found['steps']}")
        shutil.rmtree(args.out, ignore_errors=True)
    args.result.parent.mkdir(parents=True, exist_ok=True)
    args.result.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return 0


def _up_to(carriers: list[str], words: int) -> list[str]:
    """Texts with about `words` words in all: the carriers, over and over when they are too few."""
    chosen: list[str] = []
    total = 0
    while total < words:
        for text in carriers:
            chosen.append(text)
            total += len(text.split())
            if total >= words:
                break
    return chosen


if __name__ == "__main__":
    sys.exit(main())
