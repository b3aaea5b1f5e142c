"""New or other data for a delivered request: a draft that continues it, and making it again."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import DataRequest, Job, RequestColumn, RequestPerson
from app.errors import BadInput, PermissionDenied, TransitionRefused
from app.permissions import Actor, Permission, can
from app.services.projects import is_member
from app.services.request_history import request_event
from app.services.requests import get_request, locked_request
from app.services.transitions import REPEAT_JOB
from app.services.workflow import State
from deid.errors import ReleaseError
from deid.release import Release, has_the_same_ids, is_continued, list_releases, open_release

KEEP, REPLACE = "keep", "replace"
_COPIED = (
    "purpose",
    "duo_code",
    "ethics_number",
    "ethics_body",
    "ethics_expires",
    "ethics_document_id",
    "place_of_work",
    "use_traits",
    "planned_outputs",
    "cohort_version_id",
    "end_date",
    "window_kind",
    "window_before",
    "window_after",
    "window_reason",
    "row_limits",
)


def newer_releases(actor: Actor, request: DataRequest, release_root: Path) -> list[Release]:
    """Releases that continue the one that was delivered, for whoever may ask for their data."""
    if not can_amend(actor, request):
        return []
    return [
        release
        for release in list_releases(release_root)
        if is_continued(release_root, release, request.release)
    ]


def can_amend(actor: Actor, request: DataRequest) -> bool:
    """Members ask for other data of what was delivered; that stays open meanwhile."""
    return State(request.state) is State.ACTIVE and _asks(actor, request)


def begin_update(
    session: Session,
    actor: Actor,
    request_id: int,
    release_name: str,
    earlier: str,
    release_root: Path,
) -> DataRequest:
    """A draft for the data of a newer release, or an amendment for other data of the same one.

    All is as it was, and will be delivered with the same pseudonyms.
    ``earlier`` says whether the earlier delivery is then kept or replaced. The draft is submitted,
    reviewed and approved like any other.

    Raises:
        NotFound: if the request is not the actor's to see.
        PermissionDenied: unless the actor belongs to the project.
        TransitionRefused: if nothing was delivered that could be continued.
        BadInput: if the release does not continue the one that was delivered.
    """
    request = get_request(session, actor, request_id)
    if not _asks(actor, request) or actor.user_id is None:
        raise PermissionDenied("Only members of the project ask for its data.")
    if State(request.state) is not State.ACTIVE:
        raise TransitionRefused("There is no delivery that could be continued.")
    if earlier not in {KEEP, REPLACE}:
        raise BadInput("Say whether the earlier delivery is kept or replaced.")
    try:
        release = open_release(release_root, release_name)
    except ReleaseError:
        raise BadInput("Choose a published release.") from None
    if not has_the_same_ids(release_root, release, request.release):
        raise BadInput(
            f"Release {release_name} does not continue {request.release}: its people have other "
            "ids and dates."
        )
    of = "amended" if release.name == request.release else f"data of {release.name}"
    draft = DataRequest(
        project_id=request.project_id,
        requester_id=actor.user_id,
        title=f"{request.title} ({of})"[:200],
        state=State.DRAFT,
        release=release.name,
        continues_id=request.id,
        earlier=earlier,
        **{name: getattr(request, name) for name in _COPIED},
        people=[RequestPerson(name=p.name, affiliation=p.affiliation) for p in request.people],
        columns=[
            RequestColumn(
                table_name=column.table_name,
                column_name=column.column_name,
                reason=column.reason,
                own_reason=column.own_reason,
            )
            for column in request.columns
        ],
    )
    session.add(draft)
    session.flush()
    detail = {"continues": request.id, "earlier": earlier}
    record(session, actor, AuditEvent("request.created", "request", draft.id, detail))
    return draft


def can_repeat(actor: Actor, request: DataRequest) -> bool:
    """Members and stewards may have a delivery made again, to see that it is the same."""
    inside = is_member(request.project, actor) and can(actor, Permission.REQUEST_DATA)
    return State(request.state) is State.ACTIVE and (
        inside or can(actor, Permission.REVIEW_REQUESTS)
    )


def ask_repeat(session: Session, actor: Actor, request_id: int) -> None:
    """Queue the job that makes the extract again and compares every file; once at a time.

    Raises:
        NotFound: if the request is not the actor's to see.
        TransitionRefused: if there is no extract, or it is being made again already.
    """
    request = locked_request(session, actor, request_id)
    if not can_repeat(actor, request):
        raise TransitionRefused("There is no delivery that could be made again.")
    waiting = session.scalars(
        select(Job).where(Job.kind == REPEAT_JOB, Job.state.in_(("queued", "running")))
    )
    if any(job.payload.get("request") == request.id for job in waiting):
        raise TransitionRefused("It is being made again already; the history will say the result.")
    session.add(Job(kind=REPEAT_JOB, payload={"request": request.id}))
    session.add(request_event(request, actor, "ask_repeat"))
    session.flush()
    record(session, actor, AuditEvent("extract.repeat_asked", "request", request.id))


def _asks(actor: Actor, request: DataRequest) -> bool:
    return is_member(request.project, actor) and can(actor, Permission.REQUEST_DATA)
