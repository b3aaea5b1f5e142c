"""Cohorts: definitions, what they say, and safe counts over a release."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

import cohorts as cohort_engine
from app.db.models import Project
from app.errors import BadInput, NotFound
from app.permissions import Permission
from app.portal.access import page
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services import cohorts as cohort_service
from app.services.projects import list_projects
from cohorts.errors import CohortError

blueprint = Blueprint("cohorts", __name__, url_prefix="/cohorts")


@page(blueprint, "/", Permission.DEFINE_COHORTS)
def index() -> str:
    """The cohorts that I may see."""
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        found = cohort_service.list_cohorts(session, actor)
        defines = Permission.REQUEST_DATA in actor.permissions
        return render_template("cohorts/index.html", cohorts=found, defines=defines)


@page(blueprint, "/new", Permission.REQUEST_DATA)
def new() -> str:
    """The form for a new cohort, empty or from a template."""
    with wiring().database.reading() as session:
        projects = list_projects(session, signed_in_actor())
    typed = {"name": "", "description": "", "expression": ""}
    name = request.args.get("template", "")
    if name in cohort_engine.list_templates():
        template = cohort_engine.load_template(name)
        typed["name"] = template.title or _words(name)
        typed["expression"] = template.source.decode("utf-8")
    return _new_form(projects, typed)


@page(blueprint, "/new", Permission.REQUEST_DATA, methods=("POST",))
def create() -> Response | tuple[str, int]:
    """Keep a new cohort; a definition that cannot be read is shown again with the reason."""
    actor = signed_in_actor()
    typed = {name: request.form.get(name, "") for name in ("name", "description", "expression")}
    typed["expression"] = _uploaded() or typed["expression"]
    try:
        project_id = request.form.get("project", type=int)
        if project_id is None:
            raise BadInput("Choose a project.")
        with wiring().database.writing() as session:
            made = cohort_service.create_cohort(
                session,
                actor,
                project_id,
                typed["name"][:200],
                typed["description"][:5000],
                typed["expression"],
            )
    except (BadInput, CohortError) as error:
        with wiring().database.reading() as session:
            projects = list_projects(session, actor)
        return _new_form(projects, typed, str(error)), 400
    return redirect(url_for("cohorts.show", cohort_id=made.id))


@page(blueprint, "/<int:cohort_id>", Permission.DEFINE_COHORTS)
def show(cohort_id: int) -> str:
    """One cohort: in words, checked, and counted over a release if one is chosen."""
    return _show(cohort_id)


@page(blueprint, "/<int:cohort_id>/versions", Permission.REQUEST_DATA, methods=("POST",))
def add_version(cohort_id: int) -> Response | tuple[str, int]:
    """Keep a further version; one that cannot be read is shown again with the reason."""
    expression = _uploaded() or request.form.get("expression", "")
    note = request.form.get("note", "")[:1000]
    try:
        with wiring().database.writing() as session:
            version = cohort_service.add_version(
                session, signed_in_actor(), cohort_id, expression, note
            )
    except CohortError as error:
        typed = {"expression": expression, "note": note, "error": str(error)}
        return _show(cohort_id, typed), 400
    flash(f"Version {version.number} is kept.", "success")
    return redirect(url_for("cohorts.show", cohort_id=cohort_id))


def _show(cohort_id: int, typed: dict[str, str] | None = None) -> str:
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        cohort = cohort_service.get_cohort(session, actor, cohort_id)
        number = request.args.get("version", cohort.versions[-1].number, type=int)
        version = next((v for v in cohort.versions if v.number == number), None)
        if version is None:
            raise NotFound("There is no such version.")
        name = request.args.get("release", "")
        release = wiring().catalogue.get(actor, name) if name else None
        answer, error = None, None
        if release is not None:
            try:
                asked = wiring().answers.ask(wiring().database, actor, cohort, version, release)
                if isinstance(asked, cohort_service.Refusal):
                    error = asked.reason
                else:
                    answer = asked
            except CohortError as refused:
                error = str(refused)
        definition = cohort_engine.load(version.expression)
        return render_template(
            "cohorts/show.html",
            cohort=cohort,
            version=version,
            definition=definition,
            words=cohort_engine.describe(definition),
            findings=cohort_engine.check(definition),
            releases=wiring().catalogue.list(actor),
            release=release,
            answer=answer,
            error=error,
            typed=typed,
            can_edit=cohort_service.can_edit(actor, cohort),
            minimum=wiring().settings.minimum_cell,
        )


def _new_form(projects: list[Project], typed: dict[str, str], error: str = "") -> str:
    return render_template(
        "cohorts/new.html",
        projects=projects,
        templates={name: _words(name) for name in cohort_engine.list_templates()},
        typed=typed,
        error=error,
    )


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _uploaded() -> str:
    file = request.files.get("file")
    if file is None or not file.filename:
        return ""
    try:
        return file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("The file is not text in UTF-8.") from None
