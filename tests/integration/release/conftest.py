"""Vaults on SQLite; where the database matters, on PostgreSQL too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deid.build.pipeline import build_release
from deid.policy import load_policy
from deid.release import Release
from tests.integration.release.residents import fixed_keyring, residents, settings_for
from tests.integration.release.vaults import PostgresVaults, SqliteVaults


@pytest.fixture(scope="session")
def vaults(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SqliteVaults | PostgresVaults]:
    """Makes vaults: ``vaults.new(rows)`` gives a URL.

    On SQLite, as equal records give equal releases (``test_postgresql``); tests marked
    ``ON_EACH_DATABASE`` run on PostgreSQL too.
    """
    made: SqliteVaults | PostgresVaults
    if getattr(request, "param", "sqlite") == "postgresql":
        made = PostgresVaults(request.getfixturevalue("postgres_server"))
    else:
        made = SqliteVaults(tmp_path_factory.mktemp("vaults"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def vault_url(vaults: SqliteVaults | PostgresVaults) -> str:
    """A vault of sixty residents with notes; nobody writes into it."""
    return vaults.new(residents())


@pytest.fixture(scope="session")
def published(vault_url: str, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The release ``county-v1`` of that vault under the default policy."""
    settings = settings_for(tmp_path_factory.mktemp("published"), vault_url)
    policy = load_policy("limited-research")
    return build_release(settings, fixed_keyring(), vault_url, policy, "county-v1", "A county")


@pytest.fixture
def small_vault_url(vaults: SqliteVaults | PostgresVaults) -> str:
    """A vault of one's own, without notes."""
    return vaults.new(residents(notes=False))
