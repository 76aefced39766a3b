"""The people of one patient's record, made from the known name values: which token plays which role in whose name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from deid_spark.detect.cues import load_cues
from deid_spark.detect.known_text import fold, folded_tokens, spelled_out
from deid_spark.people import KnownValue, load_kinds

GIVEN, MIDDLE, FAMILY, NICK, PARTICLE, INITIAL = "given", "middle", "family", "nick", "particle", "initial"
_SINGLE_KINDS = {
    "given_name": GIVEN,
    "middle_name": MIDDLE,
    "family_name": FAMILY,
    "former_name": FAMILY,
    "nickname": NICK,
}
_PEOPLE_KINDS = {"patient_name", "relative_name", "provider_name"}
NAME_KINDS = frozenset(_SINGLE_KINDS) | _PEOPLE_KINDS


class Person(NamedTuple):
    """One person of a patient's record: folded token -> role, and the initials that may stand for a part."""

    label: str
    kind: str
    roles: dict[str, str]
    initials: frozenset[str]
    signature: frozenset[str]


def people_of(values: list[KnownValue], nicknames: Mapping[str, tuple[str, ...]]) -> list[Person]:
    """The patient from all their name values together, and one person for each relative or provider."""
    patient: dict[str, str] = {}
    people = []
    for value in values:
        if value.kind in _SINGLE_KINDS:
            patient |= _roles(value.value, _SINGLE_KINDS[value.kind])
        elif value.kind in _PEOPLE_KINDS:
            roles = _full_name(value.value)
            if value.kind == "patient_name":
                patient |= roles
            elif roles:
                people.append(_person(value.kind, roles, nicknames))
    if patient:
        people.insert(0, _person("patient_name", patient, nicknames))
    return people


def _full_name(value: str) -> dict[str, str]:
    """`Last, First M`, or `First M Last`, to token -> role."""
    words = load_kinds().words
    value = re.sub(r"\(.*?\)|[\"“”]", " ", value)
    family, comma, given = value.partition(",")
    if comma and fold(given.strip(" .")) not in words["name_suffixes"] and not _is_credential(given):
        tokens = given.split()
        return _roles(" ".join(tokens[1:]), MIDDLE) | _roles(" ".join(tokens[:1]), GIVEN) | _roles(family, FAMILY)
    tokens = [t for t in family.split() if fold(t.strip(".")) not in words["name_suffixes"]]
    while tokens and fold(tokens[0].strip(".")) in words["honorifics"] and len(tokens) > 1:
        tokens = tokens[1:]
    cut = len(tokens) - 1
    while cut > 1 and fold(tokens[cut - 1].strip(".")) in words["name_particles"]:
        cut -= 1
    if cut <= 0:
        return _roles(" ".join(tokens), FAMILY)
    return _roles(" ".join(tokens[1:cut]), MIDDLE) | _roles(tokens[0], GIVEN) | _roles(" ".join(tokens[cut:]), FAMILY)


def _is_credential(text: str) -> bool:
    first = fold(text.split()[0].replace(".", "").strip(",")) if text.split() else ""
    return "credential" in load_cues().get(first, ())


def _roles(value: str, role: str) -> dict[str, str]:
    """Token -> role of one name field; `O'Brien` and `Smith-Jones` also as one word."""
    words = load_kinds().words
    roles: dict[str, str] = {}
    last = (folded_tokens(value) or [""])[-1]
    for word in value.split():
        tokens = [t for t in folded_tokens(word) if not t.isdigit()]
        for token in tokens:
            if token not in words["name_suffixes"]:
                roles[token] = _role_of(token, role, alone=token == last)
        if len(tokens) > 1:
            roles["".join(tokens)] = role
        elif tokens and not word.isascii() and len(tokens[0]) > 2:
            roles[spelled_out(word)] = role
    return roles


def _role_of(token: str, role: str, *, alone: bool) -> str:
    """The role of one token of a name field: particles and single letters are never searched for by themselves."""
    if len(token) == 1:
        return INITIAL if role == MIDDLE else PARTICLE
    return PARTICLE if token in load_kinds().words["name_particles"] and not alone else role


def _person(kind: str, roles: dict[str, str], nicknames: Mapping[str, tuple[str, ...]]) -> Person:
    ordered = [[t for t, r in roles.items() if r in wanted] for wanted in ((GIVEN,), (MIDDLE, INITIAL), (FAMILY,))]
    initials = frozenset(t[0] for t in roles)
    given, middle, family = ("".join(t[0] for t in tokens[:1]) for tokens in ordered)
    signature = {given + family, given + middle + family} if given and family else set()
    for token in ordered[0]:
        for nick in nicknames.get(token, ()):
            roles.setdefault(fold(nick), NICK)
    return Person(load_kinds().labels[kind], kind, roles, initials, frozenset(s for s in signature if len(s) > 1))
