"""READ FIRST. The whole flow for notes, without Spark: note -> detect -> merge -> identities -> replace -> result.

    patterns ─┐
    phrases, cues, dictionaries ─ context ─┐
    known values of the patient ───────────┼─ merge ─ spans ─ link identities ─ find again ─ release
    neural NER (where it is on) ───────────┘

`Detector` works on one note and needs no key. `Deidentifier` adds identities and replacement for whole patients. The
Spark side (`deid_spark/spark/`) calls the same functions on batches.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from deid_spark.detect.context import CONTEXT_CAP, ContextModel
from deid_spark.detect.dictionaries import Lexicon
from deid_spark.detect.ensemble import Ensemble
from deid_spark.detect.known_values import KnownValue, KnownValueMatcher
from deid_spark.detect.ner import NerModel
from deid_spark.detect.patterns import Engine, PatternDetector
from deid_spark.detect.propagate import propagate
from deid_spark.detect.scene import Scene, survey
from deid_spark.detect.titles import detect_titled
from deid_spark.detect.tokens import Document
from deid_spark.detect.words import Vocabulary
from deid_spark.errors import DeidError, NoteRejected
from deid_spark.identities import Mention, PatientIdentities, find_again, link
from deid_spark.keys import Key, RandomKey, load_key
from deid_spark.labels import PROTECTED
from deid_spark.merge import merge
from deid_spark.policy import Policy, load_policy
from deid_spark.replace.apply import release_note
from deid_spark.spans import Note, ReleasedNote, Span

DETECTOR_VERSION = "1"
# A pattern this sure needs no second opinion; below it the context model decides.
SURE_PATTERN = 0.9


class Detector:
    """Finds identifiers in one note: built once per process, then called for every note.

    ner: `off`, `fast`, `accurate`, or the path of a model's folder. gate: whether the neural model reads only sentences
    in which something is left unexplained. Raises ConfigError for a model that cannot be read.
    """

    def __init__(
        self,
        engine: Engine = "auto",
        ner: str = "off",
        gate: bool = True,
        context_model: ContextModel | None = None,
    ):
        self.lexicon = Lexicon.load()
        self.vocabulary = Vocabulary.load()
        self.patterns = PatternDetector(engine=engine)
        self.context = context_model or ContextModel()
        self.ensemble = None if ner == "off" else Ensemble(self.context, NerModel.load(ner), gate)

    @property
    def model_hash(self) -> str | None:
        """SHA-256 of the neural model's file; None when there is none."""
        return self.ensemble.ner.model_hash if self.ensemble else None

    @property
    def fingerprint(self) -> str:
        """16 hex digits over everything that decides what is found."""
        parts = [DETECTOR_VERSION, self.lexicon.fingerprint, self.patterns.fingerprint, self.context.fingerprint]
        if self.ensemble is not None:
            parts.append(self.ensemble.fingerprint)
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]

    def detect(self, note: Note, known: KnownValueMatcher | None = None) -> list[Span]:
        """Sorted, disjoint spans of `note`, with scores; spans in doubt (below 0.5) are in it too."""
        text = note.text
        by_pattern = self.patterns.detect(text)
        doc = Document(text, self.vocabulary)
        scene = survey(doc, self.vocabulary, by_pattern)
        sure = detect_titled(scene)
        if known is not None:
            sure += known.detect(text)
        if self.ensemble is None:
            by_context, probability = self.context.detect(scene)
        else:
            by_context, probability = self.ensemble.detect(scene, by_pattern + sure)
        spans = [_reweighed(scene, span, probability) for span in by_pattern] + by_context + sure
        return propagate(scene, merge(text, spans), probability)


def _reweighed(scene: Scene, span: Span, probability: dict[int, float]) -> Span:
    """A pattern that is not sure by itself takes the context's probability as its score."""
    if span.score >= SURE_PATTERN or span.label == PROTECTED:
        return span
    chances = [probability[i] for i in scene.doc.inside(span.start, span.end) if i in probability]
    if not chances:
        return span
    return span._replace(score=round(min(CONTEXT_CAP - 0.01, sum(chances) / len(chances)), 3))


class Deidentifier:
    """The door for programs, notebooks and tests.

    policy: a Policy (default: `surrogate`). key: bytes, a Key, or None for environment or file. people: known values
    of the patients. ner, gate: see `Detector`. Raises ConfigError, KeyMissing.
    """

    def __init__(
        self,
        policy: Policy | None = None,
        key: bytes | Key | None = None,
        people: Iterable[KnownValue] = (),
        ner: str = "off",
        engine: Engine = "auto",
        run_date: date | None = None,
        gate: bool = True,
    ):
        self.policy = policy or load_policy("surrogate")
        self._given_key = Key(key) if isinstance(key, bytes) else key
        self.detector = Detector(engine=engine, ner=ner, gate=gate)
        self.run_date = run_date or date.today()
        self._known: dict[str, list[KnownValue]] = defaultdict(list)
        for value in people:
            self._known[value.patient_id].append(value)

    @property
    def detector_fingerprint(self) -> str:
        return self.detector.fingerprint

    @property
    def _key(self) -> Key:
        if self.policy.crosswalk.mode == "random":
            return RandomKey()
        if self._given_key is None:
            self._given_key = load_key()
        return self._given_key

    def detect(self, note: Note) -> list[Span]:
        """Spans of one note at or above the policy's threshold, sorted and disjoint."""
        return self._above_threshold(self._detect(note))

    def detect_all(self, notes: Iterable[Note]) -> dict[str, list[Span]]:
        """note_id -> spans, with what is sure in one note of a patient found again in the others."""
        found: dict[str, list[Span]] = {}
        for _, patient_notes in _by_patient(notes):
            # Surrogates are not wanted here, only the linking, so any key does.
            found.update(self._detect_patient(patient_notes, RandomKey())[0])
        return {note_id: self._above_threshold(spans) for note_id, spans in found.items()}

    def deidentify(self, notes: Iterable[Note]) -> list[ReleasedNote]:
        """The notes of one or many patients, released under the policy, in the order in which they came.

        Raises NoteRejected, which names the note, when a note cannot be processed: nothing is passed through.
        """
        notes = list(notes)
        key = self._key
        released: dict[str, ReleasedNote] = {}
        for _, patient_notes in _by_patient(notes):
            spans, identities = self._detect_patient(patient_notes, key)
            for note in patient_notes:
                released[note.note_id] = self._release(note, spans[note.note_id], identities, key)
        return [released[note.note_id] for note in notes]

    def _detect(self, note: Note) -> list[Span]:
        check_note(note)
        known = self._known.get(note.patient_id)
        matcher = KnownValueMatcher.cached(tuple(known), self.detector.lexicon) if known else None
        try:
            return self.detector.detect(note, matcher)
        except DeidError:
            raise
        except Exception:
            raise NoteRejected(note.note_id, "detect_failed") from None

    def _detect_patient(self, notes: Sequence[Note], key: Key) -> tuple[dict[str, list[Span]], PatientIdentities]:
        patient_id = notes[0].patient_id
        spans = {note.note_id: self._above_threshold(self._detect(note)) for note in notes}
        mentions = [m for note in notes for m in mentions_of(note, spans[note.note_id])]
        rows = link(
            patient_id, mentions, policy=self.policy, key=key, known=self._known.get(patient_id, ()), existing=()
        )
        identities = PatientIdentities(rows)
        for note in notes:
            again = find_again(note.text, spans[note.note_id], identities, self.detector.lexicon)
            if again:
                spans[note.note_id] = merge(note.text, [*spans[note.note_id], *again])
        return spans, identities

    def _release(self, note: Note, spans: list[Span], identities: PatientIdentities, key: Key) -> ReleasedNote:
        try:
            return release_note(note, spans, identities, policy=self.policy, key=key, run_date=self.run_date)
        except DeidError:
            raise
        except Exception:
            raise NoteRejected(note.note_id, "release_failed") from None

    def _above_threshold(self, spans: list[Span]) -> list[Span]:
        threshold = self.policy.detection.threshold
        return [span for span in spans if span.score >= threshold]


def mentions_of(note: Note, spans: Iterable[Span]) -> list[Mention]:
    """What identities are linked from: the label and surface text of each span."""
    return [Mention(span.label, note.text[span.start : span.end], note.note_id) for span in spans]


def check_note(note: Note, max_chars: int = 20_000_000) -> None:
    """Raise NoteRejected with a reason code when a note cannot be processed."""
    if not note.note_id:
        raise NoteRejected(None, "null_note_id")
    if not note.patient_id:
        raise NoteRejected(note.note_id, "null_patient_id")
    if note.text is None:
        raise NoteRejected(note.note_id, "null_text")
    if len(note.text) > max_chars:
        raise NoteRejected(note.note_id, "note_too_long")
    try:
        note.text.encode("utf-8")
    except UnicodeEncodeError:
        raise NoteRejected(note.note_id, "lone_surrogate") from None


def _by_patient(notes: Iterable[Note]) -> list[tuple[str, list[Note]]]:
    grouped: dict[str, list[Note]] = {}
    seen: set[str] = set()
    for note in notes:
        if note.note_id in seen:
            raise NoteRejected(note.note_id, "duplicate_note_id")
        seen.add(note.note_id)
        grouped.setdefault(note.patient_id, []).append(note)
    return sorted(grouped.items())
