"""What stands around a family, as far as the record says: the systems of an ecomap.

Everything is found in what the case shows (statements, problems, contacts, life events), so that an
ecomap of a case disclosed in part shows no more than that part. Rules are data; the first that
matches a statement decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from casebank import rules
from casebank.family.wording import apgar_text
from casebank.model import Case, Language

Strength = Literal["strong", "ordinary", "weak", "stressful"]
System = Literal[
    "household",
    "health centre",
    "hospital",
    "work",
    "school",
    "insurance",
    "money",
    "neighbours and friends",
    "care of a relative",
    "home",
]
STRENGTHS: tuple[Strength, ...] = ("strong", "ordinary", "weak", "stressful")
YEAR_DAYS = 365.25
OFTEN, SELDOM = 4, 1
"""Contacts a year: four are what the national service owes to a person with hypertension."""


@dataclass(frozen=True)
class Rule:
    """A statement or problem that matches ``pattern`` speaks of ``system``, with that strength."""

    system: System
    strength: Strength
    pattern: str


# Of problems and life events. A problem that ended is not a burden now.
BURDENS = (
    Rule("work", "stressful", r"unemploy|loss of job|closure of the employer|失业|下岗|单位倒闭"),
    Rule("money", "stressful", r"financial|poverty|low income|harvest lost|贫困|经济困难|低保"),
    Rule("care of a relative", "stressful", r"caring for|caregiver|carer|照顾者|照顾亲属"),
    Rule("home", "stressful", r"housing|homeless|住房"),
    Rule(
        "neighbours and friends",
        "weak",
        r"social (isolation|contact)|isolated|living alone|lives alone|独居|社会(交往|隔离)",
    ),
    Rule(
        "household",
        "stressful",
        r"conflict within|family (conflict|dysfunction)|partner abuse|家庭矛盾|家庭功能障碍",
    ),
)
# Of statements of the background.
FACTS = (
    Rule("insurance", "weak", r"(insurance|payment|支付方式).*(self|none|自费)"),
    Rule("insurance", "ordinary", r"insurance|payment|医疗费用|支付方式|医保"),
    Rule("work", "weak", r"(occupation|职业).*not working|不在业|unemployed|无业"),
    Rule("work", "ordinary", r"occupation|employment|职业|就业"),
    Rule("school", "ordinary", r"\bschool\b.*(attend|pupil|student)|在校|在读"),
    Rule("neighbours and friends", "ordinary", r"see or talk to people|走访|邻里"),
)
HOSPITAL = r"inpatient|hospital|emergency|住院|急诊"

_NAMES: dict[System, tuple[str, str]] = {
    "household": ("Household", "家庭成员"),
    "health centre": ("Health centre", "基层医疗机构"),
    "hospital": ("Hospital", "医院"),
    "work": ("Work", "工作"),
    "school": ("School", "学校"),
    "insurance": ("Insurance", "医疗保险"),
    "money": ("Money", "经济"),
    "neighbours and friends": ("Neighbours, friends", "邻里朋友"),
    "care of a relative": ("Care of a relative", "照顾亲属"),
    "home": ("Home", "住房"),
}
_STRENGTHS: dict[Strength, tuple[str, str]] = {
    "strong": ("strong", "紧密"),
    "ordinary": ("ordinary", "一般"),
    "weak": ("weak", "薄弱"),
    "stressful": ("stressful", "紧张"),
}


@dataclass(frozen=True)
class Link:
    """One line of an ecomap, with what in the record says so."""

    system: System
    strength: Strength
    says: tuple[str, ...]


def system_text(system: System, language: Language) -> str:
    """The system in words."""
    return _NAMES[system][1 if language == "zh" else 0]


def strength_text(strength: Strength, language: Language) -> str:
    """The strength in words."""
    return _STRENGTHS[strength][1 if language == "zh" else 0]


def find_links(case: Case, language: Language) -> tuple[Link, ...]:
    """The systems that the record speaks of, each with the gravest strength that it gives."""
    found: dict[System, list[tuple[Strength, str]]] = {}
    total = case.background.family_tree.apgar_total
    if total is not None:
        strength: Strength = "strong" if total >= 7 else "weak" if total >= 4 else "stressful"
        text = f"APGAR {total}/10: {apgar_text(total, language)}"
        found.setdefault("household", []).append((strength, text))
    burdens = [p.title for p in case.problems if p.status == "active"]
    burdens += [
        item.label for lane in case.timeline.lanes if lane.kind == "life" for item in lane.items
    ]
    _match(dict.fromkeys(burdens), BURDENS, found)
    background = case.background
    facts = [*background.profile, *background.lifestyle, *background.living_environment]
    _match((statement.text for statement in facts), FACTS, found)
    _contacts(case, language, found)
    return tuple(
        Link(
            system,
            max((strength for strength, _ in said), key=STRENGTHS.index),
            tuple(dict.fromkeys(text for _, text in said)),
        )
        for system in _NAMES
        if (said := found.get(system))
    )


def _match(
    texts: Iterable[str], table: tuple[Rule, ...], found: dict[System, list[tuple[Strength, str]]]
) -> None:
    for text in texts:
        for rule in table:
            if rules.matches(rule.pattern, text):
                found.setdefault(rule.system, []).append((rule.strength, text))
                break


def _contacts(
    case: Case, language: Language, found: dict[System, list[tuple[Strength, str]]]
) -> None:
    if not case.contacts:
        return
    years = max(1.0, case.outcome.last_day / YEAR_DAYS)
    hospital = sum(rules.matches(HOSPITAL, contact.setting) for contact in case.contacts)
    for system, count in (("health centre", len(case.contacts) - hospital), ("hospital", hospital)):
        if not count:
            continue
        rate = count / years
        strength: Strength = "ordinary"
        if system == "health centre":
            strength = "strong" if rate >= OFTEN else "ordinary" if rate >= SELDOM else "weak"
        if language == "zh":
            text = f"{years:.0f}年内{count}次"
        else:
            text = f"{count} contact{'s' if count != 1 else ''} in {years:.0f} year" + (
                "s" if round(years) != 1 else ""
            )
        found.setdefault(system, []).append((strength, text))  # type: ignore[arg-type]
