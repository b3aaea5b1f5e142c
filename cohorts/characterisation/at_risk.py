"""Time at risk of an outcome: who is watched, from when to when, and in whom the outcome begins.

A person is at risk on every day from ``first_day`` after the index date up to and including the
last: the day on which an outcome begins, or the end of observation (or of the cohort period), or
the limit. Who had the outcome before is not at risk: if an earlier outcome period ended less than
the washout before the first day, or at any time before if there is no washout.

Terms follow CohortIncidence of OHDSI (time at risk, clean window), with one simplification: each
person has one time at risk, after the first cohort start, and at most one event.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cohorts.characterisation.answer import Ids, Line
from cohorts.characterisation.index import periods_of
from cohorts.compile import CDM_SCHEMA
from cohorts.result import CohortResult

Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.str_]
MOST_DAYS: Final = 36_525
ALL: Final = "all"


@dataclass(frozen=True)
class TimeAtRisk:
    """``limit_days`` after the index date; ``washout_days`` of ``None`` means all time before.

    Raises:
        ValueError: if a number of days is negative, or the limit lies before the first day.
    """

    first_day: int = 1
    limit_days: int | None = None
    until: Literal["observation", "cohort"] = "observation"
    washout_days: int | None = None

    def __post_init__(self) -> None:
        for days in (self.first_day, self.limit_days, self.washout_days):
            if days is not None and not 0 <= days <= MOST_DAYS:
                raise ValueError(f"days are from 0 to {MOST_DAYS:,}")
        if self.limit_days is not None and self.limit_days < self.first_day:
            raise ValueError("time at risk ends before it begins")

    @property
    def entry_setting(self) -> str:
        """What decides who is at risk at all."""
        return f"from day {self.first_day}, washout {self.washout_days}, {self.until}"

    @property
    def setting(self) -> str:
        """What decides in whom the outcome is seen."""
        return f"{self.entry_setting}, to day {self.limit_days}"

    @property
    def last_day_sql(self) -> str:
        """The last day of a person of ``cc_index`` who has no outcome, as SQL."""
        ends = ["observed_until"]
        if self.until == "cohort":
            ends.append("cohort_end")
        if self.limit_days is not None:
            ends.append(f"index_date + {self.limit_days}")
        return f"least({', '.join(ends)})"

    @property
    def in_words(self) -> str:
        """For captions."""
        end = {
            "observation": "the end of observation",
            "cohort": "the end of the cohort period",
        }[self.until]
        if self.limit_days is not None:
            end = f"day {self.limit_days:,} or {end}"
        before = (
            "no outcome at any time before"
            if self.washout_days is None
            else f"no outcome in the {self.washout_days:,} days before"
        )
        return f"from day {self.first_day} after the index date to {end}; {before}"


@dataclass(frozen=True)
class Outcome:
    """What is waited for: periods of people, told apart by ``key``."""

    name: str
    key: str
    periods: pa.Table


def outcome_of(cohort: CohortResult, name: str, key: str) -> Outcome:
    """An outcome cohort; each of its periods is one outcome."""
    return Outcome(name, key, periods_of(cohort))


def load_deaths(connection: duckdb.DuckDBPyConnection) -> Outcome:
    """Death as an outcome."""
    deaths = connection.sql(
        f'SELECT person_id, min(death_date) AS "start", min(death_date) AS "until" '
        f"FROM {CDM_SCHEMA}.death WHERE death_date IS NOT NULL GROUP BY person_id"
    ).to_arrow_table()
    return Outcome("death", "death", deaths)


@dataclass(frozen=True)
class AtRisk:
    """One row a person at risk: ``days`` from 1, and whether an outcome ended them (``event``)."""

    person: Ids
    days: Ids
    event: Flags
    sex: Words
    age_band: Words
    year: Ids
    had_before: int
    not_observed: int


def load_at_risk(
    connection: duckdb.DuckDBPyConnection, outcome: Outcome, window: TimeAtRisk
) -> AtRisk:
    """Who of ``cc_index`` is at risk, and for how long."""
    connection.register("cc_outcome_rows", outcome.periods)
    washout = (
        "true" if window.washout_days is None else f'o."until" >= w.first - {window.washout_days}'
    )
    table = connection.sql(
        f"""
        WITH watched AS (
            SELECT person_id, sex, age_band, index_date + {window.first_day} AS first,
                   {window.last_day_sql} AS last
            FROM cc_index
        ), met AS (
            SELECT w.person_id,
                   bool_or(o."start" < w.first AND {washout}) AS before,
                   min(o."start") FILTER (o."start" BETWEEN w.first AND w.last) AS event_day
            FROM watched w JOIN cc_outcome_rows o USING (person_id) GROUP BY w.person_id
        )
        SELECT person_id, sex, age_band, year(first) AS year, coalesce(before, false) AS before,
               last < first AS unseen, event_day IS NOT NULL AS event,
               coalesce(event_day, last) - first + 1 AS days
        FROM watched LEFT JOIN met USING (person_id)
        ORDER BY person_id
        """
    ).to_arrow_table()
    column = {
        name: table[name].to_numpy() for name in ("person_id", "sex", "age_band", "year", "before",
                                                  "unseen", "event", "days")
    }  # fmt: skip
    kept = ~column["before"] & ~column["unseen"]
    return AtRisk(
        person=column["person_id"][kept].astype(np.int64),
        days=column["days"][kept].astype(np.int64),
        event=column["event"][kept],
        sex=column["sex"][kept].astype(str),
        age_band=column["age_band"][kept].astype(str),
        year=column["year"][kept].astype(np.int64),
        had_before=int(column["before"].sum()),
        not_observed=int((column["unseen"] & ~column["before"]).sum()),
    )


def lines_of(
    outcome: Outcome, window: TimeAtRisk, stratum: str, watched: AtRisk, inside: Flags
) -> dict[Line, Ids]:
    """The people at risk and those with the outcome in one stratum, as lines for the ledger."""
    found = {}
    for aspect, setting, who in (
        (f"at risk of {outcome.key}:{stratum}", window.entry_setting, inside),
        (f"outcome {outcome.key}:{stratum}", window.setting, inside & watched.event),
    ):
        if who.any():
            found[Line(aspect, setting)] = watched.person[who]
    return found
