"""What a Circe definition means, as drawn tables. All ids lie beyond 2**53."""

from __future__ import annotations

from tests.spec.cohorts.conftest import Spec
from tests.unit.cohorts.definitions import condition, correlated, drug, expression, group, rule


def limited(kind: str, *criteria: dict) -> dict:
    document = expression(*criteria)
    document["PrimaryCriteria"]["PrimaryCriteriaLimit"] = {"Type": kind}
    return document


def test_every_event_of_the_concept_and_its_descendants_enters(spec: Spec) -> None:
    spec.events("""
        person | concept       | day
        1      | asthma        | 2020-01-05
        1      | severe asthma | 2020-03-01
        2      | angina        | 2020-01-09
    """)
    assert spec.entry_days(expression(condition())) == [(1, "2020-01-05"), (1, "2020-03-01")]


def test_the_entry_limit_takes_the_first_or_the_last_event(spec: Spec) -> None:
    spec.events("""
        person | concept | day
        1      | asthma  | 2020-01-05
        1      | asthma  | 2020-03-01
        2      | asthma  | 2021-07-01
    """)
    assert spec.entry_days(limited("First", condition())) == [(1, "2020-01-05"), (2, "2021-07-01")]
    assert spec.entry_days(limited("Last", condition())) == [(1, "2020-03-01"), (2, "2021-07-01")]


def test_first_in_history_looks_before_the_date_limit(spec: Spec) -> None:
    spec.events("""
        person | concept | day
        1      | asthma  | 2019-01-05
        1      | asthma  | 2020-03-01
        2      | asthma  | 2020-07-01
    """)
    since_2020 = {"Value": "2020-01-01", "Op": "gte"}
    first = expression(condition(First=True, OccurrenceStartDate=since_2020))
    assert spec.entry_days(first) == [(2, "2020-07-01")]


def test_events_outside_observation_do_not_enter(spec: Spec) -> None:
    spec.observed("""
        person | from       | to
        1      | 2020-02-01 | 2020-12-31
    """)
    spec.events("""
        person | concept | day
        1      | asthma  | 2020-01-05
        1      | asthma  | 2020-03-01
    """)
    assert spec.entry_days(expression(condition())) == [(1, "2020-03-01")]


def test_prior_observation_counts_days_before_the_event(spec: Spec) -> None:
    spec.observed("""
        person | from       | to
        1      | 2020-01-01 | 2020-12-31
        2      | 2020-01-02 | 2020-12-31
    """)
    spec.events("""
        person | concept | day
        1      | asthma  | 2020-01-31
        2      | asthma  | 2020-01-31
    """)
    document = expression(condition())
    document["PrimaryCriteria"]["ObservationWindow"] = {"PriorDays": 30, "PostDays": 0}
    assert spec.entry_days(document) == [(1, "2020-01-31")]


def test_an_inclusion_rule_counts_events_within_its_window(spec: Spec) -> None:
    spec.events("""
        person | domain    | concept    | day
        1      | condition | asthma     | 2020-06-01
        1      | drug      | salbutamol | 2020-06-30
        2      | condition | asthma     | 2020-06-01
        2      | drug      | salbutamol | 2020-07-02
        3      | condition | asthma     | 2020-06-01
        3      | drug      | salbutamol | 2020-05-31
    """)
    treated = rule("treated within 30 days", correlated(drug(), 0, 30, at_least=1))
    document = expression(condition(), InclusionRules=[treated])
    assert spec.entry_days(document) == [(1, "2020-06-01")]


def test_exactly_none_before_excludes_those_who_had_one(spec: Spec) -> None:
    spec.events("""
        person | concept | day
        1      | asthma  | 2020-06-01
        2      | angina  | 2020-05-31
        2      | asthma  | 2020-06-01
        3      | asthma  | 2020-06-01
        3      | angina  | 2020-06-02
    """)
    never = rule("no angina before", correlated(condition(1), None, -1, exactly=0))
    document = expression(condition(), InclusionRules=[never])
    assert spec.entry_days(document) == [(1, "2020-06-01"), (3, "2020-06-01")]


def test_the_same_visit_is_asked_for_by_its_63_bit_id(spec: Spec) -> None:
    spec.events("""
        person | domain    | concept    | day        | visit
        1      | visit     | -          | 2020-06-01 |
        1      | visit     | -          | 2020-06-01 |
        1      | condition | asthma     | 2020-06-01 | 0
        1      | drug      | salbutamol | 2020-06-01 | 0
        2      | condition | asthma     | 2020-06-01 | 0
        2      | drug      | salbutamol | 2020-06-01 | 1
    """)
    same = rule("same visit", correlated(drug(), 0, 0, at_least=1, RestrictVisit=True))
    assert spec.entry_days(expression(condition(), InclusionRules=[same])) == [(1, "2020-06-01")]


def test_any_and_at_least_groups(spec: Spec) -> None:
    spec.events("""
        person | domain    | concept    | day
        1      | condition | asthma     | 2020-06-01
        1      | condition | angina     | 2020-06-05
        2      | condition | asthma     | 2020-06-01
        2      | drug      | salbutamol | 2020-06-05
        3      | condition | asthma     | 2020-06-01
        3      | condition | angina     | 2020-06-05
        3      | drug      | salbutamol | 2020-06-05
        4      | condition | asthma     | 2020-06-01
    """)
    members = (
        correlated(condition(1), 0, 30, at_least=1),
        correlated(drug(), 0, 30, at_least=1),
    )

    def people(kind: str, count: int | None = None) -> list[int]:
        grouped = {"name": kind, "expression": group(*members, kind=kind, count=count)}
        days = spec.entry_days(expression(condition(), InclusionRules=[grouped]))
        return [person for person, _ in days]

    assert people("ANY") == [1, 2, 3]
    assert people("ALL") == [3]
    assert people("AT_LEAST", 2) == [3]
    assert people("AT_MOST", 1) == [1, 2, 4]


def test_age_is_the_difference_of_calendar_years(spec: Spec) -> None:
    spec.people("""
        person | born | sex
        1      | 2002 | male
        2      | 2003 | female
    """)
    spec.events("""
        person | concept | day
        1      | asthma  | 2020-01-01
        2      | asthma  | 2020-12-31
    """)
    adults = expression(condition(Age={"Value": 18, "Op": "gte"}))
    assert spec.entry_days(adults) == [(1, "2020-01-01")]


def test_measured_values_between_limits(spec: Spec) -> None:
    spec.events("""
        person | domain      | concept   | day        | value
        1      | measurement | peak flow | 2020-01-01 | 250
        2      | measurement | peak flow | 2020-01-01 | 450
        3      | measurement | peak flow | 2020-01-01 |
    """)
    low = {
        "Measurement": {"CodesetId": 3, "ValueAsNumber": {"Value": 200, "Extent": 300, "Op": "bt"}}
    }
    assert spec.entry_days(expression(low)) == [(1, "2020-01-01")]


def test_without_an_exit_strategy_people_stay_until_observation_ends(spec: Spec) -> None:
    spec.observed("""
        person | from       | to
        1      | 2020-01-01 | 2020-12-31
    """)
    spec.events("""
        person | concept | day
        1      | asthma  | 2020-01-05
        1      | asthma  | 2020-03-01
    """)
    document = expression(condition())
    del document["EndStrategy"]
    assert spec.periods(document) == [(1, "2020-01-05", "2020-12-31")]


def test_periods_that_touch_within_the_gap_are_joined(spec: Spec) -> None:
    spec.events("""
        person | concept | day
        1      | asthma  | 2020-01-01
        1      | asthma  | 2020-01-11
        1      | asthma  | 2020-03-01
    """)
    strategy = {"DateOffset": {"DateField": "StartDate", "Offset": 5}}
    document = expression(condition(), EndStrategy=strategy)
    document["CollapseSettings"]["EraPad"] = 5
    assert spec.periods(document) == [
        (1, "2020-01-01", "2020-01-16"),
        (1, "2020-03-01", "2020-03-06"),
    ]


def test_a_drug_era_ends_when_exposure_pauses(spec: Spec) -> None:
    spec.events("""
        person | domain | concept    | day        | until
        1      | drug   | salbutamol | 2020-01-01 | 2020-01-10
        1      | drug   | salbutamol | 2020-01-15 | 2020-01-20
        1      | drug   | salbutamol | 2020-06-01 | 2020-06-10
    """)
    era = {"CustomEra": {"DrugCodesetId": 2, "GapDays": 10, "Offset": 0}}
    assert spec.periods(expression(drug(), EndStrategy=era)) == [
        (1, "2020-01-01", "2020-01-20"),
        (1, "2020-06-01", "2020-06-10"),
    ]


def test_a_censoring_event_ends_the_period(spec: Spec) -> None:
    spec.events("""
        person | concept | day
        1      | asthma  | 2020-01-01
        1      | angina  | 2020-02-01
        2      | asthma  | 2020-01-01
    """)
    document = expression(
        condition(),
        EndStrategy={"DateOffset": {"DateField": "StartDate", "Offset": 60}},
        CensoringCriteria=[condition(1)],
    )
    assert spec.periods(document) == [
        (1, "2020-01-01", "2020-02-01"),
        (2, "2020-01-01", "2020-03-01"),
    ]


def test_attrition_counts_people_by_the_event_that_meets_most_rules(spec: Spec) -> None:
    spec.events("""
        person | domain    | concept    | day
        1      | condition | asthma     | 2020-01-01
        1      | condition | asthma     | 2020-06-01
        1      | drug      | salbutamol | 2020-06-01
        1      | condition | angina     | 2020-06-01
        2      | condition | asthma     | 2020-01-01
        2      | drug      | salbutamol | 2020-01-01
        3      | condition | asthma     | 2020-01-01
        3      | condition | angina     | 2020-01-01
        4      | condition | asthma     | 2020-01-01
    """)
    rules = [
        rule("drug", correlated(drug(), 0, 0, at_least=1)),
        rule("angina", correlated(condition(1), 0, 0, at_least=1)),
    ]
    result = spec.result(expression(condition(), InclusionRules=rules))
    attrition = result.attrition
    assert (attrition.entry_persons, attrition.entry_events) == (4, 5)
    assert [(s.rule, s.meeting, s.remaining) for s in attrition.steps] == [
        ("drug", 2, 2),
        ("angina", 2, 1),
    ]
    assert attrition.masks == (
        (0, 0, 2), (0, 1, 1), (0, 2, 1), (0, 3, 1),
        (1, 0, 1), (1, 1, 1), (1, 2, 1), (1, 3, 1),
    )  # fmt: skip


def test_neighbouring_63_bit_people_are_not_merged(spec: Spec) -> None:
    lines = [f"{person} | asthma | 2020-01-{person:02d}" for person in range(1, 21)]
    spec.events("person | concept | day\n" + "\n".join(lines))
    with_rule = expression(
        condition(),
        InclusionRules=[rule("itself", correlated(condition(), 0, 0, exactly=1))],
        EndStrategy={"DateOffset": {"DateField": "StartDate", "Offset": 9}},
    )
    assert spec.entry_days(with_rule) == [(p, f"2020-01-{p:02d}") for p in range(1, 21)]


def test_abnormal_means_outside_the_reference_range_or_marked_so(spec: Spec) -> None:
    spec.events("""
        person | domain      | concept   | day        | value | low | high | mark
        1      | measurement | peak flow | 2020-01-01 | 250   | 300 | 500  |
        2      | measurement | peak flow | 2020-01-01 | 550   | 300 | 500  |
        3      | measurement | peak flow | 2020-01-01 | 400   | 300 | 500  |
        4      | measurement | peak flow | 2020-01-01 |       |     |      | 4155142
        5      | measurement | peak flow | 2020-01-01 |       |     |      |
    """)
    abnormal = expression({"Measurement": {"CodesetId": 3, "Abnormal": True}})
    assert [person for person, _ in spec.entry_days(abnormal)] == [1, 2, 4]


def test_a_custom_era_joins_events_that_lie_within_its_gap(spec: Spec) -> None:
    spec.events("""
        person | concept | day
        1      | asthma  | 2020-01-01
        1      | asthma  | 2020-01-10
        1      | asthma  | 2020-03-01
    """)

    def eras(gap: int) -> list[tuple[int, str]]:
        return spec.entry_days(
            expression({"CustomEra": {"CriteriaList": [condition()], "GapDays": gap}})
        )

    assert eras(9) == [(1, "2020-01-01"), (1, "2020-03-01")]
    assert eras(8) == [(1, "2020-01-01"), (1, "2020-01-10"), (1, "2020-03-01")]


def test_different_concepts_are_counted_among_events_that_meet_nested_criteria(spec: Spec) -> None:
    spec.events("""
        person | domain    | concept       | day
        1      | condition | angina        | 2020-06-01
        1      | condition | asthma        | 2020-06-02
        1      | condition | severe asthma | 2020-06-03
        1      | drug      | salbutamol    | 2020-06-03
        2      | condition | angina        | 2020-06-01
        2      | condition | asthma        | 2020-06-02
        2      | drug      | salbutamol    | 2020-06-02
        2      | condition | severe asthma | 2020-06-03
        2      | drug      | salbutamol    | 2020-06-03
    """)
    treated = condition(CorrelatedCriteria=group(correlated(drug(), 0, 0, at_least=1)))
    both = correlated(treated, 0, 30, at_least=2)
    both["Occurrence"] |= {"IsDistinct": True, "CountColumn": "DOMAIN_CONCEPT"}
    document = expression(condition(1), InclusionRules=[rule("two kinds, treated", both)])
    assert spec.entry_days(document) == [(2, "2020-06-01")]


def test_a_selection_without_a_concept_set_asks_for_any_concept_or_for_none(spec: Spec) -> None:
    spec.events("""
        person | domain      | concept   | day        | mark
        1      | measurement | peak flow | 2020-01-01 | 4155142
        2      | measurement | peak flow | 2020-01-01 |
    """)

    def people(**selection: bool) -> list[int]:
        marked = {"Measurement": {"CodesetId": 3, "ValueAsConceptCS": selection}}
        return [person for person, _ in spec.entry_days(expression(marked))]

    assert people(IsExclusion=False) == [1]
    assert people(IsExclusion=True) == [2]
