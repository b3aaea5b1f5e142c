"""The problem list: kinds, episodes, lists, status, arrows; each by a rule that is named."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebank import Problem, Record, relations, rules
from casebank.ledger import Ledger
from casebank.problems import find_problems, number_problems
from casebank.record import BirthYears, Event

NOTHING = "nothing for it within a year of the last contact"
START = date(2015, 3, 2)


def condition(name: str, day: int, end: int | None = None, number: int = 1) -> Event:
    return Event(
        table="condition_occurrence",
        row_id=number,
        concept_id=number,
        name=name,
        name_column="condition_concept_id",
        start=START + timedelta(days=day),
        start_column="condition_start_date",
        end=None if end is None else START + timedelta(days=end),
    )


def score(name: str, value: float, day: int = 0) -> Event:
    return Event(
        table="observation",
        row_id=900 + day,
        concept_id=900,
        name=name,
        name_column="observation_concept_id",
        start=START + timedelta(days=day),
        start_column="observation_date",
        value=value,
    )


def record_of(*events: Event) -> Record:
    return Record(
        release="tiny-v1",
        person_id=1,
        language="en",
        sex_concept_id=8532,
        born=BirthYears(1950, 1950),
        visits=(),
        events=tuple(sorted(events, key=lambda event: (event.start, event.row_id))),
        notes=(),
        relatives=(),
        death=None,
        death_cause="",
        unnamed={},
    )


def problems_of(*events: Event, last_day: int = 2000) -> tuple[Problem, ...]:
    first = condition("Examination finding", 0, 0, 9999)
    record = record_of(first, *events)
    last = START + timedelta(days=last_day)
    found = find_problems(record)
    numbered = number_problems(found, record, Ledger(record, "en"), last)
    return tuple(problem for problem in numbered if problem.title != "Examination finding")


KINDS = [
    ("Essential hypertension", "biological"),
    ("Depressive disorder", "psychological"),
    ("焦虑障碍", "psychological"),
    ("Bereavement of spouse", "family"),
    ("Burden of caring for a relative", "family"),
    ("Conflict within the family", "family"),
    ("Older person whose children have moved away", "family"),
    ("Victim of intimate partner abuse", "family"),
    ("Financial hardship", "social"),
    ("Living alone", "social"),
    ("Low health literacy", "social"),
    ("独居", "social"),
    ("Nicotine dependence", "risk"),
    ("Hazardous drinking", "risk"),
    ("Lack of physical exercise", "risk"),
    ("At risk of falling", "risk"),
    ("肥胖症", "risk"),
]


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_a_problem_has_the_kind_that_its_name_tells(name: str, kind: str) -> None:
    (problem,) = problems_of(condition(name, 10))
    assert problem.kind == kind
    assert problem.kind_rule


def test_facts_of_a_life_are_not_problems() -> None:
    assert problems_of(condition("Full-time employment", 10)) == ()
    assert problems_of(condition("Received higher education", 10)) == ()


def test_one_problem_in_different_words_is_one_line_under_its_fullest_name() -> None:
    (problem,) = problems_of(
        condition("Hypertensive disorder", 10, number=1),
        condition("Essential hypertension (disorder)", 90, number=2),
    )
    assert problem.title == "Essential hypertension"
    assert [item.id for item in problem.evidence] != []
    assert len(problem.evidence) == 2
    assert problem.onset_day == 10


def test_problems_are_numbered_by_onset() -> None:
    numbered = problems_of(condition("Gout", 300, number=2), condition("Asthma", 20, number=3))
    assert [(p.title, p.onset_day) for p in numbered] == [("Asthma", 20), ("Gout", 300)]


@pytest.mark.parametrize(
    ("name", "end", "last_day", "status", "rule"),
    [
        ("Fracture of rib", 90, 2000, "resolved", "every episode has a recorded end"),
        ("Fracture of rib", 90, 60, "active", "it lasts to the end of the record"),
        ("Asthma", None, 2000, "active", "chronic by nature, and no end is recorded"),
        ("Living alone", None, 2000, "active", "a lasting circumstance, and no end is recorded"),
        ("Appendicitis", None, 2000, "inactive", NOTHING),
        ("Appendicitis", None, 365 + 10, "active", "recorded within a year of the last contact"),
        ("Appendicitis", None, 366 + 10, "inactive", NOTHING),
    ],
)  # fmt: skip
def test_status_follows_a_stated_rule(
    name: str, end: int | None, last_day: int, status: str, rule: str
) -> None:
    (problem,) = problems_of(condition(name, 10, end), last_day=last_day)
    assert (problem.status, problem.status_rule) == (status, rule)
    assert (problem.resolved_day == end) if status == "resolved" else problem.resolved_day is None


@pytest.mark.parametrize(
    ("times", "listed", "promoted"),
    [(1, "temporary", False), (2, "temporary", False), (3, "master", True), (4, "master", True)],
)
def test_a_self_limited_problem_is_promoted_when_it_comes_back_three_times(
    times: int, listed: str, promoted: bool
) -> None:
    events = [
        condition("Acute bronchitis", 200 * n, 200 * n + 14, number=n + 1) for n in range(times)
    ]
    (problem,) = problems_of(*events)
    assert (problem.listed, problem.promoted) == (listed, promoted)
    assert len(problem.occurrences) == times


def test_a_circumstance_is_never_only_temporary() -> None:
    (problem,) = problems_of(condition("Financial hardship", 10, 20))
    assert problem.listed == "master"


def test_records_close_together_are_one_episode() -> None:
    gap = rules.EPISODE_GAP_DAYS
    near = problems_of(condition("Fatigue", 0, 10, 1), condition("Fatigue", 10 + gap, 50 + gap, 2))
    far = problems_of(condition("Fatigue", 0, 10, 1), condition("Fatigue", 11 + gap, 50 + gap, 2))
    assert [len(p.occurrences) for p in (*near, *far)] == [1, 2]


def test_the_end_of_a_visit_is_not_the_end_of_a_lasting_problem() -> None:
    numbered = problems_of(
        condition("Hyperlipidemia", 10, 10, 1),
        condition("Hyperlipidemia", 900, 900, 2),
        condition("Upper respiratory infection", 950, 950, 3),
    )
    assert [(p.status, len(p.occurrences)) for p in numbered] == [("active", 1), ("resolved", 1)]


def test_a_complication_points_to_its_cause() -> None:
    numbered = problems_of(
        condition("Type 2 diabetes mellitus", 10, number=1),
        condition("Concussion with no loss of consciousness", 5, 9, number=4),
        condition("Retinopathy due to type 2 diabetes mellitus", 900, number=2),
        condition("Pathological fracture due to osteoporosis", 950, number=3),
    )
    arrows = {problem.title: problem.see for problem in numbered}
    diabetes = next(p.number for p in numbered if p.title == "Type 2 diabetes mellitus")
    assert arrows["Retinopathy due to type 2 diabetes mellitus"] == diabetes
    # No osteoporosis is on the list, and another injury is not its cause.
    assert arrows["Pathological fracture due to osteoporosis"] is None


def test_a_symptom_points_to_the_one_illness_of_the_same_days() -> None:
    numbered = problems_of(
        condition("COVID-19", 10, 32, 1),
        condition("Loss of taste", 10, 32, 2),
        condition("Fever", 400, 404, 3),
    )
    arrows = {problem.title: problem.see for problem in numbered}
    covid = next(p.number for p in numbered if p.title == "COVID-19")
    assert arrows == {"COVID-19": None, "Loss of taste": covid, "Fever": None}


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("Patient Health Questionnaire 9 item (PHQ-9) total score", 9, None),
        ("Patient Health Questionnaire 9 item (PHQ-9) total score", 10, "psychological"),
        ("Generalized anxiety disorder 7 item (GAD-7) total score", 10, "psychological"),
        ("Family APGAR score (Smilkstein 1978)", 7, None),
        ("Family APGAR score (Smilkstein 1978)", 6, "family"),
    ],
)
def test_a_score_at_its_threshold_is_a_problem(name: str, value: float, kind: str | None) -> None:
    kinds = [problem.kind for problem in problems_of(score(name, value))]
    assert kinds == ([] if kind is None else [kind])


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Asthma", "Acute bronchitis", "Stress", "Living alone", "Cough"]),
            st.integers(0, 3000),
            st.none() | st.integers(0, 400),
        ),
        max_size=12,
    )
)
def test_every_condition_is_evidence_of_exactly_one_problem(
    drawn: list[tuple[str, int, int | None]],
) -> None:
    events = [
        condition(name, day, None if length is None else day + length, number)
        for number, (name, day, length) in enumerate(drawn, 1)
    ]
    record = record_of(*events)
    found = find_problems(record)
    evidence = [e.row_id for problem in found for ep in problem.episodes for e in ep.evidence]
    assert sorted(evidence) == [event.row_id for event in sorted(events, key=lambda e: e.row_id)]
    for problem in found:
        starts = [episode.start for episode in problem.episodes]
        assert starts == sorted(starts)
        assert all(ep.end is None or ep.end >= ep.start for ep in problem.episodes)


def test_every_rule_matches_something_and_is_named_once() -> None:
    names = [rule.name for rule in rules.KIND_RULES] + [rule.name for rule in rules.SCORE_RULES]
    assert len(names) == len(set(names))
    keys = [relation.key for relation in relations.RELATIONS]
    assert len(keys) == len(set(keys))
    assert set(keys) >= rules.CHRONIC_FAMILIES


@pytest.mark.parametrize(
    ("part", "name", "family"),
    [
        ("drug", "24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet", "diabetes"),
        ("drug", "氨氯地平片5mg", "hypertension"),
        ("drug", "赖诺普利", "hypertension"),
        ("measurement", "Hemoglobin A1c/Hemoglobin.total in Blood", "diabetes"),
        ("measurement", "收缩压", "hypertension"),
        ("measurement", "Hemoglobin [Mass/volume] in Blood", "anaemia"),
        ("drug", "simvastatin 20 MG Oral Tablet", "lipids"),
        ("problem", "慢性阻塞性肺疾病", "airways"),
        ("problem", "HTN, above goal.", "hypertension"),
        ("problem", "T2DM, at goal.", "diabetes"),
        ("problem", "DM2 F/U", "diabetes"),
    ],
)
def test_drugs_and_tests_serve_the_families_they_should(part: str, name: str, family: str) -> None:
    assert family in relations.families(part, name)


def test_glycated_haemoglobin_says_nothing_about_anaemia() -> None:
    assert "anaemia" not in relations.families(
        "measurement", "Hemoglobin A1c/Hemoglobin.total in Blood"
    )
    assert relations.families("drug", "an unheard-of drug") == frozenset()


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("HIV infection", "HIV"),
        ("肺结核", "tuberculosis"),
        ("Schizophrenia", "severe mental disorder"),
        ("Victim of intimate partner abuse", "violence and abuse"),
        ("Miscarriage in first trimester", "pregnancy loss"),
        ("Screening for drug abuse", None),
        ("Screening for domestic abuse", None),
        ("Essential hypertension", None),
    ],
)
def test_sensitive_categories_are_recognised(name: str, category: str | None) -> None:
    assert rules.sensitive_categories(name) == (() if category is None else (category,))


def test_a_lasting_problem_whose_end_is_the_end_of_the_record_is_active() -> None:
    (ended,) = problems_of(condition("Chronic obstructive lung disease", 10, 2000), last_day=2000)
    assert (ended.status, ended.status_rule) == ("active", "it lasts to the end of the record")
    (earlier,) = problems_of(condition("Chronic obstructive lung disease", 10, 1999), last_day=2000)
    assert (earlier.status, earlier.resolved_day) == ("resolved", 1999)


def test_symptoms_that_a_score_reveals_point_to_their_diagnosis() -> None:
    problems = problems_of(
        score("PHQ-9 total score", 14, day=20), condition("Depressive disorder", 40)
    )
    assert [(problem.number, problem.see) for problem in problems] == [(2, 3), (3, None)]
    (alone,) = problems_of(score("PHQ-9 total score", 14, day=20))
    assert alone.see is None
