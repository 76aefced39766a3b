"""Training windows for the neural model: marked notes, the same notes under other identities, clean clinical prose.

The same notes under other identities are made by the project itself: a marked note is released under a drawn key, and
its provenance says where the fakes stand. So every written form of a name, date, number or place comes again with other
people, and the model learns forms and contexts, not the people of a few hundred notes.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from deid_spark.detect.sentences import sentences
from deid_spark.detect.wordpiece import WordPiece, tokens
from deid_spark.identities import PatientIdentities, link
from deid_spark.keys import Key
from deid_spark.pipeline import mentions_of
from deid_spark.policy import Policy, load_policy
from deid_spark.replace.apply import release_note
from deid_spark.replace.pools import pools
from deid_spark.spans import Note, Span

_RUN_DATE = date(2026, 1, 1)
MAX_PIECES = 158  # of a window, less its two ends


class Marked(NamedTuple):
    """A text with its spans; `patient_id` groups notes that share identities."""

    note_id: str
    patient_id: str
    text: str
    spans: list[Span]


class Window(NamedTuple):
    """Piece numbers without the two ends; a label number for each, -100 for pieces that are not a token's first."""

    pieces: list[int]
    labels: list[int]


def read_marked(paths: Iterable[str | Path]) -> list[Marked]:
    """JSONL: note_id, text, spans with start, end, label; other keys are left alone."""
    found = []
    for path in paths:
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            if line.strip():
                row = json.loads(line)
                spans = sorted(Span(s["start"], s["end"], s["label"]) for s in row.get("spans", ()))
                found.append(Marked(row["note_id"], row.get("patient_id") or row["note_id"], row["text"], spans))
    return found


def marked_by_rules(notes: Sequence[Marked]) -> list[Marked]:
    """Clinical prose that nobody has marked: what the rules find in it (ages and dates, mostly) counts as marked."""
    from deid_spark.pipeline import Detector

    detector = Detector(ner="off")
    out = []
    for note in notes:
        found = detector.detect(Note(note.note_id, note.patient_id, note.text))
        out.append(note._replace(spans=[s for s in found if s.score >= 0.5]))
    return out


def as_other_people(notes: Sequence[Marked], seed: int) -> list[Marked]:
    """Every note with another identity, consistent over a patient's notes; a note that cannot be released is left out.

    A part of the people get names that are ordinary words, which the fakes of a release never are.
    """
    policy, draw = load_policy("surrogate"), random.Random(seed)
    by_patient: dict[str, list[Marked]] = {}
    for note in notes:
        by_patient.setdefault(note.patient_id, []).append(note)
    out = []
    for patient_id, own in by_patient.items():
        key = Key(draw.randbytes(32))
        out += [_spiced(note, draw) for note in _released(patient_id, own, policy, key)]
    return out


def _released(patient_id: str, notes: Sequence[Marked], policy: Policy, key: Key) -> Iterator[Marked]:
    plain = [Note(n.note_id, patient_id, n.text) for n in notes]
    mentions = [m for note, marked in zip(plain, notes, strict=True) for m in mentions_of(note, marked.spans)]
    identities = PatientIdentities(link(patient_id, mentions, policy=policy, key=key, known=(), existing=()))
    for note, marked in zip(plain, notes, strict=True):
        try:
            released = release_note(note, marked.spans, identities, policy=policy, key=key, run_date=_RUN_DATE)
        except Exception:
            continue
        spans = [Span(p.released_start, p.released_end, p.label) for p in released.provenance]
        if not any(p.action == "redact" for p in released.provenance):
            yield Marked(marked.note_id, patient_id, released.text, sorted(spans))


def _spiced(note: Marked, draw: random.Random) -> Marked:
    """Telephone numbers of all ranges, where a release has reserved ones; and in one note of six, one surname becomes a
    word that is a surname too (`Rose`, `Banks`), wherever it stands."""
    note = _with_any_digits(note, draw)
    names = [s for s in note.spans if s.label in ("PATIENT", "DOCTOR")]
    if not names or draw.random() > 0.17:
        return note
    span = draw.choice(names)
    words = [w for w in note.text[span.start : span.end].replace(",", " ").split() if len(w) > 2 and w.isalpha()]
    if not words:
        return note
    old, new = draw.choice(words), draw.choice(_word_surnames())
    new = new.upper() if old.isupper() else new.lower() if old.islower() else new.capitalize()
    return _replaced(note, old, new)


def _with_any_digits(note: Marked, draw: random.Random) -> Marked:
    text = list(note.text)
    for span in note.spans:
        if span.label in ("PHONE", "FAX"):
            for i in range(span.start, span.end):
                if text[i].isdigit():
                    text[i] = draw.choice("0123456789")
    return note._replace(text="".join(text))


def _replaced(note: Marked, old: str, new: str) -> Marked:
    """`old` to `new` inside of spans."""
    text, spans, at = "", [], 0
    for span in note.spans:
        text += note.text[at : span.start]
        start = len(text)
        text += note.text[span.start : span.end].replace(old, new)
        spans.append(span._replace(start=start, end=len(text)))
        at = span.end
    return note._replace(text=text + note.text[at:], spans=spans)


def _word_surnames() -> list[str]:
    if not _WORD_SURNAMES:
        from deid_spark.detect.dictionaries import Lexicon
        from deid_spark.detect.lexicon_flags import Known

        words = Lexicon.load().words
        ordinary = Known.COMMON | Known.CLINICAL
        common = (n for n, row in pools().surnames.items() if row.tier < 4)
        _WORD_SURNAMES.extend(sorted(n for n in common if words.get(n, 0) & ordinary))
    return _WORD_SURNAMES


_WORD_SURNAMES: list[str] = []


def windows(note: Marked, pieces: WordPiece, labels: Sequence[str], draw: random.Random) -> Iterator[Window]:
    """The note cut at sentence ends into windows of drawn lengths, from one sentence up to MAX_PIECES pieces."""
    number = {label: i for i, label in enumerate(labels)}
    current: list[tuple[list[int], list[int]]] = []
    size, limit = 0, draw.randint(8, MAX_PIECES)
    for start, end in sentences(note.text):
        part = _pieces(note, start, end, pieces, number)
        while part[0]:
            room = MAX_PIECES - size
            if current and (size + len(part[0]) > limit or len(part[0]) > room):
                yield _joined(current)
                current, size, limit = [], 0, draw.randint(8, MAX_PIECES)
                continue
            head = (part[0][:MAX_PIECES], part[1][:MAX_PIECES])
            part = (part[0][MAX_PIECES:], part[1][MAX_PIECES:])
            current.append(head)
            size += len(head[0])
    if current:
        yield _joined(current)


def _joined(parts: list[tuple[list[int], list[int]]]) -> Window:
    return Window([p for part in parts for p in part[0]], [y for part in parts for y in part[1]])


def _pieces(
    note: Marked, start: int, end: int, pieces: WordPiece, number: dict[str, int]
) -> tuple[list[int], list[int]]:
    inside = [s for s in note.spans if s.start < end and s.end > start]
    ids: list[int] = []
    tags: list[int] = []
    for token_start, token_end in tokens(note.text, start, end):
        span = next((s for s in inside if s.start < token_end and token_start < s.end), None)
        tag = "O" if span is None else ("B-" if token_start <= span.start else "I-") + span.label
        found = pieces[note.text[token_start:token_end]]
        ids += found
        tags += [number[tag], *[-100] * (len(found) - 1)]
    return ids, tags
