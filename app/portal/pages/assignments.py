"""One assignment as its teacher sees it: rules, dates, extensions."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.db.types import utc_now
from app.errors import BadInput
from app.permissions import Permission
from app.portal.access import page
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services import assignments, classes

blueprint = Blueprint("assignments", __name__, url_prefix="/teaching/assignments")


@page(blueprint, "/<int:assignment_id>", Permission.WRITE_CASES)
def show(assignment_id: int) -> str:
    """Rules, dates and extensions."""
    return _page(assignment_id)


@page(blueprint, "/<int:assignment_id>/dates", Permission.WRITE_CASES, methods=("POST",))
def change_dates(assignment_id: int) -> Response | tuple[str, int]:
    """Other dates for everybody."""
    form = request.form
    try:
        opens = assignments.parse_moment(form.get("opens", ""), form.get("zone", ""))
        due = assignments.parse_moment(form.get("due", ""), form.get("zone", ""))
        with wiring().database.writing() as session:
            assignments.change_dates(
                session, signed_in_actor(), assignment_id, opens or utc_now(), due
            )
    except BadInput as error:
        return _page(assignment_id, dates=str(error)), 422
    flash("The dates are changed.", "success")
    return redirect(url_for("assignments.show", assignment_id=assignment_id))


@page(blueprint, "/<int:assignment_id>/extensions", Permission.WRITE_CASES, methods=("POST",))
def extend(assignment_id: int) -> Response | tuple[str, int]:
    """More time for one student."""
    form = request.form
    try:
        due = assignments.parse_moment(form.get("until", ""), form.get("zone", ""))
        with wiring().database.writing() as session:
            assignments.extend(
                session,
                signed_in_actor(),
                assignment_id,
                form.get("user", 0, type=int),
                due,
                form.get("reason", ""),
            )
    except BadInput as error:
        return _page(assignment_id, extension=str(error)), 422
    flash("This student has more time now.", "success")
    return redirect(url_for("assignments.show", assignment_id=assignment_id))


@page(blueprint, "/<int:assignment_id>/state", Permission.WRITE_CASES, methods=("POST",))
def set_state(assignment_id: int) -> Response:
    """Close an assignment early, or open it again."""
    with wiring().database.writing() as session:
        if request.form.get("open") == "yes":
            assignments.reopen(session, signed_in_actor(), assignment_id)
        else:
            assignments.close(session, signed_in_actor(), assignment_id)
    return redirect(url_for("assignments.show", assignment_id=assignment_id))


def _page(assignment_id: int, **errors: str) -> str:
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        found = assignments.get_taught(session, actor, assignment_id)
        return render_template(
            "classes/assignment.html",
            assignment=found,
            roll=classes.roll(session, actor, found.class_id),
            cases=assignments.cases_of(session, found.set_id),
            extensions=assignments.extensions_of(session, found.id),
            counts=assignments.COUNTS,
            zones=tuple(assignments.ZONES),
            typed=request.form,
            errors=errors,
            now=utc_now(),
        )
