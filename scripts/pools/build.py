"""Builds the pools of fake names and places from public-domain and permissive lists. Same input, same bytes.

    python scripts/pools/build.py SOURCE_DIR

SOURCE_DIR holds the files that deid_spark/data/pools/SOURCES.md names (under `geo_names/`), and plain notes
(`*/*.jsonl` named in CORPORA) that are read only to learn which words a reader would not take for a name.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from deid_spark.detect.dictionaries import Lexicon
from deid_spark.detect.lexicon_flags import Known

OUT = Path(__file__).resolve().parents[2] / "deid_spark" / "data" / "pools"
CORPORA = ("mtsamples_part/mtsamples_part.jsonl", "mts_dialog/mts_dialog.jsonl", "aci_bench/aci_bench.jsonl")
POOL_VERSION = "1"
CONFUSING = Known.COMMON | Known.CLINICAL | Known.DRUG | Known.EPONYM | Known.ABBREVIATION | Known.CALENDAR
SURNAMES_KNOWN = 24000  # kept for roles and typos; only the clean ones of the first 8,000 are drawn
SURNAMES_DRAWN = 8000
SIZE_CLASSES = (2500, 10000, 50000, 200000)


def rows(path: Path, delimiter: str = ",") -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as handle:
        yield from csv.DictReader(handle, delimiter=delimiter)


def words_of_notes(source: Path) -> tuple[set[str], set[str]]:
    """(words seen in lower case, words seen at all twice or more) in notes without names of people."""
    lower: set[str] = set()
    seen: Counter[str] = Counter()
    for name in CORPORA:
        with open(source / name, encoding="utf-8") as handle:
            for line in handle:
                for word in re.findall(r"[A-Za-z]+", json.loads(line)["text"]):
                    seen[word.lower()] += 1
                    if word.islower():
                        lower.add(word)
    return lower, {word for word, count in seen.items() if count > 1}


def write(name: str, header: str, lines: list[str]) -> None:
    (OUT / name).write_text(f"# pool version {POOL_VERSION}\n# {header}\n" + "".join(f"{x}\n" for x in lines), "utf-8")
    print(f"{name}: {len(lines)} rows")


class Clean:
    """Says whether a name can be drawn: no ordinary or clinical word, eponym, month, place or corpus word."""

    def __init__(self, source: Path):
        self.lower, self.seen = words_of_notes(source)
        self.words = Lexicon.load().words

    def __call__(self, name: str, also: int = 0) -> bool:
        bits = self.words.get(name.casefold(), 0)
        return len(name) > 2 and name not in self.lower and not bits & (CONFUSING | also)


def given_names(source: Path, clean: Clean) -> None:
    """name, share-based sex F/M/U, tier by frequency (1 most common), 1 when it can be drawn."""
    census: dict[str, dict[str, float]] = defaultdict(dict)
    family = {
        r["name"].lower() for r in rows(source / "geo_names/census/dist.all.last.2000.csv.gz") if int(r["rank"]) <= 1000
    }
    for sex, file in (("F", "dist.female.first.1990.csv.gz"), ("M", "dist.male.first.1990.csv.gz")):
        for row in rows(source / "geo_names/census" / file):
            census[row["name"].lower()][sex] = float(row["frequency"])
    unisex = set()
    with open(source / "geo_names/fivethirtyeight/unisex_names_table.csv", encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            if float(row["total"]) >= 5000:
                unisex.add(row["name"].lower())
    ranked = sorted(census, key=lambda n: (-sum(census[n].values()), n))
    lines, have = [], set()
    for rank, name in enumerate(ranked):
        share = census[name].get("F", 0) / sum(census[name].values())
        sex = "U" if name in unisex or 0.1 < share < 0.9 else ("F" if share >= 0.9 else "M")
        tier = 1 if rank < 250 else 2 if rank < 900 else 3
        drawn = (
            rank < 2200
            and (rank < 200 or name not in family)
            and 3 <= len(name) <= 10
            and clean(name, Known.COUNTRY | Known.STATE | Known.CITY_LARGE)
        )
        lines.append(f"{name.capitalize()}\t{sex}\t{tier}\t{int(drawn)}")
        have.add(name)
    both: dict[str, set[str]] = defaultdict(set)
    for row in rows(source / "geo_names/tide2/first_names_with_sex.tsv.gz", "\t"):
        name = row["name"].strip().lower()
        if re.fullmatch(r"[a-z]{3,12}", name) and name not in have and not clean.words.get(name, 0) & Known.COMMON:
            both[name].add(row["sex"].upper())
    for name in sorted(unisex - have - set(both)):
        both[name] = {"F", "M"}
    for name in sorted(both):
        sex = "U" if len(both[name]) > 1 else next(iter(both[name]))
        lines.append(f"{name.capitalize()}\t{sex}\t4\t{int(name in unisex and clean(name))}")
    write("given_names.tsv", "name, sex (F, M, U both), tier (1 common .. 4 rare), 1 if it may be drawn", lines)


def surnames(source: Path, clean: Clean) -> None:
    """name, tier by rank, origin (h Hispanic, a Asian or Pacific, o other: share >= 50%), 1 when it can be drawn."""
    lines = []
    table = source / "geo_names/census/dist.all.last.2000.csv.gz"
    common = {r["name"].lower() for r in rows(table) if int(r["rank"]) <= SURNAMES_KNOWN}
    for row in rows(table):
        rank, name = int(row["rank"]), row["name"].strip().lower()
        if rank > SURNAMES_KNOWN:
            break
        if not re.fullmatch(r"[a-z]{2,}", name):
            continue
        origin = "h" if share(row["pcthispanic"]) >= 50 else "a" if share(row["pctapi"]) >= 50 else "o"
        tier = 1 if rank <= 400 else 2 if rank <= 2000 else 3 if rank <= SURNAMES_DRAWN else 4
        drawn = tier < 4 and 3 <= len(name) <= 11 and clean(name, Known.WORD | Known.COUNTRY) and name not in clean.seen
        if name[0] == "o" and name[1:] in common | {"connor", "brien", "neill", "keefe", "leary", "reilly", "rourke"}:
            drawn = False  # the census writes O'Connor without its apostrophe
        lines.append(f"{natural_case(name)}\t{tier}\t{origin}\t{int(drawn)}")
    write("surnames.tsv", "name, tier, origin (h, a, o), 1 if it may be drawn", lines)


def share(value: str) -> float:
    return float(value) if re.fullmatch(r"[\d.]+", value) else 0.0


def natural_case(name: str) -> str:
    if re.fullmatch(r"mc[b-df-hj-np-tv-z][a-z]{3,}", name):
        return "Mc" + name[2:].capitalize()
    return name.capitalize()


def cities(source: Path, clean: Clean) -> None:
    """state, city, county, size class, ZIPs with people (three at most), 1 when it can be drawn."""
    people: Counter[tuple[str, str]] = Counter()
    county: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    zips: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    with gzip.open(source / "geo_names/zipcode_tide.csv.gz", "rt", encoding="utf-8", newline="") as handle:
        for row in csv.reader(handle):
            if (
                not re.fullmatch(r"\d{5}", row[0])
                or not re.fullmatch(r"[A-Z]{2}", row[4])
                or row[4] in ("AA", "AE", "AP")
            ):
                continue
            key, count = (row[4], row[3].strip()), int(row[6] or 0)
            people[key] += count
            county[key][row[7].strip()] += count
            zips[key].append((-count, row[0]))
    lines = []
    for state, city in sorted(people):
        key, count = (state, city), people[state, city]
        where = min(county[key], key=lambda c: (-county[key][c], c))
        size = sum(count >= bound for bound in SIZE_CLASSES)
        drawn = (
            count >= 800
            and re.fullmatch(r"[A-Z][a-z]{3,}( [A-Z][a-z]{3,})?", city)
            and all(clean(word.lower()) for word in city.split())
        )
        kept = ",".join(sorted(z for n, z in sorted(zips[key])[:3] if n < 0 or not count))
        lines.append(f"{state}\t{city}\t{where}\t{size}\t{kept}\t{int(bool(drawn))}")
    write("cities.tsv", "state, city, county, size class 0..4, ZIP codes, 1 if it may be drawn", lines)


def zip_prefixes(source: Path) -> None:
    states: dict[str, Counter[str]] = defaultdict(Counter)
    with gzip.open(source / "geo_names/zipcode_tide.csv.gz", "rt", encoding="utf-8", newline="") as handle:
        for row in csv.reader(handle):
            if re.fullmatch(r"\d{5}", row[0]) and re.fullmatch(r"[A-Z]{2}", row[4]):
                states[row[0][:3]][row[4]] += 1
    lines = [f"{prefix}\t{min(c, key=lambda s: (-c[s], s))}" for prefix, c in sorted(states.items())]
    write("zip3_states.tsv", "first three digits of a ZIP, the state that most of its ZIPs lie in", lines)


def restricted_zips(source: Path) -> None:
    data = json.loads((source / "geo_names/restricted_zip3.json").read_text("utf-8"))
    c2000, c2010 = data["census_2000_hhs_guidance_17"], data["census_2010_14_microsoft_config"]
    out = {"version": POOL_VERSION, "census_2000": c2000, "census_2010": c2010, "union": sorted({*c2000, *c2010})}
    (OUT / "restricted_zip3.json").write_text(json.dumps(out, indent=1) + "\n", "utf-8")


def main() -> None:
    source = Path(sys.argv[1])
    OUT.mkdir(parents=True, exist_ok=True)
    clean = Clean(source)
    given_names(source, clean)
    surnames(source, clean)
    cities(source, clean)
    zip_prefixes(source)
    restricted_zips(source)


if __name__ == "__main__":
    main()
