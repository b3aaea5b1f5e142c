"""Requests for data: mine, one of them, and the form."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.db.models import DataRequest
from app.documents import kind_of_document
from app.errors import BadInput, TransitionRefused
from app.permissions import Actor, Permission
from app.portal.access import page
from app.portal.freshness import fresh_for
from app.portal.paging import asked, table
from app.portal.request_form import day, parse_fields, reduced
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services import cohorts as cohort_service
from app.services import renewals, transitions, updates
from app.services import requests as request_service
from app.services.agreements import can_sign
from app.services.blocked import five_safes
from app.services.completeness import missing_columns, missing_parts, sections_of
from app.services.duo import DUO_TERMS, PURPOSE_CODES, TRAITS
from app.services.jobs import job_of_request
from app.services.minimisation import definition_of, weigh_request, window_of
from app.services.projects import list_projects
from app.services.readiness import members_of, refusal_of
from app.services.release_terms import opinion_on
from app.services.request_states import STATE_LABELS, STATE_MEANING, State
from app.services.requests import RequestFields
from app.services.review import asked_tables, delivered_rows
from app.services.transitions import Surroundings
from app.services.votes import shown_decisions
from app.services.workflow import BY_NAME, FINAL, OTHER_ACTS
from cohorts.column_uses import MAIN_CONCEPTS, needs_own_reason
from cohorts.row_limits import set_names
from cohorts.selection import deliverable_columns, empty_columns
from deid.errors import ReleaseError
from deid.release import Release, open_release

blueprint = Blueprint("requests", __name__, url_prefix="/requests")

EITHER_SIDE = frozenset({Permission.REQUEST_DATA, Permission.REVIEW_REQUESTS})
SPARE_PEOPLE = 2
REDUCE = "reduce:"
"""A suggestion to ask for less: then come names of columns, or a window as ``before..after``."""


@page(blueprint, "/", Permission.REQUEST_DATA)
def index() -> str:
    """The requests of my projects."""
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        return render_template(
            "requests/index.html",
            requests=table(request_service.find_requests(session, actor, asked())),
            projects=list_projects(session, actor),
            labels=STATE_LABELS,
            State=State,
        )


@page(blueprint, "/", Permission.REQUEST_DATA, methods=("POST",))
def create() -> Response:
    """Begin a draft."""
    actor = signed_in_actor()
    project_id = request.form.get("project", type=int)
    if project_id is None:
        raise BadInput("Choose the project that asks.")
    with wiring().database.writing() as session:
        made = request_service.create_request(
            session, actor, project_id, request.form.get("title", "")[:200]
        )
    return redirect(url_for("requests.edit", request_id=made.id))


@page(blueprint, "/<int:request_id>", EITHER_SIDE)
def show(request_id: int) -> str:
    """One request: what it says, its history, what I can do about it."""
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        found = request_service.get_request(session, actor, request_id)
        release = _release(found)
        weighed = weigh_request(found, release)
        today = surroundings().today
        return render_template(
            "requests/show.html",
            item=found,
            state=State(found.state),
            job=job_of_request(session, found),
            labels=STATE_LABELS,
            meanings=STATE_MEANING,
            steps=BY_NAME,
            acts=OTHER_ACTS,
            offered=transitions.offered(actor, found),
            can_edit=request_service.can_edit(actor, found),
            can_ask_renewal=renewals.can_ask_renewal(actor, found),
            newer=updates.newer_releases(actor, found, wiring().settings.release_root),
            can_amend=updates.can_amend(actor, found),
            can_repeat=updates.can_repeat(actor, found),
            may_renew=transitions.may_decide(actor, found, BY_NAME["renew"]),
            missing=_missing(found) if request_service.can_edit(actor, found) else [],
            delivered_rows=delivered_rows(found, wiring().answers.rule),
            asked=asked_tables(found, release, wiring().answers.rule),
            weighed=weighed,
            uses={column.name: column.why for column in weighed.columns},
            window=window_of(found),
            release=release,
            duo=DUO_TERMS,
            traits=TRAITS,
            members=members_of(found, today),
            safes=five_safes(found, today),
            opinion=opinion_on(session, found),
            final=State(found.state) in FINAL,
            can_sign=can_sign(actor, found, today),
            decisions=shown_decisions(actor, found),
            events=request_service.shown_events(actor, found),
            refusal=refusal_of(actor, found, today),
            outside_steward=transitions.may_decide(actor, found, BY_NAME["approve"]),
            reviewing=Permission.REVIEW_REQUESTS in actor.permissions,
        )


@page(blueprint, "/<int:request_id>/edit", Permission.REQUEST_DATA)
def edit(request_id: int) -> str | Response:
    """The form."""
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        found = request_service.get_request(session, actor, request_id)
        if not request_service.can_edit(actor, found):
            flash("This request can no longer be edited.", "warning")
            return redirect(url_for("requests.show", request_id=request_id))
        return _form(session, actor, found)


@page(blueprint, "/<int:request_id>/edit", Permission.REQUEST_DATA, methods=("POST",))
def save(request_id: int) -> Response | tuple[str, int]:
    """Keep what was typed, and submit it if asked; an incomplete request is kept all the same."""
    actor = signed_in_actor()
    fields, problems = parse_fields(request.form)
    then = request.form.get("then", "")
    if then.startswith(REDUCE):
        fields = reduced(fields, then.removeprefix(REDUCE))
    version = request.form.get("version", 0, type=int)
    given = request.files.get("ethics_document")
    document = given.read() if given else b""
    try:
        kind_of_document(document) if document else None
    except BadInput as refused:  # everything else is kept
        document = b""
        problems.append(f"The document of the ethics approval was not kept. {refused}")
    try:
        with wiring().database.writing() as session:
            saved = request_service.save(session, actor, request_id, version, fields)
            if document:
                saved = request_service.attach_ethics_document(session, actor, request_id, document)
    except TransitionRefused as refused:
        return _not_saved(actor, request_id, fields, str(refused))
    for problem in problems:
        flash(problem, "warning")
    if then == "submit" and not problems:
        with wiring().database.writing() as session:
            transitions.transition(
                session, actor, request_id, "submit", saved.version, surroundings()
            )
        flash("Submitted. The stewards have been told.", "success")
        return redirect(url_for("requests.show", request_id=request_id))
    if then == "agreement":
        return redirect(url_for("requests.read_agreement", request_id=request_id))
    if then.startswith(REDUCE):
        flash("Reduced and saved. What you left out can be chosen again below.", "success")
        return redirect(url_for("requests.edit", request_id=request_id, _anchor="minimisation"))
    flash("Saved.", "success")
    return redirect(url_for("requests.edit", request_id=request_id))


@page(blueprint, "/<int:request_id>/autosave", Permission.REQUEST_DATA, methods=("POST",))
def autosave(request_id: int) -> Response | tuple[Response, int]:
    """Keep what was typed so far, for the form's script; complete or not."""
    fields, problems = parse_fields(request.form)
    version = request.form.get("version", 0, type=int)
    try:
        with wiring().database.writing() as session:
            saved = request_service.save(session, signed_in_actor(), request_id, version, fields)
            missing = {part.anchor: part.missing for part in sections_of(saved)}
    except TransitionRefused as refused:
        return jsonify(refused=str(refused)), 409
    return jsonify(
        version=saved.version,
        kept=saved.changed_at.isoformat(timespec="seconds"),
        missing=missing,
        problems=problems,
    )


@page(blueprint, "/<int:request_id>/comments", EITHER_SIDE, methods=("POST",))
def comment(request_id: int) -> Response:
    """Add a comment."""
    with wiring().database.writing() as session:
        request_service.comment(
            session,
            signed_in_actor(),
            request_id,
            request.form.get("comment", "")[:5000],
            internal=request.form.get("readers") == "stewards",
        )
    return redirect(url_for("requests.show", request_id=request_id, _anchor="history"))


@page(blueprint, "/<int:request_id>/steps/<name>", EITHER_SIDE, methods=("POST",))
@fresh_for("approve", "renew")
def step(request_id: int, name: str) -> Response:
    """Carry out a transition."""
    with wiring().database.writing() as session:
        changed = transitions.transition(
            session,
            signed_in_actor(),
            request_id,
            name,
            request.form.get("version", 0, type=int),
            surroundings(),
            reason=request.form.get("reason", "").strip()[:5000],
        )
    flash(f"The request {BY_NAME[name].notice}.", "success")
    return redirect(url_for("requests.show", request_id=changed.id))


@page(blueprint, "/<int:request_id>/renewal", Permission.REQUEST_DATA, methods=("POST",))
def ask_renewal(request_id: int) -> Response:
    """Ask for a later end date."""
    with wiring().database.writing() as session:
        renewals.ask_renewal(
            session,
            signed_in_actor(),
            request_id,
            request.form.get("version", 0, type=int),
            day(request.form.get("until", "")),
            request.form.get("reason", "")[:5000],
            surroundings().today,
        )
    flash("Asked. The stewards have been told.", "success")
    return redirect(url_for("requests.show", request_id=request_id))


@page(blueprint, "/<int:request_id>/renewal/refuse", EITHER_SIDE, methods=("POST",))
def refuse_renewal(request_id: int) -> Response:
    """Leave the end date as it is."""
    with wiring().database.writing() as session:
        renewals.refuse_renewal(
            session,
            signed_in_actor(),
            request_id,
            request.form.get("version", 0, type=int),
            request.form.get("reason", "").strip()[:5000],
        )
    flash("The end date stays. The project has been told why.", "success")
    return redirect(url_for("requests.show", request_id=request_id))


@page(blueprint, "/<int:request_id>/updates", Permission.REQUEST_DATA, methods=("POST",))
def begin_update(request_id: int) -> Response:
    """Begin a draft for the data of a newer release, or for other data of the same one."""
    with wiring().database.writing() as session:
        draft = updates.begin_update(
            session,
            signed_in_actor(),
            request_id,
            request.form.get("release", "")[:64],
            request.form.get("earlier", "")[:10],
            wiring().settings.release_root,
        )
    flash("A draft with everything as before. Read it, then submit it.", "success")
    return redirect(url_for("requests.show", request_id=draft.id))


@page(blueprint, "/<int:request_id>/repeat", EITHER_SIDE, methods=("POST",))
def repeat(request_id: int) -> Response:
    """Have the extract made again and compared."""
    with wiring().database.writing() as session:
        updates.ask_repeat(session, signed_in_actor(), request_id)
    flash("It is being made again. The history will say whether every file is the same.", "success")
    return redirect(url_for("requests.show", request_id=request_id, _anchor="history"))


def surroundings() -> Surroundings:
    """What the checks look at: the releases, and today in UTC."""
    settings = wiring().settings
    return Surroundings(settings.release_root, datetime.now(UTC).date(), settings.request_approvals)


def _not_saved(
    actor: Actor, request_id: int, fields: RequestFields, reason: str
) -> Response | tuple[str, int]:
    """Show what was typed over the present version, so that a colleague's change loses nothing."""
    flash(reason, "warning")
    with wiring().database.reading() as session, session.no_autoflush:
        found = request_service.get_request(session, actor, request_id)
        if not request_service.can_edit(actor, found):
            return redirect(url_for("requests.show", request_id=request_id))
        request_service.fill(found, fields)
        flash("What you typed is below and not saved yet. Saving now replaces it.", "warning")
        return _form(session, actor, found), 409


def _form(session: Session, actor: Actor, found: DataRequest) -> str:
    release = _release(found)
    reasons = {column.table_name: column.reason for column in found.columns}
    chosen = {(column.table_name, column.column_name) for column in found.columns}
    return render_template(
        "requests/edit.html",
        item=found,
        releases=wiring().catalogue.list(actor),
        release=release,
        possible=deliverable_columns(release) if release else {},
        cohorts=cohort_service.list_of_project(session, actor, found.project_id),
        weighed=weigh_request(found, release),
        own_reasons={(c.table_name, c.column_name): c.own_reason for c in found.columns},
        sensitive=needs_own_reason,
        by_concept=MAIN_CONCEPTS,
        concept_sets=set_names(definition_of(found)),
        meanings=_meanings(release),
        empty=empty_columns(release) if release else frozenset(),
        chosen=chosen,
        chosen_tables={table for table, _ in chosen},
        reasons=reasons,
        missing=_missing(found),
        sections=sections_of(found),
        duo={code: DUO_TERMS[code] for code in PURPOSE_CODES},
        spare=SPARE_PEOPLE,
        traits=TRAITS,
        members=members_of(found, surroundings().today),
        me=actor.user_id,
        can_sign=can_sign(actor, found, surroundings().today),
    )


def _meanings(release: Release | None) -> dict[tuple[str, str], str]:
    if release is None:
        return {}
    return {(entry.table, entry.name): entry.meaning for entry in release.dictionary.columns}


def _missing(found: DataRequest) -> list[str]:
    parts = missing_parts(found)
    if not any(part.field == "release" for part in parts):
        parts += missing_columns(found, wiring().settings.release_root)
    return [part.text for part in parts]


def _release(found: DataRequest) -> Release | None:
    if not found.release:
        return None
    try:
        return open_release(wiring().settings.release_root, found.release)
    except ReleaseError:
        return None
