"""Which contact of a record the lesson begins with, and what its complaint turned out to be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from casebank import relations, rules, terms
from casebank.lesson.drafting.evidence import Datum, Evidence, Sign, signs
from casebank.lesson.drafting.followup import DecisionPoint, decision_points
from casebank.lesson.drafting.knowledge import (
    PLAUSIBLE,
    Considered,
    Presentation,
    fitting,
    presentations,
    scripts,
)
from casebank.lesson.drafting.person import possible_ages
from casebank.model import Case, Problem
from casebank.names import names_somebody
from casebank.record import FEMALE, MALE, Record
from casebank.soap import FOUND

HEARD = r"what the patient (thinks|worries|hopes)|患者的(想法|担忧|期望)"
"""Ideas, concerns and expectations."""

LIFE = frozenset({"psychological", "social", "family", "risk"})
FELT_DAYS = 730
"""For so long a matter of life is taken to last after it was written down."""

# A complaint that says a date, a number of a file or a place of care is no complaint to begin with.
_NUMBERED = (
    r"\d{1,2}\.\d{1,2}\.\d{1,2}|复查|recheck|follow.?up|^\[day \d+\]|^〔第\d+天〕(?!后|起|开始)|"
    r"住院号|门诊号|编号|\d{5,}|\b\d{1,2}/\d{1,2}\b|\d号|出院|signout|discharge|"
    r"(?-i:\b\d{1,5}\s+[A-Z][a-z]+)"
)

# A form of follow-up names its disease by what it asks for.
_NAMING_FORMS = r"hypoglyc|staple food|hba1c test|salt|低血糖|主食|摄盐|class of this|随访分类"


@dataclass(frozen=True)
class Focus:
    """The contact (index) with a complaint that the record puts down to ``leading``; ``explained``
    says whether something beside the complaint speaks for it, ``examined`` whether more than vital
    signs was looked at.

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
    considered: tuple[Considered, ...]
    explained: bool
    examined: bool

    @property
    def telling(self) -> frozenset[str]:
        """Ids of the data that show or deny a finding."""
        return frozenset(sign.datum for sign in self.signs)

    def gives_away(self, datum: Datum) -> bool:
        """Whether a datum names the diagnosis, its kin, or what is given for it."""
        if datum.part in {"A", "P"}:
            return True
        if datum.event is not None:
            if datum.event.table in {"condition_occurrence", "drug_exposure"}:
                return self.names(datum) or datum.part != "background"
            if rules.matches(_NAMING_FORMS, datum.event.name):
                return True
        return self._names(datum.text)

    def names(self, datum: Datum) -> bool:
        """Whether the words of a datum, in either language, name the diagnosis or its kin."""
        other = datum.event.names if datum.event is not None else ()
        return self._names(" ".join((datum.text, *other)))

    def _names(self, text: str) -> bool:
        if terms.mentions(text, self.hidden):
            return True
        mine = _families(self.leading)
        if mine & relations.families("drug", text):
            return True
        # The names of a passing family, such as that of pain, are those of the complaint itself.
        return bool(mine & rules.CHRONIC_FAMILIES & relations.families("problem", text))


@dataclass(frozen=True)
class Aim:
    """What a lesson is wanted about: a diagnosis that leads it, a matter of the person's life that
    is known by then, so many different ``decisions`` at follow-up visits; ``without`` are
    diagnoses that are not to lead it.

    Empty sets want nothing in particular; what a complaint is put down to is always explained by
    what was found.
    """

    leading: frozenset[str] = frozenset()
    life: frozenset[str] = frozenset()
    decisions: int = 0
    without: frozenset[str] = frozenset()

    def fits(self, case: Case, focus: Focus) -> bool:
        """Whether a lesson that begins with ``focus`` is about this."""
        if not (focus.explained and focus.examined):
            return False
        if focus.leading in self.without or (self.leading and focus.leading not in self.leading):
            return False
        if len({(one.rule.disease, one.rule.situation) for one in focus.points}) < self.decisions:
            return False
        day = case.contacts[focus.contact].day
        return not self.life or any(
            code in self.life for code, _ in matters_of_life(case, day, focus.leading)
        )


def matters_of_life(case: Case, day: int, leading: str) -> list[tuple[str, Problem]]:
    """What is hard in the person's life on a day, by code, beside the diagnosis that ``leading``
    names: it was written down of late, or stands on the list and has no end."""
    return [
        (code, problem)
        for problem in case.problems
        if problem.kind in LIFE
        and problem.see is None
        and _felt(problem, day)
        and (code := terms.code_of(problem.title))
        and code not in terms.related(leading)
    ]


def _felt(problem: Problem, day: int) -> bool:
    if problem.resolved_day is not None and problem.resolved_day < day:
        return False
    told = [one.day for one in problem.evidence if one.day is not None and one.day <= day]
    return bool(told) and (problem.status == "active" or max(told) >= day - FELT_DAYS)


@cache
def _families(code: str) -> frozenset[str]:
    title = terms.term(code)
    return relations.families("problem", title.en) | relations.families("problem", title.zh)


def find_focus(
    case: Case, record: Record, evidence: Evidence, aim: Aim | None = None
) -> Focus | None:
    """The best contact to begin with; None if no complaint of the record is explained by it."""
    found = find_foci(case, record, evidence)
    wanted = [one for one in found if aim is None or aim.fits(case, one)]
    return wanted[0] if wanted else None


def find_foci(case: Case, record: Record, evidence: Evidence) -> tuple[Focus, ...]:
    """Every contact that a lesson could begin with, the best first.

    The first of equals comes first, so that equal records give equal lessons.
    """
    points = (
        *decision_points(case, record, evidence, "hypertension"),
        *decision_points(case, record, evidence, "diabetes"),
    )
    found = [
        focus
        for index in range(len(case.contacts))
        for focus in _at(case, record, evidence, index, points)
    ]
    return tuple(sorted(found, key=lambda one: (-one.worth, one.contact)))


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
    ages = possible_ages(record, contact.day)
    child = ages is not None and ages[1] < 15
    sex = {FEMALE: "female", MALE: "male"}.get(record.sex_concept_id, "")
    drugs = "; ".join(
        name
        for event in record.of("drug_exposure")
        if (event.start - record.first_day).days <= contact.day
        for name in (event.name, *event.names)
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
                    and not names_somebody(evidence.by_id[sign.datum].text)
                    and (evidence.by_id[sign.datum].statement.day or 0) <= contact.day + 1
                )
            )
            if not complaint:
                continue
            seen = signs(evidence.at(index, "S", "O", "-"))
            explained = (
                _explained(code, problem, contact.day, presentation, seen)
                and not _alarms(code, presentation, told)
                # A cold at the yearly examination is lost among all that is asked there.
                and (rules.lasts(terms.term(code).en) or not _is_check_up(evidence, index))
            )
            worth = _worth(case, evidence, index, code, problem, seen, points)
            after = tuple(point for point in points if point.readings.contact > index)
            considered = fitting(presentation, code, sex, ages, drugs)
            found.append(
                Focus(
                    contact=index,
                    presentation=presentation,
                    leading=code,
                    complaint=complaint,
                    hidden=hidden,
                    signs=seen,
                    points=after,
                    worth=worth if explained else worth - UNEXPLAINED,
                    considered=considered,
                    explained=explained,
                    examined=_examined(evidence, index, seen),
                )
            )
            break
    return found


def _explained(
    code: str,
    problem: Problem,
    day: int,
    presentation: Presentation,
    seen: tuple[Sign, ...],
) -> bool:
    """Whether the diagnosis explains the complaint: something beside the complaint speaks for it,
    unless it is known by the complaint itself.

    High pressure and diabetes explain a complaint only when they are new, and by their numbers;
    what comes slowly and stays, only when it is new.
    """
    there = {one.finding for one in seen if one.present}
    beside = (there & set(scripts()[code].supports)) - set(presentation.findings)
    new = problem.onset_day >= day - NEW_DAYS
    if code in _TOLD_BY:
        return _TOLD_BY[code] in there and new
    if code in _SLOW and not new:
        return False
    relevance = next(one.relevance for one in presentation.considered if one.code == code)
    if relevance < PLAUSIBLE:
        return False
    own = set(scripts()[code].supports)
    return bool(beside) or len(there & own) >= 2 or len(own) <= 2


ALARMING = frozenset(
    {"chest-pain", "chest-tightness", "one-sided-weakness", "blood-in-sputum", "black-stool"}
)
"""What a doctor asks after first, whatever else somebody came with."""


def _alarms(code: str, presentation: Presentation, told: tuple[Sign, ...]) -> bool:
    """Whether somebody told of something worse beside the complaint that ``code`` leaves open."""
    there = {one.finding for one in told if one.present}
    return bool((there & ALARMING) - {*presentation.findings, *scripts()[code].supports})


def _is_check_up(evidence: Evidence, index: int) -> bool:
    here = evidence.at(index)
    return any(one.event and rules.matches(CHECK_UP, one.event.name) for one in here)


def _examined(evidence: Evidence, index: int, seen: tuple[Sign, ...]) -> bool:
    found = {one.finding for one in seen if evidence.by_id[one.datum].part == "O"} - _VITAL
    told = any(
        one.event is not None and one.event.value_text and rules.matches(FOUND, one.event.name)
        for one in evidence.at(index, "O")
    )
    return told or bool(found)


_VITAL = frozenset({"fever", "fast-pulse"})
_TOLD_BY = {"ESSENTIAL_HYPERTENSION": "bp-high", "TYPE_2_DIABETES": "glucose-high"}
_SLOW = frozenset(
    (
        "T2DM_RETINOPATHY",
        "T2DM_NEUROPATHY",
        "DIABETIC_NEPHROPATHY",
        "CHRONIC_KIDNEY_DISEASE",
        "CATARACT",
        "PRESBYOPIA",
        "DEMENTIA",
        "HYPOTHYROIDISM",
        "OSTEOPOROSIS",
    )
)
NEW_DAYS = 30
CHECK_UP = r"barrel chest|overall evaluation|桶状胸|健康评价"
"""Rows of the yearly examination, at which everything is asked and little is told."""
CHECKED_UP = 3.0
UNEXPLAINED = 8.0
"""So much less a visit is worth whose diagnosis nothing but the complaint speaks for."""


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
    here = evidence.at(index)
    worth -= CHECKED_UP if _is_check_up(evidence, index) else 0.0
    heard = any(one.event and rules.matches(HEARD, one.event.name) for one in here)
    worth += 2.0 if heard else 0.0
    return worth - (3.0 if later < 1 else 0.0)
