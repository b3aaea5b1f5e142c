"""Results on their way out of a workspace: parcels, requests, the steward's check, the files."""

from __future__ import annotations

import io
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.db.models import OutputRequest
from app.errors import BadInput
from app.permissions import Actor, Permission, can
from app.portal.access import page
from app.portal.freshness import fresh
from app.portal.paging import asked, table
from app.portal.sign_in import signed_in_actor
from app.portal.signed_links import by_signed_link
from app.portal.wiring import wiring
from app.services import outbox, output_decisions
from app.services import outputs as output_service
from app.services.outputs import STATE_LABELS, OutputState
from app.services.projects import list_projects
from cohorts.errors import OutputRefused
from cohorts.outputs.accepted import accepted_extensions, media_type, most_bytes
from cohorts.outputs.parcel import ParcelFile
from cohorts.outputs.report import Level

_AFTER_DECISION = {
    OutputState.SUBMITTED: "You let them leave; another steward has to agree.",
    OutputState.APPROVED: "The results may leave. Who asked for them is told.",
    OutputState.REJECTED: "The results stay where they are. Who asked for them is told why.",
}

blueprint = Blueprint("outputs", __name__, url_prefix="/outputs")

EITHER_SIDE = frozenset({Permission.REQUEST_DATA, Permission.CHECK_OUTPUTS})
LEVEL_LABELS = {
    Level.PASS: "Nothing found",
    Level.REVIEW: "To look at",
    Level.FAIL: "Check failed",
}
# A file that somebody sent is shown and given out with no rights at all.
_NO_RIGHTS = "default-src 'none'; sandbox"


@page(blueprint, "/", EITHER_SIDE)
def index() -> str:
    """What waits in the outbox, what was asked for, and what waits for the steward."""
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        asking = can(actor, Permission.REQUEST_DATA)
        checking = can(actor, Permission.CHECK_OUTPUTS)
        return _render(
            "outputs/index.html",
            asking=asking,
            checking=checking,
            parcels=_waiting(session, actor) if asking else [],
            mine=table(output_service.find_outputs(session, actor, asked())) if asking else None,
            queue=output_decisions.output_queue(session, actor) if checking else [],
            decided=table(output_decisions.decided_outputs(session, actor, asked()))
            if checking
            else None,
        )


@page(blueprint, "/new", Permission.REQUEST_DATA)
def new() -> str:
    """A form for files from elsewhere."""
    with wiring().database.reading() as session:
        return _upload_form(session, signed_in_actor())


@page(blueprint, "/new", Permission.REQUEST_DATA, methods=("POST",))
def upload() -> Response | tuple[str, int]:
    """Ask for the release of files that were sent with the form."""
    actor = signed_in_actor()
    project_id = request.form.get("project", 0, type=int)
    try:
        files = _uploaded()
        with wiring().database.writing() as session:
            made = output_service.submit(
                session, actor, project_id, *_words(), files, wiring().answers.rule
            )
    except (OutputRefused, BadInput) as refused:
        flash(f"Not sent: {refused}", "warning")
        with wiring().database.reading() as session:
            return _upload_form(session, actor), 400
    flash("Sent. The stewards have been told.", "success")
    return redirect(url_for("outputs.show", output_id=made.id))


@page(blueprint, "/parcels/<int:project_id>/<parcel>", Permission.REQUEST_DATA)
def parcel(project_id: int, parcel: str) -> str | tuple[str, int]:
    """A parcel of the outbox with what the check says, before it is sent on."""
    return _parcel_page(project_id, parcel)


@page(blueprint, "/parcels/<int:project_id>/<parcel>", Permission.REQUEST_DATA, methods=("POST",))
def send_parcel(project_id: int, parcel: str) -> Response | tuple[str, int]:
    """Send a parcel on, or take it out of the outbox."""
    actor, root = signed_in_actor(), wiring().settings.project_root
    if request.form.get("then") == "discard":
        with wiring().database.writing() as session:
            outbox.discard_parcel(session, actor, project_id, parcel, root)
        flash("Taken out of the outbox.", "success")
        return redirect(url_for("outputs.index"))
    try:
        with wiring().database.writing() as session:
            made = outbox.submit_parcel(
                session, actor, project_id, parcel, *_words(), root, wiring().answers.rule
            )
    except BadInput as refused:
        flash(f"Not sent: {refused}", "warning")
        return str(_parcel_page(project_id, parcel)), 400
    flash("Sent. The stewards have been told.", "success")
    return redirect(url_for("outputs.show", output_id=made.id))


@page(blueprint, "/<int:output_id>", EITHER_SIDE)
def show(output_id: int) -> str:
    """One request: findings for everybody, the files themselves for who decides."""
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        found = output_service.get_output(session, actor, output_id)
        deciding = output_service.may_decide_output(actor, found)
        return _render(
            "outputs/show.html",
            item=found,
            state=OutputState(found.state),
            reports=output_service.reports_of(found),
            viewed=output_decisions.view_files(actor, found) if deciding else [],
            deciding=deciding,
            held_back=_held_back(actor, found, deciding),
            decided=output_decisions.has_decided(actor, found),
            takes=output_service.may_take(actor, found),
            mine=actor.user_id == found.requester_id,
            checking=can(actor, Permission.CHECK_OUTPUTS),
            inside=not deciding,
        )


@page(blueprint, "/<int:output_id>/decision", Permission.CHECK_OUTPUTS, methods=("POST",))
@fresh
def decide(output_id: int) -> Response:
    """Approve or reject."""
    with wiring().database.writing() as session:
        changed = output_decisions.decide(
            session,
            signed_in_actor(),
            output_id,
            request.form.get("version", 0, type=int),
            request.form.get("decision", ""),
            request.form.get("reason", "")[:5000],
            wiring().settings.output_approvals,
            [int(number) for number in request.form.getlist("hold") if number.isdecimal()],
        )
    flash(_AFTER_DECISION[OutputState(changed.state)], "success")
    return redirect(url_for("outputs.index"))


@page(blueprint, "/<int:output_id>/withdraw", Permission.REQUEST_DATA, methods=("POST",))
def withdraw(output_id: int) -> Response:
    """Take a request back."""
    with wiring().database.writing() as session:
        version = request.form.get("version", 0, type=int)
        output_service.withdraw(session, signed_in_actor(), output_id, version)
    flash("Withdrawn.", "success")
    return redirect(url_for("outputs.show", output_id=output_id))


@page(blueprint, "/<int:output_id>/files/<int:file_id>/picture", Permission.CHECK_OUTPUTS)
def picture(output_id: int, file_id: int) -> Response:
    """A picture, for who decides."""
    with wiring().database.reading() as session:
        content = output_decisions.view_picture(session, signed_in_actor(), output_id, file_id)
    return _file(content, "image/png")


@page(blueprint, "/<int:output_id>/files/<int:file_id>", Permission.REQUEST_DATA)
@fresh
@by_signed_link("outputs.show", "output_id")
def take(output_id: int, file_id: int) -> Response:
    """A file that may leave, for who asked."""
    with wiring().database.writing() as session:
        file, content = output_service.take(session, signed_in_actor(), output_id, file_id)
    return _file(content, media_type(file.name), file.name)


def _held_back(actor: Actor, found: OutputRequest, deciding: bool) -> frozenset[int]:
    """The files that are held back; before a decision each steward sees only the own choice."""
    if OutputState(found.state) is not OutputState.SUBMITTED:
        return output_service.held_back_of(found)
    mine = [one for one in found.decisions if deciding and one.reviewer_id == actor.user_id]
    return frozenset(number for one in mine for number in one.held_back)


def _parcel_page(project_id: int, parcel: str) -> str | tuple[str, int]:
    actor, root = signed_in_actor(), wiring().settings.project_root
    with wiring().database.reading() as session:
        project, found, reports = outbox.look_at_parcel(
            session, actor, project_id, parcel, root, wiring().answers.rule
        )
        return _render(
            "outputs/parcel.html",
            project=project,
            parcel=found,
            reports=[(None, report) for report in reports],
            title=request.form.get("title", found.title),
            note=request.form.get("note", found.note),
        )


def _upload_form(session: Session, actor: Actor) -> str:
    return _render(
        "outputs/new.html",
        projects=list_projects(session, actor),
        chosen=request.form.get("project", type=int),
        title=request.form.get("title", ""),
        note=request.form.get("note", ""),
        accepted=accepted_extensions(),
    )


def _waiting(session: Session, actor: Actor) -> list[outbox.Waiting]:
    return outbox.waiting_parcels(session, actor, wiring().settings.project_root)


def _uploaded() -> list[ParcelFile]:
    sent = [file for file in request.files.getlist("files") if file.filename]
    files = []
    for file in sent:
        name = (file.filename or "").replace("\\", "/").rsplit("/", 1)[-1]
        files.append(ParcelFile(name, file.stream.read(most_bytes(name) + 1)))
    if not files:
        raise BadInput("Choose at least one file.")
    return files


def _words() -> tuple[str, str]:
    return request.form.get("title", "")[:200], request.form.get("note", "")[:5000]


def _file(content: bytes, kind: str, name: str | None = None) -> Response:
    """The bytes, to be kept under ``name`` or, without one, to be seen."""
    answer = send_file(
        io.BytesIO(content), mimetype=kind, as_attachment=name is not None, download_name=name
    )
    answer.headers["Content-Security-Policy"] = _NO_RIGHTS
    return answer


def _render(template: str, **values: Any) -> str:
    return render_template(
        template,
        labels=STATE_LABELS,
        levels=LEVEL_LABELS,
        State=OutputState,
        minimum=output_service.NOTE_MINIMUM,
        **values,
    )
