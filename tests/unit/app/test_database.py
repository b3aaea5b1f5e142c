"""The portal's database: schema, migrations, privacy of the file, transactions."""

from __future__ import annotations

import json
import stat
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, inspect, select, text

from app.db.database import Database, open_database
from app.db.models import APPEND_ONLY, Base, DataRequest, TeachingCase, User
from deid.errors import ConfigurationError

MANY_SESSIONS = 24
"""More than SQLAlchemy keeps by default, and what eight threads hold at three a request."""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database on each of the two servers."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'portal' / 'portal.db'}"
    return request.getfixturevalue("postgres_url")


def test_the_migrations_make_exactly_the_declared_tables(url: str) -> None:
    database = open_database(url)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []
    database.close()


def test_opening_twice_changes_nothing(url: str) -> None:
    open_database(url).close()
    database = open_database(url)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 0
    database.close()


def test_what_a_failed_transaction_wrote_is_gone(url: str) -> None:
    database = open_database(url)

    def fail_after_writing() -> None:
        with database.writing() as session:
            session.add(User(email="a@b.org", name="A", fs_uniquifier="x"))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_writing()
    with database.reading() as session:
        assert session.scalars(select(User)).all() == []
    database.close()


def test_no_session_waits_for_another_to_end(url: str) -> None:
    """Threads that hold a session each and need one more would otherwise wait for each other."""
    database = open_database(url)
    with ExitStack() as held:
        for _ in range(MANY_SESSIONS):
            session = held.enter_context(database.reading())
            assert session.scalar(select(func.count()).select_from(User)) == 0
    database.close()


def test_the_folder_of_the_database_is_private(tmp_path: Path) -> None:
    open_database(f"sqlite:///{tmp_path / 'new' / 'portal.db'}").close()
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="SQLite or PostgreSQL"):
        Database("mysql://localhost/portal")


def test_a_password_in_the_url_is_not_shown() -> None:
    assert "secret" not in repr(Database("postgresql+psycopg://portal:secret@localhost/portal"))


def test_every_history_is_guarded() -> None:
    from app.db.guards import guard_statements

    for dialect in ("sqlite", "postgresql"):
        statements = " ".join(guard_statements(dialect, APPEND_ONLY))
        assert all(f" ON {table} " in statements for table in APPEND_ONLY)


def test_deliveries_to_which_nobody_could_sign_yet_get_a_grace_by_the_upgrade(
    tmp_path: Path,
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'portal.db'}")
    database.upgrade("0021")
    with database.engine.begin() as connection:
        for table, given in (
            ("portal_user", [{"email": "a@b.org", "active": 1}]),
            ("project", [{"code": "p"}]),
            ("data_request", [{"state": "active"}, {"state": "active"}, {"state": "draft"}]),
            ("agreement_signature", [{"request_id": 2}]),
        ):
            for number, values in enumerate(given, 1):
                row = {
                    one["name"]: "2026-01-01 00:00:00" if "TIME" in str(one["type"]) else 1
                    for one in inspect(connection).get_columns(table)
                    if not one["nullable"] and one["default"] is None
                } | {"id": number, **values}
                places = ", ".join(f":{name}" for name in row)
                connection.execute(
                    text(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})"), row
                )
    database.upgrade()
    until = datetime.now(UTC).date() + timedelta(days=60)
    with database.reading() as session:
        graces = session.scalars(select(DataRequest.grace_until).order_by(DataRequest.id)).all()
    assert [grace == until for grace in graces] == [True, False, False]
    assert graces[1:] == [None, None]
    database.close()


def test_a_database_of_the_first_schema_is_brought_up_to_date_with_its_cases(url: str) -> None:
    database = Database(url)
    database.upgrade("0001")
    document = {
        "level": "clerkship",
        "language": "en",
        "problems": [{"title": "Cough"}, {"title": "Asthma"}],
        "contacts": [{}, {}, {}],
    }
    with database.writing() as session:
        session.execute(
            text(
                "INSERT INTO portal_user (id, email, name, fs_uniquifier, active, created_at) "
                "VALUES (1, 'a@b.org', 'A', 'x', true, '2026-01-01 00:00:00')"
            )
        )
        session.execute(
            text(
                "INSERT INTO teaching_case (id, release, title, state, version, document, "
                "author_id, review_note, created_at) VALUES (1, 'r', 't', 'draft', 1, :document, "
                "1, '', '2026-01-01 00:00:00')"
            ),
            {"document": json.dumps(document)},
        )
        session.execute(
            text(
                "INSERT INTO case_read (user_id, case_id, first_at, last_at) "
                "VALUES (1, 1, '2026-01-01 00:00:00', '2026-01-01 00:00:00')"
            )
        )
    database.upgrade()
    with database.reading() as session:
        assert session.get_one(TeachingCase, 1).summary == {
            "level": "clerkship",
            "language": "en",
            "problems": ["Cough", "Asthma"],
            "contacts": 3,
        }
    database.close()
