"""Projects: mine, their members, and their lab."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.permissions import Permission
from app.portal.access import page
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services import lab as lab_service
from app.services import projects as project_service
from app.services.outbox import waiting_parcels

blueprint = Blueprint("projects", __name__, url_prefix="/projects")


@page(blueprint, "/", Permission.REQUEST_DATA)
def index() -> str:
    """My projects, and a form for a new one."""
    with wiring().database.reading() as session:
        projects = project_service.list_projects(session, signed_in_actor())
        return render_template("projects/index.html", projects=projects)


@page(blueprint, "/", Permission.REQUEST_DATA, methods=("POST",))
def create() -> Response:
    """Found a project."""
    with wiring().database.writing() as session:
        project_service.create_project(
            session,
            signed_in_actor(),
            request.form.get("code", "")[:64],
            request.form.get("title", "")[:200],
        )
    flash("The project is there. You can define cohorts and ask for data in it.", "success")
    return redirect(url_for("projects.index"))


@page(
    blueprint,
    "/<int:project_id>",
    frozenset({Permission.REQUEST_DATA, Permission.REVIEW_REQUESTS}),
)
def show(project_id: int) -> str:
    """One project: what was delivered, how its lab is opened, what waits to leave."""
    actor = signed_in_actor()
    settings = wiring().settings
    with wiring().database.reading() as session:
        project = project_service.get_project(session, actor, project_id)
        mine = project_service.is_member(project, actor)
        return render_template(
            "projects/show.html",
            project=project,
            mine=mine,
            lab=lab_service.lab_of(session, actor, project, datetime.now(UTC).date()),
            elsewhere=bool(settings.lab_address),
            parcels=[
                waiting
                for waiting in waiting_parcels(session, actor, settings.project_root)
                if waiting.project.id == project.id
            ],
        )


@page(blueprint, "/<int:project_id>/lab", Permission.ANALYSE_DATA)
def open_lab(project_id: int) -> Response:
    """Go to the project's lab where the installation runs labs."""
    with wiring().database.writing() as session:
        address = lab_service.open_lab(
            session,
            signed_in_actor(),
            project_id,
            wiring().settings.lab_address,
            datetime.now(UTC).date(),
        )
    return redirect(address)


@page(blueprint, "/<int:project_id>/members", Permission.REQUEST_DATA, methods=("POST",))
def add_member(project_id: int) -> Response:
    """Take somebody into a project."""
    with wiring().database.writing() as session:
        project_service.add_member(
            session, signed_in_actor(), project_id, request.form.get("email", "")
        )
    flash("Added to the project.", "success")
    return redirect(url_for("projects.index"))
