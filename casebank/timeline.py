"""The multi-lane timeline of a life with its illnesses, computed as data.

Lanes: contacts, problems, drugs, measurements, life events. Within a lane, items of one label share
a row. Bars have an end; an open-ended bar reaches the record's last day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from casebank import rules
from casebank.flowsheets import series_rule
from casebank.ledger import Ledger, shown_number
from casebank.model import (
    Contact,
    FlowSeries,
    FlowSheet,
    Lane,
    LaneKind,
    Language,
    Problem,
    Timeline,
    TimelineItem,
)
from casebank.record import Event, Record
from casebank.relative import day_text
from casebank.soap import Linker

DRUG_GAP_DAYS = 30
"""Supplies of one drug nearer to each other than this are one bar."""

LIFE_EVENT = (
    r"^life event|widow|divorce|bereave|retire|unemploy|homeless|moved|birth of|employment|refugee|"
    r"^生活事件|丧偶|离异|退休|失业|搬迁|分娩"
)

LANES: dict[LaneKind, dict[Language, str]] = {
    "visits": {"en": "Contacts", "zh": "接诊"},
    "problems": {"en": "Problems", "zh": "问题"},
    "drugs": {"en": "Drugs", "zh": "用药"},
    "measurements": {"en": "Measurements", "zh": "检查检验"},
    "life": {"en": "Life events", "zh": "生活事件"},
}


@dataclass(frozen=True)
class Table:
    """A table twin: what a picture shows, in words."""

    caption: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def drug_items(events: Iterable[Event], linker: Linker, ledger: Ledger) -> tuple[TimelineItem, ...]:
    """Drugs as bars, supplies of one drug joined where the gap is short; by name, then day."""
    by_name: dict[str, list[Event]] = {}
    for event in events:
        if event.table == "drug_exposure":
            by_name.setdefault(ledger.name(event), []).append(event)
    items: list[TimelineItem] = []
    nothing: frozenset[int] = frozenset()
    for name, supplies in by_name.items():
        problems = linker.of_event(supplies[0], ledger, nothing)
        open_items: list[TimelineItem] = []
        for supply in supplies:
            start = ledger.day(supply.start)
            end = ledger.day(supply.end) if supply.end is not None else None
            identifier = ledger.event(supply).id
            if open_items:
                last = open_items[-1]
                reach = last.end_day if last.end_day is not None else last.start_day
                if start <= reach + DRUG_GAP_DAYS:
                    open_items[-1] = TimelineItem(
                        name,
                        last.start_day,
                        max(reach, start if end is None else end),
                        problems=problems,
                        data=(*last.data, identifier),
                    )
                    continue
            open_items.append(TimelineItem(name, start, end, problems=problems, data=(identifier,)))
        items += open_items
    return tuple(sorted(items, key=lambda item: (item.start_day, item.label)))


def problem_items(problems: tuple[Problem, ...]) -> tuple[TimelineItem, ...]:
    """The bars of the problems' lane: one for each occurrence."""
    return tuple(
        TimelineItem(
            f"#{problem.number} {problem.title}",
            occurrence.start_day,
            occurrence.end_day,
            open_ended=occurrence.end_day is None and problem.status == "active",
            problems=(problem.number,),
            data=tuple(item.id for item in occurrence.evidence),
        )
        for problem in problems
        for occurrence in problem.occurrences
    )


def build_timeline(
    record: Record,
    contacts: tuple[Contact, ...],
    problems: tuple[Problem, ...],
    drugs: tuple[TimelineItem, ...],
    ledger: Ledger,
    language: Language,
) -> Timeline:
    """All lanes; a lane with nothing in it is left out."""
    visits = tuple(
        TimelineItem(
            contact.setting,
            contact.day,
            contact.end_day if contact.end_day > contact.day else None,
            problems=contact.problems,
            data=(contact.id,),
        )
        for contact in contacts
    )
    bars = problem_items(problems)
    tests = tuple(_test_items(record, ledger, language))
    life = tuple(_life_items(record, ledger, language))
    filled = [
        ("visits", visits),
        ("problems", bars),
        ("drugs", drugs),
        ("measurements", tests),
        ("life", life),
    ]
    lanes = tuple(
        Lane(kind, LANES[kind][language], items)  # type: ignore[index,arg-type]
        for kind, items in filled
        if items
    )
    # An illness that goes on from long ago would press all that was seen into a corner: it does not
    # widen the drawing, whose table tells its beginning.
    days = [
        item.start_day
        for lane in lanes
        for item in lane.items
        if not (
            lane.kind == "problems"
            and item.start_day < 0
            and (item.open_ended or (item.end_day or -1) >= 0)
        )
    ]
    ends = [item.end_day for lane in lanes for item in lane.items if item.end_day is not None]
    return Timeline(min(days, default=0), max([*days, *ends], default=0), lanes)


def timeline_table(timeline: Timeline, language: Language) -> Table:
    """The timeline as rows: lane, what, from, to."""
    headers = {
        "en": ("Lane", "What", "From", "To", "Problems"),
        "zh": ("类别", "内容", "开始", "结束", "问题"),
    }[language]
    going_on = {"en": "goes on", "zh": "持续"}[language]
    rows = tuple(
        (
            lane.label,
            item.label,
            day_text(item.start_day, language),
            going_on
            if item.open_ended
            else ""
            if item.end_day is None
            else day_text(item.end_day, language),
            " ".join(f"#{number}" for number in item.problems),
        )
        for lane in timeline.lanes
        for item in sorted(lane.items, key=lambda one: (one.start_day, one.label))
    )
    caption = {"en": "The timeline in words", "zh": "时间线（文字）"}[language]
    return Table(caption, headers, rows)


def flow_table(sheet: FlowSheet, language: Language) -> Table:
    """A flow sheet as rows, by day: when, what, value with unit, target and state; and drugs."""
    headers = {
        "en": ("When", "What", "Value", "Target", "State"),
        "zh": ("时间", "项目", "数值", "目标", "状态"),
    }[language]
    states = {
        "en": {name: name for name in ("below", "within", "above", "no target")},
        "zh": {"below": "低于", "within": "达标", "above": "高于", "no target": "无目标"},
    }[language]
    values = [
        (
            point.day,
            (
                day_text(point.day, language),
                series.name,
                f"{shown_number(point.value)} {series.unit}".rstrip(),
                target_text(series),
                states[point.state],
            ),
        )
        for series in sheet.series
        for point in series.points
    ]
    goes_on = {"en": "drug", "zh": "用药"}[language]
    drugs = [
        (
            item.start_day,
            (
                day_text(item.start_day, language),
                item.label,
                "" if item.end_day is None else f"– {day_text(item.end_day, language)}",
                "",
                goes_on,
            ),
        )
        for item in sheet.drugs
    ]
    rows = tuple(row for _, row in sorted([*values, *drugs], key=lambda pair: pair[0]))
    return Table(sheet.title, headers, rows)


def target_text(series: FlowSeries) -> str:
    """A series' target in figures; empty where none is set."""
    target = series.target
    if target is None:
        return ""
    if target.low is None or target.high is None:
        sign, bound = ("≤", target.high) if target.low is None else ("≥", target.low)
        return f"{sign} {shown_number(bound or 0)} {series.unit}".rstrip()
    return f"{shown_number(target.low)}–{shown_number(target.high)} {series.unit}".rstrip()


def _test_items(record: Record, ledger: Ledger, language: Language) -> Iterable[TimelineItem]:
    """Marks by kind of test: those of a flow sheet by its title, all others together."""
    others = {"en": "Other tests", "zh": "其他检查"}[language]
    marks: dict[tuple[str, int], list[str]] = {}
    for event in record.of("measurement"):
        rule = series_rule(event)
        label = others
        if rule is not None:
            label = rule[0].title_zh if language == "zh" else rule[0].title
        marks.setdefault((label, ledger.day(event.start)), []).append(ledger.event(event).id)
    for (label, day), data in sorted(marks.items()):
        yield TimelineItem(label, day, None, data=tuple(data))


def is_life_event(event: Event) -> bool:
    """Whether a row is nothing but an event of life, told of whenever it happened."""
    return event.table == "observation" and rules.matches(r"^life event|^生活事件", event.name)


def _life_items(record: Record, ledger: Ledger, language: Language) -> Iterable[TimelineItem]:
    seen: set[str] = set()
    for event in record.events:
        if event.table not in {"observation", "condition_occurrence"}:
            continue
        if event.unanswered or not rules.matches(LIFE_EVENT, event.name):
            continue
        statement = ledger.event(event)
        # A questionnaire repeats itself; only a change is an event.
        if statement.text in seen:
            continue
        seen.add(statement.text)
        yield TimelineItem(statement.text, ledger.day(event.start), None, data=(statement.id,))
    if record.death is not None:
        died = {"en": "Death", "zh": "死亡"}[language]
        yield TimelineItem(died, ledger.day(record.death), None)
