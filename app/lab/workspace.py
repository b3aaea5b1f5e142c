"""Prepares a project's workspace and the environment in which JupyterLab runs there.

The lab sees one project: its environment is built from a list of allowed names, so that no setting
of the engine or the portal, and no password that happens to be in the shell, reaches a notebook.
This separates settings and paths; it does not replace separate accounts of the operating system.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import app
from cohorts.errors import ProjectError
from cohorts.extract_files import WORKSPACE, check_folder_name
from cohorts.project import PROJECT_VARIABLE, list_projects, open_project

JUPYTER_FOLDER: Final = ".jupyter"
_ALLOWED: Final = frozenset(
    {
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "SHELL",
        "LANG",
        "LANGUAGE",
        "TZ",
        "TMPDIR",
        "TERM",
        "DISPLAY",
        "WAYLAND_DISPLAY",
        "XAUTHORITY",
        "BROWSER",
        "VIRTUAL_ENV",
        "PYTHONPATH",
        "PYTHONDONTWRITEBYTECODE",
        "OMP_NUM_THREADS",
    }
)
# What would call the internet from JupyterLab's pages: news, and the extension manager.
_DISABLED: Final = (
    "@jupyterlab/apputils-extension:announcements",
    "@jupyterlab/extensionmanager-extension",
)


@dataclass(frozen=True)
class LabSession:
    """How to start JupyterLab for one project. The token is in the environment, not in ``argv``."""

    workspace: Path
    address: str = field(repr=False)
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)


def shipped_notebooks() -> list[Path]:
    """The notebooks that come with Care Commons, in reading order."""
    folder = Path(app.__file__).resolve().parent.parent / "notebooks"
    return sorted(folder.glob("*.ipynb"))


def prepare_session(
    project_root: Path,
    project: str,
    environ: Mapping[str, str],
    host: str,
    port: int,
    browser: bool,
) -> LabSession:
    """Prepare the workspace of ``project``; existing notebooks are never overwritten.

    Raises:
        ProjectError: if there is no such project, access has ended, or its extract was changed.
    """
    check_folder_name("project", project)
    if project not in list_projects(project_root):
        raise ProjectError(f"no project {project} with an extract; see `carecommons lab`")
    folder = Path(project_root).absolute() / project
    open_project(folder)
    workspace = folder / WORKSPACE
    workspace.mkdir(exist_ok=True)
    for notebook in shipped_notebooks():
        _copy_once(notebook, workspace / notebook.name)
    jupyter = folder / JUPYTER_FOLDER
    _write_page_config(jupyter / "config")
    port = port or _free_port(host)
    token = secrets.token_urlsafe(32)
    return LabSession(
        workspace,
        f"http://{host}:{port}/lab?token={token}",
        _jupyter_command(workspace, host, port, browser),
        _environment(environ, folder, jupyter, token),
    )


def start(session: LabSession) -> None:
    """Become JupyterLab: this process is replaced, so that a signal reaches it directly."""
    os.chdir(session.workspace)
    os.execve(session.argv[0], list(session.argv), dict(session.environment))  # noqa: S606


def _copy_once(source: Path, target: Path) -> None:
    try:
        with target.open("xb") as file:
            file.write(source.read_bytes())
    except FileExistsError:
        return


def _write_page_config(config: Path) -> None:
    (config / "labconfig").mkdir(parents=True, exist_ok=True)
    document = {"disabledExtensions": dict.fromkeys(_DISABLED, True)}
    (config / "labconfig" / "page_config.json").write_text(json.dumps(document, indent=1))


def _jupyter_command(workspace: Path, host: str, port: int, browser: bool) -> tuple[str, ...]:
    return (
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.ip={host}",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={workspace}",
        f"--ServerApp.open_browser={browser}",
        "--ServerApp.allow_root=True",
        "--ServerApp.terminals_enabled=False",
        "--LabApp.extension_manager=readonly",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.news_url=None",
    )


def _environment(
    environ: Mapping[str, str], folder: Path, jupyter: Path, token: str
) -> dict[str, str]:
    kept = {
        name: value
        for name, value in environ.items()
        if name in _ALLOWED or name.startswith(("LC_", "XDG_"))
    }
    return kept | {
        PROJECT_VARIABLE: str(folder),
        "JUPYTER_TOKEN": token,
        "JUPYTER_CONFIG_DIR": str(jupyter / "config"),
        "JUPYTER_DATA_DIR": str(jupyter / "data"),
        "JUPYTER_RUNTIME_DIR": str(jupyter / "runtime"),
        "IPYTHONDIR": str(jupyter / "ipython"),
        "MPLCONFIGDIR": str(jupyter / "matplotlib"),
    }


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
