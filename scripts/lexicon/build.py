"""Builds the shipped lexicon out of its sources: `python scripts/lexicon/build.py --sources DIR`.

DIR is what `scripts/lexicon/fetch.sh DIR` gathers; every source is in `deid_spark/data/lexicon/SOURCES.md`. The output
depends on the sources alone: running it twice gives the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
from collections import defaultdict
from pathlib import Path

from clinical import describe, drugs, vocabulary
from english import scowl, wordnet
from eponyms import eponym_rows
from multiword import facilities, place_phrases, professions, safe_phrases, write_phrases
from people import GIVEN_COMMON, SURNAME_COMMON, People
from places import Places
from readers import authored, authored_words, name_tokens

from deid_spark.detect.dictionaries import tokens_of
from deid_spark.detect.lexicon_flags import Known

OUT = Path(__file__).parents[2] / "deid_spark" / "data" / "lexicon"


class Bits(defaultdict[str, int]):
    """token -> bits."""

    def __init__(self) -> None:
        super().__init__(int)

    def mark(self, flag: Known, *groups: object) -> None:
        for group in groups:
            for token in group:  # type: ignore[attr-defined]
                self[token] |= int(flag)


def build(sources: Path, out: Path) -> dict[str, int]:
    """Writes the lexicon's files to `out`; returns counts by bit and file."""
    common = scowl(sources / "scowl", ("american-english-small",))
    net = wordnet(sources / "wordnet")
    words = net.lower | scowl(
        sources / "scowl",
        ("american-english-small", "american-english", "american-english-large", "british-english-large"),
    )
    usual = scowl(sources / "scowl", ("american-english-small", "american-english"))
    words |= authored_words("informal_words.txt")
    described = describe(sources)
    people, places = People(sources), Places(sources, common)
    people.settle(words, common)
    given, surnames = people.ranked_given(), people.ranked_surnames()
    frequent = set(given[:3000]) | set(surnames[:15000])
    words -= frequent - usual - set(described.lower)  # `vang` is a part of a sail, but in a note it is a person
    clinical = vocabulary(sources, described, net, common, frequent - words | set(given[:800]))
    medicines = drugs(sources, net, words, set(given) | set(surnames[:10000]) | _single(places.city_large))
    eponyms = eponym_rows(described, words, people)

    bits = Bits()
    bits.mark(Known.COMMON | Known.WORD, common)
    bits.mark(Known.WORD, words)
    bits.mark(
        Known.CLINICAL,
        clinical - set(eponyms) | clinical & words,
        authored_words("clinical_words.txt"),
        authored_words("units.txt"),
    )
    bits.mark(Known.DRUG, medicines)
    bits.mark(Known.EPONYM, eponyms)
    bits.mark(Known.ABBREVIATION, authored_words("abbreviations.txt"))
    _mark_people(bits, people, given, surnames)
    _mark_places(bits, places)
    bits.mark(Known.DEMONYM, authored_words("demonyms.txt"))
    bits.mark(Known.CALENDAR, authored_words("calendar.txt"))

    out.mkdir(parents=True, exist_ok=True)
    jobs, known_jobs = professions(sources, net)
    risky = people.given | people.surnames | {t for p in places.city | places.country | places.state for t in p}
    own = [(kind, [tokens_of(n) for n in names.split("|")]) for kind, names in _tsv("organizations.tsv")]
    placed = place_phrases(places, common)
    phrases = write_phrases([
        ("safe", safe_phrases(described, risky, words)),
        *own,
        *((kind, [t for k, t in placed if k == kind]) for kind in ("city", "state", "country", "county")),
        ("profession", jobs),
        ("occupation", known_jobs),
        ("facility", facilities(sources, common)),
    ])  # fmt: skip
    _write(out / "words.txt.gz", _grouped(bits))
    _write(out / "phrases.txt.gz", phrases)
    _write(out / "ranks.txt.gz", f"given\t{' '.join(given)}\nsurname\t{' '.join(surnames)}\n")
    _write(out / "eponyms.tsv", "".join(f"{e}\t{s}\t{'|'.join(heads)}\n" for e, (s, heads) in sorted(eponyms.items())))
    _write(out / "nicknames.tsv", "".join(f"{n}\t{'|'.join(full)}\n" for n, full in sorted(_nicknames().items())))
    return {f.name or "": sum(1 for b in bits.values() if b & f) for f in Known} | {"tokens": len(bits)}


def _mark_people(bits: Bits, people: People, given: list[str], surnames: list[str]) -> None:
    bits.mark(Known.GIVEN, people.given)
    bits.mark(Known.GIVEN_COMMON, given[:GIVEN_COMMON])
    bits.mark(Known.SURNAME, people.surnames)
    bits.mark(Known.SURNAME_COMMON, surnames[:SURNAME_COMMON])
    bits.mark(Known.NICKNAME, _nicknames().keys() - authored_words("not_nicknames.txt"))
    bits.mark(Known.FEMALE, people.mostly("f"))
    bits.mark(Known.MALE, people.mostly("m"))


def _mark_places(bits: Bits, places: Places) -> None:
    bits.mark(Known.CITY, (t for t in _single(places.city) if len(t) > 2))
    bits.mark(Known.CITY_LARGE, _single(places.city_large))
    bits.mark(Known.STATE, _single(places.state))
    bits.mark(Known.STATE_CODE, places.state_code)
    bits.mark(Known.COUNTRY, _single(places.country))
    bits.mark(Known.COUNTY, _single(places.county))


def _single(names: set[tuple[str, ...]]) -> set[str]:
    return {tokens[0] for tokens in names if len(tokens) == 1}


def _nicknames() -> dict[str, list[str]]:
    """nickname -> full names, in the order of the project's own table, whose rows are `full<TAB>nick nick …`."""
    table: dict[str, list[str]] = defaultdict(list)
    for full, nicks in _tsv("nicknames.tsv"):
        for nick in nicks.split():
            for form in name_tokens(nick):
                if full not in table[form]:
                    table[form].append(full)
    return table


def _tsv(name: str) -> list[tuple[str, str]]:
    return [(line.split("\t")[0], line.split("\t")[1]) for line in authored(name)]


def _grouped(bits: Bits) -> str:
    by_bits: dict[int, list[str]] = defaultdict(list)
    for token, value in bits.items():
        by_bits[value].append(token)
    return "".join(f"{value}\t{' '.join(sorted(tokens))}\n" for value, tokens in sorted(by_bits.items()))


def _write(path: Path, text: str) -> None:
    data = text.encode("utf-8")
    if path.suffix == ".gz":
        data = gzip.compress(data, compresslevel=9, mtime=0)
    path.write_bytes(data)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=Path, required=True, help="folder filled by fetch.sh")
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    for name, count in build(arguments.sources, arguments.out).items():
        print(f"{name:16}{count:>9,}")
