"""A case set for students, and a case on the instructors' desk."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

import casebank
from app.permissions import Actor
from app.services import case_review, case_sets, cases
from casebank.gate import ATTRIBUTES, Submission, measure_risk, run_gate
from casebank.lesson.drafting import draft_case_and_lesson
from deid.release import Release

PUBLISHED_CASES = 4
CANDIDATES = 40


def seed_cases(session: Session, release: Release, people: Mapping[str, Actor]) -> None:
    """Draft the most teachable records; all but one are signed by two others and published.

    A record that the gate stops is no case for the demonstration.
    """
    author, clinician, privacy = people["instructor"], people["reviewer"], people["steward"]
    case_set = case_sets.create_set(
        session,
        author,
        "Living with long illness",
        "Residents followed over years: what changed, what was done, and what else happened.",
    )
    drafted = 0
    taken: set[int] = set()
    for candidate in casebank.find_candidates(release, limit=CANDIDATES):
        record, lesson = draft_case_and_lesson(release, candidate.person_id, case_id="considered")
        risk = measure_risk(release, record)
        if not run_gate(Submission(record, lesson, risk, others=frozenset(taken))).machine_passed:
            continue
        case = cases.draft(session, author, release, candidate.person_id)
        case_review.submit(session, author, case.id)
        taken.add(candidate.person_id)
        drafted += 1
        if drafted > PUBLISHED_CASES:
            break
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
        case_sets.add_to_set(session, author, case_set.id, case.id)
    case_sets.show_set(session, author, case_set.id, visible=True)
