"""`deid-spark detect` and `deid-spark deidentify`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from deid_spark.cli.console import EXIT_QUARANTINED, errors_explained, warn
from deid_spark.cli.notes import NoteRow, Quarantined, Throughput, read_note_rows, run_by_patient, tell_quarantine
from deid_spark.errors import InputError
from deid_spark.jsonl import write_rows
from deid_spark.keys import load_key
from deid_spark.policy import Policy, load_policy
from deid_spark.spans import Note, ReleasedNote, Span
from deid_spark.terminal import err

if TYPE_CHECKING:
    from deid_spark.pipeline import Deidentifier

Engine = Literal["auto", "hyperscan", "re"]

InArgument = Annotated[Path, typer.Argument(metavar="IN.jsonl", help="Notes: note_id, patient_id, text a line")]
OutArgument = Annotated[Path, typer.Argument(metavar="OUT.jsonl", help="Written whole at the end, or not at all")]
PolicyOption = Annotated[str, typer.Option(help="A shipped policy's name, or the path of a TOML file")]
PeopleOption = Annotated[Path | None, typer.Option(help="Known values of the patients, CSV: patient_id, kind, value")]
NerOption = Annotated[str, typer.Option(help="Neural model: off, fast, accurate, or the folder of another")]
EngineOption = Annotated[Engine, typer.Option(help="Pattern engine; all give the same spans")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar and no summary")]


def detect(
    source: InArgument,
    target: OutArgument,
    ner: NerOption = "off",
    policy: PolicyOption = "surrogate",
    people: PeopleOption = None,
    engine: EngineOption = "auto",
    quiet: QuietOption = False,
) -> None:
    """Find identifiers. Writes one line a note: note_id and its spans, in the order of the input.

    Lines without patient_id are taken as patients of their own. The policy gives the threshold of scores.
    Exit codes: 0 all done, 1 some notes went to OUT.quarantine.jsonl, 2 wrong usage, configuration or input.
    """
    with errors_explained():
        _check_paths(source, target)
        rules = load_policy(policy)
        rows = read_note_rows(source, need_patient=False)
        deid = _build(rules, people, engine, ner, key_file=None, need_key=False)
        found, quarantined, speed = run_by_patient(rows, deid.detect_all, deid.detect, stage="detect", quiet=quiet)
        written = write_rows(target, (_spans_row(row.note, found) for row in rows if row.note.note_id in found))
        _finish(target, quarantined, speed, quiet, f"{sum(map(len, found.values())):,} spans in {written:,} notes")


def deidentify(
    source: InArgument,
    target: OutArgument,
    policy: PolicyOption = "surrogate",
    people: PeopleOption = None,
    key_file: Annotated[
        Path | None, typer.Option(help="File with the key; else environment variable DEID_SPARK_KEY")
    ] = None,
    provenance: Annotated[
        Path | None, typer.Option(help="Write what was changed, with original ids: secure zone only")
    ] = None,
    ner: NerOption = "off",
    engine: EngineOption = "auto",
    quiet: QuietOption = False,
) -> None:
    """Release notes under a policy. Writes one line a note with pseudonymous ids, in the order of the input.

    Exit codes: 0 all done, 1 some notes went to OUT.quarantine.jsonl, 2 wrong usage, configuration, key or input.
    """
    with errors_explained():
        _check_paths(source, target, provenance)
        rules = load_policy(policy)
        rows = read_note_rows(source, need_patient=True, keep_columns=rules.release.keep_columns)
        deid = _build(rules, people, engine, ner, key_file=key_file, need_key=True)
        released, quarantined, speed = run_by_patient(
            rows, lambda notes: _by_source(deid.deidentify(notes)), lambda note: deid.deidentify([note]),
            stage="release", quiet=quiet,
        )  # fmt: skip
        pairs = [(row, released[row.note.note_id]) for row in rows if row.note.note_id in released]
        written = write_rows(target, (_released_row(row, note, rules) for row, note in pairs))
        if provenance is not None:
            write_rows(provenance, (_provenance_row(note, rules) for _, note in pairs))
        changed = sum(len(note.provenance) for _, note in pairs)
        _finish(
            target, quarantined, speed, quiet, f"{changed:,} spans in {written:,} released notes, policy {rules.name}"
        )


def _check_paths(source: Path, *targets: Path | None) -> None:
    """Refuse before the work begins what would fail after it."""
    if not source.is_file():
        raise InputError(f"{source}: no such file")
    written = [target for target in targets if target is not None]
    for target in written:
        if not target.parent.is_dir():
            raise InputError(f"{target}: its folder does not exist")
        if target.is_dir():
            raise InputError(f"{target}: is a folder")
        if target.resolve() == source.resolve():
            raise InputError(f"{target}: would overwrite the input")
    if len({target.resolve() for target in written}) < len(written):
        raise InputError(f"{written[0]}: is named twice as an output")


def _build(
    policy: Policy, people: Path | None, engine: Engine, ner: str, *, key_file: Path | None, need_key: bool
) -> Deidentifier:
    from deid_spark.people import read_people
    from deid_spark.pipeline import Deidentifier

    keyed = policy.crosswalk.mode == "keyed"
    if key_file is not None and not keyed:
        warn(f"policy {policy.name} draws surrogates at random, so the key is not used")
    key = load_key(file=key_file) if need_key and keyed else None
    known = read_people(people) if people is not None else []
    return Deidentifier(policy=policy, key=key, people=known, ner=ner, engine=engine)


def _by_source(notes: Sequence[ReleasedNote]) -> dict[str, ReleasedNote]:
    return {note.source_note_id: note for note in notes}


def _spans_row(note: Note, found: dict[str, list[Span]]) -> dict[str, Any]:
    return {
        "note_id": note.note_id,
        "spans": [
            {"start": s.start, "end": s.end, "label": s.label, "score": s.score, "sources": list(s.sources)}
            for s in found[note.note_id]
        ],
    }


def _released_row(row: NoteRow, note: ReleasedNote, policy: Policy) -> dict[str, Any]:
    released: dict[str, Any] = {
        **row.kept,
        "note_id": note.note_id,
        "patient_id": note.patient_id,
        "note_type": note.note_type,
        "note_datetime": note.note_datetime.isoformat() if note.note_datetime else None,
        "text": note.text,
        "policy": policy.name,
        "policy_fingerprint": policy.fingerprint,
    }
    if policy.release.provenance:
        released["spans"] = [
            {"start": p.released_start, "end": p.released_end, "label": p.label, "action": p.action}
            for p in note.provenance
        ]
    return released


def _provenance_row(note: ReleasedNote, policy: Policy) -> dict[str, Any]:
    keys = ("start", "end", "released_start", "released_end", "label", "action", "sources", "score")
    return {
        "note_id": note.source_note_id,
        "released_note_id": note.note_id,
        "policy_fingerprint": policy.fingerprint,
        "spans": [{key: value for key, value in p._asdict().items() if key in keys} for p in note.provenance],
    }


def _finish(target: Path, quarantined: list[Quarantined], speed: Throughput, quiet: bool, what: str) -> None:
    """Summary, and the quarantine file: written when a note failed, taken away when an older run left one."""
    path = target.with_name(f"{target.name.removesuffix('.jsonl')}.quarantine.jsonl")
    if not quiet:
        err().print(f"{what}; {speed}\n{target}", markup=False)
    if not quarantined:
        path.unlink(missing_ok=True)
        return
    write_rows(path, (q._asdict() for q in quarantined))
    tell_quarantine(quarantined, path)
    raise typer.Exit(EXIT_QUARANTINED)
