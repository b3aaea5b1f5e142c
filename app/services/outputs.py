"""Results leave a workspace by a request: a member asks, a steward outside the project decides.

A parcel of the outbox says nothing of who wrote it: the lab has no account. Whoever signs in as a
member and sends it on is the requester. What was checked is kept with its bytes in append-only
rows, so what a steward saw is what leaves, and only the requester gets it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import (
    OutputFile,
    OutputRequest,
    Project,
)
from app.db.types import utc_now
from app.errors import BadInput, NotFound, PermissionDenied, TransitionRefused
from app.permissions import Actor, Permission, can, check_permission
from app.services.listing import Asked, Columns, Listed, anywhere, listed
from app.services.notices import OUTPUTS, notify, who_may
from app.services.projects import get_project, is_member, projects_of
from cohorts.disclosure import DisclosureRule
from cohorts.errors import OutputRefused
from cohorts.outputs.accepted import Kind, check_file
from cohorts.outputs.parcel import (
    ParcelFile,
    check_amount,
)
from cohorts.outputs.report import FileReport, worst
from cohorts.outputs.sending import NOTE_MINIMUM
from cohorts.outputs.tables import Table, parse_table

EARLIER_REQUESTS = 20
"""With how many of a project's earlier releases a new table is compared."""


class OutputState(StrEnum):
    """Life of a request for results."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


STATE_LABELS: Mapping[OutputState, str] = {
    OutputState.SUBMITTED: "Waits for a steward",
    OutputState.APPROVED: "May leave",
    OutputState.REJECTED: "Does not leave",
    OutputState.WITHDRAWN: "Withdrawn",
}


def can_see_output(actor: Actor, request: OutputRequest) -> bool:
    """Members of the project, and who decides on results."""
    return is_member(request.project, actor) or can(actor, Permission.CHECK_OUTPUTS)


def may_decide_output(actor: Actor, request: OutputRequest) -> bool:
    """A steward who neither asked nor belongs to the project."""
    inside = is_member(request.project, actor) or actor.user_id == request.requester_id
    return can(actor, Permission.CHECK_OUTPUTS) and not inside


def may_take(actor: Actor, request: OutputRequest) -> bool:
    """Whether the actor may take the files: who asked, once it is approved."""
    approved = OutputState(request.state) is OutputState.APPROVED
    return approved and actor.user_id == request.requester_id


def check_files(
    session: Session, project_id: int, files: Sequence[ParcelFile], rule: DisclosureRule
) -> list[FileReport]:
    """Check files, also against the tables of the project that have left.

    Raises:
        OutputRefused: naming a file that does not leave in this form.
    """
    check_amount([(file.name, len(file.content)) for file in files])
    earlier = _tables_that_left(session, project_id)
    return [check_file(file.name, file.content, rule, earlier, file.acro) for file in files]


def submit(
    session: Session,
    actor: Actor,
    project_id: int,
    title: str,
    note: str,
    files: Sequence[ParcelFile],
    rule: DisclosureRule,
    extract: str = "",
    parcel: str | None = None,
) -> OutputRequest:
    """Ask that files leave the project's workspace.

    Raises:
        NotFound: if the project is not the actor's.
        PermissionDenied: unless the actor may ask for data.
        BadInput: if title or note say too little.
        OutputRefused: naming a file that does not leave in this form.
        TransitionRefused: if the parcel was sent on already.
    """
    check_permission(actor, Permission.REQUEST_DATA)
    project = own_project(session, actor, project_id)
    assert actor.user_id is not None
    title, note = (text.replace("\0", "") for text in (title, note))  # no database keeps it
    check_words(title, note)
    reports = check_files(session, project.id, files, rule)
    if parcel is not None and _was_sent(session, project.id, parcel):
        raise TransitionRefused("This parcel was sent on already.")
    request = OutputRequest(
        project_id=project.id,
        requester_id=actor.user_id,
        title=title.strip()[:200],
        note=note.strip(),
        extract=extract[:80],
        parcel=parcel,
        state=OutputState.SUBMITTED,
    )
    session.add(request)
    try:
        session.flush()
    except IntegrityError:  # somebody else sent it on at the same moment
        raise TransitionRefused("This parcel was sent on already.") from None
    for file, report in zip(files, reports, strict=True):
        session.add(
            OutputFile(
                request_id=request.id,
                name=file.name,
                sha256=report.sha256,
                report=report.to_dict(),
                content=file.content,
            )
        )
    session.flush()
    session.refresh(request, ["files", "project", "requester"])
    _tell_stewards(session, actor, request)
    detail = {
        "files": {report.name: report.sha256 for report in reports},
        "check": worst([report.outcome for report in reports]).value,
    }
    record(session, actor, AuditEvent("output.submitted", "output", request.id, detail))
    return request


def check_words(title: str, note: str) -> None:
    """Refuse a title or note that says too little.

    Raises:
        BadInput: with what to write.
    """
    if not title.strip():
        raise BadInput("Give the results a title.")
    if len(note.strip()) < NOTE_MINIMUM:
        raise BadInput(
            f"Say in {NOTE_MINIMUM} characters or more what the files show and where they go."
        )


def get_output(session: Session, actor: Actor, output_id: int) -> OutputRequest:
    """A request for results that the actor may see.

    Raises:
        NotFound: if there is none, or it is not theirs to see.
    """
    request = session.get(OutputRequest, output_id)
    if request is None or not can_see_output(actor, request):
        raise NotFound("There is no such request.")
    return request


RESULTS: Final = Columns(
    {
        "title": func.lower(OutputRequest.title),
        "state": OutputRequest.state,
        "changed": OutputRequest.changed_at,
    },
    anywhere(OutputRequest.title, Project.title),
    "-changed",
    OutputRequest.id,
)


def find_outputs(session: Session, actor: Actor, asked: Asked) -> Listed[OutputRequest]:
    """A page of the requests for results of the actor's projects, found by words of titles."""
    mine = OutputRequest.project_id.in_(projects_of(actor))
    query = select(OutputRequest).join(Project).where(mine)
    return listed(session, query, RESULTS, asked)


def reports_of(request: OutputRequest) -> list[tuple[OutputFile, FileReport]]:
    """The files of a request with what the check found, without their content."""
    return [(file, FileReport.from_dict(file.report)) for file in request.files]


def withdraw(session: Session, actor: Actor, output_id: int, version: int) -> OutputRequest:
    """Take a request back before it is decided.

    Raises:
        NotFound, TransitionRefused: as :func:`decide`.
        PermissionDenied: unless the actor belongs to the project.
    """
    request = locked_output(session, actor, output_id)
    if not is_member(request.project, actor):
        raise PermissionDenied("Members of the project withdraw its request.")
    check_open(request, version)
    move(request, OutputState.WITHDRAWN)
    session.flush()
    record(session, actor, AuditEvent("output.withdrawn", "output", request.id))
    return request


def take(session: Session, actor: Actor, output_id: int, file_id: int) -> tuple[OutputFile, bytes]:
    """A file that may leave, for who asked; each taking is recorded.

    Raises:
        NotFound: if it is not the actor's to see.
        PermissionDenied: unless the actor asked and it is approved.
    """
    request = get_output(session, actor, output_id)
    file = file_of(request, file_id)
    if not may_take(actor, request):
        raise PermissionDenied("Who asked for the results may take them once they are approved.")
    if not any(decision.decision == "approve" for decision in request.decisions):
        raise PermissionDenied("No decision lets these results leave.")
    if file.id in held_back_of(request):
        raise PermissionDenied("This file is held back; the decision says why.")
    content = content_of(file)
    detail = {"file": file.name, "sha256": file.sha256}
    record(session, actor, AuditEvent("output.taken", "output", request.id, detail))
    return file, content


def held_back_of(request: OutputRequest) -> frozenset[int]:
    """The files that any decision holds back, though others of the request may leave."""
    return frozenset(number for one in request.decisions for number in one.held_back)


def own_project(session: Session, actor: Actor, project_id: int) -> Project:
    """A project that the actor belongs to.

    Raises:
        NotFound: otherwise.
    """
    project = get_project(session, actor, project_id)
    if not is_member(project, actor):
        raise NotFound("There is no such project.")
    return project


def _was_sent(session: Session, project_id: int, parcel: str) -> bool:
    query = select(OutputRequest.id).where(
        OutputRequest.project_id == project_id, OutputRequest.parcel == parcel
    )
    return session.scalar(query) is not None


def locked_output(session: Session, actor: Actor, output_id: int) -> OutputRequest:
    """A request that the actor may see, read anew and locked until the transaction ends.

    Raises:
        NotFound: if there is none, or it is not theirs to see.
    """
    query = select(OutputRequest).where(OutputRequest.id == output_id)
    request = session.scalar(
        query.with_for_update(of=OutputRequest).execution_options(populate_existing=True)
    )
    if request is None or not can_see_output(actor, request):
        raise NotFound("There is no such request.")
    return request


def check_open(request: OutputRequest, version: int) -> None:
    """Refuse what was decided on an older state.

    Raises:
        TransitionRefused: if it was decided, withdrawn or changed meanwhile.
    """
    if request.version != version or OutputState(request.state) is not OutputState.SUBMITTED:
        raise TransitionRefused("This was decided or withdrawn meanwhile; here is how it stands.")


def move(request: OutputRequest, state: OutputState) -> None:
    """Put a request into another state: the next version, and the time."""
    request.state = state
    request.version += 1
    request.changed_at = utc_now()


def file_of(request: OutputRequest, file_id: int) -> OutputFile:
    """One file of a request.

    Raises:
        NotFound: if it has no such file.
    """
    for file in request.files:
        if file.id == file_id:
            return file
    raise NotFound("There is no such file.")


def content_of(file: OutputFile) -> bytes:
    """The bytes that were judged; a file changed behind the portal is not given out.

    Raises:
        OutputRefused: if they are not what was recorded.
    """
    content = file.content
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise OutputRefused(f"{file.name}: not the file that was checked")
    return content


def _tables_that_left(session: Session, project_id: int) -> list[tuple[str, Table]]:
    requests = session.scalars(
        select(OutputRequest)
        .where(
            OutputRequest.project_id == project_id,
            OutputRequest.state == OutputState.APPROVED,
        )
        .order_by(OutputRequest.changed_at.desc())
        .limit(EARLIER_REQUESTS)
    )
    return [
        (f"{file.name} of results {request.id}", parse_table(file.name, file.content))
        for request in requests
        for file in request.files
        if file.report["kind"] == Kind.TABLE and file.id not in held_back_of(request)
    ]


def _tell_stewards(session: Session, actor: Actor, request: OutputRequest) -> None:
    members = {member.user_id for member in request.project.members}
    stewards = who_may(session, Permission.CHECK_OUTPUTS) - members - {actor.user_id}
    text = f"Results {request.id}, {request.title}, wait for a check."
    notify(session, stewards, OUTPUTS, text, f"/outputs/{request.id}")
