"""Plans by problem after Weed: what was to be found out, given and taught; and, as the resident
record has it, watched and referred.

Kinds are found by name, the first rule that matches decides; what no rule knows stands under
"other" rather than being guessed. One thing that was planned again and again is one line with its
last wording.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from casebank import relations, rules
from casebank.model import Case, Statement

PlanKind = Literal["diagnostic", "therapeutic", "education", "monitoring", "referral", "other"]
KINDS: tuple[PlanKind, ...] = (
    "diagnostic",
    "therapeutic",
    "education",
    "monitoring",
    "referral",
    "other",
)

RULES: tuple[tuple[PlanKind, str], ...] = (
    (
        "referral",
        r"\brefer(ral|red|s)?\b|consult(ation)?\b|send to|转诊|会诊|转上级|建议.*(上级|医院)",
    ),
    (
        "education",
        r"^target|^目标|advice|advise|guidance|counsel|educat|discuss(ed)?\b|teach|low salt|"
        r"hygiene|diet|exercise|quit|encourag|指导|宣教|健康教育|嘱|咨询|低盐|戒烟|限酒|饮食|运动",
    ),
    (
        "monitoring",
        r"follow.?up|\breturn\b|\brtc\b|recheck|review|come back|\bback\b|see (me|us|again)|"
        r"next visit|monitor|随访|复查|复诊|随诊|再看|下次|监测|不适.*诊",
    ),
    (
        "diagnostic",
        r"procedure$|examination|ultraso|x-ray|radiograph|\bct\b|\bmri\b|electrocardio|echocardio|"
        r"culture|screen|biops|endoscop|spirometr|blood test|\blabs?\b|auscultation|assessment|"
        r"检查|超声|造影|化验|筛查|心电图|听诊|评估",
    ),
    (
        "therapeutic",
        r"section$|surgery|excision|tablet|capsule|injection|oral|vaccin|therapy|nebuli|inhal|sutur|dressing|\bmg\b|"
        r"\d ?(mg|ml|ug|µg|iu|u)\b|regimen|medic(ation|ine)s?|\bmeds?\b|\brx\b|片|胶囊|注射|疫苗|"
        r"手术|切除|治疗|用药|服药|取药|方案|吸入|缝合|补液",
    ),
)
_NUMBER = re.compile(r"\d+(\.\d+)?")


@dataclass(frozen=True)
class Planned:
    """One thing planned, by its last statement; ``times`` is how often it was written down."""

    kind: PlanKind
    statement: Statement
    first_day: int
    last_day: int
    times: int


@dataclass(frozen=True)
class ProblemPlan:
    """What was planned for one problem; ``number`` is None for what belongs to no one problem."""

    number: int | None
    planned: tuple[Planned, ...]

    def of(self, kind: PlanKind) -> tuple[Planned, ...]:
        """Plans of one kind, the latest first."""
        return tuple(one for one in self.planned if one.kind == kind)


def kind_of_plan(text: str) -> PlanKind:
    """The kind of a plan by its words.

    >>> kind_of_plan("Target of body weight: 62 kg"), kind_of_plan("Plain chest X-ray")
    ('education', 'diagnostic')
    """
    for kind, pattern in RULES:
        if rules.matches(pattern, text):
            return kind
    return "therapeutic" if relations.families("drug", text) else "other"


def plans_by_problem(case: Case) -> tuple[ProblemPlan, ...]:
    """Plans of every problem that has any, in the order of the list, then those of no problem."""
    given = {
        datum
        for lane in case.timeline.lanes
        if lane.kind == "drugs"
        for item in lane.items
        for datum in item.data
    }
    found: dict[int | None, dict[tuple[PlanKind, str], list[tuple[int, Statement]]]] = {}
    for contact in case.contacts:
        for statement in contact.soap.plan:
            kind = "therapeutic" if statement.id in given else kind_of_plan(statement.text)
            # Two targets that differ in their number only are one target, changed.
            key = (kind, _NUMBER.sub("#", statement.text).casefold())
            for number in statement.problems or (None,):
                found.setdefault(number, {}).setdefault(key, []).append((contact.day, statement))
    plans = {
        number: ProblemPlan(
            number,
            tuple(
                sorted(
                    (
                        Planned(kind, said[-1][1], said[0][0], said[-1][0], len(said))
                        for (kind, _), said in kinds.items()
                    ),
                    key=lambda one: (KINDS.index(one.kind), -one.last_day, one.statement.text),
                )
            ),
        )
        for number, kinds in found.items()
    }
    ordered = [plans[p.number] for p in case.problems if p.number in plans]
    return (*ordered, plans[None]) if None in plans else tuple(ordered)
