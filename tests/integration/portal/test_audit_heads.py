"""Signed heads: whoever rewrites the log, or cuts its end off, cannot make them fit."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text, update

from app.audit import GENESIS, AuditEvent, record, row_hash, verify_chain
from app.audit_heads import AuditHeadsInvalid, hashes_of, read_heads
from app.cli.audit import audit
from app.db.database import Database, open_database
from app.db.models import AuditHead, AuditRow, Notification
from app.db.types import utc_now
from app.permissions import WORKER
from app.worker.heads import EVERY, sign_head, signer_of
from app.worker.workshop import Workshop
from deid.keys import Keyring
from tests.integration.portal.world import World


def workshop_on(database: Database, folder: Path) -> Workshop:
    keyring = Keyring.create(folder / "keys" / "keyring.json")
    path = folder / "keys" / "audit-heads.jsonl"
    return Workshop(database, keyring, folder, folder, 11, audit_heads=path)


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """A worker beside an empty portal."""
    database = open_database(f"sqlite:///{tmp_path / 'portal' / 'portal.db'}")
    return workshop_on(database, tmp_path)


def write(database: Database, count: int) -> None:
    with database.writing() as session:
        for number in range(count):
            record(session, WORKER, AuditEvent("thing.done", "thing", number, {"n": number}))


def unguard(database: Database) -> None:
    """Take the triggers away, as somebody with the database's own password could."""
    with database.writing() as session:
        for table in ("audit_event", "audit_head"):
            for act in ("update", "delete"):
                session.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{act}"))


def rewrite(database: Database, begin: int) -> None:
    """Change an event and every hash after it, so that the chain by itself holds again."""
    with database.writing() as session:
        rows = session.scalars(select(AuditRow).order_by(AuditRow.id)).all()
        rows[begin - 1].action = "thing.undone"
        before = rows[begin - 2].hash if begin > 1 else GENESIS
        for row in rows[begin - 1 :]:
            row.previous_hash = before
            row.hash = before = row_hash(row)


def signed(workshop: Workshop) -> dict[int, str]:
    assert workshop.audit_heads is not None
    return hashes_of(read_heads(workshop.audit_heads, [signer_of(workshop.keyring)]))


def test_a_head_is_signed_after_so_many_events_or_after_so_long(workshop: Workshop) -> None:
    now = utc_now()
    assert sign_head(workshop, now) is None  # nothing has happened
    write(workshop.database, 2)
    first = sign_head(workshop, now)
    assert first is not None
    write(workshop.database, 1)
    assert sign_head(workshop, now) is None
    second = sign_head(workshop, now + EVERY)
    assert second is not None
    assert (first.events, second.events) == (2, 3)
    assert second.statement["previous"] == first.digest
    assert sign_head(workshop, now + 2 * EVERY) is None


def test_a_rewritten_log_holds_by_itself_and_is_found_by_the_heads(workshop: Workshop) -> None:
    write(workshop.database, 5)
    sign_head(workshop)
    unguard(workshop.database)
    rewrite(workshop.database, 3)
    with workshop.database.reading() as session:
        assert verify_chain(session).intact
        assert verify_chain(session, signed(workshop)).broken_at == 5


def test_a_log_whose_end_was_cut_off_is_found_by_the_heads(workshop: Workshop) -> None:
    write(workshop.database, 5)
    sign_head(workshop)
    unguard(workshop.database)
    with workshop.database.writing() as session:
        session.execute(delete(AuditRow).where(AuditRow.id > 3))
    with workshop.database.reading() as session:
        assert verify_chain(session).intact
        check = verify_chain(session, signed(workshop))
    assert (check.broken_at, "the newest ones are gone" in check.why) == (4, True)


def test_a_log_that_does_not_hold_is_not_signed_and_its_readers_are_told_once(
    world: World, tmp_path: Path
) -> None:
    workshop = workshop_on(world.database, tmp_path)
    assert sign_head(workshop) is not None
    write(world.database, 1)
    unguard(world.database)
    rewrite(world.database, 2)
    later = utc_now() + EVERY
    assert [sign_head(workshop, later), sign_head(workshop, later)] == [None, None]
    with world.database.reading() as session:
        told = session.execute(
            select(Notification.user_id, Notification.text).where(
                Notification.text.contains("audit log does not hold")
            )
        ).all()
    readers = {world.actors["steward"].user_id, world.actors["auditor"].user_id}
    assert len(told) == len({user for user, _ in told})
    assert readers <= {user for user, _ in told}


def test_a_head_written_into_the_database_does_not_keep_the_worker_from_signing(
    workshop: Workshop,
) -> None:
    write(workshop.database, 1)
    sign_head(workshop)
    with workshop.database.writing() as session:
        session.add(AuditHead(events=10**9, statement={}, signer="", signature=""))
    write(workshop.database, 1)
    assert sign_head(workshop, utc_now() + EVERY) is not None


def test_where_the_file_is_lost_the_heads_in_the_database_bind_the_next_one(
    workshop: Workshop,
) -> None:
    write(workshop.database, 3)
    sign_head(workshop)
    assert workshop.audit_heads is not None
    workshop.audit_heads.unlink()
    unguard(workshop.database)
    rewrite(workshop.database, 2)
    assert sign_head(workshop) is None


def test_a_change_of_an_old_event_is_found_on_the_next_day(workshop: Workshop) -> None:
    now = utc_now()
    write(workshop.database, 4)
    sign_head(workshop, now - timedelta(days=1))
    write(workshop.database, 1)
    unguard(workshop.database)
    with workshop.database.writing() as session:
        session.execute(update(AuditRow).where(AuditRow.id == 2).values(actor_name="nobody"))
    assert sign_head(workshop, now) is None


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda lines: lines[1:], "does not follow"),
        (lambda lines: [lines[0], lines[2]], "does not follow"),
        (lambda lines: [lines[1], lines[0], lines[2]], "does not follow"),
        (lambda lines: [lines[0].replace('"events":1,', '"events":2,'), *lines[1:]], "signature"),
        (lambda lines: [lines[0], "{}"], "no signed head"),
    ],
)
def test_a_file_of_heads_that_was_changed_is_not_believed(
    workshop: Workshop, spoil: object, said: str
) -> None:
    path, now = workshop.audit_heads, utc_now()
    assert path is not None
    for number in range(3):
        write(workshop.database, 1)
        sign_head(workshop, now + number * EVERY)
    lines = path.read_text().splitlines()
    path.write_text("\n".join(spoil(lines)) + "\n")  # type: ignore[operator]
    with pytest.raises(AuditHeadsInvalid, match=said):
        read_heads(path)


def test_heads_by_another_key_are_not_believed(workshop: Workshop, tmp_path: Path) -> None:
    write(workshop.database, 1)
    other = replace(workshop, keyring=Keyring.create(tmp_path / "other" / "keyring.json"))
    sign_head(other)
    write(workshop.database, 1)
    assert sign_head(workshop, utc_now() + EVERY) is None
    with pytest.raises(AuditHeadsInvalid, match="somebody else"):
        signed(workshop)


@pytest.fixture(scope="module")
def tampering(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Twelve events and a signed head, without the triggers."""
    folder = tmp_path_factory.mktemp("tampering")
    made = workshop_on(open_database(f"sqlite:///{folder / 'portal' / 'portal.db'}"), folder)
    write(made.database, 12)
    sign_head(made)
    unguard(made.database)
    return made


class _Undo(Exception):
    """Ends a transaction so that nothing of it is kept."""


_COLUMNS = {
    "at": st.datetimes().map(lambda at: at.isoformat(" ")),
    "actor_id": st.integers(1, 99),
    "actor_name": st.text("abc中", min_size=1),
    "action": st.text("abc.", min_size=1),
    "object_kind": st.text("abc", min_size=1),
    "object_id": st.text("789", min_size=2),
    "detail": st.dictionaries(st.text("xy", min_size=1), st.integers(), min_size=1).map(json.dumps),
    "previous_hash": st.text("0123456789abcdef", min_size=64, max_size=64),
    "hash": st.text("0123456789abcdef", min_size=64, max_size=64),
}


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(event=st.integers(1, 12), column=st.sampled_from(sorted(_COLUMNS)), data=st.data())
def test_whatever_is_changed_in_any_one_event_is_found(
    tampering: Workshop, event: int, column: str, data: st.DataObject
) -> None:
    value = data.draw(_COLUMNS[column])
    try:
        with tampering.database.writing() as session:
            session.execute(
                text(f"UPDATE audit_event SET {column} = :value WHERE id = :event"),
                {"value": value, "event": event},
            )
            check = verify_chain(session, signed(tampering))
            raise _Undo
    except _Undo:
        pass
    assert check.broken_at in {event, event + 1}


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(event=st.integers(1, 12), count=st.integers(1, 12))
def test_whichever_events_are_removed_it_is_found(
    tampering: Workshop, event: int, count: int
) -> None:
    try:
        with tampering.database.writing() as session:
            gone = AuditRow.id.between(event, event + count - 1)
            session.execute(delete(AuditRow).where(gone))
            check = verify_chain(session, signed(tampering))
            raise _Undo
    except _Undo:
        pass
    assert not check.intact


def test_the_command_verifies_with_heads_and_exports(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARECOMMONS_HOME", str(tmp_path))
    write(workshop.database, 3)
    sign_head(workshop)
    runner, path = CliRunner(), str(workshop.audit_heads)
    signer = runner.invoke(audit, ["signer"]).output.strip()
    told = runner.invoke(audit, ["verify", "--head", path, "--signer", signer])
    assert "3 events, the chain holds" in told.output
    assert "1 signed heads fit" in told.output
    assert "rewritten to its end" in runner.invoke(audit, ["verify"]).output
    exported = tmp_path / "log.ndjson"
    assert runner.invoke(audit, ["export", str(exported)]).exit_code == 0
    lines = [json.loads(line) for line in exported.read_text().splitlines()]
    assert [line["id"] for line in lines] == [1, 2, 3]
    assert exported.stat().st_mode & 0o077 == 0
    unguard(workshop.database)
    rewrite(workshop.database, 1)
    broken = runner.invoke(audit, ["verify", "--head", path])
    assert broken.exit_code != 0
    assert "broken at event 3" in str(broken.exception)
