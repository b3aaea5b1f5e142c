"""Vaults on either database: on PostgreSQL each is a copy of one stocked template."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from deid.vault.store import create_vault
from tests.integration.release.residents import fill_vault

Rows = Mapping[str, list[dict[str, Any]]]

ON_EACH_DATABASE = pytest.mark.parametrize(
    "vaults",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
    indirect=True,
    scope="session",
)


class SqliteVaults:
    """Vaults that are files, each in a folder of its own."""

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = self._folder / "template" / "vault.db"
        create_vault(f"sqlite:///{self._template}").dispose()

    def new(self, rows: Rows) -> str:
        """A vault that holds ``rows``; gives its URL."""
        path = self._folder / secrets.token_hex(6) / "vault.db"
        path.parent.mkdir(mode=0o700)
        shutil.copy2(self._template, path)
        fill_vault(f"sqlite:///{path}", rows)
        return f"sqlite:///{path}"

    def close(self) -> None:
        """Nothing: pytest removes the folder."""


class PostgresVaults:
    """Vaults that are databases of one server; all of them are dropped at the end."""

    name = "postgresql"

    def __init__(self, server: str) -> None:
        self._server = make_url(server)
        self._admin = create_engine(server, isolation_level="AUTOCOMMIT")
        self._made: list[str] = []
        self._template = self._create()
        create_vault(self._url(self._template)).dispose()

    def new(self, rows: Rows) -> str:
        """A vault that holds ``rows``; gives its URL."""
        url = self._url(self._create(self._template))
        fill_vault(url, rows)
        return url

    def close(self) -> None:
        """Drop what was made."""
        with self._admin.connect() as connection:
            for name in self._made:
                connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        self._admin.dispose()

    def _create(self, template: str = "template1") -> str:
        name = f"cc_{secrets.token_hex(6)}"
        with self._admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        self._made.append(name)
        return name

    def _url(self, name: str) -> str:
        return self._server.set(database=name).render_as_string(hide_password=False)
