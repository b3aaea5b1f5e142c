"""One small release of invented residents for all tests of the casebank."""

from __future__ import annotations

import pytest

from casebank import Case, draft_case
from casebank.lesson import Lesson
from casebank.lesson.drafting import draft_lesson_from_release
from deid.release import Release
from tests.unit.casebank import residents


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return residents.release(tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="session")
def farmer(release: Release) -> Case:
    return draft_case(release, residents.FARMER, case_id="dizzy-farmer")


@pytest.fixture(scope="session")
def teacher(release: Release) -> Case:
    return draft_case(release, residents.TEACHER, case_id="old-teacher", language="zh")


@pytest.fixture(scope="session")
def farmer_lesson(release: Release, farmer: Case) -> Lesson:
    return draft_lesson_from_release(farmer, release)
