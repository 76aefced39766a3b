"""Errors of the project. Messages carry ids, keys and offsets, never note text (DESIGN invariant 5)."""


class DeidError(Exception):
    """Base of every error that the project raises on purpose."""


class ConfigError(DeidError):
    """A policy, config or pattern file is wrong. `problems` holds every problem found, not only the first."""

    def __init__(self, where: str, problems: list[str]):
        self.where = where
        self.problems = problems
        super().__init__("\n".join(f"{where}: {problem}" for problem in problems))


class KeyMissing(DeidError):
    """No pseudonymisation key was given, or it is too short to be one."""


class InputError(DeidError):
    """An input file, table or row cannot be used; the message names file and line or column."""


class SpanError(DeidError):
    """A span does not fit its note."""


class NoteRejected(DeidError):
    """One note cannot be processed. `reason` is a code of `QUARANTINE_REASONS`; the note goes to quarantine."""

    def __init__(self, note_id: str | None, reason: str):
        self.note_id = note_id
        self.reason = reason
        super().__init__(f"note {note_id}: {reason}")


QUARANTINE_REASONS = {
    "null_note_id": "note_id is null or empty",
    "null_patient_id": "patient_id is null or empty",
    "null_text": "text is null",
    "duplicate_note_id": "another row of the same input has this note_id",
    "note_too_long": "text is longer than limits.max_note_chars",
    "lone_surrogate": "text holds an unpaired surrogate code point, so it is not valid Unicode",
    "invalid_utf8": "text is not valid UTF-8",
    "bad_row": "the row could not be parsed by its reader",
    "detect_failed": "a detector raised an error on this note",
    "not_detected": "the note's spans are of another version of it; detect it first",
    "release_failed": "replacement raised an error on this note",
}
