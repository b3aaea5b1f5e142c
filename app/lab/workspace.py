"""Prepares a project's workspace and the environment in which JupyterLab runs there.

The lab sees one project: its environment is built from a list of allowed names, so that no setting
of the engine or the portal, and no password that happens to be in the shell, reaches a notebook;
and the kernel confines it to the project's folder (:mod:`app.lab.confinement`).
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import socket
import stat
import sys
import time
import webbrowser
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import app
import cohorts
import deid
from app.lab.confinement import Confinement, check_available, confine, devices, system_paths
from cohorts.errors import ProjectError
from cohorts.extract_files import WORKSPACE, check_folder_name
from cohorts.outputs.parcel import OUTBOX
from cohorts.project import PROJECT_VARIABLE, list_projects, open_project

JUPYTER_FOLDER: Final = ".jupyter"
_ALLOWED: Final = frozenset(
    {
        "PATH",
        "USER",
        "LOGNAME",
        "SHELL",
        "LANG",
        "LANGUAGE",
        "TZ",
        "TERM",
        "VIRTUAL_ENV",
        "PYTHONDONTWRITEBYTECODE",
        "OMP_NUM_THREADS",
    }
)
# What would call the internet from JupyterLab's pages, and the buttons that save a file outside the
# workspace. Results leave by a request; a missing button is a reminder of that and no barrier.
_DISABLED: Final = (
    "@jupyterlab/apputils-extension:announcements",
    "@jupyterlab/extensionmanager-extension",
    "@jupyterlab/docmanager-extension:download",
    "@jupyterlab/filebrowser-extension:download",
    "@jupyterlab/notebook-extension:export",
)
# JupyterLab looks for extensions in a folder `labextensions` of each of these paths.
_JUPYTER_PATH: Final = Path(app.__file__).resolve().parent / "lab" / "jupyter"
_BROWSER_SECONDS: Final = 60
NOT_STOPPED: Final = (
    "Confined to the project, but on this machine UDP cannot be stopped: let no lab run where it "
    "could send anything."
)


@dataclass(frozen=True)
class LabSession:
    """How to start JupyterLab for one project. The token is in the environment, not in ``argv``."""

    workspace: Path
    address: str = field(repr=False)
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    confinement: Confinement = field(repr=False)
    browser: bool


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
    workspace, outbox, jupyter = folder / WORKSPACE, folder / OUTBOX, folder / JUPYTER_FOLDER
    runtime = _runtime_folder(folder)
    for made in (workspace, outbox, jupyter / "home", runtime / "tmp"):
        made.mkdir(parents=True, exist_ok=True)
    for notebook in shipped_notebooks():
        _copy_once(notebook, workspace / notebook.name)
    packages = _link_packages(jupyter / "packages")
    _write_page_config(jupyter / "config")
    port = port or _free_port(host)
    token = secrets.token_urlsafe(32)
    return LabSession(
        workspace,
        f"http://{host}:{port}/lab?token={token}",
        _jupyter_command(workspace, host, port),
        _environment(environ, folder, jupyter, runtime, token),
        Confinement(
            readable=(*system_paths(), *packages, folder),
            writable=(workspace, outbox, jupyter, runtime, *devices()),
            port=port,
        ),
        browser,
    )


def start(session: LabSession, *, confined: bool = True) -> None:
    """Become JupyterLab: this process is replaced, so that a signal reaches it directly.

    Raises:
        ConfinementUnavailable: if it is to be confined and the kernel cannot.
    """
    if confined:
        check_available()
    if session.browser:
        _open_browser_later(session.address)
    os.chdir(session.workspace)
    if confined and not confine(session.confinement):
        print(NOT_STOPPED, file=sys.stderr, flush=True)
    os.execve(session.argv[0], list(session.argv), dict(session.environment))  # noqa: S606  # nosec B606 # our own command, no shell


def _open_browser_later(address: str) -> None:
    """Leave behind a process outside the confinement that opens the browser once there is a page.

    The browser needs its owner's home folder, which JupyterLab must not see. The process has no
    parent to wait for it: it is the child of one that ends at once.
    """
    first = os.fork()
    if first:
        os.waitpid(first, 0)
        return
    try:
        if os.fork() == 0:
            _open_when_served(address)
    finally:
        os._exit(0)


def _open_when_served(address: str) -> None:
    parts = urlsplit(address)
    end = time.monotonic() + _BROWSER_SECONDS
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex((parts.hostname or "", parts.port or 0)) == 0:
                webbrowser.open(address)
                return
        time.sleep(0.3)


def _runtime_folder(folder: Path) -> Path:
    """A private folder with a short path: the sockets of kernels lie in it, and their paths may
    have a hundred characters.

    Raises:
        ProjectError: if somebody else has made it.
    """
    base = Path("/run/user", str(os.getuid()))
    base = base if os.access(base, os.W_OK) else Path("/tmp")  # noqa: S108 -- made private below  # nosec B108 # made private below
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:10]
    runtime = base / f"carecommons-{os.getuid()}-{name}"
    runtime.mkdir(mode=0o700, exist_ok=True)
    found = runtime.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise ProjectError(f"{runtime}: not a private folder of this account; remove it")
    return runtime


def _link_packages(packages: Path) -> tuple[Path, ...]:
    """Links to the packages that a notebook imports, so that the folder they lie in stays closed:
    where Care Commons runs from its repository, that folder may hold the demonstration's data.
    """
    packages.mkdir(parents=True, exist_ok=True)
    sources = [Path(str(module.__file__)).resolve().parent for module in (app, cohorts, deid)]
    sources.append(sources[0].parent / "notebooks")
    for source in sources:
        link = packages / source.name
        link.unlink(missing_ok=True)
        link.symlink_to(source)
    return tuple(sources)


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


def _jupyter_command(workspace: Path, host: str, port: int) -> tuple[str, ...]:
    return (
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.ip={host}",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={workspace}",
        "--ServerApp.open_browser=False",
        "--ServerApp.allow_root=True",
        "--ServerApp.terminals_enabled=False",
        "--ServerApp.jpserver_extensions={'app.lab.server': True}",
        # Kernels talk through files and not through TCP, which they have not.
        "--KernelManager.transport=ipc",
        "--LabApp.extension_manager=readonly",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.news_url=None",
    )


def _environment(
    environ: Mapping[str, str], folder: Path, jupyter: Path, runtime: Path, token: str
) -> dict[str, str]:
    kept = {
        name: value for name, value in environ.items() if name in _ALLOWED or name.startswith("LC_")
    }
    return kept | {
        PROJECT_VARIABLE: str(folder),
        "PYTHONPATH": str(jupyter / "packages"),
        "HOME": str(jupyter / "home"),
        "TMPDIR": str(runtime / "tmp"),
        "JUPYTER_PATH": str(_JUPYTER_PATH),
        "JUPYTER_TOKEN": token,
        "JUPYTER_CONFIG_DIR": str(jupyter / "config"),
        "JUPYTER_DATA_DIR": str(jupyter / "data"),
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "IPYTHONDIR": str(jupyter / "ipython"),
        "MPLCONFIGDIR": str(jupyter / "matplotlib"),
        # joblib's processes look at each other in /proc, which is closed; threads do not.
        "JOBLIB_MULTIPROCESSING": "0",
    }


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
