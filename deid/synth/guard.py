"""Keeps one synthetic population apart from another: a vault holds at most one."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from deid.errors import ImportRefused
from deid.synth.rows import FIRST_ID

COMPARED = ("person", "person_identity", "identifier")


def check_same_population(
    generated: Mapping[str, pa.Table], present: Mapping[str, pa.Table]
) -> None:
    """Let a population in only if the vault holds none of these ids, or this very population.

    ``present`` has the vault's rows of :data:`COMPARED`, of all people.

    Raises:
        ImportRefused: if ids from :data:`deid.synth.FIRST_ID` on belong to other residents.
    """
    for table in COMPARED:
        held = present[table].filter(pc.field(present[table].column_names[0]) >= FIRST_ID)
        key = held.column_names[0]
        if held.num_rows and not held.sort_by(key).equals(generated[table].sort_by(key)):
            raise ImportRefused(
                f"the vault's table {table} holds other residents under the ids of synthetic ones "
                f"({FIRST_ID} and up): another seed, number, locale or last day; "
                "use a vault of its own for each population"
            )
