"""What is sure of a patient, found again in the patient's notes: DESIGN section 2.

Parts of names count when they are no ordinary or clinical words; a part that is (`Will`, `Rose`, `Foley`) only next
to another part of the same name or after a title. Numbers count in any punctuation.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import ahocorasick_rs

from deid_spark.detect.lexicon_flags import Known
from deid_spark.labels import NAME_LABELS, NUMBER_LABELS
from deid_spark.replace.names import TITLES
from deid_spark.replace.pools import fold
from deid_spark.spans import Span

if TYPE_CHECKING:
    from deid_spark.detect.dictionaries import Lexicon
    from deid_spark.identities.rows import PatientIdentities

SCORE = 0.9
MIN_PART = 3
MIN_PLACE = 4
_NEVER_ALONE = (
    Known.COMMON | Known.CLINICAL | Known.DRUG | Known.EPONYM | Known.ABBREVIATION | Known.CALENDAR | Known.DEMONYM
    | Known.COUNTRY | Known.STATE | Known.STATE_CODE
)  # fmt: skip
_TEXT_LABELS = ("HOSPITAL", "ORGANIZATION", "STREET", "CITY", "EMAIL", "URL", "USERNAME")
_CODE = re.compile(r"[^\W_](?:[^\W_]|[-./ ()](?=[-./() ]?[^\W_]))*")
_RUN = re.compile(r"[^\W_]+")
_GAP = re.compile(r"\s+|,\s*|-|\s+[a-z]\.?\s+|,\s*[a-z]\.?\s+")
_TITLE_BEFORE = re.compile(rf"\b(?:{'|'.join(sorted(TITLES))})\.?\s+$")
_INITIAL_BEFORE = re.compile(r"(?<![a-z0-9'])(?<![0-9] )([a-z])(?:\. ?| )$")  # not the unit of `2 L. Rose`
_NO_SEPARATORS = str.maketrans("", "", "-./ ()")  # those of _CODE
_SPACES = str.maketrans("\n\t\r\xa0", "    ")


def find_again(text: str, spans: Sequence[Span], identities: PatientIdentities, lexicon: Lexicon) -> list[Span]:
    """Spans of the patient's identities in `text` that touch none of `spans`, sorted; source `propagated:<label>`."""
    return Finder.of(identities, lexicon).find(text, spans)


class Finder:
    """The patterns of one patient: one Aho-Corasick automaton over names and places, a set of numbers."""

    @classmethod
    def of(cls, identities: PatientIdentities, lexicon: Lexicon) -> Finder:
        """The finder of these identities, built once."""
        found = identities._finders.get(id(lexicon))
        if found is None:
            found = identities._finders[id(lexicon)] = cls(identities, lexicon)
        return found

    def __init__(self, identities: PatientIdentities, lexicon: Lexicon):
        self._label: dict[str, str] = {}
        self._alone: dict[str, bool] = {}
        self._codes: dict[str, str] = {}
        self._names_with: dict[str, set[str]] = defaultdict(set)  # part -> parts of the full names that it is in
        # DOCTOR first, so that a part of both is the patient's.
        for kind, canonical in sorted((row.kind, row.canonical) for row in identities.rows):
            label, _, sub = kind.removeprefix("tag:").partition(".")
            if label in NAME_LABELS:
                self._add_name(label, sub, canonical, lexicon)
            elif label in _TEXT_LABELS and not sub:
                self._add_text(label, canonical, lexicon)
            elif label in NUMBER_LABELS and not sub:
                self._add_code(label, canonical)
        self._patterns = sorted(self._label)
        self._automaton = ahocorasick_rs.AhoCorasick(self._patterns) if self._patterns else None

    def _add_name(self, label: str, sub: str, canonical: str, lexicon: Lexicon) -> None:
        if sub == "person" or (not sub and " " in canonical):
            members = {p for p in re.split(r"[| ]", canonical) if len(p) > 1}
            for part in members:
                self._names_with[part] |= members - {part}
            parts = members
        else:
            parts = {canonical} if sub in ("", "part") else set()
        for part in parts:
            if len(part) >= 2 and part.isalpha():
                self._label[part] = label
                self._alone[part] = len(part) >= MIN_PART and not lexicon.words.get(part, 0) & (
                    _NEVER_ALONE | Known.WORD
                )

    def _add_text(self, label: str, form: str, lexicon: Lexicon) -> None:
        wordish = " " not in form and lexicon.words.get(form, 0) & (_NEVER_ALONE | Known.WORD | Known.GIVEN_COMMON)
        all_words = all(lexicon.words.get(w, 0) & Known.COMMON for w in _RUN.findall(form))
        digit_street = label == "STREET" and " " not in form
        if len(form) >= MIN_PLACE and not wordish and not all_words and not digit_street and form not in self._label:
            self._label[form] = label
            self._alone[form] = True

    def _add_code(self, label: str, canonical: str) -> None:
        code = "".join(c for c in fold(canonical) if c.isalnum())
        digits = sum(c.isdigit() for c in code)
        if digits >= 4 and len(code) >= (7 if label == "PHONE" else 6 if code.isdigit() else 5):
            self._codes.setdefault(code, label)

    def find(self, text: str, spans: Sequence[Span]) -> list[Span]:
        folded = fold(text).translate(_SPACES)
        taken = sorted((s.start, s.end) for s in spans)
        hits = self._text_hits(text, folded, taken) + self._code_hits(folded, taken)
        hits = [hit for hit in hits if not _touches(taken, hit[0], hit[1])]
        chosen: list[tuple[int, int, str]] = []
        for start, end, label in sorted(set(hits), key=lambda h: (h[0] - h[1], h)):  # longest first
            if not _touches(taken, start, end):
                insort(taken, (start, end))
                chosen.append((start, end, label))
        return [Span(s, e, label, SCORE, (f"propagated:{label}",)) for s, e, label in sorted(chosen)]

    def _text_hits(self, text: str, folded: str, taken: list[tuple[int, int]]) -> list[tuple[int, int, str]]:
        if self._automaton is None:
            return []
        raw = [
            (start, end, self._patterns[i])
            for i, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True)
            if _bounded(folded, start, end)
        ]
        names = [hit for hit in raw if self._label[hit[2]] in NAME_LABELS]
        found = [
            (s, e, self._label[p])
            for s, e, p in raw
            if self._label[p] not in NAME_LABELS and _cased(text[s:e], self._label[p])
        ]
        return found + self._name_hits(text, folded, names, taken)

    def _name_hits(
        self, text: str, folded: str, hits: list[tuple[int, int, str]], taken: list[tuple[int, int]]
    ) -> list[tuple[int, int, str]]:
        """Runs of neighbouring parts of one name; a single part only when it is sure alone or titled.

        Parts that have a span already (`taken`) tell what their neighbours are, and are left out.
        """
        found = []
        for run in self._runs(folded, hits):
            start = run[0][0]
            sure = any(self._alone[part] for _, _, part in run)
            whole = len(run) > 1 and all(text[s].isupper() for s, _, _ in run)
            titled = text[start].isupper() and bool(_TITLE_BEFORE.search(folded[max(0, start - 12) : start]))
            tied = folded[run[-1][1] : run[-1][1] + 1] == "-"  # `Rose-colored`
            initial = 0 if tied else self._initial_before(folded, start, run[0][2])
            if not (sure or whole or titled or initial):
                continue
            capital = any(text[s].isupper() for s, _, _ in run)
            run = [hit for hit in run if self._alone[hit[2]] or text[hit[0]].isupper() == capital]
            for free, pieces in groupby(run, key=lambda hit: not _touches(taken, hit[0], hit[1])):
                if free:
                    group = list(pieces)
                    first = start - initial if group[0][0] == start else group[0][0]
                    found.append((first, group[-1][1], self._label[group[0][2]]))
        return found

    def _initial_before(self, folded: str, start: int, part: str) -> int:
        """Characters of an initial right before a name part, when it is one of that name's (`g. parkinson`); else 0."""
        match = _INITIAL_BEFORE.search(folded[max(0, start - 6) : start])
        if match is None or not any(other.startswith(match.group(1)) for other in self._names_with[part]):
            return 0
        return len(match.group())

    def _runs(self, folded: str, hits: list[tuple[int, int, str]]) -> list[list[tuple[int, int, str]]]:
        runs: list[list[tuple[int, int, str]]] = []
        for hit in sorted(hits):
            last = runs[-1][-1] if runs else None
            together = last is not None and last[1] <= hit[0] and hit[2] in self._names_with[last[2]]
            if last is not None and together and _GAP.fullmatch(folded[last[1] : hit[0]]):
                runs[-1].append(hit)
            else:
                runs.append([hit])
        return runs

    def _code_hits(self, folded: str, taken: list[tuple[int, int]]) -> list[tuple[int, int, str]]:
        """Runs of letters and digits whose characters, without separators, are a number of the patient."""
        if not self._codes:
            return []
        flat = folded.translate(_NO_SEPARATORS)
        here = {code: label for code, label in self._codes.items() if code in flat}
        if here:  # most are there because they have been found: count those that have not
            covered = [folded[start:end].translate(_NO_SEPARATORS) for start, end in taken]
            here = {c: label for c, label in here.items() if flat.count(c) > sum(piece.count(c) for piece in covered)}
        if not here:  # most notes: nothing but a search for plain strings
            return []
        found = []
        first, longest = {code[0] for code in here}, max(map(len, here))
        for chunk in _CODE.finditer(folded):
            flat = chunk.group().translate(_NO_SEPARATORS)
            if not any(code in flat for code in here):
                continue
            words = [(m.start() + chunk.start(), m.end() + chunk.start()) for m in _RUN.finditer(chunk.group())]
            for i, (start, _) in enumerate(words):
                if folded[start] not in first:
                    continue
                code = ""
                for word_start, end in words[i : i + 8]:
                    code += folded[word_start:end]
                    if code in here:
                        found.append((start, end, here[code]))
                    if len(code) > longest:
                        break
        return found


def _bounded(text: str, start: int, end: int) -> bool:
    return not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum())


def _cased(written: str, label: str) -> bool:
    """A town or facility is written with a capital; an address of the net in any case."""
    return label in ("EMAIL", "URL", "USERNAME") or any(c.isupper() for c in written) or (label == "STREET")


def _touches(taken: list[tuple[int, int]], start: int, end: int) -> bool:
    """Whether [start, end) overlaps one of the sorted, disjoint intervals."""
    i = bisect_right(taken, (start, end))
    if i and taken[i - 1][1] > start:
        return True
    j = bisect_left(taken, (start, 0))
    return j < len(taken) and taken[j][0] < end
