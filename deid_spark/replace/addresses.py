"""Fictitious streets, rooms, departments and other places: numbers for numbers, names for names, kinds kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache, partial

from deid_spark.replace.facilities import _firsts, _pairs
from deid_spark.replace.pools import fold, pools
from deid_spark.replace.rowbook import RowBook, same_shape

PART = "STREET.part"
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+|½)*")
_DIRECTIONS = {
    "north": "south",
    "south": "north",
    "east": "west",
    "west": "east",
    "n": "s",
    "s": "n",
    "e": "w",
    "w": "e",
}


@cache
def _words(table: str, key: str) -> frozenset[str]:
    return frozenset(pools().word_list(table, key))


def street(book: RowBook, form: str) -> str:
    """`2207 e 10th st apt 14` -> `4815 E 16th St Apt 52`; parts shared by addresses stay shared."""
    keep = _words("streets", "types") | _words("streets", "keep")
    words = list(_WORD.finditer(form))
    roles = [_street_role(form, words, i, keep) for i in range(len(words))]
    if "name" not in roles and not re.search(
        r"\d(?:st|nd|rd|th)\b", form
    ):  # `114 North Court Square`: court is the name
        types = [
            i
            for i, w in enumerate(words)
            if w.group() in _words("streets", "types") and w.group() not in _words("streets", "routes")
        ]
        for i in types[:-1] or types[: "number" not in roles]:
            roles[i] = "name"
    return _rewritten(form, words, roles, partial(_street_word, book))


def _rewritten(
    form: str, words: Sequence[re.Match[str]], roles: Sequence[str], write: Callable[[str, str], str]
) -> str:
    """`form` with each word, or run of words that make one name, written anew by `write(surface, role)`."""
    pieces, position, i = [], 0, 0
    while i < len(words):
        start, end, role = words[i].start(), words[i].end(), roles[i]
        while role == "name" and i + 1 < len(words) and roles[i + 1] == "name":
            i += 1
            end = words[i].end()
        pieces += [form[position:start], write(form[start:end], role)]
        position, i = end, i + 1
    return "".join([*pieces, form[position:]])


def _street_role(form: str, words: list[re.Match[str]], i: int, keep: frozenset[str]) -> str:
    word = words[i].group()
    before = words[i - 1].group() if i else ""
    if any(map(str.isnumeric, word)):
        return "number"
    if len(word) == 1 and (
        before in _words("streets", "units")
        or before in _words("streets", "routes")
        or form[words[i].start() - 1 : words[i].start()] == "#"
    ):
        return "number"
    if (
        word == "st"
        and i + 1 < len(words)
        and words[i + 1].group() not in keep
        and (not i or before[:1].isdigit() or before in keep)
    ):
        return "name"  # `St. Claude Avenue`
    return "keep" if word in keep else "name"


def _street_word(book: RowBook, word: str, role: str) -> str:
    if role == "keep":
        return word.upper() if word in _words("streets", "upper") else word.capitalize()
    if role == "number":
        ordinal = re.fullmatch(r"(\d+)(st|nd|rd|th)", word)
        if ordinal:
            number, key = ordinal[1], f"{ordinal[1]}th"
            return _ordinal(int(book.coded(PART, key, lambda d: same_shape(number, d) + "th", "street-number")[:-2]))
        return book.coded(PART, word, lambda d: same_shape(word, d, "ABCDEFGH"), "street-number")
    return book.row(
        PART,
        word,
        lambda d: book.drawer.pick("street", d, [pools().word_list("streets", "names"), _pairs()], joiner=" "),
    )


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def room(book: RowBook, form: str) -> str:
    """`318-b` -> `742-D`."""
    words = _words("rooms", "keep")
    return book.coded("ROOM", form, lambda digest: _code(form, digest, words))


def department(book: RowBook, form: str) -> str:
    """`5 west` -> `8 East`; `3 rushmore` -> `6 Alder`; `neuro stepdown` keeps its kind and gets a number."""
    keep = _words("departments", "keep") | _words("departments", "directions")
    named = [w for w in re.findall(r"[^\W\d_]+", form) if w not in keep and len(w) > 1]
    if named:
        for word in named:
            book.row("DEPARTMENT.part", word, lambda d: book.drawer.pick("department", d, [_firsts(), _pairs()]))

    def shape(digest: bytes) -> str:
        text = _code(form, digest, keep | set(named))
        text = re.sub(r"[^\W\d_]+", lambda m: _department_word(book, m.group(), named, digest), text)
        changeable = named or re.search(r"\d|\b[a-z]\b", form) or set(form.split()) & _DIRECTIONS.keys()
        return text if changeable else f"{text} {1 + digest[31] % 12}"

    return book.coded("DEPARTMENT", form, shape)


def _department_word(book: RowBook, word: str, named: list[str], digest: bytes) -> str:
    lower = word.lower()
    if lower in named:
        return book.rows["DEPARTMENT.part", lower]
    if lower in _DIRECTIONS and word != word.upper():
        choices = ["north", "south", "east", "west"] if len(lower) > 1 else ["n", "s", "e", "w"]
        fake = [c for c in choices if c != lower][digest[30] % 3]
        return fake.capitalize()
    return (
        word
        if word.isupper()
        else word.upper()
        if len(lower) <= 4 and not re.search(r"[aeiouy]", lower)
        else word.capitalize()
    )


def _code(form: str, digest: bytes, keep: frozenset[str]) -> str:
    """Digits and single letters change; words that say a kind stay, in lower case for the caller to dress."""

    def one(match: re.Match[str]) -> str:
        word = match.group()
        if word in keep and (len(word) > 1 or word in _DIRECTIONS):
            return word
        return same_shape(word, digest[match.start() % 16 :], "ABCDEFGH" if len(word) == 1 else "ABCDEFGHJKLMNPRSTUVW")

    return re.sub(r"\d+|[^\W\d_]+", one, form)


def other_place(book: RowBook, form: str) -> str:
    """`i-95` -> `I-72`; `po box 188` -> `PO Box 403`; `lake marburg` -> `Lake Alder Ridge`; a county -> a county."""
    counties = [c for state in book.states for c in pools().counties_by_state.get(state, ())]
    if any(fold(c) == form for c in counties):
        return book.row(
            "LOCATION_OTHER", form, lambda d: book.drawer.pick("place", d, [counties, _pairs()], joiner=" ")
        )
    return book.row("LOCATION_OTHER", form, lambda _: _place_words(book, form))


def _place_words(book: RowBook, form: str) -> str:
    keep = (
        _words("places", "types")
        | _words("streets", "keep")
        | _words("streets", "types")
        | frozenset({"i", "on", "hwy"})
    )
    words = list(_WORD.finditer(form))
    roles = [_place_role(w.group(), keep) for w in words]
    if "name" not in roles and "number" not in roles and words:
        roles[0] = "name"
    return _rewritten(form, words, roles, partial(_place_word, book))


def _place_role(word: str, keep: frozenset[str]) -> str:
    if re.search(r"\d", word):
        return "number"
    return "keep" if word in keep else "name"


def _place_word(book: RowBook, word: str, role: str) -> str:
    if role == "name":
        return book.row(
            "LOCATION_OTHER.part", word, lambda d: book.drawer.pick("place", d, [_firsts(), _pairs()], joiner=" ")
        )
    if role == "keep":
        return (
            word.upper()
            if word in _words("streets", "upper") | {"i"}
            else word
            if word in ("at", "to", "of", "the", "on", "and")
            else word.capitalize()
        )
    route = re.fullmatch(r"((?:i|us|sr|cr|n|rt|hwy)-?)(\d.*)", word)  # `I-95`, `US-421`
    head, tail = route.groups() if route else ("", word)
    return head.upper() + book.coded("LOCATION_OTHER.part", tail, lambda d: same_shape(tail, d), "place-number")
