"""Six case sets for students, and a case on the instructors' desk."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

import casebank
from app.demo.case_themes import THEMES, choose_cases
from app.permissions import Actor
from app.services import case_review, case_sets, cases
from casebank import Case
from casebank.gate import ATTRIBUTES, Submission, measure_risk, run_gate
from casebank.lesson import Lesson
from deid.release import Release

PUBLISHED_CASES = 6
"""One in each set."""
CANDIDATES = 40


def seed_cases(
    session: Session,
    release: Release,
    people: Mapping[str, Actor],
    published: int = PUBLISHED_CASES,
) -> None:
    """Draft the most teachable records; two others sign them, and they are published.

    One more is handed over for review and waits.

    A record that the gate stops is no case for the demonstration.
    """
    author, clinician, privacy = people["instructor"], people["reviewer"], people["steward"]
    sets = [
        case_sets.create_set(session, author, theme.title, theme.description) for theme in THEMES
    ]
    taken: set[int] = set()

    def passes(case: Case, lesson: Lesson) -> bool:
        risk = measure_risk(release, case)
        given = Submission(case, lesson, risk, others=frozenset(taken))
        return run_gate(given).machine_passed

    for chosen in choose_cases(release, published, passes):
        taken.add(chosen.person_id)
        case = cases.draft(session, author, release, chosen.person_id)
        case_review.submit(session, author, case.id)
        case_review.sign(
            session,
            clinician,
            case.id,
            "clinical",
            release,
            ratings=dict.fromkeys(ATTRIBUTES, 3),
            note="Read beside the record; ready for students.",
        )
        case_review.sign(session, privacy, case.id, "privacy", release)
        case_review.publish(session, clinician, case.id, release)
        case_sets.add_to_set(session, author, sets[chosen.theme].id, case.id)
    waiting = next(
        one.person_id
        for one in casebank.find_candidates(release, limit=CANDIDATES)
        if one.person_id not in taken
    )
    case_review.submit(session, author, cases.draft(session, author, release, waiting).id)
    for one in sets:
        if one.items:
            case_sets.show_set(session, author, one.id, visible=True)
