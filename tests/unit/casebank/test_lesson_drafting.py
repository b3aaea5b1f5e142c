"""A lesson drafted from a record: stages, exercises, keys, and nothing given away too early."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from casebank import Case, RecordUnusable, draft_case, read_record, terms
from casebank.lesson import Lesson, Progress, disclose
from casebank.lesson.drafting import draft_lesson_from_release
from casebank.lesson.drafting.evidence import Datum, gather, signs
from casebank.lesson.drafting.expert import MOST_OBJECTIVES, objectives
from casebank.lesson.drafting.focus import find_foci
from casebank.lesson.drafting.knowledge import findings, presentations, scripts
from casebank.lesson.drafting.sentences import (
    is_clerical,
    is_line_of_a_form,
    tells_decision,
    tells_of_taking,
)
from casebank.lesson.drafting.stages import opened_by
from casebank.model import Statement
from deid.release import Release
from tests.unit.casebank import residents


def test_the_tables_of_knowledge_agree_with_each_other() -> None:
    assert {one.code for p in presentations() for one in p.considered} <= set(scripts())
    used = {f for s in scripts().values() for f in (*s.supports, *s.against)}
    used |= {f for p in presentations() for f in p.findings}
    assert used <= set(findings())
    assert all(one.line.en and one.line.zh for one in scripts().values())


def test_a_lesson_fits_its_case_and_is_the_same_each_time(
    release: Release, farmer: Case, farmer_lesson: Lesson
) -> None:
    farmer_lesson.check_fits(farmer)
    assert draft_lesson_from_release(farmer, release).to_json() == farmer_lesson.to_json()
    assert Lesson.from_json(farmer_lesson.to_json()) == farmer_lesson


def test_it_has_stages_by_visit_and_the_exercises_of_reasoning(farmer_lesson: Lesson) -> None:
    assert len(farmer_lesson.stages) >= 3
    assert {"differential", "summary", "problem list", "key features"} <= {
        one.kind for one in farmer_lesson.exercises
    }
    key = farmer_lesson.exercise("differential").differential
    assert key is not None
    assert [one.relevance for one in key.diagnoses].count(3) == 1
    assert any(one.must_not_miss for one in key.diagnoses)


def test_the_diagnosis_is_named_in_no_earlier_stage_and_not_in_the_title(
    farmer: Case, farmer_lesson: Lesson
) -> None:
    key = farmer_lesson.exercise("differential").differential
    assert key is not None
    hidden = frozenset({key.diagnoses[0].code, *terms.near(key.diagnoses[0].code)})
    for stage in (1, 2):
        orders = frozenset(o.name for s in farmer_lesson.stages[:stage] for o in s.orders)
        seen = disclose(farmer, farmer_lesson, Progress(stage, orders))
        for item in seen.statements():
            assert not terms.mentions(item.text, hidden), item.id
    assert not terms.mentions(farmer_lesson.title.en + farmer_lesson.title.zh, hidden)


def test_a_record_without_an_explained_complaint_gives_no_lesson(release: Release) -> None:
    case = draft_case(release, residents.UNVISITED, case_id="unvisited")
    with pytest.raises(RecordUnusable):
        draft_lesson_from_release(case, release)


def test_there_are_five_objectives_at_most_and_each_exercise_is_practised_by_one(
    farmer: Case, farmer_lesson: Lesson, release: Release
) -> None:
    record = read_record(release, residents.FARMER)
    evidence = gather(farmer, record)
    focus = find_foci(farmer, record, evidence)[0]
    kinds = ("management", "errors", "key features")
    more = tuple(SimpleNamespace(name=one, kind=one) for one in ("life-plan", *kinds))
    found = objectives(focus, (*farmer_lesson.exercises, *more))  # type: ignore[arg-type]
    assert len(found) == MOST_OBJECTIVES
    named = [name for one in found for name in one.exercises]
    assert {"management", "errors", "life-plan", "first-steps"} <= set(named)


def test_what_the_experts_name_beside_the_diagnosis_was_shown(
    farmer: Case, farmer_lesson: Lesson
) -> None:
    shown = {one for stage in farmer_lesson.stages for one in opened_by(stage)}
    named = (
        farmer_lesson.expert.summary.en + farmer_lesson.exercise("summary").summary.experts[0].en
    )  # type: ignore[union-attr]
    for problem in farmer.problems:
        title = terms.term(code).en if (code := terms.code_of(problem.title)) else problem.title
        if title.casefold() in named.casefold():
            assert shown & {one.id for one in problem.evidence}, title


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("throat red, tonsils not enlarged, chest clear", {"wheeze", "moist-rales", "tonsil-pus"}),
        ("咽部充血，扁桃体无肿大，双肺呼吸音清", {"wheeze", "moist-rales", "tonsil-pus"}),
        ("血压未达标，双肺呼吸音低", set()),
        ("无头痛、恶心，咳嗽", {"headache", "nausea"}),
    ],
)
def test_what_is_denied_ends_with_its_clause(text: str, told: set[str]) -> None:
    found = signs([sentence(text)])
    assert {one.finding for one in found if not one.present} == told


@pytest.mark.parametrize(
    ("judged", "texts"),
    [
        (is_clerical, ("病案号：0869654", "CR beeper 4798", "Letter for the county to do.")),
        (is_clerical, ("May still be tired, yet no pain.", "不舒服打电话。", "患者感觉可以。")),
        (is_line_of_a_form, ("摄盐：中 / 摄盐目标：轻", "good spirits, goal: low salt, no ADR")),
        (tells_decision, ("需关注：持续不缓解立即就医。", "暂不加药，嘱按时按量。")),
        (tells_of_taking, ("Misses doses several times a week.", "每周漏服4次。")),
    ],
)
def test_sentences_are_known_by_what_they_are_for(
    judged: Callable[[Datum], bool], texts: tuple[str, ...]
) -> None:
    assert all(judged(sentence(one)) for one in texts)
    story = ("Cough and phlegm for five days, no fever.", "咳嗽5天，咳白痰。")
    assert not any(judged(sentence(one)) for one in story)


def sentence(text: str) -> Datum:
    return Datum(Statement("s1", 0, text), "S", 0)
