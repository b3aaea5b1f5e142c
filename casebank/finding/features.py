"""What a teacher looks for in a record, as facts of each person, read from a release in one pass.

Nothing here shows a record: a fact is a count, a band, a name of a problem. Each table is read once
for everybody, column by column; a release may lack any of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from casebank import relations, rules
from casebank.flowsheets import SHEETS
from casebank.model import Language, ProblemKind
from casebank.reader import PERSON_FACTS, RecordReader
from casebank.record import FEMALE, MALE, ONE_IN_EARLIER
from deid.release import BIRTH_YEARS, Release

OTHER = "other"
"""Group of a problem that no relation knows."""

WIDEST = 45
"""Years of birth that lie further apart than this say no age."""


@dataclass(frozen=True)
class PersonFacts:
    """What a release holds of one person, for finding; ``person_id`` is for instructors only.

    ``age`` is the middle of the ages possible at the first contact, None if not released; ``span``
    is in years. ``problems`` are names of conditions, ``items`` of psychological, social and family
    problems, from conditions and from scores; ``groups`` are relation families. ``values`` counts
    the values of each flow sheet; ``levels`` holds means of series with one usual unit.
    """

    person_id: int
    sex: str
    age: float | None
    contacts: int
    span: float
    problems: tuple[str, ...]
    items: tuple[str, ...]
    notes: int
    chinese_notes: int
    drugs: int
    relatives: int
    settings: tuple[str, ...]
    values: Mapping[str, int] = field(default_factory=dict)
    levels: Mapping[str, float] = field(default_factory=dict)
    died: bool = False

    @property
    def kinds(self) -> frozenset[ProblemKind]:
        """Kinds of the person's problems."""
        found = {_kind(name) for name in self.problems}
        if self.items:
            found |= {_kind_of_item(name) for name in self.items}
        return frozenset(found)

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups of the person's problems, sorted."""
        return tuple(sorted({group for name in self.problems for group in groups_of(name)}))

    @property
    def sensitive(self) -> tuple[str, ...]:
        """Sensitive categories among the problems, sorted."""
        return tuple(sorted({c for name in self.problems for c in _sensitive(name)}))

    @property
    def language(self) -> Language:
        """The language that most of the notes are written in, as a draft would choose it."""
        return "zh" if self.chinese_notes * 2 > self.notes else "en"


@lru_cache(maxsize=8192)
def groups_of(name: str) -> frozenset[str]:
    """Groups that a problem of this name belongs to; :data:`OTHER` if no relation knows it."""
    return relations.families("problem", name) or frozenset({OTHER})


def read_facts(release: Release, person_ids: Sequence[int] | None = None) -> list[PersonFacts]:
    """Facts of everybody in a release, or of some, by person id. One pass over each table."""
    with RecordReader(release) as reader:
        rows = reader.connection.execute(
            _query(reader, restricted=person_ids is not None),
            [] if person_ids is None else [list(person_ids)],
        )
        names = [column[0] for column in rows.description]
        people = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
        items = _scored_items(reader)
    return [_facts(row, items.get(row["person_id"], ())) for row in people]


def _facts(row: Mapping[str, Any], scored: Sequence[str]) -> PersonFacts:
    problems = tuple(row["names"] or ())
    spoken = tuple(name for name in problems if _kind(name) in PSYCHOSOCIAL)
    sheets = dict(zip(row["sheets"] or (), row["sheet_values"] or (), strict=True))
    levels = dict(zip(row["sheets"] or (), row["sheet_means"] or (), strict=True))
    return PersonFacts(
        person_id=row["person_id"],
        sex={MALE: "male", FEMALE: "female"}.get(row["sex"] or 0, ""),
        age=_age(row),
        contacts=row["contacts"],
        span=round(row["span"], 1),
        problems=problems,
        items=tuple(dict.fromkeys((*spoken, *scored))),
        notes=row["notes"],
        chinese_notes=row["chinese_notes"],
        drugs=row["drugs"],
        relatives=row["relatives"],
        settings=tuple(row["settings"] or ()),
        values={key: n for key, n in sheets.items() if n},
        levels={key: levels[key] for key in ONE_UNIT if levels.get(key) is not None},
        died=bool(row["died"]),
    )


PSYCHOSOCIAL = frozenset({"psychological", "social", "family"})
ONE_UNIT = ("blood-pressure", "hba1c", "bmi")
"""Sheets whose first series is everywhere in one unit, so that a mean says something."""


def _age(row: Mapping[str, Any]) -> float | None:
    first, last, year = row["born_first"], row["born_last"], row["first_year"]
    if first is None or last is None or year is None or last - first > WIDEST:
        return None
    return max(0.0, year - (first + last) / 2)


@lru_cache(maxsize=8192)
def _kind(name: str) -> ProblemKind:
    return rules.kind_of(name)[0]


@lru_cache(maxsize=64)
def _kind_of_item(name: str) -> ProblemKind:
    scored = next((rule.kind for rule in rules.SCORE_RULES if rule.title == name), None)
    return scored or _kind(name)


@lru_cache(maxsize=8192)
def _sensitive(name: str) -> tuple[str, ...]:
    return rules.sensitive_categories(name)


_VISITS, _CONDITIONS = "visit_occurrence", "condition_occurrence"
_DATED = (
    (_VISITS, "visit_start_date"),
    (_CONDITIONS, "condition_start_date"),
    ("drug_exposure", "drug_exposure_start_date"),
    ("measurement", "measurement_date"),
    ("note", "note_date"),
)
_BEGUN = f"""
    SELECT person_id,
           CASE WHEN count(*) FILTER (WHERE counts AND day < first_visit) * {ONE_IN_EARLIER}
                     <= count(*) FILTER (WHERE counts) AND any_value(first_visit) IS NOT NULL
                THEN any_value(first_visit) ELSE min(day) END AS first_day
    FROM (
        SELECT person_id, day, source NOT IN ('{_VISITS}', '{_CONDITIONS}') AS counts,
               min(day) FILTER (WHERE source = '{_VISITS}') OVER (PARTITION BY person_id)
                   AS first_visit
        FROM dated WHERE day IS NOT NULL
    ) GROUP BY person_id
"""
"""Everybody's first contact, by the rule of :attr:`casebank.record.Record.first_day`."""
_NOTHING = "SELECT NULL::BIGINT AS person_id, 0 AS n WHERE false"


def _query(reader: RecordReader, *, restricted: bool) -> str:
    """One row a person; absent tables count as nothing."""
    dated = [
        f"SELECT person_id, '{table}' AS source, TRY_CAST({column} AS DATE) AS day FROM {table}"
        for table, column in _DATED
        if reader.has(table, "person_id", column)
    ]
    days = " UNION ALL ".join(dated) or (
        "SELECT NULL::BIGINT AS person_id, '' AS source, NULL::DATE AS day"
    )
    parts = {
        "named": _named(reader),
        "noted": _noted(reader),
        "sheeted": _sheeted(reader),
        "drugged": _counted(
            reader, "drug_exposure", "count(DISTINCT drug_concept_id)", "drug_concept_id"
        ),
        "kin": _kin(reader),
        "seen_at": _settings(reader),
        "born": _born(reader),
        "dead": _counted(reader, "death", "count(*)"),
    }
    ctes = ",\n".join(f"{name} AS ({sql})" for name, sql in parts.items())
    sex = "gender_concept_id" if reader.has("person", "gender_concept_id") else "0"
    return f"""
        WITH dated AS ({days}),
        begun AS ({_BEGUN}),
        seen AS (
            SELECT person_id, count(DISTINCT day) AS contacts,
                   year(any_value(first_day)) AS first_year,
                   date_diff('day', any_value(first_day), max(day)) / 365.25 AS span
            FROM dated JOIN begun USING (person_id) WHERE day >= first_day GROUP BY person_id
        ),
        {ctes}
        SELECT p.person_id::BIGINT AS person_id, TRY_CAST(p.{sex} AS BIGINT) AS sex,
               coalesce(s.contacts, 0) AS contacts, coalesce(s.span, 0) AS span, s.first_year,
               c.names, coalesce(o.n, 0) AS notes, coalesce(o.chinese, 0) AS chinese_notes,
               v.sheets, v.sheet_values, v.sheet_means, coalesce(d.n, 0) AS drugs,
               coalesce(k.n, 0) AS relatives, a.settings, b.born_first, b.born_last,
               coalesce(e.n, 0) > 0 AS died
        FROM person p
        LEFT JOIN seen s USING (person_id)
        LEFT JOIN named c USING (person_id)
        LEFT JOIN noted o USING (person_id)
        LEFT JOIN sheeted v USING (person_id)
        LEFT JOIN drugged d USING (person_id)
        LEFT JOIN kin k USING (person_id)
        LEFT JOIN seen_at a USING (person_id)
        LEFT JOIN born b USING (person_id)
        LEFT JOIN dead e USING (person_id)
        {"WHERE p.person_id IN (SELECT unnest(?::BIGINT[]))" if restricted else ""}
        ORDER BY 1
    """.replace("p.0 AS", "0 AS")


def _counted(reader: RecordReader, table: str, count: str, *columns: str) -> str:
    if not reader.has(table, "person_id", *columns):
        return _NOTHING
    return f"SELECT person_id, {count} AS n FROM {table} GROUP BY person_id"


def _noted(reader: RecordReader) -> str:
    if not reader.has("note", "person_id", "note_id"):
        return "SELECT NULL::BIGINT AS person_id, 0 AS n, 0 AS chinese WHERE false"
    chinese = (
        "count(*) FILTER (regexp_matches(note_text, '[\u4e00-\u9fff]'))"
        if reader.has("note", "note_text")
        else "0"
    )
    return f"SELECT person_id, count(*) AS n, {chinese} AS chinese FROM note GROUP BY person_id"


def _sheeted(reader: RecordReader) -> str:
    """Number and mean of the values of each flow sheet; the mean is that of its first series."""
    empty = (
        "SELECT NULL::BIGINT AS person_id, []::VARCHAR[] AS sheets, []::BIGINT[] AS sheet_values, "
        "[]::DOUBLE[] AS sheet_means WHERE false"
    )
    if not reader.has("measurement", "person_id", "value_as_number", "measurement_concept_id"):
        return empty
    known = ", ".join(
        f"({concept}, '{sheet.key}', {str(place == 0).lower()})"
        for sheet in SHEETS
        for place, series in enumerate(sheet.series)
        for concept in sorted(series.concepts)
    )
    return f"""
        SELECT person_id, list(sheet ORDER BY sheet) AS sheets,
               list(n ORDER BY sheet) AS sheet_values, list(mean ORDER BY sheet) AS sheet_means
        FROM (
            SELECT m.person_id, s.sheet, count(*) AS n,
                   avg(TRY_CAST(m.value_as_number AS DOUBLE)) FILTER (s.leads) AS mean
            FROM measurement m JOIN (VALUES {known}) s(concept, sheet, leads)
              ON s.concept = TRY_CAST(m.measurement_concept_id AS BIGINT)
            WHERE TRY_CAST(m.value_as_number AS DOUBLE) IS NOT NULL
            GROUP BY 1, 2
        ) GROUP BY person_id
    """


def _kin(reader: RecordReader) -> str:
    """Relatives who are people of the release too."""
    if not reader.has("fact_relationship", "fact_id_1", "domain_concept_id_1"):
        return _NOTHING
    people = ", ".join(str(concept) for concept in PERSON_FACTS)
    return (
        "SELECT fact_id_1 AS person_id, count(*) AS n FROM fact_relationship "
        f"WHERE domain_concept_id_1 IN ({people}) GROUP BY 1"
    )


def _settings(reader: RecordReader) -> str:
    """Kinds of visit, the most frequent first."""
    if not reader.has("visit_occurrence", "person_id", "visit_concept_id") or not reader.has(
        "concept", "concept_id", "concept_name"
    ):
        return "SELECT NULL::BIGINT AS person_id, []::VARCHAR[] AS settings WHERE false"
    return (
        "SELECT person_id, list(concept_name ORDER BY n DESC, concept_name) AS settings FROM ("
        "SELECT v.person_id, n.concept_name, count(*) AS n FROM visit_occurrence v "
        "JOIN concept n ON n.concept_id = v.visit_concept_id WHERE n.concept_id <> 0 "
        "GROUP BY 1, 2) GROUP BY person_id"
    )


def _born(reader: RecordReader) -> str:
    parts = []
    if reader.has("person", "year_of_birth"):
        parts.append(
            "SELECT person_id, TRY_CAST(year_of_birth AS BIGINT) AS a, "
            "TRY_CAST(year_of_birth AS BIGINT) AS b FROM person WHERE year_of_birth IS NOT NULL"
        )
    if reader.has(BIRTH_YEARS, "person_id", "first_year", "last_year"):
        parts.append(f"SELECT person_id, first_year, last_year FROM {BIRTH_YEARS}")
    union = " UNION ALL ".join(parts) or "SELECT NULL::BIGINT AS person_id, NULL AS a, NULL AS b"
    return (
        "SELECT person_id, min(a)::BIGINT AS born_first, max(b)::BIGINT AS born_last "
        f"FROM ({union}) GROUP BY person_id"
    )


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


def _scored_items(reader: RecordReader) -> dict[int, tuple[str, ...]]:
    """Problems that a score reveals (PHQ-9, GAD-7, family APGAR), by person."""
    found: dict[int, dict[str, None]] = {}
    if not reader.has("concept", "concept_id", "concept_name"):
        return {}
    for table in ("measurement", "observation"):
        concept = f"{table}_concept_id"
        if not reader.has(table, "person_id", concept, "value_as_number"):
            continue
        named = reader.connection.execute(
            f"SELECT DISTINCT n.concept_id::BIGINT, n.concept_name FROM {table} t "
            f"JOIN concept n ON n.concept_id = t.{concept} WHERE n.concept_id <> 0"
        ).fetchall()
        for rule in rules.SCORE_RULES:
            ids = [number for number, name in named if rules.matches(rule.pattern, name)]
            if not ids:
                continue
            people = reader.connection.execute(
                f"SELECT DISTINCT person_id::BIGINT FROM {table} "
                f"WHERE {concept} IN (SELECT unnest(?::BIGINT[])) "
                f"AND TRY_CAST(value_as_number AS DOUBLE) {rule.comparison} {rule.threshold}",
                [ids],
            ).fetchall()
            for (person_id,) in people:
                found.setdefault(person_id, {})[rule.title] = None
    return {person_id: tuple(items) for person_id, items in found.items()}
