"""Projects: mine, and their members."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.permissions import Permission
from app.portal.access import page
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services import projects as project_service

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


@page(blueprint, "/<int:project_id>/members", Permission.REQUEST_DATA, methods=("POST",))
def add_member(project_id: int) -> Response:
    """Take somebody into a project."""
    with wiring().database.writing() as session:
        project_service.add_member(
            session, signed_in_actor(), project_id, request.form.get("email", "")
        )
    flash("Added to the project.", "success")
    return redirect(url_for("projects.index"))
