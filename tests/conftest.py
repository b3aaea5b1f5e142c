"""Fixtures shared by all tests: the shared data folder and a PostgreSQL server of our own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.postgres_server import postgres_available, running_server

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
        if item.get_closest_marker("postgres") and not postgres_available():
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
    with running_server() as url:
        yield url


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
