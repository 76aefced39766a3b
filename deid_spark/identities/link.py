"""Mentions of one patient -> identity rows. Order-free, incremental, and linear in the number of mentions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from deid_spark.identities.naming import link_names
from deid_spark.identities.rows import Identity, Mention
from deid_spark.identities.tags import number_tags
from deid_spark.keys import Key
from deid_spark.labels import LABELS, NAME_LABELS
from deid_spark.policy import Policy
from deid_spark.replace import identifiers
from deid_spark.replace.dates import shift_weeks
from deid_spark.replace.draw import Drawer, words_of
from deid_spark.replace.forms import CODED_LABELS, value_key
from deid_spark.replace.locations import PLACE_LABELS, make_places, states_of
from deid_spark.replace.rowbook import RowBook

# What a patient's name may not be replaced by includes every word of the originals: one letter says nothing.
MIN_FORBIDDEN = 2
_TAIL = 4
_ATTEMPTS = 500


def link(
    patient_id: str,
    mentions: Iterable[Mention],
    *,
    policy: Policy,
    key: Key,
    known: Sequence[Any] = (),
    existing: Iterable[Identity] = (),
) -> list[Identity]:
    """Identity rows of one patient: `existing` as they are, then what is new, sorted by kind and canonical.

    mentions: of all the patient's notes, in any order. known: KnownValue rows of the patient. Rows are made for the
    labels that the policy gives a surrogate or a tag.
    """
    old = list(existing)
    counts = Counter((m.label, m.text) for m in mentions)
    for label, text in _known_names(known):
        counts[label, text] += 1
    rows = {(row.kind, row.canonical): row.surrogate for row in old}
    book = RowBook(_drawer(patient_id, key, counts, known, old), policy, rows, defaultdict(set))
    _special_rows(patient_id, book)
    surrogate_labels = {label for label in LABELS if policy.action(label) == "surrogate"}
    names = {lt: n for lt, n in counts.items() if lt[0] in NAME_LABELS}
    sure = {word for _, text in _known_names(known) for word in words_of(text)}
    tagged = link_names(book, names, sure, surrogate_labels & NAME_LABELS)
    forms = _forms(counts)
    for label, by_form in forms.items():
        book.originals[label].update(form.lower() for form in by_form)
    for kind, canonical in rows:
        book.originals[kind].add(canonical.lower())
    book.states = states_of(forms, rows)
    make_places(book, {label: forms[label] for label in PLACE_LABELS if label in surrogate_labels and label in forms})
    codes: dict[str, set[str]] = defaultdict(set)
    for label in CODED_LABELS & surrogate_labels & set(forms):
        codes["PHONE" if label == "FAX" else label].update(forms[label])
    for kind in sorted(codes):
        _make_codes(book, kind, codes[kind])
    number_tags(book, forms, tagged)
    have = {(row.kind, row.canonical) for row in old}
    new = [
        Identity(patient_id, kind, c, s, key.epoch) for (kind, c), s in sorted(rows.items()) if (kind, c) not in have
    ]
    return [*old, *new]


def _drawer(
    patient_id: str, key: Key, counts: Mapping[tuple[str, str], int], known: Sequence[Any], old: list[Identity]
) -> Drawer:
    texts = [text for _, text in counts] + [str(value.value) for value in known]
    texts += [row.canonical for row in old if not row.kind.startswith("tag:")]
    drawer = Drawer(patient_id, key, {w for text in texts for w in words_of(text) if len(w) >= MIN_FORBIDDEN})
    for row in old:
        for space in _SPACES.get(row.kind, (row.kind,)):
            drawer.take(space, row.surrogate)
    return drawer


_NAME_PARTS = ("given_name", "middle_name", "family_name", "former_name", "nickname")

# In which spaces a row's surrogate is taken, so that an increment draws nothing twice.
_SPACES: dict[str, tuple[str, ...]] = {
    "PATIENT.part": ("name",), "DOCTOR.part": ("name",), "STATE": ("state",), "CITY": ("city",), "ZIP": ("zip",),
    "COUNTRY": ("country",), "PROFESSION": ("profession",), "HOSPITAL": ("acronym",), "ORGANIZATION": ("acronym",),
    "STREET.part": ("street", "street-number"), "DEPARTMENT.part": ("department",),
    "LOCATION_OTHER": ("place",), "LOCATION_OTHER.part": ("place", "place-number"),
}  # fmt: skip


def _known_names(known: Sequence[Any]) -> list[tuple[str, str]]:
    """(label, name) of the known values that are names of people; the patient's single parts make a full name too."""
    found = set()
    parts: dict[str, list[str]] = defaultdict(list)
    for value in known:
        if value.kind in ("patient_name", "relative_name", "provider_name"):
            found.add(("DOCTOR" if value.kind == "provider_name" else "PATIENT", str(value.value)))
        elif value.kind in _NAME_PARTS:
            parts[value.kind].append(str(value.value))
    for family in sorted(parts["family_name"]):
        for given in sorted(parts["given_name"]):
            found.add(("PATIENT", f"{family}, {given}"))
    for kind in _NAME_PARTS:
        found.update(("PATIENT", text) for text in parts[kind])
    return sorted(found)


def _special_rows(patient_id: str, book: RowBook) -> None:
    book.row("patient_id", patient_id, lambda digest: digest[:8].hex())
    book.row("note_salt", patient_id, lambda digest: digest.hex())  # secret: note ids are made with it
    book.row("date_shift_weeks", patient_id, lambda digest: str(shift_weeks(digest, book.policy.dates)))


def _forms(counts: Mapping[tuple[str, str], int]) -> dict[str, dict[str, list[str]]]:
    """label -> canonical -> spellings, sorted; FAX and PHONE share identities but keep their labels here."""
    forms: dict[str, dict[str, list[str]]] = {}
    for label, text in sorted(counts):
        if label not in NAME_LABELS:
            forms.setdefault(label, {}).setdefault(value_key(label, text)[1], []).append(text)
    return forms


def _make_codes(book: RowBook, kind: str, canonicals: Iterable[str]) -> None:
    """Rows of numbers, net addresses and user names.

    A short form (`last four`) takes the whole number's surrogate; a phone's extensions share the phone's.
    """
    wanted = set(canonicals)
    wanted |= {main for c in wanted if (main := identifiers.without_extension(kind, c))}
    ordered = sorted(wanted, key=lambda c: (identifiers.without_extension(kind, c) is not None, -len(c), c))
    by_tail: dict[str, list[str]] = defaultdict(list)
    for canonical in sorted({*ordered, *(c for k, c in book.rows if k == kind)}, key=lambda c: (-len(c), c)):
        by_tail[canonical[-_TAIL:]].append(canonical)
    for canonical in ordered:  # numbers without extension first, long ones before their tails
        main = identifiers.without_extension(kind, canonical)
        if main:
            extend = partial(identifiers.extend, canonical, book.rows[kind, main])
            book.row(kind, canonical, extend)
            continue
        whole = next((c for c in by_tail[canonical[-_TAIL:]] if identifiers.is_tail(kind, canonical, c)), None)
        if whole is not None and (kind, whole) in book.rows:
            book.rows.setdefault((kind, canonical), book.rows[kind, whole])
        else:
            book.row(kind, canonical, partial(_draw_code, book, kind, kind, canonical))


def _draw_code(book: RowBook, label: str, kind: str, canonical: str, digest: bytes) -> str:
    attempt = 0
    while True:
        fake = identifiers.fake(label, canonical, digest, attempt)
        attempt += 1
        is_new = (
            book.drawer.is_unused(kind, fake) and identifiers.canonical(label, fake).lower() not in book.originals[kind]
        )
        if is_new or attempt > _ATTEMPTS:  # a one-digit number has no more than nine others
            book.drawer.take(kind, fake)
            return fake
