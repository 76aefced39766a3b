"""Identities of one patient: who and what the mentions of all notes speak of, and one surrogate for each.

`link` makes the rows, `PatientIdentities` looks them up for the renderers, `find_again` searches what is sure.
"""

from deid_spark.identities.again import find_again
from deid_spark.identities.link import link
from deid_spark.identities.rows import Identity, Mention, MissingIdentity, PatientIdentities

__all__ = ["Identity", "Mention", "MissingIdentity", "PatientIdentities", "find_again", "link"]
