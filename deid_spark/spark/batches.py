"""Arrow record batches to Python values and back, in bulk: what the workers of all stages share.

A worker never lets an exception out as it is: Arrow's and Python's messages can quote the text that they stumbled on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from deid_spark.errors import DeidError
from deid_spark.spans import Span

Batches = Iterable[pa.RecordBatch]

SPAN_TYPE = pa.struct(
    [
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("label", pa.string()),
        ("score", pa.float64()),
        ("sources", pa.list_(pa.string())),
    ]
)


class WorkerError(DeidError):
    """A stage failed on a worker as a whole. The message names the stage and the error's class, nothing else."""


def guarded(stage: str, work: Callable[[Batches], Batches]) -> Callable[[Batches], Batches]:
    """`work` with every exception replaced by a WorkerError that quotes no text."""

    def run(batches: Batches) -> Batches:
        try:
            yield from work(batches)
        except GeneratorExit:
            raise
        except DeidError as error:  # ids and offsets only, by their own rule
            raise WorkerError(f"{stage}: {type(error).__name__}: {error}") from None
        except BaseException as error:
            raise WorkerError(f"{stage}: {where_raised(error)}") from None

    return run


def where_raised(error: BaseException) -> str:
    """Class of the error and the line of code that raised it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    file = trace.tb_frame.f_code.co_filename.rpartition("/")[2]
    return f"{type(error).__name__} at {file}:{trace.tb_lineno}"


def pieces(batch: pa.RecordBatch, column: str, limit_chars: int) -> Iterator[pa.RecordBatch]:
    """Slices of a batch with at most about `limit_chars` bytes of text each; a longer note is alone in its slice."""
    lengths = pc.fill_null(pc.binary_length(batch.column(column)), 0).to_pylist()
    start = size = 0
    for row, length in enumerate(lengths):
        if size and size + length > limit_chars:
            yield batch.slice(start, row - start)
            start, size = row, 0
        size += length
    if start < batch.num_rows:
        yield batch.slice(start)


def texts(column: pa.Array) -> tuple[list[str | None], dict[int, str]]:
    """The strings of a column (None for null), and row -> reason code for those that are not valid Unicode."""
    try:
        return column.to_pylist(), {}
    except UnicodeDecodeError:
        pass
    out: list[str | None] = []
    bad: dict[int, str] = {}
    for row, raw in enumerate(column.cast(pa.binary()).to_pylist()):
        try:
            out.append(None if raw is None else raw.decode("utf-8"))
        except UnicodeDecodeError:
            out.append(None)
            bad[row] = _reason(raw)
    return out, bad


def _reason(raw: bytes) -> str:
    try:
        raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return "invalid_utf8"
    return "lone_surrogate"


class SpanColumns:
    """Builds a list<struct> column of spans from flat Python lists: one Arrow call a field, not one a span."""

    def __init__(self) -> None:
        self.offsets = [0]
        self.rows: list[Span] = []

    def add(self, spans: list[Span]) -> None:
        """The spans of the next row."""
        self.rows += spans
        self.offsets.append(len(self.rows))

    def array(self) -> pa.ListArray:
        starts, ends, labels, scores, sources = zip(*self.rows, strict=True) if self.rows else ((), (), (), (), ())
        fields = [
            pa.array(starts, pa.int32()),
            pa.array(ends, pa.int32()),
            pa.array(labels, pa.string()),
            pa.array(scores, pa.float64()),
            string_lists(sources),
        ]
        return pa.ListArray.from_arrays(
            pa.array(self.offsets, pa.int32()), pa.StructArray.from_arrays(fields, fields=list(SPAN_TYPE))
        )


def string_lists(rows: Any) -> pa.ListArray:
    """A list<string> column from rows of strings."""
    offsets = [0]
    flat: list[str] = []
    for row in rows:
        flat += row
        offsets.append(len(flat))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(flat, pa.string()))


def struct_lists(offsets: list[int], fields: list[tuple[str, pa.Array]]) -> pa.ListArray:
    """A list<struct> column from row offsets and flat field columns."""
    names = [name for name, _ in fields]
    return pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()), pa.StructArray.from_arrays([column for _, column in fields], names=names)
    )
