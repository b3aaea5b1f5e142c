"""What an author edits: a case with its lesson; and one change to it, whole or refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from casebank.errors import CaseFormatError, EditRefused
from casebank.lesson import Lesson
from casebank.model import Case


@dataclass(frozen=True)
class Work:
    """A case and its lesson, None while there is none; ``check`` holds between the two."""

    case: Case
    lesson: Lesson | None = None

    def check(self) -> None:
        """Refuse a lesson that does not fit the case or could not be read again.

        A case needs no check: its dataclasses validate when they are built.

        Raises:
            CaseFormatError: saying what does not fit.
        """
        if self.lesson is not None:
            self.lesson.check_fits(self.case)
            Lesson.from_json(self.lesson.to_json())

    @property
    def taught(self) -> Lesson:
        """The lesson.

        Raises:
            EditRefused: if there is none.
        """
        if self.lesson is None:
            raise EditRefused("The case has no lesson yet. Draft one first.")
        return self.lesson


@dataclass(frozen=True)
class Edit:
    """A change that was made: the work after it, and what was done, in words."""

    work: Work
    said: str


def attempt(change: Callable[[], Edit]) -> Edit:
    """Carry out a change, whole or not at all.

    Raises:
        EditRefused: with the reason in words, if what would come of it contradicts itself.
    """
    try:
        made = change()
        made.work.check()
    except EditRefused:
        raise
    except (ValueError, CaseFormatError) as error:
        # A dataclass that refuses itself says why, without any value of the record.
        raise EditRefused(f"That was not done: {error}.") from None
    return made
