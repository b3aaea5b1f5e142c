"""A vault on SQLite and one on PostgreSQL: the same tests run on both."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from deid.vault.store import create_vault, open_vault


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def vault_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL at which no vault is yet."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'vault' / 'vault.db'}"


@pytest.fixture
def vault(vault_url: str, made_vaults: Path) -> Iterator[Engine]:
    """An empty vault, without vocabulary."""
    _copy_if_sqlite(made_vaults / "empty.db", vault_url)
    engine = create_vault(vault_url, base_vocabulary=False)
    yield engine
    engine.dispose()


@pytest.fixture
def stocked(vault_url: str, made_vaults: Path) -> Iterator[Engine]:
    """A vault with the shipped vocabulary and nothing else."""
    _copy_if_sqlite(made_vaults / "stocked.db", vault_url)
    engine = create_vault(vault_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def made_vaults(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty and a stocked vault to copy from."""
    folder = tmp_path_factory.mktemp("made")
    for name, base_vocabulary in (("empty", False), ("stocked", True)):
        url = f"sqlite:///{folder / name}.db"
        create_vault(url, base_vocabulary=base_vocabulary).dispose()
    return folder


@pytest.fixture
def sqlite_vault(made_vaults: Path, tmp_path: Path) -> Iterator[Engine]:
    """An empty vault on SQLite, for rules that do not depend on the database."""
    yield from _copied(made_vaults / "empty.db", tmp_path)


@pytest.fixture
def stocked_sqlite(made_vaults: Path, tmp_path: Path) -> Iterator[Engine]:
    """A vault on SQLite with the shipped vocabulary."""
    yield from _copied(made_vaults / "stocked.db", tmp_path)


def _copy_if_sqlite(made: Path, url: str) -> None:
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        path.parent.mkdir(mode=0o700)
        shutil.copy2(made, path)


def _copied(made: Path, folder: Path) -> Iterator[Engine]:
    shutil.copy2(made, folder / "vault.db")
    engine = open_vault(f"sqlite:///{folder / 'vault.db'}")
    yield engine
    engine.dispose()
