"""What a class makes of an assignment; marks as files; keys and their corrections."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from app.errors import BadInput
from app.permissions import Permission
from app.portal.access import page
from app.portal.downloads import binary_file
from app.portal.sign_in import signed_in_actor
from app.portal.signed_links import by_signed_link
from app.portal.wiring import wiring
from app.services import assignments, dashboards, mark_exports, marks, regrades
from casebank.errors import KeyRefused
from casebank.reliability import draw_reliability

CSV = "text/csv; charset=utf-8"
blueprint = Blueprint("dashboards", __name__, url_prefix="/teaching")


@page(blueprint, "/assignments/<int:assignment_id>/results", Permission.WRITE_CASES)
def show(assignment_id: int) -> str:
    """Students by cases, what was missed, items, confidence, and who needs help."""
    with wiring().database.reading() as session:
        found = marks.of_assignment(session, signed_in_actor(), assignment_id)
        board = dashboards.dashboard(found)
        picture = None
        if board.calibration is not None:
            picture = Markup(draw_reliability(board.calibration))  # noqa: S704  # nosec B704 # drawn here, texts escaped
        return render_template(
            "classes/results.html",
            board=board,
            marks=found,
            assignment=found.assignment,
            picture=picture,
            counts=assignments.COUNTS,
            rules=dashboards,
            versions=sorted({one.row.version_id: one for one in found.results()}.items()),
        )


@page(blueprint, "/assignments/<int:assignment_id>/marks.csv", Permission.WRITE_CASES)
@by_signed_link("dashboards.show", "assignment_id")
def marks_file(assignment_id: int) -> Response:
    """All attempts with their marks."""
    with wiring().database.writing() as session:
        text = mark_exports.export_marks(session, signed_in_actor(), assignment_id)
    return binary_file(text.encode(), f"assignment-{assignment_id}-marks.csv", CSV)


@page(blueprint, "/assignments/<int:assignment_id>/answers.csv", Permission.WRITE_CASES)
@by_signed_link("dashboards.show", "assignment_id")
def answers_file(assignment_id: int) -> Response:
    """All answers with their scores."""
    with wiring().database.writing() as session:
        text = mark_exports.export_answers(session, signed_in_actor(), assignment_id)
    return binary_file(text.encode(), f"assignment-{assignment_id}-answers.csv", CSV)


@page(blueprint, "/keys/<int:version_id>", Permission.WRITE_CASES)
def key(version_id: int) -> str:
    """The key of a published version, its corrections, and a form for a further one."""
    return _key_page(version_id)


@page(blueprint, "/keys/<int:version_id>", Permission.WRITE_CASES, methods=("POST",))
def change_key(version_id: int) -> BaseResponse | tuple[str, int]:
    """Correct the key: all marks follow."""
    fields = {name: request.form.getlist(name) for name in request.form}
    try:
        with wiring().database.writing() as session:
            regrades.change_key(
                session, signed_in_actor(), version_id, fields, request.form.get("reason", "")
            )
    except (BadInput, KeyRefused) as error:
        return _key_page(version_id, str(error)), 422
    flash("The key is corrected; the marks follow it from now on.", "success")
    return redirect(url_for("dashboards.key", version_id=version_id))


def _key_page(version_id: int, error: str = "") -> str:
    with wiring().database.reading() as session:
        found = regrades.history(session, signed_in_actor(), version_id)
        return render_template(
            "classes/key.html",
            history=found,
            newest=found.keys[-1],
            typed={name: request.form.getlist(name) for name in request.form},
            error=error,
        )
