"""What a word form looks like to the context model: all that its features may use, and nothing that tells a name.

Forms that are only names, or unknown, share a look with every other of their shape, length and dictionary entries: the
model learns contexts, dictionary evidence and shapes, not people; and what it works out for a look serves them all.
"""

from __future__ import annotations

from deid_spark.detect.cues import load_cues
from deid_spark.detect.lexicon_flags import NAME, SAFE, Known

_SAFE = int(SAFE)
_NAME = int(NAME)
_NOT_ONLY_NAME = int(Known.COMMON | Known.CLINICAL | Known.ABBREVIATION | Known.DEMONYM)
_BIT_NAMES = [(int(flag), flag.name or "") for flag in Known]


class Look:
    """One object for all forms that look the same: compared and hashed by identity.

    `near`, `own`: features of such a word beside the token in question, and as that token, without their offset;
    `shape`: letter case and length class; `summary`: the dictionaries' view in a few letters; `kind`: both, shortened;
    `side`: kind and cue classes in one string; `cues`: cue classes.
    """

    __slots__ = ("cues", "kind", "near", "own", "shape", "side", "summary")

    def __init__(self, word: str, lower: str, bits: int):
        self.shape = shape_of(word)
        self.summary = summary_of(bits)
        self.kind = self.summary + self.shape[:2]
        self.cues = load_cues().get(lower, ())
        self.side = "|".join((self.kind, *self.cues))
        self.near = ["F=" + self.kind]
        if bits & _SAFE and not (bits & _NAME and not bits & _NOT_ONLY_NAME):
            self.near.append("w=" + lower)
        self.own = ["f=" + name for flag, name in _BIT_NAMES if bits & flag]
        self.own.append("len=" + str(min(len(word), 8)))
        if word.isdecimal():
            self.own.append("number=" + _number_class(int(word[:6])))
        if not bits:
            self.own += ["unknown", "end=" + lower[-3:]]
        if word[-2:-1] in ("'", "’"):
            self.own.append("possessive")

    @property
    def key(self) -> tuple:
        """Equal for forms that look the same."""
        return (self.shape, self.side, *self.near, *self.own)


def summary_of(bits: int) -> str:
    """The dictionaries' view of a token in a few letters: G/g given, S/s surname, P/p place, W/w word, m medical."""
    if not bits:
        return "?"
    return "".join(letter for mask, letter in _SUMMARY if bits & mask) or "-"


_SUMMARY = (
    (int(Known.GIVEN_COMMON), "G"),
    (int(Known.GIVEN | Known.NICKNAME), "g"),
    (int(Known.SURNAME_COMMON), "S"),
    (int(Known.SURNAME), "s"),
    (int(Known.CITY_LARGE | Known.STATE | Known.COUNTRY), "P"),
    (int(Known.CITY | Known.COUNTY), "p"),
    (int(Known.EPONYM), "e"),
    (int(Known.COMMON), "W"),
    (int(Known.WORD), "w"),
    (int(Known.CLINICAL | Known.DRUG | Known.ABBREVIATION), "m"),
)


def _number_class(value: int) -> str:
    """Which of the things that are counted a number may be: a day, an adult's age, an age over 89, a year."""
    for limit, name in ((1, "0"), (12, "month"), (31, "day"), (89, "age"), (110, "old"), (1899, "big"), (2039, "year")):
        if value <= limit:
            return name
    return "long"


def shape_of(word: str) -> str:
    """`d` and how many digits, or the letter case: X1 x1 XX xx Xx Mx."""
    if word[0].isdigit():
        return "d" + str(min(len(word), 6))
    if len(word) == 1:
        return "X1" if word.isupper() else "x1"
    if word.isupper():
        return "XX" + ("2" if len(word) == 2 else "3" if len(word) == 3 else "")
    if word.islower():
        return "xx"
    if word[0].isupper() and word[1:].islower():
        return "Xx"
    return "Mx"
