"""Given names and surnames of many origins, with US frequency and sex."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections import Counter, defaultdict
from pathlib import Path

from readers import authored, authored_words, name_tokens, rows_of, text_of

GIVEN_COMMON, SURNAME_COMMON = 1500, 3000
RANKED_GIVEN, RANKED_SURNAMES = 5000, 20000


class People:
    """Names gathered from all sources. Frequencies are shares of the US population, census 1990 and 2000."""

    def __init__(self, sources: Path):
        self.sources = sources
        self.sex: dict[str, Counter[str]] = defaultdict(Counter)  # token -> {"f": weight, "m": weight}
        self.given: set[str] = set()
        self.given_share: Counter[str] = Counter()
        self.surnames: set[str] = set()
        self.surname_count: Counter[str] = Counter()
        self.doubtful_given: set[str] = set()  # only in lists that hold noise (`sunday`, `infant`)
        self.doubtful_surnames: set[str] = set()
        self._census()
        self._lists()
        self._faker()
        self._mimesis()
        self._authored()

    def _add_given(self, name: str, sex: str = "", weight: float = 0.001, sure: bool = True) -> None:
        for token in name_tokens(name):
            if len(token) > 1:
                (self.given if sure else self.doubtful_given).add(token)
                if sex:
                    self.sex[token][sex] += weight

    def _add_surname(self, name: str, sure: bool = True) -> None:
        for token in name_tokens(name):
            if len(token) > 1:
                (self.surnames if sure else self.doubtful_surnames).add(token)

    def _census(self) -> None:
        folder = self.sources / "census"
        for sex, name in (("f", "female"), ("m", "male")):
            for row in list(rows_of(folder / f"dist.{name}.first.1990.csv.gz"))[1:]:
                self._add_given(row[0], sex, float(row[1]))
                self.given_share[row[0].lower()] += float(row[1])
        for row in list(rows_of(folder / "dist.all.last.2000.csv.gz"))[1:]:
            self._add_surname(row[0])
            self.surname_count[row[0].lower()] = int(row[2])
        for row in list(rows_of(folder / "dist.all.last.1990.csv.gz"))[1:]:
            self._add_surname(row[0])

    def _lists(self) -> None:
        tide2, tide, names = self.sources / "tide2", self.sources / "tide", self.sources / "names"
        for row in list(rows_of(tide2 / "first_names_with_sex.tsv.gz", "\t"))[1:]:
            self._add_given(row[1], row[0], sure=False)
        for row in rows_of(tide / "tide_firstname_freq.csv.gz"):
            self._add_given(row[2], row[1].lower(), sure=False)
        for line in text_of(tide2 / "surnames.tsv.gz").splitlines()[1:]:
            if " " not in line.strip():
                self._add_surname(line, sure=False)
        for sex, name in (("f", "female"), ("m", "male")):
            for line in text_of(names / f"first.{name}.names").split():
                self._add_given(line, sex)
        for line in text_of(names / "last.names").split():
            self._add_surname(line)
        for sex, name in (("f", "woman"), ("m", "man")):
            for row in rows_of(names / f"first_name_{name}_opti.csv"):
                if len(row[1]) > 3:
                    self._add_given(row[1], sex, sure=False)
        for row in rows_of(names / "last_name_org.csv"):
            self._add_surname(row[3], sure=int(row[1] or 0) > 20_000)
        for row in list(rows_of(self.sources / "fivethirtyeight" / "unisex_names_table.csv"))[1:]:
            self._add_given(row[1])

    def _faker(self) -> None:
        package = importlib.import_module("faker.providers.person")
        for module in sorted(m.name for m in pkgutil.iter_modules(package.__path__)):
            provider = importlib.import_module(f"faker.providers.person.{module}").Provider
            for field in sorted(vars(provider)):
                values = getattr(provider, field)
                if not isinstance(values, (tuple, list, dict)):
                    continue
                names = [v if isinstance(v, str) else str(v[0]) for v in values]
                if field.startswith(("first_name", "first_romanized")):
                    sex = "f" if "female" in field else "m" if "_male" in field else ""
                    for name in names:
                        self._add_given(name, sex)
                elif field.startswith(("last_name", "last_romanized")):
                    for name in names:
                        self._add_surname(name)

    def _mimesis(self) -> None:
        for path in sorted((self.sources / "mimesis").glob("*.json")):
            data = json.loads(text_of(path))
            for sex in ("female", "male"):
                for name in data.get("names", {}).get(sex, ()):
                    self._add_given(name, sex[0])
            surnames = data.get("surnames", ())
            lists = surnames.values() if isinstance(surnames, dict) else (surnames,)
            for name in (n for names in lists for n in names):
                self._add_surname(name)

    def _authored(self) -> None:
        for line in authored("names_worldwide.tsv"):
            _origin, kind, names = line.split("\t")
            for name in names.split():
                if kind == "surname":
                    self._add_surname(name)
                else:
                    self._add_given(name, {"female": "f", "male": "m"}.get(kind, ""))

    def settle(self, words: set[str], common: set[str]) -> None:
        """Takes the doubtful names that are no words, and drops what is practically never a name."""
        self.given |= self.doubtful_given - words
        self.surnames |= {s for s in self.doubtful_surnames - words if len(s) > 2}
        own = {
            t for line in authored("names_worldwide.tsv") for n in line.split("\t")[2].split() for t in name_tokens(n)
        }
        modern = {t for name in authored_words("given_modern.txt") for t in name_tokens(name)}
        known = set(self.given_share) | own | modern
        self.given = {g for g in self.given | modern if g in known or g not in common}
        frequent = set(self.ranked_surnames()[:SURNAME_COMMON])
        self.given -= {g for g in self.doubtful_given & frequent if g not in known}  # `patel` is no given name
        self.given -= authored_words("not_given.txt")
        self.surnames -= authored_words("not_surnames.txt")

    def ranked_given(self) -> list[str]:
        """Given names by frequency. Names that became frequent after 1990 are slotted in behind the first 600."""
        ranked = [n for n, _ in sorted(self.given_share.items(), key=lambda p: (-p[1], p[0])) if n in self.given]
        modern = [n for line in authored("given_modern.txt") for n in line.lower().split() if n in self.given]
        return list(dict.fromkeys(ranked[:600] + modern + ranked[600:]))[:RANKED_GIVEN]

    def ranked_surnames(self) -> list[str]:
        ranked = sorted(self.surname_count.items(), key=lambda p: (-p[1], p[0]))
        return [n for n, _ in ranked if n in self.surnames][:RANKED_SURNAMES]

    def mostly(self, sex: str) -> set[str]:
        """Given names that at least three of four bearers of sex `f` or `m` have."""
        return {n for n in self.given if self.sex[n][sex] >= 0.75 * self.sex[n].total() > 0}
