"""Cases and lessons as the portal keeps them, in JSON, parsed once for all that read them.

A document is its own key: the frozen case or lesson that it makes is shared by every use.
"""

from __future__ import annotations

from functools import lru_cache

from casebank import Case
from casebank.lesson import Lesson

KEPT_CASES = 64
KEPT_LESSONS = 128


@lru_cache(maxsize=KEPT_CASES)
def parse_case(document: str) -> Case:
    """The case of a document.

    Raises:
        CaseFormatError: if it is none.
    """
    return Case.from_json(document.encode("utf-8"))


@lru_cache(maxsize=KEPT_LESSONS)
def parse_lesson(document: str) -> Lesson:
    """The lesson of a document that is not empty.

    Raises:
        CaseFormatError: if it is none.
    """
    return Lesson.from_json(document.encode("utf-8"))
