"""What was released of the residents, to whom and for what: by release and group, in counts only.

Nobody can be looked up here, and nothing is broken down so far that it could single somebody out:
a group is a whole cohort under its name, and how much of it left is a lower limit of one digit.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.db.models import DataRequest
from app.errors import PermissionDenied
from app.permissions import Actor, Permission, can
from app.services.duo import DUO_TERMS
from app.services.workflow import State
from cohorts.disclosure import DisclosureRule, least_count

READERS: Final = frozenset({Permission.SEE_CATALOGUE, Permission.READ_AUDIT})
NOT_STATED: Final = "not stated"


@dataclass(frozen=True)
class ReleasedGroup:
    """A group of people of a release that was delivered; ``records`` is a lower limit in words."""

    name: str
    tables: tuple[str, ...]
    projects: int
    purposes: tuple[str, ...]
    records: str
    until: date | None
    in_use: bool


@dataclass(frozen=True)
class ReleasedData:
    """What left one release: how many projects have or had data of it, for which purposes."""

    release: str
    projects: int
    in_use: int
    purposes: tuple[tuple[str, int], ...]
    groups: tuple[ReleasedGroup, ...]


def released(session: Session, actor: Actor, rule: DisclosureRule) -> list[ReleasedData]:
    """All that was delivered to anybody, by release.

    Raises:
        PermissionDenied: unless the actor sees the catalogue or reads the audit log.
    """
    if not any(can(actor, one) for one in READERS):
        raise PermissionDenied("Your account may not open this page.")
    query = (
        select(DataRequest)
        .where(DataRequest.extract.is_not(None))
        .options(selectinload(DataRequest.columns), selectinload(DataRequest.cohort_version))
        .order_by(DataRequest.release, DataRequest.id)
    )
    by_release: dict[str, list[DataRequest]] = defaultdict(list)
    for request in session.scalars(query):
        by_release[request.release].append(request)
    return [_of_release(name, requests, rule) for name, requests in by_release.items()]


def _of_release(name: str, requests: list[DataRequest], rule: DisclosureRule) -> ReleasedData:
    purposes: dict[str, set[int]] = defaultdict(set)
    groups: dict[str, list[DataRequest]] = defaultdict(list)
    for request in requests:
        purposes[_purpose(request)].add(request.project_id)
        groups[_group(request)].append(request)
    return ReleasedData(
        release=name,
        projects=len({request.project_id for request in requests}),
        in_use=len({request.project_id for request in requests if _in_use(request)}),
        purposes=tuple(sorted((purpose, len(found)) for purpose, found in purposes.items())),
        groups=tuple(_of_group(group, found, rule) for group, found in sorted(groups.items())),
    )


def _of_group(name: str, requests: list[DataRequest], rule: DisclosureRule) -> ReleasedGroup:
    largest = max(requests, key=_size)
    days = [request.end_date for request in requests if request.end_date is not None]
    return ReleasedGroup(
        name=name,
        tables=tuple(sorted({column.table_name for one in requests for column in one.columns})),
        projects=len({request.project_id for request in requests}),
        purposes=tuple(sorted({_purpose(request) for request in requests})),
        records=str(least_count(largest.extract_rows or 0, rule)),
        until=max(days, default=None),
        in_use=any(_in_use(request) for request in requests),
    )


def _size(request: DataRequest) -> int:
    return request.extract_rows or 0


def _group(request: DataRequest) -> str:
    version = request.cohort_version
    return version.cohort.name if version is not None else NOT_STATED


def _purpose(request: DataRequest) -> str:
    return DUO_TERMS.get(request.duo_code, NOT_STATED)


def _in_use(request: DataRequest) -> bool:
    return request.state == State.ACTIVE
