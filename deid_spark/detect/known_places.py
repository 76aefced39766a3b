"""Known streets, cities, states, employers and facilities of a patient found in their written forms."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterator
from typing import NamedTuple

from deid_spark.detect.known_context import NAME_ONLY, Evidence
from deid_spark.detect.known_text import FoldedText, folded_tokens
from deid_spark.people import KnownValue, load_kinds
from deid_spark.spans import Span

PHRASE_KINDS = frozenset(("city", "county", "state", "country", "employer", "hospital"))
_GAP = re.compile(r"[\s.,\-–'’&/]{0,3}")
_STREET_GAP = re.compile(r"[\s.,\-–'’]{0,3}")
_ORDINAL_ENDS = ("st", "nd", "rd", "th")
_UNIT_GAP = re.compile(r"[\s,.\-]{0,3}#?\s?")


class _Street(NamedTuple):
    number: str
    name: tuple[str, ...]  # canonical tokens without number, street type and unit


class StreetIndex:
    """`27 Lakeway Ct Apt 4B` also as `27 LAKEWAY COURT, #4-B` and `Lakeway Ct`."""

    def __init__(self, values: list[KnownValue]):
        self._by_first: dict[str, list[_Street]] = defaultdict(list)
        self._boxes: set[str] = set()
        for value in values:
            if value.kind == "street":
                self._add(value.value)

    def _add(self, value: str) -> None:
        tokens = folded_tokens(value)
        if "box" in tokens[:-1]:
            self._boxes.add(tokens[tokens.index("box") + 1])
            return
        number, rest = (tokens[0], tokens[1:]) if tokens and tokens[0].isdigit() else ("", tokens)
        rest = _before_unit([_canonical(t) for t in rest])
        types = set(load_kinds().street_forms.values())
        while len(rest) > 1 and rest[-1] in types | set(load_kinds().directions.values()):
            rest = rest[:-1]
        name = tuple(t for t in rest if t not in load_kinds().directions.values()) or tuple(rest)
        if name:
            self._by_first[number or name[0]].append(_Street(number, name))
            if number:
                self._by_first[name[0]].append(_Street("", name))

    def anchors(self) -> set[str]:
        """House numbers, first words of street names, and `box` numbers."""
        return set(self._by_first) | self._boxes

    def find(self, doc: FoldedText, i: int) -> Iterator[Span]:
        """Streets that begin at token i, and P.O. boxes whose number is token i."""
        word = doc.words[i]
        for street in self._by_first.get(word, ()):
            if (street.number or street.name[0]) == word:
                yield from self._match(doc, i, street)
        if word in self._boxes and doc.word(i - 1) == "box":
            first = i - 1
            while doc.word(first - 1) in ("p", "o", "po", "post", "office"):
                first -= 1
            yield Span(doc.start(first), doc.end(i), "LOCATION_OTHER", 0.97, ("known:street",))

    def _match(self, doc: FoldedText, i: int, street: _Street) -> Iterator[Span]:
        last = _match_name(doc, i + 1 if street.number else i, street.name, loose_start=bool(street.number))
        if last is None:
            return
        with_type = _skip(doc, last, load_kinds().street_forms)
        if not street.number and with_type == last:
            return  # a street's name without number and type is a word
        last = with_type
        for forms in (load_kinds().street_forms, load_kinds().directions):  # `41st Street South`
            last = _skip(doc, last, forms)
        while (further := _unit(doc, last)) != last:  # `Building B, Suite 140`
            last = further
        if street.number or doc.surface(i)[0].isupper() or doc.is_caseless:
            yield Span(doc.start(i), doc.end(last), "STREET", 0.995 if street.number else 0.8, ("known:street",))


class PhraseIndex:
    """Known values that are names of places and organisations, matched as whole phrases."""

    def __init__(self, values: list[KnownValue], evidence: Evidence):
        self._evidence = evidence
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        self._state_codes: set[str] = set()
        for value in values:
            if value.kind in PHRASE_KINDS:
                for tokens in self._forms(value):
                    self._by_first[tokens[0]].append((tokens, value.kind))

    def _forms(self, value: KnownValue) -> set[tuple[str, ...]]:
        kinds = load_kinds()
        text = value.value
        if value.kind == "state":
            codes = {name: code for code, name in kinds.states.items()}
            self._state_codes.add(codes.get(text.lower(), text.upper()).lower())
            text = kinds.states.get(text.upper(), text)
        tokens = tuple(folded_tokens(text))
        if value.kind == "county" and tokens[-1:] == ("county",):
            tokens = tokens[:-1]
        while len(tokens) > 1 and tokens[-1] in kinds.words["company_tails"]:
            tokens = tokens[:-1]
        if len(tokens) > 2 and tokens[0] == "the":
            tokens = tokens[1:]
        return {tokens} if tokens and len("".join(tokens)) > 2 else set()

    def anchors(self) -> set[str]:
        """First words of phrases, and state codes."""
        return set(self._by_first) | self._state_codes

    def find(self, doc: FoldedText, i: int) -> Iterator[Span]:
        """Phrases that begin at token i."""
        for tokens, kind in self._by_first.get(doc.words[i], ()):
            last = _match_name(doc, i, tokens, gap=_GAP)
            if last is not None and (score := self._score(doc, i, tokens)):
                last = (
                    _skip(doc, last, load_kinds().words["company_tails"]) if kind in ("employer", "hospital") else last
                )
                yield Span(doc.start(i), doc.end(last), load_kinds().labels[kind], score, (f"known:{kind}",))
        if doc.words[i] in self._state_codes and doc.surface(i).isupper() and i and "," in doc.gap(i):
            yield Span(doc.start(i), doc.end(i), "STATE", 0.85, ("known:state",))

    def _score(self, doc: FoldedText, i: int, tokens: tuple[str, ...]) -> float | None:
        is_lower = doc.surface(i)[0].islower()
        strength = min(self._evidence.strength(t) for t in tokens)
        if strength == NAME_ONLY or (len(tokens) > 1 and not is_lower):
            return 0.6 if _inside_longer_name(doc, i, i + len(tokens)) else 0.95
        if _inside_longer_name(doc, i, i + len(tokens)):
            return 0.5
        if len(tokens) > 1:
            return 0.6
        if is_lower:
            return 0.35 if doc.is_caseless else None
        follows_place_word = doc.word(i - 1) in ("in", "at", "from", "to", "of", "near", "for")
        followed_by_region = doc.gap(i + 1).startswith(", ")
        return 0.85 if follows_place_word or followed_by_region else 0.4


def _inside_longer_name(doc: FoldedText, first: int, after: int) -> bool:
    """`Toledo Hand and Bone`, `University of Toledo`: the longer name is another detector's to find, and to win."""
    if doc.word(first - 1) == "of" and doc.gap(first) == " ":
        return True
    follower = doc.surface(after) if after < len(doc.words) and doc.gap(after) == " " else ""
    is_state = follower.upper() in load_kinds().states or follower.lower() in load_kinds().states.values()
    return follower[:1].isupper() and not follower.isupper() and not is_state


def _canonical(token: str) -> str:
    kinds = load_kinds()
    return kinds.street_forms.get(token) or kinds.directions.get(token) or token


def _before_unit(tokens: list[str]) -> list[str]:
    units = load_kinds().words["unit_words"]
    cut = next((k for k, token in enumerate(tokens) if k and token in units), len(tokens))
    # `2814 E Sprague Ave #6` holds a unit without its word.
    while cut > 1 and tokens[cut - 1].isdigit():
        cut -= 1
    return tokens[:cut]


def _match_name(
    doc: FoldedText, i: int, name: tuple[str, ...], *, loose_start: bool = False, gap: re.Pattern[str] = _STREET_GAP
) -> int | None:
    """The last token of `name` written from token i on; None when it is not there."""
    if loose_start and doc.word(i) in load_kinds().directions and _canonical(doc.word(i)) != name[0]:
        i += 1
    for k, token in enumerate(name):
        at = i + k
        if doc.word(at) != token and (not doc.word(at) or _canonical(doc.word(at)) != _canonical(token)):
            return None
        if (k or loose_start) and not gap.fullmatch(doc.gap(at)):
            return None
    return i + len(name) - 1


def _skip(doc: FoldedText, last: int, forms: Container[str]) -> int:
    """One token further when the next is in `forms` and near."""
    return last + 1 if doc.word(last + 1) in forms and _STREET_GAP.fullmatch(doc.gap(last + 1)) else last


def _unit(doc: FoldedText, last: int) -> int:
    """The last token of the apartment that follows token `last`, or `last`."""
    at = last + 1
    if not _UNIT_GAP.fullmatch(doc.gap(at)):
        return last
    if doc.word(at).isdigit() and doc.word(at + 1) in _ORDINAL_ENDS and doc.word(at + 2) in ("fl", "floor"):
        return at + 2  # `2nd fl`
    if doc.word(at) in load_kinds().words["unit_words"]:
        at += 1
    elif "#" not in doc.gap(at):
        return last
    if (
        not doc.word(at)
        or not _UNIT_GAP.fullmatch(doc.gap(at))
        or not (doc.word(at).isdigit() or len(doc.word(at)) < 3)
    ):
        return last
    while doc.word(at + 1) and doc.gap(at + 1) in ("", "-") and len(doc.word(at + 1)) <= 3:
        at += 1
    return at
