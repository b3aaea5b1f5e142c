"""A vault on SQLite and one on PostgreSQL: the same tests run on both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from deid.vault.store import create_vault


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def vault_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL at which no vault is yet."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'vault' / 'vault.db'}"


@pytest.fixture
def vault(vault_url: str) -> Iterator[Engine]:
    """An empty vault, without vocabulary."""
    engine = create_vault(vault_url, base_vocabulary=False)
    yield engine
    engine.dispose()


@pytest.fixture
def stocked(vault_url: str) -> Iterator[Engine]:
    """A vault with the shipped vocabulary and nothing else."""
    engine = create_vault(vault_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """For what does not depend on the database."""
    return f"sqlite:///{tmp_path / 'vault' / 'vault.db'}"
