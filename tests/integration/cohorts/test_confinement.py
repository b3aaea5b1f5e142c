"""What a notebook cannot do in the lab, tried by a program that runs as a notebook would."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.lab.confinement import ConfinementUnavailable, check_available, landlock_version
from app.lab.workspace import prepare_session
from cohorts import open_project, write_extract
from deid.pseudonyms import Pseudonymiser
from tests.unit.cohorts.definitions import person_id, tiny_world

ROOT = Path(__file__).resolve().parents[3]
# Tries each act and tells which ones the kernel refused.
PROGRAM = """
import ctypes, json, os, shutil, signal, socket, sys
from pathlib import Path
project, home = Path(os.environ["CARECOMMONS_LAB_PROJECT"]), Path(sys.argv[1])
extract = project / "extracts" / "e1"
from cohorts import open_project
def io_uring():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(425, 1, 0) < 0:
        raise OSError(ctypes.get_errno(), "io_uring")
def serve(port):
    with socket.socket() as server:
        server.bind(("127.0.0.1", port))
acts = {
    "read the extract": lambda: open_project().table("person"),
    "write the workspace": lambda: Path("note.txt").write_text("mine"),
    "write the outbox": lambda: (project / "outbox" / "x").mkdir(),
    "use a temporary file": lambda: Path(os.environ["TMPDIR"], "t").write_text("t"),
    "change the extract": lambda: (extract / "person.parquet").open("r+b"),
    "change its mode and then the extract": lambda: (
        (extract / "person.parquet").chmod(0o666), (extract / "person.parquet").open("r+b")),
    "empty the extract": lambda: os.truncate(extract / "person.parquet", 0),
    "add to the extract": lambda: (extract / "more").write_text(""),
    "remove the extract": lambda: (extract / "manifest.json").unlink(),
    "rename the extract": lambda: extract.rename(project / "workspace" / "e1"),
    "renew the access": lambda: (project / "access.json").write_text("{}"),
    "read another project": lambda: (home / "projects" / "heart" / "extracts" / "e1"
                                     / "manifest.json").read_text(),
    "list the projects": lambda: os.listdir(home / "projects"),
    "read a release": lambda: os.listdir(home / "releases"),
    "read the portal's database": lambda: (home / "portal" / "portal.db").read_bytes(),
    "read the keyring": lambda: (home / "keys" / "keyring.json").read_text(),
    "read a link to the keyring": lambda: (
        Path("k").symlink_to(home / "keys" / "keyring.json"), Path("k").read_text()),
    "read root's files": lambda: Path("/etc/shadow").read_text(),
    "connect to somewhere": lambda: socket.create_connection(("127.0.0.1", 5432), 1),
    "serve on another port": lambda: serve(int(sys.argv[2]) + 1),
    "send a datagram": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(
        b"x", ("127.0.0.1", 9)),
    "speak multipath TCP": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262),
    "open a ring past the filter": lambda: io_uring(),
    "read the environment of another process": lambda: (
        Path(f"/proc/{os.getppid()}/environ").read_bytes()),
    "signal the process that started it": lambda: os.kill(os.getppid(), 0),
}
def refused(act):
    try:
        act()
    except PermissionError:
        return True
    return False
print(json.dumps({name: refused(act) for name, act in acts.items()}))
"""
ALLOWED = {"read the extract", "write the workspace", "write the outbox", "use a temporary file"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    release = tiny_world(
        tmp_path / "releases", [{"person": "1", "concept": "asthma", "day": "2020-01-01"}]
    )
    for project in ("breath", "heart"):
        write_extract(
            release,
            [person_id(1)],
            {"person": None},
            Pseudonymiser(hashlib.sha256(project.encode()).digest()).ids,
            tmp_path / "projects",
            project=project,
            extract="e1",
        )
    for name in ("portal/portal.db", "keys/keyring.json"):
        path = tmp_path / name
        path.parent.mkdir()
        path.write_text("secret")
    return tmp_path


@pytest.mark.skipif(landlock_version() < 4, reason="this kernel has no Landlock of version 4")
def test_a_notebook_reads_its_extract_and_reaches_nothing_else(home: Path) -> None:
    session = prepare_session(
        home / "projects", "breath", dict(os.environ), "127.0.0.1", 0, browser=False
    )
    starter = (
        "import os, sys, pickle; from app.lab.confinement import confine\n"
        "confinement, python, arguments, environment, folder = pickle.load(sys.stdin.buffer)\n"
        "os.chdir(folder); confine(confinement); os.execve(python, arguments, environment)"
    )
    import pickle

    arguments = [sys.executable, "-c", PROGRAM, str(home), str(session.confinement.port)]
    given = (
        session.confinement, sys.executable, arguments, dict(session.environment),
        session.workspace,
    )  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", starter],
        input=pickle.dumps(given),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode()
    refused = json.loads(done.stdout)
    assert {name for name, was in refused.items() if not was} == ALLOWED
    assert open_project(home / "projects" / "breath").table("person").shape[0] == 1


def test_without_the_kernels_help_the_lab_is_not_opened_unasked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.lab.confinement.landlock_version", lambda: 0)
    with pytest.raises(ConfinementUnavailable, match="--unconfined"):
        check_available()
