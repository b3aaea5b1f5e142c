"""Stages of a lesson: what is shown on entering each, and what may be opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from casebank.lesson.drafting.evidence import Evidence
from casebank.lesson.drafting.first_visit import FirstVisit
from casebank.lesson.drafting.focus import Focus
from casebank.lesson.drafting.followup import DecisionPoint, choose_points
from casebank.lesson.drafting.handout import Handout
from casebank.lesson.drafting.known_by_then import KnownByThen
from casebank.lesson.drafting.later_visits import LaterVisits
from casebank.lesson.model import Stage
from casebank.model import Case


@dataclass(frozen=True)
class Plan:
    """The stages, the stage (from 1) of the diagnosis, and that of each decision point."""

    stages: tuple[Stage, ...]
    diagnosis_stage: int
    decisions: tuple[tuple[int, DecisionPoint], ...]


def plan_stages(
    case: Case,
    evidence: Evidence,
    focus: Focus,
    wrong: Mapping[str, frozenset[str]],
    life: frozenset[str] = frozenset(),
) -> Plan:
    """Presentation, examination, diagnosis, then later visits by date.

    Matters of ``life`` that are known are shown by the diagnosis at the latest. Of ``wrong``, data
    that cannot be right with what contradicts each, as many are shown as a student can be asked
    for.
    """
    handout = Handout(wrong)
    known = KnownByThen(case, evidence, focus)
    first = FirstVisit(case, evidence, focus, known, life, handout)
    stages = [first.presentation(), first.examination(), first.diagnosis()]
    later = LaterVisits(case, evidence, focus, known, first.aftercare(), handout)
    decisions: list[tuple[int, DecisionPoint]] = []
    before: DecisionPoint | None = None
    for number, point in enumerate(choose_points(focus.points), 1):
        stages.append(later.visit(number, point, before))
        decisions.append((len(stages), point))
        before = point
    stages.append(later.course(before))
    return Plan(tuple(stages), 3, tuple(decisions))


def opened_by(stage: Stage) -> list[str]:
    """All that a stage shows or may be asked for."""
    return [*stage.reveals, *(one for order in stage.orders for one in order.data)]
