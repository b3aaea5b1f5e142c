"""The steward's side of results: the queue, the files with what the check found, the decision."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import OutputDecision, OutputFile, OutputRequest, Project
from app.db.types import utc_now
from app.errors import BadInput, NotFound, PermissionDenied, TransitionRefused
from app.permissions import Actor, Permission, check_permission
from app.services.listing import Asked, Listed, listed
from app.services.notices import OUTPUTS, notify
from app.services.outputs import (
    RESULTS,
    STATE_LABELS,
    OutputState,
    check_open,
    content_of,
    file_of,
    get_output,
    held_back_of,
    locked_output,
    may_decide_output,
    move,
    reports_of,
)
from cohorts.outputs.accepted import Kind, readable_text
from cohorts.outputs.report import FileReport, Level, worst
from cohorts.outputs.tables import Table, parse_table


@dataclass(frozen=True)
class Viewed:
    """A file as a steward sees it: with its table or its text."""

    file: OutputFile
    report: FileReport
    table: Table | None
    text: str | None

    def marked(self, row: int, column: int) -> str:
        """The gravest finding at a cell: ``fail``, ``review`` or empty."""
        levels = [f.level for f in self.report.findings if (row, column) in f.cells]
        return worst(levels).value if levels else ""


def has_decided(actor: Actor, request: OutputRequest) -> bool:
    """Whether the actor has said yes or no already."""
    return any(decision.reviewer_id == actor.user_id for decision in request.decisions)


def output_queue(session: Session, actor: Actor) -> list[OutputRequest]:
    """Requests for results that wait for the actor's decision, oldest first.

    Raises:
        PermissionDenied: unless the actor decides on results.
    """
    check_permission(actor, Permission.CHECK_OUTPUTS)
    query = (
        select(OutputRequest)
        .where(OutputRequest.state == OutputState.SUBMITTED)
        .order_by(OutputRequest.created_at)
    )
    return [
        request
        for request in session.scalars(query)
        if may_decide_output(actor, request) and not has_decided(actor, request)
    ]


def decided_outputs(session: Session, actor: Actor, asked: Asked) -> Listed[OutputRequest]:
    """A page of the requests for results that were decided.

    Raises:
        PermissionDenied: unless the actor decides on results.
    """
    check_permission(actor, Permission.CHECK_OUTPUTS)
    query = select(OutputRequest).join(Project).where(OutputRequest.state != OutputState.SUBMITTED)
    return listed(session, query, RESULTS, asked)


def view_files(actor: Actor, request: OutputRequest) -> list[Viewed]:
    """The files with their content, for who decides; whoever asked has to wait for the decision.

    Raises:
        PermissionDenied: unless the actor may decide on it.
    """
    if not may_decide_output(actor, request):
        raise PermissionDenied("The files are seen by the steward who decides.")
    viewed = []
    for file, report in reports_of(request):
        kind = Kind(report.kind)
        table = parse_table(file.name, content_of(file)) if kind is Kind.TABLE else None
        text = (
            readable_text(file.name, content_of(file))
            if kind not in {Kind.TABLE, Kind.PICTURE}
            else None
        )
        viewed.append(Viewed(file, report, table, text))
    return viewed


def view_picture(session: Session, actor: Actor, output_id: int, file_id: int) -> bytes:
    """A picture, for who decides.

    Raises:
        NotFound: if there is no such picture, or the actor may not decide on it.
    """
    request = get_output(session, actor, output_id)
    file = file_of(request, file_id)
    if not may_decide_output(actor, request) or file.report["kind"] != Kind.PICTURE:
        raise NotFound("There is no such picture.")
    return content_of(file)


def decide(
    session: Session,
    actor: Actor,
    output_id: int,
    version: int,
    decision: str,
    reason: str,
    approvals: int = 1,
    held_back: Collection[int] = (),
) -> OutputRequest:
    """Approve or reject. The first rejection decides; ``approvals`` stewards have to approve.

    ``held_back`` are files that do not leave though the others do; each steward may name some.

    Raises:
        NotFound: if it is not the actor's to see.
        PermissionDenied: if the actor asked, belongs to the project, or is no steward.
        TransitionRefused: if it was decided or withdrawn meanwhile, or the actor has decided.
        BadInput: without a reason where one is needed: to reject, to hold a file back, and to let
            one leave against the check; or if every file is held back.
    """
    request = locked_output(session, actor, output_id)
    if not may_decide_output(actor, request):
        raise PermissionDenied("A steward who does not belong to the project decides.")
    check_open(request, version)
    if has_decided(actor, request):
        raise TransitionRefused("You have decided; another steward has to agree.")
    if decision not in {"approve", "reject"}:
        raise BadInput("Approve or reject.")
    held = sorted(file_of(request, file_id).id for file_id in set(held_back))
    if decision == "reject":
        held = []
    elif len(held) == len(request.files):
        raise BadInput("You hold every file back: reject the request, and say why.")
    leaving = [report.outcome for file, report in reports_of(request) if file.id not in held]
    outcome = worst(leaving)
    if not reason.strip() and (decision == "reject" or held or outcome is Level.FAIL):
        raise BadInput(
            "Give a reason: the project will read it."
            if decision == "reject" or held
            else "The check found something. Say why the results may leave all the same."
        )
    assert actor.user_id is not None
    session.add(
        OutputDecision(
            request_id=request.id,
            reviewer_id=actor.user_id,
            decision=decision,
            reason=reason.strip(),
            held_back=held,
        )
    )
    session.flush()
    session.refresh(request, ["decisions"])
    action = _settle(session, request, decision, approvals)
    session.flush()
    detail = {
        "files": {file.name: file.sha256 for file in request.files if file.id not in held},
        "held_back": [file.name for file in request.files if file.id in held],
        "check": outcome.value,
    }
    record(session, actor, AuditEvent(f"output.{action}", "output", request.id, detail))
    return request


def _settle(session: Session, request: OutputRequest, decision: str, approvals: int) -> str:
    """Move the request if enough was decided; gives the word for the audit log."""
    if decision == "approve" and len(request.decisions) < approvals:
        request.changed_at = utc_now()
        return "agreed"
    leave = decision == "approve" and len(held_back_of(request)) < len(request.files)
    target = OutputState.APPROVED if leave else OutputState.REJECTED
    move(request, target)
    text = f"Results {request.id}, {request.title}: {STATE_LABELS[target].casefold()}."
    notify(session, [request.requester_id], OUTPUTS, text, f"/outputs/{request.id}")
    return target.value
