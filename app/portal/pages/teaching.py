"""The instructor's desk: candidates, drafts, review, sets."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.errors import BadInput
from app.permissions import Permission
from app.portal.access import page
from app.portal.paging import asked, table
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services import case_review, case_sets, case_versions
from app.services import cases as case_service

blueprint = Blueprint("teaching", __name__, url_prefix="/teaching")


@page(blueprint, "/", Permission.REVIEW_CASES)
def index() -> str:
    """All cases by state, and the sets."""
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        return render_template(
            "teaching/index.html",
            cases=table(case_service.desk(session, actor, asked())),
            states=case_service.CASE_STATES,
            actions=lambda case: case_service.actions(actor, case),
            sets=case_sets.list_sets(session, actor),
            withdrawn_from=case_sets.withdrawn_from,
            writes=Permission.WRITE_CASES in actor.permissions,
            releases=wiring().catalogue.list(actor),
        )


@page(blueprint, "/drafts", Permission.WRITE_CASES, methods=("POST",))
def draft() -> Response:
    """Draft a case from a record."""
    actor = signed_in_actor()
    release = wiring().catalogue.get(actor, request.form.get("release", ""))
    person_id = request.form.get("person", type=int)
    if person_id is None:
        raise BadInput("Choose a record.")
    language = request.form.get("language", "")
    with wiring().database.writing() as session:
        made = case_service.draft(session, actor, release, person_id, language)
    flash("The draft is there. Read it, then hand it over for review.", "success")
    return redirect(url_for("cases.show", case_id=made.id))


@page(blueprint, "/cases/<int:case_id>/title", Permission.WRITE_CASES, methods=("POST",))
def rename(case_id: int) -> Response:
    """Another title for a draft."""
    with wiring().database.writing() as session:
        case_service.rename(
            session, signed_in_actor(), case_id, request.form.get("title", "")[:200]
        )
    return redirect(url_for("cases.show", case_id=case_id))


@page(blueprint, "/cases/<int:case_id>/<step>", Permission.REVIEW_CASES, methods=("POST",))
def step(case_id: int, step: str) -> Response:
    """Hand over, send back, withdraw."""
    actor = signed_in_actor()
    note = request.form.get("note", "")[:2000]
    with wiring().database.writing() as session:
        if step == "submit":
            case_review.submit(session, actor, case_id)
        elif step == "send-back":
            case_review.send_back(session, actor, case_id, note)
        elif step == "withdraw":
            case_versions.withdraw(session, actor, case_id, note)
        else:
            raise BadInput("There is no such step.")
    flash("Done.", "success")
    return redirect(url_for("teaching.index"))


@page(blueprint, "/sets", Permission.WRITE_CASES, methods=("POST",))
def create_set() -> Response:
    """A new set."""
    with wiring().database.writing() as session:
        case_sets.create_set(
            session,
            signed_in_actor(),
            request.form.get("title", "")[:200],
            request.form.get("description", "")[:2000],
        )
    flash("The set is there, hidden from students until you show it.", "success")
    return redirect(url_for("teaching.index", _anchor="sets"))


@page(blueprint, "/sets/<int:set_id>/cases", Permission.WRITE_CASES, methods=("POST",))
def add_to_set(set_id: int) -> Response:
    """Put a case into a set."""
    case_id = request.form.get("case", type=int)
    if case_id is None:
        raise BadInput("Choose a case.")
    with wiring().database.writing() as session:
        case_sets.add_to_set(session, signed_in_actor(), set_id, case_id)
    flash("Added to the set.", "success")
    return redirect(url_for("teaching.index", _anchor="sets"))


@page(blueprint, "/sets/<int:set_id>/visibility", Permission.WRITE_CASES, methods=("POST",))
def set_visibility(set_id: int) -> Response:
    """Show a set to students, or hide it."""
    with wiring().database.writing() as session:
        case_sets.show_set(session, signed_in_actor(), set_id, request.form.get("visible") == "yes")
    return redirect(url_for("teaching.index", _anchor="sets"))
