"""An approved extract as the database says it: everything that matters is read again there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import cohorts
from app.db.models import DataRequest, ReviewDecision
from app.services.minimisation import window_of
from app.services.projects import PROJECT_CODE
from app.services.transitions import extract_name
from app.services.workflow import State
from app.worker.workshop import JobRefused
from cohorts.window import WHOLE_RECORD, TimeWindow


@dataclass(frozen=True)
class Order:
    """What is to be delivered; ``continues`` is the extract that this one brings up to date."""

    request_id: int
    project: str
    extract: str
    release: str
    expression: str
    columns: dict[str, list[str]]
    title: str
    purpose: str
    ethics_number: str
    end_date: date
    window: TimeWindow
    rows_of: dict[str, list[int]]
    continues: str = ""


def claimed_order(session: Session, request: DataRequest, payload: dict[str, Any]) -> Order:
    """The order of an extract job, if its payload says what the database says.

    Raises:
        JobRefused: if it does not, or the approval does not hold.
    """
    if State(request.state) not in {State.APPROVED, State.PROVISIONING}:
        raise JobRefused("the request is not approved")
    order = order_of(session, request)
    claimed = {
        "request": request.id,
        "project": order.project,
        "extract": order.extract,
        "release": order.release,
        "cohort_sha256": cohorts.load(order.expression).sha256,
    }
    if payload != claimed:
        raise JobRefused("the job does not say what the request says")
    return order


def order_of(session: Session, request: DataRequest) -> Order:
    """The order of a request that was approved.

    Raises:
        JobRefused: if its approval does not hold, or something is missing.
    """
    if not PROJECT_CODE.fullmatch(request.project.code):
        raise JobRefused("the project's code cannot name a folder")
    _check_approval(session, request)
    version = request.cohort_version
    if version is None or request.end_date is None:
        raise JobRefused("the request names no cohort or no end date")
    columns: dict[str, list[str]] = {}
    for column in request.columns:
        columns.setdefault(column.table_name, []).append(column.column_name)
    return Order(
        request_id=request.id,
        project=request.project.code,
        extract=extract_name(request),
        release=request.release,
        expression=version.expression,
        columns=columns,
        title=request.title,
        purpose=request.purpose,
        ethics_number=request.ethics_number,
        end_date=request.end_date,
        # A request of before windows were asked for was approved for the whole record.
        window=window_of(request) or WHOLE_RECORD,
        rows_of=dict(request.row_limits),
        continues=_continued(request),
    )


def _continued(request: DataRequest) -> str:
    earlier = request.continues
    if earlier is None:
        return ""
    if earlier.project_id != request.project_id or not earlier.extract:
        raise JobRefused("the delivery that this one continues is not one of the project's")
    # Notes come with the dates of the release: beside the same ids they would tell the shift that
    # the earlier delivery has. The portal's form says so; the worker does not rely on it.
    if _has_notes(request) and not _has_notes(earlier):
        raise JobRefused("a delivery that continues one without notes cannot have them")
    return earlier.extract


def _has_notes(request: DataRequest) -> bool:
    return any(column.table_name == "note" for column in request.columns)


def _check_approval(session: Session, request: DataRequest) -> None:
    query = select(ReviewDecision).where(ReviewDecision.request_id == request.id)
    decisions = list(session.scalars(query.order_by(ReviewDecision.id)))
    if not decisions or decisions[-1].decision != "approve":
        raise JobRefused("the newest decision on the request is not an approval")
    last = [one for one in decisions if one.round == decisions[-1].round]
    approvers = {one.reviewer_id for one in last if one.decision == "approve"}
    inside = {member.user_id for member in request.project.members} | {request.requester_id}
    if approvers & inside:
        raise JobRefused("the request was approved by somebody of its own project")
    if len(approvers) < request.approvals or any(one.decision == "reject" for one in last):
        raise JobRefused("not as many stewards as the policy asks for have approved the request")
