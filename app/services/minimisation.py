"""A request's columns and time beside what its definition and reasons need."""

from __future__ import annotations

import cohorts
from app.db.models import DataRequest
from cohorts.errors import DefinitionError
from cohorts.minimisation import Minimisation, weigh
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


def weigh_request(request: DataRequest, release: Release | None) -> Minimisation:
    """What is asked for, weighed; the release tells which columns hold nothing at all."""
    asked: dict[str, list[str]] = {}
    for column in request.columns:
        asked.setdefault(column.table_name, []).append(column.column_name)
    definition = None
    if request.cohort_version is not None:
        try:
            definition = cohorts.load(request.cohort_version.expression)
        except DefinitionError:  # kept by an older version that knew less
            definition = None
    return weigh(
        asked,
        {column.table_name: column.reason for column in request.columns},
        own_reasons={(c.table_name, c.column_name): c.own_reason for c in request.columns},
        definition=definition,
        window=window_of(request),
        empty=empty_columns(release) if release else (),
    )
