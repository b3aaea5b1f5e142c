"""Counts as they may be shown, for programs."""

from __future__ import annotations

from dataclasses import dataclass

from app.services.cohort_answers import SafeAnswer
from cohorts.disclosure import SafeCount


@dataclass(frozen=True)
class Count:
    """A count behind disclosure control: rounded, or hidden (`shown` is null).

    `small`: it is below `minimum_cell`, none at all included. `about`: rounded in wide steps.
    """

    shown: int | None
    small: bool
    minimum_cell: int
    about: bool


@dataclass(frozen=True)
class AttritionStep:
    """An inclusion rule: how many meet it alone, and how many are left after it."""

    rule: str
    meets: Count
    remains: Count


@dataclass(frozen=True)
class CohortCount:
    """What a cohort comes to over a release.

    With a `refusal`, the number of people is that of an earlier question which differs by a few.
    """

    release: str
    people: Count
    entries: Count
    entered: Count
    attrition: tuple[AttritionStep, ...]
    missing_tables: tuple[str, ...]
    refusal: str | None


def count_of(count: SafeCount) -> Count:
    """A safe count for programs."""
    return Count(count.shown, count.small, count.minimum_cell, count.about)


def answer_of(answer: SafeAnswer) -> CohortCount:
    """A safe answer for programs."""
    return CohortCount(
        answer.release,
        count_of(answer.persons),
        count_of(answer.entries),
        count_of(answer.attrition.entry),
        tuple(
            AttritionStep(step.rule, count_of(step.meeting), count_of(step.remaining))
            for step in answer.attrition.steps
        ),
        answer.missing_tables,
        answer.refusal.reason if answer.refusal else None,
    )
