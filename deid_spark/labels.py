"""The label set (i2b2 2014 sub-types) and its crosswalks.

HIPAA letters are the paragraphs of 45 CFR 164.514(b)(2)(i): (A) names … (R) any other unique number or code.
"""

from __future__ import annotations

HIPAA_CATEGORY: dict[str, str | None] = {
    "PATIENT": "A",
    "DOCTOR": "A",
    "USERNAME": "R",
    "PROFESSION": None,
    "HOSPITAL": "B",
    "DEPARTMENT": "B",
    "ORGANIZATION": "A",  # employers of the individual are named in 164.514(b)(2)(i)
    "ROOM": "B",
    "STREET": "B",
    "CITY": "B",
    "STATE": None,
    "COUNTRY": None,
    "ZIP": "B",
    "LOCATION_OTHER": "B",
    "AGE": "C",
    "DATE": "C",
    "PHONE": "D",
    "FAX": "E",
    "EMAIL": "F",
    "URL": "N",
    "IPADDRESS": "O",
    "SSN": "G",
    "MEDICALRECORD": "H",
    "HEALTHPLAN": "I",
    "ACCOUNT": "J",
    "LICENSE": "K",
    "VEHICLE": "L",
    "DEVICE": "M",
    "BIOID": "P",
    "IDNUM": "R",
}

LABELS: tuple[str, ...] = tuple(HIPAA_CATEGORY)

NAME_LABELS = frozenset({"PATIENT", "DOCTOR"})
NUMBER_LABELS = frozenset(
    {
        "PHONE", "FAX", "SSN", "MEDICALRECORD", "HEALTHPLAN", "ACCOUNT",
        "LICENSE", "VEHICLE", "DEVICE", "BIOID", "IDNUM", "IPADDRESS",
    }
)  # fmt: skip

# A detector's private label for text that must not be taken for an identifier (a dose, a score, an eponym).
# The merge uses it and drops it: it never leaves `merge.py`.
PROTECTED = "PROTECTED"
