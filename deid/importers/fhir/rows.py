"""Rows that no resource type can carry, as an export of Care Commons sends them: as ``Basic``."""

from __future__ import annotations

from deid.importers.fhir.bundles import Entry
from deid.importers.fhir.context import Gathering
from deid.importers.fhir.restoring import references_of, restored, table_of
from deid.vault.rules import has_row_id, references
from deid.vault.schema import (
    CDM_TABLES,
    METADATA_TABLES,
    PERSON_TABLES,
    VOCABULARY_TABLES,
    metadata,
)

# People, vocabulary and who somebody is are never taken from a bare row.
CARRIED = frozenset(CDM_TABLES) - {
    "person",
    "cohort",
    "cohort_definition",
    *VOCABULARY_TABLES,
    *METADATA_TABLES,
}


def map_row(entry: Entry, gathered: Gathering) -> None:
    """The row that a ``Basic`` carries."""
    table = table_of(entry.resource)
    if table not in CARRIED:
        gathered.leave_out("Basic", "it is no row of an export of Care Commons")
        return
    row = restored(entry.resource, table)
    targets = {reference.column: reference.table for reference in references(table)}
    for column, reference in references_of(entry.resource, table).items():
        if column in metadata.tables[table].columns:
            row[column] = gathered.links.find_fact(reference, targets.get(column))
    if table in PERSON_TABLES:
        row["person_id"] = gathered.person(entry.resource.get("subject"))
    if table == "observation_period":
        gathered.with_period.add(row["person_id"])
    if has_row_id(table):
        gathered.add(entry, table, row)
    else:
        gathered.add_keyed(entry, table, row)
