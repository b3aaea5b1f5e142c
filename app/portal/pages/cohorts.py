"""Cohorts: definitions, what they say, how versions differ, with whom they are shared, counts."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

import cohorts as cohort_engine
from app.db.models import CohortDefinition, CohortVersion
from app.errors import BadInput, NotFound
from app.permissions import Actor, Permission
from app.portal.access import page
from app.portal.downloads import json_file
from app.portal.paging import asked, table
from app.portal.sign_in import signed_in_actor
from app.portal.signed_links import by_signed_link
from app.portal.translation import tell
from app.portal.wiring import wiring
from app.services import cohort_drafts, cohort_sharing
from app.services import cohorts as cohort_service
from app.services.cohort_drafts import Beginning
from app.services.projects import list_projects
from cohorts.age_margins import check_ages
from cohorts.comparison import compare_definitions
from cohorts.editing import blank_expression
from cohorts.errors import CohortError
from cohorts.templates import load_template, template_cards
from cohorts.vocabulary_checks import check_concepts

blueprint = Blueprint("cohorts", __name__, url_prefix="/cohorts")


@page(blueprint, "/", Permission.DEFINE_COHORTS)
def index() -> str:
    """The cohorts that I may see, my drafts, and what others share."""
    actor = signed_in_actor()
    defines = Permission.REQUEST_DATA in actor.permissions
    with wiring().database.reading() as session:
        return render_template(
            "cohorts/index.html",
            cohorts=table(cohort_service.cohorts_listed(session, actor, asked())),
            drafts=cohort_drafts.list_drafts(session, actor) if defines else [],
            shared=cohort_sharing.shared_with(session, actor) if defines else [],
            defines=defines,
            minimum=wiring().settings.minimum_cell,
        )


@page(blueprint, "/new", Permission.REQUEST_DATA)
def new() -> str:
    """What a new cohort can begin with."""
    return _new_form(signed_in_actor(), {"text": "", "name": ""})


@page(blueprint, "/new", Permission.REQUEST_DATA, methods=("POST",))
def create() -> BaseResponse | tuple[str, int]:
    """Begin a draft: empty, from a template, from what is shared, or from an import."""
    actor = signed_in_actor()
    typed = {"text": request.form.get("text", ""), "name": request.form.get("name", "")}
    try:
        project_id = request.form.get("project", type=int)
        if project_id is None:
            raise BadInput("Choose a project.")
        with wiring().database.writing() as session:
            beginning = _beginning(session, actor)
            draft = cohort_drafts.begin(session, actor, project_id, beginning)
    except (BadInput, CohortError) as error:
        return _new_form(actor, typed, str(error)), 400
    return redirect(url_for("cohorts.builder", draft_id=draft.id))


@page(blueprint, "/<int:cohort_id>", Permission.DEFINE_COHORTS)
def show(cohort_id: int) -> str:
    """One cohort: in words, checked, and counted over a release if one is chosen."""
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        cohort = cohort_service.get_cohort(session, actor, cohort_id)
        version = _version(cohort, request.args.get("version", type=int))
        name = request.args.get("release", "")
        release = wiring().catalogue.get(actor, name) if name else None
        answer, error = None, None
        if release is not None:
            try:
                answer = wiring().answers.ask(wiring().database, actor, cohort, version, release)
            except CohortError as refused:
                error = str(refused)
        definition = cohort_engine.load(version.expression)
        findings = cohort_engine.check(definition)
        if release is not None:
            findings += check_concepts(definition, release)
            findings += check_ages(definition, wiring().answers.age_bands(release))
        return render_template(
            "cohorts/show.html",
            cohort=cohort,
            version=version,
            definition=definition,
            words=cohort_engine.describe(definition, tell),
            findings=findings,
            releases=wiring().catalogue.list(actor),
            release=release,
            answer=answer,
            error=error,
            can_edit=cohort_service.can_edit(actor, cohort),
            can_share=cohort_sharing.can_share(actor, cohort),
            shares=cohort_sharing.shares_of(session, cohort),
            origin=cohort_sharing.origin_of(session, cohort),
            minimum=wiring().settings.minimum_cell,
        )


@page(blueprint, "/<int:cohort_id>/compare", Permission.DEFINE_COHORTS)
def compare(cohort_id: int) -> str:
    """Two versions, or a version and my draft: what differs in words and as JSON."""
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        cohort = cohort_service.get_cohort(session, actor, cohort_id)
        newest = cohort.versions[-1].number
        old = _version(cohort, request.args.get("old", max(1, newest - 1), type=int))
        draft_id = request.args.get("draft", type=int)
        if draft_id is not None:
            draft = cohort_drafts.get_draft(session, actor, draft_id)
            if draft.cohort_id != cohort.id:
                raise NotFound("This draft is of another cohort.")
            new_name, text = "my draft", cohort_drafts.text_of(draft)
        else:
            new = _version(cohort, request.args.get("new", newest, type=int))
            new_name, text = f"version {new.number}", new.expression
        return render_template(
            "cohorts/compare.html",
            cohort=cohort,
            old=old,
            new_name=new_name,
            draft_id=draft_id,
            comparison=compare_definitions(old.expression, text, tell),
        )


@page(blueprint, "/<int:cohort_id>/versions/<int:number>.json", Permission.DEFINE_COHORTS)
@by_signed_link("cohorts.show", "cohort_id")
def export(cohort_id: int, number: int) -> Response:
    """One version as it was kept, as Circe JSON."""
    with wiring().database.reading() as session:
        cohort = cohort_service.get_cohort(session, signed_in_actor(), cohort_id)
        return json_file(_version(cohort, number).expression, cohort.name, f"v{number}")


@page(blueprint, "/<int:cohort_id>/shares", Permission.REQUEST_DATA, methods=("POST",))
def share(cohort_id: int) -> BaseResponse:
    """Share a version with another project, or with everybody."""
    everybody = request.form.get("with") == "everybody"
    code = request.form.get("project_code", "")[:64]
    if not everybody and not code.strip():
        raise BadInput("Name the project by its code, or choose everybody.")
    with wiring().database.writing() as session:
        cohort_sharing.share(
            session,
            signed_in_actor(),
            cohort_id,
            request.form.get("number", 0, type=int),
            "" if everybody else code,
            request.form.get("note", ""),
        )
    flash("Shared. Others copy it; this definition stays yours.", "success")
    return redirect(url_for("cohorts.show", cohort_id=cohort_id, _anchor="sharing"))


@page(blueprint, "/shares/<int:share_id>/end", Permission.REQUEST_DATA, methods=("POST",))
def end_share(share_id: int) -> BaseResponse:
    """Take a share back."""
    with wiring().database.writing() as session:
        cohort_id = cohort_sharing.end_share(session, signed_in_actor(), share_id)
    flash("No longer shared. Copies that were made stay.", "success")
    return redirect(url_for("cohorts.show", cohort_id=cohort_id, _anchor="sharing"))


@page(blueprint, "/shares/<int:share_id>", Permission.REQUEST_DATA)
def shared(share_id: int) -> str:
    """A definition that somebody shares with me: in words, and to copy."""
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        found = cohort_sharing.get_shared(session, actor, share_id)
        definition = cohort_engine.load(found.version.expression)
        return render_template(
            "cohorts/shared.html",
            share=found,
            words=cohort_engine.describe(definition, tell),
            findings=cohort_engine.check(definition),
            projects=list_projects(session, actor),
        )


def uploaded() -> str:
    """The text of the file that came with a form, empty if none did.

    Raises:
        BadInput: if it is not text.
    """
    file = request.files.get("file")
    if file is None or not file.filename:
        return ""
    try:
        return file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("The file is not text in UTF-8.") from None


def _version(cohort: CohortDefinition, number: int | None) -> CohortVersion:
    wanted = cohort.versions[-1].number if number is None else number
    version = next((one for one in cohort.versions if one.number == wanted), None)
    if version is None:
        raise NotFound("There is no such version.")
    return version


def _beginning(session: Session, actor: Actor) -> Beginning:
    name = request.form.get("name", "").strip()
    start = request.form.get("start", "")
    if start == "template":
        try:
            key = request.form.get("template", "")
            template = load_template(key)
        except KeyError:
            raise BadInput("There is no such template.") from None
        title, document = cohort_drafts.import_document(template.source.decode("utf-8"))
        return Beginning(document, name or template.title or title, template=key)
    if start == "shared":
        found = cohort_sharing.get_shared(session, actor, request.form.get("share", 0, type=int))
        return cohort_sharing.beginning_of(found.version)
    if start == "copy":
        cohort = cohort_service.get_cohort(session, actor, request.form.get("copy", 0, type=int))
        return cohort_sharing.beginning_of(_version(cohort, request.form.get("number", type=int)))
    if start == "import":
        title, document = cohort_drafts.import_document(uploaded() or request.form.get("text", ""))
        return Beginning(document, name or title or str(document.get("Title") or ""))
    return Beginning(blank_expression(), name)


def _new_form(actor: Actor, typed: dict[str, str], error: str = "") -> str:
    with wiring().database.reading() as session:
        return render_template(
            "cohorts/new.html",
            projects=list_projects(session, actor),
            templates=template_cards(),
            shared=cohort_sharing.shared_with(session, actor),
            typed=typed,
            error=error,
        )
