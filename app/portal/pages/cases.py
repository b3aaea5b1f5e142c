"""The case library and the case page."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.errors import NotFound
from app.permissions import Permission
from app.portal.access import page
from app.portal.case_bodies import case_body
from app.portal.paging import page_number
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services import case_sets
from app.services import cases as case_service
from app.services.case_documents import has_version
from app.services.case_library import entries, shelf

blueprint = Blueprint("cases", __name__, url_prefix="/cases")

READERS = frozenset({Permission.READ_CASES, Permission.REVIEW_CASES})


@page(blueprint, "/", Permission.READ_CASES)
def library() -> str:
    """Published cases, searched, and the sets."""
    actor = signed_in_actor()
    words = request.args.get("q", "")[:200]
    with wiring().database.reading() as session:
        found = shelf(session, actor, words)
        return render_template(
            "cases/library.html",
            cases=found,
            sets=case_sets.list_sets(session, actor),
            read=case_service.read_ids(session, actor),
            words=words,
        )


@page(blueprint, "/sets/<int:set_id>", Permission.READ_CASES)
def show_set(set_id: int) -> str:
    """One set, in its order."""
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        found = case_sets.get_set(session, actor, set_id)
        shown = [item.case for item in found.items if item.case.state == case_service.PUBLISHED]
        return render_template(
            "cases/set.html",
            set=found,
            cases=entries(session, actor, shown),
            read=case_service.read_ids(session, actor),
        )


@page(blueprint, "/<int:case_id>", READERS)
def show(case_id: int) -> str | Response:
    """The case: problem rail, background, family, SOAP by contact, timeline, flow sheets; or, of a
    chosen problem, everything that belongs to it and only that.

    A student reaches a case that has a lesson through an attempt only.
    """
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        row = case_service.get_case(session, actor, case_id)
        if not case_service.teaches(actor) and has_version(session, case_id):
            return redirect(url_for("attempts.choose", case_id=case_id))
        noted = case_service.reading_is_noted(session, actor, row)
    if not noted:
        with wiring().database.writing() as session:
            case_service.note_reading(session, actor, row)
    actions = case_service.actions(actor, row)
    case = case_service.content(actor, row)
    number = request.args.get("problem", type=int)
    if number is not None:
        if not 1 <= number <= len(case.problems):
            raise NotFound("The case has no such problem.")
        return render_template(
            "cases/problem.html",
            row=row,
            case=case,
            problem=case.problem(number),
            body=case_body(row, case, number),
        )
    decided = row.state in {case_service.PUBLISHED, case_service.WITHDRAWN}
    found = [] if decided or not actions else case_service.findings(actor, row)
    return render_template(
        "cases/show.html",
        row=row,
        case=case,
        body=case_body(row, case, stretch=page_number()),
        actions=actions,
        exports=Permission.WRITE_CASES in actor.permissions and row.state != case_service.WITHDRAWN,
        stops=sum(1 for one in found if one.severity == "stop"),
    )
