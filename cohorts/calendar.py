"""Limits on calendar dates, judged on true dates though a release's dates are shifted.

A release moves all dates of a person by a secret number of days. Windows between events stay true,
but "from 1 January 2019" does not. Whoever knows the days (the worker; never the portal) judges
such a definition on the dates moved back, and delivers the dates as released.

That tells something: a person whose shown day lies a year after the limit was shifted by a year.
:func:`fitting_shifts` therefore counts for each person which of all possible shifts would have
given the very same delivery; who would have too few is not delivered. A ``CensorWindow`` decides
who is in, and cuts no period: a cut day is a true day, and would tell the shift exactly.
"""

from __future__ import annotations

import datetime
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cohorts.checks import find_calendar_limits
from cohorts.engines.duckdb import run
from cohorts.model import CohortDefinition, load
from cohorts.result import COHORT_SCHEMA, CohortResult
from deid.release import Release

Ids = npt.NDArray[np.int64]
Days = npt.NDArray[np.int64]

_COPIES = "cc_copies"
COPIES_AT_ONCE: Final = 200_000
"""Copies of people that are tried in one run, which bounds its memory."""


def has_calendar_limits(definition: CohortDefinition) -> bool:
    """Whether a definition says anything of calendar dates."""
    return any(True for _ in find_calendar_limits(definition))


@dataclass(frozen=True)
class MovedBack:
    """A release whose dates are moved back; one entry for each copy of a person.

    ``ids`` are what the copies are called, so that one run can try many shifts of one person. The
    year of birth goes along, as of somebody born in the middle of the year.
    """

    release: Release
    people: Ids = field(repr=False)
    days: Days = field(repr=False)
    ids: Ids = field(repr=False)

    @property
    def name(self) -> str:
        """The release's name."""
        return self.release.name

    def connect(self) -> duckdb.DuckDBPyConnection:
        """The release's views, with these people alone and their dates moved back."""
        connection = self.release.connect()
        copies = pa.table({"person_id": self.people, "days": self.days, "copy": self.ids})
        connection.register(f"{_COPIES}_arrow", copies)
        connection.execute(f"CREATE TEMP TABLE {_COPIES} AS FROM {_COPIES}_arrow")
        for table in self.release.tables:
            columns = dict(self.release.manifest.tables[table].columns)
            if "person_id" not in columns:
                continue
            moved = ", ".join(['d.copy AS "person_id"', *_moved_columns(columns)])
            connection.execute(f'ALTER VIEW "{table}" RENAME TO "cc_shown_{table}"')
            connection.execute(
                f'CREATE VIEW "{table}" AS SELECT t.* REPLACE ({moved}) '
                f'FROM "cc_shown_{table}" t JOIN {_COPIES} d ON d.person_id = t.person_id'
            )
        return connection


@dataclass(frozen=True)
class CalendarResult:
    """A cohort judged on true dates, with dates as released.

    ``result`` has only people of whom at least ``least`` of the ``possible`` shifts fit; ``fewest``
    is the smallest number among them. ``left_out`` is how many others there were.
    """

    result: CohortResult
    possible: int
    least: int
    fewest: int
    left_out: int


def run_on_true_dates(
    definition: CohortDefinition,
    release: Release,
    people: Ids,
    days: Days,
    possible: Sequence[int],
    least: int,
    cancel: threading.Event | None = None,
) -> CalendarResult:
    """Judge a definition on true dates; ``people`` (all of the release) were shifted by ``days``.

    ``possible`` are all shifts in days that somebody could have had.

    Raises:
        QueryTimeout, QueryCancelled, EngineError: as :func:`cohorts.engines.duckdb.run`.
    """
    bare, window = _without_censor_window(definition)
    true = run(bare, MovedBack(release, people, days, people), cancel=cancel)
    rows = _inside(true.rows, window)
    own = days[np.searchsorted(people, _numbers(rows["subject_id"]))]
    shown = _moved_rows(rows, own)
    found = np.unique(_numbers(shown["subject_id"]))
    fits = fitting_shifts(bare, window, release, shown, possible, cancel)
    kept = found[fits >= least]
    chosen = shown.filter(pc.is_in(shown["subject_id"], value_set=pa.array(kept, pa.int64())))
    return CalendarResult(
        result=replace(true, rows=chosen, definition_sha256=definition.sha256),
        possible=len(possible),
        least=least,
        fewest=int(fits[fits >= least].min()) if len(kept) else 0,
        left_out=len(found) - len(kept),
    )


def fitting_shifts(
    bare: CohortDefinition,
    window: tuple[datetime.date, datetime.date],
    release: Release,
    shown: pa.Table,
    possible: Sequence[int],
    cancel: threading.Event | None = None,
) -> npt.NDArray[np.int64]:
    """For each person of ``shown``, ascending, how many possible shifts give the same periods."""
    people = np.unique(_numbers(shown["subject_id"]))
    expected = _by_person(shown)
    fits = np.zeros(len(people), dtype=np.int64)
    if not len(people):
        return fits
    at_once = max(1, COPIES_AT_ONCE // len(people))
    for start in range(0, len(possible), at_once):
        shifts = np.asarray(possible[start : start + at_once], dtype=np.int64)
        days = np.repeat(shifts, len(people))
        copies = np.arange(len(days))
        source = MovedBack(release, np.tile(people, len(shifts)), days, copies)
        rows = _inside(run(bare, source, cancel=cancel).rows, window)
        found = _by_person(_moved_rows(rows, days[_numbers(rows["subject_id"])]))
        for copy, periods in found.items():
            place = copy % len(people)
            fits[place] += periods == expected[int(people[place])]
    return fits


def _moved_columns(columns: Mapping[str, str]) -> Iterator[str]:
    days = "d.days::INTEGER"
    for name, kind in columns.items():
        if kind.startswith("date32"):
            yield f't."{name}" - {days} AS "{name}"'
        elif kind.startswith("timestamp"):
            yield f't."{name}" - to_days({days}) AS "{name}"'
        elif name == "year_of_birth":
            born = f'make_date(t."{name}"::INTEGER, 7, 1) - {days}'
            yield f'year({born})::BIGINT AS "{name}"'


def _without_censor_window(
    definition: CohortDefinition,
) -> tuple[CohortDefinition, tuple[datetime.date, datetime.date]]:
    """The definition without its window of calendar dates, and that window, open where it is."""
    document: dict[str, Any] = json.loads(definition.source.decode("utf-8-sig"))
    expression = document if "PrimaryCriteria" in document else document["expression"]
    if isinstance(expression, str):
        document = expression = json.loads(expression)
    window = expression.pop("CensorWindow", None) or {}
    first, last = (str(window.get(name) or "")[:10] for name in ("StartDate", "EndDate"))
    return load(json.dumps(document)), (
        datetime.date.fromisoformat(first) if first else datetime.date.min,
        datetime.date.fromisoformat(last) if last else datetime.date.max,
    )


def _inside(rows: pa.Table, window: tuple[datetime.date, datetime.date]) -> pa.Table:
    """Periods that have a day in the window, uncut."""
    return rows.filter(
        pc.and_(
            pc.less_equal(rows["cohort_start_date"], pa.scalar(window[1], pa.date32())),
            pc.greater_equal(rows["cohort_end_date"], pa.scalar(window[0], pa.date32())),
        )
    )


def _moved_rows(rows: pa.Table, days: Days) -> pa.Table:
    """Cohort rows with ``days`` added, one number a row; sorted by all columns."""
    columns = {"subject_id": rows["subject_id"]}
    for name in ("cohort_start_date", "cohort_end_date"):
        moved = rows[name].cast(pa.int32()).to_numpy() + days
        columns[name] = pa.array(moved.astype(np.int32)).cast(pa.date32())
    table = pa.table(columns, schema=COHORT_SCHEMA)
    return table.sort_by([(name, "ascending") for name in COHORT_SCHEMA.names])


def _numbers(column: pa.ChunkedArray) -> Ids:
    return np.asarray(column.to_numpy(), dtype=np.int64)


def _by_person(rows: pa.Table) -> dict[int, list[tuple[object, object]]]:
    found: dict[int, list[tuple[object, object]]] = {}
    for person, start, end in zip(
        *(rows[name].to_pylist() for name in rows.column_names), strict=True
    ):
        found.setdefault(person, []).append((start, end))
    return found
