"""Numbers for redacted identities: `[PATIENT-1]` is the same person in all of the patient's notes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from deid_spark.labels import NAME_LABELS
from deid_spark.replace.facilities import stem_keys
from deid_spark.replace.rowbook import RowBook


def number_tags(
    book: RowBook, forms: Mapping[str, Mapping[str, list[str]]], people: Mapping[str, Mapping[str, tuple[str, str]]]
) -> None:
    """Rows `tag:LABEL` for every label that the policy redacts. New numbers go up in canonical order."""
    for label in sorted({*forms, *people}):
        if book.policy.action(label) != "redact":
            continue
        if label in NAME_LABELS:
            owner = {form: "|".join(person) for form, person in people[label].items()}
        else:
            owner = {form: form for form in forms[label]}
            if label in ("HOSPITAL", "ORGANIZATION"):
                owner = stem_keys(forms[label])
        _number(book, label, owner)


def _number(book: RowBook, label: str, owner: Mapping[str, str]) -> None:
    kind = f"tag:{label}"
    tag_of: dict[str, str] = {}
    highest = 0
    for (row_kind, form), tag in sorted(book.rows.items()):
        if row_kind == kind:
            highest = max(highest, int(tag.rsplit("-", 1)[1]))
            if form in owner:
                tag_of.setdefault(owner[form], tag)
    members: dict[str, list[str]] = defaultdict(list)
    for form, identity in owner.items():
        members[identity].append(form)
    for identity in sorted(members):
        if identity not in tag_of:
            highest += 1
            tag_of[identity] = f"{label}-{highest}"
        for form in members[identity]:
            book.rows.setdefault((kind, form), tag_of[identity])
