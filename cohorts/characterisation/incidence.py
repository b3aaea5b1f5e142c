"""Incidence of an outcome with person-time, and how common it is at the index date.

Rates are worked out from shown numbers. Person-years are the shown number of people times their
mean time at risk (3 digits), so that they are as coarse as the counts are. Strata are put together
until each has enough events (:mod:`cohorts.characterisation.strata`).
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import duckdb
import numpy as np

from cohorts.cdm import DataSource
from cohorts.characterisation.answer import Answer, Ids, Line, number, significant
from cohorts.characterisation.at_risk import (
    ALL,
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
from cohorts.characterisation.intervals import poisson_interval, wilson_interval
from cohorts.characterisation.printed import PrintedTable
from cohorts.characterisation.strata import (
    Stratum,
    by_age,
    by_age_and_sex,
    by_sex,
    by_year,
    everybody,
)
from cohorts.compile import CDM_SCHEMA
from cohorts.disclosure import DEFAULT_RULE, DisclosureRule, SafeCount, safe_count, safe_table
from cohorts.result import CohortResult

DAYS_OF_A_YEAR: Final = 365.25
PER: Final = 1000
YEARS: Final = 8


@dataclass(frozen=True)
class Rate:
    """People at risk, their time and events in one stratum, and the rate per 1,000 person-years.

    The rate and its interval are ``None`` if the events or the people are not shown.
    """

    rows: str
    columns: str
    people: SafeCount
    person_years: float | None
    events: SafeCount
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Prevalence:
    """People with the outcome among those asked about, as a share with its Wilson interval."""

    label: str
    cases: SafeCount
    people: SafeCount
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Incidence:
    """Rates overall and by stratum; the first rate is of everybody at risk."""

    outcome: str
    window: TimeAtRisk
    cohort: SafeCount
    had_before: SafeCount
    not_observed: SafeCount
    by_age_and_sex: tuple[Rate, ...]
    by_year: tuple[Rate, ...]
    prevalence: tuple[Prevalence, ...]

    @property
    def overall(self) -> Rate:
        """The rate of everybody at risk."""
        return self.by_age_and_sex[0]

    def without(self, aspects: Collection[str]) -> Self:
        """Hide everything but the whole if a stratum may not be shown, or else everything."""
        if not aspects:
            return self
        hidden = SafeCount(None, False, self.cohort.minimum_cell)
        strata = {aspect.rsplit(":", 1)[1] for aspect in aspects}
        overall = self.overall
        if ALL in strata:
            overall = Rate(ALL, ALL, hidden, None, hidden, None, None, None)
        of_prevalence = {a for a in aspects if a.startswith("prevalence")}
        return replace(
            self,
            had_before=hidden if ALL in strata else self.had_before,
            not_observed=hidden if ALL in strata else self.not_observed,
            by_age_and_sex=(overall,) if set(aspects) - of_prevalence else self.by_age_and_sex,
            by_year=() if set(aspects) - of_prevalence else self.by_year,
            prevalence=() if of_prevalence else self.prevalence,
        )

    def tables(self) -> tuple[PrintedTable, ...]:
        """Rates by age and sex, rates by calendar year, prevalence, and who is not at risk."""
        rates = [
            ("age-sex", "Incidence per 1,000 person-years by age at the index date and sex",
             "Age", self.by_age_and_sex),
            ("year", "Incidence per 1,000 person-years by the year in which time at risk begins",
             "Year", self.by_year),
        ]  # fmt: skip
        flow = PrintedTable(
            "flow",
            "Who is at risk",
            ("People", "Number"),
            (
                ("In the cohort", str(self.cohort)),
                ("Had the outcome before", str(self.had_before)),
                ("Not observed on the first day", str(self.not_observed)),
                ("At risk", str(self.overall.people)),
            ),
        )
        return (
            *(
                PrintedTable(
                    name,
                    f"{caption}: {self.outcome}",
                    (rows, "Sex", "People at risk", "Person-years", "With the outcome",
                     "Per 1,000", "95 % from", "to"),
                    tuple(
                        (one.rows, one.columns, str(one.people), number(one.person_years),
                         str(one.events), number(one.rate), number(one.low), number(one.high))
                        for one in found
                    ),
                    labels=2,
                )
                for name, caption, rows, found in rates
                if found
            ),
            PrintedTable(
                "prevalence",
                f"Prevalence: {self.outcome}",
                ("When", "With the outcome", "People", "Percent", "95 % from", "to"),
                tuple(
                    (one.label, str(one.cases), str(one.people),
                     *(number(None if x is None else significant(100 * x))
                       for x in (one.share, one.low, one.high)))
                    for one in self.prevalence
                ),
            ),
            flow,
        )  # fmt: skip


def incidence(
    source: DataSource,
    cohort: CohortResult,
    outcome: Outcome,
    window: TimeAtRisk,
    *,
    calendar_years: bool = True,
    rule: DisclosureRule = DEFAULT_RULE,
    limit_seconds: float = CHARACTERISE_SECONDS,
    cancel: threading.Event | None = None,
) -> Answer[Incidence]:
    """How often the outcome begins in a cohort, and how many have it at the index date.

    ``calendar_years`` is for sources whose dates are nearly true.

    Raises:
        CohortError: if the cohort was run over another source.
        EngineError: if a query fails, takes longer than its limit or is cancelled.
    """
    with characterising(source, cohort, limit_seconds=limit_seconds, cancel=cancel) as connection:
        watched = load_at_risk(connection, outcome, window)
        ages, sexes = age_rows(connection, rule), sexes_of(connection)
        years = _years(connection)
        prevalence, with_outcome = _prevalence(connection, outcome, window, rule)
    lines = dict(with_outcome)
    chosen = [everybody(watched)]
    if int(watched.event.sum()) >= rule.minimum_cell:
        chosen += by_sex(watched, sexes, rule)
        chosen += by_age(watched, ages, rule)
        chosen += by_age_and_sex(watched, ages, sexes, rule)
    by_age_and_sex_rates = _rates(watched, chosen, outcome, window, rule, lines)
    by_year_rates: tuple[Rate, ...] = ()
    if calendar_years:
        chosen = by_year(watched, years, rule)
        by_year_rates = _rates(watched, chosen, outcome, window, rule, lines)
    at_risk = len(watched.person)
    parts = safe_table([at_risk, watched.had_before, watched.not_observed], rule)
    return Answer(
        Incidence(
            outcome.name,
            window,
            parts.total,
            parts.cells[1],
            parts.cells[2],
            by_age_and_sex_rates,
            by_year_rates,
            prevalence,
        ),
        lines,
    )


def _years(connection: duckdb.DuckDBPyConnection) -> range:
    """The latest years of the source, whoever is in the cohort."""
    ((last,),) = connection.execute(
        f"SELECT max(year(observation_period_end_date)) FROM {CDM_SCHEMA}.observation_period"
    ).fetchall()
    return range(last - YEARS + 1, last + 1)


def _rates(
    watched: AtRisk,
    strata: Sequence[Stratum],
    outcome: Outcome,
    window: TimeAtRisk,
    rule: DisclosureRule,
    lines: dict[Line, Ids],
) -> tuple[Rate, ...]:
    """The rate of each stratum; its people and events are told to ``lines``."""
    found = []
    for one in strata:
        with_event = one.inside & watched.event
        lines |= lines_of(outcome, window, one.name, watched, one.inside)
        people = safe_count(int(one.inside.sum()), rule)
        events = safe_count(int(with_event.sum()), rule)
        found.append(_rate(one.row, one.sex, people, events, watched.days[one.inside]))
    return tuple(found)


def _rate(row: str, sex: str, people: SafeCount, events: SafeCount, days: Ids) -> Rate:
    if people.shown is None:
        return Rate(row, sex, people, None, events, None, None, None)
    mean_years = significant(float(days.mean()) / DAYS_OF_A_YEAR)
    years = significant(people.shown * mean_years)
    if events.shown is None:
        return Rate(row, sex, people, years, events, None, None, None)
    low, high = poisson_interval(events.shown, years)
    return Rate(
        row,
        sex,
        people,
        years,
        events,
        significant(PER * events.shown / years),
        significant(PER * low),
        significant(PER * high),
    )


def _prevalence(
    connection: duckdb.DuckDBPyConnection,
    outcome: Outcome,
    window: TimeAtRisk,
    rule: DisclosureRule,
) -> tuple[tuple[Prevalence, ...], dict[Line, Ids]]:
    """Prevalence on the index date, at any time up to it, and in the period from it on."""
    connection.register("cc_outcome_rows", outcome.periods)
    total = safe_count(len(connection.execute("SELECT 1 FROM cc_index").fetchall()), rule)
    found, lines = [], {}
    for label, key, condition in (
        ("On the index date", "point", 'index_date BETWEEN o."start" AND o."until"'),
        ("At any time up to the index date", "ever", 'o."start" <= index_date'),
        (
            "In the period from the index date to the last day at risk",
            "period",
            f'o."until" >= index_date AND o."start" <= {window.last_day_sql}',
        ),
    ):
        ids = np.asarray(
            connection.execute(
                "SELECT DISTINCT i.person_id FROM cc_index i JOIN cc_outcome_rows o "
                f"USING (person_id) WHERE {condition} ORDER BY 1"
            ).fetchnumpy()["person_id"],
            dtype=np.int64,
        )
        cases = safe_count(len(ids), rule)
        share = low = high = None
        if cases.shown is not None and total.shown:
            shown = min(cases.shown, total.shown)
            share = shown / total.shown
            low, high = wilson_interval(shown, total.shown)
        found.append(Prevalence(label, cases, total, share, low, high))
        if len(ids):
            setting = window.setting if key == "period" else ""
            lines[Line(f"prevalence {key} {outcome.key}:{ALL}", setting)] = ids
    return tuple(found), lines
