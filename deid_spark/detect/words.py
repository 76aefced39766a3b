"""What is known of a word form by itself, worked out once per form: most words of a corpus recur.

The roles tell the later steps which tokens to look at, so that prose passes with one look-up a word.
"""

from __future__ import annotations

from functools import cache

from deid_spark.detect.cues import load_cues, wide_cues, words_of
from deid_spark.detect.dictionaries import Lexicon, Phrase
from deid_spark.detect.lexicon_flags import NAME, PLACE, SAFE, Known
from deid_spark.detect.looks import Look
from deid_spark.detect.tokens import Word

# Roles of a word form.
ALWAYS = 1 << 0  # worth scoring wherever it stands
LOOK = 1 << 1  # worth a look in place
PHRASE = 1 << 2  # a listed phrase of one word
PHRASE_START = 1 << 3  # first word of longer listed phrases
PROFESSION_END = 1 << 4  # last word of an occupation
TITLE = 1 << 5
EPONYM = 1 << 6
WIDE = 1 << 7  # a cue that speaks at a distance
SURE_TITLE = 1 << 8  # what follows it is a name
SHORT_NUMBER = 1 << 9  # two to four digits
PHRASE_SECOND = 1 << 10  # second word of listed phrases

NAME_OR_PLACE = int(NAME | PLACE | Known.EPONYM | Known.COUNTRY)
STRONG_NAME = int(Known.GIVEN | Known.SURNAME_COMMON | Known.NICKNAME | Known.CITY_LARGE | Known.STATE | Known.COUNTRY)
CLINICAL = int(Known.CLINICAL | Known.ABBREVIATION | Known.DRUG)
_SAFE = int(SAFE)
_NAME = int(NAME)
_MAX_FORMS = 200_000
_AGENT_ENDINGS = ("er", "or", "ist", "ian", "man", "men", "woman", "eur", "smith", "wright", "hand", "aide", "clerk")


class Vocabulary(dict[str, Word]):
    """word form -> Word, filled as words are met; bounded, because unknown words never end."""

    def __init__(self, lexicon: Lexicon):
        super().__init__()
        self.lexicon = lexicon
        self.one_word: dict[str, str] = {}
        self.by_pair: dict[tuple[str, str], list[Phrase]] = {}
        for first, phrases in lexicon.phrases.items():
            for tokens, kind in phrases:
                if len(tokens) == 1:
                    self.one_word.setdefault(first, kind)
                else:
                    self.by_pair.setdefault((first, tokens[1]), []).append((tokens, kind))
        self._looks: dict[tuple, Look] = {}
        self._starts = {first for first, _ in self.by_pair}
        self._seconds = {second for _, second in self.by_pair}
        self._profession_ends = _profession_ends(lexicon.professions)

    @classmethod
    @cache
    def load(cls) -> Vocabulary:
        """The shipped lexicon's, one per process."""
        return cls(Lexicon.load())

    def __missing__(self, word: str) -> Word:
        if len(self) > _MAX_FORMS:
            self.clear()
            self._looks.clear()
        lower = word.lower()
        if len(word) > 2 and ("'" in word or "’" in word):
            lower = lower.replace("’", "'").removesuffix("'s")
        bits = int(self.lexicon.words.get(lower, 0))
        look = Look(word, lower, bits)
        look = self._looks.setdefault(look.key, look)
        self[word] = found = Word(lower, bits, self._roles(word, lower, bits), look)
        return found

    def _worth(self, word: str, lower: str, bits: int) -> int:
        eponym = self.lexicon.eponyms.get(lower)
        if eponym is not None and eponym.strength == "always":
            return LOOK  # `Metzenbaum`: a person only where a cue says so
        return _verdict(word, bits)

    def _roles(self, word: str, lower: str, bits: int) -> int:
        return (
            self._worth(word, lower, bits)
            | PHRASE * (lower in self.one_word)
            | PHRASE_START * (lower in self._starts)
            | PHRASE_SECOND * (lower in self._seconds)
            | PROFESSION_END * (lower in self._profession_ends)
            | TITLE * ("title" in load_cues().get(lower, ()))
            | EPONYM * (lower in self.lexicon.eponyms)
            | WIDE * (lower in wide_cues())
            | SURE_TITLE * (lower in words_of("sure_title"))
            | SHORT_NUMBER * (word[0].isdigit() and 1 < len(word) < 5)
        )


def _verdict(word: str, bits: int) -> int:
    """Whether a word form is worth scoring: ALWAYS, LOOK, or 0 for never by its form alone."""
    if word[0].isdigit() or word in words_of("number"):
        return LOOK
    if not bits:
        return ALWAYS if len(word) > 1 else LOOK
    if word[0].islower():
        if bits & NAME_OR_PLACE and not bits & _SAFE:
            return ALWAYS
        return LOOK if bits & _NAME and bits & STRONG_NAME else 0
    if len(word) == 1:
        return LOOK
    if bits & STRONG_NAME and not bits & CLINICAL:
        return ALWAYS
    if bits & NAME_OR_PLACE and not bits & _SAFE:
        return ALWAYS
    return LOOK


def _profession_ends(professions: frozenset[tuple[str, ...]]) -> frozenset[str]:
    """Last words of occupations: those that name one alone, and of longer ones those with an agent's ending."""
    alone = {tokens[0] for tokens in professions if len(tokens) == 1}
    ends = {tokens[-1] for tokens in professions if tokens[-1].endswith(_AGENT_ENDINGS)}
    return frozenset(alone | ends) - words_of("staff")
