"""Safe clinical vocabulary, drugs and eponyms out of code descriptions, disease names, drug lists and notes."""

from __future__ import annotations

import bz2
import json
import pickle
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from english import WordNet
from readers import AUTHORED, authored_words, rows_of, text_of

from deid_spark.detect.dictionaries import tokens_of

RUN = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)*")
MEDICAL_HEADS = (
    "body_part", "body_substance", "pathological_state", "symptom", "medical_procedure", "medical_instrument",
    "surgical_instrument", "diagnostic_procedure", "medicine", "microorganism", "vitamin", "hormone", "enzyme",
    "medical_building", "dressing", "catheter", "prosthesis", "physiological_state", "mental_disorder",
    "operation", "surgery", "medical_care", "injury", "hurt", "pain", "tissue", "bodily_process", "abnormality",
)  # fmt: skip
DRUG_HEADS = ("drug", "medicine", "antibiotic", "vitamin")


class Described(NamedTuple):
    """Clinical terms read from code lists."""

    lower: Counter[str]  # lower-case word -> in how many descriptions
    proper: dict[str, Counter[str]]  # capitalised word inside a term -> lower-case words beside it
    terms: list[str]  # whole disease names with case, where a capital means a proper name


def describe(sources: Path) -> Described:
    lower: Counter[str] = Counter()
    proper: dict[str, Counter[str]] = defaultdict(Counter)
    terms: list[str] = []
    for text, cased_first in _descriptions(sources):
        words = RUN.findall(text)
        if not words or text.isupper():
            continue
        lower.update({w.lower() for w in words if w.islower()})
        if cased_first:
            terms.append(text)
        for i, word in enumerate(words):
            if word[0].isupper() and word[1:].islower() and len(word) > 2 and (i or cased_first):
                near = words[max(0, i - 1) : i] + words[i + 1 : i + 2]
                proper[tokens_of(word)[0]].update(n.lower() for n in near if len(n) > 2)
    return Described(lower, proper, terms)


def _descriptions(sources: Path) -> Iterator[tuple[str, bool]]:
    """(description, whether its first word is capitalised only when it is a proper name)."""
    icd, do = sources / "icd", sources / "do"
    for line in text_of(icd / "icd10cm-codes-2024.txt.gz").splitlines():
        yield line[8:].strip(), False
    for name in ("CMS32_DESC_LONG_DX.txt.gz", "CMS32_DESC_LONG_SG.txt.gz"):
        for line in text_of(icd / name).splitlines():
            yield line.partition(" ")[2].strip(), False
    for name in ("ccs_dx_icd10cm_2019_1.csv.gz", "ccs_pr_icd10pcs_2019_1.csv.gz"):
        for label in sorted({row[3] for row in rows_of(icd / name)}):
            yield label, False
    for row in rows_of(do / "HumanDO.tsv.gz", "\t"):
        yield row[1], True
    for name in ("DO_rare_slim", "DO_cancer_slim", "DO_infectious_disease_slim", "orphanet_import"):
        for line in text_of(do / f"{name}.obo.gz").splitlines():
            if line.startswith("name: "):
                yield line[6:], name != "orphanet_import"
            elif line.startswith('synonym: "'):
                yield line.split('"')[1], False


def vocabulary(sources: Path, described: Described, net: WordNet, common: set[str], names: set[str]) -> set[str]:
    """Words of clinical text that are safe to leave, lower case. `names`: frequent personal names.

    A word must stand in lower case in the sources, so that `parkinson` and `wilson` stay out; common English words
    only when they are medical by WordNet or frequent in code descriptions; names only when medical by WordNet.
    The project's own words come on top, in `build.py`: they win over eponyms (`fallopian`).
    """
    medical = _single(net.under(*MEDICAL_HEADS)) & (net.lower | set(described.lower))
    found = medical | {w for w, n in described.lower.items() if len(w) > 2 and (w not in common or n >= 40)}
    found |= {w for w, n in _note_words(sources).items() if n >= 2 and w not in common}
    found |= {w for w in _procedure_words(sources) if w not in common}
    found -= {w for w in found if w in names and w not in medical}
    found |= {w for w in coined() if w not in names and w not in common}
    return found - authored_words("not_clinical.txt")


def coined() -> set[str]:
    """Words made of the parts in `clinical_forms.toml`."""
    families = tomllib.loads((AUTHORED / "clinical_forms.toml").read_text(encoding="utf-8"))["family"]
    alone = {b for f in families if f.get("alone") for b in f["second"].split()}
    return alone | {a + b for f in families for a in f["first"].split() for b in f["second"].split()}


def _single(phrases: Iterable[str]) -> set[str]:
    return {p for p in phrases if p.isalpha() and p.islower() and len(p) > 2}


def _note_words(sources: Path) -> Counter[str]:
    """Lower-case words of visit notes and note sections, by the number of notes that they stand in."""
    counts: Counter[str] = Counter()
    for name in ("aci_bench.jsonl", "mts_dialog.jsonl"):
        for line in text_of(sources / "notes" / name).splitlines():
            words = re.findall(r"(?<![\w'-])[a-z]{3,}(?![\w'-])", json.loads(line)["text"])
            counts.update(set(words))
    return counts


def _procedure_words(sources: Path) -> set[str]:
    """Words of ICD-10-PCS, which is in title case throughout: proper names can't be told, so only frequent ones."""
    counts: Counter[str] = Counter()
    for line in text_of(sources / "icd" / "icd10pcs-codes-2024.txt.gz").splitlines():
        counts.update({w.lower() for w in RUN.findall(line[8:]) if len(w) > 3})
    return {w for w, n in counts.items() if n >= 20}


class _Plain(pickle.Unpickler):
    """Reads built-in containers only: the drug list is a pickle, and a pickle may not run code here."""

    def find_class(self, module: str, name: str) -> object:
        raise pickle.UnpicklingError(f"unexpected {module}.{name}")


def drugs(sources: Path, net: WordNet, words: set[str], names: set[str]) -> set[str]:
    """Drug ingredients and brands of one word; those that are ordinary words or frequent names only if listed by us."""
    found: set[str] = set()
    for line in text_of(sources / "unii" / "UNII_Names.txt").splitlines():
        columns = line.split("\t")
        if columns[1] in ("of", "bn") and re.fullmatch(r"[A-Z]{4,24}", columns[0]):
            found.add(columns[0].lower())
    with bz2.open(sources / "drugs" / "drug_ner_dictionary.pkl.bz2") as file:
        lists = _Plain(file).load()
    data = lists["drug_canonical_to_data"]
    for variant, canonicals in lists["drug_variant_to_canonical"].items():
        # Entries that lean on Wikipedia text are left out: its licence is share-alike.
        clean = not any("wikipedia_url" in data.get(c, {}) for c in canonicals)
        if variant.isascii() and variant.isalpha() and len(variant) > 3 and (clean or variant in canonicals):
            found.add(variant.lower())
    for name, facts in data.items():  # `insulin glargine`: the rare word of a longer name
        if "medline_plus_id" in facts or "drugbank_id" in facts:
            found |= {t for t in tokens_of(name) if t.isascii() and t.isalpha() and len(t) > 5}
    found |= _single(net.under(*DRUG_HEADS))
    found = {d for d in found if d not in names and d not in words}
    return found | authored_words("drugs.txt")
