"""Known people of a patient found in any written form: `Smith, John Q`, `J. Smith`, `Johnny`, `SMITH's`, `Simth`.

A name part that is an ordinary word or an eponym (`Will`, `Rose`, `Foley`) is evidence only: what stands around it
decides. Nothing here knows a name that the patient's own values do not hold.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from rapidfuzz.distance import OSA

from deid_spark.detect.cues import load_cues
from deid_spark.detect.known_context import NAME_ONLY, ORDINARY, Evidence, alone_score, is_clinical_term
from deid_spark.detect.known_people import FAMILY, GIVEN, INITIAL, MIDDLE, NICK, PARTICLE, Person, people_of
from deid_spark.detect.known_text import FoldedText
from deid_spark.detect.lexicon_flags import SAFE
from deid_spark.people import KnownValue, load_kinds
from deid_spark.spans import Span

_SAFE = int(SAFE)
_GAP = re.compile(r"[ \t]*[,.\-‐‑–'’\"“”()]{0,2}[ \t\r]*\n?[ \t]*[(\"“]?")
_POSSESSIVE = re.compile(r"['’]s?$")
_CREDENTIAL_GAP = re.compile(r"[ ,.]{1,3}$")
_SIGNATURE_LEFT = re.compile(r"(?:^|\n|--|[—–/(]|signed:?|by:?)\s*$", re.I)
_SIGNATURE_RIGHT = re.compile(r"\s*(?:$|\n|[/)])")


class NameIndex:
    """Finds one patient's people. Built per patient; `find` is called at the tokens of `anchors`."""

    def __init__(self, values: list[KnownValue], evidence: Evidence, nicknames: Mapping[str, tuple[str, ...]]):
        self._evidence = evidence
        self._people = people_of(values, nicknames)
        self._by_token: dict[str, list[Person]] = defaultdict(list)
        self._by_signature: dict[str, list[Person]] = defaultdict(list)
        for person in self._people:
            for token, role in person.roles.items():
                if role not in (PARTICLE, INITIAL):
                    self._by_token[token].append(person)
            for initials in person.signature:
                self._by_signature[initials].append(person)
        # Typos are looked for in parts that no dictionary knows as a word; the first letter is usually right.
        self._typo_parts: dict[str, list[str]] = defaultdict(list)
        for token in self._by_token:
            if len(token) >= 5 and self._evidence.strength(token) == NAME_ONLY:
                self._typo_parts[token[0]].append(token)

    def anchors(self) -> set[str]:
        """Tokens at which a name or signature may stand."""
        return set(self._by_token) | set(self._by_signature)

    def typos(self, words: list[str]) -> dict[str, str]:
        """Unknown words of the note that are one slip away from a part of a name -> that part."""
        if not self._typo_parts:
            return {}
        found: dict[str, str] = {}
        by_first, bits, parts = self._typo_parts, self._evidence.bits, self._by_token
        for word in {w for w in words if w[0] in by_first and len(w) >= 4}:
            if bits.get(word, 0) & _SAFE or word in parts:
                continue
            for part in by_first[word[0]]:
                if OSA.distance(word, part, score_cutoff=1) <= 1:
                    found[word] = part
                    break
        return found

    def find(self, doc: FoldedText, i: int, typos: Mapping[str, str], floor: int = 0) -> tuple[Span, int] | None:
        """The best span around token i, from token `floor` on, and the token after it; None: i is no name here."""
        best: tuple[Span, int] | None = None
        token = typos.get(doc.words[i], doc.words[i])
        for person in self._by_token.get(token, ()):
            first, last, roles = _extend(doc, i, person, typos, floor)
            score = self._score(doc, first, last, roles, typos)
            if score is None:
                continue
            span = _with_edges(doc, first, last, person, score)
            if best is None or _preference(doc, span, first, last) > _preference(doc, best[0], first, last):
                best = (span, last + 1)
        return best or self._signature(doc, i)

    def _score(
        self, doc: FoldedText, first: int, last: int, roles: dict[int, str], typos: Mapping[str, str]
    ) -> float | None:
        parts = [k for k, role in roles.items() if role in (GIVEN, MIDDLE, FAMILY, NICK)]
        strengths = {k: self._evidence.strength(doc.words[k]) for k in parts}
        typed_wrong = any(doc.words[k] in typos for k in parts)
        if len(parts) > 1 and self._evidence.is_eponym_pair(doc, first, last):
            return None
        if len(parts) == 1 and len(roles) == 1:
            score = alone_score(self._evidence, doc, parts[0])
            return min(score, 0.8) if score is not None and typed_wrong else score
        is_lower = all(doc.surface(k)[0].islower() for k in parts)
        if len(parts) == 1:
            word = doc.words[parts[0]]
            if self._evidence.is_eponym(word) and is_clinical_term(doc, last, self._evidence.eponyms.get(word)):
                return None
            is_signed = "credential" in load_cues().get(doc.word(last + 1), ())
            is_junior = doc.words[last] in load_kinds().words["name_suffixes"]
            sure = strengths[parts[0]] < ORDINARY or not is_lower or is_signed or is_junior
            score = 0.95 if sure else 0.4
        elif is_lower and min(strengths.values()) == ORDINARY:
            is_subject = "said" in load_cues().get(doc.word(last + 1), ())
            in_doubt = doc.words[first] in load_kinds().words["verb_like"] and not is_subject  # `it will brown`
            score = 0.45 if in_doubt else 0.75
        else:
            score = 0.98
        return min(score, 0.85) if typed_wrong else score

    def _signature(self, doc: FoldedText, i: int) -> tuple[Span, int] | None:
        """Initials in capitals where a signature stands: `--JS`, `JS, RN`, `JS/lw` at the end of a line."""
        surface = doc.surface(i)
        for person in self._by_signature.get(doc.words[i], ()):
            if not surface.isupper():
                continue
            start, end = doc.start(i), doc.end(i)
            follower = "credential" in load_cues().get(doc.word(i + 1), ()) and _CREDENTIAL_GAP.fullmatch(
                doc.gap(i + 1)
            )
            left = _SIGNATURE_LEFT.search(doc.text, max(0, start - 8), start)
            right = _SIGNATURE_RIGHT.match(doc.text, end)
            if follower or (left and right):
                return Span(start, end, person.label, 0.75, (f"known:{person.kind}",)), i + 1
        return None


def _extend(
    doc: FoldedText, i: int, person: Person, typos: Mapping[str, str], floor: int
) -> tuple[int, int, dict[int, str]]:
    """The longest run of this person's parts, particles and initials around token i: first, last, token -> role."""
    roles = {i: person.roles[typos.get(doc.words[i], doc.words[i])]}
    first = last = i
    said = {doc.words[i]}  # a part said again begins another mention
    while first > floor and (role := _joins(doc, first - 1, first, person, typos)) and doc.words[first - 1] not in said:
        first -= 1
        roles[first] = role
        said.add(doc.words[first])
    while (role := _joins(doc, last + 1, last + 1, person, typos)) and doc.words[last + 1] not in said:
        last += 1
        roles[last] = role
        said.add(doc.words[last])
    while roles[last] == PARTICLE and doc.words[last] not in load_kinds().words["name_suffixes"]:
        del roles[last]
        last -= 1
    return first, last, roles


def _joins(doc: FoldedText, k: int, gap_at: int, person: Person, typos: Mapping[str, str]) -> str | None:
    """The role of token k if it belongs to the same mention, given the gap before token `gap_at`."""
    if not 0 <= k < len(doc.words):
        return None
    gap = doc.gap(gap_at)
    if len(gap) > 8 or not _GAP.fullmatch(gap) or (_POSSESSIVE.search(gap) and doc.words[k] == "s"):
        return None
    token = typos.get(doc.words[k], doc.words[k])
    role = person.roles.get(token)
    if "." in gap and len(doc.words[gap_at - 1]) > 2:
        return None  # a sentence ends there
    if role and role not in (PARTICLE, INITIAL):
        return role
    if len(token) == 1 and token in person.initials and _is_initial(doc, k):
        return INITIAL
    if role == PARTICLE:
        return PARTICLE
    if token in load_kinds().words["name_suffixes"] and k == gap_at:
        is_roman = token not in ("jr", "sr")  # `An IV` is a line, `Long III` a name
        return PARTICLE if not is_roman or person.roles.get(doc.words[k - 1]) == FAMILY else None
    return None


def _is_initial(doc: FoldedText, k: int) -> bool:
    following = doc.text[doc.end(k) : doc.end(k) + 1]
    if following == "." or (following == "," and doc.surface(k).isupper()):
        return True
    return doc.surface(k).isupper() and following not in ("/", "-", "&", "+")


def _with_edges(doc: FoldedText, first: int, last: int, person: Person, score: float) -> Span:
    start, end = doc.start(first), doc.end(last)
    abbreviated = len(doc.words[last]) == 1 or doc.words[last] in ("jr", "sr")
    if abbreviated and doc.text[end : end + 1] == ".":
        end += 1
    return Span(start, end, person.label, score, (f"known:{person.kind}",))


def _preference(doc: FoldedText, span: Span, first: int, last: int) -> tuple:
    """Among people who share a name: the longest run, then the label that the title or credential speaks for."""
    cues = load_cues()
    titled = "clinician_title" in cues.get(doc.word(first - 1), ())
    clinician = titled or "credential" in cues.get(doc.word(last + 1), ())
    return (span.end - span.start, (span.label == "DOCTOR") == clinician, span.score)
