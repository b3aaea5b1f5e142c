"""Problems come at their rates, and follow-up moves as the rules and the model say."""

from __future__ import annotations

from collections import Counter

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from deid.synth.parameters import ASSUMED, DISEASES, PARAMETERS, DiseaseModel
from deid.synth.people import Household
from deid.vocabulary import names
from tests.unit.deid.synth.conftest import TODAY


def test_older_people_have_more_hypertension_and_men_do_not_have_womens_ills(
    county: list[Household],
) -> None:
    people = [member for household in county for member in household.members]
    shares = []
    for low, high in ((18, 40), (40, 60), (60, 95)):
        ages = [p for p in people if low <= p.age_on(TODAY) < high]
        shares.append(sum("ESSENTIAL_HYPERTENSION" in p.problems for p in ages) / len(ages))
    assert shares[0] < 0.15 < shares[1] < 0.4 < shares[2] < 0.7
    assert not any("BREAST_CANCER" in p.problems for p in people if p.sex == "M")
    assert not any("BENIGN_PROSTATIC_HYPERPLASIA" in p.problems for p in people if p.sex == "F")


def test_the_county_has_problems_of_body_mind_and_life(county: list[Household]) -> None:
    counts = Counter(
        problem for household in county for m in household.members for problem in m.problems
    )
    for problem in ("TYPE_2_DIABETES", "DEPRESSIVE_DISORDER", "BEREAVEMENT_SPOUSE",
                    "CAREGIVER_BURDEN", "FINANCIAL_HARDSHIP", "LEFT_BEHIND_ELDER",
                    "UNEMPLOYMENT_PROBLEM", "FAMILY_CONFLICT", "LIVING_ALONE"):  # fmt: skip
        assert counts[problem] >= 5, problem


def test_no_problem_begins_before_birth_or_after_death(county: list[Household]) -> None:
    for household in county:
        for member in household.members:
            for onset in member.problems.values():
                assert member.birth < onset <= (member.death or TODAY)


@given(
    model=st.sampled_from(DISEASES),
    draw=st.floats(0, 1, exclude_max=True),
    ratio=st.floats(0.05, 4),
)
def test_onset_is_the_inverse_of_prevalence(model: DiseaseModel, draw: float, ratio: float) -> None:
    age = model.onset_age(draw, ratio)
    if age is None:
        assert draw >= model.curve[-1][1] * ratio
    else:
        assert model.prevalence(age) * ratio >= draw - 1e-9
        assert model.prevalence(age - 0.5) * ratio <= max(draw, 1e-9) + 1e-9


def test_every_parameter_and_disease_has_a_source() -> None:
    for name, parameter in PARAMETERS.items():
        assert len(parameter.source) >= len(ASSUMED), name
        assert parameter.unit, name
    for model in DISEASES:
        assert model.source
        values = [share for _, share in model.curve]
        assert values == sorted(values), f"{model.problem}: prevalence falls"
        assert hasattr(names, model.problem)


def test_problems_do_not_all_begin_at_the_first_age_of_their_curve(
    county: list[Household],
) -> None:
    ages = [
        (m.problems["FATTY_LIVER"] - m.birth).days
        for household in county
        for m in household.members
        if "FATTY_LIVER" in m.problems
    ]
    assert len(set(ages)) > 0.5 * len(ages)


FORMS = """
    WITH pressure AS (
        SELECT v.person_id, visit_occurrence_id, visit_start_date AS day,
               max(value_as_number) FILTER (measurement_concept_id = 3004249) AS systolic,
               max(value_as_number) FILTER (measurement_concept_id = 3012888) AS diastolic
        FROM visit_occurrence v JOIN measurement USING (visit_occurrence_id) GROUP BY ALL
    ), answer AS (
        SELECT visit_occurrence_id,
               max(value_source_value)
                   FILTER (observation_source_value = 'FOLLOW_UP_CLASS') AS class,
               max(value_source_value)
                   FILTER (observation_source_value = 'DRUG_ADHERENCE') AS taken
        FROM observation GROUP BY ALL
    ), kind AS (
        SELECT visit_occurrence_id, string_agg(note_source_value, '+' ORDER BY note_id) AS forms
        FROM note GROUP BY ALL
    )
    SELECT pressure.*, class, taken, forms,
           date_diff('year', birth_date, day)
               - (strftime(birth_date, '%m%d') > strftime(day, '%m%d'))::INT AS age
    FROM pressure JOIN answer USING (visit_occurrence_id) JOIN kind USING (visit_occurrence_id)
    JOIN person_identity USING (person_id)
    WHERE forms IN ('hypertension', 'hypertension+diabetes', 'diabetes+hypertension', 'diabetes')
"""


def test_the_class_agrees_with_the_pressure_in_nine_forms_of_ten(
    sql: duckdb.DuckDBPyConnection,
) -> None:
    agreement = sql.execute(
        f"""
        SELECT avg(((systolic < CASE WHEN age >= 65 THEN 150 ELSE 140 END AND diastolic < 90)
                    = (class = 'CLASS_CONTROLLED'))::INT), count(*)
        FROM ({FORMS}) WHERE forms = 'hypertension'
          AND class IN ('CLASS_CONTROLLED', 'CLASS_UNCONTROLLED')
        """
    ).fetchone()
    assert agreement is not None
    assert agreement[1] > 800
    assert 0.87 <= agreement[0] <= 0.93


def test_all_four_classes_occur(sql: duckdb.DuckDBPyConnection) -> None:
    rows = sql.execute(
        "SELECT DISTINCT value_source_value FROM observation "
        "WHERE observation_source_value = 'FOLLOW_UP_CLASS'"
    ).fetchall()
    classes = {row[0] for row in rows}
    assert classes >= {"CLASS_CONTROLLED", "CLASS_UNCONTROLLED", "CLASS_ADVERSE_REACTION",
                       "CLASS_COMPLICATION"}  # fmt: skip


def test_follow_up_is_quarterly_with_gaps_and_early_returns(
    sql: duckdb.DuckDBPyConnection,
) -> None:
    intervals = [
        days
        for (days,) in sql.execute(
            f"""
            SELECT date_diff('day', lag(day) OVER (PARTITION BY person_id ORDER BY day), day)
            FROM ({FORMS}) QUALIFY lag(day) OVER (PARTITION BY person_id ORDER BY day) IS NOT NULL
            """
        ).fetchall()
    ]
    assert 85 <= sorted(intervals)[len(intervals) // 2] <= 105
    assert min(intervals) >= 8
    assert sum(days < 35 for days in intervals) > 0.05 * len(intervals)
    assert sum(days > 150 for days in intervals) > 0.05 * len(intervals)


def test_those_who_take_their_drugs_have_the_lower_pressure(
    sql: duckdb.DuckDBPyConnection,
) -> None:
    means = dict(
        sql.execute(
            f"SELECT taken, avg(systolic) FROM ({FORMS}) WHERE forms LIKE 'hyper%' GROUP BY ALL"
        ).fetchall()
    )
    assert means["ADHERENCE_REGULAR"] + 5 < means["ADHERENCE_INTERMITTENT"] + 2
    assert means["ADHERENCE_INTERMITTENT"] < means["ADHERENCE_NONE"]


def test_pressure_is_higher_in_winter_than_in_summer(sql: duckdb.DuckDBPyConnection) -> None:
    means = sql.execute(
        f"""
        SELECT avg(systolic) FILTER (month(day) IN (12, 1, 2)),
               avg(systolic) FILTER (month(day) IN (6, 7, 8)) FROM ({FORMS})
        """
    ).fetchone()
    assert means is not None
    assert 2 < means[0] - means[1] < 14


def test_readings_prefer_certain_last_digits(sql: duckdb.DuckDBPyConnection) -> None:
    shares = sql.execute(
        f"SELECT avg((systolic % 5 = 0)::INT), avg((systolic % 2 = 0)::INT) FROM ({FORMS})"
    ).fetchone()
    assert shares is not None
    assert shares[0] > 0.35  # a fifth of last digits, if nobody preferred any
    assert shares[1] > 0.6


def test_now_and_target_come_in_pairs(sql: duckdb.DuckDBPyConnection) -> None:
    worse = sql.execute(
        """
        SELECT count(*) FROM observation target JOIN measurement now USING (visit_occurrence_id)
        WHERE observation_source_value = 'WEIGHT_TARGET'
          AND measurement_source_value = 'BODY_WEIGHT'
          AND target.value_as_number > now.value_as_number
        """
    ).fetchone()
    assert worse == (0,)


def test_a_visit_for_two_problems_keeps_their_classes_apart_and_shares_the_rest(
    sql: duckdb.DuckDBPyConnection,
) -> None:
    rows = sql.execute(
        """
        SELECT visit_occurrence_id,
               count(*) FILTER (observation_source_value = 'FOLLOW_UP_CLASS') AS classes,
               count(DISTINCT qualifier_concept_id)
                   FILTER (observation_source_value = 'FOLLOW_UP_CLASS') AS problems,
               count(*) FILTER (observation_source_value = 'WEIGHT_TARGET') AS targets
        FROM observation GROUP BY ALL HAVING classes > 1
        """
    ).fetchall()
    assert len(rows) > 30
    assert all(row[1:] == (2, 2, 1) for row in rows)


def test_pressure_rises_before_the_diagnosis_and_is_normal_long_before(
    sql: duckdb.DuckDBPyConnection,
) -> None:
    means = sql.execute(
        """
        WITH onset AS (
            SELECT person_id, min(condition_start_date) AS onset FROM condition_occurrence
            WHERE condition_concept_id = ? AND condition_type_concept_id = ? GROUP BY ALL
        )
        SELECT avg(value_as_number) FILTER (measurement_date < onset - INTERVAL 2 YEAR),
               avg(value_as_number) FILTER (measurement_date BETWEEN onset - INTERVAL 6 MONTH
                                                                 AND onset)
        FROM measurement JOIN onset USING (person_id) WHERE measurement_concept_id = ?
        """,
        [names.ESSENTIAL_HYPERTENSION, names.EHR_PROBLEM_LIST, names.SYSTOLIC_BP],
    ).fetchone()
    assert means is not None
    assert means[0] < 130 < means[1]


def test_one_person_has_one_way_with_pills_at_a_visit(sql: duckdb.DuckDBPyConnection) -> None:
    mixed = sql.execute(
        """
        SELECT count(*) FROM (
            SELECT visit_occurrence_id FROM observation
            WHERE observation_source_value = 'DRUG_ADHERENCE'
            GROUP BY ALL HAVING count(DISTINCT value_source_value) > 1
        )
        """
    ).fetchone()
    assert mixed == (0,)
