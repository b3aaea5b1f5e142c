"""The audit chain: append-only in the database, and tampering is found."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DatabaseError

from app.audit import GENESIS, AuditEvent, chain_head, record, row_hash, verify_chain
from app.db.database import Database, open_database
from app.db.models import AuditRow
from app.permissions import COMMAND_LINE, WORKER


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty portal database on each of the two servers."""
    url = (
        f"sqlite:///{tmp_path / 'portal' / 'portal.db'}"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    opened = open_database(url)
    yield opened
    opened.close()


def write(database: Database, count: int) -> None:
    for number in range(count):
        with database.writing() as session:
            record(session, WORKER, AuditEvent("thing.done", "thing", number, {"n": number}))


def test_an_untouched_chain_is_intact(database: Database) -> None:
    write(database, 5)
    with database.reading() as session:
        check = verify_chain(session)
        assert (check.intact, check.rows, check.head) == (True, 5, chain_head(session))


def test_an_empty_log_is_intact(database: Database) -> None:
    with database.reading() as session:
        assert verify_chain(session).head == GENESIS


@pytest.mark.parametrize("statement", [update(AuditRow).values(action="x"), delete(AuditRow)])
def test_the_database_refuses_to_change_or_delete_a_row(
    database: Database, statement: object
) -> None:
    write(database, 1)
    with pytest.raises(DatabaseError, match="append-only"), database.writing() as session:
        session.execute(statement)  # type: ignore[call-overload]


@pytest.mark.parametrize("column", ["actor_name", "action", "object_id", "detail"])
def test_a_row_changed_behind_the_portal_is_found(database: Database, column: str) -> None:
    write(database, 5)
    with database.writing() as session:
        unguard(session)
        value = {"n": 99} if column == "detail" else "somebody else"
        session.execute(update(AuditRow).where(AuditRow.id == 3).values({column: value}))
    with database.reading() as session:
        assert verify_chain(session).broken_at == 3


def test_a_removed_row_is_found(database: Database) -> None:
    write(database, 5)
    with database.writing() as session:
        unguard(session)
        session.execute(delete(AuditRow).where(AuditRow.id == 2))
    with database.reading() as session:
        assert verify_chain(session).broken_at == 3


def test_a_row_rewritten_with_a_fitting_hash_breaks_the_next_one(database: Database) -> None:
    write(database, 5)
    with database.writing() as session:
        unguard(session)
        row = session.get_one(AuditRow, 3)
        row.action = "thing.undone"
        row.hash = row_hash(row)
    with database.reading() as session:
        assert verify_chain(session).broken_at == 4


def test_an_event_disappears_with_the_change_that_was_undone(database: Database) -> None:
    def fail_after_recording() -> None:
        with database.writing() as session:
            record(session, WORKER, AuditEvent("thing.done", "thing", 1))
            raise RuntimeError("the change failed")

    with pytest.raises(RuntimeError):
        fail_after_recording()
    with database.reading() as session:
        assert verify_chain(session).rows == 0


def test_writers_at_the_same_time_make_one_chain(database: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: write(database, 5), range(4)))
    with database.reading() as session:
        check = verify_chain(session)
        assert (check.intact, check.rows) == (True, 20)


def test_the_actor_is_kept_with_the_event(database: Database) -> None:
    with database.writing() as session:
        row = record(session, COMMAND_LINE, AuditEvent("user.created", "user", 1))
        assert (row.actor_id, row.actor_name) == (None, "command line")


def unguard(session: object) -> None:
    """Remove the triggers, as somebody with the database's own password could."""
    if session.get_bind().dialect.name == "sqlite":  # type: ignore[attr-defined]
        for act in ("update", "delete"):
            session.execute(text(f"DROP TRIGGER audit_event_no_{act}"))  # type: ignore[attr-defined]
    else:
        session.execute(text("DROP TRIGGER audit_event_append_only ON audit_event"))  # type: ignore[attr-defined]
