"""Counts and scores of predicted spans against gold spans, by scope, label and note type.

Two scopes: `all` takes every gold span; `hipaa` takes those that Safe Harbor asks to remove. In the hipaa scope, words
and predictions that touch only the spans left out are neither right nor wrong: they are not counted.
Finding is judged apart from labelling: a word hidden under another label is still hidden. `typed` figures ask for the
label as well.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from deid_spark.errors import InputError
from deid_spark.evaluate.intervals import Interval, Pair, Proportion, bootstrap_f1
from deid_spark.evaluate.judge import Finding, Group, JudgedNote
from deid_spark.evaluate.readers import GoldNote
from deid_spark.spans import Span

SCOPES = ("all", "hipaa")


@dataclass
class Scores:
    """Counts of one group. Token pair, strict and partial instance pairs, and exact boundaries with exact label."""

    counts: Counter[str]
    token_f1: Interval | None = None
    strict_f1: Interval | None = None

    @property
    def tokens(self) -> Pair:
        c = self.counts
        return Pair(c["token_found"], c["token_gold"], c["token_right"], c["token_predicted"])

    @property
    def strict(self) -> Pair:
        """Found when every letter and digit is covered; a prediction is right when it touches gold."""
        c = self.counts
        return Pair(c["full"], c["gold"], c["right"], c["predicted"])

    @property
    def partial(self) -> Pair:
        """Found when any character is covered."""
        c = self.counts
        return Pair(c["touched"], c["gold"], c["right"], c["predicted"])

    @property
    def typed(self) -> Pair:
        """Found and right only when a span of the same label touches."""
        c = self.counts
        return Pair(c["typed_found"], c["gold"], c["typed_right"], c["predicted"])

    @property
    def exact(self) -> Pair:
        """Same start, same end, same label: the strict entity score of the i2b2 2014 task."""
        c = self.counts
        return Pair(c["exact"], c["gold"], c["exact"], c["predicted"])


@dataclass
class Evaluation:
    notes: int
    words: int
    unpredicted_notes: int
    scopes: dict[str, Scores]
    labels: dict[str, Scores]
    note_types: dict[str, Scores]
    label_hipaa: dict[str, Proportion]
    confusions: Counter[tuple[str, str]]
    safe_words: Proportion | None  # clinical words eaten, of clinical words that are not gold; None without a lexicon
    findings: list[Finding] = field(repr=False, default_factory=list)

    @property
    def over_redaction_per_1000(self) -> float | None:
        """Safe clinical words under a predicted span, per 1,000 words of text."""
        return 1000 * self.safe_words.hits / self.words if self.safe_words and self.words else None

    @property
    def false_alarms_per_1000(self) -> float | None:
        """Predicted spans that touch no gold span, per 1,000 words of text."""
        strict = self.scopes["all"].strict
        return 1000 * (strict.predicted - strict.right) / self.words if self.words else None


def evaluate(
    gold: Sequence[GoldNote],
    predicted: Mapping[str, Sequence[Span]],
    *,
    lexicon_words: Mapping[str, int] | None = None,
    seed: int = 0,
) -> Evaluation:
    """Score predictions by note id. A gold note without a prediction counts as nothing found.

    `lexicon_words` maps a casefolded word to its `Known` bits; without it over-redaction is not measured.
    Raises InputError for predictions of unknown notes and for spans outside their note.
    """
    check_predictions(gold, predicted)
    totals: defaultdict[Group, Counter[str]] = defaultdict(Counter)
    rows: defaultdict[tuple[Group, str], list[tuple[int, int, int, int]]] = defaultdict(list)
    label_hipaa: defaultdict[str, Counter[str]] = defaultdict(Counter)
    confusions: Counter[tuple[str, str]] = Counter()
    safe: Counter[str] = Counter()
    findings: list[Finding] = []
    for note in gold:
        judged = JudgedNote(note, [span for span in predicted.get(note.note_id, ()) if span.end > span.start])
        counts = judged.count()
        for group, counter in counts.items():
            totals[group].update(counter)
            scores = Scores(counter)
            rows[group, "token"].append(scores.tokens)
            rows[group, "strict"].append(scores.strict)
        judged.count_hipaa_by_label(label_hipaa)
        judged.count_confusions(confusions)
        findings += judged.misses() + judged.false_alarms()
        if lexicon_words is not None:
            findings += judged.safe_words(lexicon_words, safe)
    made = {
        group: Scores(c, bootstrap_f1(rows[group, "token"], seed), bootstrap_f1(rows[group, "strict"], seed))
        for group, c in totals.items()
    }
    return Evaluation(
        notes=len(gold),
        words=sum(len(note.text.split()) for note in gold),
        unpredicted_notes=sum(note.note_id not in predicted for note in gold),
        scopes={scope: made.get(("scope", scope), Scores(Counter())) for scope in SCOPES},
        labels=_by_size({name: s for (kind, name), s in made.items() if kind == "label"}),
        note_types=_by_size({name: s for (kind, name), s in made.items() if kind == "type"}),
        label_hipaa={label: Proportion(c["full"], c["gold"]) for label, c in label_hipaa.items()},
        confusions=confusions,
        safe_words=Proportion(safe["eaten"], safe["words"]) if lexicon_words is not None else None,
        findings=findings,
    )


def check_predictions(gold: Sequence[GoldNote], predicted: Mapping[str, Sequence[Span]]) -> None:
    """Raise InputError for the first prediction that has no gold note or does not fit its text."""
    lengths = {note.note_id: len(note.text) for note in gold}
    unknown = [note_id for note_id in predicted if note_id not in lengths]
    if unknown:
        raise InputError(f"predictions for {len(unknown)} notes that the gold file lacks, the first is {unknown[0]!r}")
    for note_id, spans in predicted.items():
        for span in spans:
            if not 0 <= span.start <= span.end <= lengths[note_id]:
                raise InputError(
                    f"note {note_id}: predicted {span.label} span [{span.start}, {span.end}) "
                    f"does not fit a text of {lengths[note_id]}"
                )


def _by_size(scores: dict[str, Scores]) -> dict[str, Scores]:
    return dict(sorted(scores.items(), key=lambda item: (-item[1].counts["gold"], item[0])))
