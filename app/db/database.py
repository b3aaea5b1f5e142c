"""Opens the portal's database, brings its schema up to date, and gives sessions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.orm import Session

from deid.errors import ConfigurationError

MIGRATIONS = Path(__file__).parent / "migrations"
# How long a writer waits for another one on SQLite before it gives up, in seconds.
BUSY_SECONDS = 30
# A request holds several connections at once: for who is signed in, for the page, and for what
# stands around it. With a limit, threads that hold one each wait for another for good; without,
# there are never more than threads that ask, times these.
_POOL: Final[dict[str, Any]] = {"pool_size": 16, "max_overflow": -1}


class Database:
    """The portal's database. One object a process; sessions are opened and closed by use."""

    def __init__(self, url: str) -> None:
        try:
            self.url = make_url(url)
        except ArgumentError:
            raise ConfigurationError(
                "the address of the portal's database is not of the form dialect://...; "
                "check CARECOMMONS_PORTAL_DATABASE_URL"
            ) from None
        if self.url.get_backend_name() == "sqlite":
            self._engine = _sqlite_engine(self.url)
        elif self.url.get_backend_name() == "postgresql":
            self._engine = create_engine(self.url, pool_pre_ping=True, **_POOL)
        else:
            raise ConfigurationError("the portal's database is SQLite or PostgreSQL")

    def __repr__(self) -> str:
        return f"Database({self.url.render_as_string(hide_password=True)})"

    @property
    def engine(self) -> Engine:
        """The engine, whose transactions begin as readers."""
        return self._engine

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading; nothing it did is kept."""
        with Session(self._engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session in one transaction: kept if the block ends, undone if it raises.

        On SQLite the transaction takes the write lock at its beginning: a transaction that read
        first and wrote later could otherwise be refused in the middle.
        """
        engine = self._engine.execution_options(begin_immediate=True)
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    def upgrade(self, revision: str = "head") -> None:
        """Create the schema or bring it to a version, by default the newest, in one transaction."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        engine = self._engine.execution_options(begin_immediate=True)
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)

    def is_current(self, connection: Connection) -> bool:
        """Whether the schema is this program's."""
        held = MigrationContext.configure(connection).get_current_revision()
        return held == _newest_revision()

    def exists(self) -> bool:
        """Whether the portal's schema is there, in any version; no database is made."""
        if self.url.get_backend_name() == "sqlite" and not Path(self.url.database or "").is_file():
            return False
        try:
            with self._engine.connect() as connection:
                return MigrationContext.configure(connection).get_current_revision() is not None
        except DatabaseError:
            # It is something; what is wrong with it is told by whoever opens it.
            return True

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


@cache
def _newest_revision() -> str | None:
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def open_database(url: str) -> Database:
    """The portal's database at the newest schema; its folder is made if it is SQLite's default.

    Raises:
        ConfigurationError: if it is no database, cannot be reached or cannot be written.
    """
    database = Database(url)
    try:
        database.upgrade()
    except CommandError:
        raise ConfigurationError(
            f"{database.url.render_as_string(hide_password=True)}: the portal's database was made "
            "by a newer Care Commons than this one; run that version, or restore a backup that "
            "this one made"
        ) from None
    except DatabaseError as error:
        # The driver's own words may quote a row; the kind of the error does not.
        raise ConfigurationError(
            f"{database.url.render_as_string(hide_password=True)}: the portal's database cannot "
            f"be used ({type(error.orig).__name__}); check that it is the portal's, may be "
            "written, and that its server answers"
        ) from None
    return database


def open_existing_database(url: str) -> Database:
    """The portal's database, for what makes no sense on an empty one: to verify it, to back it up.

    Raises:
        ConfigurationError: if there is none yet, or what :func:`open_database` raises.
    """
    database = Database(url)
    try:
        there = database.exists()
    finally:
        database.close()
    if not there:
        raise ConfigurationError(
            f"{database.url.render_as_string(hide_password=True)}: there is no portal's database; "
            "check CARECOMMONS_HOME and CARECOMMONS_PORTAL_DATABASE_URL"
        )
    return open_database(url)


def _sqlite_engine(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        # Private from the start: created 0700, so that the file inside needs no later chmod.
        Path(url.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, **_POOL)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, record: Any) -> None:
        # The driver's own transaction handling is switched off: it begins too late.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("begin_immediate")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine
