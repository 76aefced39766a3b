"""Ages over the policy's top fold into one class: 45 CFR 164.514(b)(2)(i)(C), `90+`. Ages below stay byte for byte."""

from __future__ import annotations

import re
from functools import lru_cache

from deid_spark.replace.date_words import CARDINALS, ORDINALS, roman_value

WITHHELD = "[AGE]"
_DECADES = {"twenties": 20, "thirties": 30, "forties": 40, "fifties": 50, "sixties": 60, "seventies": 70}
_DECADES |= {"eighties": 80, "nineties": 90, "hundreds": 100}
_OLD_AGE = {"sexagenarian": 60, "septuagenarian": 70, "octogenarian": 80, "nonagenarian": 90, "centenarian": 100}
_YOUNG = frozenset(
    {"newborn", "neonate", "infant", "toddler", "child", "teen", "teens", "teenage", "teenager", "adult"}
)
_FACTORS = {"hundred": (100, 99), "score": (20, 19)}  # and how much may be added to it
_TOKEN = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+")
_OCR = re.compile(r"(?<=\d)[OoIl|]+|[OIl|]+(?=\d)")
_OCR_DIGIT = str.maketrans("OoIl|", "00111")
_UNIT = re.compile(r"^\W*(?:(?:month|week|day|hour|minute|wk|hr|min)s?|mos?|[mwd]/o)(?![^\W\d_])", re.IGNORECASE)
_RANGE = re.compile(
    r"^(?P<low>.+?)(?P<joint>(?<=[\ds])[-–—/](?=\d)|\s+[-–—]\s+|[–—]|\s+(?:to|or|and)\s+)(?P<high>.+)$", re.DOTALL
)


def fold_age(text: str, top: int, following: str = "") -> str:
    """`text`, or with what is over `top` written as `90+` (top + 1); `[AGE]` where no age can be read.

    following: the note's text after the span; where it says months, weeks, days or hours nothing is folded.
    """
    if _UNIT.match(following) or _UNIT.match(re.split(r"\d", text)[-1]):
        return text
    return _fold(text, top)


@lru_cache(maxsize=4096)
def _fold(text: str, top: int) -> str:
    numbers = _numbers(text)
    if not numbers:
        return text if _is_young(text) else WITHHELD
    if max(numbers) <= top:
        return text
    if len(numbers) == 1 and numbers[0] >= 1000:
        return WITHHELD  # a year that was taken for an age
    parts = _RANGE.match(text)
    if parts and len(numbers) == 2 and len(low := _numbers(parts["low"])) == 1 and low[0] <= top:
        return f"{parts['low']}{parts['joint']}{top + 1}+"
    return f"{top + 1}+"


def _is_young(text: str) -> bool:
    words = [word.casefold() for word in _TOKEN.findall(text)]
    return bool(words) and all(word in _YOUNG for word in words)


def _numbers(text: str) -> list[float]:
    """Every age that `text` says, in digits, words (`ninety-four`, `a hundred and two`) or roman numerals."""
    if len(text) > 1 and (roman := roman_value(text)):
        return [roman]
    clean = _OCR.sub(lambda match: match[0].translate(_OCR_DIGIT), text)
    numbers: list[float] = []
    room = 0  # the last number may still grow by a word of at most this: 9 after `ninety`, 99 after `hundred`
    for token in _TOKEN.findall(clean):
        word = token.casefold()
        if word[0].isdigit():
            numbers.append(float(word.replace(",", ".")))
            room = 0
        elif word in _FACTORS:
            factor, room = _FACTORS[word]
            numbers[-1:] = [numbers[-1] * factor] if numbers and numbers[-1] < 20 else [*numbers[-1:], factor]
        elif (value := _word_value(word)) is not None:
            if 0 < value <= room:
                numbers[-1] += value
            else:
                numbers.append(value)
            room = 9 if value % 10 == 0 and value >= 20 else 0
        elif word != "and":
            room = 0
    return numbers


def _word_value(word: str) -> float | None:
    if word in CARDINALS:
        return CARDINALS[word]
    if word in _DECADES:
        return _DECADES[word]
    stem = word.removesuffix("s").removesuffix("ish")
    if stem in CARDINALS:
        return CARDINALS[stem]
    if word in ORDINALS:
        return ORDINALS.index(word) + 1
    return _OLD_AGE.get(stem)
