"""Requests for data: mine, one of them, and the form."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.db.models import DataRequest
from app.errors import BadInput, TransitionRefused
from app.permissions import Actor, Permission
from app.portal.access import page
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services import cohorts as cohort_service
from app.services import renewals, transitions, updates
from app.services import requests as request_service
from app.services.completeness import missing_columns, missing_parts
from app.services.duo import DUO_TERMS, PURPOSE_CODES
from app.services.jobs import job_of_request
from app.services.minimisation import ENTRY, WHOLE, weigh_request, window_of
from app.services.projects import list_projects
from app.services.requests import RequestFields
from app.services.review import asked_tables, delivered_rows
from app.services.transitions import Surroundings
from app.services.workflow import BY_NAME, OTHER_ACTS, STATE_LABELS, STATE_MEANING, State
from cohorts.column_uses import needs_own_reason
from cohorts.selection import deliverable_columns, empty_columns
from cohorts.window import LONGEST_DAYS
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
            requests=request_service.list_requests(session, actor),
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
    try:
        with wiring().database.writing() as session:
            saved = request_service.save(session, actor, request_id, version, fields)
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
    if then.startswith(REDUCE):
        flash("Reduced and saved. What you left out can be chosen again below.", "success")
        return redirect(url_for("requests.edit", request_id=request_id, _anchor="minimisation"))
    flash("Saved.", "success")
    return redirect(url_for("requests.edit", request_id=request_id))


@page(blueprint, "/<int:request_id>/comments", EITHER_SIDE, methods=("POST",))
def comment(request_id: int) -> Response:
    """Add a comment."""
    with wiring().database.writing() as session:
        request_service.comment(
            session, signed_in_actor(), request_id, request.form.get("comment", "")[:5000]
        )
    return redirect(url_for("requests.show", request_id=request_id, _anchor="history"))


@page(blueprint, "/<int:request_id>/steps/<name>", EITHER_SIDE, methods=("POST",))
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
            _day(request.form.get("until", "")),
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
    """Begin a draft for the data of a newer release."""
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
    return Surroundings(wiring().settings.release_root, datetime.now(UTC).date())


def parse_fields(form: MultiDict[str, str]) -> tuple[RequestFields, list[str]]:
    """The form's content, and what of it could not be read (kept out, told to the user)."""
    problems: list[str] = []
    columns: dict[str, list[str]] = defaultdict(list)
    for value in form.getlist("column"):
        table, _, column = value.partition(".")
        if table and column and len(table) <= 64 and len(column) <= 64:
            columns[table].append(column)
    end_date = _day(form.get("end_date", ""))
    if form.get("end_date") and end_date is None:
        problems.append("The end date was not saved: write it as year-month-day.")
    days: dict[str, int | None] = {}
    for side in ("before", "after"):
        written = form.get(f"window_{side}", "").strip()
        days[side] = int(written) if written.isdecimal() and len(written) <= 5 else None
        if written and (days[side] is None or days[side] > LONGEST_DAYS):  # type: ignore[operator]
            days[side] = None
            problems.append(
                f"The days {side} entry were not saved: write a number up to {LONGEST_DAYS:,}."
            )
    kind = form.get("window_kind", "")
    names, affiliations = form.getlist("person"), form.getlist("affiliation")
    fields = RequestFields(
        title=form.get("title", "")[:200],
        purpose=form.get("purpose", "")[:10_000],
        duo_code=form.get("duo_code", "")[:20],
        ethics_number=form.get("ethics_number", "")[:200],
        planned_outputs=form.get("planned_outputs", "")[:10_000],
        release=form.get("release", "")[:64],
        cohort_version_id=form.get("cohort_version", type=int),
        end_date=end_date,
        people=tuple(
            (name[:200], affiliation[:200])
            for name, affiliation in zip(names, affiliations, strict=False)
        ),
        columns={table: tuple(wanted) for table, wanted in columns.items()},
        reasons={table: form.get(f"reason-{table}", "")[:2000] for table in columns},
        own_reasons={
            f"{table}.{column}": form.get(f"own-{table}.{column}", "")[:2000]
            for table, wanted in columns.items()
            for column in wanted
            if form.get(f"own-{table}.{column}")
        },
        window_kind=kind if kind in {WHOLE, ENTRY} else "",
        window_before=days["before"],
        window_after=days["after"],
        window_reason=form.get("window_reason", "")[:2000],
    )
    return fields, problems


def reduced(fields: RequestFields, suggestion: str) -> RequestFields:
    """The fields after a suggestion to ask for less was taken up."""
    before, separator, after = suggestion.partition("..")
    if separator and before.isdecimal() and after.isdecimal():
        return replace(
            fields, window_kind=ENTRY, window_before=int(before), window_after=int(after)
        )
    gone = set(suggestion.split(","))
    left = {
        table: tuple(name for name in names if f"{table}.{name}" not in gone)
        for table, names in fields.columns.items()
    }
    return replace(fields, columns={table: names for table, names in left.items() if names})


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


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
        meanings=_meanings(release),
        empty=empty_columns(release) if release else frozenset(),
        chosen=chosen,
        chosen_tables={table for table, _ in chosen},
        reasons=reasons,
        missing=_missing(found),
        duo={code: DUO_TERMS[code] for code in PURPOSE_CODES},
        spare=SPARE_PEOPLE,
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
