"""JSON lines with errors that name file, line and key, and files that appear whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from deid_spark.errors import InputError

_KINDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "an object",
    bool: "true or false",
}


def read_text(path: Path, *, newline: str | None = None) -> str:
    """The text of a UTF-8 file; InputError when it is absent, unreadable or not UTF-8. Offsets stay, a BOM goes."""
    try:
        with path.open(encoding="utf-8-sig", newline=newline) as file:
            return file.read()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at byte {error.start}") from None


def read_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(where, object) of each line that is not blank; `where` is `file: line 3`, for error messages."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                if line.strip():
                    yield f"{path}: line {number}", _parse(f"{path}: line {number}", line)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


def _parse(where: str, line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        # The parser's message names what it expected and never quotes the line.
        raise InputError(f"{where}: not JSON: {error.msg} at column {error.colno}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: not UTF-8 at byte {error.start} of the line") from None
    except RecursionError:
        raise InputError(f"{where}: not JSON that can be read: nested too deep") from None
    if not isinstance(row, dict):
        raise InputError(f"{where}: not a JSON object")
    return row


def need(row: dict[str, Any], key: str, kind: type, where: str) -> Any:
    """row[key] of the asked kind, else InputError that names the key and never the value."""
    if key not in row:
        raise InputError(f"{where}: key {key!r} is missing")
    value = row[key]
    if value is None:
        raise InputError(f"{where}: {key} is null")
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise InputError(f"{where}: {key} must be {_KINDS[kind]}")
    return value


def need_id(row: dict[str, Any], key: str, where: str) -> str:
    """An id: text that is not empty, or a whole number, which is taken as its digits."""
    value = row.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    text: str = need(row, key, str, where)
    if not text:
        raise InputError(f"{where}: {key} is empty")
    return text


@contextmanager
def written_whole(path: Path) -> Iterator[IO[str]]:
    """A text file written beside `path` and renamed to it at the end; an error leaves `path` as it was."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from None
    try:
        # mkstemp makes the file readable by its owner alone; outputs hold PHI or its offsets, so that stays.
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise


def write_rows(path: Path, rows: Iterable[dict[str, Any]]) -> int:
    """Write one object a line, whole or not at all; how many were written."""
    count = 0
    with written_whole(path) as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count
