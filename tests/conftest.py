"""Fixtures shared by all tests: the shared data folder and a PostgreSQL server of our own."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"

# Continuous integration judges a commit, so the same commit gets the same examples each time;
# everybody else's runs go on looking for new ones.
# Tests run beside one another, so that the clock says little about one example.
settings.register_profile("exploring", deadline=None)
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable" if os.environ.get("CI") else "exploring")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason, what needs a part that is absent."""
    for item in items:
        if item.get_closest_marker("shared") and not SHARED.is_dir():
            item.add_marker(pytest.mark.skip(reason="the shared data folder is absent"))
        if item.get_closest_marker("postgres") and not _postgres_available():
            item.add_marker(
                pytest.mark.skip(
                    reason="no PostgreSQL: set CARECOMMONS_TEST_POSTGRES to a server's URL "
                    "or install Debian's postgresql"
                )
            )
        if item.get_closest_marker("browser") and shutil.which("chromium") is None:
            item.add_marker(pytest.mark.skip(reason="Debian's chromium is not installed"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data sets; only for tests marked ``shared``."""
    return SHARED


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a PostgreSQL server: a given one, or one started for these tests on loopback."""
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


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """URL of an empty database of its own for one test."""
    import secrets

    from sqlalchemy import create_engine, make_url, text

    name = f"cc_{secrets.token_hex(6)}"
    admin = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = make_url(postgres_server).set(database=name)
    yield url.render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def _postgres_binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).parent if initdb else None


def _postgres_available() -> bool:
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
