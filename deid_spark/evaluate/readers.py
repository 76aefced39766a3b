"""Gold and predicted spans from files: our JSONL, and by `foreign.py` i2b2 2014 XML, brat, doccano and Label Studio.

Every reader gives half-open code-point offsets and our labels. Errors name file and line (or tag) and never quote text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from deid_spark.errors import InputError
from deid_spark.evaluate.crosswalk import our_label
from deid_spark.jsonl import need, need_id, read_rows
from deid_spark.spans import Span


class GoldNote(NamedTuple):
    note_id: str
    text: str
    spans: tuple[Span, ...]
    note_type: str | None = None
    patient_id: str | None = None


FORMATS = ("jsonl", "i2b2", "brat", "doccano", "label_studio")


def read_gold(path: str | Path, format: str = "auto") -> list[GoldNote]:
    """Annotated notes of a file or folder, in file order.

    Raises InputError for what cannot be read, a note_id that comes twice, and a span outside its note.
    """
    source = Path(path)
    reader = _reader(source, format)
    notes: dict[str, GoldNote] = {}
    for where, note in reader(source):
        if note.note_id in notes:
            raise InputError(f"{where}: note_id {note.note_id!r} came before")
        for span in note.spans:
            check_span(where, span.start, span.end, len(note.text))
        notes[note.note_id] = note
    if not notes:
        raise InputError(f"{source}: holds no notes")
    return list(notes.values())


def read_predictions(path: str | Path, format: str = "auto") -> dict[str, list[Span]]:
    """Predicted spans by note id. Lines of JSONL need no text; the other formats are read as gold is."""
    source = Path(path)
    if _format(source, format) != "jsonl":
        return {note.note_id: list(note.spans) for note in read_gold(source, format)}
    found: dict[str, list[Span]] = {}
    for where, row in read_rows(source):
        note_id = need_id(row, "note_id", where)
        if note_id in found:
            raise InputError(f"{where}: note_id {note_id!r} came before")
        found[note_id] = list(read_spans(row, where))
    return found


def check_span(where: str, start: int, end: int, text_length: int) -> None:
    if not 0 <= start < end <= text_length:
        raise InputError(f"{where}: span [{start}, {end}) does not fit a text of {text_length}")


def read_spans(row: dict[str, Any], where: str) -> Iterator[Span]:
    """Spans of one line of our JSONL; label defaults to PHI, score to 1, sources to none."""
    for index, item in enumerate(need(row, "spans", list, where)):
        here = f"{where}: spans[{index}]"
        if not isinstance(item, dict):
            raise InputError(f"{here}: not a JSON object")
        start, end = need(item, "start", int, here), need(item, "end", int, here)
        if not 0 <= start <= end:
            raise InputError(f"{here}: [{start}, {end}) is not a span")
        label = our_label(need(item, "label", str, here)) if "label" in item else "PHI"
        score = item.get("score", 1.0)
        if isinstance(score, bool) or not isinstance(score, int | float):
            raise InputError(f"{here}: score must be a number")
        sources = item.get("sources", ())
        if not isinstance(sources, list | tuple) or not all(isinstance(source, str) for source in sources):
            raise InputError(f"{here}: sources must be a list of texts")
        yield Span(start, end, label, float(score), tuple(sources))


def read_jsonl(path: Path) -> Iterator[tuple[str, GoldNote]]:
    for where, row in read_rows(path):
        yield (
            where,
            GoldNote(
                need_id(row, "note_id", where),
                need(row, "text", str, where),
                tuple(read_spans(row, where)),
                _optional(row, "note_type", where),
                _optional(row, "patient_id", where),
            ),
        )


def _optional(row: dict[str, Any], key: str, where: str) -> str | None:
    return None if row.get(key) is None else need_id(row, key, where)


Reader = Callable[[Path], Iterable[tuple[str, GoldNote]]]


def _reader(path: Path, format: str) -> Reader:
    from deid_spark.evaluate import foreign

    readers: dict[str, Reader] = {
        "jsonl": read_jsonl,
        "i2b2": foreign.read_i2b2,
        "brat": foreign.read_brat,
        "doccano": foreign.read_doccano,
        "label_studio": foreign.read_label_studio,
    }
    return readers[_format(path, format)]


def _format(path: Path, format: str) -> str:
    """The format asked for, or what the file's name and first line say."""
    if format in FORMATS:
        return format
    if format != "auto":
        raise InputError(f"no such format {format!r}; there are auto, {', '.join(FORMATS)}")
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    if path.is_dir():
        for suffix, name in ((".xml", "i2b2"), (".ann", "brat")):
            if any(path.glob(f"*{suffix}")):
                return name
        raise InputError(f"{path}: holds neither *.xml (i2b2) nor *.ann (brat)")
    by_suffix = {".xml": "i2b2", ".ann": "brat", ".txt": "brat", ".json": "label_studio"}
    if path.suffix in by_suffix:
        return by_suffix[path.suffix]
    first = next((row for _, row in read_rows(path)), {})
    return "doccano" if "spans" not in first and {"label", "labels", "entities"} & first.keys() else "jsonl"
