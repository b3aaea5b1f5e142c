"""Measured values that belong to another unit or to a slip at the keyboard.

Limits of life cannot tell urea in mg/dL from high urea in mmol/L. What can is the person's own
history: a value is taken for one of the other unit when it is far from what this person (or, with
fewer than three values, this store) usually has, and close to it once it is converted back.
"""

from __future__ import annotations

import math
from collections.abc import Collection

from deid.quality.concepts import ids_in, rows_of, terms
from deid.quality.model import CheckResult
from deid.quality.tables import Records, check

HISTORY = 3
"""Values of one test from which a person's own history is trusted."""

EVIDENCE = 2 * math.log(100)
"""How much likelier the other unit must be, as twice the logarithm of the likelihood ratio: a
hundred to one, since about one value in a hundred is expected to be of the other unit."""

NARROWEST = 0.1
"""Standard deviation of the logarithm below which a test is not taken to vary."""

JUMPS = {"SYSTOLIC_BP": 3, "DIASTOLIC_BP": 3, "HEART_RATE": 4, "BODY_TEMPERATURE": 2,
         "BODY_HEIGHT": 3, "BODY_WEIGHT": 4, "FASTING_GLUCOSE": 8, "FASTING_GLUCOSE_MASS": 8,
         "HEMOGLOBIN": 4}  # fmt: skip
"""Times by which a reading differs from the one before and the one after it only by mistake."""


def value_checks(records: Records, tables: Collection[str]) -> list[CheckResult]:
    """Both checks, a result for each test that the store holds."""
    if "measurement" not in tables:
        return []
    return [*_other_unit(records), *_jumps(records)]


def _other_unit(records: Records) -> list[CheckResult]:
    """One pass over all tests that have two units in use.

    Medians and deviations are of logarithms and robust, so that the few wrong values do not move
    them. The within-person deviation is one for all persons of a test.
    """
    factors = [(row["key"], row["other"], math.log(float(row["factor"]))) for row in
               rows_of("conversions.csv")]  # fmt: skip
    lines = ", ".join(
        f"({terms()[key].concept_id}, {terms()[key].unit_concept_id}, {factor!r})"
        for si, mass, log in factors
        for key, factor in ((si, log), (mass, -log))
    )
    rows = records.connection.execute(
        f"WITH unit (concept, unit, factor) AS (VALUES {lines}), v AS (SELECT measurement_id AS "
        "id, person_id, concept, factor, ln(value_as_number) AS x FROM measurement JOIN unit ON "
        "measurement_concept_id = concept AND coalesce(unit_concept_id, 0) IN (0, unit) "
        "WHERE value_as_number > 0), usual AS (SELECT concept, median(x) AS middle, "
        "1.4826 * mad(x) AS spread FROM v GROUP BY 1), own AS (SELECT *, median(x) OVER w AS "
        "own_middle, count(*) OVER w AS times FROM v WINDOW w AS (PARTITION BY person_id, "
        "concept)), within_person AS (SELECT concept, 1.4826 * median(abs(x - own_middle)) AS "
        f"own_spread FROM own WHERE times >= {HISTORY} GROUP BY 1), held AS (SELECT id, concept, "
        f"factor, x, CASE WHEN times >= {HISTORY} THEN own_middle ELSE middle END AS middle, "
        # A person's values drift over the years, which widens what is usual a little.
        f"greatest(CASE WHEN times >= {HISTORY} THEN 1.2 * coalesce(own_spread, spread) ELSE "
        f"spread END, {NARROWEST}) AS spread FROM own JOIN usual USING (concept) "
        "LEFT JOIN within_person USING (concept)), judged AS (SELECT id, concept, "
        "((x - middle) / spread) ** 2 AS as_is, ((x - factor - middle) / spread) ** 2 AS "
        "converted FROM held) SELECT concept, count(*), count(*) FILTER (bad), "
        f"list_sort(list(id) FILTER (bad)) [1:{records.examples}] FROM (SELECT *, "
        f"as_is - converted > {EVIDENCE} AND converted < 16 AS bad FROM judged) "
        "GROUP BY concept ORDER BY concept"
    ).fetchall()
    names = {term.concept_id: term.en for term in terms().values()}
    return [
        CheckResult(
            check("valueOfOtherUnit", "CONCEPT", "Plausibility", "Atemporal", "measurement",
                  "the value fits this person's history only in the other unit",
                  "value_as_number", names[concept]),
            total, bad, tuple(examples or ()),
        )
        for concept, total, bad, examples in rows
    ]  # fmt: skip


def _jumps(records: Records) -> list[CheckResult]:
    """Readings that are many times, or a small part, of both their neighbours in time."""
    factors = ", ".join(f"({terms()[key].concept_id}, {math.log(n)!r})" for key, n in JUMPS.items())
    asked = check("suddenChange", "RECORD", "Plausibility", "Temporal", "measurement",
                  "many times more, or less, than the reading before and the one after",
                  "value_as_number")  # fmt: skip
    result = records.count(
        asked,
        f"WITH most (concept, times) AS (VALUES {factors}), v AS (SELECT measurement_id AS id, "
        "times, ln(value_as_number) AS x, lag(ln(value_as_number)) OVER w AS before, "
        "lead(ln(value_as_number)) OVER w AS after FROM measurement JOIN most ON "
        "measurement_concept_id = concept WHERE value_as_number > 0 WINDOW w AS (PARTITION BY "
        "person_id, measurement_concept_id ORDER BY measurement_date, measurement_id)) "
        # With one neighbour only it cannot be told which of the two is wrong.
        "SELECT id, abs(x - before) > times AND abs(x - after) > times AND (x > before) = "
        "(x > after) AS violated FROM v WHERE before IS NOT NULL AND after IS NOT NULL",
    )
    return [result] if result.rows else []


def laboratory_checks(records: Records, tables: Collection[str]) -> list[CheckResult]:
    """Tests that a form asks of everybody and that have no value at its visit."""
    if not {"measurement", "note"} <= set(tables):
        return []
    results = []
    for row in rows_of("laboratory.csv"):
        fields = [ids_in(group.split("|")) for group in row["fields"].split()]
        tests = ", ".join(
            f"({number}, {concept})"
            for number, group in enumerate(fields)
            for concept in group.split(", ")
        )
        term = terms()[row["note_class"]]
        asked = check("laboratoryCompleteness", "RECORD", "Completeness", "Completeness",
                      "visit_occurrence", "a test that the form asks for has no value", "",
                      term.en)  # fmt: skip
        results.append(
            records.count(
                asked,
                f"WITH test (number, concept) AS (VALUES {tests}), form AS (SELECT DISTINCT "
                "visit_occurrence_id AS id FROM note WHERE visit_occurrence_id IS NOT NULL AND "
                f"note_class_concept_id = {term.concept_id}), done AS (SELECT DISTINCT "
                "visit_occurrence_id AS id, number FROM measurement JOIN test ON "
                "measurement_concept_id = concept WHERE value_as_number IS NOT NULL) "
                "SELECT form.id, done.id IS NULL AS violated FROM form CROSS JOIN "
                "(SELECT DISTINCT number FROM test) LEFT JOIN done USING (id, number)",
            )
        )
    return [result for result in results if result.rows]
