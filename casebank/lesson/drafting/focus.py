"""Which contact of a record the lesson begins with, and what its complaint turned out to be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from casebank import relations, rules, terms
from casebank.lesson.drafting.evidence import Datum, Evidence, Sign, signs
from casebank.lesson.drafting.followup import DecisionPoint, decision_points
from casebank.lesson.drafting.knowledge import Presentation, presentations, scripts
from casebank.model import Case, Problem
from casebank.record import Record

HEARD = r"what the patient (thinks|worries|hopes)|患者的(想法|担忧|期望)"
"""Ideas, concerns and expectations."""

# A complaint that says a date, a number of a file or a place of care is no complaint to begin with.
_NUMBERED = (
    r"住院号|门诊号|编号|\d{5,}|\b\d{1,2}/\d{1,2}\b|\d号|出院|signout|discharge|"
    r"(?-i:\b\d{1,5}\s+[A-Z][a-z]+)"
)

# A form of follow-up names its disease by what it asks for.
_NAMING_FORMS = r"hypoglyc|staple food|hba1c test|salt|低血糖|主食|摄盐|class of this|随访分类"


@dataclass(frozen=True)
class Focus:
    """The contact (index) with a complaint that the record explains by ``leading``.

    ``hidden`` are codes whose names would give it away; ``points`` the decision points after it.
    """

    contact: int
    presentation: Presentation
    leading: str
    complaint: tuple[str, ...]
    hidden: frozenset[str]
    signs: tuple[Sign, ...]
    points: tuple[DecisionPoint, ...]
    worth: float

    def gives_away(self, datum: Datum) -> bool:
        """Whether a datum names the diagnosis, its kin, or what is given for it."""
        if datum.part in {"A", "P"}:
            return True
        if datum.event is not None:
            if datum.event.table in {"condition_occurrence", "drug_exposure"}:
                return self._names(" ".join((datum.text, *datum.event.names))) or (
                    datum.part != "background"
                )
            if rules.matches(_NAMING_FORMS, datum.event.name):
                return True
        return self._names(datum.text)

    def _names(self, text: str) -> bool:
        if terms.mentions(text, self.hidden):
            return True
        mine = _families(self.leading)
        if mine & relations.families("drug", text):
            return True
        # The names of a passing family, such as that of pain, are those of the complaint itself.
        return bool(mine & rules.CHRONIC_FAMILIES & relations.families("problem", text))


@cache
def _families(code: str) -> frozenset[str]:
    title = terms.term(code)
    return relations.families("problem", title.en) | relations.families("problem", title.zh)


def find_focus(case: Case, record: Record, evidence: Evidence) -> Focus | None:
    """The best contact to begin with; None if no complaint of the record is explained by it."""
    points = (
        *decision_points(case, record, evidence, "hypertension"),
        *decision_points(case, record, evidence, "diabetes"),
    )
    found = [
        focus
        for index in range(len(case.contacts))
        for focus in _at(case, record, evidence, index, points)
    ]
    # The first of equals, so that equal records give equal lessons.
    return max(found, key=lambda one: (one.worth, -one.contact), default=None)


def _at(
    case: Case,
    record: Record,
    evidence: Evidence,
    index: int,
    points: tuple[DecisionPoint, ...],
) -> list[Focus]:
    contact = case.contacts[index]
    diagnosed = {
        code: problem
        for problem in case.problems
        if (code := terms.code_of(problem.title)) in scripts()
        and any(
            one.event is not None
            and one.event.table == "condition_occurrence"
            and problem.number in one.statement.problems
            for one in evidence.at(index)
        )
    }
    if not diagnosed:
        return []
    told = signs(evidence.at(index, "S", "-"))
    child = record.born is not None and (
        record.born.ages(record.first_day.year + contact.day // 365)[1] < 15
    )
    found = []
    for code, problem in diagnosed.items():
        hidden = frozenset(
            one
            for one in terms.related(code)
            if one not in terms.BROAD and one in terms.all_terms()
        )
        for presentation in presentations():
            if code not in presentation.codes or (presentation.of_children and not child):
                continue
            if terms.mentions(f"{presentation.name.en} {presentation.name.zh}", hidden):
                continue
            complaint = tuple(
                dict.fromkeys(
                    sign.datum
                    for sign in told
                    if sign.present
                    and sign.finding in presentation.findings
                    and not terms.mentions(evidence.by_id[sign.datum].text, hidden)
                    and not rules.matches(_NUMBERED, evidence.by_id[sign.datum].text)
                )
            )
            if not complaint:
                continue
            seen = signs(evidence.at(index, "S", "O", "-"))
            worth = _worth(case, evidence, index, code, problem, seen, points)
            after = tuple(point for point in points if point.readings.contact > index)
            found.append(Focus(index, presentation, code, complaint, hidden, seen, after, worth))
            break
    return found


def _worth(
    case: Case,
    evidence: Evidence,
    index: int,
    code: str,
    problem: Problem,
    seen: tuple[Sign, ...],
    points: tuple[DecisionPoint, ...],
) -> float:
    """How much a student can learn here: what lasts and what is new count most."""
    supported = {s.finding for s in seen if s.present} & set(scripts()[code].supports)
    denied = {s.finding for s in seen if not s.present}
    after = [point for point in points if point.readings.contact > index]
    later = len(case.contacts) - index - 1
    worth = 1.5 * min(len(supported), 4) + 0.5 * min(len(denied), 4)
    worth += 1.5 * min(len(after), 3) + 0.5 * min(later, 4)
    # One sign beside the complaint explains it; a complaint alone does not.
    worth -= 4.0 if len(supported) < 2 else 0.0
    title = terms.term(code)
    lasting = _families(code) & rules.CHRONIC_FAMILIES
    worth += 4.0 if lasting or problem.kind in {"psychological", "social"} else 0.0
    worth -= 4.0 if rules.matches(rules.SELF_LIMITED, title.en) else 0.0
    worth += 2.0 if problem.onset_day == case.contacts[index].day else 0.0
    heard = any(one.event and rules.matches(HEARD, one.event.name) for one in evidence.at(index))
    worth += 2.0 if heard else 0.0
    return worth - (3.0 if later < 1 else 0.0)
