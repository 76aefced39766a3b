"""Applies a policy to a note's spans: a replacement for each, one splice, provenance with offsets on both sides."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from deid_spark.identities import MissingIdentity, PatientIdentities
from deid_spark.keys import Key
from deid_spark.labels import LABELS, NAME_LABELS
from deid_spark.policy import Policy
from deid_spark.replace import dates, identifiers, locations, names
from deid_spark.replace.ages import fold_age
from deid_spark.replace.date_forms import parse_date
from deid_spark.replace.date_place import is_whole, resolve
from deid_spark.replace.forms import CODED_LABELS
from deid_spark.replace.splice import OffsetMap, Replacement, splice
from deid_spark.spans import Note, Provenance, ReleasedNote, Span, check_spans

# A birth date is one that directly follows such a word: nothing with a digit stands between.
_BIRTH_CUE = re.compile(
    r"(?<![^\W\d_])(?:d\.?\s?o\.?\s?b\b\.?|births?|birth\s?da(?:te|y)|b-?day|bdate|born|nacid[oa]|nacimiento|née?)\D{0,14}$",
    re.IGNORECASE,
)
_BIRTH_CUE_CHARS = 25
_AGE_UNIT_CHARS = 16
NOTE_ID_HEX_DIGITS = 24


class _Setting(NamedTuple):
    """What the replacements of one note depend on."""

    note: Note
    identities: PatientIdentities
    policy: Policy
    run_date: date
    anchor: date | None
    cutoff: date | None
    top_age: int | None  # for birth dates; None when the policy does not fold them


def release_note(
    note: Note, spans: Iterable[Span], identities: PatientIdentities, *, policy: Policy, key: Key, run_date: date
) -> ReleasedNote:
    """The note under the policy. spans: sorted, disjoint; those below the policy's threshold are kept as they are.

    Every span has a provenance row; its action is what was done: a date that could not be moved says `redact`.
    A mention that no identity was linked for becomes a plain tag. Raises SpanError for spans that do not fit, and
    MissingIdentity when the patient has no identities at all.
    """
    spans = sorted(spans)
    check_spans(note.note_id, len(note.text), spans)
    setting = _setting(note, spans, identities, policy, run_date)
    done = [_replace(span, setting) for span in spans]  # (action, new text) of each span
    replacements = [
        Replacement(span.start, span.end, new)
        for span, (action, new) in zip(spans, done, strict=True)
        if action != "keep"
    ]
    offsets = OffsetMap(replacements)
    provenance = tuple(
        Provenance(
            note.note_id,
            span.start,
            span.end,
            offsets.to_released(span.start),
            offsets.to_released(span.end),
            span.label,
            action,
            span.sources,
            span.score,
        )
        for span, (action, _) in zip(spans, done, strict=True)
    )
    return ReleasedNote(
        note_id=note_pseudonym(note, identities, key),
        patient_id=identities.patient_pseudonym,
        text=splice(note.text, replacements),
        note_type=note.note_type,
        note_datetime=_released_datetime(note.note_datetime, setting),
        provenance=provenance,
        source_note_id=note.note_id,
    )


def note_pseudonym(note: Note, identities: PatientIdentities, key: Key) -> str:
    """24 hex digits: an HMAC of the note id under the patient's own secret row, which a random crosswalk draws."""
    salt = identities.get("note_salt", note.patient_id)
    secret = bytes.fromhex(salt) if salt else key.digest("note-id", note.patient_id)
    return hmac.new(secret, note.note_id.encode(), hashlib.sha256).hexdigest()[:NOTE_ID_HEX_DIGITS]


def _setting(
    note: Note, spans: Sequence[Span], identities: PatientIdentities, policy: Policy, run_date: date
) -> _Setting:
    cutoff = policy.dates.cutoff
    return _Setting(
        note,
        identities,
        policy,
        run_date,
        anchor=note.note_datetime.date() if note.note_datetime else _day_of_note(note.text, spans, policy.dates.order),
        cutoff=run_date if cutoff == "run" else None if cutoff == "none" else cutoff,  # type: ignore[arg-type]
        top_age=policy.ages.top if policy.ages.fold_birth_years else None,
    )


def _day_of_note(text: str, spans: Sequence[Span], order: str) -> date | None:
    """For a note without a date of its own: the middle one of the whole dates that it tells, births left out."""
    days = []
    for span in spans:
        if span.label != "DATE" or _is_birth(text, span.start):
            continue
        form = parse_date(text[span.start : span.end], order)
        for item in (resolve(form, None) if form else None) or ():
            if is_whole(item.moment):
                days.append(item.day)
    return sorted(days)[len(days) // 2] if days else None


def _is_birth(text: str, start: int) -> bool:
    return _BIRTH_CUE.search(text[max(0, start - _BIRTH_CUE_CHARS) : start]) is not None


def _replace(span: Span, setting: _Setting) -> tuple[str, str]:
    """(action, new text) of one span."""
    text = setting.note.text[span.start : span.end]
    if span.score < setting.policy.detection.threshold:
        return "keep", text
    action = setting.policy.action(span.label)
    if action == "keep":
        return action, text
    try:
        new = _ACTIONS[action](span, text, setting)
    except MissingIdentity:
        # Finding a patient's values again can join spans into a form that was never linked: hide it, plainly.
        return "redact", f"[{span.label}]"
    if new == dates.WITHHELD:
        return "redact", new
    if action == "surrogate" and new.casefold() == text.casefold() and any(map(str.isalnum, text)):
        return "redact", f"[{span.label}]"  # a surrogate is never the original
    return action, new


def _surrogate(span: Span, text: str, setting: _Setting) -> str:
    return _RENDERERS[span.label](span.label, text, setting)


def _name(label: str, text: str, setting: _Setting) -> str:
    return names.render(label, text, setting.identities)


def _place(label: str, text: str, setting: _Setting) -> str:
    return locations.render(label, text, setting.identities, setting.policy)


def _code(label: str, text: str, setting: _Setting) -> str:
    return identifiers.render(label, text, setting.identities.value(label, text))


def _shift(span: Span, text: str, setting: _Setting) -> str:
    return dates.shift_text(
        text,
        setting.identities.shift_weeks,
        anchor=setting.anchor or setting.run_date,
        order=setting.policy.dates.order,
        cutoff=setting.cutoff,
        is_birth=_is_birth(setting.note.text, span.start),
        top_age=setting.top_age,
    )


def _year(span: Span, text: str, setting: _Setting) -> str:
    return dates.year_text(
        text,
        anchor=setting.anchor,
        order=setting.policy.dates.order,
        is_birth=_is_birth(setting.note.text, span.start),
        top_age=setting.top_age,
        as_of=setting.run_date,
    )


def _fold(span: Span, text: str, setting: _Setting) -> str:
    following = setting.note.text[span.end : span.end + _AGE_UNIT_CHARS]
    return fold_age(text, setting.policy.ages.top, following)


def _zip3(span: Span, text: str, setting: _Setting) -> str:
    return _place(span.label, text, setting)


def _redact(span: Span, text: str, setting: _Setting) -> str:
    return f"[{setting.identities.tag(span.label, text)}]"


_ACTIONS: dict[str, Callable[[Span, str, _Setting], str]] = {
    "surrogate": _surrogate,
    "redact": _redact,
    "shift": _shift,
    "year": _year,
    "fold": _fold,
    "zip3": _zip3,
}

_RENDERERS: dict[str, Callable[[str, str, _Setting], str]] = {
    label: _name if label in NAME_LABELS else _code if label in CODED_LABELS else _place for label in LABELS
}


def _released_datetime(moment: datetime | None, setting: _Setting) -> datetime | None:
    """Moved, cut to January 1, kept or left out, as dates in the text are; never after the cut-off."""
    if moment is None:
        return None
    action = setting.policy.action("DATE")
    if action == "keep":
        return moment
    if action == "year":
        return moment.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    if action != "shift":
        return None
    try:
        moved = moment + timedelta(weeks=setting.identities.shift_weeks)
    except OverflowError:
        return None
    return None if setting.cutoff is not None and moved.date() > setting.cutoff else moved
