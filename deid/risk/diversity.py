"""What a class gives away without anybody being found: diseases that everybody in it has.

Each disease, rolled up, is a sensitive attribute that a person has or has not. For every class over
the quasi-identifiers its share is compared with that among all people of the release: the greatest
difference is t of t-closeness (Li et al. 2007) with equal distance, and a class in which all have
it has one value (l = 1) and tells it of everybody in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from deid.risk.events import has_table, parquet, rolled_up
from deid.structured.queries import one_row

REFERENCE = "the people of the release"


@dataclass(frozen=True)
class Diversity:
    """``t`` is 0 to 1; ``told_people`` is the share of people whose class all has some disease."""

    diseases: int
    one_value_classes: int
    told_people: float
    t: float
    reference: str = REFERENCE


def diversity(connection: duckdb.DuckDBPyConnection, folder: Path, levels: int) -> Diversity | None:
    """Measure the classes of ``known_person``; None without diseases."""
    if not has_table(folder, "condition_occurrence"):
        return None
    rolled_up(connection, folder, levels)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE ill AS SELECT DISTINCT p.person, p.class, r.known AS disease "
        "FROM (SELECT DISTINCT person_id, condition_concept_id AS concept FROM "
        f"{parquet(folder, 'condition_occurrence')}) c JOIN rolled_up r USING (concept) "
        "JOIN known_person p ON p.person = c.person_id"
    )
    diseases, classes, told, t = one_row(
        connection,
        "WITH size AS (SELECT class, count(*) AS people FROM known_person GROUP BY 1), "
        "share AS (SELECT i.class, i.disease, count(*) / any_value(s.people) AS here, "
        "any_value(s.people) AS people FROM ill i JOIN size s USING (class) GROUP BY 1, 2), "
        "overall AS (SELECT disease, count(*) / (SELECT count(*) FROM known_person) AS everywhere "
        "FROM ill GROUP BY 1), one AS (SELECT class, any_value(people) AS people FROM share "
        "WHERE here = 1 GROUP BY 1), "
        # A class that has no row for a disease has a share of none.
        "far AS (SELECT max(abs(here - everywhere)) AS t FROM (SELECT z.class, o.disease, "
        "o.everywhere, coalesce(s.here, 0) AS here FROM size z CROSS JOIN overall o LEFT JOIN "
        "share s ON s.class = z.class AND s.disease = o.disease)) "
        "SELECT (SELECT count(*) FROM overall), (SELECT count(*) FROM one), "
        "(SELECT coalesce(sum(people), 0) FROM one) / (SELECT count(*) FROM known_person), "
        "(SELECT t FROM far)",
    )
    connection.execute("DROP TABLE ill")
    connection.execute("DROP TABLE rolled_up")
    if not diseases:
        return None
    return Diversity(int(diseases), int(classes), round(float(told), 6), round(float(t), 6))
