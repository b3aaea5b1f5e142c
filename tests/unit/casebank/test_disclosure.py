"""What no stage has revealed stands nowhere in what a student is given."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casebank import Case, CaseFormatError
from casebank.lesson import (
    Exercise,
    ExpertView,
    KeyFeatureKey,
    Lesson,
    Option,
    Order,
    Progress,
    Stage,
    SummaryKey,
    Wording,
    disclose,
)

MARK = "unrevealed"


def _marked(case: Case) -> Case:
    """The case with the id of each statement written into its text, and every name marked."""
    soaps = [
        replace(
            contact,
            soap=replace(
                contact.soap,
                **{
                    part: tuple(
                        replace(one, text=f"{MARK}-{one.id}.")
                        for one in getattr(contact.soap, part)
                    )
                    for part in ("subjective", "objective", "assessment", "plan", "other")
                },
            ),
        )
        for contact in case.contacts
    ]
    background = replace(
        case.background,
        **{
            part: tuple(
                replace(one, text=f"{MARK}-{one.id}.") for one in getattr(case.background, part)
            )
            for part in ("profile", "past_history", "family", "living_environment", "lifestyle")
        },
    )
    problems = tuple(replace(one, title=f"{MARK}-problem-{one.number}.") for one in case.problems)
    return replace(
        case,
        contacts=tuple(soaps),
        background=background,
        problems=problems,
        title=f"{MARK}-title.",
    )


def _lesson(case: Case, groups: list[list[str]], ordered: list[str]) -> Lesson:
    stages = [Stage(Wording(en=f"Stage {n}"), tuple(ids)) for n, ids in enumerate(groups, 1)]
    if ordered:
        order = Order("look", Wording(en="Look"), "test", 1, tuple(ordered))
        stages[0] = replace(stages[0], orders=(order,))
    return Lesson(
        case_id=case.case_id,
        title=Wording(en="A visit"),
        setting=Wording(en="Clinic"),
        minutes=20,
        objectives=(),
        stages=tuple(stages),
        exercises=(),
        expert=ExpertView(Wording(en="s"), Wording(en="s"), ()),
    )


def _marks(case: Case) -> set[str]:
    text = json.dumps(json.loads(case.to_json()), ensure_ascii=False)
    return {part.split(".")[0] for part in text.split(f"{MARK}-")[1:]}


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_only_what_a_stage_or_an_opened_order_reveals_is_given(
    farmer: Case, data: st.DataObject
) -> None:
    case = _marked(farmer)
    ids = sorted({one.id for contact in case.contacts for one in contact.soap.statements})
    place = {one: data.draw(st.integers(0, 4), label=one) for one in ids}
    groups = [[one for one in ids if place[one] == n] for n in (1, 2, 3)]
    ordered = [one for one in ids if place[one] == 4]
    lesson = _lesson(case, groups, ordered)
    stage = data.draw(st.integers(1, 3), label="stage")
    opened = data.draw(st.booleans(), label="opened")
    progress = Progress(stage, frozenset({"look"} if opened else ()))

    allowed = {one for group in groups[:stage] for one in group}
    allowed |= set(ordered) if opened else set()
    assert _marks(disclose(case, lesson, progress)) == allowed


def test_flow_sheets_and_timeline_show_revealed_data_only(farmer: Case) -> None:
    points = [p.id for sheet in farmer.flow_sheets for s in sheet.series for p in s.points]
    assert len(points) > 1
    lesson = _lesson(farmer, [points[:1], points[1:]], [])
    seen = disclose(farmer, lesson, Progress(1))

    assert [p.id for sheet in seen.flow_sheets for s in sheet.series for p in s.points] == points[
        :1
    ]
    assert all(one.target is None for sheet in seen.flow_sheets for one in sheet.series)
    assert all(lane.kind != "problems" for lane in seen.timeline.lanes)
    assert all(set(i.data) <= {points[0]} for lane in seen.timeline.lanes for i in lane.items)
    assert seen.timeline.last_day < farmer.timeline.last_day


def test_when_all_is_done_the_whole_case_is_shown_without_its_sources(farmer: Case) -> None:
    lesson = _lesson(farmer, [[], []], [])

    assert disclose(farmer, lesson, Progress(2, done=True)) == farmer.for_student()
    assert disclose(farmer, lesson, Progress(2)).problems == ()


def test_a_lesson_is_the_same_after_it_was_written_and_read(farmer: Case) -> None:
    lesson = replace(
        _lesson(farmer, [[next(iter(farmer.statements())).id]], []),
        exercises=(
            Exercise(
                "what-first",
                "key features",
                1,
                Wording(en="What first?", zh="先做什么？"),
                Wording(en="Because."),
                "rule",
                key_features=KeyFeatureKey(
                    (Option("a", Wording(en="A")), Option("b", Wording(en="B"))), ("a",), 1
                ),
            ),
        ),
    )

    assert Lesson.from_json(lesson.to_json()) == lesson
    lesson.check_fits(farmer)


def test_a_lesson_that_names_a_datum_the_case_lacks_does_not_fit(farmer: Case) -> None:
    with pytest.raises(CaseFormatError, match="d999999"):
        _lesson(farmer, [["d999999"]], []).check_fits(farmer)


def test_an_exercise_has_the_key_of_its_kind_and_no_other() -> None:
    key = SummaryKey((), (), ())
    with pytest.raises(ValueError, match="key of its kind"):
        Exercise("x", "errors", 1, Wording(en="q"), Wording(en="e"), "rule", summary=key)
