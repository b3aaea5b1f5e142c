"""Finds records that make good cases, and says why: an explainable score of teachability.

The weights are a proposal after the teaching literature's attributes of a good case (relevant,
realistic, engaging, challenging, instructional; Kim 2006) and the resident record's own strengths:
years of follow-up, the person's social side, notes in a doctor's words. They are data below, every
candidate carries the points of every criterion, and an instructor may think otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from casebank import rules
from casebank.flowsheets import SHEETS
from casebank.reader import PERSON_FACTS, RecordReader
from deid.release import Release


@dataclass(frozen=True)
class Criterion:
    """``weight`` points at ``full`` and more, in proportion below."""

    name: str
    meaning: str
    full: float
    weight: float


CRITERIA = (
    Criterion("contacts", "days on which something was recorded; 4 are enough", 4, 20),
    Criterion("problems", "different conditions; 2 are enough", 2, 15),
    Criterion("psychosocial", "a psychological, social or family problem", 1, 15),
    Criterion("notes", "notes in words; 4 are enough", 4, 15),
    Criterion("years", "years from first to last record; 3 show a course", 3, 10),
    Criterion("values", "values for a flow sheet; 8 are enough", 8, 10),
    Criterion("drugs", "different drugs; 2 are enough", 2, 5),
    Criterion("family", "a relative in the release, or a family history", 1, 5),
    Criterion("load", "at most 60 contacts and 25 problems, so that it can be read", 1, 5),
)
MOST_CONTACTS, MOST_PROBLEMS = 60, 25


@dataclass(frozen=True)
class Candidate:
    """A person with a score from 0 to 100, and the amounts and points it is made of.

    ``person_id`` is the release's: for instructors only.
    """

    person_id: int
    score: float
    amounts: tuple[tuple[str, float], ...]
    points: tuple[tuple[str, float], ...]
    sensitive: tuple[str, ...]

    def reasons(self) -> tuple[str, ...]:
        """One line a criterion: its points, its weight, the amount and what it means."""
        amounts, points = dict(self.amounts), dict(self.points)
        return tuple(
            f"{points[c.name]:.0f}/{c.weight:.0f} {c.name}: {amounts[c.name]:g} ({c.meaning})"
            for c in CRITERIA
        )


def score(amounts: dict[str, float]) -> dict[str, float]:
    """Points of each criterion for the amounts of each.

    >>> score({c.name: c.full for c in CRITERIA}) == {c.name: c.weight for c in CRITERIA}
    True
    """
    return {c.name: c.weight * min(1.0, amounts[c.name] / c.full) for c in CRITERIA}


def find_candidates(
    release: Release,
    limit: int = 20,
    *,
    person_ids: Sequence[int] | None = None,
    with_sensitive: bool = False,
) -> list[Candidate]:
    """The most teachable people of a release, best first; ties by person id.

    ``person_ids`` restricts the search, for example to a cohort. People with a sensitive category
    are left out unless ``with_sensitive``. The whole release is read once, column by column.

    Raises:
        ValueError: if ``limit`` is below 1.
    """
    if limit < 1:
        raise ValueError("the limit is at least 1")
    with RecordReader(release) as reader:
        rows = reader.connection.execute(
            _query(reader, restricted=person_ids is not None),
            [] if person_ids is None else [list(person_ids)],
        ).fetchall()
    candidates = []
    for person_id, contacts, problems, names, notes, years, values, drugs, family in rows:
        sensitive = tuple(
            sorted({found for name in names or () for found in rules.sensitive_categories(name)})
        )
        if sensitive and not with_sensitive:
            continue
        kinds = [rules.kind_of(name)[0] for name in names or ()]
        amounts: dict[str, float] = {
            "contacts": contacts,
            "problems": problems,
            "psychosocial": sum(kind in {"psychological", "social", "family"} for kind in kinds),
            "notes": notes,
            "years": round(years, 1),
            "values": values,
            "drugs": drugs,
            "family": family,
            "load": float(contacts <= MOST_CONTACTS and problems <= MOST_PROBLEMS),
        }
        points = score(amounts)
        candidates.append(
            Candidate(
                person_id,
                round(sum(points.values()), 1),
                tuple(amounts.items()),
                tuple(points.items()),
                sensitive,
            )
        )
    return sorted(candidates, key=lambda one: (-one.score, one.person_id))[:limit]


def _query(reader: RecordReader, *, restricted: bool) -> str:
    """One pass over each table that the release has; absent tables count as nothing."""
    dated = [
        f"SELECT person_id, TRY_CAST({column} AS DATE) AS day FROM {table}"
        for table, column in (
            ("visit_occurrence", "visit_start_date"),
            ("condition_occurrence", "condition_start_date"),
            ("drug_exposure", "drug_exposure_start_date"),
            ("measurement", "measurement_date"),
            ("note", "note_date"),
        )
        if reader.has(table, "person_id", column)
    ]
    days = " UNION ALL ".join(dated) or "SELECT NULL::BIGINT AS person_id, NULL::DATE AS day"
    concepts = ", ".join(
        str(concept)
        for concept in sorted({c for s in SHEETS for rule in s.series for c in rule.concepts})
    )
    parts = {
        "named": _named(reader),
        "noted": _counted(reader, "note", "count(*)", "note_id"),
        "valued": _counted(
            reader,
            "measurement",
            "count(*) FILTER (TRY_CAST(value_as_number AS DOUBLE) IS NOT NULL "
            f"AND measurement_concept_id IN ({concepts}))",
            "value_as_number",
            "measurement_concept_id",
        ),
        "drugged": _counted(
            reader, "drug_exposure", "count(DISTINCT drug_concept_id)", "drug_concept_id"
        ),
        "kin": _kin(reader),
    }
    ctes = ",\n".join(f"{name} AS ({sql})" for name, sql in parts.items())
    return f"""
        WITH dated AS ({days}),
        seen AS (
            SELECT person_id, count(DISTINCT day) AS contacts,
                   date_diff('day', min(day), max(day)) / 365.25 AS years
            FROM dated WHERE day IS NOT NULL GROUP BY person_id
        ),
        {ctes}
        SELECT p.person_id::BIGINT, coalesce(s.contacts, 0), coalesce(len(c.names), 0), c.names,
               coalesce(o.n, 0), coalesce(s.years, 0), coalesce(v.n, 0), coalesce(d.n, 0),
               coalesce(k.n, 0)
        FROM person p
        LEFT JOIN seen s USING (person_id)
        LEFT JOIN named c USING (person_id)
        LEFT JOIN noted o USING (person_id)
        LEFT JOIN valued v USING (person_id)
        LEFT JOIN drugged d USING (person_id)
        LEFT JOIN kin k USING (person_id)
        {"WHERE p.person_id IN (SELECT unnest(?::BIGINT[]))" if restricted else ""}
    """


_NOTHING = "SELECT NULL::BIGINT AS person_id, 0 AS n WHERE false"


def _kin(reader: RecordReader) -> str:
    """Relatives who are people of the release too."""
    if not reader.has("fact_relationship", "fact_id_1", "domain_concept_id_1"):
        return _NOTHING
    people = ", ".join(str(concept) for concept in PERSON_FACTS)
    return (
        "SELECT fact_id_1 AS person_id, count(*) AS n FROM fact_relationship "
        f"WHERE domain_concept_id_1 IN ({people}) GROUP BY 1"
    )


def _counted(reader: RecordReader, table: str, count: str, *columns: str) -> str:
    if not reader.has(table, "person_id", *columns):
        return _NOTHING
    return f"SELECT person_id, {count} AS n FROM {table} GROUP BY person_id"


def _named(reader: RecordReader) -> str:
    """Names of each person's different conditions."""
    columns = ("person_id", "condition_concept_id")
    if not reader.has("condition_occurrence", *columns) or not reader.has(
        "concept", "concept_id", "concept_name"
    ):
        return "SELECT NULL::BIGINT AS person_id, []::VARCHAR[] AS names WHERE false"
    concept = "condition_concept_id"
    if reader.has("condition_occurrence", "condition_source_concept_id"):
        concept = "coalesce(nullif(condition_concept_id, 0), condition_source_concept_id)"
    return (
        "SELECT o.person_id, list(DISTINCT n.concept_name ORDER BY n.concept_name) AS names "
        f"FROM condition_occurrence o JOIN concept n ON n.concept_id = {concept} "
        "WHERE n.concept_id <> 0 GROUP BY o.person_id"
    )
