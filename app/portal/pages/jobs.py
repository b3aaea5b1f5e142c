"""The worker's jobs: how far, why not, cancelled, tried again; and the progress on a request."""

from __future__ import annotations

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as BaseResponse

from app.permissions import Permission
from app.portal.access import page
from app.portal.paging import asked, table
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services import jobs

EITHER_SIDE = frozenset({Permission.REQUEST_DATA, Permission.REVIEW_REQUESTS})

blueprint = Blueprint("jobs", __name__)


@page(blueprint, "/jobs/", Permission.MANAGE_USERS)
def index() -> str:
    """All jobs, newest first."""
    state = request.args.get("state", "")
    state = state if state in jobs.STATES else ""
    with wiring().database.reading() as session:
        found = jobs.jobs(session, signed_in_actor(), asked(), state)
    return render_template(
        "jobs/index.html",
        found=found,
        table=table(found.found, state=state),
        state=state,
        states=jobs.STATES,
    )


@page(blueprint, "/jobs/<int:job_id>/cancel", Permission.MANAGE_USERS, methods=("POST",))
def cancel(job_id: int) -> BaseResponse:
    """Ask to stop a job."""
    with wiring().database.writing() as session:
        jobs.cancel(session, signed_in_actor(), job_id)
    flash("The worker stops it before its next step.", "success")
    return redirect(url_for(".index"))


@page(blueprint, "/jobs/<int:job_id>/retry", Permission.MANAGE_USERS, methods=("POST",))
def retry(job_id: int) -> BaseResponse:
    """Try a job again."""
    with wiring().database.writing() as session:
        jobs.retry(session, signed_in_actor(), job_id)
    flash("It waits to be tried again.", "success")
    return redirect(url_for(".index"))


@page(blueprint, "/requests/<int:request_id>/progress", EITHER_SIDE)
def progress(request_id: int) -> Response:
    """How far the work on a request is: a part of its page; nothing when there is no work."""
    with wiring().database.reading() as session:
        job = jobs.progress_of(session, signed_in_actor(), request_id)
    if job is None:
        return make_response("", 204)
    return make_response(render_template("jobs/_line.html", job=job))
