"""What stands around a known name part that is alone: is it the name here, or a word, a month, a disease, a device?

Scores were set by hand: 0.9 and more where the context leaves no doubt, 0.6 to 0.88 where a name is likelier than a
word, under 0.5 (not replaced on this evidence alone) where the word is likelier.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from deid_spark.detect.cues import load_cues
from deid_spark.detect.known_text import FoldedText
from deid_spark.detect.lexicon_flags import SAFE, Known
from deid_spark.people import load_kinds

if TYPE_CHECKING:
    from deid_spark.detect.dictionaries import Eponym

_SAFE = int(SAFE)
_ORDINARY = int(Known.COMMON | Known.CLINICAL | Known.DRUG | Known.ABBREVIATION | Known.EPONYM | Known.CALENDAR)
_PLACE_CUES = frozenset(("facility", "organization", "street_type", "landmark"))

# How much a token says by itself.
NAME_ONLY, RARE_WORD, ORDINARY = 0, 1, 2


class Evidence(NamedTuple):
    """What the index needs to know of words in general."""

    bits: Mapping[str, int]
    eponyms: Mapping[str, Eponym] = MappingProxyType({})

    def strength(self, token: str) -> int:
        known = self.bits.get(token, 0)
        if len(token) <= 2 or known & _ORDINARY:
            return ORDINARY
        return RARE_WORD if known & _SAFE else NAME_ONLY

    def is_eponym(self, token: str) -> bool:
        return token in self.eponyms or bool(self.bits.get(token, 0) & Known.EPONYM)

    def is_eponym_pair(self, doc: FoldedText, first: int, last: int) -> bool:
        """True for `Jackson-Pratt`, where a provider is called Jackson Pratt."""
        eponym = self.eponyms.get(doc.words[first])
        return eponym is not None and doc.words[last] in eponym.heads and doc.gap(last) == "-"


def alone_score(evidence: Evidence, doc: FoldedText, i: int) -> float | None:
    """How sure it is that token i, a name part without its neighbours, is the name here; None: it is not."""
    score = _alone(evidence, doc, i)
    if score is not None and _names_a_place(doc, i):
        return min(score, 0.6)  # the place is another detector's to find, and to win
    return score


def _alone(evidence: Evidence, doc: FoldedText, i: int) -> float | None:
    strength = evidence.strength(doc.words[i])
    if evidence.is_eponym(doc.words[i]) and is_clinical_term(doc, i, evidence.eponyms.get(doc.words[i])):
        return None
    cues = load_cues()
    before = cues.get(doc.word(i - 1), ()) if i and len(doc.gap(i).strip(" .,(\n")) == 0 else ()
    is_lower = doc.surface(i)[0].islower()
    verb_like = doc.words[i] in load_kinds().words["verb_like"]
    if "title" in before:
        # `PA case`, `nurse may`: after a role's name a small letter is a word; after `mrs` it is the name.
        sure = doc.word(i - 1) in load_kinds().words["honorifics"] and not verb_like
        return 0.96 if sure or not (is_lower and strength == ORDINARY) else 0.45
    if is_lower and verb_like:
        return 0.4 if strength < ORDINARY else _ordinary_word(evidence, doc, i, is_lower, verb_like)
    if _is_hyphenated(doc, i):
        return 0.6 if strength < ORDINARY and not is_lower else None
    if strength == NAME_ONLY:
        return 0.93
    if strength == RARE_WORD and not is_lower:
        return 0.93
    if "relation" in before:
        return 0.7 if is_lower else 0.95
    if strength == RARE_WORD:
        return 0.6
    return _ordinary_word(evidence, doc, i, is_lower, verb_like)


def _ordinary_word(evidence: Evidence, doc: FoldedText, i: int, is_lower: bool, verb_like: bool) -> float | None:
    cues = load_cues()
    following = doc.word(i + 1)
    is_said = "said" in cues.get(following, ()) and doc.gap(i + 1) == " "
    if is_lower:
        if is_said and not verb_like:
            return 0.6
        return 0.35 if doc.is_caseless and not verb_like else None
    if doc.surface(i).isupper() and len(doc.words[i]) > 1:
        return 0.35 if _has_capital_neighbour(doc, i) else 0.8
    if _reads_as_month(doc, i):
        return 0.3
    if _follows_given_name(evidence, doc, i):
        return 0.9
    if evidence.is_eponym(doc.words[i]) and not verb_like:
        return _eponym(evidence, doc, i, is_said)
    if doc.word(i + 1) == "s" and doc.gap(i + 1) in ("'", "’"):
        return 0.9
    if not _begins_sentence(doc, i):
        is_verb = verb_like and doc.gap(i + 1) == " " and following[:1].isalpha() and doc.surface(i + 1)[0].islower()
        is_subject = is_said or following in load_kinds().words["auxiliaries"]
        return 0.45 if is_verb and not is_subject else 0.88
    if verb_like:
        return 0.3
    if doc.gap(i + 1)[:1] == ":":
        return 0.8  # who speaks in a transcript
    return 0.6 if is_said or following in load_kinds().words["auxiliaries"] else 0.4


def _eponym(evidence: Evidence, doc: FoldedText, i: int, is_said: bool) -> float | None:
    """`Foley` and `Parkinson` are written with a capital as terms too, so the capital says nothing."""
    cues = load_cues()
    if doc.word(i - 1) in load_kinds().words["determiners"]:
        return None
    owned = doc.word(i + 1) == "s" and doc.gap(i + 1) in ("'", "’")
    owner = "relation" in cues.get(doc.word(i + 2), ()) or doc.word(i + 2) in load_kinds().words["owned_by_people"]
    person_follows = owner if owned else is_said
    is_signed = "credential" in cues.get(doc.word(i + 1), ()) and "," in doc.gap(i + 1)
    if person_follows or is_signed:
        return 0.9
    is_subject = doc.word(i + 1) in load_kinds().words["auxiliaries"]
    in_doubt = _begins_sentence(doc, i) and not is_subject  # `White noise is fine`
    return 0.45 if in_doubt or doc.words[i] in load_kinds().words["stands_alone"] else 0.75


def is_clinical_term(doc: FoldedText, i: int, eponym: Eponym | None) -> bool:
    """`Foley catheter`, `Parkinson's disease`, `Jackson-Pratt`: a clinical word after it, or its own head."""
    k = i + 1
    if doc.word(k) == "s" and doc.gap(k) in ("'", "’"):
        k += 1
        if doc.word(k) in load_kinds().words["owned_by_people"]:
            return False
    after = doc.word(k) if doc.gap(k) in (" ", "-", "\n", "' ", "’ ", "") else ""
    if after in load_kinds().words["clinical_heads"]:
        return True
    before = doc.word(i - 1) if doc.gap(i) in (" ", "-") else ""
    return eponym is not None and (after in eponym.heads or before in eponym.heads)


def _follows_given_name(evidence: Evidence, doc: FoldedText, i: int) -> bool:
    """`Will Parkinson`, where only the surname is known: the patient's relatives have it too."""
    if not i or doc.gap(i) != " " or not doc.surface(i - 1).istitle():
        return False
    return bool(evidence.bits.get(doc.words[i - 1], 0) & Known.GIVEN_COMMON) and not _begins_sentence(doc, i - 1)


def _names_a_place(doc: FoldedText, i: int) -> bool:
    """`Stillwater Clinic`, `Parkinson Road`: a capitalised word of a place or organisation right after."""
    if i + 1 >= len(doc.words) or doc.gap(i + 1) != " " or not doc.surface(i + 1)[0].isupper():
        return False
    return not _PLACE_CUES.isdisjoint(load_cues().get(doc.words[i + 1], ()))


def _is_hyphenated(doc: FoldedText, i: int) -> bool:
    """True when the word is tied to another one that is not part of the name: `Charcot-Marie-Tooth`, `Bi-polar`."""
    return doc.gap(i)[-1:] == "-" == doc.gap(i).strip(" ") or (doc.gap(i + 1) == "-" and i + 1 < len(doc.words))


def _begins_sentence(doc: FoldedText, i: int) -> bool:
    before = doc.text[max(0, doc.start(i) - 12) : doc.start(i)].rstrip(" \t\"“'(")
    return not before or before[-1] in ".!?\n•-*)"


def _has_capital_neighbour(doc: FoldedText, i: int) -> bool:
    near = [doc.surface(k) for k in (i - 2, i - 1, i + 1, i + 2) if 0 <= k < len(doc.words)]
    return any(word.isupper() and len(word) > 3 for word in near)


def _reads_as_month(doc: FoldedText, i: int) -> bool:
    """`in May`, `May 4`, `last Summer`."""
    words = load_kinds().words
    if doc.words[i] not in words["time_words"]:
        return False
    before, after = doc.word(i - 1), doc.word(i + 1)
    digit_before = before.isdigit() and doc.gap(i) == " "
    return (
        (after.isdigit() and len(after) != 3 and len(doc.gap(i + 1)) <= 2)
        or before in words["before_time"]
        or digit_before
    )
