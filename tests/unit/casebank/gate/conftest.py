"""The twenty good cases of the small county, each with its lesson and its measured risk."""

from __future__ import annotations

from dataclasses import replace

import pytest

from casebank.gate import ATTRIBUTES, Signature, Submission, measure_risk
from casebank.lesson.drafting import draft_case_and_lesson
from deid.release import Release
from tests.unit.casebank.gate import county

AUTHOR, CLINICIAN, PRIVACY = 1, 2, 3


@pytest.fixture(scope="session")
def county_release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return county.release(tmp_path_factory.mktemp("county"))


@pytest.fixture(scope="session")
def good(county_release: Release) -> tuple[Submission, ...]:
    found = []
    for number in range(county.RESIDENTS):
        case, lesson = draft_case_and_lesson(
            county_release, county.FIRST + number, case_id=f"resident-{number}"
        )
        assert lesson is not None
        risk = measure_risk(county_release, case)
        found.append(signed(Submission(case, lesson, risk, authors=frozenset({AUTHOR}))))
    return tuple(found)


def signed(given: Submission) -> Submission:
    """The same under both signatures, as it now stands."""
    content = given.sha256
    return replace(
        given,
        signatures=(
            Signature("clinical", CLINICIAN, content, dict.fromkeys(ATTRIBUTES, 3)),
            Signature("privacy", PRIVACY, content),
        ),
    )
