"""Creates and opens the vault: a database of identified records behind any SQLAlchemy URL.

On SQLite the vault is one file with mode 0600 in a folder with mode 0700; others' reach into it is
refused like that of a keyring. The schema is made by Alembic migrations in one transaction.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from deid.errors import VaultError
from deid.vault.loading import load_dataset
from deid.vault.reading import VaultSnapshot, read_tables
from deid.vault.transactions import write_transaction
from deid.vocabulary import load_base_vocabulary

__all__ = [
    "VaultSnapshot",
    "create_vault",
    "open_vault",
    "read_tables",
    "upgrade_vault",
    "write_transaction",
]

MIGRATIONS = Path(__file__).with_name("migrations")
BUSY_SECONDS = 30


def create_vault(url: str, *, base_vocabulary: bool = True) -> Engine:
    """Make a vault with the shipped base vocabulary, or open the one that is there.

    The vocabulary is loaded only where there is none; a later import of a full one replaces rows
    that differ.

    Raises:
        VaultError: if the URL cannot be used, or a vault of another schema version is there.
    """
    parsed = _parse(url)
    path = _sqlite_path(parsed)
    if path is not None:
        _make_private_file(path)
    engine = _engine(parsed)
    with _clear_errors(parsed), engine.connect() as connection:
        version = _version(connection)
    if version is None:
        _migrate(engine, parsed)
    engine.dispose()
    engine = open_vault(url)
    if base_vocabulary:
        with read_tables(engine) as snapshot:
            empty = snapshot.rows("concept") == 0
        if empty:
            load_dataset(engine, load_base_vocabulary(), "base vocabulary", "vocabulary")
    return engine


def open_vault(url: str) -> Engine:
    """Open an existing vault at this program's schema version.

    Raises:
        VaultError: if it is absent, readable by others, unreachable, or at another version.
    """
    parsed = _parse(url)
    path = _sqlite_path(parsed)
    if path is not None:
        _check_private_file(path)
    engine = _engine(parsed)
    with _clear_errors(parsed), engine.connect() as connection:
        version = _version(connection)
    head = _script().get_current_head()
    if version is None:
        raise VaultError(f"{_shown(parsed)}: no vault there; run `carecommons vault create`")
    if version != head:
        advice = (
            "run `carecommons vault upgrade`"
            if version in {revision.revision for revision in _script().walk_revisions()}
            else "it was made by a newer Care Commons; update the program"
        )
        raise VaultError(
            f"{_shown(parsed)}: the vault is at schema {version}, this program at {head}; {advice}"
        )
    return engine


def upgrade_vault(url: str) -> Engine:
    """Bring an existing vault to this program's schema version, in one transaction.

    Raises:
        VaultError: if there is none or it cannot be upgraded.
    """
    parsed = _parse(url)
    path = _sqlite_path(parsed)
    if path is not None:
        _check_private_file(path)
    engine = _engine(parsed)
    with _clear_errors(parsed), engine.connect() as connection:
        if _version(connection) is None:
            raise VaultError(f"{_shown(parsed)}: no vault there; run `carecommons vault create`")
    _migrate(engine, parsed)
    engine.dispose()
    return open_vault(url)


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError:
        # The text is not repeated: it may hold a password.
        raise VaultError(
            "the vault's URL is not of the form dialect://...; check CARECOMMONS_ENGINE_VAULT_URL"
        ) from None


def _shown(url: URL) -> str:
    return url.database or "" if url.drivername.startswith("sqlite") else url.render_as_string()


def _sqlite_path(url: URL) -> Path | None:
    if url.get_backend_name() != "sqlite":
        return None
    if not url.database or url.database == ":memory:":
        raise VaultError("a vault in memory would be lost; give a file: sqlite:///path/vault.db")
    return Path(url.database)


def _make_private_file(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        _check_private_file(path)
    except OSError as error:
        raise VaultError(f"{path}: {error.strerror}") from None
    else:
        os.close(descriptor)


def _check_private_file(path: Path) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        raise VaultError(f"{path}: no vault there; run `carecommons vault create`") from None
    except OSError as error:
        raise VaultError(f"{path}: {error.strerror}") from None
    if mode & 0o077:
        raise VaultError(
            f"{path}: mode is {mode:04o}, others can read the vault; run `chmod 600 {path}`"
        )


def _engine(url: URL) -> Engine:
    try:
        # Parameters are people's values: they stay out of every log and error.
        engine = create_engine(url, hide_parameters=True)
    except (NoSuchModuleError, ModuleNotFoundError):
        raise VaultError(
            f"no driver for {url.drivername}; install one or use sqlite:/// or postgresql+psycopg://"
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # Python's driver would commit behind our back before DDL; transactions are begun by us.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("carecommons_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _version(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _migrate(engine: Engine, url: URL) -> None:
    config = _config()
    with _clear_errors(url), engine.connect() as plain:
        connection = plain.execution_options(carecommons_writes=True)
        with connection.begin():
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


@contextmanager
def _clear_errors(url: URL) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        # Only the driver's class is named: its text may quote rows or a password.
        raise VaultError(
            f"{_shown(url)}: the vault cannot be used ({type(error.orig).__name__}); "
            "check that it is a Care Commons vault, that you may read and write it, and that "
            "its server answers"
        ) from None
