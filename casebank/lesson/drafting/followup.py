"""Decision points at follow-up visits, keyed by the national rules and by what happened next.

The rules themselves are data (:mod:`casebank.lesson.drafting.national_rules`).
"""

from __future__ import annotations

from dataclasses import dataclass

from casebank import relations, rules
from casebank.ledger import shown_unit
from casebank.lesson.drafting.evidence import Datum, Evidence
from casebank.lesson.drafting.national_rules import RULES, Disease, Rule, Situation
from casebank.lesson.drafting.person import possible_ages
from casebank.lesson.model import Wording
from casebank.model import Case
from casebank.record import Event, Record

MOST_POINTS = 3
NEAR_PRESSURE, NEAR_GLUCOSE = 5, 0.5
"""mmHg and mmol/L above the goal that one more measurement may bring back."""
SOON_DAYS = 21
"""A visit within two weeks, and a week of grace, is one within two weeks."""
OLD, OLD_SYSTOLIC = 65, 150
"""The third edition's goal from 65 years on is 150/90, below that 140/90."""
ROUTINE_DAYS = 120
"""A visit within three months, and a month of grace, is the routine one."""

CLASS = r"class of this follow|随访分类"
_REFERRAL = r"reason for referral|referred to|转诊原因|转诊机构|转入|first impression at referral"
_REFERRED_WORDS = r"(?<!no )\brefer(red)?\b(?!: no)|needs hospital|转诊(?![:：]?\s*[无否])|上级医院"
_DUE = r"days until the next follow|距下次随访"
_TARGET = r"^target|^目标"
_REACTION = r"adverse drug reaction|药物不良反应"
_ADHERENCE = r"drug adherence|服药依从"
_NOT_TAKEN = r"^(intermittent|not taken|none|间断|不服药|未服药)"


@dataclass(frozen=True)
class Readings:
    """The numbers of a visit that decide, as statement ids, and whether they are in control.

    ``irregular`` says that the medicines are not taken as they were given, ``near`` that the
    numbers miss the goal by so little that a doctor may measure again before changing them.
    They are ``arguable`` where the age that the release tells leaves open which goal applies.
    """

    disease: Disease
    contact: int
    data: tuple[str, ...]
    shown: str
    controlled: bool
    danger: bool
    low: bool
    reaction: bool
    irregular: bool
    near: bool
    arguable: bool
    goal: Wording
    class_datum: str | None
    says_controlled: bool | None


@dataclass(frozen=True)
class DecisionPoint:
    """A visit at which the rule asks for something, and what the record says was done."""

    rule: Rule
    readings: Readings
    previous: Readings | None
    following: int | None
    happened: tuple[str, ...]
    happened_data: tuple[str, ...]

    @property
    def unclear(self) -> frozenset[str]:
        """What the rule asks for "if need be" and nobody can say here: a change of medicines that
        are not taken, or for numbers that hardly miss the goal."""
        open_ = self.rule.situation == "first" and (self.readings.irregular or self.readings.near)
        return frozenset({"adjust", "keep"}) if open_ else frozenset()


def follow_ups(
    case: Case, record: Record, evidence: Evidence, disease: Disease
) -> tuple[Readings, ...]:
    """Visits with the numbers of a disease after it was known, in order of time."""
    numbers = {
        problem.number
        for problem in case.problems
        if disease in relations.families("problem", problem.title)
    }
    if not numbers:
        return ()
    onset = min(case.problem(number).onset_day for number in numbers)
    found = []
    for index, contact in enumerate(case.contacts):
        if contact.day < onset or not numbers & set(contact.problems):
            continue
        reading = _readings(evidence, index, disease, possible_ages(record, contact.day))
        if reading is not None and reading.class_datum is not None:
            found.append(reading)
    return tuple(found)


def decision_points(
    case: Case, record: Record, evidence: Evidence, disease: Disease
) -> tuple[DecisionPoint, ...]:
    """Every follow-up visit that has another after it, with the rule that applies to it."""
    visits = follow_ups(case, record, evidence, disease)
    points = []
    for place, now in enumerate(visits):
        before = visits[place - 1] if place else None
        after = visits[place + 1] if place + 1 < len(visits) else None
        if after is None or not _clear(now) or (before is not None and not _clear(before)):
            continue
        rule = RULES[disease, _situation(now, before)]
        happened, data = _happened(case, record, evidence, now, before, after)
        points.append(DecisionPoint(rule, now, before, after.contact, happened, data))
    return tuple(points)


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


def _clear(visit: Readings) -> bool:
    """Whether nobody could argue: the goal is known, the form's class is that of the numbers."""
    agreed = visit.says_controlled in {None, visit.controlled}
    return not visit.arguable and (agreed or visit.reaction)


def _situation(now: Readings, before: Readings | None) -> Situation:
    if now.low:
        return "low"
    if now.danger:
        return "danger"
    if now.reaction:
        return "reaction"
    if now.controlled:
        return "controlled"
    return "again" if before is not None and not before.controlled else "first"


def _readings(
    evidence: Evidence, contact: int, disease: Disease, ages: tuple[int, int] | None
) -> Readings | None:
    data = evidence.at(contact)
    used: tuple[str, ...]
    arguable = low_glucose = near = False
    if disease == "hypertension":
        high, low = _first(data, "systolic"), _first(data, "diastolic")
        if high is None or low is None:
            return None
        systolic, diastolic = high.quantity("systolic") or 0, low.quantity("diastolic") or 0
        used = (high.id, low.id)
        shown = f"{systolic:.0f}/{diastolic:.0f} mmHg"
        old = ages is not None and ages[0] >= OLD
        limit = OLD_SYSTOLIC if old else 140
        goal = Wording(f"below {limit}/90 mmHg", f"低于{limit}/90 mmHg")
        if old:
            goal = Wording(f"{goal.en} from {OLD} years on", f"{OLD}岁及以上{goal.zh}")
        controlled = systolic < limit and diastolic < 90
        near = systolic < limit + NEAR_PRESSURE and diastolic < 90 + NEAR_PRESSURE
        danger = systolic >= 180 or diastolic >= 110
        either = ages is None or ages[0] < OLD <= ages[1]
        arguable = either and 140 <= systolic < OLD_SYSTOLIC and diastolic < 90
        sensible = diastolic < systolic < 300
    else:
        fasting = _first(data, "glucose")
        value = fasting.quantity("glucose") if fasting else None
        if fasting is None or value is None:
            return None
        used, shown = (fasting.id,), _glucose(fasting, value)
        controlled = value < 7.0
        danger, low_glucose = value >= 16.7, value <= 3.9
        near = value < 7.0 + NEAR_GLUCOSE
        controlled = controlled and not low_glucose
        goal = Wording("below 7.0 mmol/L", "低于7.0 mmol/L")
        sensible = value < 40
    classes = [one for one in data if one.event and rules.matches(CLASS, one.event.name)]
    said = {one.event.value_text.casefold() for one in classes if one.event}
    reaction = any(
        one.event is not None
        and rules.matches(_REACTION, one.event.name)
        and one.event.value_text.casefold() not in {"none", "no", "无", ""}
        for one in data
    )
    if len(said) > 1 or not sensible:
        return None
    says = next(iter(said), "")
    return Readings(
        disease=disease,
        contact=contact,
        data=used,
        shown=shown,
        controlled=controlled,
        danger=danger,
        low=low_glucose,
        reaction=reaction,
        irregular=any(
            one.event is not None
            and rules.matches(_ADHERENCE, one.event.name)
            and rules.matches(_NOT_TAKEN, one.event.value_text)
            for one in data
        ),
        near=near,
        arguable=arguable,
        goal=goal,
        class_datum=classes[0].id if classes else None,
        says_controlled=says in {"controlled", "控制满意"} if says else None,
    )


def _glucose(fasting: Datum, value: float) -> str:
    """A glucose as the record writes it; beside it in the unit of the rule, if that is another."""
    told = f"{value:.1f} mmol/L"
    event = fasting.event
    if event is None or event.value is None or shown_unit(event.unit) != "mg/dL":
        return told
    return f"{event.value:.0f} mg/dL ({told})"


def _happened(
    case: Case,
    record: Record,
    evidence: Evidence,
    now: Readings,
    before: Readings | None,
    after: Readings,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What was done at a visit, as far as the record tells, and the data that say so."""
    here = evidence.at(now.contact)
    drugs = _drugs(case, record, now)
    earlier = _drugs(case, record, before) if before is not None else frozenset()
    changed = drugs - earlier if drugs and earlier else frozenset()
    stopped = earlier - drugs if drugs and earlier else frozenset()
    # Where a visit names no drugs, the record does not tell what was done about them.
    done: list[str] = []
    if drugs and earlier:
        done.append("adjust" if changed or stopped else "keep")
    data = [now.class_datum] if now.class_datum else []
    data += [one.id for one in here if one.event and _drug_name(one.event) in changed]
    data += [one.id for one in here if one.event and rules.matches(_DUE, one.event.name)]
    referral = [one.id for one in here if _refers(one)]
    if referral:
        done.append("refer")
        data += referral[:2]
    days = case.contacts[after.contact].day - case.contacts[now.contact].day
    if days <= SOON_DAYS:
        done.append("two-weeks")
    elif days <= ROUTINE_DAYS:
        done.append("routine")
    data += after.data
    targets = [one.id for one in here if one.event and rules.matches(_TARGET, one.event.name)]
    targets.sort(key=lambda one: not _asks_for_change(evidence.by_id[one], here))
    if targets:
        done.append("lifestyle")
        data += targets[:1]
    return tuple(done), tuple(dict.fromkeys(data))


def _refers(datum: Datum) -> bool:
    if datum.event is not None:
        return rules.matches(_REFERRAL, datum.event.name)
    return datum.part in {"P", "A"} and rules.matches(_REFERRED_WORDS, datum.text)


def _asks_for_change(target: Datum, here: tuple[Datum, ...]) -> bool:
    """Whether a target differs from what the same form says of the present, by its number."""
    if target.event is None or not target.event.value:
        return False
    return all(
        one.event is None or one is target or one.event.value != target.event.value for one in here
    )


def _drugs(case: Case, record: Record, visit: Readings) -> frozenset[str]:
    """Names, with dose, of the drugs for a disease that rows of a visit name.

    The record is read, as a row that the note puts into words is no statement of the case.
    """
    contact = case.contacts[visit.contact]
    return frozenset(
        _drug_name(event)
        for event in record.of("drug_exposure")
        if contact.day <= (event.start - record.first_day).days <= contact.end_day
        and visit.disease in relations.families("drug", event.name)
    )


def _drug_name(event: Event) -> str:
    return f"{event.name} {event.detail}".strip()


def _first(data: tuple[Datum, ...], quantity: str) -> Datum | None:
    return next((one for one in data if one.quantity(quantity) is not None), None)


def adherence_data(evidence: Evidence, contact: int) -> tuple[str, ...]:
    """Ids of what a visit says of adherence and adverse reactions."""
    return tuple(
        one.id
        for one in evidence.at(contact)
        if one.event
        and (rules.matches(_ADHERENCE, one.event.name) or rules.matches(_REACTION, one.event.name))
    )
