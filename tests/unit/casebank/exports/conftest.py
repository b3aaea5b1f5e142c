"""Lessons over the cases of the casebank's small release."""

from __future__ import annotations

import pytest

from casebank import Case
from casebank.lesson import Lesson
from tests.unit.casebank.lessons import lesson_for


@pytest.fixture(scope="session")
def farmer_lesson(farmer: Case) -> Lesson:
    return lesson_for(farmer)


@pytest.fixture(scope="session")
def teacher_lesson(teacher: Case) -> Lesson:
    return lesson_for(teacher)
