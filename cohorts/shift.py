"""A further shift of dates that a project's extract has of its own.

The same days are added to all dates of a household. As in a release, what is shown is cut at both
ends of the data by the greatest possible shift, and around the time in which the release is blind:
every possible shift then gives data that fill the same time, so that no edge tells it
(docs/decisions/0022).
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cohorts.result import CohortResult
from cohorts.selection import COHORT_TABLE
from cohorts.window import EVENT_DATES, Dates

Ids = npt.NDArray[np.int64]
Days = npt.NDArray[np.int64]

_COHORT_DATES = Dates("cohort_start_date", "cohort_end_date", clips=True)
_DAY_MICROSECONDS = 86_400_000_000


@dataclass(frozen=True)
class DateShift:
    """``days_of`` gives the days to add for each released person id, at most ``max_days``.

    ``start`` and ``end`` are the first and last day that the release shows; ``blind`` is the time
    in between in which it shows nothing, from its first day to the day after its last.
    """

    days_of: Callable[[Ids], Days]
    start: datetime.date
    end: datetime.date
    max_days: int
    blind: tuple[datetime.date, datetime.date] | None = None

    @property
    def shown(self) -> tuple[datetime.date, datetime.date]:
        """First and last day that the extract shows."""
        reach = datetime.timedelta(days=self.max_days)
        return self.start + reach, self.end - reach


def shift_cohort(people: CohortResult, shift: DateShift) -> CohortResult:
    """The cohort with shifted periods, cut; who has no period left is left out."""
    return replace(people, rows=_shifted(people.rows, _COHORT_DATES, "subject_id", shift))


def shift_table(table: str, rows: pa.Table, shift: DateShift) -> pa.Table:
    """Rows of a table of people with shifted dates; rows outside what is shown are left out."""
    if "person_id" not in rows.column_names or table == COHORT_TABLE:
        return rows
    return _shifted(rows, EVENT_DATES.get(table), "person_id", shift)


def _shifted(rows: pa.Table, dates: Dates | None, person: str, shift: DateShift) -> pa.Table:
    ids = rows[person].combine_chunks().cast(pa.int64()).to_numpy(zero_copy_only=False)
    added = shift.days_of(ids)
    moved: dict[str, Days] = {}
    keep = np.ones(rows.num_rows, dtype=bool)
    for field in rows.schema:
        if pa.types.is_date(field.type) or pa.types.is_timestamp(field.type):
            moved[field.name] = _days(rows[field.name]) + added
    if dates is not None and dates.start in moved:
        start = moved[dates.start]
        end = moved.get(dates.end, start) if dates.end else start
        end = np.where(_missing(rows, dates.end), start, end) if dates.end in moved else end
        if dates.clips:
            first, last = _number(shift.shown[0]), _number(shift.shown[1])
            closes, opens = _blind(shift)
            keep = (end >= first) & (start <= last) & ~((start >= closes) & (end < opens))
        else:
            keep = _held(start, shift) == start
    columns: list[pa.Array] = []
    for field in rows.schema:
        column = rows[field.name].combine_chunks()
        if field.name in moved:
            day = moved[field.name] if dates is None else _held(moved[field.name], shift)
            column = _rebuilt(column, day, day == moved[field.name])
        columns.append(column)
    return pa.table(columns, schema=rows.schema).filter(pa.array(keep))


def _held(days: Days, shift: DateShift) -> Days:
    """Days held inside what is shown, and after its blind time."""
    first, last = (_number(day) for day in shift.shown)
    closes, opens = _blind(shift)
    inside = np.clip(days, first, last)
    return np.where((inside >= closes) & (inside < opens), min(opens, last), inside)


def _blind(shift: DateShift) -> tuple[int, int]:
    if shift.blind is None:
        return 0, 0
    return (
        _number(shift.blind[0]) - shift.max_days,
        _number(shift.blind[1]) + shift.max_days,
    )


def _days(column: pa.ChunkedArray) -> Days:
    """Days since 1970 of dates or moments; 0 where there is none."""
    return (
        pc.fill_null(column.cast(pa.timestamp("us")).cast(pa.date32()).cast(pa.int32()), 0)
        .to_numpy()
        .astype(np.int64)
    )


def _missing(rows: pa.Table, column: str | None) -> npt.NDArray[np.bool_]:
    return np.asarray(rows[column].is_null().to_numpy())


def _rebuilt(column: pa.Array, days: Days, whole: npt.NDArray[np.bool_]) -> pa.Array:
    """``column`` on other days; a moment that was held at an edge is at midnight."""
    absent = column.is_null().to_numpy(zero_copy_only=False)
    if pa.types.is_date(column.type):
        return pa.array(days.astype(np.int32), mask=absent).cast(pa.date32()).cast(column.type)
    moments = pc.fill_null(column.cast(pa.timestamp("us")).cast(pa.int64()), 0).to_numpy()
    time = np.where(whole, moments % _DAY_MICROSECONDS, 0)
    return (
        pa.array(days * _DAY_MICROSECONDS + time, mask=absent)
        .cast(pa.timestamp("us"))
        .cast(column.type)
    )


def _number(day: datetime.date) -> int:
    return (day - datetime.date(1970, 1, 1)).days
