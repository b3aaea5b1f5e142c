"""The builder: a draft as sentences with a form for each part, its concept sets and its counts.

Every form posts one operation of :mod:`cohorts.editing`. A browser that runs JavaScript sends the
same forms by itself and receives the changed part of the page; any other is led back to the page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    get_flashed_messages,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from werkzeug.wrappers import Response as BaseResponse

import cohorts as cohort_engine
from app.db.models import CohortDraft
from app.errors import BadInput, ChangedMeanwhile, NotFound
from app.permissions import Actor, Permission
from app.portal.access import page
from app.portal.builder_view import PLACES, BuilderView, concepts_view, place_to_open, said_of
from app.portal.downloads import json_file
from app.portal.merge_view import MergeView
from app.portal.pages.cohorts import blueprint, uploaded
from app.portal.sign_in import signed_in_actor
from app.portal.signed_links import by_signed_link
from app.portal.wiring import wiring
from app.services import cohort_drafts as drafts
from app.services.cohort_answers import SafeAnswer
from app.services.cohort_merging import look_at_merge as show_merge
from app.services.cohort_merging import merge_newest
from app.services.concept_set_library import get_concept_set, list_concept_sets
from cohorts.editing import SIDES, Document, Edit, Side, copy_concept_set, perform
from cohorts.errors import CohortError, DefinitionError, QueryCancelled
from cohorts.vocabulary_checks import check_concepts
from deid.release import Release

__all__ = ["blueprint"]
_: Blueprint = blueprint
FRAGMENT = "X-Fragment"
_RELEASE = "cohort_release"


@page(blueprint, "/drafts/<int:draft_id>", Permission.REQUEST_DATA)
def builder(draft_id: int) -> Response:
    """A draft; ``at``, ``set``, ``to`` and ``json`` say which of its forms is open."""
    return _page(signed_in_actor(), draft_id)


@page(blueprint, "/<int:cohort_id>/edit", Permission.REQUEST_DATA, methods=("POST",))
def edit_cohort(cohort_id: int) -> BaseResponse:
    """Open my draft of a definition, from a version of it if one is named."""
    number = request.form.get("number", type=int)
    with wiring().database.writing() as database:
        draft = drafts.open_draft(database, signed_in_actor(), cohort_id, number)
    return redirect(url_for("cohorts.builder", draft_id=draft.id))


@page(blueprint, "/drafts/<int:draft_id>/edits", Permission.REQUEST_DATA, methods=("POST",))
def edit_draft(draft_id: int) -> BaseResponse:
    """Make one change; what cannot be made is told, and what was typed is kept on the page."""
    actor = signed_in_actor()
    revision = request.form.get("revision", 0, type=int)
    op = request.form.get("op", "")
    arguments = dict(request.form.lists())

    def work(database: Any) -> str | None:
        if op in {"undo", "redo"}:
            done = drafts.travel(database, actor, draft_id, revision, -1 if op == "undo" else 1)
            said = f"Undone: {done}" if op == "undo" else f"Done again: {done}"
            flash(said if done else "There is no such step.")
            return ""
        if op == "go":
            by = request.form.get("by", 0, type=int)
            drafts.travel(database, actor, draft_id, revision, by)
            return ""
        if op == "rename":
            name, description = (request.form.get(key, "") for key in ("name", "description"))
            drafts.rename(database, actor, draft_id, revision, name, description)
            return ""
        if op == "rebase":
            drafts.rebase(database, actor, draft_id, revision)
            return ""
        change: Callable[[Document], Edit] = lambda held: perform(held, arguments, _concept)  # noqa: E731
        if op == "import":
            change = _import
        if op == "copy_set":
            entry = get_concept_set(database, actor, request.form.get("key", ""))
            change = lambda held: copy_concept_set(held, entry)  # noqa: E731
        made = drafts.edit(database, actor, draft_id, revision, change)
        for complaint in made.complaints:
            flash(complaint, "warning")
        return made.at

    try:
        with wiring().database.writing() as database:
            at = work(database)
    except (ChangedMeanwhile, CohortError, BadInput, NotFound) as error:
        flash(_said(error), "warning")
        status = 409 if isinstance(error, ChangedMeanwhile) else 400
        return _page(actor, draft_id, status, typed=arguments)
    where = place_to_open(op, request.form.get("back", ""), at or "")
    if request.headers.get(FRAGMENT):
        return _page(actor, draft_id, opened=where)
    return redirect(_address(draft_id, where), 303)


@page(blueprint, "/drafts/<int:draft_id>/counts", Permission.REQUEST_DATA)
def count_draft(draft_id: int) -> str:
    """How many people the draft finds, as a part of the page."""
    actor = signed_in_actor()
    with wiring().database.reading() as database:
        draft = drafts.get_draft(database, actor, draft_id)
        counts = _counts(actor, draft)
    return render_template("cohorts/_counts.html", draft=draft, **counts)


@page(blueprint, "/drafts/<int:draft_id>/counts/stop", Permission.REQUEST_DATA, methods=("POST",))
def stop_counting(draft_id: int) -> BaseResponse:
    """Stop the count that runs for me."""
    wiring().answers.stop(signed_in_actor())
    return redirect(url_for("cohorts.builder", draft_id=draft_id), 303)


@page(blueprint, "/drafts/<int:draft_id>/merge", Permission.REQUEST_DATA)
def look_at_merge(draft_id: int) -> str:
    """The draft with what the newest version changed, and what has to be decided."""
    return _merge_page(draft_id, {})


@page(blueprint, "/drafts/<int:draft_id>/merge", Permission.REQUEST_DATA, methods=("POST",))
def merge(draft_id: int) -> BaseResponse | tuple[str, int]:
    """Take the newest version's changes into the draft, as decided."""
    decisions: dict[str, Side] = {
        name.removeprefix("part "): "theirs" if side == "theirs" else "mine"
        for name, side in request.form.items()
        if name.startswith("part ") and side in SIDES
    }
    revision, seen = (request.form.get(name, 0, type=int) for name in ("revision", "seen"))
    try:
        with wiring().database.writing() as database:
            merge_newest(database, signed_in_actor(), draft_id, revision, seen, decisions)
    except (ChangedMeanwhile, BadInput) as error:
        flash(str(error), "warning")
        status = 409 if isinstance(error, ChangedMeanwhile) else 400
        return _merge_page(draft_id, decisions), status
    flash("Both are in your draft now. Undo takes it back.", "success")
    return redirect(url_for("cohorts.builder", draft_id=draft_id), 303)


@page(blueprint, "/drafts/<int:draft_id>/keep", Permission.REQUEST_DATA, methods=("POST",))
def keep_draft(draft_id: int) -> BaseResponse:
    """Keep the draft as a version."""
    actor = signed_in_actor()
    try:
        with wiring().database.writing() as database:
            version = drafts.keep(
                database,
                actor,
                draft_id,
                request.form.get("revision", 0, type=int),
                request.form.get("note", "")[:1000],
                request.form.get("seen", type=int),
            )
    except (ChangedMeanwhile, CohortError) as error:
        flash(_said(error), "warning")
        return _page(actor, draft_id, 409 if isinstance(error, ChangedMeanwhile) else 400)
    flash(f"Version {version.number} is kept.", "success")
    name = session.get(_RELEASE)
    return redirect(url_for("cohorts.show", cohort_id=version.cohort_id, release=name), 303)


@page(blueprint, "/drafts/<int:draft_id>/discard", Permission.REQUEST_DATA, methods=("POST",))
def discard_draft(draft_id: int) -> BaseResponse:
    """Throw the draft away."""
    with wiring().database.writing() as database:
        drafts.discard(database, signed_in_actor(), draft_id)
    flash("The draft is gone. Versions that were kept are untouched.", "success")
    return redirect(url_for("cohorts.index"), 303)


@page(blueprint, "/drafts/<int:draft_id>/definition.json", Permission.REQUEST_DATA)
@by_signed_link("cohorts.builder", "draft_id")
def export_draft(draft_id: int) -> Response:
    """The draft as Circe JSON."""
    with wiring().database.reading() as database:
        draft = drafts.get_draft(database, signed_in_actor(), draft_id)
        return json_file(drafts.text_of(draft), draft.name, "draft")


def _page(
    actor: Actor,
    draft_id: int,
    status: int = 200,
    opened: dict[str, str] | None = None,
    typed: dict[str, list[str]] | None = None,
) -> Response:
    where = opened
    if where is None and request.method == "GET":
        where = {name: request.args.get(name, "")[:2000] for name in PLACES}
    elif where is None:
        where = place_to_open("", request.form.get("back", ""), "")
    with wiring().database.reading() as database:
        draft = drafts.get_draft(database, actor, draft_id)
        release = _release(actor)
        answers = wiring().answers
        ages = answers.age_bands(release) if release is not None else None
        view = BuilderView(drafts.text_of(draft), where, typed or {}, ages)
        fragment = request.headers.get(FRAGMENT)
        counts = {} if fragment or "release" not in request.args else _counts(actor, draft)
        body = render_template(
            "cohorts/_builder.html" if fragment else "cohorts/builder.html",
            draft=draft,
            view=view,
            concepts=concepts_view(view, release, answers.rule) if release else None,
            release=release,
            releases=wiring().catalogue.list(actor),
            others=drafts.others_editing(database, draft),
            newer=drafts.newer_version(draft),
            library=list_concept_sets(database, actor) if where.get("library") else [],
            undo=_step_said(draft, draft.position),
            redo=_step_said(draft, draft.position + 1),
            messages=get_flashed_messages(with_categories=True) if fragment else [],
            counts=counts,
            **{name: value for name, value in counts.items() if name != "release"},
        )
    return make_response(body, status)


def _merge_page(draft_id: int, decisions: dict[str, Side]) -> str:
    with wiring().database.reading() as database:
        draft = drafts.get_draft(database, signed_in_actor(), draft_id)
        view = MergeView(show_merge(draft, decisions), decisions)
        return render_template("cohorts/merge.html", draft=draft, view=view)


def _address(draft_id: int, where: dict[str, str]) -> str:
    opened: dict[str, Any] = {name: text for name, text in where.items() if text}
    return url_for("cohorts.builder", draft_id=draft_id, **opened)


def _counts(actor: Actor, draft: CohortDraft) -> dict[str, Any]:
    """The counts panel's content: an answer, or why there is none."""
    release = _release(actor)
    found: dict[str, Any] = {
        "answer": None, "error": "", "stopped": False, "release": release, "unknown": []
    }  # fmt: skip
    if release is None:
        return found
    exact = request.args.get("count") == "exact"
    try:
        answer: SafeAnswer = wiring().answers.ask_draft(
            wiring().database, actor, draft, drafts.text_of(draft), release, exact
        )
        found["answer"] = answer
        if answer.withheld:
            definition = cohort_engine.load(drafts.text_of(draft))
            found["unknown"] = check_concepts(definition, release)
    except QueryCancelled:
        found["stopped"] = True
    except DefinitionError as error:
        found["error"] = f"Nothing can be counted yet. {said_of(error)}"
    except CohortError as error:
        found["error"] = str(error)
    return found


def _release(actor: Actor) -> Release | None:
    """The release that the draft is looked at over: the one chosen last, or the newest."""
    asked = request.args.get("release", "")
    releases = wiring().catalogue.list(actor)
    if asked:
        release = wiring().catalogue.get(actor, asked)
        session[_RELEASE] = release.name
        return release
    kept = session.get(_RELEASE)
    return next((one for one in releases if one.name == kept), releases[0] if releases else None)


def _concept(number: int) -> Document:
    release = _release(signed_in_actor())
    found = cohort_engine.find_concepts(release, [number]) if release else []
    return found[0].as_circe() if found else {"CONCEPT_ID": number}


def _import(_: Document) -> Edit:
    name, document = drafts.import_document(uploaded() or request.form.get("text", ""))
    return Edit(document, f"imported “{name}”" if name else "imported a definition")


def _step_said(draft: CohortDraft, number: int) -> str:
    first = draft.steps[0].number if draft.steps else 1
    found = next((step for step in draft.steps if step.number == number), None)
    return found.said if found is not None and number != first else ""


def _said(error: Exception) -> str:
    if isinstance(error, DefinitionError):
        place = f" ({error.path})" if error.path != "$" else ""
        return f"That was not done: {error.reason}{place}."
    return str(error)
