"""Drafts a lesson over a drafted case: stages by visit, exercises, keys from record and rules.

What is clinical in it is a statement of the case, a line of a table of general medical knowledge
(``casebank/data``), or a published rule with its id. Nothing else is written; the instructor edits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from casebank import rules, terms
from casebank.drafting import draft_from_record
from casebank.errors import RecordUnusable
from casebank.lesson.drafting import advice, contradictions, reasoning
from casebank.lesson.drafting.evidence import Evidence, gather
from casebank.lesson.drafting.expert import expert_view, minutes, objectives
from casebank.lesson.drafting.focus import Aim, Focus, find_foci, find_focus
from casebank.lesson.drafting.knowledge import findings, scripts
from casebank.lesson.drafting.management import management
from casebank.lesson.drafting.person import person_words, possible_ages
from casebank.lesson.drafting.sentences import is_vital
from casebank.lesson.drafting.stages import Plan, opened_by, plan_stages
from casebank.lesson.drafting.summary import summary
from casebank.lesson.model import Exercise, Lesson, Option, Wording
from casebank.model import Case, Language
from casebank.reader import read_record
from casebank.record import Record
from deid.release import Release

__all__ = [
    "Aim",
    "draft_case_and_lesson",
    "draft_lesson",
    "draft_lesson_from_release",
    "lesson_if_any",
    "lessons_about",
    "life_of",
    "under_its_title",
]


MOST_TRIED = 4
"""So many leading diagnoses of one record are tried for one aim."""


def draft_case_and_lesson(
    release: Release, person_id: int, *, case_id: str, language: Language | None = None
) -> tuple[Case, Lesson | None]:
    """A case from the record of ``person_id``, and a lesson over it if the record gives one.

    Raises:
        RecordNotFound: if the release has no such person.
        RecordUnusable: if nothing in the record has a date, or the release lacks a needed column.
        ValueError: for a malformed ``case_id``.
    """
    record = read_record(release, person_id, language)
    case = draft_from_record(record, case_id=case_id)
    lesson = lesson_if_any(case, record)
    return (case if lesson is None else under_its_title(case, lesson)), lesson


def under_its_title(case: Case, lesson: Lesson) -> Case:
    """The case under the title of its lesson: one complaint, not that of another visit."""
    title = lesson.title.zh if case.language == "zh" else lesson.title.en
    return replace(case, title=title)


def lesson_if_any(case: Case, record: Record, aim: Aim | None = None) -> Lesson | None:
    """A lesson over a case drafted from ``record``; None if the record gives none."""
    try:
        return draft_lesson(case, record, aim=aim)
    except RecordUnusable:
        return None


def draft_lesson_from_release(
    case: Case, release: Release, *, with_concordance: bool = False
) -> Lesson:
    """As :func:`draft_lesson`, reading the record that the case was drafted from.

    Raises:
        CaseFormatError, RecordNotFound, RecordUnusable: as reading and drafting do.
    """
    person = case.sources.person_id if case.sources is not None else 0
    return draft_lesson(case, read_record(release, person, case.language), with_concordance)


def draft_lesson(
    case: Case, record: Record, with_concordance: bool = False, aim: Aim | None = None
) -> Lesson:
    """A first lesson over a case, about what ``aim`` wants. Equal cases, equal lessons.

    Script concordance is drafted ``with_concordance`` only, as it needs a panel.

    Raises:
        CaseFormatError: if the case was stripped of its sources.
        RecordUnusable: if no complaint of the record is explained by a diagnosis that the tables
            know, so that a lesson would have nothing to ask.
    """
    evidence = gather(case, record)
    focus = find_focus(case, record, evidence, aim)
    if focus is None:
        raise RecordUnusable("no contact of the record has a complaint that its diagnosis explains")
    return _over(case, record, evidence, focus, with_concordance, aim or Aim())


def lessons_about(
    case: Case, record: Record, aims: Iterable[tuple[int, Aim]]
) -> Iterator[tuple[int, Lesson]]:
    """Lessons for each of ``aims``, in their order, with its number: of each leading diagnosis that
    fits one, the best first, a few at most.

    The record is looked through once, however many there are.
    """
    evidence = gather(case, record)
    foci = find_foci(case, record, evidence)
    for number, aim in aims:
        seen: set[str] = set()
        for focus in foci:
            if focus.leading in seen or len(seen) >= MOST_TRIED or not aim.fits(case, focus):
                continue
            seen.add(focus.leading)
            lesson = _over(case, record, evidence, focus, False, aim)
            if _shows_why(lesson, focus, evidence) and (not aim.life or life_of(lesson) & aim.life):
                yield number, lesson


def _tests(lesson: Lesson) -> list[str]:
    return [i for one in lesson.stages[1].orders if one.name == "tests" for i in one.data]


def _shows_why(lesson: Lesson, focus: Focus, evidence: Evidence) -> bool:
    """Whether a student sees, before the diagnosis, something that speaks for it, and can find
    by examining or testing more than pulse and pressure: a finding that speaks to what is thought
    of, or that it is absent. Of the mind a score is enough."""
    shown = {one for stage in lesson.stages[:2] for one in opened_by(stage)}
    speaks = {
        finding
        for one in focus.considered
        for finding in (*scripts()[one.code].supports, *scripts()[one.code].against)
    }
    told = {
        sign.datum
        for sign in focus.signs
        if sign.finding in speaks and (sign.present or not findings()[sign.finding].quantity)
    }
    mind = rules.kind_of(terms.term(focus.leading).en)[0] == "psychological"
    examined = [
        one
        for one in (*lesson.stages[1].reveals, *_tests(lesson))
        if not is_vital(evidence.by_id[one]) and (mind or one in told)
    ]
    if not examined:
        return False
    seen = tuple(sign for sign in focus.signs if sign.datum in shown)
    return bool(reasoning.supporting(replace(focus, signs=seen)))


def life_of(lesson: Lesson) -> frozenset[str]:
    """Codes of the matters of life that a lesson asks a plan for."""
    for one in lesson.exercises:
        if one.name == advice.LIFE_PLAN:
            return frozenset(
                code for code in advice.actions() if terms.term(code).zh in one.prompt.zh
            )
    return frozenset()


def _over(
    case: Case,
    record: Record,
    evidence: Evidence,
    focus: Focus,
    with_concordance: bool,
    aim: Aim,
) -> Lesson:
    wrong = contradictions.find_contradictions(case, record, evidence)
    plan = plan_stages(
        case, evidence, focus, {one.code: frozenset(one.data) for one in wrong}, aim.life
    )
    exercises = (
        *_exercises(case, record, evidence, focus, plan, with_concordance, aim),
        *_errors(wrong, evidence, plan),
    )
    words = sum(
        evidence.by_id[one].length
        for stage in plan.stages
        for one in (*stage.reveals, *(i for order in stage.orders for i in order.data))
    )
    day = case.contacts[focus.contact].day
    person, name = person_words(record, day), focus.presentation.name
    lesson = Lesson(
        case_id=case.case_id,
        title=Wording(f"{person.en} with {name.en}", f"{person.zh}，{name.zh}"),
        setting=Wording("Primary care, followed over years", "基层医疗，多年随访"),
        minutes=minutes(case, exercises, words),
        objectives=objectives(focus, exercises),
        stages=plan.stages,
        exercises=exercises,
        expert=expert_view(case, record, focus, plan),
    )
    lesson.check_fits(case)
    return lesson


def _exercises(
    case: Case,
    record: Record,
    evidence: Evidence,
    focus: Focus,
    plan: Plan,
    with_concordance: bool,
    aim: Aim,
) -> tuple[Exercise, ...]:
    opened = frozenset(one for stage in plan.stages[:2] for one in opened_by(stage))
    early = frozenset(one for stage in plan.stages[:2] for one in stage.reveals)
    day = case.contacts[focus.contact].day
    first, again = reasoning.differentials(focus, plan)
    made: list[Exercise | None] = [
        first,
        advice.warning_signs(focus),
        summary(case, record, evidence, focus, opened),
        reasoning.reflection(evidence, focus, early),
        again,
        *(reasoning.concordance(focus) if with_concordance else ()),
        reasoning.problem_list(case, focus, plan),
        advice.first_steps(focus, plan),
        *management(plan),
        advice.life_plan(case, focus, plan, possible_ages(record, day), aim.life),
        advice.next_year(case, focus, plan, possible_ages(record, case.outcome.last_day)),
    ]
    return tuple(sorted((one for one in made if one is not None), key=lambda one: one.stage))


def _errors(wrong: tuple[Option, ...], evidence: Evidence, plan: Plan) -> tuple[Exercise, ...]:
    """The question after what is wrong, at the end, over all that was shown on the way."""
    shown = frozenset(one for stage in plan.stages for one in stage.reveals)
    asked = contradictions.errors(wrong, evidence, shown, len(plan.stages))
    return (asked,) if asked is not None else ()
