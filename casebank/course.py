"""How the problem list came about and how it ended: its history with Weed's arrows, its summary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from casebank.model import Case, FlowSeries, Language, Problem
from casebank.plans import plans_by_problem
from casebank.relative import day_text
from casebank.rules import PROMOTION_OCCURRENCES
from casebank.timeline import Table

Change = Literal["entered", "came back", "promoted", "joined", "resolved"]
TREATED_DAYS = 120
"""A drug that was given within this many days of the end is treatment at the end."""

_CAPTION = {"en": "Final summary by problem", "zh": "按问题的最终小结"}
_HEADERS = {
    "en": ("Problem", "Course", "Last values", "Treatment at the end", "Outstanding"),
    "zh": ("问题", "经过", "末次数值", "末期治疗", "待办"),
}
_TEXT = {
    "since": {"en": "since {day}", "zh": "{day}起"},
    "until": {"en": "until {day}", "zh": "至{day}"},
    "episodes": {"en": "{n} episodes", "zh": "发作{n}次"},
    "part": {"en": "part of #{n}", "zh": "属于#{n}"},
}
_STATUS = {
    "active": {"en": "active", "zh": "活动"},
    "inactive": {"en": "inactive", "zh": "静止"},
    "resolved": {"en": "resolved", "zh": "已解决"},
}
_STATE = {
    "below": {"en": "below target", "zh": "低于目标"},
    "within": {"en": "at target", "zh": "达标"},
    "above": {"en": "above target", "zh": "高于目标"},
    "no target": {"en": "", "zh": ""},
}


@dataclass(frozen=True)
class ListChange:
    """One change of the problem list; ``see`` is the problem that an arrow leads to."""

    day: int
    number: int
    change: Change
    see: int | None = None


def list_history(case: Case) -> tuple[ListChange, ...]:
    """All changes of the problem list by day.

    A problem joins another (Weed's arrow) when both stand on the list.
    """
    changes = []
    for problem in case.problems:
        number = problem.number
        changes.append(ListChange(problem.onset_day, number, "entered"))
        for place, occurrence in enumerate(problem.occurrences[1:], 2):
            promoted = problem.promoted and place == PROMOTION_OCCURRENCES
            change: Change = "promoted" if promoted else "came back"
            changes.append(ListChange(occurrence.start_day, number, change))
        if problem.see is not None:
            both = max(problem.onset_day, case.problem(problem.see).onset_day)
            changes.append(ListChange(both, number, "joined", problem.see))
        if problem.resolved_day is not None:
            changes.append(ListChange(problem.resolved_day, number, "resolved"))
    order = ("entered", "came back", "promoted", "joined", "resolved")
    return tuple(sorted(changes, key=lambda one: (one.day, order.index(one.change), one.number)))


def final_summary(case: Case, language: Language) -> Table:
    """Course, last values, treatment and what is outstanding of each problem of the master list."""
    outstanding = {
        plan.number: [
            one.statement.text
            for kind in ("referral", "monitoring")
            for one in plan.of(kind)[:1]
            if one.last_day == _last_contact(case, plan.number)
        ]
        for plan in plans_by_problem(case)
        if plan.number is not None
    }
    rows = []
    for problem in case.problems:
        if problem.listed != "master":
            continue
        rows.append(
            (
                f"#{problem.number} {problem.title}",
                _course(problem, language),
                "; ".join(_values(case, problem.number, language)) or "–",
                "; ".join(_treatment(case, problem.number)) or "–",
                "; ".join(outstanding.get(problem.number, ())) or "–",
            )
        )
    return Table(
        _CAPTION[language],
        _HEADERS[language],
        tuple(rows),
    )


def _last_contact(case: Case, number: int | None) -> int | None:
    days = [contact.day for contact in case.contacts if number in contact.problems]
    return max(days, default=None)


def _course(problem: Problem, language: Language) -> str:
    parts = [_STATUS[problem.status][language]]
    parts.append(_say("since", language, day=day_text(problem.onset_day, language)))
    if problem.resolved_day is not None:
        parts.append(_say("until", language, day=day_text(problem.resolved_day, language)))
    if len(problem.occurrences) > 1:
        parts.append(_say("episodes", language, n=len(problem.occurrences)))
    if problem.see is not None:
        parts.append(_say("part", language, n=problem.see))
    return ("，" if language == "zh" else ", ").join(parts)


def _say(key: str, language: Language, **values: object) -> str:
    return _TEXT[key][language].format(**values)


def _values(case: Case, number: int, language: Language) -> list[str]:
    series = [
        one
        for sheet in case.flow_sheets
        if number in sheet.problems
        for one in sheet.series
        if one.points
    ]
    return [_last_value(one, language) for one in series]


def _last_value(series: FlowSeries, language: Language) -> str:
    point = series.points[-1]
    text = f"{series.name} {point.value:.4g} {series.unit}".rstrip()
    state = _STATE[point.state][language]
    return f"{text} ({state})" if state else text


def _treatment(case: Case, number: int) -> list[str]:
    last = case.outcome.last_day
    given = [
        item.label
        for lane in case.timeline.lanes
        if lane.kind == "drugs"
        for item in lane.items
        if number in item.problems
        and (item.open_ended or (item.end_day or item.start_day) >= last - TREATED_DAYS)
    ]
    return list(dict.fromkeys(given))
