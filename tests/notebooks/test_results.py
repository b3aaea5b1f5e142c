"""Each notebook's main numbers equal a computation that shares no code with it."""

from __future__ import annotations

import re
from typing import Any

import duckdb
import numpy as np
import pytest

from tests.notebooks.conftest import RESIDENTS, Executed
from tests.notebooks.reading import in_words, number_after, printed, table

SYSTOLIC, DIASTOLIC, HYPERTENSION, DIABETES = 3004249, 3012888, 320128, 201826
CHINESE = 2000007001


def one(records: duckdb.DuckDBPyConnection, query: str) -> Any:
    """The only value of a query."""
    return records.execute(query).fetchall()[0][0]


def test_the_tour_counts_rows_and_people(
    executed: Executed, records: duckdb.DuckDBPyConnection
) -> None:
    shown = table(executed("01_release_tour"), "tables = pd.DataFrame.from_dict")
    for name in ("visit_occurrence", "measurement", "note", "death"):
        assert shown.loc[name, "rows"] == one(records, f"SELECT count(*) FROM {name}")
        people = one(records, f"SELECT count(DISTINCT person_id) FROM {name}")
        assert shown.loc[name, "people"] == people
    assert shown.loc["person", "rows"] == RESIDENTS


def test_the_description_counts_people_deaths_and_person_years(
    executed: Executed, records: duckdb.DuckDBPyConnection
) -> None:
    said = in_words(executed("02_cohort_description"))
    deaths = one(records, "SELECT count(*) FROM death")
    years = (
        one(
            records,
            "SELECT sum(observation_period_end_date - observation_period_start_date) "
            "FROM observation_period",
        )
        / 365.25
    )
    assert f"**{RESIDENTS} people**" in said
    assert f"{years:,.0f} person-years" in said
    assert f"{deaths} people died: {1000 * deaths / years:.1f} in 1,000" in said
    ages = one(
        records,
        """SELECT list(greatest(year(observation_period_start_date) - year_of_birth, 0))
           FROM person JOIN observation_period USING (person_id)""",
    )
    assert number_after(said, "of a mean age of") == pytest.approx(np.mean(ages), abs=0.051)
    ill = one(
        records,
        f"""SELECT count(DISTINCT c.person_id) FROM condition_occurrence c
            JOIN observation_period USING (person_id)
            WHERE condition_concept_id = {HYPERTENSION}
              AND condition_start_date <= observation_period_start_date + 365""",
    )
    assert f"is hypertension, in {ill / RESIDENTS:.0%}" in said


def test_what_may_leave_of_the_description_has_no_small_count(executed: Executed) -> None:
    shown = table(executed("02_cohort_description"), "two_way = safe_frame")
    counts = [value for value in shown.astype(str).to_numpy().ravel() if value.isdigit()]
    assert counts
    assert all(int(count) >= 11 and int(count) % 5 == 0 for count in counts)


def test_hazard_ratios_equal_those_of_another_program(
    executed: Executed, records: duckdb.DuckDBPyConnection
) -> None:
    """People by SQL and Cox by statsmodels, where the notebook has pandas and lifelines."""
    from statsmodels.duration.hazard_regression import PHReg

    notebook = executed("03_risk_factors")
    shown = table(notebook, "cox = CoxPHFitter")
    names = {
        "Age, per 10 years": "(age - 50) / 10.0",
        "Men against women": "(gender_concept_id = 8507)::DOUBLE",
        "Hypertension": _had(f"{HYPERTENSION}"),
        "Type 2 diabetes": _had(f"{DIABETES}"),
        "COPD": _had("255573"),
        "Heart disease or stroke": _had("317576, 312327, 443454, 376713, 316139"),
        "Current smoker": "smoker",
    }
    chosen = [name for name in names if name in shown.index]
    assert len(chosen) >= 3
    people = records.execute(
        f"""
        WITH base AS (
            SELECT person_id, gender_concept_id, observation_period_start_date + 365 AS zero,
                   observation_period_end_date AS last,
                   year(observation_period_start_date + 365) - year_of_birth AS age
            FROM person JOIN observation_period USING (person_id)
            WHERE observation_period_end_date > observation_period_start_date + 365),
        smoking AS (
            SELECT person_id, arg_min((value_as_concept_id = 2000005003)::DOUBLE,
                       (abs(datediff('day', zero, observation_date)), observation_date)) AS smoker
            FROM observation JOIN base USING (person_id)
            WHERE observation_concept_id = 43054909 AND value_as_concept_id IS NOT NULL
            GROUP BY person_id),
        stays AS (
            SELECT person_id, min(visit_start_date) AS stay
            FROM visit_occurrence JOIN base USING (person_id)
            WHERE visit_concept_id IN (9201, 262) AND visit_start_date > zero GROUP BY person_id)
        SELECT {", ".join(f'{names[name]} AS "{name}"' for name in chosen)},
               datediff('day', zero, coalesce(stay, last)) AS days, stay IS NOT NULL AS event
        FROM base LEFT JOIN stays USING (person_id) LEFT JOIN smoking USING (person_id)
        WHERE age >= 40 {"AND smoker IS NOT NULL" if "Current smoker" in chosen else ""}
        """
    ).df()
    fit = PHReg(
        people["days"], people[chosen].astype(float), people["event"].astype(int), ties="efron"
    ).fit()
    assert shown.loc[chosen, "ratio"].tolist() == pytest.approx(
        np.exp(np.asarray(fit.params)).tolist(), abs=0.006
    )
    said = in_words(notebook)
    assert f"{people['event'].sum()} of {len(people)} people of 40 and over" in said


def _had(concepts: str) -> str:
    return (
        "(person_id IN (SELECT person_id FROM condition_occurrence c WHERE "
        f"c.person_id = base.person_id AND condition_concept_id IN ({concepts}) "
        "AND condition_start_date <= zero))::DOUBLE"
    )


def test_the_odds_of_hypertension_are_those_of_a_search_for_the_likelihood(
    executed: Executed, records: duckdb.DuckDBPyConnection
) -> None:
    shown = table(executed("03_risk_factors"), "logistic = smf.logit")
    people = records.execute(
        f"""
        WITH base AS (
            SELECT person_id, (gender_concept_id = 8507)::DOUBLE AS male,
                   observation_period_start_date + 365 AS zero,
                   (year(observation_period_start_date + 365) - year_of_birth - 50) / 10 AS age10
            FROM person JOIN observation_period USING (person_id)
            WHERE observation_period_end_date > observation_period_start_date + 365
              AND year(observation_period_start_date) - year_of_birth >= 18),
        bmi AS (
            SELECT person_id, day, avg(value) AS value FROM (
                SELECT person_id, measurement_date AS day, value_as_number AS value
                FROM measurement WHERE measurement_concept_id = 3038553
                  AND value_as_number BETWEEN 10 AND 70) GROUP BY ALL)
        SELECT age10, male, (arg_min(value, (abs(datediff('day', zero, day)), day)) - 25) / 5 AS b,
               bool_or(person_id IN (SELECT person_id FROM condition_occurrence c
                   WHERE c.person_id = base.person_id AND condition_concept_id = {HYPERTENSION}
                     AND condition_start_date <= zero)) AS y
        FROM base JOIN bmi USING (person_id) GROUP BY person_id, age10, male
        """
    ).df()
    design = np.column_stack([np.ones(len(people)), people["age10"], people["male"], people["b"]])
    outcome = people["y"].to_numpy(dtype=float)
    estimate = np.zeros(4)
    for _ in range(25):  # Newton's method
        risk = 1 / (1 + np.exp(-design @ estimate))
        information = design.T @ (design * (risk * (1 - risk))[:, None])
        estimate += np.linalg.solve(information, design.T @ (outcome - risk))
    assert shown["ratio"].tolist() == pytest.approx(np.exp(estimate[1:]).tolist(), abs=0.006)


def test_moves_between_states_are_counted_person_by_person(
    executed: Executed, records: duckdb.DuckDBPyConnection
) -> None:
    notebook = executed("04_natural_history")
    shown = table(notebook, "spells = pd.DataFrame")
    rows = records.execute(
        f"""SELECT observation_period_start_date, observation_period_end_date, death_date,
               min(condition_start_date) FILTER (condition_concept_id IN
                   ({HYPERTENSION}, {DIABETES}, 255573)),
               min(condition_start_date) FILTER (condition_concept_id IN
                   (312327, 317576, 443454, 376713, 373503, 316139, 46271022, 192279, 4226121,
                    37016354))
           FROM person JOIN observation_period USING (person_id)
           LEFT JOIN condition_occurrence USING (person_id) LEFT JOIN death USING (person_id)
           WHERE year(observation_period_start_date) - year_of_birth >= 40
             AND observation_period_end_date > observation_period_start_date
           GROUP BY person.person_id, 1, 2, 3"""
    ).fetchall()
    counted = np.zeros((4, 4), int)
    stayed = np.zeros(4, int)
    for start, end, dead, chronic, complication in rows:
        state = 0
        days: dict[Any, int] = {}
        for day, target in ((chronic, 1), (complication, 2), (dead, 3)):
            if day is not None and day <= start:
                state = max(state, target)
            elif day is not None and day <= end:
                days[day] = max(target, days.get(day, 0))
        for day in sorted(days):
            if days[day] > state:
                counted[state, days[day]] += 1
                state = days[day]
        stayed[state] += state != 3
    names = ["no chronic disease", "chronic disease", "complication", "dead"]
    for origin in range(3):
        for target in range(origin + 1, 4):
            assert shown.loc[names[origin], names[target]] == counted[origin, target]
        assert shown.loc[names[origin], "(end of record)"] == stayed[origin]


def test_the_area_under_the_curve_is_the_share_of_pairs_in_order(
    executed: Executed, records: duckdb.DuckDBPyConnection
) -> None:
    said = in_words(executed("05_diagnosis_and_treatment"))
    rows = records.execute(
        """WITH first AS (
               SELECT person_id, min(observation_date) AS day FROM observation
               WHERE observation_concept_id = 3042932 AND value_as_number BETWEEN 0 AND 27
               GROUP BY ALL)
           SELECT arg_min(value_as_number, observation_id), EXISTS (
                      SELECT 1 FROM condition_occurrence c WHERE c.person_id = f.person_id
                      AND condition_concept_id = 440383 AND condition_start_date <= day + 365)
           FROM first f JOIN observation o ON o.person_id = f.person_id
               AND observation_date = day AND observation_concept_id = 3042932
           GROUP BY f.person_id, day"""
    ).fetchall()
    ill = [score for score, disorder in rows if disorder]
    well = [score for score, disorder in rows if not disorder]
    order = np.mean([(a > b) + (a == b) / 2 for a in ill for b in well])
    assert f"{len(rows)} people answered" in said
    assert number_after(said, "The area under the curve is") == pytest.approx(order, abs=0.0051)


def test_matched_visits_are_balanced_and_within_the_caliper(executed: Executed) -> None:
    notebook = executed("05_diagnosis_and_treatment")
    balance = table(notebook, "balance = balance_table")
    assert balance["smd after"].abs().mean() < balance["smd before"].abs().mean()
    pairs, alone, greedy, optimal = map(
        float,
        re.search(
            r"(\d+) pairs, (\d+) without one;\n.* distance ([\d.]+) against ([\d.]+)",
            printed(notebook, "balance = balance_table"),
        ).groups(),  # type: ignore[union-attr]
    )
    stepped = int(re.search(r"(\d+) of them", printed(notebook, 'trials["stepped_up"]')).group(1))  # type: ignore[union-attr]
    assert pairs + alone == stepped
    assert greedy <= optimal


def test_impossible_values_and_last_digits_are_counted(
    executed: Executed, records: duckdb.DuckDBPyConnection
) -> None:
    notebook = executed("06_data_quality")
    shown = table(notebook, "impossible = pd.DataFrame", index=0)
    values = one(
        records,
        f"""SELECT list(value_as_number) FROM measurement
            WHERE measurement_concept_id = {SYSTOLIC} AND value_as_number IS NOT NULL""",
    )
    assert shown.loc["Systolic pressure", "rows"] == len(values)
    outside = sum(not 50 <= value <= 300 for value in values)
    assert outside, "the county has slips of the keyboard"
    assert shown.loc["Systolic pressure", "impossible"] == outside
    zeros = [value for value in values if 50 <= value <= 300 and round(value) % 10 == 0]
    share = len(zeros) / (len(values) - outside)
    said = number_after(in_words(notebook), "Of systolic pressures")
    assert said == pytest.approx(100 * share, abs=1.0)


def test_the_profile_counts_coverage_and_control(
    executed: Executed, records: duckdb.DuckDBPyConnection
) -> None:
    notebook = executed("07_community_profile")
    patients, seen, followed, controlled = records.execute(
        f"""
        WITH patients AS (
            SELECT DISTINCT person_id, observation_period_end_date AS last
            FROM observation_period JOIN condition_occurrence USING (person_id)
            WHERE condition_concept_id = {HYPERTENSION}
              AND person_id NOT IN (SELECT person_id FROM death)
              AND observation_period_end_date - observation_period_start_date >= 365),
        days AS (
            SELECT person_id, measurement_date AS day,
                   avg(value_as_number) FILTER (measurement_concept_id = {SYSTOLIC}
                       AND value_as_number BETWEEN 60 AND 260) AS s,
                   avg(value_as_number) FILTER (measurement_concept_id = {DIASTOLIC}
                       AND value_as_number BETWEEN 30 AND 160) AS d
            FROM measurement JOIN patients USING (person_id)
            WHERE measurement_date BETWEEN last - 364 AND last GROUP BY ALL),
        each AS (
            SELECT person_id, count(s + d) AS n, arg_max(s < 140 AND d < 90, day) FILTER (
                       s IS NOT NULL AND d IS NOT NULL) AS ok
            FROM patients LEFT JOIN days USING (person_id) GROUP BY ALL)
        SELECT count(*), avg((n >= 1)::INT), avg((n >= 4)::INT), avg(coalesce(ok, false)::INT)
        FROM each
        """
    ).fetchall()[0]
    shown = table(notebook, "cascade = pd.concat", index=[0, 1]).loc[("hypertension", "all")]
    assert shown["patients"] == patients
    assert [shown["seen"], shown["followed up"], shown["controlled"]] == [
        f"{share:.0%}" for share in (seen, followed, controlled)
    ]


def test_no_published_rate_of_the_profile_stands_on_a_small_count(executed: Executed) -> None:
    shown = table(executed("07_community_profile"), "published = {}", index=0)
    cells = shown.astype(str).to_numpy().ravel()
    assert set(cells) - {"withheld"}
    assert all(cell == "withheld" or re.fullmatch(r"\d+% to \d+%", cell) for cell in cells)


def test_a_published_rate_of_the_profile_is_a_range_that_holds_the_true_one(
    executed: Executed,
) -> None:
    notebook = executed("07_community_profile")
    shown = table(notebook, "published = {}", index=0)["total"]
    prevalence = table(notebook, "prevalence = pd.DataFrame", index=[0, 1])
    cascade = table(notebook, "cascade = pd.concat", index=[0, 1])
    true = {f"hypertension: {step}": cascade.loc[("hypertension", "all"), step]
            for step in ("seen", "followed up", "controlled")}  # fmt: skip
    of_areas = prevalence.loc["hypertension"]
    have = (of_areas["crude"].str.rstrip("%").astype(float) * of_areas["adults"]).sum()
    true["prevalence: hypertension"] = f"{have / of_areas['adults'].sum()}%"
    held = [name for name in true if shown[name] != "withheld"]
    assert held
    for name in held:
        low, high = (float(text) for text in re.findall(r"\d+", shown[name]))
        assert low <= round(float(true[name].rstrip("%"))) <= high


def test_languages_and_pressures_of_notes_are_told_rightly(
    executed: Executed, records: duckdb.DuckDBPyConnection
) -> None:
    notebook = executed("08_notes_as_data")
    said = in_words(notebook)
    notes, english = records.execute(
        f"SELECT count(*), avg((language_concept_id <> {CHINESE})::INT) FROM note"
    ).fetchall()[0]
    assert said.startswith(f"{notes:,} notes of")
    assert f"in English ({english:.0%})" in said
    shown = table(notebook, "reading = read.groupby")
    rows = records.execute(
        f"""SELECT note_text, s, d FROM note JOIN (
                SELECT visit_occurrence_id,
                       max(value_as_number) FILTER (measurement_concept_id = {SYSTOLIC}) AS s,
                       max(value_as_number) FILTER (measurement_concept_id = {DIASTOLIC}) AS d
                FROM measurement GROUP BY ALL) USING (visit_occurrence_id)
            WHERE s IS NOT NULL AND d IS NOT NULL AND language_concept_id = {CHINESE}
              AND note_class_concept_id IN (2000007006, 2000007007)"""
    ).fetchall()
    assert shown.loc["zh", "visits"] == len(rows)
    agreeing = sum(f"{s:.0f}/{d:.0f}" in text.replace(" ", "") for text, s, d in rows)
    recall, agreement = (
        float(str(shown.loc["zh", c]).rstrip("%")) / 100 for c in ("recall", "agreement")
    )
    assert recall * agreement == pytest.approx(agreeing / len(rows), abs=0.01)
    assert recall > 0.95
