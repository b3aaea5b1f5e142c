"""Checks that compare rows of one person: what contradicts itself, or was said twice."""

from __future__ import annotations

from deid.quality.concepts import rows_of, terms
from deid.quality.model import CheckResult
from deid.quality.tables import Records, check

ELDERLY = 65
"""Years from which under 150/90 mmHg is controlled, else under 140/90 (national standard 2017)."""

HIGHEST = 270
"""Pressure in mmHg above which a number was typed wrongly, and no longer changed places."""

COPIED_WITHIN = 400
"""Days in which the same readings to the last digit are a copy and not chance."""


def consistency_checks(
    records: Records, tables: list[str], *, births_exact: bool
) -> list[CheckResult]:
    """All checks within a person's record that the ``tables`` allow."""
    have = set(tables)
    results = []
    if "visit_occurrence" in have:
        results.append(_duplicate_visits(records))
    if "measurement" in have:
        _lay_out_readings(records)
        results += [_swapped(records), _copied(records)]
        if {"observation", "person"} <= have and births_exact:
            results += _classes(records)
        if "note" in have:
            results.append(_notes(records))
            if "observation" in have:
                results += _mandatory(records)
    if {"drug_exposure", "condition_occurrence", "concept_ancestor"} <= have:
        results += _indications(records)
    return [result for result in results if result.rows]


def _id(key: str) -> int:
    return terms()[key].concept_id


def _lay_out_readings(records: Records) -> None:
    """One row a person and visit with blood pressure and weight."""
    systolic, diastolic, weight = map(_id, ("SYSTOLIC_BP", "DIASTOLIC_BP", "BODY_WEIGHT"))
    heart = _id("HEART_RATE")
    glucose, mass = _id("FASTING_GLUCOSE"), _id("FASTING_GLUCOSE_MASS")
    records.connection.execute(
        "CREATE OR REPLACE TEMP TABLE reading AS SELECT person_id, visit_occurrence_id, "
        "min(measurement_date) AS day, "
        f"max(value_as_number) FILTER (measurement_concept_id = {systolic}) AS systolic, "
        f"max(value_as_number) FILTER (measurement_concept_id = {diastolic}) AS diastolic, "
        f"max(value_as_number) FILTER (measurement_concept_id = {weight}) AS weight, "
        f"max(value_as_number) FILTER (measurement_concept_id = {heart}) AS heart, "
        "max(CASE WHEN measurement_concept_id = "
        f"{glucose} THEN value_as_number WHEN measurement_concept_id = {mass} "
        "THEN value_as_number / 18.016 END) AS glucose, "
        f"min(measurement_id) FILTER (measurement_concept_id = {systolic}) AS id "
        "FROM measurement WHERE visit_occurrence_id IS NOT NULL AND measurement_concept_id IN "
        f"({systolic}, {diastolic}, {weight}, {heart}, {glucose}, {mass}) "
        "GROUP BY person_id, visit_occurrence_id"
    )


def _duplicate_visits(records: Records) -> CheckResult:
    asked = check("duplicateVisit", "RECORD", "Plausibility", "Uniqueness", "visit_occurrence",
                  "another visit of that kind, day and place is there")  # fmt: skip
    return records.count(
        asked,
        "SELECT visit_occurrence_id AS id, row_number() OVER (PARTITION BY person_id, "
        "visit_concept_id, visit_start_date, care_site_id, provider_id "
        "ORDER BY visit_occurrence_id) > 1 AS violated FROM visit_occurrence",
    )


def _swapped(records: Records) -> CheckResult:
    asked = check("systolicAboveDiastolic", "RECORD", "Plausibility", "Atemporal", "measurement",
                  "the systolic pressure is not above the diastolic")  # fmt: skip
    return records.count(
        asked,
        "SELECT id, systolic <= diastolic AS violated FROM reading WHERE systolic IS NOT NULL "
        f"AND diastolic IS NOT NULL AND greatest(systolic, diastolic) <= {HIGHEST}",
    )


def _copied(records: Records) -> CheckResult:
    """All readings of an earlier visit once more; the heart rate may be missing at both."""
    asked = check("copyForward", "RECORD", "Plausibility", "Uniqueness", "measurement",
                  f"pressure, weight and heart rate repeat a visit of the {COPIED_WITHIN} days "
                  "before")  # fmt: skip
    return records.count(
        asked,
        f"SELECT id, coalesce(day - lag(day) OVER w BETWEEN 1 AND {COPIED_WITHIN}, false) AS "
        "violated FROM reading WHERE systolic IS NOT NULL AND diastolic IS NOT NULL "
        "AND weight IS NOT NULL WINDOW w AS (PARTITION BY person_id, systolic, diastolic, weight, "
        "heart ORDER BY day, visit_occurrence_id)",
    )


def _classes(records: Records) -> list[CheckResult]:
    """Follow-up class against the numbers of the same visit, by the national rules."""
    good, bad = _id("CLASS_CONTROLLED"), _id("CLASS_UNCONTROLLED")
    rules = {
        "ESSENTIAL_HYPERTENSION": (
            f"systolic < CASE WHEN date_diff('day', p.birth, r.day) >= {ELDERLY} * 365.25 "
            "THEN 150 ELSE 140 END AND diastolic < 90",
            "systolic IS NOT NULL AND diastolic IS NOT NULL",
        ),
        "TYPE_2_DIABETES": ("glucose < 7.0", "glucose IS NOT NULL"),
    }
    results = []
    for problem, (controlled, measured) in rules.items():
        asked = check("classAgreesWithReading", "RECORD", "Conformance", "Computational",
                      "observation", "the class of the follow-up contradicts its own reading",
                      "value_as_concept_id", terms()[problem].en)  # fmt: skip
        results.append(
            records.count(
                asked,
                f"SELECT observation_id AS id, (value_as_concept_id = {good}) <> ({controlled}) "
                "AS violated FROM observation o JOIN reading r USING (person_id, "
                "visit_occurrence_id) JOIN person_day p USING (person_id) WHERE "
                f"observation_concept_id = {_id('FOLLOW_UP_CLASS')} AND qualifier_concept_id = "
                f"{_id(problem)} AND value_as_concept_id IN ({good}, {bad}) AND {measured}",
            )
        )
    return results


def _notes(records: Records) -> CheckResult:
    """Pressures that a note states, against the row of its visit.

    A note that also states the row's own pressure agrees with it: notes quote targets and earlier
    visits. One that states nothing but pressures of earlier visits says nothing of this one.
    """
    asked = check("noteAgreesWithReading", "RECORD", "Conformance", "Computational", "note",
                  "the note states another blood pressure than the visit's row")  # fmt: skip
    # A number after < or > is a target; after another slash it belongs to a date.
    pressure = r"(?:^|[^0-9/<>])([0-9]{2,3})/([0-9]{2,3})(?:[^0-9/]|$)"
    return records.count(
        asked,
        "WITH stated AS (SELECT note_id, person_id, visit_occurrence_id, unnest(list_zip("
        f"regexp_extract_all(note_text, '{pressure}', 1), "
        f"regexp_extract_all(note_text, '{pressure}', 2))) AS said FROM note), "
        "numbers AS (SELECT note_id, person_id, visit_occurrence_id, CAST(said[1] AS INTEGER) AS "
        "s, CAST(said[2] AS INTEGER) AS d FROM stated), own AS (SELECT note_id, n.person_id, s, "
        "d, s = systolic AND d = diastolic AS agrees, day FROM numbers n JOIN reading USING "
        "(person_id, visit_occurrence_id) WHERE s BETWEEN 70 AND 270 AND d BETWEEN 30 AND 160 "
        "AND s > d AND systolic IS NOT NULL AND diastolic IS NOT NULL), "
        "quoted AS (SELECT own.*, e.person_id IS NOT NULL AS earlier FROM own LEFT JOIN (SELECT "
        "DISTINCT ON (person_id, systolic, diastolic) person_id, systolic, diastolic, day FROM "
        "reading ORDER BY day) e ON own.person_id = e.person_id AND own.s = e.systolic AND "
        "own.d = e.diastolic AND e.day < own.day) "
        "SELECT note_id AS id, NOT bool_or(agrees) AS violated FROM quoted "
        "WHERE agrees OR NOT earlier GROUP BY note_id",
    )


def _mandatory(records: Records) -> list[CheckResult]:
    """Each form, known by the class of its note, against the fields that it must hold."""
    results = []
    for row in rows_of("mandatory.csv"):
        problem = f"IN (0, {_id(row['problem'])})" if row["problem"] else "= 0"
        asked = check("mandatoryField", "RECORD", "Completeness", "Completeness",
                      "visit_occurrence", "a form without a field that it must hold", "",
                      terms()[row["note_class"]].en)  # fmt: skip
        groups = [
            ", ".join(str(_id(key)) for key in group.split("|")) for group in row["fields"].split()
        ]
        present = " AND ".join(
            f"coalesce(bool_or(f.concept IN ({group})), false)" for group in groups
        )
        results.append(
            records.count(
                asked,
                "WITH field AS (SELECT visit_occurrence_id, measurement_concept_id AS concept "
                "FROM measurement WHERE value_as_number IS NOT NULL UNION ALL SELECT "
                "visit_occurrence_id, observation_concept_id FROM observation "
                f"WHERE coalesce(qualifier_concept_id, 0) {problem}), form AS (SELECT DISTINCT "
                "visit_occurrence_id FROM note WHERE visit_occurrence_id IS NOT NULL AND "
                f"note_class_concept_id = {_id(row['note_class'])}) "
                f"SELECT form.visit_occurrence_id AS id, NOT ({present}) AS violated "
                "FROM form LEFT JOIN field f USING (visit_occurrence_id) GROUP BY 1",
            )
        )
    return results


def _indications(records: Records) -> list[CheckResult]:
    results = []
    for row in rows_of("indications.csv"):
        drug = terms()[row["drug"]]
        wanted = ", ".join(str(_id(key)) for key in row["problems"].split("|"))
        asked = check("drugHasIndication", "RECORD", "Plausibility", "Atemporal", "drug_exposure",
                      "given to a person without any of its indications", "drug_concept_id",
                      drug.en)  # fmt: skip
        results.append(
            records.count(
                asked,
                "SELECT drug_exposure_id AS id, person_id NOT IN (SELECT person_id FROM "
                "condition_occurrence WHERE condition_concept_id IN (SELECT "
                "descendant_concept_id FROM concept_ancestor WHERE ancestor_concept_id IN "
                f"({wanted}))) AS violated FROM drug_exposure WHERE drug_concept_id IN (SELECT "
                "descendant_concept_id FROM concept_ancestor WHERE ancestor_concept_id = "
                f"{drug.concept_id})",
            )
        )
    return results
