"""Flow sheets: serial values against time with the band to hold them in, and the drugs beside.

Targets are those of the national basic public health service (third edition) and of common
guides; each series carries the words of its target's origin. A value in a unit for which no target
is known is drawn without a band: no unit is guessed or converted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from casebank import rules
from casebank.ledger import Ledger, shown_unit
from casebank.model import (
    FlowPoint,
    FlowSeries,
    FlowSheet,
    Language,
    Target,
    TimelineItem,
)
from casebank.record import Event
from casebank.soap import Linker

MINIMUM_POINTS = 2
"""A single value has no course."""


@dataclass(frozen=True)
class SeriesRule:
    """One series: what it is called, which measurements it takes, its target by unit.

    ``concepts`` are standard OMOP concepts (LOINC); ``pattern`` serves records without them.
    """

    name: str
    name_zh: str
    concepts: frozenset[int]
    pattern: str
    targets: dict[str, Target]


@dataclass(frozen=True)
class SheetRule:
    """One flow sheet and the relation families whose drugs are drawn on it."""

    key: str
    title: str
    title_zh: str
    families: frozenset[str]
    series: tuple[SeriesRule, ...]


_BP = "control target of the hypertension follow-up: below 140/90 mmHg"
_DM = "control target of the diabetes follow-up: fasting glucose 4.4-7.0 mmol/L"
_A1C = "common target for adults with diabetes: below 7 %"
_BMI = "Chinese adult reference: 18.5 to below 24 kg/m²"

SHEETS = (
    SheetRule(
        "blood-pressure",
        "Blood pressure",
        "血压",
        frozenset({"hypertension"}),
        (
            SeriesRule(
                "Systolic",
                "收缩压",
                frozenset({3004249, 4152194}),
                r"^systolic (blood pressure|bp)(?!.*left)|8480-6|^收缩压",
                {"mmHg": Target(90, 139, _BP)},
            ),
            SeriesRule(
                "Diastolic",
                "舒张压",
                frozenset({3012888, 4154790}),
                r"^diastolic (blood pressure|bp)(?!.*left)|8462-4|^舒张压",
                {"mmHg": Target(60, 89, _BP)},
            ),
        ),
    ),
    SheetRule(
        "glucose",
        "Glucose",
        "血糖",
        frozenset({"diabetes"}),
        (
            SeriesRule(
                "Fasting glucose",
                "空腹血糖",
                frozenset({3037110, 3018251, 3040820}),
                r"fasting (blood |plasma )?glucose|glucose.*fasting|1558-6|14771-0|空腹血糖",
                {
                    "mmol/L": Target(4.4, 7.0, _DM),
                    "mg/dL": Target(80, 126, _DM + ", in mg/dL"),
                },
            ),
            SeriesRule(
                "Glucose",
                "血糖",
                frozenset({3000483, 3004501}),
                r"^glucose(?!.*fasting)(?!.*urine)|^(随机|餐后)?血糖",
                {},
            ),
        ),
    ),
    SheetRule(
        "hba1c",
        "Glycated haemoglobin",
        "糖化血红蛋白",
        frozenset({"diabetes"}),
        (
            SeriesRule(
                "HbA1c",
                "糖化血红蛋白",
                frozenset({3004410, 3005673, 40758583}),
                r"a1c|糖化血红蛋白",
                {"%": Target(None, 7.0, _A1C)},
            ),
        ),
    ),
    SheetRule(
        "weight",
        "Weight",
        "体重",
        frozenset({"weight", "heart-failure"}),
        (
            SeriesRule(
                "Body weight",
                "体重",
                frozenset({3025315, 3013762}),
                r"^body weight(?!.*percentile)|^体重",
                {},
            ),
        ),
    ),
    SheetRule(
        "bmi",
        "Body mass index",
        "体质指数",
        frozenset({"weight"}),
        (
            SeriesRule(
                "BMI",
                "体质指数",
                frozenset({3038553, 4245997}),
                r"^body mass index(?!.*percentile)|^bmi\b|体质指数",
                {"kg/m²": Target(18.5, 23.9, _BMI)},
            ),
        ),
    ),
)


def series_rule(event: Event) -> tuple[SheetRule, SeriesRule] | None:
    """The sheet and series that a measurement with a number goes to, if any."""
    if event.value is None or event.table not in {"measurement", "observation"}:
        return None
    for sheet in SHEETS:
        for series in sheet.series:
            if event.concept_id in series.concepts or rules.matches(series.pattern, event.name):
                return sheet, series
    return None


def build_flow_sheets(
    events: Iterable[Event],
    linker: Linker,
    drugs: tuple[TimelineItem, ...],
    ledger: Ledger,
    language: Language,
) -> tuple[FlowSheet, ...]:
    """All sheets that have a series of at least ``MINIMUM_POINTS`` values."""
    values: dict[tuple[str, str, str], list[Event]] = {}
    for event in events:
        rule = series_rule(event)
        if rule is not None:
            key = (rule[0].key, rule[1].name, shown_unit(event.unit))
            values.setdefault(key, []).append(event)
    sheets = []
    for sheet in SHEETS:
        series = tuple(
            _series(rule, unit, values[sheet.key, rule.name, unit], ledger, language)
            for rule in sheet.series
            for unit in sorted(u for k, n, u in values if (k, n) == (sheet.key, rule.name))
            if len(values[sheet.key, rule.name, unit]) >= MINIMUM_POINTS
        )
        if not series:
            continue
        numbers = linker.of_families(sheet.families)
        sheets.append(
            FlowSheet(
                key=sheet.key,
                title=sheet.title_zh if language == "zh" else sheet.title,
                series=series,
                drugs=tuple(item for item in drugs if set(item.problems) & set(numbers)),
                problems=numbers,
            )
        )
    return tuple(sheets)


def _series(
    rule: SeriesRule, unit: str, events: list[Event], ledger: Ledger, language: Language
) -> FlowSeries:
    target = rule.targets.get(unit)
    points = []
    for event in sorted(events, key=lambda one: (one.start, one.row_id)):
        if event.value is not None:
            statement = ledger.event(event)
            points.append(
                FlowPoint(
                    statement.id,
                    ledger.day(event.start),
                    event.value,
                    compare_with_target(event.value, target),
                )
            )
    name = rule.name_zh if language == "zh" else rule.name
    return FlowSeries(name, unit, target, tuple(points))


def compare_with_target(
    value: float, target: Target | None
) -> Literal["below", "within", "above", "no target"]:
    """How a value stands to its target; the bounds belong to the target."""
    if target is None:
        return "no target"
    if target.low is not None and value < target.low:
        return "below"
    if target.high is not None and value > target.high:
        return "above"
    return "within"
