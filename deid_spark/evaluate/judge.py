"""One note judged: every word, gold span and prediction counted by group, and every error with its context."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from deid_spark.detect.lexicon_flags import Known
from deid_spark.evaluate.cover import TOKEN, Cover, in_hipaa_scope
from deid_spark.evaluate.readers import GoldNote
from deid_spark.spans import Span

SAFE_CLINICAL = int(Known.CLINICAL | Known.DRUG | Known.ABBREVIATION | Known.EPONYM)
BEFORE, AFTER = 40, 40  # characters of context around an error
NO_TYPE = "(no type)"

# Counters are keyed by (group, what): group is ("scope", "all"), ("label", "DATE") or ("type", "Discharge Summary").
Group = tuple[str, str]


class Finding(NamedTuple):
    """One miss, one partly hidden identifier, one false alarm or one clinical term eaten. Holds note text."""

    kind: str  # missed | partial | false_alarm | over_redacted
    note_id: str
    note_type: str
    start: int
    end: int
    label: str  # gold label of a miss, predicted label of the others
    in_hipaa_scope: bool
    sources: tuple[str, ...]
    before: str
    text: str
    after: str


class JudgedNote:
    """One note with its gold and predicted spans, and the covers that every count asks."""

    def __init__(self, note: GoldNote, predicted: list[Span]):
        self.note, self.predicted = note, predicted
        self.type = note.note_type or NO_TYPE
        self.hipaa = [s for s in note.spans if in_hipaa_scope(s.label, note.text[s.start : s.end])]
        self.in_hipaa = set(self.hipaa)
        self.gold_cover, self.hipaa_cover = _cover(note.spans), _cover(self.hipaa)
        self.predicted_cover = _cover(predicted)
        self.gold_by_label, self.predicted_by_label = _by_label(note.spans), _by_label(predicted)

    def count(self) -> dict[Group, Counter[str]]:
        """Counters of this note by group: both scopes, its note type, and every label it has on either side."""
        counts: defaultdict[Group, Counter[str]] = defaultdict(Counter)
        counts["scope", "all"], counts["scope", "hipaa"], counts["type", self.type] = Counter(), Counter(), Counter()
        self._count_tokens(counts)
        self._count_gold(counts)
        self._count_predicted(counts)
        return counts

    def _count_tokens(self, counts: defaultdict[Group, Counter[str]]) -> None:
        for match in TOKEN.finditer(self.note.text):
            start, end = match.span()
            predicted, gold = self.predicted_cover.touches(start, end), self.gold_cover.touches(start, end)
            if not predicted and not gold:
                continue
            hipaa = self.hipaa_cover.touches(start, end)
            groups: list[tuple[Group, bool]] = [(("scope", "all"), gold), (("type", self.type), gold)]
            if hipaa or not gold:
                groups.append((("scope", "hipaa"), hipaa))
            for group, phi in groups:
                _add_token(counts[group], gold=phi, predicted=predicted, found=phi and predicted)
            for label, cover in self.gold_by_label.items():
                if cover.touches(start, end):
                    counts["label", label].update(token_gold=1, token_found=int(predicted))
            for label, cover in self.predicted_by_label.items():
                if cover.touches(start, end):
                    counts["label", label].update(token_predicted=1, token_right=int(gold))

    def _count_gold(self, counts: defaultdict[Group, Counter[str]]) -> None:
        exact = {(s.start, s.end, s.label) for s in self.predicted}
        for span in self.note.spans:
            same_label = self.predicted_by_label.get(span.label)
            judged = {
                "gold": 1,
                "full": int(self.predicted_cover.covers(self.note.text, span.start, span.end)),
                "touched": int(self.predicted_cover.touches(span.start, span.end)),
                "typed_found": int(same_label is not None and same_label.touches(span.start, span.end)),
                "exact": int((span.start, span.end, span.label) in exact),
            }
            for group in self._groups(span.label, hipaa=span in self.in_hipaa):
                counts[group].update(judged)

    def _count_predicted(self, counts: defaultdict[Group, Counter[str]]) -> None:
        for span in self.predicted:
            right = self.gold_cover.touches(span.start, span.end)
            same_label = self.gold_by_label.get(span.label)
            typed = same_label is not None and same_label.touches(span.start, span.end)
            hipaa = self.hipaa_cover.touches(span.start, span.end)
            for group in self._groups(span.label, hipaa=hipaa or not right):
                counts[group].update(predicted=1, right=int(right), typed_right=int(typed))

    def _groups(self, label: str, *, hipaa: bool) -> list[Group]:
        groups: list[Group] = [("scope", "all"), ("type", self.type), ("label", label)]
        return [*groups, ("scope", "hipaa")] if hipaa else groups

    def count_hipaa_by_label(self, totals: defaultdict[str, Counter[str]]) -> None:
        for span in self.hipaa:
            full = self.predicted_cover.covers(self.note.text, span.start, span.end)
            totals[span.label].update(gold=1, full=int(full))

    def count_confusions(self, totals: Counter[tuple[str, str]]) -> None:
        """(gold label, predicted label) of gold spans that are touched only under other labels."""
        for span in self.note.spans:
            touching = [s.label for s in self.predicted if s.start < span.end and span.start < s.end]
            if touching and span.label not in touching:
                totals[span.label, touching[0]] += 1

    def misses(self) -> list[Finding]:
        found = []
        for span in self.note.spans:
            if not self.predicted_cover.covers(self.note.text, span.start, span.end):
                kind = "partial" if self.predicted_cover.touches(span.start, span.end) else "missed"
                found.append(self._finding(kind, span, span in self.in_hipaa))
        return found

    def false_alarms(self) -> list[Finding]:
        return [
            self._finding("false_alarm", span, True)
            for span in self.predicted
            if not self.gold_cover.touches(span.start, span.end)
        ]

    def safe_words(self, lexicon_words: Mapping[str, int], totals: Counter[str]) -> list[Finding]:
        """Clinical words that are not gold, counted; those under a predicted span are returned."""
        found = []
        for match in TOKEN.finditer(self.note.text):
            start, end = match.span()
            if not lexicon_words.get(match.group().casefold(), 0) & SAFE_CLINICAL or self.gold_cover.touches(
                start, end
            ):
                continue
            totals["words"] += 1
            eater = next((s for s in self.predicted if s.start < end and start < s.end), None)
            if eater is not None:
                totals["eaten"] += 1
                found.append(self._finding("over_redacted", eater._replace(start=start, end=end), True))
        return found

    def _finding(self, kind: str, span: Span, hipaa: bool) -> Finding:
        text, start, end = self.note.text, span.start, span.end
        return Finding(
            kind, self.note.note_id, self.type, start, end, span.label, hipaa, span.sources,
            text[max(0, start - BEFORE) : start], text[start:end], text[end : end + AFTER],
        )  # fmt: skip


def _cover(spans: Iterable[Span]) -> Cover:
    return Cover((span.start, span.end) for span in spans)


def _by_label(spans: Iterable[Span]) -> dict[str, Cover]:
    found: defaultdict[str, list[Span]] = defaultdict(list)
    for span in spans:
        found[span.label].append(span)
    return {label: _cover(same) for label, same in found.items()}


def _add_token(counter: Counter[str], *, gold: bool, predicted: bool, found: bool) -> None:
    counter.update(token_gold=int(gold), token_found=int(found), token_predicted=int(predicted), token_right=int(found))
