"""Stages of a lesson: what is shown on entering each, what may be opened, within a load to bear.

A stage holds at most ``MOST_DATA`` data and ``MOST_WORDS`` words (two Chinese characters count as
one). Data that matter come first; at least a fifth of them do not, as in a real record.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from casebank import relations, rules, terms
from casebank.lesson.drafting.evidence import Datum, Evidence
from casebank.lesson.drafting.focus import FELT_DAYS, HEARD, Focus, matters_of_life
from casebank.lesson.drafting.followup import DecisionPoint, adherence_data, disease_name
from casebank.lesson.drafting.sentences import (
    LATER_LIFE,
    LIFE,
    MEASURED_AGAIN,
    REFERRED,
    ROUTINE,
    VITAL,
    WHO,
    is_clerical,
    is_empty,
    is_not_followed,
    is_target,
    is_whole_form,
    names_problem,
    tells_decision,
    tells_examined,
)
from casebank.lesson.model import Order, Stage, Wording
from casebank.model import Case
from casebank.names import names_somebody
from casebank.negatives import count_negatives
from casebank.relative import day_text

MOST_DATA = 14
MOST_WORDS = 300
MOST_POINTS = 3
MOST_WRONG = 3
MOST_KNOWN, MOST_ASIDES, MOST_AFTERCARE, MOST_LATER = 4, 2, 4, 6
MOST_DRUGS = 4
LEAST_CLAUSE = 4
LEAST_NEGATIVES = 2
"""The gate asks for so many findings that are told to be absent or normal."""


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
    builder = _Builder(case, evidence, focus, wrong, life)
    stages = [builder.presentation(), builder.examination(), builder.diagnosis()]
    decisions: list[tuple[int, DecisionPoint]] = []
    before: DecisionPoint | None = None
    for number, point in enumerate(choose_points(focus.points), 1):
        stages.append(builder.visit(number, point, before))
        decisions.append((len(stages), point))
        before = point
    stages.append(builder.course(before))
    return Plan(tuple(stages), 3, tuple(decisions))


def opened_by(stage: Stage) -> list[str]:
    """All that a stage shows or may be asked for."""
    return [*stage.reveals, *(one for order in stage.orders for one in order.data)]


def choose_points(points: tuple[DecisionPoint, ...]) -> tuple[DecisionPoint, ...]:
    """At most three decision points, in order: each another situation, each another visit."""
    wanted = ("danger", "low", "again", "reaction", "first", "controlled")
    chosen: list[DecisionPoint] = []
    for _ in range(MOST_POINTS):
        used = [(point.rule.disease, point.rule.situation) for point in chosen]
        visits = {point.readings.contact for point in chosen}
        rest = [
            point
            for point in points
            if point.readings.contact not in visits
            and (point.rule.disease, point.rule.situation) not in used
        ]
        if not rest:
            break
        chosen.append(
            min(
                rest,
                key=lambda point: (
                    wanted.index(point.rule.situation),
                    point.readings.contact,
                ),
            )
        )
    return tuple(sorted(chosen, key=lambda point: (point.readings.contact, point.rule.id)))


class _Builder:
    """Hands out every datum once, in the stage that first needs it."""

    def __init__(
        self,
        case: Case,
        evidence: Evidence,
        focus: Focus,
        wrong: Mapping[str, frozenset[str]],
        life: frozenset[str],
    ) -> None:
        self._case, self._evidence, self._focus = case, evidence, focus
        self._wrong, self._life = wrong, life
        self._shown: set[str] = set()
        self._telling = {sign.datum for sign in focus.signs}
        self._last: dict[str, str] = {}
        self._drugs: frozenset[str] = frozenset()
        here = evidence.at(focus.contact)
        self._given = tuple(
            word.casefold()
            for one in here
            if one.event and one.event.table == "drug_exposure"
            for word in re.findall(r"[A-Za-z]{5,}|[\u4e00-\u9fff]{3,}", one.event.name)[:1]
        )
        self._in_rows = tuple(
            (one.id, clause)
            for one in here
            if one.event and one.event.table == "observation" and one.event.value_text
            for clause in re.split(r"[,，;；]\s*", one.event.value_text.casefold())[:1]
            if len(clause) >= LEAST_CLAUSE
        )
        # A datum may be said again in other words, which name the problem that it reveals.
        self._naming = {
            one.id for one in case.statements() if terms.mentions(one.text, focus.hidden)
        }

    def presentation(self) -> Stage:
        focus, evidence = self._focus, self._evidence
        # Later entries of the background are no part of what is known at this visit.
        open_ = [one for one in self._background_by_now() if not self._gives_away(one)]
        who = [one for one in open_ if rules.matches(WHO, one.text)]
        known = [one for one in self._known_problems() if not self._gives_away(one)][:MOST_KNOWN]
        life = [one for one in self._wanted_life() if not self._gives_away(one)]
        life += [one for one in open_ if rules.matches(LIFE, one.text)][:3]
        told = [one for one in evidence.at(focus.contact, "S", "-") if self._readable(one)]
        complaint = [one for one in told if one.id in focus.complaint]
        telling = [one for one in told if one.id in self._telling and one.part == "S"]
        ideas = [
            one
            for one in evidence.at(focus.contact)
            if one.event
            and rules.matches(HEARD, one.event.name)
            and not (one.unanswered or self._gives_away(one))
        ]
        rest = [one for one in told if one.part == "S" and one.event is None][:MOST_ASIDES]
        reveals = self._take([*who, *complaint, *ideas, *telling, *known, *life, *rest])
        orders = (
            self._order(
                "family-history",
                "history",
                0,
                "Ask about the family",
                "询问家族史",
                [o for o in open_ if _under(self._case, o, "family")],
            ),
            self._order(
                "habits",
                "history",
                0,
                "Ask about habits and work",
                "询问生活方式与职业",
                [o for o in open_ if _under(self._case, o, "lifestyle", "profile")],
            ),
            self._order(
                "home",
                "history",
                0,
                "Ask about the home",
                "询问居住环境",
                [o for o in open_ if _under(self._case, o, "living_environment")],
            ),
            self._order(
                "past",
                "history",
                0,
                "Ask about the past",
                "询问既往史",
                [o for o in open_ if _under(self._case, o, "past_history")],
            ),
        )
        return Stage(
            Wording("The person and the story", "患者与主诉"),
            reveals,
            tuple(order for order in orders if order is not None),
        )

    def examination(self) -> Stage:
        focus, evidence = self._focus, self._evidence
        found = [
            one
            for one in evidence.at(focus.contact, "O", "S", "-")
            if self._readable(one) and not self._said_by_a_row(one)
        ]
        objective = [one for one in found if one.part == "O"]
        telling = [one for one in found if one.id in self._telling]
        vital = [one for one in objective if one.event and rules.matches(VITAL, one.event.name)]
        tests = [
            one
            for one in objective
            if one.event and one.event.table == "measurement" and one not in vital
        ]
        rest = [one for one in objective if one not in tests]
        seen = [one for one in telling if one not in tests and one not in vital]
        # Where hardly anything else tells, the tests that do are the case.
        shown = [one for one in tests if one.id in self._telling][:4] if len(seen) < 2 else []
        told = [*seen, *shown, *rest, *(evidence.by_id[one] for one in self._shown)]
        few = sum(count_negatives(one.text) for one in told) < LEAST_NEGATIVES
        normal = self._told_normal() if few else []
        reveals = self._take([*vital, *seen, *shown, *normal, *rest])
        earlier = next(
            (
                measured
                for contact in range(focus.contact - 1, -1, -1)
                if len(measured := self._measured(contact)) > 3
            ),
            [],
        )
        orders = (
            self._order(
                "tests",
                "test",
                2,
                "Order the tests of this visit",
                "查看本次检验结果",
                sorted(tests, key=lambda one: one.id not in self._telling),
            ),
            self._order(
                "more-examination", "examination", 1, "Examine further", "进一步查体", rest
            ),
            self._order(
                "earlier-results", "test", 1, "Look up earlier results", "查阅既往检查结果", earlier
            ),
        )
        opened = tuple(order for order in orders if order is not None)
        if not reveals:
            # A visit without an examination: what there is to open is shown.
            reveals = tuple(i for order in opened for i in order.data)[:MOST_DATA]
            opened = tuple(order for order in opened if not set(order.data) <= set(reveals))
        return Stage(Wording("Examination and tests", "查体与检验"), reveals, opened)

    def _told_normal(self) -> list[Datum]:
        """What the note says of the examination that is absent or normal, in a sentence without
        numbers: it speaks for no diagnosis, so that it is shown only where little else is denied.
        """
        return [
            one
            for one in self._evidence.at(self._focus.contact, "S", "O", "-")
            if tells_examined(one)
            and count_negatives(one.text)
            and not (is_clerical(one) or self._gives_away(one) or self._prescribes(one))
            and not self._said_by_a_row(one)
        ][:LEAST_NEGATIVES]

    def _background_by_now(self) -> list[Datum]:
        day = self._case.contacts[self._focus.contact].day
        return [one for one in self._evidence.background if (one.statement.day or 0) <= day]

    def _measured(self, contact: int) -> list[Datum]:
        return [
            one
            for one in self._evidence.at(contact, "O")
            if one.event and one.event.table == "measurement" and not one.unanswered
        ]

    def diagnosis(self) -> Stage:
        """The name of it, and what was hidden for its sake; what was done is not told yet."""
        focus, evidence = self._focus, self._evidence
        here = [
            one
            for one in evidence.at(focus.contact, "A")
            if not (is_clerical(one) or is_target(one) or one.unanswered or self._prescribes(one))
        ]
        named = [one for one in here if one.event and one.event.table == "condition_occurrence"]
        known = {one.text for one in named}
        hidden = [one for one in self._known_problems() if one.text not in known]
        reveals = self._take([*named, *self._wanted_life(), *hidden, *here])
        return Stage(Wording("What it was", "诊断"), reveals)

    def _wanted_life(self) -> list[Datum]:
        """What said last, and of late, of each wanted matter of life that it is there."""
        day = self._case.contacts[self._focus.contact].day
        found = []
        for code, problem in matters_of_life(self._case, day, self._focus.leading):
            told = [
                datum
                for one in problem.evidence
                if (datum := self._evidence.by_id.get(one.id)) is not None
                and datum.event is not None
                and datum.statement.day is not None
                and day - FELT_DAYS <= datum.statement.day <= day
            ]
            if code in self._life and told:
                found.append(told[-1])
        return found

    def _known_problems(self) -> list[Datum]:
        """What says last of each lasting problem, up to this visit, that it is there; matters of
        life before matters of the body."""
        day = self._case.contacts[self._focus.contact].day
        told: list[tuple[bool, int, Datum]] = []
        for problem in self._case.problems:
            if problem.listed != "master" or problem.see is not None or problem.onset_day > day:
                continue
            if problem.resolved_day is not None and problem.resolved_day < day:
                continue
            if not rules.lasts(problem.title):
                continue
            data = [
                datum
                for one in problem.evidence
                if (datum := self._evidence.by_id.get(one.id)) is not None
                and (datum.statement.day or 0) <= day
                and datum.event is not None
            ]
            if data:
                told.append((problem.kind in {"biological", "risk"}, problem.number, data[-1]))
        return [datum for *_, datum in sorted(told, key=lambda one: one[:2])]

    def _aftercare(self) -> list[Datum]:
        """What was given and planned at the first visit; shown once first steps are decided."""
        here = [
            one
            for one in self._evidence.at(self._focus.contact, "P")
            if not (is_clerical(one) or is_target(one) or one.unanswered)
        ]
        given = [one for one in here if one.event and one.event.table == "drug_exposure"]
        said = [one for one in here if one.event is None]
        return [*given, *said][:MOST_AFTERCARE]

    def visit(self, number: int, point: DecisionPoint, before: DecisionPoint | None) -> Stage:
        evidence, now = self._evidence, point.readings
        data = self._aftercare() if before is None else []
        data += [evidence.by_id[one] for one in self._happened(before)]
        data += self._first_named(point)
        if point.previous is not None:
            data += [evidence.by_id[one] for one in point.previous.data]
            data += self._new_drugs(point.previous.contact, data)
        data += [evidence.by_id[one] for one in now.data]
        data += [evidence.by_id[one] for one in adherence_data(evidence, now.contact)]
        data += [
            one
            for one in evidence.at(now.contact, "S", "O")
            if not (is_clerical(one) or is_target(one) or tells_decision(one) or one.unanswered)
            and not (one.event and rules.matches(REFERRED, one.event.name))
            and not (one.event is None and rules.matches(MEASURED_AGAIN, one.text))
            and not self._says_nothing_new(one)
        ]
        day = day_text(self._case.contacts[now.contact].day, "en")
        day_zh = day_text(self._case.contacts[now.contact].day, "zh")
        name = disease_name(now.disease)
        reveals = self._take(data, but=self._unasked(point))
        for one in reveals:
            self._remember(evidence.by_id[one])
        return Stage(
            Wording(
                f"Follow-up visit {number}, for {name.en}: {day}",
                f"第{number}次随访（{name.zh}）：{day_zh}",
            ),
            reveals,
        )

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
        return [] if any(one.id in self._shown for one in named) else named[:1]

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
        data = self._aftercare() if before is None else []
        data += [evidence.by_id[one] for one in self._happened(before)]
        start = before.readings.contact if before is not None else self._focus.contact
        named: dict[str, Datum] = {}
        for index in range(start + 1, len(case.contacts)):
            for one in evidence.at(index):
                if names_problem(one) and one.text not in self._named:
                    named.setdefault(one.text, one)
        data += list(named.values())[:MOST_LATER]
        day = case.contacts[self._focus.contact].day
        data += [
            one
            for one in evidence.background
            if (one.statement.day or 0) > day and rules.matches(LATER_LIFE, one.text)
        ][:2]
        for index in range(len(case.contacts) - 1, start, -1):
            measured = sorted(
                (one for one in self._measured(index) if one not in data), key=is_not_followed
            )
            if len(measured) > 1:
                data += measured
                break
        return Stage(Wording("How it went on", "后来的经过"), self._take(data))

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

    def _gives_away(self, datum: Datum) -> bool:
        return datum.id in self._naming or self._focus.gives_away(datum)

    def _readable(self, datum: Datum) -> bool:
        if self._gives_away(datum) or datum.unanswered or self._prescribes(datum):
            return False
        if is_target(datum):
            return False
        aside = datum.event is None and datum.id not in self._focus.complaint
        if aside and (names_somebody(datum.text) or is_empty(datum.text) or is_whole_form(datum)):
            return False
        if datum.id in self._telling:
            return True
        if is_clerical(datum) or datum.part == "-":
            return False
        # What a note says of the examination stands here if it says something of a finding.
        return datum.part != "O" or datum.event is not None

    def _prescribes(self, datum: Datum) -> bool:
        """Whether a sentence names what was given at this visit, which would tell for what."""
        folded = datum.text.casefold()
        return datum.event is None and any(word in folded for word in self._given)

    def _said_by_a_row(self, datum: Datum) -> bool:
        """Whether a row of this visit says the same in a cleaner way."""
        folded = datum.text.casefold()
        return datum.event is None and any(clause in folded for _, clause in self._in_rows)

    @cached_property
    def _named(self) -> frozenset[str]:
        """Problems that were named up to the first visit."""
        day = self._case.contacts[self._focus.contact].day
        return frozenset(
            one.text
            for one in self._evidence.data
            if names_problem(one) and (one.statement.day or 0) <= day
        )

    def _take(self, data: Iterable[Datum], but: frozenset[str] = frozenset()) -> tuple[str, ...]:
        """Ids of the first data that fit the load, each only once in a lesson."""
        taken: list[str] = []
        words = 0
        for one in data:
            if one.id in self._shown or one.id in but or len(taken) >= MOST_DATA:
                continue
            if words + one.length > MOST_WORDS:
                continue
            if one.id in self._wrong and not self._can_ask(one.id):
                continue
            taken.append(one.id)
            self._shown.add(one.id)
            words += one.length
        return tuple(taken)

    def _can_ask(self, wrong: str) -> bool:
        """Whether something wrong may be shown: few of it, and only beside what contradicts it."""
        return (
            len(self._wrong.keys() & self._shown) < MOST_WRONG
            and self._wrong[wrong] - {wrong} <= self._shown
        )

    def _order(
        self, name: str, kind: str, cost: int, en: str, zh: str, data: Iterable[Datum]
    ) -> Order | None:
        taken = self._take([one for one in data if one.id not in self._wrong][:MOST_DATA])
        if not taken:
            return None
        return Order(name, Wording(en, zh), kind, cost, taken)  # type: ignore[arg-type]


def _under(case: Case, datum: Datum, *sections: str) -> bool:
    return any(
        datum.id in {one.id for one in getattr(case.background, section)} for section in sections
    )
