"""The rows of secure.identities and their look-up.

| kind | canonical | surrogate |
|---|---|---|
| `PATIENT.part`, `DOCTOR.part` | a folded name part: `smith` | its fake: `Brown`; typos, short forms too |
| `PATIENT.initials`, … | letters and the parts they stand with: `j|smith`, `mlk|` | the fake's letters |
| `PATIENT.person`, … | given names, a `|`, surnames: `john|smith` | the fake full name |
| a label (`CITY`, `STREET`, `MEDICALRECORD`; `PHONE` is FAX too) | the value's canonical form | its fake |
| `FACILITY.stem`, `STREET.part` | what forms of one facility or address share | its fake |
| `tag:LABEL` | the form of a mention | `PATIENT-1`: all forms of one person or thing have one number |
| `patient_id`, `date_shift_weeks` | the patient's id | the pseudonym; signed weeks as text |
| `note_salt` | the patient's id | 64 hex digits, the secret under which note ids become pseudonyms |
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from deid_spark.errors import DeidError
from deid_spark.labels import NAME_LABELS
from deid_spark.replace.forms import value_key
from deid_spark.replace.names import Name, parse

if TYPE_CHECKING:
    from deid_spark.identities.again import Finder


class Mention(NamedTuple):
    """What a detector found: label and surface text, in the note `note_id`."""

    label: str
    text: str
    note_id: str


class Identity(NamedTuple):
    """One identity of one patient. `canonical` is PHI: rows stay in the secure zone."""

    patient_id: str
    kind: str
    canonical: str
    surrogate: str
    key_epoch: int


class MissingIdentity(DeidError, KeyError):
    """A mention has no identity row. The message holds the patient and the kind, never the text."""

    def __init__(self, patient_id: str, kind: str):
        self.patient_id = patient_id
        self.kind = kind
        super().__init__(f"patient {patient_id}: no identity of kind {kind}")

    def __str__(self) -> str:
        return str(self.args[0])


class PatientIdentities:
    """Look-up (kind, canonical) -> surrogate over the rows of one patient."""

    def __init__(self, identities: Iterable[Identity]):
        self.rows: tuple[Identity, ...] = tuple(identities)
        self.patient_id = self.rows[0].patient_id if self.rows else ""
        self._surrogates = {(row.kind, row.canonical): row.surrogate for row in self.rows}
        self._parts = {
            row.canonical: row.surrogate
            for row in self.rows
            if row.kind.endswith(".part") and row.kind != "STREET.part"
        }
        self._finders: dict[int, Finder] = {}

    def __repr__(self) -> str:
        return f"PatientIdentities({len(self.rows)} rows)"

    def __reduce__(self) -> tuple[Any, ...]:
        return PatientIdentities, (self.rows,)

    def get(self, kind: str, canonical: str) -> str | None:
        """The surrogate, or None when there is no such row."""
        return self._surrogates.get((kind, canonical))

    def find(self, kind: str, canonical: str) -> str:
        """The surrogate. Raises MissingIdentity."""
        surrogate = self._surrogates.get((kind, canonical))
        if surrogate is None:
            raise MissingIdentity(self.patient_id, kind)
        return surrogate

    def name_part(self, canonical: str) -> str:
        """The fake of a name part, whether it was seen in a patient's or a clinician's name."""
        surrogate = self._parts.get(canonical)
        if surrogate is None:
            raise MissingIdentity(self.patient_id, "name part")
        return surrogate

    def initials(self, label: str, name: Name) -> str:
        """The fake letters for the initials of a mention."""
        key = name.initials_key
        for kind in (f"{label}.initials", *(f"{other}.initials" for other in sorted(NAME_LABELS - {label}))):
            surrogate = self._surrogates.get((kind, key))
            if surrogate is not None:
                return surrogate
        raise MissingIdentity(self.patient_id, f"{label}.initials")

    def value(self, label: str, text: str) -> str:
        """The surrogate for a mention of a place, facility, profession or number, in the spelling of its row."""
        kind, canonical = value_key(label, text)
        return self.find(kind, canonical)

    def tag(self, label: str, text: str) -> str:
        """`PATIENT-1`: the number under which a redacted mention's person or value goes. Raises MissingIdentity."""
        if label not in NAME_LABELS:
            return self.find(f"tag:{label}", value_key(label, text)[1])
        name = parse(text, label)
        for form in (name.form, *reversed(name.names)):  # a form that no mention had: its surname says who
            found = self._surrogates.get((f"tag:{label}", form))
            if found is not None:
                return found
        raise MissingIdentity(self.patient_id, f"tag:{label}")

    @property
    def patient_pseudonym(self) -> str:
        """The released patient_id."""
        return self.find("patient_id", self.patient_id)

    @property
    def shift_weeks(self) -> int:
        """The patient's date shift, in whole weeks with sign."""
        return int(self.find("date_shift_weeks", self.patient_id))
