"""US places, counties and states, countries and large foreign cities."""

from __future__ import annotations

import json
from pathlib import Path

from readers import authored, name_tokens, plain, rows_of, text_of

from deid_spark.detect.dictionaries import tokens_of

LARGE = 100_000
# People from there are frequent in US records, so smaller places count; elsewhere only large cities.
FOREIGN_MIN = {
    "CA": 30_000, "MX": 60_000, "PR": 0, "GU": 0, "VI": 0, "GB": 100_000, "DO": 80_000, "CU": 100_000, "GT": 60_000,
    "SV": 50_000, "HN": 80_000, "PH": 150_000, "HT": 80_000, "JM": 50_000, "IE": 50_000,
}  # fmt: skip
ELSEWHERE_MIN = 250_000
LARGE_ABROAD = 500_000


class Places:
    """Token sets by class, and multi-word names by class."""

    def __init__(self, sources: Path, common: set[str]):
        self.sources = sources
        self.common = common  # foreign cities that read as plain words (`nice`, `bath`, `hue`) stay out
        self.city: set[tuple[str, ...]] = set()
        self.city_large: set[tuple[str, ...]] = set()
        self.populous: set[tuple[str, ...]] = set()  # more than 5,000 people
        self.county: set[tuple[str, ...]] = set()
        self.state: set[tuple[str, ...]] = set()
        self.state_code: set[str] = set()
        self.country: set[tuple[str, ...]] = set()
        self._zip_cities()
        self._geonames()
        self._authored()

    def _city(self, name: str, population: int, large: int = LARGE) -> None:
        for tokens in forms(name):
            if 0 < len(tokens) < 5 and not any(t.isdigit() for t in tokens):
                self.city.add(tokens)
                if population > 5_000:
                    self.populous.add(tokens)
                if population > large:
                    self.city_large.add(tokens)

    def _zip_cities(self) -> None:
        for row in rows_of(self.sources / "tide" / "zipcode_tide.csv.gz"):
            self._city(row[3], 0)
            self.state.add(tokens_of(row[5]))
            self.state_code.add(row[4].lower())
            if row[7]:
                self.county |= forms(row[7])

    def _geonames(self) -> None:
        folder = self.sources / "geonames"
        for place in json.loads(text_of(folder / "cities500.json")).values():
            if place["countrycode"] == "US":
                self._city(place["name"], place["population"])
        for place in json.loads(text_of(folder / "cities15000.json")).values():
            code, population = place["countrycode"], place["population"]
            if code == "US" or population < FOREIGN_MIN.get(code, ELSEWHERE_MIN):
                continue
            if place["name"].lower() not in self.common:
                self._city(place["name"], population, LARGE if code in FOREIGN_MIN else LARGE_ABROAD)
        for county in json.loads(text_of(folder / "us_counties.json")):
            name = county["name"]
            for ending in (" County", " Parish", " Borough", " Census Area", " Municipality", " city", " Municipio"):
                name = name.removesuffix(ending)
            self.county |= forms(name)
        for country in json.loads(text_of(folder / "countries.json")).values():
            self.country |= forms(country["name"])
            if country["capital"].lower() not in self.common:
                self._city(country["capital"], country["population"] // 10, LARGE_ABROAD)

    def _authored(self) -> None:
        unfit = {tokens_of(line) for line in authored("not_places.txt")}
        for group in (self.city, self.city_large, self.populous):
            group -= unfit
        for line in authored("places.tsv"):
            kind, names = line.split("\t")
            for name in names.split("|"):
                if kind == "city_large":
                    self._city(name, 10_000_000)
                elif kind == "city":
                    self._city(name, 0)
                elif kind == "state_code":
                    self.state_code.add(name.lower())
                else:
                    getattr(self, kind).update(forms(name))


def forms(name: str) -> set[tuple[str, ...]]:
    """Token forms of a place name, with and without accents, `St`/`Saint`, `Ft`/`Fort`, `Mt`/`Mount`."""
    found = set()
    for text in {name, plain(name)}:
        tokens = tokens_of(text.partition("(")[0])
        if not tokens or not all(name_tokens(t) for t in tokens):
            continue
        found.add(tokens)
        for short, long in (("st", "saint"), ("ft", "fort"), ("mt", "mount"), ("ste", "sainte")):
            if len(tokens) > 1 and tokens[0] in (short, long):
                found |= {(short, *tokens[1:]), (long, *tokens[1:])}
    return found
