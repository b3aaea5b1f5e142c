"""The case library and the case page."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.errors import NotFound
from app.permissions import Permission
from app.portal.access import page
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services import case_sets
from app.services import cases as case_service
from app.services.attempts import newest_version, teaches
from app.services.case_library import entries, shelf
from casebank import (
    day_text,
    draw_flow_sheet,
    draw_timeline,
    flow_table,
    group_findings,
    timeline_table,
)

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
    """The case: problem rail, background, SOAP by contact, timeline, flow sheets.

    A student reaches a case that has a lesson through an attempt only.
    """
    actor = signed_in_actor()
    if not teaches(actor):
        with wiring().database.reading() as session:
            case_service.get_case(session, actor, case_id)
            if newest_version(session, case_id) is not None:
                return redirect(url_for("attempts.choose", case_id=case_id))
    with wiring().database.writing() as session:
        row = case_service.get_case(session, actor, case_id)
        case_service.note_reading(session, actor, row)
        actions = case_service.actions(actor, row)
    case = case_service.content(actor, row)
    decided = row.state in {case_service.PUBLISHED, case_service.WITHDRAWN}
    found = [] if decided or not actions else case_service.findings(actor, row)
    number = request.args.get("problem", type=int)
    if number is not None and not 1 <= number <= len(case.problems):
        raise NotFound("The case has no such problem.")
    # casebank escapes every text it draws.
    timeline = Markup(draw_timeline(case.timeline, case.language))  # noqa: S704
    sheets = [
        (
            sheet,
            Markup(draw_flow_sheet(sheet, case.language, f"flow-{index}")),  # noqa: S704
            flow_table(sheet, case.language),
        )
        for index, sheet in enumerate(case.flow_sheets)
        if number is None or number in sheet.problems
    ]
    return render_template(
        "cases/show.html",
        row=row,
        case=case,
        problem=case.problem(number) if number else None,
        contacts=case.contacts_of(number) if number else case.contacts,
        timeline=timeline,
        timeline_table=timeline_table(case.timeline, case.language),
        sheets=sheets,
        actions=actions,
        exports=Permission.WRITE_CASES in actor.permissions and row.state != case_service.WITHDRAWN,
        stops=sum(1 for one in found if one.severity == "stop"),
        grouped=lambda items: group_findings(items, case.language),
        when=lambda day: day_text(day, case.language),
    )
