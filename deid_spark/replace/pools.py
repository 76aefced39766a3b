"""The pools that surrogates are drawn from: names, cities, word lists. Read once per process."""

from __future__ import annotations

import tomllib
import unicodedata
from collections import defaultdict
from functools import cache, cached_property
from importlib import resources
from typing import NamedTuple

POOL_VERSION = "1"

# Letters that Unicode does not decompose, by their nearest ASCII letter.
_PLAIN = {
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "t",
    "æ": "a",
    "œ": "o",
    "ß": "s",
    "ı": "i",
    "’": "'",
    "‘": "'",
    "ʼ": "'",
    "ʻ": "'",
}


@cache
def _fold_char(char: str) -> str:
    lower = char.lower()
    base = unicodedata.normalize("NFD", lower)[:1]
    return _PLAIN.get(lower, _PLAIN.get(base, base)) or char


def fold(text: str) -> str:
    """Lower case without accents, one code point for one: offsets into the result are offsets into `text`."""
    if text.isascii():
        return text.lower()
    return "".join(map(_fold_char, text))


class Given(NamedTuple):
    name: str
    sex: str  # F, M, or U when both bear it
    tier: int  # 1 common .. 4 rare
    drawn: bool


class Surname(NamedTuple):
    name: str
    tier: int
    origin: str  # h Hispanic, a Asian or Pacific, o other: what half or more of its bearers are
    drawn: bool


class City(NamedTuple):
    state: str
    name: str
    county: str
    size: int  # 0: under 2,500 people … 4: 200,000 and more
    zips: tuple[str, ...]
    drawn: bool


class Pools:
    """All pools, each loaded when first asked for."""

    @cached_property
    def given(self) -> dict[str, Given]:
        rows = (Given(n, s, int(t), d == "1") for n, s, t, d in _table("given_names.tsv"))
        return {fold(row.name): row for row in rows}

    @cached_property
    def surnames(self) -> dict[str, Surname]:
        rows = (Surname(n, int(t), o, d == "1") for n, t, o, d in _table("surnames.tsv"))
        return {fold(row.name): row for row in rows}

    @cached_property
    def given_by(self) -> dict[tuple[str, int], list[str]]:
        """(sex, tier) -> names that may be drawn; tier 0 holds all tiers of the sex, sex "" both."""
        pools: dict[tuple[str, int], list[str]] = defaultdict(list)
        for row in self.given.values():
            if row.drawn and fold(row.name) not in self.nicknames:  # a short form is kept for those who have one
                pools[row.sex, row.tier].append(row.name)
                pools[row.sex, 0].append(row.name)
                pools["", 0].append(row.name)
        return pools

    @cached_property
    def surnames_by(self) -> dict[tuple[str, int], list[str]]:
        """(origin, tier) -> names that may be drawn; tier 0 holds all tiers of the origin."""
        pools: dict[tuple[str, int], list[str]] = defaultdict(list)
        for row in self.surnames.values():
            if row.drawn and fold(row.name) not in self.given:
                pools[row.origin, row.tier].append(row.name)
                pools[row.origin, 0].append(row.name)
        return pools

    @cached_property
    def nicknames(self) -> dict[str, frozenset[str]]:
        """Folded short form -> folded given names that it may stand for."""
        found: dict[str, set[str]] = defaultdict(set)
        for given, shorts in _table("nicknames.tsv"):
            for short in shorts.split(","):
                found[fold(short)].add(fold(given))
        return {short: frozenset(givens) for short, givens in found.items()}

    @cached_property
    def short_forms(self) -> dict[str, list[str]]:
        return {fold(given): shorts.split(",") for given, shorts in _table("nicknames.tsv")}

    @cached_property
    def cities(self) -> dict[str, list[City]]:
        """Folded name -> the cities of that name, largest first."""
        found: dict[str, list[City]] = defaultdict(list)
        for state, name, county, size, zips, drawn in _table("cities.tsv"):
            found[fold(name)].append(City(state, name, county, int(size), tuple(zips.split(",")), drawn == "1"))
        for same in found.values():
            same.sort(key=lambda city: (-city.size, city.state))
        return found

    @cached_property
    def cities_by(self) -> dict[tuple[str, int], list[City]]:
        """(state, size) -> cities that may be drawn; state "" holds every state, size -1 every size."""
        found: dict[tuple[str, int], list[City]] = defaultdict(list)
        for same in self.cities.values():
            for city in same:
                if city.drawn:
                    for key in ((city.state, city.size), (city.state, -1), ("", city.size), ("", -1)):
                        found[key].append(city)
        return found

    @cached_property
    def city_names_by(self) -> dict[tuple[str, int], list[str]]:
        """The same keys -> names."""
        return {key: [city.name for city in cities] for key, cities in self.cities_by.items()}

    @cached_property
    def all_zips(self) -> list[str]:
        return sorted(self.city_of_zip)

    @cached_property
    def city_of_zip(self) -> dict[str, City]:
        return {code: city for same in self.cities.values() for city in same for code in city.zips if code}

    @cached_property
    def zips_by_state(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for code, city in self.city_of_zip.items():
            found[city.state].append(code)
        return {state: sorted(codes) for state, codes in found.items()}

    @cached_property
    def counties_by_state(self) -> dict[str, list[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for same in self.cities.values():
            for city in same:
                found[city.state].add(city.county)
        return {state: sorted(names - {""}) for state, names in found.items()}

    @cached_property
    def zip3_states(self) -> dict[str, str]:
        return {row[0]: row[1] for row in _table("zip3_states.tsv")}

    @cached_property
    def states(self) -> list[tuple[str, str, str]]:
        """(postal code, name, traditional abbreviation)."""
        return [(code, name, short) for code, name, short in _table("states.tsv")]

    @cached_property
    def state_codes(self) -> dict[str, str]:
        """Folded code, name or abbreviation (with and without its full stops) -> postal code."""
        found = {}
        for code, name, short in self.states:
            for form in (code, name, short, short.rstrip("."), ".".join(code) + "."):
                found[fold(form)] = code
        return found

    @cached_property
    def words(self) -> dict[str, dict[str, str]]:
        return tomllib.loads(_text("words.toml"))

    def word_list(self, table: str, key: str) -> list[str]:
        """A list of words.toml: split at `;` where it has one (its entries hold spaces), else at white space."""
        text = self.words[table][key]
        return [x.strip() for x in text.split(";") if x.strip()] if ";" in text else text.split()


@cache
def pools() -> Pools:
    """The pools of this process."""
    return Pools()


def _text(name: str) -> str:
    return (resources.files("deid_spark") / "data" / "pools" / name).read_text(encoding="utf-8")


def _table(name: str) -> list[list[str]]:
    return [line.split("\t") for line in _text(name).splitlines() if line and not line.startswith("#")]
