"""What is known of a person on the day of the visit that a lesson begins with."""

from __future__ import annotations

from functools import cached_property

from casebank import rules
from casebank.lesson.drafting.evidence import Datum, Evidence
from casebank.lesson.drafting.focus import FELT_DAYS, Focus, matters_of_life
from casebank.lesson.drafting.sentences import names_problem
from casebank.model import Case, Problem


class KnownByThen:
    """What a record says up to the day of ``focus``."""

    def __init__(self, case: Case, evidence: Evidence, focus: Focus) -> None:
        self._case, self._evidence, self._focus = case, evidence, focus
        self._day = case.contacts[focus.contact].day

    @property
    def background(self) -> list[Datum]:
        """Data of the background that are no later than the visit."""
        return [one for one in self._evidence.background if (one.statement.day or 0) <= self._day]

    @cached_property
    def named(self) -> frozenset[str]:
        """Problems, by the words of their rows, that were named up to the visit."""
        return frozenset(
            one.text
            for one in self._evidence.data
            if names_problem(one) and (one.statement.day or 0) <= self._day
        )

    def wanted_life(self, wanted: frozenset[str]) -> list[Datum]:
        """What said last, and of late, of each ``wanted`` matter of life that it is there."""
        found = []
        for code, problem in matters_of_life(self._case, self._day, self._focus.leading):
            told = [
                datum
                for datum in self._rows_of(problem)
                if datum.statement.day is not None and self._day - FELT_DAYS <= datum.statement.day
            ]
            if code in wanted and told:
                found.append(told[-1])
        return found

    @property
    def problems(self) -> list[Datum]:
        """What says of each lasting problem, up to the visit, that it is there: the last that was
        written before the visit, if any was. Matters of life before matters of the body."""
        told: list[tuple[bool, int, Datum]] = []
        for problem in self._case.problems:
            if (
                problem.listed != "master"
                or problem.see is not None
                or problem.onset_day > self._day
                or (problem.resolved_day is not None and problem.resolved_day < self._day)
                or not rules.lasts(problem.title)
            ):
                continue
            data = self._rows_of(problem)
            if data:
                before = [one for one in data if one.contact != self._focus.contact]
                last = (before or data)[-1]
                told.append((problem.kind in {"biological", "risk"}, problem.number, last))
        return [datum for *_, datum in sorted(told, key=lambda one: one[:2])]

    def _rows_of(self, problem: Problem) -> list[Datum]:
        """Rows that say up to the visit that a problem is there."""
        return [
            datum
            for one in problem.evidence
            if (datum := self._evidence.by_id.get(one.id)) is not None
            and datum.event is not None
            and (datum.statement.day or 0) <= self._day
        ]
