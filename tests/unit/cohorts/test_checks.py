"""Each checker has a definition that it finds fault with and one that it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from cohorts import check, load, run
from cohorts.age_margins import age_bands, check_ages
from cohorts.checks import CHECKERS
from cohorts.templates import list_templates, load_template, template_cards
from tests.builders import build_release
from tests.unit.cohorts.definitions import (
    concept_set,
    condition,
    correlated,
    definition,
    drug,
    expression,
    group,
    rule,
)


def with_entry(**window: int) -> dict[str, Any]:
    document = expression(condition(First=True))
    document["PrimaryCriteria"]["ObservationWindow"] = window
    return document


def with_rule(*members: dict[str, Any]) -> dict[str, Any]:
    return expression(condition(), InclusionRules=[rule("r", *members)])


def coded(domain: str, standard: str = "S", mapped: bool = False) -> dict[str, Any]:
    made = concept_set(0, 101)
    made["expression"]["items"][0]["concept"] |= {
        "DOMAIN_ID": domain,
        "STANDARD_CONCEPT": standard,
    }
    made["expression"]["items"][0]["includeMapped"] = mapped
    return expression(condition(), ConceptSets=[made])


def observed(document: dict[str, Any], **window: int) -> dict[str, Any]:
    document["PrimaryCriteria"]["ObservationWindow"] = window
    return document


def until(codeset: int) -> dict[str, Any]:
    era = {"DrugCodesetId": codeset, "GapDays": 30}
    return expression(drug(2), EndStrategy={"CustomEra": era})


HIGH = {"ValueAsNumber": {"Value": 7, "Op": "gte"}}
PERCENT = {"Unit": [{"CONCEPT_ID": 8554}]}
BETWEEN = {"Value": 30, "Extent": 40, "Op": "bt"}
CASES = {
    "unknown_property": (expression(condition(Frist=True)), expression(condition(First=True))),
    "undefined_concept_set": (expression(condition(9)), expression(condition(1))),
    "unused_concept_set": (
        expression(condition(), ConceptSets=[concept_set(0, 101), concept_set(1, 102)]),
        expression(condition(), ConceptSets=[concept_set(0, 101)]),
    ),
    "empty_concept_set": (
        expression(condition(), ConceptSets=[concept_set(0)]),
        expression(condition(), ConceptSets=[concept_set(0, 101)]),
    ),
    "any_concept": (expression({"DrugExposure": {}}), expression(drug())),
    "contradictory_window": (
        with_rule(correlated(drug(), 30, 10, at_least=1)),
        with_rule(correlated(drug(), 10, 30, at_least=1)),
    ),
    "empty_range": (
        expression(condition(Age={**BETWEEN, "Extent": 20})),
        expression(condition(Age=BETWEEN)),
    ),
    "calendar_limit": (
        expression(condition(OccurrenceStartDate={"Value": "2020-01-01", "Op": "gt"})),
        expression(condition(), CensorWindow={}),
    ),
    "no_look_back": (with_entry(PriorDays=0), with_entry(PriorDays=365)),
    "empty_rule": (with_rule(), with_rule(correlated(drug(), 0, 1, at_least=1))),
    "impossible_count": (
        expression(
            condition(),
            AdditionalCriteria=group(
                correlated(drug(), 0, 1, at_least=1), kind="AT_LEAST", count=2
            ),
        ),
        expression(
            condition(),
            AdditionalCriteria=group(
                correlated(drug(), 0, 1, at_least=1), kind="AT_LEAST", count=1
            ),
        ),
    ),
    "count_of_zero": (
        with_rule(correlated(drug(), 0, 1, at_least=0)),
        with_rule(correlated(drug(), 0, 1, exactly=0)),
    ),
    "future_demand": (
        with_rule(correlated(drug(), 1, 365, at_least=1)),
        with_rule(correlated(drug(), -365, 0, at_least=1)),
    ),
    "unobserved_absence": (
        observed(with_rule(correlated(drug(), -365, -1, exactly=0)), PriorDays=180, PostDays=0),
        observed(with_rule(correlated(drug(), -365, -1, exactly=0)), PriorDays=365, PostDays=0),
    ),
    "other_domain": (coded("Drug"), coded("Condition")),
    "non_standard_concept": (coded("Condition", "N"), coded("Condition", "N", mapped=True)),
    "no_unit": (
        expression({"Measurement": {"CodesetId": 3, **HIGH}}),
        expression({"Measurement": {"CodesetId": 3, **HIGH, **PERCENT}}),
    ),
    "same_rule": (
        expression(
            condition(),
            InclusionRules=[
                rule(name, correlated(drug(), -9, 0, at_least=1)) for name in ("a", "b")
            ],
        ),
        expression(
            condition(),
            InclusionRules=[
                rule("ab", correlated(drug(), -days, 0, at_least=1)) for days in (1, 2)
            ],
        ),
    ),
    "exit_of_other_drugs": (until(1), until(2)),
    "negative_observation": (with_entry(PriorDays=-5), with_entry(PriorDays=5)),
    "distant_days": (
        with_rule(correlated(drug(), -99999, 0, at_least=1)),
        with_rule(correlated(drug(), -365, 0, at_least=1)),
    ),
    "without_effect": (
        expression(drug(EffectiveDrugDose={"Value": 5, "Op": "gt"})),
        expression(drug(Quantity={"Value": 5, "Op": "gt"})),
    ),
    "other_meaning": (
        expression(drug(OccurrenceEndDate={"Value": "2020-01-01", "Op": "gt"})),
        expression(condition(OccurrenceEndDate={"Value": "2020-01-01", "Op": "gt"})),
    ),
    "cut_decimals": (
        expression(condition(Age={"Value": 18.5, "Op": "gt"})),
        expression(drug(Quantity={"Value": 18.5, "Op": "gt"})),
    ),
    "cdm_version": (
        expression(condition(), cdmVersionRange=">=6.1.0"),
        expression(condition(), cdmVersionRange=">=5.0.0"),
    ),
}
WITHOUT_EFFECT = [
    {"Specimen": {"SpecimenSourceConcept": 0}},
    {"Specimen": {"DateAdjustment": {"StartOffset": 1}}},
    {"Death": {"DateAdjustment": {"StartWith": "END_DATE"}}},
    {
        "CustomEra": {
            "CriteriaList": [condition()],
            "CorrelatedCriteria": group(correlated(drug(), 0, 1, at_least=1)),
        }
    },
]


@pytest.mark.parametrize("code", CASES)
def test_a_checker_finds_the_fault_and_leaves_the_right_one_alone(code: str) -> None:
    wrong, right = CASES[code]
    assert code in {finding.code for finding in check(definition(wrong))}
    assert code not in {finding.code for finding in check(definition(right))}


@pytest.mark.parametrize("criterion", WITHOUT_EFFECT, ids=lambda criterion: next(iter(criterion)))
def test_what_the_reference_does_not_look_at_is_told(criterion: dict[str, Any]) -> None:
    found = [f for f in check(definition(expression(criterion))) if f.code == "without_effect"]
    assert len(found) == 1
    assert found[0].where.startswith("$.PrimaryCriteria.CriteriaList[0]")


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (">=5.0.0", False),
        (">=5.0.0 <6.0.0", False),
        ("5.4", False),
        ("=5.4.0", False),
        ("<=5.3", True),
        ("5.3.1", True),
        (">5.4.0", True),
        (">=6.1.0", True),
        ("any", False),
    ],
)
def test_a_definition_for_another_version_of_the_cdm_is_told(wanted: str, told: bool) -> None:
    document = expression(condition(), cdmVersionRange=wanted)
    codes = {finding.code for finding in check(definition(document))}
    assert ("cdm_version" in codes) is told


def test_decimals_of_an_age_are_told_wherever_an_age_is_asked_for() -> None:
    ages = {"DemographicCriteriaList": [{"Age": {"Value": 17.5, "Op": "lt"}}], "Type": "ALL"}
    found = check(definition(expression(condition(), AdditionalCriteria=ages)))
    (finding,) = [finding for finding in found if finding.code == "cut_decimals"]
    assert finding.where == "$.AdditionalCriteria.DemographicCriteriaList[0].Age.Value"
    assert "compared as 17" in finding.text


def test_every_checker_is_shown_at_work() -> None:
    found = {id(checker) for wrong, _ in CASES.values() for checker in CHECKERS
             if list(checker(definition(wrong)))}  # fmt: skip
    assert found == {id(checker) for checker in CHECKERS}


def test_errors_come_before_warnings_and_notes() -> None:
    document = expression(condition(9, First=True))
    severities = [finding.severity for finding in check(definition(document))]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)
    assert {"error", "warning", "note"} <= set(severities)


@pytest.mark.parametrize("name", list_templates())
def test_shipped_templates_have_no_errors_and_survive_a_round_trip(name: str) -> None:
    template = load_template(name)
    assert not [finding for finding in check(template) if finding.severity == "error"]
    assert template.title
    assert load(template.source).sha256 == template.sha256


def test_templates_are_about_type_2_diabetes_and_hypertension() -> None:
    concepts = {
        name: {
            item["concept"]["CONCEPT_ID"]
            for entry in load_template(name).concept_sets
            for item in entry.items
            if item["includeDescendants"]
        }
        for name in list_templates()
    }
    assert 201826 in concepts["type_2_diabetes_adults"]
    assert 316866 in concepts["hypertension_with_follow_up"]


def test_every_template_is_offered_with_a_title_and_a_word_about_it() -> None:
    cards = template_cards()
    assert sorted(card.name for card in cards) == list_templates()
    assert all(card.title and card.about for card in cards)


def test_an_age_limit_is_flagged_where_years_of_birth_are_bands(tmp_path: Path) -> None:
    adults = definition(expression(condition(Age={"Value": 18, "Op": "gte"})))
    person = [{"person_id": n, "year_of_birth": 1980 - 50 * (n - 1)} for n in (1, 2)]
    # The first is 18 while observed, give or take two years; the second is far beyond.
    bands = [{"person_id": 1, "first_year": 1978, "last_year": 1982},
             {"person_id": 2, "first_year": 1900, "last_year": 1960}]  # fmt: skip
    days = {f"observation_period_{end}_date": date(1998, 1, 5) for end in ("start", "end")}
    observed = [{"observation_period_id": n, "person_id": n, **days} for n in (1, 2)]
    tables = {"person": person, "observation_period": observed}
    exact = build_release(tmp_path, tables, "exact-v1")
    banded = build_release(tmp_path, {**tables, "person_birth_years": bands}, "banded-v1")
    assert list(check_ages(adults, age_bands(exact))) == []
    (found,) = check_ages(adults, age_bands(banded))
    assert (found.code, found.where) == (
        "age_at_margin",
        "$.PrimaryCriteria.CriteriaList[0].ConditionOccurrence.Age",
    )
    assert "within 2 years of the true ones for nine people in ten" in found.text
    assert list(check_ages(definition(expression(condition())), age_bands(banded))) == []
    (found,) = check_ages(adults, replace(age_bands(exact), shifted=True))
    assert "and within 1 for all" in found.text


def test_tuberculosis_that_is_newly_treated_is_found_at_its_first_drug(tmp_path: Path) -> None:
    template = load_template("tuberculosis_newly_treated")
    assert not check(template)
    tuberculosis, isoniazid, rifampin = 253954, 1782521, 1763204
    begun = date(2020, 3, 1)
    # The second took rifampin two weeks before; the third has no tuberculosis.
    drugs = [(1, isoniazid, 0), (1, rifampin, 0), (2, rifampin, -14), (2, isoniazid, 0),
             (2, rifampin, 0), (3, isoniazid, 0), (3, rifampin, 0)]  # fmt: skip
    tables = {
        "person": [{"person_id": n, "year_of_birth": 1980} for n in (1, 2, 3)],
        "observation_period": [
            {"observation_period_id": n, "person_id": n,
             "observation_period_start_date": date(2019, 1, 1),
             "observation_period_end_date": date(2021, 12, 31)} for n in (1, 2, 3)
        ],
        "condition_occurrence": [
            {"condition_occurrence_id": n, "person_id": n, "condition_concept_id": tuberculosis,
             "condition_start_date": begun - timedelta(days=2)} for n in (1, 2)
        ],
        "drug_exposure": [
            {"drug_exposure_id": place, "person_id": n, "drug_concept_id": concept,
             "drug_exposure_start_date": begun + timedelta(days=days)}
            for place, (n, concept, days) in enumerate(drugs)
        ],
        "concept": [
            {"concept_id": concept, "concept_name": "", "invalid_reason": None}
            for concept in (tuberculosis, isoniazid, rifampin)
        ],
    }  # fmt: skip
    found = run(template, build_release(tmp_path, tables, "treated-v1"))
    assert found.rows.to_pylist() == [
        {"subject_id": 1, "cohort_start_date": begun,
         "cohort_end_date": begun + timedelta(days=280)}
    ]  # fmt: skip
