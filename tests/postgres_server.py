"""A PostgreSQL server for tests and campaigns: a given one, or one of our own on loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running_server() -> Iterator[str]:
    """URL of the server at ``CARECOMMONS_TEST_POSTGRES``, or of one that runs inside the block."""
    given = os.environ.get("CARECOMMONS_TEST_POSTGRES")
    if given:
        yield given
        return
    binaries = _postgres_binaries()
    assert binaries is not None
    # Not below pytest's own folder: another session starting meanwhile closes that to PostgreSQL.
    folder = Path(tempfile.mkdtemp(prefix="carecommons-postgres-"))
    as_user = _as_postgres_user(folder)
    data = folder / "data"
    port = _free_port()
    subprocess.run(
        [*as_user, binaries / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8"],
        check=True,
        capture_output=True,
    )
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    subprocess.run(
        [
            *as_user,
            binaries / "pg_ctl",
            "-D",
            data,
            "-w",
            "-o",
            options,
            "-l",
            data / "log",
            "start",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run(
            [*as_user, binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop"],
            check=False,
            capture_output=True,
        )
        shutil.rmtree(folder, ignore_errors=True)


def _postgres_binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).parent if initdb else None


def postgres_available() -> bool:
    """Whether a server was given or can be started."""
    if os.environ.get("CARECOMMONS_TEST_POSTGRES"):
        return True
    if _postgres_binaries() is None:
        return False
    return os.geteuid() != 0 or _has_postgres_user()


def _has_postgres_user() -> bool:
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        return False
    return True


def _as_postgres_user(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root; then the account of its package runs it."""
    if os.geteuid() != 0:
        return []
    shutil.chown(folder, "postgres")
    return ["runuser", "-u", "postgres", "--"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
