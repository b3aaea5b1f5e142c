"""What belongs to a problem, how the list came about, what was planned and how it ended."""

from __future__ import annotations

import pytest

from casebank import Case
from casebank.by_problem import problem_file
from casebank.course import final_summary, list_history
from casebank.plans import KINDS, kind_of_plan, plans_by_problem


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Plain chest X-ray", "diagnostic"),
        ("心电图检查", "diagnostic"),
        ("Amlodipine 5 MG Oral Tablet", "therapeutic"),
        ("metoprolol", "therapeutic"),
        ("Target of salt intake: Light", "education"),
        ("叮嘱按时服药。", "education"),
        ("Return in 2 weeks.", "monitoring"),
        ("病情变化随时就诊，下次随访。", "monitoring"),
        ("Refer to the county hospital.", "referral"),
        ("We shall see.", "other"),
    ],
)
def test_plans_are_told_apart_by_their_words(text: str, kind: str) -> None:
    assert kind_of_plan(text) == kind


def test_every_planned_statement_stands_under_each_of_its_problems_once(farmer: Case) -> None:
    plans = plans_by_problem(farmer)
    for plan in plans:
        planned = [
            statement
            for contact in farmer.contacts
            for statement in contact.soap.plan
            if (plan.number in statement.problems)
            or (plan.number is None and not statement.problems)
        ]
        assert sum(one.times for one in plan.planned) == len(planned)
        assert [one for kind in KINDS for one in plan.of(kind)] == list(plan.planned)
    assert {s.id for c in farmer.contacts for s in c.soap.plan} >= {
        one.statement.id for plan in plans for one in plan.planned
    }


def test_a_drug_of_the_record_is_treatment_whatever_its_name_says(farmer: Case) -> None:
    plan = next(one for one in plans_by_problem(farmer) if one.number == 3)
    assert [one.statement.text for one in plan.of("therapeutic")] == ["amoxicillin"]
    assert plan.of("therapeutic")[0].times == 3


def test_the_history_of_the_list_follows_every_problem_and_arrow(farmer: Case) -> None:
    history = list_history(farmer)
    assert [one.day for one in history] == sorted(one.day for one in history)
    entered = [one.number for one in history if one.change == "entered"]
    assert sorted(entered) == [problem.number for problem in farmer.problems]
    joined = {(one.number, one.see) for one in history if one.change == "joined"}
    assert joined == {(p.number, p.see) for p in farmer.problems if p.see is not None}
    bronchitis = [one.change for one in history if one.number == 3]
    assert bronchitis == ["entered", "came back", "promoted", "resolved"]


def test_the_file_of_a_problem_holds_everything_of_it_and_only_that(farmer: Case) -> None:
    for problem in farmer.problems:
        file = problem_file(farmer, problem.number)
        shown = {s.id for contact in file.contacts for s in contact.soap.statements}
        own = {
            s.id
            for contact in farmer.contacts
            for s in contact.soap.statements
            if problem.number in s.problems
        }
        assert shown == own
        assert all(problem.number in i.problems for lane in file.timeline.lanes for i in lane.items)
        assert sum(len(lane.items) for lane in file.timeline.lanes) == sum(
            problem.number in item.problems for lane in farmer.timeline.lanes for item in lane.items
        )
        assert all(problem.number in sheet.problems for sheet in file.flow_sheets)
        everywhere = next(
            (one for one in plans_by_problem(farmer) if one.number == problem.number), None
        )
        assert file.plan == everywhere


def test_the_final_summary_has_a_line_for_every_problem_of_the_master_list(
    farmer: Case, teacher: Case
) -> None:
    rows = {row[0]: row[1:] for row in final_summary(farmer, "en").rows}
    master = [f"#{p.number} {p.title}" for p in farmer.problems if p.listed == "master"]
    assert list(rows) == master
    course, values, *_ = rows["#1 Essential hypertension"]
    assert course == "active, since first contact"
    assert "Systolic" in values
    assert "target" in values
    assert final_summary(teacher, "zh").rows[0][1].startswith("活动")
