"""Children grow within the standards of the WHO, are seen when due, and get vaccines in order."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid.synth.births import birth_of
from deid.synth.courses.childhood import MONTHS
from deid.synth.courses.life import Life
from deid.synth.growth import DAYS_A_MONTH, Measure, reference, z_score
from deid.synth.people import Sex
from tests.unit.deid.synth.lives import all_lives, forms_of

MEASURES: tuple[Measure, ...] = get_args(Measure)
LEAST_DAYS = {
    "zh_CN": {"MMR_VACCINE": 240, "JE_VACCINE": 240, "DTAP_VACCINE": 88, "IPV_VACCINE": 60,
              "MENA_VACCINE": 180, "HEPATITIS_A_LIVE_VACCINE": 540, "MENAC_VACCINE": 1090,
              "OPV_VACCINE": 120, "DT_VACCINE": 2190},
    "en_US": {"MMR_VACCINE": 362, "VARICELLA_VACCINE": 362, "DTAP_VACCINE": 42, "IPV_VACCINE": 42,
              "ROTAVIRUS_VACCINE": 42, "HIB_VACCINE": 42, "PCV13_VACCINE": 42,
              "HEPATITIS_A_VACCINE": 362, "TDAP_VACCINE": 3650, "HPV_VACCINE": 3287,
              "MENACWY_VACCINE": 3650},
}  # fmt: skip
"""Least age of the first dose by the national programme and by the CDC's table of least ages."""


def test_the_standard_is_that_of_the_who() -> None:
    assert reference("weight", "M", 12).median == pytest.approx(9.6479)
    assert reference("length", "F", 24).median == pytest.approx(86.4153)
    assert reference("head", "M", 0).median == pytest.approx(34.4618)
    assert reference("weight", "F", 10).median == pytest.approx(8.48, abs=0.06)


@given(st.sampled_from(MEASURES), st.sampled_from(get_args(Sex)), st.floats(0, 72),
       st.floats(-3, 3))  # fmt: skip
def test_a_z_score_and_its_value_are_each_others_inverse(
    measure: Measure, sex: Sex, months: float, z: float
) -> None:
    value = reference(measure, sex, months).value(z)
    assert value > 0
    assert z_score(measure, sex, months, value) == pytest.approx(z, abs=1e-6)


@given(st.sampled_from(MEASURES), st.sampled_from(get_args(Sex)), st.floats(0, 59))
def test_the_median_grows_with_age(measure: Measure, sex: Sex, months: float) -> None:
    assert reference(measure, sex, months + 1).median > reference(measure, sex, months).median


def test_checks_are_at_the_ages_that_the_rules_name() -> None:
    for life, visit, form in forms_of("child"):
        due = form.amounts["AGE_IN_MONTHS"]
        months = (visit.day - life.resident.birth).days / DAYS_A_MONTH
        assert due in MONTHS[life.household.locale]
        assert -1 <= months - due <= (0.8 if due <= 36 else 2.5)


def test_weight_and_length_stay_within_three_standard_deviations() -> None:
    for life, visit, form in forms_of("child"):
        months = (visit.day - life.resident.birth).days / DAYS_A_MONTH
        if birth_of(life.resident, life.household).weeks < 38 and months < 24:
            continue  # their growth is counted from the due date
        sex = life.resident.sex
        assert abs(z_score("weight", sex, months, form.readings["BODY_WEIGHT"])) <= 3.2
        assert abs(z_score("length", sex, months, form.readings["BODY_HEIGHT"])) <= 3.2


def test_children_grow_taller_from_check_to_check() -> None:
    for life in all_lives():
        lengths = [f.readings["BODY_HEIGHT"] for v in life.visits for f in v.forms
                   if f.kind == "child"]  # fmt: skip
        assert lengths == sorted(lengths)


def test_the_evaluation_is_that_of_the_forms_own_scores() -> None:
    for _, _, form in forms_of("child"):
        weight, length = form.amounts["WEIGHT_FOR_AGE_Z"], form.amounts["HEIGHT_FOR_AGE_Z"]
        if form.answers["CHILD_GROWTH"] == "NORMAL":
            assert length >= -2
            assert -2 <= weight <= 2 or weight - length <= 1
        assert (form.answers["WEIGHT_PERCENTILE"] == "UPPER") == (weight > 1)
        low = form.readings.get("HEMOGLOBIN", 120) < 110
        assert low == ("IRON_DEFICIENCY_ANEMIA" in form.diagnoses)


def test_the_newborn_is_seen_within_two_weeks_in_china_at_home() -> None:
    seen = forms_of("newborn")
    assert len(seen) >= 10
    for life, visit, form in seen:
        assert visit.mode == "home" or life.household.locale == "en_US"
        assert 3 <= (visit.day - life.resident.birth).days <= 14
        assert 1.0 <= form.readings["BIRTH_WEIGHT"] <= 5.2
        assert 0 <= form.amounts["APGAR_1_MINUTE"] <= form.amounts["APGAR_5_MINUTE"] <= 10


def test_illness_between_two_checks_is_that_of_the_record() -> None:
    for life in all_lives():
        checks = [(v.day, f) for v in life.visits for f in v.forms if f.kind == "child"]
        for (before, _), (day, form) in pairwise(checks):
            ill = sum(
                "GASTROENTERITIS" in f.diagnoses
                for v in life.visits
                for f in v.forms
                if before < v.day < day
                and f.kind in {"contact", "discharge"}
                and "admitted" not in f.hints
            )
            assert form.amounts["DIARRHOEA_EPISODES"] == ill


@pytest.fixture(scope="module")
def doses() -> dict[tuple[int, str], list[tuple[int, date, Life]]]:
    """Number and day of every dose by person and vaccine."""
    given: dict[tuple[int, str], list[tuple[int, date, Life]]] = defaultdict(list)
    for life, visit, form in forms_of("immunization"):
        for vaccine in form.vaccines:
            number = form.amounts.get(f"VACCINE_DOSE:{vaccine}", 0)
            given[life.resident.person_id, vaccine].append((int(number), visit.day, life))
    return given


def test_no_vaccine_comes_before_its_least_age(
    doses: dict[tuple[int, str], list[tuple[int, date, Life]]],
) -> None:
    for (_, vaccine), series in doses.items():
        number, day, life = series[0]
        least = LEAST_DAYS[life.household.locale].get(vaccine, 0)
        if number == 1:
            assert (day - life.resident.birth).days >= least, vaccine


def test_doses_are_counted_in_order_and_lie_four_weeks_apart(
    doses: dict[tuple[int, str], list[tuple[int, date, Life]]],
) -> None:
    for (_, vaccine), series in doses.items():
        if vaccine == "INFLUENZA_VACCINE":
            continue
        numbers = [number for number, _, _ in series]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), vaccine
        days = [day for _, day, _ in series]
        assert all(b - a >= timedelta(days=28) for a, b in pairwise(days))


def test_vaccines_are_those_of_the_place(
    doses: dict[tuple[int, str], list[tuple[int, date, Life]]],
) -> None:
    for (_, vaccine), series in doses.items():
        chinese = series[0][2].household.locale == "zh_CN"
        if vaccine in {"BCG_VACCINE", "JE_VACCINE", "MENA_VACCINE", "OPV_VACCINE"}:
            assert chinese
        if vaccine in {"ROTAVIRUS_VACCINE", "VARICELLA_VACCINE", "HPV_VACCINE", "HIB_VACCINE"}:
            assert not chinese


def test_nearly_all_two_year_olds_have_had_measles_vaccine_but_some_doses_are_late(
    doses: dict[tuple[int, str], list[tuple[int, date, Life]]],
) -> None:
    born = [
        life for life in all_lives()
        if life.first == life.resident.birth and (life.last - life.first).days > 800
    ]  # fmt: skip
    assert len(born) >= 10
    had = [life for life in born if (life.resident.person_id, "MMR_VACCINE") in doses]
    assert len(had) / len(born) >= 0.8
    waits = [
        (series[0][1] - series[0][2].resident.birth).days
        for (_, vaccine), series in doses.items()
        if vaccine == "MMR_VACCINE" and series[0][0] == 1
    ]
    assert max(waits) - min(waits) > 30
