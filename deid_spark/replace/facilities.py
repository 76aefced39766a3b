"""Fictitious hospitals and organisations: the words that say what it is stay, the name itself is exchanged.

All forms of one facility share a stem: `Mercy-Halvorsen Medical Center`, `Mercy-Halvorsen` and `MHMC` become
`Alder-Kestrel Medical Center`, `Alder-Kestrel` and `AKMC`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache, partial

from deid_spark.replace.draw import expand
from deid_spark.replace.pools import fold, pools
from deid_spark.replace.rowbook import RowBook, same_shape

STEM = "FACILITY.stem"
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_SPECIALTY = re.compile(r"(?:log(?:y|ists?|ic)|iatr(?:y|ics?|ists?)|scopy|therapy|ometry|dontics?|edics)$")
_KEPT_ENDINGS = ("rmc", "mc", "gh", "ch", "hs", "h")  # medical center, general hospital, … of an acronym
_SAINTS = frozenset({"st", "saint", "ste", "santa", "san"})


@cache
def _type_words() -> dict[str, str]:
    natural = {fold(word): word for word in pools().word_list("stems", "type_words")}
    return {**natural, **{word: word for word in pools().word_list("stems", "joining")}}


@cache
def _firsts() -> list[str]:
    return pools().word_list("stems", "first")


@cache
def _pairs() -> list[str]:
    return [f"{first} {second}" for first in _firsts() for second in pools().word_list("stems", "second")]


@cache
def _saints() -> list[str]:
    return pools().word_list("stems", "saints")


def make_facilities(book: RowBook, forms: dict[str, list[str]]) -> None:
    """Rows for all forms of a patient's facilities. forms: "label\\0canonical" -> its spellings in the notes."""
    for kind, key in book.rows:
        for start in _starts(key) if kind == STEM else ():
            book.stem_starts.setdefault(start, set()).add(key)
    acronyms = {key for key, texts in forms.items() if _is_acronym(texts)}
    ordered = sorted(set(forms) - acronyms, key=lambda key: (-len(_stems(_form(key))), -len(_form(key)), key))
    for key in ordered:  # longest first: a short form finds the long one's stem
        label, form = key.split("\0")
        book.row(label, form, partial(_rename, book, form))
    full = {
        canonical: surrogate
        for (kind, canonical), surrogate in sorted(book.rows.items())
        if kind in ("HOSPITAL", "ORGANIZATION") and re.search(r"[ -]", canonical)
    }
    by_initials: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for canonical, surrogate in full.items():
        for original, fake in _initials(canonical, surrogate):
            by_initials[original].append((canonical, fake))
    for key in sorted(acronyms):
        label, form = key.split("\0")
        book.row(label, form, partial(_acronym, book, form, [fake for _, fake in by_initials[form]]))


def _form(key: str) -> str:
    return key.split("\0")[1]


def _is_acronym(texts: list[str]) -> bool:
    words = [re.sub(r"[\W_]", "", text) for text in texts]
    if any(" " in text.strip() for text in texts) or not all(
        w.isupper() and w.isalpha() and 2 <= len(w) <= 6 for w in words
    ):
        return False
    word = fold(words[0])
    if word in _type_words():
        return _type_words()[word].isupper() and len(word) > 2  # `YMCA` alone
    return bool(len(word) < 5 or not re.search(r"[aeiou]", word) or word.endswith(_KEPT_ENDINGS[:-1]))


def _stems(form: str) -> list[tuple[int, int]]:
    """[start, end) of the words that name the facility: what is neither a type word nor a joining word."""
    words = [m.span() for m in _WORD.finditer(form)]
    types = _type_words()
    stems: list[tuple[int, int]] = []
    open_run = False
    for start, end in words:
        named = form[start:end] not in types and not _SPECIALTY.search(form[start:end])
        if (
            named
            and open_run
            and re.fullmatch(r"[\s.-]+", form[stems[-1][1] : start])
            and not form[start:end].isdigit()
        ):
            stems[-1] = (stems[-1][0], end)
        elif named:
            stems.append((start, end))
        open_run = named and not form[start:end].isdigit()
    if not stems and words:  # `Family Health Center`: its first word must do
        first = next((w for w in words if form[w[0] : w[1]] not in pools().word_list("stems", "joining")), words[0])
        stems.append(first)
    return stems


def _rename(book: RowBook, form: str, _: bytes) -> str:
    branch = re.fullmatch(r"((?:u\.?s\.?|united states) )?(.+)", form)
    branches = pools().word_list("organizations", "branches")
    if branch and any(fold(b) == branch[2] for b in branches):  # a branch of the forces becomes another
        named = book.row(
            STEM, branch[2], lambda d: book.drawer.pick("branch", d, [branches], lambda b: fold(b) != branch[2])
        )
        return (branch[1] or "").upper() + named
    pieces, position = [], 0
    for start, end in _stems(form):
        pieces += [_natural(form[position:start]), _stem(book, form[start:end])]
        position = end
    return "".join([*pieces, _natural(form[position:])])


def _natural(text: str) -> str:
    """Type words in their usual case, joining words as they are."""
    return _WORD.sub(lambda m: _type_words().get(m.group(), m.group().capitalize()), text)


def _stem(book: RowBook, stem: str) -> str:
    ending = "'s" if stem.endswith("'s") else ""
    bare = stem.removesuffix("'s")
    key = " ".join(w for w in re.split(r"[\s.-]+", bare.replace("'", "")) if w)
    if key.isdigit():
        return book.coded(STEM, key, lambda digest: same_shape(key, digest))
    fake = book.row(STEM, key, lambda digest: _shared(book, key) or _draw(book, bare, key, digest))
    for start in _starts(key):
        book.stem_starts.setdefault(start, set()).add(key)
    return fake + ending


def _shared(book: RowBook, key: str) -> str:
    """The beginning of a longer stem's fake when `key` begins just that one: `Mercy` of `Mercy Halvorsen`."""
    longer = {book.rows[STEM, k] for k in book.stem_starts.get(key, ())}
    if len(longer) != 1 or len(key) < 4:
        return ""
    fake = longer.pop()
    start = re.split(r"[ -]", fake)[0]
    if start != "St." and start != fake and book.drawer.is_free(STEM, start):
        book.drawer.take(STEM, start)
        return start
    return fake


def _draw(book: RowBook, bare: str, key: str, digest: bytes) -> str:
    words = key.split()
    if words[0] in _SAINTS and len(words) > 1:
        return "St. " + book.drawer.pick(STEM, digest, [_saints(), _pairs()], joiner=" ")
    if "-" in bare:
        other = _firsts()[int.from_bytes(expand(digest, "second")[:4], "big") % len(_firsts())]
        options = [f"{first}-{other}" for first in _firsts() if first != other]
        return book.drawer.pick(STEM, digest, [options, _pairs()])
    return book.drawer.pick(STEM, digest, [_firsts(), _pairs()] if len(words) == 1 else [_pairs()], joiner=" ")


def _acronym(book: RowBook, form: str, initials: list[str], digest: bytes) -> str:
    """The fake facility's initials when the acronym is made of the real one's; else letters with the usual ending."""
    for fake in initials:
        if fold(fake) != form and book.drawer.is_free("acronym", fake):
            book.drawer.take("acronym", fake)
            return fake
    ending = next((e for e in _KEPT_ENDINGS if form.endswith(e) and len(form) - len(e) >= 2), "")
    head = form[: len(form) - len(ending)]
    attempt = 0
    while True:
        fake = same_shape(head, expand(digest, f"acronym-{attempt}")) + ending.upper()
        attempt += 1
        if attempt > 200:  # two or three letters give only so many
            fake += "H" * (attempt // 200)
        if book.drawer.is_free("acronym", fake):
            book.drawer.take("acronym", fake)
            return fake


def _initials(canonical: str, surrogate: str) -> list[tuple[str, str]]:
    """(initials of the original, initials of the fake in capitals), without and with the joining words."""
    joining = set(pools().word_list("stems", "joining"))
    found = []
    for skip in (joining, set[str]()):
        both = [
            [w for w in re.findall(r"[^\W_]+(?:'\w+)?", fold(text)) if w not in skip] for text in (canonical, surrogate)
        ]
        original, fake = ("".join(w[0] for w in words) for words in both)
        found.append((original, fake.upper()))
    return found


def _starts(key: str) -> list[str]:
    """The shorter stems that begin this one: `cedar hollow` for `cedar hollow creek`."""
    words = key.split()
    return [" ".join(words[:n]) for n in range(1, len(words))]


def stem_keys(forms: Mapping[str, list[str]]) -> dict[str, str]:
    """Form -> the facility that it means, for numbering: forms share their first stem; acronyms their initials."""
    acronyms = sorted(form for form, texts in forms.items() if _is_acronym(texts))
    keys = {form: _first_stem(form) for form in forms if form not in acronyms}
    by_start: dict[str, set[str]] = defaultdict(set)
    for key in keys.values():
        for start in _starts(key):
            by_start[start].add(key)
    for form, key in sorted(keys.items()):
        if len(by_start[key]) == 1 and len(key) >= 4:
            keys[form] = next(iter(by_start[key]))
    initials: dict[str, str] = {}
    for form in sorted(keys):
        for letters, _ in _initials(form, form) if " " in form else ():
            initials.setdefault(letters, keys[form])
    for acronym in acronyms:
        keys[acronym] = initials.get(acronym, acronym)
    return keys


def _first_stem(form: str) -> str:
    start, end = _stems(form)[0] if _stems(form) else (0, len(form))
    return " ".join(w for w in re.split(r"[\s.-]+", form[start:end].removesuffix("'s").replace("'", "")) if w)
