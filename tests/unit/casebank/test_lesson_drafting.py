"""A lesson drafted from a record: stages, exercises, keys, and nothing given away too early."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from casebank import Case, RecordUnusable, draft_case, read_record, terms
from casebank.lesson import Lesson, Progress, disclose
from casebank.lesson.drafting import draft_lesson_from_release
from casebank.lesson.drafting.evidence import gather
from casebank.lesson.drafting.expert import MOST_OBJECTIVES, objectives
from casebank.lesson.drafting.focus import find_foci
from casebank.lesson.drafting.knowledge import findings, presentations, scripts
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
