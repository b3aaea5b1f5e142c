"""What the national rules ask of follow-up, and what raised pressures of others lead to."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import pairwise
from typing import get_args

from deid.synth.courses.pressure_watch import (
    DIAGNOSED_DAYS,
    RAISED,
    WITHIN_DAYS,
    is_raised,
)
from deid.synth.courses.sites import words
from deid.synth.courses.yearly import current_drugs
from deid.synth.parameters import value
from deid.synth.physiology.drugs import CLASS_OF
from deid.synth.safety import pregnancy_on
from deid.synth.visits import Unchanged
from tests.unit.deid.synth.lives import all_lives, forms_of

FOLLOWED = {"hypertension", "diabetes"}


def test_most_people_who_are_due_in_two_weeks_come() -> None:
    came = Counter[bool]()
    for life in all_lives():
        visits = [v for v in life.visits if {f.kind for f in v.forms} & FOLLOWED]
        for visit, after in pairwise(visits):
            due = min(f.next_day for f in visit.forms if f.kind in FOLLOWED and f.next_day)
            if (due - visit.day).days <= 14:
                came[(after.day - visit.day).days <= 24] += 1
    assert 0.55 < came[True] / came.total() < 0.8


def test_drugs_change_where_control_is_lost_or_the_note_knows_why_not() -> None:
    changes = Counter[str]()
    for _, _, form in forms_of(*FOLLOWED):
        if form.answers["FOLLOW_UP_CLASS"] == "CLASS_CONTROLLED":
            assert "unchanged" not in form.hints
            continue
        changes[form.change] += 1
        if form.change == "kept" and "begun" not in form.hints:
            assert form.hints["unchanged"] in get_args(Unchanged)
    assert changes["added"] > 100
    assert changes["referred"] > 100


def test_a_second_failure_is_referred_unless_the_offer_is_declined_or_recent() -> None:
    referred = declined = 0
    for _, _, form in forms_of(*FOLLOWED):
        referred += form.change == "referred"
        declined += form.hints.get("declined") == "referral"
        assert not (form.change == "referred" and "declined" in form.hints)
    assert referred > 2 * declined > 0


def test_three_raised_pressures_are_settled_by_a_diagnosis_or_readings_at_home() -> None:
    settled = Counter[str]()
    for life in all_lives():
        onset = life.resident.problems.get("ESSENTIAL_HYPERTENSION")
        locale = life.household.locale
        days: list[date] = []
        for visit in life.visits:
            if visit.site is not None or life.resident.age_on(visit.day) < 18:
                continue
            if onset is not None and onset <= visit.day:
                break
            if pregnancy_on(life.resident, visit.day) is not None:
                continue
            forms = [f for f in visit.forms if "SYSTOLIC_BP" in f.readings]
            kinds = {"contact", "examination", "diabetes", "home visit"}
            if not any(form.kind in kinds and is_raised(form) for form in forms):
                continue
            told = "; ".join(form.texts.get("ABNORMALITY", "") for form in forms)
            days = [d for d in days if (visit.day - d).days <= WITHIN_DAYS] + [visit.day]
            settles = len(set(days)) >= RAISED
            at_home = visit.mode == "home" and words(locale, "raised.ill") not in told
            if not settles or at_home:
                assert words(locale, "raised.first").split("，")[0].split(",")[0] in told or (
                    words(locale, "raised.again") in told
                )
            elif words(locale, "raised.ill") in told:
                assert onset is not None
                assert (onset - visit.day).days <= DIAGNOSED_DAYS
                settled["ill"] += 1
            else:
                assert words(locale, "raised.normal_at_home") in told
                settled["normal at home"] += 1
    assert min(settled["ill"], settled["normal at home"]) > 0


def test_an_examination_names_every_drug_that_is_taken() -> None:
    most = 0
    for life, visit, form in forms_of("examination"):
        assert form.drugs == current_drugs(life, visit.day)
        most = max(most, len(form.drugs))
    assert most > 6


def _glucose(readings: dict[str, float]) -> float:
    """Fasting glucose in mmol/L, whatever the unit of the place."""
    return readings.get("FASTING_GLUCOSE", readings.get("FASTING_GLUCOSE_MASS", 0.0) / 18.016)


def test_insulin_is_added_only_for_a_glucose_that_is_clearly_raised() -> None:
    begun = 0
    for _, _, form in forms_of("diabetes"):
        if form.change == "added" and CLASS_OF[form.drugs[-1].drug] == "insulin":
            assert _glucose(form.readings) > value("fpg.insulin") - 0.1
            begun += 1
    assert begun > 0


def test_a_glucose_that_drugs_brought_too_low_is_a_reaction_and_never_well_controlled() -> None:
    low = 0
    for _, _, form in forms_of("diabetes"):
        classes = {CLASS_OF[drug.drug] for drug in form.drugs}
        taken = form.answers["DRUG_ADHERENCE"] != "ADHERENCE_NONE" and "begun" not in form.hints
        glucose = _glucose(form.readings)
        if taken and classes & {"insulin", "sulfonylurea"} and glucose < value("fpg.too_low") - 0.1:
            assert form.answers["FOLLOW_UP_CLASS"] != "CLASS_CONTROLLED"
            low += 1
    assert low > 0


def test_long_term_sugar_is_not_measured_again_within_a_quarter() -> None:
    for life in all_lives():
        days = [v.day for v in life.visits for f in v.forms
                if f.kind == "diabetes" and "HBA1C" in f.readings]  # fmt: skip
        assert all((after - before).days >= 70 for before, after in pairwise(days))
