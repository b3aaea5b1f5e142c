"""Kaplan-Meier curves that may be shown.

The estimator is the product limit (Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-481) with
Greenwood's variance and the interval that is symmetric on the scale of log(-log S) (Kalbfleisch JD,
Prentice RL. The Statistical Analysis of Failure Time Data, 1980).

A full curve tells the day of every event. What is shown is coarser: steps are delayed until at
least the minimum cell of events has gathered (as ``round_km`` of Hulme's *osutils* does for
OpenSAFELY) and until the next day of a grid; survival and its interval are on a scale whose unit is
the rounding of counts over the people of the curve; numbers at risk pass the gate. Events that
gather after the last step, fewer than the minimum, are not drawn.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from cohorts.cdm import DataSource
from cohorts.characterisation.answer import FIRST, SECOND, Answer, Ids, Line, number
from cohorts.characterisation.at_risk import (
    AtRisk,
    Outcome,
    TimeAtRisk,
    lines_of,
    load_at_risk,
)
from cohorts.characterisation.index import (
    CHARACTERISE_SECONDS,
    age_rows,
    characterising,
    sexes_of,
)
from cohorts.characterisation.intervals import Z
from cohorts.characterisation.printed import PrintedTable
from cohorts.characterisation.strata import Stratum, by_age, by_sex, everybody
from cohorts.disclosure import DEFAULT_RULE, DisclosureRule, SafeCount, safe_count
from cohorts.result import CohortResult

Floats = npt.NDArray[np.float64]
TICKS: Final = 6
STRATA: Final = ("nothing", "sex", "age")


@dataclass(frozen=True)
class ProductLimit:
    """At risk and events on each day with an event; survival after it with its limits."""

    day: Ids
    at_risk: Ids
    events: Ids
    survival: Floats
    low: Floats
    high: Floats


def product_limit(days: Ids, event: npt.NDArray[np.bool_]) -> ProductLimit:
    """Kaplan-Meier estimate with Greenwood's variance and log(-log) limits.

    ``days`` are times of an event or of censoring; who is censored on a day is at risk on it. A
    limit is NaN where survival is 0.
    """
    order = np.argsort(days, kind="stable")
    ordered, happened = days[order], event[order]
    unique, first = np.unique(ordered, return_index=True)
    at_risk = len(ordered) - first
    events = np.add.reduceat(happened.astype(np.int64), first) if len(first) else first
    with_event = events > 0
    unique, at_risk, events = unique[with_event], at_risk[with_event], events[with_event]
    survival = np.cumprod(1 - events / at_risk, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(events / (at_risk * (at_risk - events)))
        log = np.log(survival)
        spread = Z * np.sqrt(variance) / -log
        low = np.exp(log * np.exp(spread))
        high = np.exp(log * np.exp(-spread))
    unknown = survival <= 0
    low[unknown], high[unknown] = np.nan, np.nan
    return ProductLimit(unique, at_risk, events, survival, low, high)


def log_rank(groups: Sequence[tuple[Ids, npt.NDArray[np.bool_]]]) -> tuple[float, float]:
    """Chi-square statistic and p value of equal survival in all groups (Mantel 1966)."""
    from scipy.stats import chi2

    every = np.unique(np.concatenate([days[event] for days, event in groups]))
    at_risk = np.array([[int((days >= t).sum()) for t in every] for days, _ in groups])
    events = np.array([[int((event & (days == t)).sum()) for t in every] for days, event in groups])
    n, d = at_risk.sum(axis=0), events.sum(axis=0)
    expected = at_risk * d / n
    share = at_risk / n
    factor = np.where(n > 1, d * (n - d) / np.maximum(n - 1, 1), 0.0)
    difference = (events - expected).sum(axis=1)[:-1]
    covariance = -(share * factor) @ share.T + np.diag((share * factor).sum(axis=1))
    inner = covariance[:-1, :-1]
    if not len(difference) or np.linalg.matrix_rank(inner) < len(inner):
        return 0.0, 1.0
    statistic = float(difference @ np.linalg.solve(inner, difference))
    return statistic, float(chi2.sf(statistic, len(groups) - 1))


@dataclass(frozen=True)
class Step:
    """Survival from this day on, with its 95 % limits."""

    day: int
    survival: float
    low: float
    high: float


@dataclass(frozen=True)
class Curve:
    """One group: its steps, and how many are at risk on each tick. Empty if not to be shown."""

    label: str
    people: SafeCount
    events: SafeCount
    steps: tuple[Step, ...]
    at_risk: tuple[SafeCount, ...]
    last_day: int

    @property
    def median(self) -> int | None:
        """First shown day on which survival is a half or less."""
        return next((step.day for step in self.steps if step.survival <= 0.5), None)


@dataclass(frozen=True)
class Survival:
    """Curves of one cohort, undivided or by sex or age, or of two; ``p_value`` compares them.

    ``people`` are those of the first cohort.
    """

    outcome: str
    window: TimeAtRisk
    people: SafeCount
    ticks: tuple[int, ...]
    curves: tuple[Curve, ...]
    p_value: float | None

    def without(self, aspects: Collection[str]) -> Self:
        """If a line may not be shown no curve of its division is: the others would tell it."""
        if not aspects:
            return self
        hidden = SafeCount(None, False, self.people.minimum_cell)
        curves = tuple(
            Curve(one.label, hidden, hidden, (), (hidden,) * len(self.ticks), 0)
            for one in self.curves
        )
        return replace(self, curves=curves, p_value=None)

    def tables(self) -> tuple[PrintedTable, ...]:
        """Numbers at risk, a summary, and all steps."""
        risk = PrintedTable(
            "at-risk",
            "People at risk",
            ("Group", *(f"day {tick:,}" for tick in self.ticks)),
            tuple((one.label, *map(str, one.at_risk)) for one in self.curves),
        )
        summary = PrintedTable(
            "summary",
            f"Time to {self.outcome}",
            ("Group", "People", "With the outcome", "Median, days"),
            tuple(
                (one.label, str(one.people), str(one.events),
                 number(one.median) or ("not reached" if one.steps else ""))
                for one in self.curves
            ),
        )  # fmt: skip
        steps = PrintedTable(
            "steps",
            f"Share without {self.outcome}, from each day on",
            ("Group", "Day", "Share", "95 % from", "to"),
            tuple(
                (one.label, str(step.day), f"{step.survival:.3f}", f"{step.low:.3f}",
                 f"{step.high:.3f}")
                for one in self.curves
                for step in one.steps
            ),
        )  # fmt: skip
        return summary, risk, steps


def survival(
    source: DataSource,
    cohort: CohortResult,
    outcome: Outcome,
    window: TimeAtRisk,
    *,
    by: str = "nothing",
    rule: DisclosureRule = DEFAULT_RULE,
    limit_seconds: float = CHARACTERISE_SECONDS,
    cancel: threading.Event | None = None,
) -> Answer[Survival]:
    """Time to the outcome in a cohort; ``by`` is one of :data:`STRATA`.

    Raises:
        CohortError: if the cohort was run over another source.
        EngineError: if a query fails, takes longer than its limit or is cancelled.
    """
    with characterising(source, cohort, limit_seconds=limit_seconds, cancel=cancel) as connection:
        watched = load_at_risk(connection, outcome, window)
        ages, sexes = age_rows(connection, rule), sexes_of(connection)
    strata = {"sex": by_sex(watched, sexes, rule), "age": by_age(watched, ages, rule)}.get(
        by, [everybody(watched)]
    )
    grid, ticks = grid_of(watched), _ticks(watched.days, rule)
    curves: list[Curve] = []
    lines: dict[Line, Ids] = {}
    for one in strata:
        lines |= lines_of(outcome, window, one.name, watched, one.inside)
        curves.append(_curve(watched, one, ticks, grid, rule))
    groups = [(watched.days[one.inside], watched.event[one.inside]) for one in strata]
    people = safe_count(len(watched.person), rule)
    shown = Survival(outcome.name, window, people, ticks, tuple(curves), _p_value(curves, groups))
    return Answer(shown, lines)


def survival_of_two(
    source: DataSource,
    names: tuple[str, str],
    cohorts: tuple[CohortResult, CohortResult],
    outcome: Outcome,
    window: TimeAtRisk,
    *,
    rule: DisclosureRule = DEFAULT_RULE,
    limit_seconds: float = CHARACTERISE_SECONDS,
    cancel: threading.Event | None = None,
) -> Answer[Survival]:
    """Time to the outcome in two cohorts; who is in both is in both curves.

    Each curve is the one that :func:`survival` gives of its cohort alone, and so are its lines.

    Raises:
        CohortError: if a cohort was run over another source.
        EngineError: if a query fails, takes longer than its limit or is cancelled.
    """
    both: list[AtRisk] = []
    for cohort in cohorts:
        with characterising(source, cohort, limit_seconds=limit_seconds, cancel=cancel) as opened:
            both.append(load_at_risk(opened, outcome, window))
    ticks = _ticks(max((one.days for one in both), key=lambda days: days.max(initial=0)), rule)
    curves: list[Curve] = []
    lines: dict[Line, Ids] = {}
    for which, name, watched in zip((FIRST, SECOND), names, both, strict=True):
        whole = everybody(watched)
        curves.append(_curve(watched, replace(whole, row=name), ticks, grid_of(watched), rule))
        for line, ids in lines_of(outcome, window, whole.name, watched, whole.inside).items():
            lines[Line(f"{which}|{line.aspect}", line.setting)] = ids
    p_value = _p_value(curves, [(watched.days, watched.event) for watched in both])
    people = curves[0].people
    return Answer(Survival(outcome.name, window, people, ticks, tuple(curves), p_value), lines)


def _p_value(
    curves: Sequence[Curve], groups: Sequence[tuple[Ids, npt.NDArray[np.bool_]]]
) -> float | None:
    """That of the log-rank test, where enough people of every curve had the outcome."""
    if len(curves) < 2 or any(one.events.shown is None for one in curves):
        return None
    return log_rank(groups)[1]


def grid_of(watched: AtRisk) -> int:
    """Days between the days on which a curve may step: weeks in the first year, else months."""
    return 7 if not len(watched.days) or watched.days.max() <= 400 else 30


def _ticks(days: Ids, rule: DisclosureRule) -> tuple[int, ...]:
    """Round days up to the last on which enough people are at risk."""
    if len(days) < rule.minimum_cell:
        return (0,)
    last = int(np.sort(days)[-rule.minimum_cell])
    unit = 365 if last > 3 * 365 else 90 if last > 400 else 30 if last > 60 else 7
    step = unit * max(1, -(-last // (unit * TICKS)))
    return tuple(range(0, last + 1, step))


def _curve(
    watched: AtRisk, stratum: Stratum, ticks: tuple[int, ...], grid: int, rule: DisclosureRule
) -> Curve:
    days, happened = watched.days[stratum.inside], watched.event[stratum.inside]
    people, events = safe_count(len(days), rule), safe_count(int(happened.sum()), rule)
    if people.shown is None:
        return Curve(stratum.label, people, events, (), (people,) * len(ticks), 0)
    at_risk = tuple(safe_count(int((days >= tick).sum()), rule) for tick in ticks)
    last_day = int(np.sort(days)[-rule.minimum_cell]) // grid * grid
    steps: tuple[Step, ...] = ()
    if events.shown is not None:
        steps = coarse_steps(days, happened, people.shown, last_day, grid, rule)
    return Curve(stratum.label, people, events, steps, at_risk, last_day)


def coarse_steps(
    days: Ids,
    event: npt.NDArray[np.bool_],
    people: int,
    last_day: int,
    grid: int,
    rule: DisclosureRule,
) -> tuple[Step, ...]:
    """The steps that may be shown, up to ``last_day``; ``people`` is the shown number of them.

    Between two steps lie at least ``rule.minimum_cell`` events.
    """
    full = product_limit(days, event)
    gathered = np.cumsum(full.events)
    steps: list[Step] = []
    shown = 0
    for day in range(grid, last_day + 1, grid):
        place = int(np.searchsorted(full.day, day, side="right")) - 1
        if place < 0 or gathered[place] - shown < rule.minimum_cell:
            continue
        shown = int(gathered[place])
        values = [full.survival[place], full.low[place], full.high[place]]
        steps.append(Step(day, *(_on_scale(float(x), people, rule) for x in values)))
    return tuple(steps)


def _on_scale(share: float, people: int, rule: DisclosureRule) -> float:
    """A share in steps of the rounding of counts over the people; NaN counts as 0."""
    if np.isnan(share):
        return 0.0
    lost = round((1 - share) * people / rule.base) * rule.base
    return min(1.0, max(0.0, 1 - lost / people))
