"""Finds what is known of a patient (names, relatives, address, phones, ids, birth date) in that patient's notes.

Every token of the note is looked up once in one table of anchors; only at a hit is anything else done. So the cost
grows with the note and the hits, not with the number of values.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from deid_spark.detect.known_context import Evidence
from deid_spark.detect.known_names import NameIndex
from deid_spark.detect.known_numbers import BirthDateIndex, EmailIndex, NumberIndex
from deid_spark.detect.known_people import NAME_KINDS
from deid_spark.detect.known_places import PhraseIndex, StreetIndex
from deid_spark.detect.known_text import FoldedText
from deid_spark.people import KnownValue, read_people
from deid_spark.spans import Span

if TYPE_CHECKING:
    from deid_spark.detect.dictionaries import Lexicon

__all__ = ["KnownValue", "KnownValueMatcher", "read_people"]

CACHE_SIZE = 1024
_inverted: list[tuple[Mapping, dict[str, tuple[str, ...]]]] = []
_cache: OrderedDict[tuple[int, tuple[KnownValue, ...]], KnownValueMatcher] = OrderedDict()


class KnownValueMatcher:
    """The known values of one patient, ready to be searched for. Without a lexicon the shipped one is loaded."""

    def __init__(self, values: Iterable[KnownValue], lexicon: Lexicon | None = None):
        if lexicon is None:
            from deid_spark.detect.dictionaries import Lexicon

            lexicon = Lexicon.load()
        self.lexicon = lexicon
        values = list(values)
        evidence = Evidence(lexicon.words, lexicon.eponyms)
        self._names = NameIndex([v for v in values if v.kind in NAME_KINDS], evidence, _other_given_names(lexicon))
        self._emails = EmailIndex(values)
        self._others = [
            index
            for index in (
                NumberIndex(values), BirthDateIndex(values), StreetIndex(values), PhraseIndex(values, evidence),
            )
            if index.anchors()
        ]  # fmt: skip
        self._name_anchors = self._names.anchors()
        self._anchors = self._name_anchors.union(*(index.anchors() for index in self._others))

    @classmethod
    def cached(cls, values: tuple[KnownValue, ...], lexicon: Lexicon) -> KnownValueMatcher:
        """The matcher of these values; the last CACHE_SIZE patients are kept, so memory stays bounded."""
        key = (id(lexicon), values)
        found = _cache.get(key)
        if found is None:
            found = _cache[key] = cls(values, lexicon)
            while len(_cache) > CACHE_SIZE:
                _cache.popitem(last=False)
        else:
            _cache.move_to_end(key)
        return found

    def detect(self, text: str) -> list[Span]:
        """Spans of known values in `text`, sorted; spans of different kinds may overlap.

        A score below 0.5 marks a word that is one of the patient's names but stands where a common word stands.
        """
        doc = FoldedText(text)
        typos = self._names.typos(doc.words)
        anchors = self._anchors | typos.keys() if typos else self._anchors
        spans = list(self._emails.find_all(text))
        name_done = 0
        for i in [i for i, word in enumerate(doc.words) if word in anchors or word[0] == "0"]:
            for index in self._others:
                spans += index.find(doc, i)
            if i >= name_done and (doc.words[i] in self._name_anchors or doc.words[i] in typos):
                found = self._names.find(doc, i, typos, name_done)
                if found is not None:
                    spans.append(found[0])
                    name_done = found[1]
        return _without_covered(spans)


def _other_given_names(lexicon: Lexicon) -> Mapping[str, tuple[str, ...]]:
    """Given name -> its nicknames, and nickname -> its likeliest full name; made once for a lexicon."""
    if _inverted and _inverted[0][0] is lexicon.nicknames:
        return _inverted[0][1]
    others: dict[str, tuple[str, ...]] = {}
    for nickname, full_names in lexicon.nicknames.items():
        others[nickname] = (*others.get(nickname, ()), *full_names[:1])
        for full_name in full_names:
            others[full_name] = (*others.get(full_name, ()), nickname)
    _inverted[:] = [(lexicon.nicknames, others)]
    return others


def _without_covered(spans: list[Span]) -> list[Span]:
    """Sorted spans, without those that lie inside a span of their own label that is at least as sure."""
    kept: list[Span] = []
    for span in sorted(set(spans), key=lambda s: (s.start, -s.end, -s.score, s.label, s.sources)):
        covered = any(k.label == span.label and span.end <= k.end and span.score <= k.score for k in kept[-4:])
        if not covered:
            kept.append(span)
    return kept
