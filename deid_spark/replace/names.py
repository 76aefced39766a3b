"""Names of people: a mention is read into parts with roles, and its fake is written in the same form.

The unit is the name part. `Smith, John`, `JOHN SMITH` and `Mrs. Smith` share the part `smith`, so order, case,
punctuation, line breaks, suffixes and titles of a mention can stay while each part is exchanged in its place.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from deid_spark.replace.pools import fold, pools
from deid_spark.replace.shape import like_case

if TYPE_CHECKING:
    from deid_spark.identities import PatientIdentities

PARTICLES, SUFFIXES, TITLES, FEMALE_TITLES, MALE_TITLES, CREDENTIALS, _PLAIN_CREDENTIALS = (
    frozenset(pools().word_list("names", key))
    for key in (
        "particles", "suffixes", "titles", "female_titles", "male_titles", "credentials", "plain_credentials",
    )
)  # fmt: skip
_TOKEN = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f]|['’ʼʻ‘](?=[^\W\d_]))*")
_SHORTENED = re.compile(r"[A-Z][a-zA-Z]{1,4}\.\s")
_OPENERS = tuple("\"'“‘(")
_POSSESSIVE = re.compile(r"['’ʼ][sS]$")

GIVEN, SURNAME, BARE, INITIAL, PARTICLE, SUFFIX, TITLE, CREDENTIAL = (
    "given", "surname", "bare", "initial", "particle", "suffix", "title", "credential",
)  # fmt: skip


class Part(NamedTuple):
    """Text [start, end) of a mention, its role, and the folded form that identities are kept under."""

    start: int
    end: int
    role: str
    canonical: str
    quoted: bool = False  # between quotes or brackets: `Robert "Bob" Hale`


class Name(NamedTuple):
    """A mention in parts. `sex` is F or M where a title says so."""

    parts: tuple[Part, ...]
    sex: str

    def of(self, *roles: str) -> tuple[str, ...]:
        return tuple(p.canonical for p in self.parts if p.role in roles)

    @property
    def names(self) -> tuple[str, ...]:
        return self.of(GIVEN, SURNAME, BARE)

    @property
    def initials(self) -> str:
        return "".join(self.of(INITIAL))

    @property
    def initials_key(self) -> str:
        """`j|smith` for `J. Smith`: the letters and what stands with them."""
        return f"{self.initials}|{' '.join(sorted(set(self.names)))}"

    @property
    def form(self) -> str:
        """The mention without case, order and punctuation, such as `john q smith`: one key for all its spellings."""
        given = self.of(GIVEN, BARE)
        return " ".join([*given, *self.of(INITIAL), *self.of(SURNAME)])


@lru_cache(maxsize=8192)
def parse(text: str, label: str = "PATIENT") -> Name:
    """Read a mention into parts. Every word gets a role; a mention of nothing but credentials counts as a name."""
    tokens = [_token(m) for m in _TOKEN.finditer(text)]
    roles = _fixed_roles(text, tokens)
    if not any(role is None for role in roles):
        roles = [None if role in (PARTICLE, CREDENTIAL, TITLE, SUFFIX) else role for role in roles]
    free = [i for i, role in enumerate(roles) if role is None]
    if (
        len(free) == 1
        and all(roles[i] is not INITIAL for i in range(len(tokens)))
        and _glued_initials(text, tokens[free[0]][2])
    ):
        roles[free[0]] = INITIAL
    elif free:
        for i, role in zip(free, _name_roles(text, tokens, roles, free, label), strict=True):
            roles[i] = role
    sex = "F" if _has(tokens, roles, FEMALE_TITLES) else "M" if _has(tokens, roles, MALE_TITLES) else ""
    parts = [
        Part(start, end, role or BARE, canonical, text[start - 1 : start] in _OPENERS)
        for (start, end, canonical), role in zip(tokens, roles, strict=True)
    ]
    return Name(tuple(parts), sex)


def _token(match: re.Match[str]) -> tuple[int, int, str]:
    end = match.end()
    possessive = _POSSESSIVE.search(match.group())
    if possessive:
        end -= 2
    return match.start(), end, canonical_part(match.string[match.start() : end])


def canonical_part(word: str) -> str:
    """Folded, composed, without apostrophes: `O’Neil` and `ONEIL` are one."""
    return fold(unicodedata.normalize("NFC", word)).replace("'", "")


def _has(tokens: list[tuple[int, int, str]], roles: list[str | None], wanted: frozenset[str]) -> bool:
    return any(role is TITLE and canonical in wanted for (_, _, canonical), role in zip(tokens, roles, strict=True))


def _fixed_roles(text: str, tokens: list[tuple[int, int, str]]) -> list[str | None]:
    """Roles that need no list of names: titles first, suffixes and credentials last, particles, single letters."""
    roles: list[str | None] = [None] * len(tokens)
    last = len(tokens) - 1
    tail = _credential_tail(tokens)
    for i, (start, end, canonical) in enumerate(tokens):
        raw = text[start:end]
        before = text[tokens[i - 1][1] : start] if i else ""
        if i < last and canonical in TITLES and all(role is TITLE for role in roles[:i]):
            roles[i] = TITLE
        elif i and canonical in SUFFIXES and None in roles[:i]:
            roles[i] = SUFFIX
        elif i and i >= tail and None in roles[:i] and _is_credential(raw, before, roles[i - 1]):
            roles[i] = CREDENTIAL
        elif i < last and _is_particle(text, tokens, i):
            roles[i] = PARTICLE
        elif len(canonical) == 1 or _paired_initials(text, raw, canonical):
            roles[i] = INITIAL
    return roles


def _credential_tail(tokens: list[tuple[int, int, str]]) -> int:
    """Index of the first token of the run of credentials and suffixes that ends the mention."""
    tail = len(tokens)
    while tail and (tokens[tail - 1][2] in CREDENTIALS or tokens[tail - 1][2] in SUFFIXES):
        tail -= 1
    return tail


def _is_credential(raw: str, before: str, previous: str | None) -> bool:
    if raw == raw.lower() or raw == raw.capitalize():
        return previous is CREDENTIAL and raw != raw.lower()
    return previous is CREDENTIAL or "," in before or raw in _PLAIN_CREDENTIALS


def _is_particle(text: str, tokens: list[tuple[int, int, str]], i: int) -> bool:
    """`van` of `van der Berg`; not the given names Al, Ben and Van of `Al Smith`."""
    start, end, canonical = tokens[i]
    if text[start:end].lower() not in PARTICLES or not _joins(text[start:end], text[end : tokens[i + 1][0]]):
        return False
    given = pools().given.get(canonical)
    is_given = canonical in pools().nicknames or (given is not None and given.tier < 4)
    alone_first = i == 0 and text[start].isupper() and "," not in text and tokens[1][2] not in PARTICLES
    return not (alone_first and is_given)


def _joins(raw: str, between: str) -> bool:
    if len(raw) == 1:
        return raw == "ó" or raw == "Ó" or (raw.islower() and between.isspace())
    return bool(re.fullmatch(r"\.?\s+|-|['’]", between))


def _paired_initials(text: str, raw: str, canonical: str) -> bool:
    """`JJ Coffin`, `TJ`: two or three capitals without a vowel in a mention that is not all capitals."""
    surname = pools().surnames.get(canonical)
    return (
        2 <= len(raw) <= 3
        and raw.isupper()
        and not text.isupper()
        and not (set(canonical) & set("aeiouy"))
        and surname is None
    )


def _glued_initials(text: str, canonical: str) -> bool:
    """`TO`, `mlk`: a whole mention of two to four letters, one case, that no list of names holds as usual."""
    if not 2 <= len(canonical) <= 4 or "," in text:
        return False
    word = re.sub(r"[\W_]", "", text)
    if not (word.isupper() or word.islower()) or len(word) != len(canonical):
        return False
    given, surname = pools().given.get(canonical), pools().surnames.get(canonical)
    usual = 3 if len(canonical) == 2 and word.isupper() else 4
    known = (given is not None and given.tier < usual) or (
        surname is not None and len(canonical) > 2 and surname.tier < 4
    )
    return not (known or canonical in pools().nicknames)


def _name_roles(
    text: str, tokens: list[tuple[int, int, str]], roles: list[str | None], free: list[int], label: str
) -> list[str]:
    """GIVEN, SURNAME or BARE for each free token."""
    comma = text.find(",")
    before = [i for i in free if tokens[i][1] <= comma]
    after = [i for i in free if tokens[i][0] > comma] + [
        i for i, r in enumerate(roles) if r is INITIAL and tokens[i][0] > comma
    ]
    if comma >= 0 and before and after:
        return [SURNAME if i in before else GIVEN for i in free]
    initials = [i for i, role in enumerate(roles) if role is INITIAL]
    if len(free) == 1:
        if any(i < free[0] for i in initials) or (roles[: free[0]] and roles[free[0] - 1] is PARTICLE):
            return [SURNAME]
        return [likely_role(tokens[free[0]][2], label) if initials else BARE]
    result = [GIVEN] * len(free)
    k = len(free) - 1
    result[k] = SURNAME
    while k > 1 and re.fullmatch(r"\s*-\s*", text[tokens[free[k - 1]][1] : tokens[free[k]][0]]):
        k -= 1
        result[k] = SURNAME
    if k == 1 and len(free) == 2 and re.fullmatch(r"\s*-\s*", text[tokens[free[0]][1] : tokens[free[1]][0]]):
        return [likely_role(tokens[free[1]][2], label)] * 2
    return result


def likely_role(canonical: str, label: str) -> str:
    """GIVEN or SURNAME for a name that stands alone: by the lists, and when they tie by who is spoken of so."""
    given, surname = pools().given.get(canonical), pools().surnames.get(canonical)
    given_tier = min(given.tier if given else 9, 2 if canonical in pools().nicknames else 9)
    surname_tier = surname.tier if surname else 9
    if given_tier != surname_tier:
        return GIVEN if given_tier < surname_tier else SURNAME
    return SURNAME if label == "DOCTOR" else GIVEN


def render(label: str, text: str, identities: PatientIdentities) -> str:
    """The fake for a mention, in the form of the mention. Raises MissingIdentity (without the text)."""
    name = parse(text, label)
    letters = identities.initials(label, name) if name.initials else ""
    pieces: list[str] = []
    position = drop_from = 0
    opened = ""
    for part in name.parts:
        between = text[position : part.start]
        opened += "".join(c for c in between if c in "'‘")
        if drop_from:  # a particle went: what stood between it and the name goes as well
            between = ""
        pieces.append(between)
        position, drop_from = part.end, 0
        raw = text[part.start : part.end]
        if part.role in (SUFFIX, TITLE, CREDENTIAL):
            pieces.append(raw)
        elif part.role is PARTICLE:
            drop_from = 1
        elif part.role is INITIAL:
            count = len(part.canonical)
            pieces.append(like_initial(raw, letters[:count]))
            letters = letters[count:]
        else:
            fake = like_case(raw, identities.name_part(part.canonical))
            if _SHORTENED.fullmatch(raw + text[position : position + 2]):  # `Wm. Butler`
                position += 1
            pieces.append(fake)
            tail = re.match(r"['’](?!\w)", text[position:])
            if tail and not opened and raw[-1:] in "sSzZ" and fake[-1:] not in "sS":
                pieces.append(tail.group() + ("S" if fake.isupper() else "s"))
                position += 1
    pieces.append(text[position:])
    return "".join(pieces)


def like_initial(raw: str, letters: str) -> str:
    return letters.lower() if raw.islower() else letters.upper()
