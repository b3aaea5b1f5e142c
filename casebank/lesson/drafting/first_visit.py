"""The stages of the visit that a lesson begins with: the story, the examination, what it was.

Data that matter come first; at least a fifth of them do not, as in a real record.
"""

from __future__ import annotations

from casebank import rules
from casebank.lesson.drafting.before_diagnosis import LEAST_NEGATIVES, BeforeDiagnosis
from casebank.lesson.drafting.evidence import Datum, Evidence, measured_at
from casebank.lesson.drafting.focus import HEARD, Focus
from casebank.lesson.drafting.handout import MOST_DATA, Handout
from casebank.lesson.drafting.known_by_then import KnownByThen
from casebank.lesson.drafting.sentences import (
    LIFE,
    WHO,
    asks_nothing,
    is_clerical,
    is_not_followed,
    is_target,
    is_vital,
    names_problem,
    tells_treatment,
)
from casebank.lesson.model import Stage, Wording
from casebank.model import Case
from casebank.negatives import count_negatives

MOST_KNOWN, MOST_ASIDES, MOST_AFTERCARE = 6, 2, 4
MOST_EARLIER = 8


class FirstVisit:
    """Makes the three stages, in their order; matters of ``life`` are shown by the third."""

    def __init__(
        self,
        case: Case,
        evidence: Evidence,
        focus: Focus,
        known: KnownByThen,
        life: frozenset[str],
        handout: Handout,
    ) -> None:
        self._case, self._evidence, self._focus, self._life = case, evidence, focus, life
        self._known, self._handout = known, handout
        self._telling = focus.telling
        self._before = BeforeDiagnosis(case, evidence, focus)

    def presentation(self) -> Stage:
        focus, evidence = self._focus, self._evidence
        # Later entries of the background are no part of what is known at this visit.
        open_ = [
            one
            for one in self._known.background
            if not (self._before.gives_away(one) or asks_nothing(one))
        ]
        who = [one for one in open_ if rules.matches(WHO, one.text)]
        known = [one for one in self._known.problems if self._before.may_be_known(one)][:MOST_KNOWN]
        life = [
            one for one in self._known.wanted_life(self._life) if self._before.may_be_known(one)
        ]
        life += [one for one in open_ if rules.matches(LIFE, one.text)][:3]
        told = [one for one in evidence.at(focus.contact, "S", "-") if self._before.readable(one)]
        complaint = [one for one in told if one.id in focus.complaint]
        telling = [one for one in told if one.id in self._telling and one.part == "S"]
        ideas = [
            one
            for one in evidence.at(focus.contact)
            if one.event
            and rules.matches(HEARD, one.event.name)
            and not (one.unanswered or self._before.gives_away(one))
        ]
        rest = [one for one in told if one.part == "S" and one.event is None][:MOST_ASIDES]
        reveals = self._handout.take([*who, *complaint, *ideas, *telling, *known, *life, *rest])
        told_by_now = {evidence.by_id[one].text for one in reveals}
        open_ = [one for one in open_ if one.text not in told_by_now]
        orders = (
            self._handout.order(
                "family-history",
                "history",
                0,
                "Ask about the family",
                "询问家族史",
                [o for o in open_ if _under(self._case, o, "family")],
            ),
            self._handout.order(
                "habits",
                "history",
                0,
                "Ask about habits and work",
                "询问生活方式与职业",
                [o for o in open_ if _under(self._case, o, "lifestyle", "profile")],
            ),
            self._handout.order(
                "home",
                "history",
                0,
                "Ask about the home",
                "询问居住环境",
                [o for o in open_ if _under(self._case, o, "living_environment")],
            ),
            self._handout.order(
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
            if self._before.readable(one) and not self._before.said_by_a_row(one)
        ]
        objective = [one for one in found if one.part == "O"]
        telling = [one for one in found if one.id in self._telling]
        vital = [one for one in objective if is_vital(one)]
        tests = [
            one
            for one in objective
            if one.event and one.event.table == "measurement" and one not in vital
        ]
        rest = [one for one in objective if one not in tests]
        seen = [one for one in telling if one not in tests and one not in vital]
        # Where hardly anything else tells, the tests that do are the case.
        shown = [one for one in tests if one.id in self._telling][:4] if len(seen) < 2 else []
        told = [*seen, *shown, *rest, *(evidence.by_id[one] for one in self._handout.shown)]
        few = sum(count_negatives(one.text) for one in told) < LEAST_NEGATIVES
        normal = self._before.told_normal() if few else []
        reveals = self._handout.take([*vital, *seen, *shown, *normal, *rest])
        earlier = next(
            (
                measured
                for contact in range(focus.contact - 1, -1, -1)
                if len(measured := measured_at(evidence, contact)) > 3
            ),
            [],
        )
        orders = (
            self._handout.order(
                "tests",
                "test",
                2,
                "Order the tests of this visit",
                "查看本次检验结果",
                sorted(tests, key=lambda one: one.id not in self._telling),
            ),
            self._handout.order(
                "more-examination", "examination", 1, "Examine further", "进一步查体", rest
            ),
            self._handout.order(
                "earlier-results",
                "test",
                1,
                "Look up earlier results",
                "查阅既往检查结果",
                sorted(earlier, key=is_not_followed)[:MOST_EARLIER],
            ),
        )
        opened = tuple(order for order in orders if order is not None)
        if not reveals:
            # A visit without an examination: what there is to open is shown.
            reveals = tuple(i for order in opened for i in order.data)[:MOST_DATA]
            opened = tuple(order for order in opened if not set(order.data) <= set(reveals))
        return Stage(Wording("Examination and tests", "查体与检验"), reveals, opened)

    def diagnosis(self) -> Stage:
        """The name of it, and what was hidden for its sake; what was done is not told yet."""
        focus, evidence = self._focus, self._evidence
        # Sentences under the assessment tell what was done as often as what it was.
        here = [
            one
            for one in evidence.at(focus.contact, "A")
            if one.event is not None and not (is_target(one) or one.unanswered)
        ]
        named = [one for one in here if names_problem(one)]
        known = {one.text for one in named}
        hidden = [one for one in self._known.problems if one.text not in known]
        reveals = self._handout.take([*named, *self._known.wanted_life(self._life), *hidden, *here])
        return Stage(Wording("What it was", "诊断"), reveals)

    def aftercare(self) -> list[Datum]:
        """What was given and planned at the first visit; shown once first steps are decided."""
        here = [
            one
            for one in self._evidence.at(self._focus.contact, "P")
            if not (is_clerical(one) or is_target(one) or one.unanswered)
        ]
        given = [one for one in here if one.event and one.event.table == "drug_exposure"]
        said = [one for one in here if one.event is None and tells_treatment(one)]
        return [*given, *said][:MOST_AFTERCARE]


def _under(case: Case, datum: Datum, *sections: str) -> bool:
    return any(
        datum.id in {one.id for one in getattr(case.background, section)} for section in sections
    )
