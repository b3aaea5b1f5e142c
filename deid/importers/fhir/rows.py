"""Rows that no resource type can carry, as an export of Care Commons sends them: as ``Basic``."""

from __future__ import annotations

from deid.importers.fhir.bundles import Entry
from deid.importers.fhir.context import Gathering
from deid.importers.fhir.restoring import restored, table_of
from deid.vault.rules import has_row_id
from deid.vault.schema import (
    CDM_TABLES,
    METADATA_TABLES,
    PERSON_TABLES,
    VOCABULARY_TABLES,
)

# People, vocabulary and who somebody is are never taken from a bare row.
CARRIED_AS_ROWS = frozenset(CDM_TABLES) - {
    "person",
    "cohort",
    "cohort_definition",
    *VOCABULARY_TABLES,
    *METADATA_TABLES,
}


def map_row(entry: Entry, gathered: Gathering) -> None:
    """The row that a ``Basic`` carries."""
    table = table_of(entry.resource)
    if table not in CARRIED_AS_ROWS:
        gathered.leave_out("Basic", "it is no row of an export of Care Commons")
        return
    row = restored(gathered, entry.resource, table)
    if table in PERSON_TABLES:
        row["person_id"] = gathered.person(entry.resource.get("subject"))
    if table == "observation_period":
        gathered.with_period.add(row["person_id"])
    if has_row_id(table):
        gathered.links.register(entry, gathered.add(entry, table, row), table)
    else:
        gathered.add_keyed(entry, table, row)
