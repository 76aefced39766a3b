"""Digits and letters of an identifier as they stand in text: digits, digit words, OCR look-alikes."""

from __future__ import annotations

import hashlib
import re
import unicodedata

DIGIT_WORDS = {
    "zero": "0",
    "oh": "0",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
}
_WORD_OF = {digit: word for word, digit in DIGIT_WORDS.items() if word != "oh"}
_KEYPAD = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999", strict=True))
_OCR = {"O": "0", "o": "0", "Q": "0", "l": "1", "I": "1", "|": "1"}
_DIGIT_UNIT = re.compile(rf"\d|(?<![^\W\d_])(?:{'|'.join(DIGIT_WORDS)})(?![^\W\d_])|[OoQlI|]|[A-Z]", re.IGNORECASE)

VOWELS, CONSONANTS = "aeiou", "bdfgklmnprstv"


class Draw:
    """An endless, deterministic run of choices from (digest, label, attempt)."""

    def __init__(self, digest: bytes, label: str, attempt: int):
        self._seed = digest + f"|{label}|{attempt}|".encode()
        self._counter = 0
        self._bytes = b""

    def below(self, limit: int) -> int:
        """A number from 0 to limit - 1."""
        if len(self._bytes) < 4:
            self._bytes = hashlib.sha256(self._seed + self._counter.to_bytes(4, "big")).digest()
            self._counter += 1
        value, self._bytes = int.from_bytes(self._bytes[:4], "big"), self._bytes[4:]
        return value % limit

    def one_of(self, choices: str) -> str:
        return choices[self.below(len(choices))]

    def digits(self, count: int) -> str:
        return "".join(self.one_of("0123456789") for _ in range(count))


def digit_units(text: str, vanity: bool = False) -> list[tuple[int, int, str]]:
    """(start, end, digit) of everything in `text` that is read as one digit.

    OCR letters count when they stand in a run that holds a digit; with `vanity`, letters are keypad digits.
    """
    units = []
    for match in _DIGIT_UNIT.finditer(text):
        written = match[0]
        if written.isdigit():
            units.append((match.start(), match.end(), str(unicodedata.digit(written, 0))))
        elif len(written) > 1:
            units.append((match.start(), match.end(), DIGIT_WORDS[written.casefold()]))
        elif written in _OCR and _beside_digit(text, match.start()):
            units.append((match.start(), match.end(), _OCR[written]))
        elif vanity and written.isalpha():
            units.append((match.start(), match.end(), _KEYPAD[written.upper()]))
    return units


def _beside_digit(text: str, at: int) -> bool:
    """Whether the run of digits and look-alikes around `at` holds a digit and no other letter."""
    start, end = at, at + 1
    while start and (text[start - 1].isdigit() or text[start - 1] in _OCR):
        start -= 1
    while end < len(text) and (text[end].isdigit() or text[end] in _OCR):
        end += 1
    inside = any(c.isdigit() for c in text[start:end])
    return inside and not text[start - 1 : start].isalpha() and not text[end : end + 1].isalpha()


def write_digit(written: str, digit: str) -> str:
    """A digit, or its word in the case of the word that stood there."""
    if len(written) < 2:
        return digit
    word = _WORD_OF[digit]
    return word.upper() if written.isupper() else word.capitalize() if written[0].isupper() else word


def code_of(text: str) -> str:
    """Upper-case letters and digits of a code; OCR look-alikes between digits are digits: `77l-0O482` -> `7710482`."""
    code = "".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum())
    code = re.sub(r"(?<=\d)[Oo]+(?=\d)", lambda m: "0" * len(m[0]), code)
    return re.sub(r"(?<=\d)l+(?=\d|$)", lambda m: "1" * len(m[0]), code).upper()


def like_shape(shape: str, draw: Draw) -> str:
    """Digits to digits, letters to letters; what is neither stays."""
    out = []
    for character in shape:
        if character.isdigit():
            out.append(draw.one_of("0123456789"))
        elif character.isalpha():
            out.append(draw.one_of("ABCDEFGHJKLMNPRSTUVWXYZ"))
        else:
            out.append(character)
    return "".join(out)


def like_word(shape: str, draw: Draw) -> str:
    """As `like_shape`, in lower case, and runs of letters can be spoken: `rgomes` -> `tavelu`."""
    out: list[str] = []
    vowel = bool(draw.below(2))
    for character in shape:
        if character.isalpha():
            out.append(draw.one_of(VOWELS if vowel else CONSONANTS))
            vowel = not vowel
        elif character.isdigit():
            out.append(draw.one_of("0123456789"))
        else:
            out.append(character)
    return "".join(out)


def write_code(text: str, surrogate: str) -> str:
    """`surrogate` put into the letters and digits of `text`, from the right; separators and case of `text` stay.

    Zeros that `text` has in front of what the surrogate covers stay zeros.
    """
    out = list(text)
    rest = list(surrogate)
    for at in range(len(text) - 1, -1, -1):
        written = text[at]
        if written.isalnum():
            new = rest.pop() if rest else "0"
            out[at] = new.lower() if written.islower() else new
    return "".join(out)


def zip_right(units: list[tuple[int, int, str]], digits: str) -> list[tuple[int, int, str]]:
    """The last units with the last digits; units without a digit get 0, so that no original digit stays."""
    padded = digits.rjust(len(units), "0")[max(0, len(digits) - len(units)) :]
    return [(start, end, digit) for (start, end, _), digit in zip(units, padded, strict=True)]


def fill(text: str, units: list[tuple[int, int, str]]) -> str:
    pieces: list[str] = []
    position = 0
    for start, end, digit in units:
        pieces += (text[position:start], write_digit(text[start:end], digit))
        position = end
    return "".join((*pieces, text[position:]))
