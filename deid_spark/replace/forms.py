"""Under which (kind, canonical) a mention's identity stands."""

from __future__ import annotations

import re
import unicodedata

from deid_spark.labels import NUMBER_LABELS
from deid_spark.replace import identifiers
from deid_spark.replace.pools import fold, pools

# Made by replace/identifiers.py: digits to digits, checksums and reserved ranges.
CODED_LABELS = NUMBER_LABELS | {"USERNAME", "EMAIL", "URL"}
_EDGE = " \t\r\n.,;:()[]{}\"“”'‘’"


def edges(text: str) -> tuple[str, str, str]:
    """(punctuation before, core, punctuation after); the three together are `text`."""
    core = text.strip(_EDGE)
    start = text.find(core) if core else len(text)
    return text[:start], core, text[start + len(core) :]


def plain_form(text: str) -> str:
    """Folded, single-spaced, without edge punctuation; a single word without possessive. One key for all spellings."""
    folded = fold(unicodedata.normalize("NFC", edges(text)[1]))
    folded = re.sub(r"'s$", "", folded) if " " not in folded else folded
    return re.sub(r"\s+", " ", folded)


def value_key(label: str, text: str) -> tuple[str, str]:
    """(kind, canonical) of any label but PATIENT and DOCTOR."""
    if label in CODED_LABELS:
        return ("PHONE" if label == "FAX" else label), identifiers.canonical(label, text)
    form = plain_form(text)
    if label == "STATE":
        return label, pools().state_codes.get(form, pools().state_codes.get(form + ".", form))
    return label, form
