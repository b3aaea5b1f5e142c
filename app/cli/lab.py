"""``carecommons lab``: JupyterLab in a project's workspace."""

from __future__ import annotations

import os

import click

from app.lab.workspace import prepare_session, start
from app.settings import LabSettings
from cohorts.project import PROJECT_VARIABLE, list_projects


@click.command()
@click.option("--project", metavar="ID", help="the project whose data are analysed")
@click.option("--no-browser", is_flag=True, help="only print the address")
@click.option("--port", type=click.IntRange(0, 65535), help="port to serve on; 0 takes a free one")
@click.option(
    "--unconfined",
    is_flag=True,
    help="open it although this kernel cannot confine it to the project",
)
def lab(project: str | None, no_browser: bool, port: int | None, unconfined: bool) -> None:
    """Open JupyterLab in a project's workspace; without --project, list the projects.

    JupyterLab serves on this machine only, behind a token, and shows the project's workspace. Its
    notebooks open the project's extract with `from cohorts import open_project`. The kernel of the
    machine confines it: extracts can be read and not written, nothing else of the installation can
    be read, and no connection leads out.
    """
    # The variable that a notebook reads is set by us and is no setting of the lab itself.
    environ = {name: value for name, value in os.environ.items() if name != PROJECT_VARIABLE}
    settings = LabSettings.from_environ(environ)
    if project is None:
        projects = list_projects(settings.project_root)
        for name in projects:
            click.echo(name)
        if not projects:
            click.echo(f"no project with an extract under {settings.project_root}", err=True)
        return
    session = prepare_session(
        settings.project_root,
        project,
        environ,
        settings.host,
        settings.port if port is None else port,
        browser=not no_browser,
    )
    click.echo(f"workspace: {session.workspace}")
    click.echo(f"address:   {session.address}")
    click.echo("stop:      Ctrl-C, then y")
    if unconfined:
        click.echo("not confined: notebooks can read whatever your account can", err=True)
    start(session, confined=not unconfined)
