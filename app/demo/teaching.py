"""A case set for students, and a case on the instructors' desk."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

import casebank
from app.permissions import Actor
from app.services import case_sets, cases
from deid.release import Release

PUBLISHED_CASES = 4
CANDIDATES = 40


def seed_cases(session: Session, release: Release, people: Mapping[str, Actor]) -> None:
    """Draft the most teachable records; all but one are reviewed by another and published.

    A record with a finding that stops publication is no case for the demonstration.
    """
    author, reviewer = people["instructor"], people["reviewer"]
    case_set = case_sets.create_set(
        session,
        author,
        "Living with long illness",
        "Residents followed over years: what changed, what was done, and what else happened.",
    )
    drafted = 0
    for candidate in casebank.find_candidates(release, limit=CANDIDATES):
        record = casebank.draft_case(release, candidate.person_id, case_id="considered")
        if not casebank.can_publish(record):
            continue
        case = cases.draft(session, author, release, candidate.person_id)
        cases.submit(session, author, case.id)
        drafted += 1
        if drafted > PUBLISHED_CASES:
            break
        cases.publish(session, reviewer, case.id, "Read beside the record; ready for students.")
        case_sets.add_to_set(session, author, case_set.id, case.id)
    case_sets.show_set(session, author, case_set.id, visible=True)
