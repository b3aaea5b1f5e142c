"""One lesson for all tests of attempts."""

from __future__ import annotations

import pytest

from casebank import Case
from casebank.lesson import Lesson
from tests.unit.casebank.attempt.lessons import farmer_lesson


@pytest.fixture(scope="session")
def lesson(farmer: Case) -> Lesson:
    made = farmer_lesson(farmer)
    made.check_fits(farmer)
    return made
