"""The time window of an extract: so many days before and after each entry into the cohort.

A row is delivered if any of its days lies in a window of its person. Periods of observation and of
insurance are cut to the windows, since they say for which time the extract holds records; other
rows are delivered whole or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import duckdb

from cohorts.errors import SelectionError
from cohorts.result import CohortResult

LONGEST_DAYS: Final = 36_525
WINDOWS: Final = "cc_windows"
"""Temporary table of a person's windows, none of which touches another."""


@dataclass(frozen=True)
class Dates:
    """The columns that say from when to when a row is.

    ``cut`` says that the row is cut to a time window, ``clips`` that it is cut at the ends of the
    data; otherwise it stays whole or goes.
    """

    start: str
    end: str | None = None
    cut: bool = False
    clips: bool = False


EVENT_DATES: Final[Mapping[str, Dates]] = {
    "observation_period": Dates(
        "observation_period_start_date", "observation_period_end_date", cut=True, clips=True
    ),
    "payer_plan_period": Dates(
        "payer_plan_period_start_date", "payer_plan_period_end_date", cut=True, clips=True
    ),
    "visit_occurrence": Dates("visit_start_date", "visit_end_date", clips=True),
    "visit_detail": Dates("visit_detail_start_date", "visit_detail_end_date", clips=True),
    "episode": Dates("episode_start_date", "episode_end_date", clips=True),
    "condition_era": Dates("condition_era_start_date", "condition_era_end_date", clips=True),
    "drug_era": Dates("drug_era_start_date", "drug_era_end_date", clips=True),
    "dose_era": Dates("dose_era_start_date", "dose_era_end_date", clips=True),
    "condition_occurrence": Dates("condition_start_date", "condition_end_date"),
    "drug_exposure": Dates("drug_exposure_start_date", "drug_exposure_end_date"),
    "procedure_occurrence": Dates("procedure_date", "procedure_end_date"),
    "device_exposure": Dates("device_exposure_start_date", "device_exposure_end_date"),
    "measurement": Dates("measurement_date"),
    "observation": Dates("observation_date"),
    "specimen": Dates("specimen_date"),
    "note": Dates("note_date"),
    "death": Dates("death_date"),
}
"""Every OMOP table of a person's events; a table that is not here has no window."""


@dataclass(frozen=True)
class TimeWindow:
    """Days before and after each entry; ``None`` is without limit on that side."""

    before: int | None = None
    after: int | None = None

    def __post_init__(self) -> None:
        for days in (self.before, self.after):
            if days is not None and not 0 <= days <= LONGEST_DAYS:
                raise SelectionError(f"a window has 0 to {LONGEST_DAYS} days on a side")

    @property
    def whole(self) -> bool:
        """Whether it leaves nothing out."""
        return self.before is None and self.after is None

    def __str__(self) -> str:
        if self.whole:
            return "the whole record"
        before = "any time" if self.before is None else f"{self.before:,} days"
        after = "any time" if self.after is None else f"{self.after:,} days"
        return f"from {before} before to {after} after each entry into the cohort"


WHOLE_RECORD: Final = TimeWindow()


def make_windows(
    connection: duckdb.DuckDBPyConnection, people: CohortResult, window: TimeWindow
) -> None:
    """Make the temporary table of windows; those that overlap or touch become one."""
    connection.register("cc_entries", people.rows)
    first = f"cohort_start_date - {window.before}" if window.before is not None else "'0001-01-01'"
    last = f"cohort_start_date + {window.after}" if window.after is not None else "'9999-12-31'"
    connection.execute(
        f"""
        CREATE TEMP TABLE {WINDOWS} AS
        WITH each AS (
            SELECT DISTINCT subject_id AS person_id, ({first})::DATE AS first,
                ({last})::DATE AS last
            FROM cc_entries
        ), reached AS (
            SELECT *, max(last) OVER (PARTITION BY person_id ORDER BY first, last
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM each
        ), numbered AS (
            SELECT *, count(*) FILTER (before IS NULL OR first > before + 1)
                OVER (PARTITION BY person_id ORDER BY first, last) AS number FROM reached
        )
        SELECT person_id, number, min(first) AS first, max(last) AS last
        FROM numbered GROUP BY person_id, number
        """
    )
    connection.unregister("cc_entries")


def windowed(table: str, columns: tuple[str, ...], present: tuple[str, ...]) -> str:
    """SELECT of the rows of ``table`` in the windows of their person.

    ``present`` are the columns that the release's table has. A period that reaches into several
    windows becomes several; all but the first get an id of their own.

    Raises:
        SelectionError: for a table of events without a date to judge by.
    """
    dates = EVENT_DATES.get(table)
    if dates is None or dates.start not in present:
        raise SelectionError(
            f"table {table} has no date by which a time window could be applied; "
            "leave it out, or ask for the whole record and say why"
        )
    start = f't."{dates.start}"::DATE'
    has_end = dates.end is not None and dates.end in present
    end = f'coalesce(t."{dates.end}"::DATE, {start})' if has_end else start
    touches = f"{start} <= w.last AND {end} >= w.first"
    if not dates.cut:
        fields = ", ".join(f't."{column}"' for column in columns)
        return (
            f'SELECT {fields} FROM "{table}" t WHERE EXISTS (FROM {WINDOWS} w '
            f"WHERE w.person_id = t.person_id AND {touches})"
        )
    key = f"{table}_id"
    piece = f't."{key}", row_number() OVER (PARTITION BY t."{key}" ORDER BY w.first)'
    cut = {
        dates.start: f"greatest({start}, w.first)",
        dates.end: f"least({end}, w.last)",
        # Nothing refers to a period, so a further piece may have any id that is always the same.
        key: f"cc_piece({piece})",
    }
    fields = ", ".join(
        f'{cut[column]} AS "{column}"' if column in cut else f't."{column}"' for column in columns
    )
    return (
        f'SELECT {fields} FROM "{table}" t JOIN {WINDOWS} w ON w.person_id = t.person_id '
        f"AND {touches}"
    )


def make_piece_ids(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the macro that names the pieces of a period that was cut."""
    connection.execute(
        "CREATE TEMP MACRO cc_piece(id, piece) AS CASE WHEN piece = 1 THEN id ELSE "
        "(md5_number_lower(id::VARCHAR || '/' || piece::VARCHAR) >> 1)::BIGINT END"
    )
