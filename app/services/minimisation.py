"""A request's columns and time beside what its definition and reasons need."""

from __future__ import annotations

import cohorts
from app.db.models import DataRequest
from cohorts.errors import DefinitionError
from cohorts.minimisation import Minimisation, weigh
from cohorts.model import CohortDefinition
from cohorts.selection import empty_columns
from cohorts.window import WHOLE_RECORD, TimeWindow
from deid.release import Release

WHOLE, ENTRY = "whole", "entry"


def window_of(request: DataRequest) -> TimeWindow | None:
    """The time window asked for; ``None`` while none is chosen."""
    if request.window_kind == WHOLE:
        return WHOLE_RECORD
    if request.window_kind == ENTRY:
        return TimeWindow(request.window_before, request.window_after)
    return None


def definition_of(request: DataRequest) -> CohortDefinition | None:
    """The cohort's definition; ``None`` without one, or if it cannot be read any more."""
    if request.cohort_version is None:
        return None
    try:
        return cohorts.load(request.cohort_version.expression)
    except DefinitionError:  # kept by an older version that knew less
        return None


def weigh_request(request: DataRequest, release: Release | None) -> Minimisation:
    """What is asked for, weighed; the release tells which columns hold nothing at all."""
    asked: dict[str, list[str]] = {}
    for column in request.columns:
        asked.setdefault(column.table_name, []).append(column.column_name)
    return weigh(
        asked,
        {column.table_name: column.reason for column in request.columns},
        own_reasons={(c.table_name, c.column_name): c.own_reason for c in request.columns},
        definition=definition_of(request),
        window=window_of(request),
        empty=empty_columns(release) if release else (),
        rows_of=request.row_limits,
    )
