"""Readers of i2b2 2014 XML, brat stand-off, doccano JSONL and Label Studio JSON."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deid_spark.errors import InputError
from deid_spark.evaluate.crosswalk import our_label
from deid_spark.evaluate.readers import GoldNote
from deid_spark.jsonl import need, need_id, read_rows, read_text
from deid_spark.spans import Span

Notes = Iterator[tuple[str, GoldNote]]
_SPACE = re.compile(r"\s+")


def _files(path: Path, suffix: str) -> list[Path]:
    return sorted(path.glob(f"*{suffix}")) if path.is_dir() else [path.with_suffix(suffix)]


def _check_surface(where: str, said: str | None, found: str) -> None:
    """Annotations often carry their text: when it is not what stands there, the offsets are wrong."""
    if said is not None and _SPACE.sub(" ", said).strip() != _SPACE.sub(" ", found).strip():
        raise InputError(f"{where}: the annotation's own text is not the text at its offsets")


def read_i2b2(path: Path) -> Notes:
    """`<deIdi2b2><TEXT/><TAGS/></deIdi2b2>`, a note a file, named `patient-visit.xml`.

    Offsets count from the start of TEXT after XML has made CRLF one LF, which is how the task's files were made.
    """
    for file in _files(path, ".xml"):
        try:
            root = ElementTree.parse(file).getroot()
        except OSError as error:
            raise InputError(f"{file}: cannot be read: {error.strerror}") from None
        except ElementTree.ParseError as error:
            line, column = error.position
            raise InputError(f"{file}: line {line}: not XML at column {column}") from None
        text = root.findtext("TEXT")
        if text is None:
            raise InputError(f"{file}: has no TEXT element")
        spans = [_i2b2_span(f"{file}: tag {tag.get('id')}", tag, text) for tag in root.iterfind("TAGS/*")]
        patient = file.stem.rsplit("-", 1)[0]
        yield str(file), GoldNote(file.stem, text, tuple(spans), None, patient)


def _i2b2_span(where: str, tag: ElementTree.Element, text: str) -> Span:
    try:
        start, end = int(tag.get("start", "")), int(tag.get("end", ""))
    except ValueError:
        raise InputError(f"{where}: start and end must be whole numbers") from None
    _check_surface(where, tag.get("text"), text[start:end])
    return Span(start, end, our_label(tag.get("TYPE") or tag.tag))


def read_brat(path: Path) -> Notes:
    """`name.txt` beside `name.ann`. A discontinuous annotation becomes one span a fragment; relations, events,
    attributes and notes are passed over."""
    for file in _files(path, ".ann"):
        text = read_text(file.with_suffix(".txt"), newline="")
        spans: list[Span] = []
        for number, line in enumerate(read_text(file).split("\n"), 1):
            if line.startswith("T"):
                spans += _brat_spans(f"{file}: line {number}", line, text)
        yield str(file), GoldNote(file.stem, text, tuple(spans))


def _brat_spans(where: str, line: str, text: str) -> list[Span]:
    parts = line.split("\t")
    label, _, offsets = parts[1].partition(" ") if len(parts) > 1 else ("", "", "")
    try:
        fragments = [(int(a), int(b)) for a, b in (piece.split() for piece in offsets.split(";"))]
    except ValueError:
        raise InputError(f"{where}: not `T1<tab>LABEL start end<tab>text`") from None
    if len(parts) > 2:
        _check_surface(where, parts[2], " ".join(text[start:end] for start, end in fragments))
    return [Span(start, end, our_label(label)) for start, end in fragments]


def read_doccano(path: Path) -> Notes:
    """A line a document: `label` or `labels` as [start, end, tag], or `entities` as objects with offsets."""
    for where, row in read_rows(path):
        text = need(row, "text", str, where)
        if "entities" in row:
            items = need(row, "entities", list, where)
            spans = [_doccano_entity(f"{where}: entities[{i}]", item) for i, item in enumerate(items)]
        else:
            key = "label" if "label" in row else "labels"
            items = need(row, key, list, where)
            spans = [_doccano_triple(f"{where}: {key}[{i}]", item) for i, item in enumerate(items)]
        note_id = need_id(row, "note_id" if "note_id" in row else "id", where)
        note_type = row.get("note_type")
        patient = row.get("patient_id")
        yield where, GoldNote(note_id, text, tuple(spans), note_type, None if patient is None else str(patient))


def _doccano_entity(where: str, item: Any) -> Span:
    if not isinstance(item, dict):
        raise InputError(f"{where}: not a JSON object")
    start, end = need(item, "start_offset", int, where), need(item, "end_offset", int, where)
    return Span(start, end, our_label(need(item, "label", str, where)))


def _doccano_triple(where: str, item: Any) -> Span:
    match item:
        case [int(start), int(end), str(tag)]:
            return Span(start, end, our_label(tag))
    raise InputError(f"{where}: not [start, end, tag]")


def read_label_studio(path: Path) -> Notes:
    """Export as JSON (tasks with annotations; the last one that is not cancelled counts) or as JSON-MIN."""
    try:
        tasks = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: line {error.lineno}: not JSON: {error.msg}") from None
    if not isinstance(tasks, list):
        raise InputError(f"{path}: not a list of tasks")
    for index, task in enumerate(tasks):
        where = f"{path}: task [{index}]"
        if not isinstance(task, dict):
            raise InputError(f"{where}: not a JSON object")
        data = task["data"] if isinstance(task.get("data"), dict) else task
        text = need(data, "text", str, where)
        results = _results(task, where)
        spans = [s for i, item in enumerate(results) for s in _label_studio_spans(f"{where}: result [{i}]", item, text)]
        note_id = need_id(data, "note_id", where) if "note_id" in data else need_id(task, "id", where)
        patient = data.get("patient_id")
        yield (
            where,
            GoldNote(note_id, text, tuple(spans), data.get("note_type"), None if patient is None else str(patient)),
        )


def _results(task: dict[str, Any], where: str) -> list[Any]:
    """The regions of a task: of its last annotation, or of its predictions, or of the JSON-MIN key `label`."""
    if "annotations" not in task and "predictions" not in task:
        regions: list[Any] = need(task, "label", list, where) if "label" in task else []
        return regions
    done = [a for a in task.get("annotations") or () if isinstance(a, dict) and not a.get("was_cancelled")]
    chosen = done or [p for p in task.get("predictions") or () if isinstance(p, dict)]
    if not chosen:
        return []
    results: list[Any] = need(chosen[-1], "result", list, where)
    return results


def _label_studio_spans(where: str, item: Any, text: str) -> list[Span]:
    if not isinstance(item, dict):
        raise InputError(f"{where}: not a JSON object")
    value = item.get("value", item)
    if "labels" not in value:  # a relation, a choice, a rating
        return []
    start, end = need(value, "start", int, where), need(value, "end", int, where)
    said = value.get("text")
    if said is not None and text[start:end] != said:
        # Label Studio runs in a browser, whose offsets count UTF-16 units; past an emoji they differ from code points.
        start, end = _from_utf16(text, start), _from_utf16(text, end)
        _check_surface(where, said, text[start:end])
    return [Span(start, end, our_label(label)) for label in need(value, "labels", list, where)]


def _from_utf16(text: str, offset: int) -> int:
    """The code-point offset of a UTF-16 offset; one past the end stays past the end."""
    units = 0
    for index, character in enumerate(text):
        if units >= offset:
            return index
        units += 2 if ord(character) > 0xFFFF else 1
    return len(text) + max(0, offset - units)
