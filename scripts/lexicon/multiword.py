"""Phrases: facilities, organizations, professions, places of several words, and safe clinical phrases."""

from __future__ import annotations

import importlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from clinical import Described
from english import WordNet
from places import Places
from readers import authored, authored_words, rows_of, text_of

from deid_spark.detect.dictionaries import tokens_of

Tokens = tuple[str, ...]
FACILITY_FILES = (
    "hospitals", "va_facilities", "ihs_centers", "ihs_facilities", "longterm", "nursing", "hospice",
    "urgent_care_facilities", "rehab", "dialysis", "ambulatory_surgical_center",
)  # fmt: skip
LEGAL = re.compile(
    r"[,.]?\s+(?:INC(?:ORPORATED)?|L\s?\.?L\s?\.?C|L\s?\.?L?\s?\.?P|P\s?\.?C|P\s?\.?A|CORP(?:ORATION)?|CO|LTD|PLLC|PLC|DBA.*)"
    r"\s*\.?$",
    re.IGNORECASE,
)
TRADE_HEADS = (
    "worker",
    "professional",
    "skilled_worker",
    "employee",
    "entertainer",
    "creator",
    "maker",
    "owner",
    "serviceman",
)


def facilities(sources: Path, common: set[str]) -> set[Tokens]:
    """Names of US health facilities that hold a word which is not itself a common word of such names.

    Short names made of plain English words alone (`independence at home`) stay out: they stand in prose.
    """
    generic = authored_words("facility_generic.txt")
    heads = authored_words("facility_heads.txt")
    found: set[Tokens] = set()
    for name in FACILITY_FILES:
        rows = rows_of(sources / "synthea" / f"{name}.csv")
        column = next(rows).index("name")
        for row in rows:
            # The source cuts names at 50 characters.
            if len(row) > column and len(row[column]) < 50 and (tokens := _facility(row[column])):
                found.add(tokens)
    found = {t for t in found if len(t) > 3 or not set(t) <= common}
    own = {tokens_of(line) for line in authored("facilities.txt")}
    return own | {t for t in found if 2 <= len(t) <= 6 and not set(t) <= generic and not heads.isdisjoint(t)}


def _facility(name: str) -> Tokens:
    name = re.split(r"\bD/?B/?A\b|\(| - |, AN? ", name)[0]
    for _ in range(3):
        name = LEGAL.sub("", name.strip(" .,"))
    tokens = tokens_of(re.sub(r"\.(?=\w)", " ", name))
    return tokens[1:] if tokens[:1] == ("the",) else tokens


def professions(sources: Path, net: WordNet) -> tuple[set[Tokens], set[Tokens]]:
    """(occupations to search for, occupations that are only known): health staff and ambiguous words are only known."""
    found = set(map(tokens_of, net.under(*TRADE_HEADS)))
    found = {t for t in found if all(w in net.lower for w in t)}
    for module in ("en_US",):
        found |= {_job(j) for j in importlib.import_module(f"faker.providers.job.{module}").Provider.jobs}
    found |= {_job(j) for j in json.loads(text_of(sources / "mimesis" / "en.json"))["occupation"]}
    own = {tokens_of(line) for line in authored("professions.txt")}
    unfit = {tokens_of(line) for line in authored("not_professions.txt")}
    found = {t for t in found | own if 0 < len(t) < 5 and t not in unfit}
    known_only = {t for t in found if t[-1] in authored_words("health_staff.txt")} - own
    single = {t for t in found if len(t) == 1} - own  # WordNet's `mover`, `fall guy`: too loose to search for
    known_only |= single - {t for t in single if t[0] in authored_words("trade_words.txt")}
    return found - known_only, known_only


def _job(title: str) -> Tokens:
    """`Engineer, civil (consulting)` -> `civil engineer`."""
    title = title.partition("(")[0].partition("/")[0].strip()
    noun, _, kind = title.partition(", ")
    return tokens_of(f"{kind} {noun}")


def safe_phrases(described: Described, risky: set[str], words: set[str]) -> set[Tokens]:
    """Disease names and own phrases that hold a personal or place name (`risky`), such as `west nile fever`."""
    found = {tokens_of(line) for line in authored("safe_phrases.txt")}
    for term in described.terms:
        tokens = tokens_of(re.sub(r"\s+\(.*\)|,.*", "", term))
        proper = {tokens_of(w)[0] for w in re.findall(r"(?<![\w-])[A-Z][a-zé]{2,}", term)}
        if 2 <= len(tokens) <= 5 and not risky.isdisjoint(proper - words) and not any(t.isdigit() for t in tokens):
            while len(tokens) > 2 and (len(tokens[-1]) == 1 or tokens[-1] in ("type", "ii", "iii", "iv")):
                tokens = tokens[:-1]
            found.add(tokens)
    return {t for t in found if len(t) > 1}


def place_phrases(places: Places, common: set[str]) -> list[tuple[str, Tokens]]:
    """(kind, tokens) of places of several words. Small places whose name is plain words (`red level`) stay out."""
    cities = {t for t in places.city if len(t) > 1 and (t in places.populous or not set(t) <= common)}
    out = [("city", t) for t in cities]
    out += [("county", (*t, word)) for t in places.county for word in ("county", "co")]
    out += [("county", (*t, "parish")) for t in places.county if len(t) < 4]
    out += [("state", t) for t in places.state if len(t) > 1]
    out += [("country", t) for t in places.country if len(t) > 1]
    return out


def write_phrases(kinds: Iterable[tuple[str, Iterable[Tokens]]]) -> str:
    """`kind<TAB>first<TAB>rest|rest` a line, kinds in order of preference; a phrase is kept for its first kind only."""
    lines, seen = [], set()
    for kind, phrases in kinds:
        by_first: dict[str, list[str]] = defaultdict(list)
        for tokens in sorted(set(phrases)):
            if tokens not in seen:
                seen.add(tokens)
                by_first[tokens[0]].append(" ".join(tokens[1:]))
        lines += [f"{kind}\t{first}\t{'|'.join(rests)}\n" for first, rests in sorted(by_first.items())]
    return "".join(lines)
