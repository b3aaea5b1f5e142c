"""The body moves as the published models say: drugs, adherence, season, age, control."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from statistics import mean
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid.synth.complications import COMPLICATIONS, draw_complications, yearly_rate
from deid.synth.constitution import (
    DIABETES,
    HYPERTENSION,
    control_ratio,
    draw_constitution,
    hba1c_of,
    typical_hba1c,
    typical_systolic,
    untreated_systolic,
)
from deid.synth.parameters import value
from deid.synth.people import Resident
from deid.synth.physiology import (
    Body,
    Regimen,
    albumin_ratio,
    blood_pressure,
    creatinine_of,
    draw_body,
    egfr_level,
    egfr_of,
    fall_of,
    fasting_glucose,
    glucose_level,
    hba1c,
    kidney_tests,
    lipids,
    mood_scores,
    pressure_level,
    regular_chance,
    weight_on,
)
from deid.synth.physiology.drugs import CLASS_OF
from tests.unit.deid.synth.conftest import TODAY

DAY = date(2022, 4, 15)
TWO_DRUGS = ("AMLODIPINE_5MG", "LOSARTAN_50MG")


def _resident(seed: int = 1, **problems: date) -> Resident:
    resident = Resident(sex="M", birth=date(1960, 5, 5), role="head")
    resident.problems = dict(problems)
    draw_constitution(Random(seed), resident)
    return resident


def _patient(problem: str, seed: int = 1) -> Body:
    return draw_body(Random(seed), _resident(seed, **{problem: date(2012, 1, 1)}))


def _under(body: Body, problem: str, drugs: tuple[str, ...], adherence: str) -> Body:
    body.regimens = {problem: [Regimen(date(2013, 1, 1), drugs, adherence)]}
    return body


def test_drugs_as_taken_lower_the_pressure_by_the_effects_of_the_table() -> None:
    body = _patient(HYPERTENSION)
    without = pressure_level(_under(body, HYPERTENSION, (), "ADHERENCE_REGULAR"), DAY)
    full = pressure_level(_under(body, HYPERTENSION, TWO_DRUGS, "ADHERENCE_REGULAR"), DAY)
    half = pressure_level(_under(body, HYPERTENSION, TWO_DRUGS, "ADHERENCE_INTERMITTENT"), DAY)
    none = pressure_level(_under(body, HYPERTENSION, TWO_DRUGS, "ADHERENCE_NONE"), DAY)
    above = untreated_systolic(body.resident) - value("sbp.drug.reference")
    assert without[0] - full[0] == pytest.approx(
        value("sbp.drug.ccb") + value("sbp.drug.arb") + 2 * value("sbp.drug.per_mmhg") * above
    )
    assert without[1] - full[1] == pytest.approx(value("dbp.drug.ccb") + value("dbp.drug.arb"))
    assert full[0] < half[0] < none[0] == without[0]


def test_a_regimen_works_from_the_day_after_it_was_prescribed() -> None:
    body = _patient(HYPERTENSION)
    body.treat(HYPERTENSION, Regimen(DAY, TWO_DRUGS, "ADHERENCE_REGULAR"))
    assert body.treatment_on(HYPERTENSION, DAY).drugs == ()
    assert body.treatment_on(HYPERTENSION, DAY + timedelta(days=1)).drugs == TWO_DRUGS


def test_pressure_is_highest_in_mid_january_by_twice_the_amplitude() -> None:
    body = _patient(HYPERTENSION)
    winter, summer = (pressure_level(body, date(2021, month, 15))[0] for month in (1, 7))
    birthday = value("sbp.age_slope")  # the resident grows a year older in May
    assert winter - summer == pytest.approx(2 * value("sbp.winter") - birthday, abs=0.1)


def test_the_white_coat_raises_the_pressure_of_some_and_only_in_the_clinic() -> None:
    body = _patient(HYPERTENSION)
    means = {}
    for deviate in (-1.0, 2.0):
        body.resident.constitution["white_coat"] = deviate
        for mode in ("clinic", "home"):
            stream = Random(5)
            readings = [blood_pressure(stream, body, DAY, mode)[0] for _ in range(800)]
            means[deviate, mode] = mean(readings)
    assert means[-1.0, "clinic"] == pytest.approx(means[-1.0, "home"], abs=0.1)
    assert means[2.0, "clinic"] - means[2.0, "home"] == pytest.approx(
        value("sbp.white_coat"), abs=1
    )


def test_the_share_of_preferred_last_digits_is_that_of_the_table() -> None:
    stream, body = Random(3), _patient(HYPERTENSION)
    readings = [blood_pressure(stream, body, DAY)[0] for _ in range(6000)]
    tens, fives, evens = (value(f"digits.{step}") for step in ("ten", "five", "even"))
    exact = 1 - tens - fives - evens
    zeros = tens + fives / 2 + evens / 5 + exact / 10
    assert mean(reading % 10 == 0 for reading in readings) == pytest.approx(zeros, abs=0.03)
    expected = tens + fives + evens / 5 + exact / 5
    assert mean(reading % 5 == 0 for reading in readings) == pytest.approx(expected, abs=0.03)


@given(st.floats(6, 118), st.sampled_from(["M", "F"]), st.integers(18, 95))
def test_creatinine_is_the_inverse_of_the_filtration_rate(
    rate: float, sex: Literal["M", "F"], age: int
) -> None:
    assert egfr_of(creatinine_of(rate, sex, age), sex, age) == pytest.approx(rate, rel=1e-6)


@pytest.mark.parametrize(
    ("creatinine", "sex", "age", "expected"),
    # Worked by hand from the formula of Levey 2009.
    [(88.4, "M", 50, 87.1), (88.4, "F", 50, 65.7), (176.8, "M", 70, 32.8)],
)
def test_the_filtration_rate_is_that_of_ckd_epi(
    creatinine: float, sex: Literal["M", "F"], age: int, expected: float
) -> None:
    assert egfr_of(creatinine, sex, age) == pytest.approx(expected, abs=0.3)


def test_the_kidney_fails_with_the_years_and_shows_it_in_creatinine() -> None:
    ill = _resident(CHRONIC_KIDNEY_DISEASE=date(2015, 1, 1))
    rates = [egfr_level(ill, date(year, 1, 1)) for year in range(2008, 2024)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > 63 > 60 > egfr_level(ill, date(2015, 1, 2))
    tests = kidney_tests(Random(1), ill, date(2022, 1, 1))
    well = kidney_tests(Random(1), _resident(), date(2022, 1, 1))
    assert tests["CREATININE"] > well["CREATININE"]
    assert tests["EGFR"] == round(egfr_of(tests["CREATININE"], "M", 61))


def test_albumin_leaks_from_thirty_on_only_in_nephropathy() -> None:
    stream, ill = Random(4), _resident(DIABETIC_NEPHROPATHY=date(2018, 1, 1))
    assert all(albumin_ratio(stream, ill, DAY) >= 30 for _ in range(200))
    assert all(albumin_ratio(stream, _resident(), DAY) < 30 for _ in range(200))


@given(st.integers(0, 500))
def test_cholesterol_is_the_sum_of_its_parts(seed: int) -> None:
    resident = _resident(seed, HYPERLIPIDEMIA=date(2015, 1, 1))
    found = lipids(Random(seed), draw_body(Random(seed), resident), DAY)
    parts = found["LDL"] + found["HDL"] + min(found["TRIGLYCERIDE"], 4.5) / 2.2
    assert found["CHOLESTEROL"] == pytest.approx(parts, abs=0.02)


def test_a_statin_lowers_ldl_of_those_who_are_ready_to_take_it() -> None:
    body = _patient("HYPERLIPIDEMIA")
    means = []
    for deviate in (1.5, -1.5):
        body.resident.constitution["adherence"] = deviate
        stream = Random(2)
        means.append(mean(lipids(stream, body, DAY)["LDL"] for _ in range(300)))
    assert means[0] < 0.75 * means[1]


def test_hba1c_follows_glucose_and_metformin_lowers_it_by_the_table() -> None:
    body = _patient(DIABETES)
    percents = [
        hba1c_of(glucose_level(_under(body, DIABETES, drugs, "ADHERENCE_REGULAR"), DAY))
        for drugs in ((), ("METFORMIN_500MG",))
    ]
    assert percents[0] - percents[1] == pytest.approx(value("hba1c.drug.metformin"), abs=0.01)
    measured = mean(hba1c(Random(seed), body, DAY) for seed in range(200))
    assert measured == pytest.approx(percents[1], abs=0.1)


def test_glucose_is_normal_long_before_diabetes_and_high_after_it_without_drugs() -> None:
    body = _patient(DIABETES)
    before = [fasting_glucose(Random(s), body, date(2008, 3, 1)) for s in range(100)]
    after = [fasting_glucose(Random(s), body, date(2014, 3, 1)) for s in range(100)]
    assert mean(before) < 6.1 < 7.0 < mean(after)


def test_every_drug_of_a_class_has_an_effect() -> None:
    for drug in CLASS_OF:
        assert fall_of("sbp", [drug]) > 0 or fall_of("hba1c", [drug]) > 0


def test_weight_falls_before_diabetes_is_found() -> None:
    resident = _resident(TYPE_2_DIABETES=date(2020, 6, 1))
    means = [
        mean(weight_on(Random(seed), resident, day, date(2016, 1, 1)) for seed in range(200))
        for day in (date(2019, 4, 1), date(2020, 4, 1))
    ]
    assert means[0] - means[1] > 1.2


def test_mood_scores_are_high_in_an_episode_and_low_after_it() -> None:
    resident = _resident(DEPRESSIVE_DISORDER=date(2020, 1, 1))
    resident.resolved = {"DEPRESSIVE_DISORDER": date(2020, 9, 1)}

    def score(day: date) -> float:
        return mean(mood_scores(Random(seed), resident, day)[0] for seed in range(300))

    before, begin = score(date(2019, 10, 1)), score(date(2020, 1, 5))
    late, after = score(date(2020, 8, 25)), score(date(2020, 11, 1))
    assert before < 5 < 10 < begin
    assert after < 5 < late < begin


def test_the_average_person_takes_drugs_as_the_table_says_and_the_depressed_less() -> None:
    residents = [_resident(seed) for seed in range(3000)]
    well = mean(regular_chance(resident, DAY) for resident in residents)
    assert well == pytest.approx(value("adherence.regular"), abs=0.04)
    for resident in residents:
        resident.problems = {"DEPRESSIVE_DISORDER": date(2021, 1, 1)}
    assert mean(regular_chance(resident, DAY) for resident in residents) < well - 0.05


@pytest.mark.parametrize("problem", ["CEREBRAL_INFARCTION", "CHRONIC_KIDNEY_DISEASE"])
def test_control_moves_risk_between_people_but_not_its_mean(problem: str) -> None:
    residents = [
        _resident(seed, **{HYPERTENSION: date(2010, 1, 1), DIABETES: date(2010, 1, 1)})
        for seed in range(6000)
    ]
    ratios = [control_ratio(problem, resident) for resident in residents]
    assert mean(ratios) == pytest.approx(1, abs=0.08)
    worst = sorted(residents, key=typical_systolic)[-1500:]
    best = sorted(residents, key=typical_systolic)[:1500]
    assert mean(control_ratio(problem, r) for r in worst) > 1.5 * mean(
        control_ratio(problem, r) for r in best
    )
    assert control_ratio("GOUT", residents[0]) == 1


def test_poorly_controlled_diabetes_brings_more_complications() -> None:
    members = [_resident(seed, TYPE_2_DIABETES=date(2008, 1, 1)) for seed in range(2500)]
    draw_complications(Random(9), members, TODAY)
    ranked = sorted(members, key=typical_hba1c)
    third = len(ranked) // 3
    for problem in ("T2DM_RETINOPATHY", "DIABETIC_NEPHROPATHY", "T2DM_NEUROPATHY"):
        best, worst = (
            sum(problem in resident.problems for resident in group)
            for group in (ranked[:third], ranked[-third:])
        )
        assert worst > 1.5 * best > 0
    for resident in members:
        for problem, onset in resident.problems.items():
            assert date(2008, 1, 1) <= onset < TODAY, problem


def test_each_percent_of_hba1c_multiplies_the_rate_as_the_table_says() -> None:
    retinopathy = COMPLICATIONS[0]
    high, low = (_resident(TYPE_2_DIABETES=date(2010, 1, 1)) for _ in range(2))
    high.constitution["glucose"] += 1
    apart = typical_hba1c(high) - typical_hba1c(low)
    assert apart > 0.5
    rates = [yearly_rate(retinopathy, resident, DAY) for resident in (high, low)]
    expected = value("risk.retinopathy.per_hba1c") ** apart
    assert rates[0] / rates[1] == pytest.approx(expected)
