"""Incidence of an outcome with person-time, and how common it is at the index date.

Rates are worked out from shown numbers. Person-years are the shown number of people times their
mean time at risk (3 digits), so that they are as coarse as the counts are, and a withheld stratum
does not follow from the others by subtraction of its time.
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
    AtRisk,
    Outcome,
    TimeAtRisk,
    load_at_risk,
)
from cohorts.characterisation.index import (
    CHARACTERISE_SECONDS,
    ages_of,
    characterising,
    places_of_unknown,
    sexes_of,
)
from cohorts.characterisation.intervals import poisson_interval, wilson_interval
from cohorts.characterisation.printed import PrintedTable
from cohorts.compile import CDM_SCHEMA
from cohorts.disclosure import DEFAULT_RULE, DisclosureRule, SafeCount, safe_count, safe_table
from cohorts.linked_tables import safe_crosstab
from cohorts.result import CohortResult

DAYS_OF_A_YEAR: Final = 365.25
PER: Final = 1000
ALL: Final = "all"
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
        """Hide the events (or people) of strata; one hidden stratum hides all of its table."""
        if not aspects:
            return self
        hidden = SafeCount(None, False, self.cohort.minimum_cell)

        def bare(rate: Rate) -> Rate:
            return Rate(rate.rows, rate.columns, hidden, None, hidden, None, None, None)

        overall = self.overall
        if any(aspect.endswith(f":{ALL}") for aspect in aspects):
            overall = bare(overall)
        strata = [aspect.rsplit(":", 1)[1] for aspect in aspects]
        of_years = any(stratum.startswith("year") for stratum in strata)
        of_cells = any(not stratum.startswith("year") for stratum in strata)
        return replace(
            self,
            by_age_and_sex=(
                overall,
                *(bare(one) if of_cells else one for one in self.by_age_and_sex[1:]),
            ),
            by_year=tuple(bare(one) if of_years or of_cells else one for one in self.by_year),
            prevalence=() if any(a.startswith("prevalence") for a in aspects) else self.prevalence,
        )

    def tables(self) -> tuple[PrintedTable, ...]:
        """Rates by age and sex, rates by calendar year, prevalence, and who is not at risk."""
        rates = [
            ("age-sex", "Incidence per 1,000 person-years by age at the index date and sex", "Age", "Sex",
             self.by_age_and_sex),
            ("year", "Incidence per 1,000 person-years by the year in which the time at risk begins", "Year", "Sex",
             self.by_year),
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
                    (rows, columns, "People at risk", "Person-years", "With the outcome",
                     "Per 1,000", "95 % from", "to"),
                    tuple(
                        (one.rows, one.columns, str(one.people), number(one.person_years),
                         str(one.events), number(one.rate), number(one.low), number(one.high))
                        for one in found
                    ),
                    labels=2,
                )
                for name, caption, rows, columns, found in rates
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
        ages, sexes = ages_of(connection), sexes_of(connection)
        years = _years(connection)
        prevalence, with_outcome = _prevalence(connection, outcome, rule)
    lines = dict(with_outcome)
    by_age_and_sex = _rates(watched, watched.age_band, ages, sexes, "age", outcome, window, rule,
                            lines)  # fmt: skip
    by_year: tuple[Rate, ...] = ()
    if calendar_years:
        first = years[0]
        of_person = np.where(watched.year < first, f"before {first}", watched.year.astype(str))
        rows = [f"before {first}", *map(str, years)]
        by_year = _rates(watched, of_person, rows, sexes, "year", outcome, window, rule, lines)[1:]
    at_risk = len(watched.person)
    parts = safe_table([at_risk, watched.had_before, watched.not_observed], rule)
    return Answer(
        Incidence(
            outcome.name,
            window,
            parts.total,
            parts.cells[1],
            parts.cells[2],
            by_age_and_sex,
            by_year,
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
    values: np.ndarray,
    rows: Sequence[str],
    sexes: Sequence[str],
    key: str,
    outcome: Outcome,
    window: TimeAtRisk,
    rule: DisclosureRule,
    lines: dict[Line, Ids],
) -> tuple[Rate, ...]:
    """Rates of everybody, of each row, of each sex, and of each row and sex.

    People are shown as a table with margins, and events as another.
    """

    def inside(row: str, sex: str) -> np.ndarray:
        chosen = np.ones(len(values), dtype=bool)
        if row != ALL:
            chosen &= values == row
        if sex != ALL:
            chosen &= watched.sex == sex
        return chosen

    members = {(row, sex): inside(row, sex) for row in (ALL, *rows) for sex in (ALL, *sexes)}

    def counted(among: np.ndarray) -> dict[tuple[str, str], SafeCount]:
        cells = [[int((members[row, sex] & among).sum()) for sex in sexes] for row in rows]
        table = safe_crosstab(cells, rule, places_of_unknown(sexes))
        shown = {(ALL, ALL): table.total}
        shown |= {(row, ALL): one for row, one in zip(rows, table.rows, strict=True)}
        shown |= {(ALL, sex): one for sex, one in zip(sexes, table.columns, strict=True)}
        for row, line in zip(rows, table.cells, strict=True):
            shown |= {(row, sex): one for sex, one in zip(sexes, line, strict=True)}
        return shown

    everybody = np.ones(len(values), dtype=bool)
    people, events = counted(everybody), counted(watched.event)
    found = []
    for row, sex in [(ALL, ALL), *((ALL, sex) for sex in sexes), *((row, ALL) for row in rows),
                     *((row, sex) for row in rows for sex in sexes)]:  # fmt: skip
        chosen = members[row, sex]
        stratum = ALL if (row, sex) == (ALL, ALL) else f"{key} {row}, {sex}"
        for aspect, setting, who in (
            (f"at risk of {outcome.key}:{stratum}", window.entry_setting, chosen),
            (f"outcome {outcome.key}:{stratum}", window.setting, chosen & watched.event),
        ):
            if who.any():
                lines[Line(aspect, setting)] = watched.person[who]
        found.append(_rate(row, sex, people[row, sex], events[row, sex], watched.days[chosen]))
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
    connection: duckdb.DuckDBPyConnection, outcome: Outcome, rule: DisclosureRule
) -> tuple[tuple[Prevalence, ...], dict[Line, Ids]]:
    """Point prevalence on the index date, and the share that has had the outcome by then."""
    connection.register("cc_outcome_rows", outcome.periods)
    total = safe_count(len(connection.execute("SELECT 1 FROM cc_index").fetchall()), rule)
    found, lines = [], {}
    for label, key, condition in (
        ("On the index date", "point", 'index_date BETWEEN o."start" AND o."until"'),
        ("At any time up to the index date", "ever", 'o."start" <= index_date'),
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
            lines[Line(f"prevalence {key} {outcome.key}:{ALL}")] = ids
    return tuple(found), lines
