"""The stages after the diagnosis: visits at which a student decides, and how it went on."""

from __future__ import annotations

from collections.abc import Iterable

from casebank import relations, rules
from casebank.lesson.drafting.evidence import Datum, Evidence, measured_at, signs
from casebank.lesson.drafting.focus import Focus
from casebank.lesson.drafting.followup import DecisionPoint, adherence_data
from casebank.lesson.drafting.handout import Handout
from casebank.lesson.drafting.known_by_then import KnownByThen
from casebank.lesson.drafting.national_rules import disease_name
from casebank.lesson.drafting.sentences import (
    LATER_LIFE,
    MEASURED_AGAIN,
    REFERRED,
    ROUTINE,
    is_clerical,
    is_line_of_a_form,
    is_not_followed,
    is_target,
    names_problem,
    says_what_a_row_asks,
    tells_decision,
    tells_of_taking,
    tells_what_was_done,
)
from casebank.lesson.model import Stage, Wording
from casebank.model import Case
from casebank.relative import day_text

MOST_LATER = 6
MOST_DRUGS = 4
MOST_MEASURED = 6


class LaterVisits:
    """Makes the stages in order of time; the first tells what was done after the diagnosis, the
    data of ``aftercare``."""

    def __init__(
        self,
        case: Case,
        evidence: Evidence,
        focus: Focus,
        known: KnownByThen,
        aftercare: Iterable[Datum],
        handout: Handout,
    ) -> None:
        self._case, self._evidence, self._focus = case, evidence, focus
        self._aftercare, self._handout = tuple(aftercare), handout
        self._last: dict[str, str] = {}
        self._drugs: frozenset[str] = frozenset()
        self._named = known.named
        self._lasting = {
            one.number for one in case.problems if one.listed == "master" and rules.lasts(one.title)
        }

    def visit(self, number: int, point: DecisionPoint, before: DecisionPoint | None) -> Stage:
        evidence, now = self._evidence, point.readings
        before_it = point.previous.data if point.previous is not None else ()
        # What is decided by comes first, so that no load leaves it out.
        data = [evidence.by_id[one] for one in (*now.data, *before_it)]
        data += [evidence.by_id[one] for one in adherence_data(evidence, now.contact)]
        data += self._first_named(point)
        data += [evidence.by_id[one] for one in self._happened(before)]
        data += self._aftercare if before is None else ()
        if point.previous is not None:
            data += self._new_drugs(point.previous.contact, data)
        rows = evidence.at(now.contact)
        data += [
            one
            for one in self._rows_and_news(now.contact)
            if not says_what_a_row_asks(one, rows)
            and not (is_clerical(one) or is_target(one) or tells_decision(one) or one.unanswered)
            and not (one.event and rules.matches(REFERRED, one.event.name))
            and not (one.event is None and rules.matches(MEASURED_AGAIN, one.text))
            and not self._says_nothing_new(one)
        ]
        day = day_text(self._case.contacts[now.contact].day, "en")
        day_zh = day_text(self._case.contacts[now.contact].day, "zh")
        name = disease_name(now.disease)
        reveals = self._handout.take(data, but=self._unasked(point))
        for one in reveals:
            self._remember(evidence.by_id[one])
        return Stage(
            Wording(
                f"Follow-up visit {number}, for {name.en}: {day}",
                f"第{number}次随访（{name.zh}）：{day_zh}",
            ),
            reveals,
        )

    def _rows_and_news(self, contact: int) -> list[Datum]:
        """Rows of a visit, and those sentences that tell a finding that none told before them, or
        how medicines are taken."""
        here = self._evidence.at(contact, "S", "O")
        told = {_told(one) for one in here if one.event is not None}
        found = []
        for one in here:
            if one.event is None:
                news = _told(one)
                if is_line_of_a_form(one) or news in told or not (news or tells_of_taking(one)):
                    continue
                told |= {news} if news else set()
            elif tells_what_was_done(one):
                continue
            found.append(one)
        return found

    def _new_drugs(self, contact: int, beside: list[Datum]) -> list[Datum]:
        """Drugs of a visit, unless the same ones were shown last."""
        drugs = [
            one
            for one in self._evidence.at(contact, "P")
            if one.event and one.event.table == "drug_exposure"
        ][:MOST_DRUGS]
        known = self._drugs | {one.text for one in beside}
        self._drugs = frozenset(one.text for one in drugs)
        return drugs if not self._drugs <= known else []

    def _first_named(self, point: DecisionPoint) -> list[Datum]:
        """The row that names the disease of a follow-up, if it was not shown: it came later."""
        named = [
            one
            for one in self._evidence.data
            if names_problem(one)
            and point.readings.disease in relations.families("problem", one.text)
            and (one.statement.day or 0) <= self._case.contacts[point.readings.contact].day
        ]
        return [] if any(one.id in self._handout.shown for one in named) else named[:1]

    def _says_nothing_new(self, datum: Datum) -> bool:
        """Whether a form says at this visit what it said before, or only that nothing is amiss."""
        event = datum.event
        if event is None or event.table != "observation":
            return False
        last = self._last.get(event.name)
        if last is not None:
            return last == datum.text
        return event.value == 0 or rules.matches(ROUTINE, event.value_text)

    def _remember(self, datum: Datum) -> None:
        if datum.event is not None and datum.event.table == "observation":
            self._last[datum.event.name] = datum.text

    def course(self, before: DecisionPoint | None) -> Stage:
        evidence, case = self._evidence, self._case
        data = list(self._aftercare) if before is None else []
        data += [evidence.by_id[one] for one in self._happened(before)]
        start = before.readings.contact if before is not None else self._focus.contact
        known = self._named | {evidence.by_id[one].text for one in self._handout.shown}
        named: dict[str, Datum] = {}
        for index in range(start + 1, len(case.contacts)):
            for one in evidence.at(index):
                if names_problem(one) and one.text not in known:
                    named.setdefault(one.text, one)
        data += list(named.values())[:MOST_LATER]
        day = case.contacts[self._focus.contact].day
        data += [
            one
            for one in evidence.background
            if (one.statement.day or 0) > day and rules.matches(LATER_LIFE, one.text)
        ][:2]
        for index in range(len(case.contacts) - 1, start, -1):
            measured = [
                one
                for one in measured_at(evidence, index)
                if one not in data
                and not is_not_followed(one)
                and self._lasting & set(one.statement.problems)
            ]
            if measured:
                data += measured[:MOST_MEASURED]
                break
        shown = self._handout.take(data)
        title = ("How it went on", "后来的经过") if shown else ("What comes next", "今后的随访")
        return Stage(Wording(*title), shown)

    def _happened(self, point: DecisionPoint | None) -> tuple[str, ...]:
        return point.happened_data if point is not None else ()

    def _unasked(self, point: DecisionPoint) -> frozenset[str]:
        """Data that say what was decided at the visit that the student decides about."""
        now = point.readings
        return frozenset(
            one.id
            for one in self._evidence.at(now.contact)
            if one.part in {"A", "P"} or is_target(one)
        ) | frozenset(
            one.id
            for one in self._evidence.data
            if one.contact is not None and one.contact > now.contact
        )


def _told(datum: Datum) -> frozenset[tuple[str, bool]]:
    """Findings that a datum shows or denies."""
    return frozenset((sign.finding, sign.present) for sign in signs([datum]))
