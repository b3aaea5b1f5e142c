"""The frames that analyses in a notebook begin with: people, first diagnoses, readings.

What a project was not given, or has too little of, is said in one message without a traceback:
the notebook stops there and tells what to ask for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from cohorts.errors import NotDelivered, TooFewPeople
from cohorts.project import Project

if TYPE_CHECKING:
    import pandas as pd

AGE_BANDS: Final = {"0-17": 0, "18-39": 18, "40-64": 40, "65-79": 65, "80+": 80}
_SEXES: Final = {8507: "male", 8532: "female"}


def needs(project: Project, **tables: Sequence[str]) -> None:
    """Stop unless the extract holds these columns: ``needs(project, person=["year_of_birth"])``.

    Raises:
        NotDelivered: naming everything that is missing at once.
    """
    missing = []
    for table, columns in tables.items():
        if table not in project.manifest.tables:
            missing.append(f"the table {table} ({', '.join(columns)})")
            continue
        absent = [name for name in columns if name not in project.manifest.tables[table]]
        if absent:
            missing.append(f"{', '.join(absent)} of the table {table}")
    if missing:
        raise NotDelivered(
            f"This analysis needs {'; '.join(missing)}. The extract {project.about.extract} of "
            f"project {project.about.project} was not delivered with that: it holds "
            f"{', '.join(project.tables)}. What a study needs is asked for in a data request."
        )


def at_least(number: int, minimum: int, what: str) -> None:
    """Stop unless there are ``minimum`` of ``what``: ``at_least(len(cases), 10, "events")``.

    Raises:
        TooFewPeople: saying how many there would have to be, and not how many there are.
    """
    if number < minimum:
        raise TooFewPeople(
            f"This section needs at least {minimum} {what}, and this extract has fewer. The "
            "sections after it may still run: choose the next heading and run from there."
        )


def people_of(project: Project) -> pd.DataFrame:
    """One row a person, indexed by ``person_id``, with what the extract tells of

    ``sex`` (male, female, unknown), ``year_of_birth``, ``area`` (county, or state, or unknown),
    ``start`` and ``end`` of the record, ``index_date`` (entry into the cohort, else ``start``),
    ``age`` on that day as a difference of calendar years, never below 0, ``age_band``,
    ``death_date`` and ``died``. A column whose table or source column was not delivered is left
    out, so that nothing reads as "nobody died".

    Raises:
        NotDelivered: if there is no table ``person``.
    """
    import pandas as pd

    needs(project, person=["person_id"])
    given = {name: set(columns) for name, columns in project.manifest.tables.items()}
    people = _by_person(project.sql("SELECT * FROM person ORDER BY person_id"))
    out = pd.DataFrame(index=people.index)
    if "gender_concept_id" in people:
        out["sex"] = people["gender_concept_id"].map(_SEXES).fillna("unknown")
    if "year_of_birth" in people:
        out["year_of_birth"] = people["year_of_birth"].astype("float64")
    if "location_id" in people and {"location_id"} < given.get("location", set()):
        out["area"] = _areas(project, given["location"]).reindex(out.index).fillna("unknown")
    if "observation_period" in given:
        spans = project.sql(
            """SELECT person_id, min(observation_period_start_date)::TIMESTAMP AS start,
                      max(observation_period_end_date)::TIMESTAMP AS "end"
               FROM observation_period GROUP BY person_id"""
        )
        out = out.join(_by_person(spans))
    if "cohort" in given:
        entries = project.sql(
            """SELECT subject_id AS person_id, min(cohort_start_date)::TIMESTAMP AS index_date
               FROM cohort GROUP BY subject_id"""
        )
        out = out.join(_by_person(entries))
    elif "start" in out:
        out["index_date"] = out["start"]
    if {"index_date", "year_of_birth"} <= set(out.columns):
        # The middle of a band of birth years may lie after the first day of a newborn's record.
        age = (out["index_date"].dt.year - out["year_of_birth"]).clip(lower=0)
        out["age"] = age.astype("float64")
        out["age_band"] = age_bands(out["age"])
    if "death" in given:
        deaths = project.sql(
            "SELECT person_id, min(death_date)::TIMESTAMP AS death_date FROM death GROUP BY ALL"
        )
        out = out.join(_by_person(deaths))
        out["died"] = out["death_date"].notna()
    return out


def age_bands(ages: pd.Series) -> pd.Series:
    """Ages in years as bands: children, young, middle, older and the oldest adults."""
    import pandas as pd

    edges = [*AGE_BANDS.values(), 200]
    return pd.cut(ages, edges, right=False, labels=list(AGE_BANDS))


def first_diagnoses(project: Project, concepts: Mapping[str, Sequence[int]]) -> pd.DataFrame:
    """First day of each diagnosis: people as rows, the keys of ``concepts`` as columns.

    Values of ``concepts`` are standard condition concepts, taken as they are, without descendants:
    an extract holds the concepts that occur, and not the hierarchy. Only people with at least one
    of the diagnoses have a row.
    """
    import pandas as pd

    needs(
        project,
        condition_occurrence=["person_id", "condition_concept_id", "condition_start_date"],
    )
    columns = []
    for name, members in concepts.items():
        rows = project.sql(
            f"""SELECT person_id, min(condition_start_date)::TIMESTAMP AS "{name}"
                FROM condition_occurrence WHERE condition_concept_id IN ({_numbers(members)})
                GROUP BY person_id"""
        )
        columns.append(_by_person(rows))
    return pd.concat(columns, axis=1).sort_index()


def readings_of(project: Project, loinc: str, low: float, high: float) -> pd.DataFrame:
    """Readings of one LOINC code: ``person_id``, ``day``, ``value``, in order.

    Values outside ``low`` to ``high`` are left out; ``attrs["implausible"]`` says how many, to be
    told with the result. Two readings of one person on one day are averaged.
    """
    needs(
        project,
        measurement=["person_id", "measurement_concept_id", "measurement_date", "value_as_number"],
        concept=["concept_id", "vocabulary_id", "concept_code"],
    )
    if not loinc.replace("-", "").isdigit():
        raise ValueError("a LOINC code is digits, a hyphen and a check digit, such as 8480-6")
    rows = project.sql(
        f"""SELECT person_id, measurement_date::TIMESTAMP AS day, value_as_number AS value
            FROM measurement JOIN concept ON measurement_concept_id = concept_id
            WHERE vocabulary_id = 'LOINC' AND concept_code = '{loinc}'
              AND value_as_number IS NOT NULL"""
    )
    rows = rows.astype({"person_id": "int64"})
    plausible = rows["value"].between(low, high)
    kept = rows[plausible].groupby(["person_id", "day"], as_index=False)["value"].mean()
    kept.attrs["implausible"] = int((~plausible).sum())
    return kept


def _areas(project: Project, columns: set[str]) -> pd.Series:
    names = [f"nullif({name}, '')" for name in ("county", "state") if name in columns]
    area = f"coalesce({', '.join([*names, 'NULL'])})"
    rows = project.sql(
        f"""SELECT person_id, {area}::VARCHAR AS area
            FROM person LEFT JOIN location USING (location_id)"""
    )
    return _by_person(rows)["area"]


def _by_person(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.astype({"person_id": "int64"}).set_index("person_id")


def _numbers(values: Sequence[Any]) -> str:
    return ", ".join(str(int(value)) for value in values) or "NULL"
