"""B1 and B4: every datum has a source, and the record as it is shown holds together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from casebank import relations
from casebank.gate.model import Finding, Submission
from casebank.gate.shown import shown_ids
from casebank.model import Case, Contact

MINIMUM_CONTACTS = 3


@dataclass(frozen=True)
class Quantity:
    """A measurement by name, with the bounds that a living person's values keep, by unit."""

    pattern: str
    bounds: dict[str, tuple[float, float]]


QUANTITIES = (
    Quantity(r"^systolic\b|^左?臂?收缩压", {"mmHg": (60, 260)}),
    Quantity(r"^diastolic\b|^左?臂?舒张压", {"mmHg": (30, 160)}),
    Quantity(r"^heart rate|^pulse rate|^心率|^脉率", {"/min": (30, 220)}),
    Quantity(r"^body temperature|^体温", {"°C": (33, 43), "°F": (91, 110)}),
    Quantity(r"fasting (plasma )?glucose|^空腹血糖", {"mmol/L": (1.5, 40), "mg/dL": (27, 720)}),
    Quantity(r"a1c|糖化血红蛋白", {"%": (3, 20), "mmol/mol": (9, 195)}),
    Quantity(r"^body weight|^体重$|^体重(?!指数)", {"kg": (0.4, 300), "lb": (1, 660)}),
    Quantity(r"^body height|^身高", {"cm": (25, 230), "m": (0.25, 2.3)}),
    Quantity(r"^bmi\b|^body mass index|^体质指数|^体重指数", {"kg/m²": (8, 80), "kg/m2": (8, 80)}),
    Quantity(r"^respiratory rate|^呼吸频率", {"/min": (6, 80)}),
    Quantity(r"oxygen saturation|^血氧", {"%": (50, 100)}),
)
_VALUE = re.compile(r"^([^:：]{2,60})[:：]\s*(-?\d+(?:\.\d+)?)\s*([^\s,;，；]*)$")
_CLASS = re.compile(
    r"(?:class of this follow[- ]?up|随访分类)\s*[:：]\s*(.+?)[.。]?$", re.IGNORECASE
)
_CONTROLLED = re.compile(r"^controlled|^控制满意|达标", re.IGNORECASE)
PRESSURE_LIMIT = (140.0, 90.0)
GLUCOSE_LIMIT = {"mmol/L": 7.0, "mg/dL": 126.0}
"""Controlled is below these: national rules for basic public health services, 3rd edition."""


def provenance(submission: Submission) -> Iterator[Finding]:
    """B1: every statement names the field of the release that it comes from."""
    sources = submission.case.sources
    if sources is None:
        yield Finding(
            "B1-provenance",
            "stop",
            "sources",
            "the case was stripped of its sources",
            "draft it from the release again",
        )
        return
    for identifier in sorted({item.id for item in submission.statements}):
        if not sources.data.get(identifier):
            yield Finding(
                "B1-provenance",
                "stop",
                identifier,
                "no source is given for this datum",
                "take it out of the record, or write it in the lesson as your own words",
            )


def continuity(submission: Submission) -> Iterator[Finding]:
    """B4: enough dated contacts, in order; values with units and within what is possible."""
    case = submission.case
    if len({contact.day for contact in case.contacts}) < MINIMUM_CONTACTS:
        yield Finding(
            "B4-contacts",
            "stop",
            "contacts",
            f"fewer than {MINIMUM_CONTACTS} dated contacts",
            "choose a record that goes on for longer",
        )
    yield from _order(case)
    shown, annotated = shown_ids(submission), _annotated(submission)
    for sheet in case.flow_sheets:
        for series in sheet.series:
            quantity = _quantity(series.name)
            if not series.unit:
                yield Finding("B4-unit", "look", f"flow sheet {sheet.key}", "values without a unit")
            elif quantity is not None and series.unit not in quantity.bounds:
                yield Finding(
                    "B4-unit",
                    "stop",
                    f"flow sheet {sheet.key}",
                    "a unit that this measurement is not given in",
                    "correct the unit, or leave the series out",
                )
    for item in submission.statements:
        if _impossible(item.text) and item.id not in annotated:
            yield Finding(
                "B4-range",
                "stop" if item.id in shown else "look",
                item.id,
                "a value that no living person has",
                "ask for it in an exercise on the record's errors, or leave it out",
            )
    for contact in case.contacts:
        for identifier in _wrong_classes(case, contact):
            if identifier not in annotated:
                yield Finding(
                    "B4-class",
                    "stop" if identifier in shown else "look",
                    identifier,
                    "the class says controlled, the numbers of the visit do not",
                    "ask for it in an exercise on the record's errors, or do not show it",
                )


def _order(case: Case) -> Iterator[Finding]:
    todo = "put right what was edited; the record itself has its days"
    days = [contact.day for contact in case.contacts]
    if days != sorted(days):
        yield Finding("B4-order", "stop", "contacts", "the contacts are not in order of time", todo)
    for contact in case.contacts:
        where = f"contact {contact.number}"
        if contact.end_day < contact.day:
            yield Finding("B4-order", "stop", where, "ends before it begins", todo)
        if case.outcome.died and contact.day > case.outcome.last_day:
            yield Finding("B4-order", "look", where, "recorded after the day of death")
    for problem in case.problems:
        if problem.resolved_day is not None and problem.resolved_day < problem.onset_day:
            yield Finding(
                "B4-order", "stop", f"problem {problem.number}", "resolved before it began", todo
            )


def _quantity(name: str) -> Quantity | None:
    for quantity in QUANTITIES:
        if re.search(quantity.pattern, name.strip(), re.IGNORECASE):
            return quantity
    return None


def _impossible(text: str) -> bool:
    match = _VALUE.match(text.strip())
    if match is None or (quantity := _quantity(match.group(1))) is None:
        return False
    bounds = quantity.bounds.get(match.group(3))
    return bounds is not None and not bounds[0] <= float(match.group(2)) <= bounds[1]


def _wrong_classes(case: Case, contact: Contact) -> Iterator[str]:
    pressure = glucose = False
    for item in contact.soap.statements:
        match = _VALUE.match(item.text.strip())
        if match is None:
            continue
        name, value, unit = match.group(1), float(match.group(2)), match.group(3)
        if re.match(r"systolic|收缩压", name, re.IGNORECASE):
            pressure |= value >= PRESSURE_LIMIT[0]
        elif re.match(r"diastolic|舒张压", name, re.IGNORECASE):
            pressure |= value >= PRESSURE_LIMIT[1]
        elif re.match(r"fasting (plasma )?glucose|空腹血糖", name, re.IGNORECASE):
            glucose |= value >= GLUCOSE_LIMIT.get(unit, float("inf"))
    if not (pressure or glucose):
        return
    for item in contact.soap.statements:
        said = _CLASS.search(item.text)
        if said is None or not _CONTROLLED.search(said.group(1)):
            continue
        # A class is given by the form of one disease; where two could be meant, none is judged.
        listed = {
            family
            for problem in case.problems
            if not item.problems or problem.number in item.problems
            for family in relations.families("problem", problem.title)
        } & {"hypertension", "diabetes"}
        if (listed == {"hypertension"} and pressure) or (listed == {"diabetes"} and glucose):
            yield item.id


def _annotated(submission: Submission) -> frozenset[str]:
    """Data that an exercise on the record's errors tells to be wrong."""
    lesson = submission.lesson
    if lesson is None:
        return frozenset()
    keys = [one.errors for one in lesson.exercises if one.errors is not None]
    return frozenset(
        identifier for key in keys for one in key.wrong for identifier in (one.code, *one.data)
    )
