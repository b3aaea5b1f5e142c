"""Six case sets for students, a class with an assignment, and a case on the instructors' desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from app.demo.accounts import ACCOUNTS
from app.demo.case_themes import THEMES, choose_cases
from app.permissions import Actor
from app.services import assignments, case_review, case_sets, cases, classes
from casebank import Case
from casebank.gate import (
    ATTRIBUTES,
    RiskSheet,
    Submission,
    measure_risk,
    run_gate,
    stops_at_little_cost,
    stops_of_person,
)
from casebank.lesson import Lesson
from casebank.model import Language
from deid.release import Release

PUBLISHED_CASES = 24
"""Four in each set; sixty are ten in each, and take longer than a demonstration may."""
ASSIGNED = 2
"""Cases that the class is given: an assigned one is closed to free reading until it is done."""
ASSIGNED_FOR = timedelta(days=28)


def seed_cases(
    session: Session,
    release: Release,
    people: Mapping[str, Actor],
    say: Callable[[str], None],
    published: int = PUBLISHED_CASES,
) -> None:
    """Draft the most teachable records; two others sign them, and they are published.

    One more is handed over for review and waits for its signatures.

    A record that the gate stops is no case for the demonstration. ``say`` is told which sets stay
    short of their part of the ``published`` cases.
    """
    author, clinician, privacy = people["instructor"], people["reviewer"], people["steward"]
    sets = [
        case_sets.create_set(session, author, theme.title, theme.description) for theme in THEMES
    ]
    taken: set[int] = set()
    made: list[tuple[int, Language]] = []
    risks: dict[str, RiskSheet] = {}

    def submission(case: Case, lesson: Lesson | None = None) -> Submission:
        if case.case_id not in risks:
            risks.clear()
            risks[case.case_id] = measure_risk(release, case)
        return Submission(case, lesson, risks[case.case_id], others=frozenset(taken))

    def allowed(case: Case) -> bool:
        return not stops_of_person(submission(case))

    def passes(case: Case, lesson: Lesson) -> bool:
        given = submission(case, lesson)
        return not stops_at_little_cost(given) and run_gate(given).machine_passed

    for chosen in choose_cases(release, published, allowed, passes):
        taken.add(chosen.person_id)
        case = cases.keep_draft(session, author, chosen.case, chosen.lesson)
        case_review.submit(session, author, case.id)
        case_review.sign(
            session,
            clinician,
            case.id,
            "clinical",
            release,
            ratings=dict.fromkeys(ATTRIBUTES, 3),
            note="Demonstration: every attribute is given the value 3, and nobody has read it.",
        )
        case_review.sign(session, privacy, case.id, "privacy", release)
        case_review.publish(session, clinician, case.id, release)
        case_sets.add_to_set(session, author, sets[chosen.theme].id, case.id)
        made.append((case.id, chosen.case.language))
        if len(made) % 6 == 0:
            say(f"{len(made)} of {published} cases are drafted, signed and published")
    tell_what_is_short(say, [(one.title, len(one.items)) for one in sets], published)
    for waiting in choose_cases(release, 1, allowed, passes, taken):
        case = cases.keep_draft(session, author, waiting.case, waiting.lesson)
        case_review.submit(session, author, case.id)
    for one in sets:
        if one.items:
            case_sets.show_set(session, author, one.id, visible=True)
    _seed_class(session, author, _of_both_languages(made[1:-1]))


def tell_what_is_short(
    say: Callable[[str], None], found: Sequence[tuple[str, int]], wanted: int
) -> None:
    """The sets with fewer cases than their part, and what helps."""
    made, each = sum(number for _, number in found), wanted // len(found)
    if made >= wanted:
        return
    short = "; ".join(f"{title}: {number} of {each}" for title, number in found if number < each)
    say(f"these residents carry {made} of {wanted} cases that the gate passes ({short})")
    say("more residents carry more: --residents, in another folder")


def _of_both_languages(cases: Sequence[tuple[int, Language]]) -> list[int]:
    """As many as the class is given, an English one first if there is one, then a Chinese one."""
    first = [
        next((case for case, language in cases if language == wanted), None)
        for wanted in ("en", "zh")
    ]
    chosen = [case for case in first if case is not None]
    return [*chosen, *(case for case, _ in cases if case not in chosen)][:ASSIGNED]


def _seed_class(session: Session, teacher: Actor, given: Sequence[int]) -> None:
    """A class with the demonstration's student, and a set of its own as its first assignment."""
    if not given:
        return
    week = case_sets.create_set(
        session,
        teacher,
        "First week of the class · 第一周",
        "Given to the class as an assignment. 作为作业布置给班级。",
    )
    for case_id in given:
        case_sets.add_to_set(session, teacher, week.id, case_id)
    group = classes.create(session, teacher, "General practice, first term · 全科医学第一学期")
    student = next(one for one in ACCOUNTS if one.key == "student")
    classes.add_list(session, teacher, group.id, student.email)
    now = datetime.now(UTC)
    assignments.assign(
        session,
        teacher,
        group.id,
        week.id,
        assignments.Rules(
            title="First week: two cases · 第一周：两个病例",
            mode="learn",
            opens_at=now,
            due_at=now + ASSIGNED_FOR,
        ),
    )
