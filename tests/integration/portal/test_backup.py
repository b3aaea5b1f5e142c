"""A backup of the portal, put back into an empty place."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from app.audit import verify_chain
from app.backup import create_backup, restore_backup
from app.backup.sealed import CHUNK, SealedReader, SealedWriter
from app.backup.tables import dump, tables_of
from app.cli.audit import audit
from app.db.database import Database, open_database
from app.errors import BackupRefused
from app.portal import create_app
from app.services.workflow import State
from deid.errors import ConfigurationError
from tests.integration.portal.world import World, settings_of, sign_in

PASSPHRASE = "an invented passphrase"


@pytest.fixture
def backup(world: World, tmp_path: Path) -> Path:
    """A backup of the world with one request under review and one project's file."""
    world.client("researcher")
    world.request_in(State.IN_REVIEW)
    folder = world.settings.project_root / "invented"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text("an extract\n")
    target = tmp_path / "portal.backup"
    create_backup(world.settings, target, PASSPHRASE)
    return target


def rows_of(database: Database) -> dict[str, list[bytes]]:
    with database.engine.connect() as connection:
        return {table.name: list(dump(connection, table)) for table in tables_of(connection)}


def test_what_is_put_back_is_what_was_there_and_the_portal_serves_it(
    world: World, backup: Path, tmp_path: Path
) -> None:
    elsewhere = replace(settings_of(tmp_path / "new"), release_root=world.settings.release_root)
    contents = restore_backup(elsewhere, backup, PASSPHRASE)
    database = open_database(elsewhere.database_url)
    before, after = rows_of(world.database), rows_of(database)
    restored = after["audit_event"].pop()
    assert before == after
    assert b"backup.restored" in restored
    assert contents.rows["data_request"] == 1
    assert (elsewhere.project_root / "invented" / "README.md").read_text() == "an extract\n"
    assert elsewhere.secret_file.read_text() == world.settings.secret_file.read_text()
    assert elsewhere.secret_file.stat().st_mode & 0o077 == 0
    client = create_app(elsewhere, database).test_client()
    sign_in(client, "steward@example.org")
    assert client.get("/review/").status_code == 200
    with database.reading() as session:
        assert verify_chain(session).intact
    database.close()


@pytest.mark.postgres
def test_a_portal_moves_from_sqlite_to_postgresql_by_a_backup(
    world: World, backup: Path, tmp_path: Path, postgres_url: str
) -> None:
    elsewhere = replace(settings_of(tmp_path / "new"), database_url=postgres_url)
    restore_backup(elsewhere, backup, PASSPHRASE)
    database = open_database(postgres_url)
    after = rows_of(database)
    after["audit_event"].pop()
    assert rows_of(world.database) == after
    with database.writing() as session:
        # Numbers go on behind those that were put back.
        session.connection().exec_driver_sql(
            "INSERT INTO role (name, description) VALUES ('invented', NULL)"
        )
    database.close()


def test_a_place_that_is_not_empty_is_left_as_it_is(world: World, backup: Path) -> None:
    before = rows_of(world.database)
    with pytest.raises(BackupRefused, match="not empty"):
        restore_backup(world.settings, backup, PASSPHRASE)
    assert rows_of(world.database) == before


def test_where_no_portal_is_nothing_is_backed_up_or_found_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARECOMMONS_HOME", str(tmp_path))
    target = tmp_path / "portal.backup"
    with pytest.raises(ConfigurationError, match="there is no portal's database; check"):
        create_backup(settings_of(tmp_path), target, PASSPHRASE)
    verified = CliRunner().invoke(audit, ["verify"])
    assert isinstance(verified.exception, ConfigurationError)
    assert not target.exists()
    assert not list(tmp_path.rglob("*.db"))


@pytest.mark.parametrize("harm", ["another passphrase", "cut off", "changed"])
def test_of_a_backup_that_does_not_hold_nothing_is_put_back(
    backup: Path, tmp_path: Path, harm: str
) -> None:
    content = bytearray(backup.read_bytes())
    if harm == "cut off":
        del content[-40:]
    if harm == "changed":
        content[len(content) // 2] ^= 1
    backup.write_bytes(content)
    new = tmp_path / "new"
    passphrase = PASSPHRASE + "!" if harm == "another passphrase" else PASSPHRASE
    with pytest.raises(BackupRefused):
        restore_backup(settings_of(new), backup, passphrase)
    assert not [path for path in new.rglob("*") if path.is_file()]


def test_a_backup_shows_nothing_of_what_is_in_it(world: World, backup: Path) -> None:
    content = backup.read_bytes()
    assert b"researcher@example.org" not in content
    assert backup.stat().st_mode & 0o077 == 0


@settings(max_examples=6, deadline=None)
@given(st.sampled_from([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 7]), st.binary(max_size=9))
def test_what_was_sealed_is_opened_whole(size: int, end: bytes) -> None:
    plain = bytes(size) + end
    target = io.BytesIO()
    with SealedWriter(target, PASSPHRASE) as sealed:
        sealed.write(plain)
    assert SealedReader(io.BytesIO(target.getvalue()), PASSPHRASE).read() == plain
