"""Rows for names: parts, initials, persons; and which person each mention speaks of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Set
from functools import partial

from deid_spark.identities.people import NameParts, draw_letters, draw_parts, nickname_heads, typo_heads
from deid_spark.identities.persons import Persons, letters_of
from deid_spark.replace.names import BARE, GIVEN, INITIAL, SURNAME, Name
from deid_spark.replace.rowbook import RowBook

# A patient with more full names of one surname than this has initials of the rarer ones drawn apart.
MAX_NAMESAKES = 300
Person = tuple[str, str]


def link_names(
    book: RowBook, names: Mapping[tuple[str, str], int], sure: set[str], surrogate_labels: Set[str]
) -> dict[str, dict[str, Person]]:
    """Make the rows of all name mentions. Returns label -> form of a mention -> person, for the tags.

    names: (label, text) -> how often. sure: parts of the patient's known names.
    """
    parts = NameParts(names, sure)
    existing = {c: s for (kind, c), s in book.rows.items() if kind in ("PATIENT.part", "DOCTOR.part")}
    typos = typo_heads(parts, existing)
    heads = {**nickname_heads(parts, existing, typos), **typos}
    by_label: dict[str, dict[str, Name]] = defaultdict(dict)
    for (label, text), name in parts.parsed.items():
        by_label[label][text] = name
    if surrogate_labels:
        fakes = draw_parts(parts, existing, _wanted_letters(book, parts), book.drawer)
        for label, parsed in by_label.items():
            if label in surrogate_labels:
                for part in {p for name in parsed.values() for p in name.names}:
                    book.rows.setdefault((f"{label}.part", part), fakes[part])
        _initials(book, by_label, names, surrogate_labels)
        for label in sorted(surrogate_labels & set(by_label)):
            _person_rows(book, label, by_label[label])
    people: dict[str, dict[str, Person]] = {}
    for label, parsed in by_label.items():
        if book.policy.action(label) != "redact":
            continue
        counts = {text: names[label, text] for text in parsed}
        persons = Persons(parsed, counts, heads, sure)
        people[label] = {name.form: persons.of(name) for _, name in sorted(parsed.items())}
        people[label].update(_single_parts(parsed, persons))
    return people


def _person_rows(book: RowBook, label: str, parsed: Mapping[str, Name]) -> None:
    """A row for each full name: it says which parts may be looked for together."""
    for name in parsed.values():
        given, surnames = name.of(GIVEN), name.of(SURNAME)
        if given and surnames:
            fake = " ".join(book.rows[f"{label}.part", part] for part in (*given, *surnames))
            book.rows.setdefault((f"{label}.person", f"{' '.join(given)}|{' '.join(surnames)}"), fake)


def _single_parts(parsed: Mapping[str, Name], persons: Persons) -> dict[str, Person]:
    """What one part alone means, so that a part found again later has its person."""
    singles: dict[str, Person] = {}
    for name in parsed.values():
        for part in name.parts:
            if part.canonical not in singles and part.canonical in name.names:
                singles[part.canonical] = persons.of(Name((part._replace(role=BARE),), ""))
    return singles


def _wanted_letters(book: RowBook, parts: NameParts) -> dict[str, str]:
    """Part -> first letter of its fake, where an older increment has already written a fake initial for it."""
    older: dict[tuple[str, str], str] = {}
    for (kind, canonical), letters in sorted(book.rows.items()):
        letter, _, context = canonical.partition("|")
        if kind.endswith(".initials") and len(letter) == 1 and context:
            older.setdefault((letter, context), letters)
    wanted: dict[str, str] = {}
    if older:
        for part in sorted(parts.surnames_of):
            for surname in sorted(parts.surnames_of[part]):
                if (part[0], surname) in older:
                    wanted.setdefault(part, older[part[0], surname])
    return wanted


def _initials(
    book: RowBook,
    by_label: Mapping[str, Mapping[str, Name]],
    counts: Mapping[tuple[str, str], int],
    surrogate_labels: Set[str],
) -> None:
    """Rows of initials: letters that stand with a name first, then signatures of letters alone."""
    for label in sorted(set(by_label) & set(surrogate_labels)):
        parsed = by_label[label]
        by_part: dict[str, list[str]] = defaultdict(list)
        for text in sorted(parsed, key=lambda t: (-counts[label, t], t)):
            for part in set(parsed[text].names):
                by_part[part].append(text)
        for text in sorted(parsed):
            name = parsed[text]
            if name.initials and name.names:
                rarest = min(name.names, key=lambda p: (len(by_part[p]), p))
                others = [parsed[t] for t in by_part[rarest][:MAX_NAMESAKES]]
                book.row(f"{label}.initials", name.initials_key, partial(_letters_with, book, name, others))
        signatures = _signatures(book, label, parsed, counts)
        for text in sorted(parsed):
            name = parsed[text]
            if name.initials and not name.names:
                fake = signatures.get(name.initials, "")
                book.row(f"{label}.initials", name.initials_key, partial(_signature, name.initials, fake))


def _signature(letters: str, fake: str, digest: bytes) -> str:
    return fake or draw_letters(letters, digest)


def _letters_with(book: RowBook, name: Name, others: list[Name], digest: bytes) -> str:
    """`J.` of `J. Smith` is the first letter of the fake of the John who is a Smith; else it is drawn."""
    known = set(name.names)
    drawn = draw_letters(name.initials, digest)
    fake, used = "", set(known)
    for letter, fallback in zip(name.initials, drawn, strict=True):
        found = next(
            (
                p
                for other in others
                if known <= set(other.names)
                for p in other.names
                if p not in used and p[0] == letter
            ),
            None,
        )
        if found:
            used.add(found)
        fake += _fake_of(book, found)[0].upper() if found else fallback
    return fake


def _fake_of(book: RowBook, part: str) -> str:
    return book.rows.get(("PATIENT.part", part)) or book.rows["DOCTOR.part", part]


def _signatures(
    book: RowBook, label: str, parsed: Mapping[str, Name], counts: Mapping[tuple[str, str], int]
) -> dict[str, str]:
    """Letters of full names -> the letters of their fakes, with and without middle initials; the most frequent wins."""
    found: dict[str, str] = {}
    for text in sorted(parsed, key=lambda t: (-counts[label, t], t)):
        name = parsed[text]
        if len(name.names) + len(name.initials) < 2 or not name.names:
            continue
        letters = book.rows.get((f"{label}.initials", name.initials_key), "") if name.initials else ""
        fakes = tuple(
            p._replace(canonical=_fake_of(book, p.canonical).lower() if p.role != INITIAL else "")
            for p in name.parts
            if p.canonical in name.names or p.role == INITIAL
        )
        middle = iter(letters.lower())
        filled = tuple(p._replace(canonical=next(middle, "")) if p.role == INITIAL else p for p in fakes)
        found.setdefault(letters_of(name), letters_of(Name(filled, "")).upper())
        plain = Name(tuple(p for p in name.parts if p.role != INITIAL), "")
        plain_fake = Name(tuple(p for p in filled if p.role != INITIAL), "")
        if len(plain.names) > 1:
            found.setdefault(letters_of(plain), letters_of(plain_fake).upper())
    return found
