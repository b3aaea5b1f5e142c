"""On PostgreSQL a release build reads each table as often for many people as for few."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from deid.build.pipeline import build_release
from deid.policy import load_policy
from tests.integration.release.residents import fixed_keyring, residents, settings_for
from tests.integration.release.vaults import PostgresVaults

CLIENTS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
SCANS = text("SELECT relname, seq_scan + coalesce(idx_scan, 0) FROM pg_stat_user_tables")


class EverythingIsReadError(Exception):
    """Ends a build that needs the vault no longer (``test_interruptions``)."""


def scans(url: str) -> dict[str, int]:
    """How often the server has gone through each table, once nobody is connected any more."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as server:
        while server.scalar(CLIENTS):  # a connection tells its numbers when it ends
            time.sleep(0.02)
        found = {name: int(number) for name, number in server.execute(SCANS).all()}
    engine.dispose()
    return found


def scans_of_a_build(vaults: PostgresVaults, people: int, folder: Path) -> dict[str, int]:
    """How often a build of a release of so many people goes through each table."""
    url = vaults.new(residents(people=people, notes=False))

    def say(line: str) -> None:
        if line.startswith("writing the release"):
            raise EverythingIsReadError

    before = scans(url)
    policy = load_policy("teaching")
    with pytest.raises(EverythingIsReadError):
        build_release(settings_for(folder, url), fixed_keyring(), url, policy, "r", "A county", say)
    return {table: number - before[table] for table, number in scans(url).items()}


@pytest.mark.postgres
@pytest.mark.parametrize("vaults", ["postgresql"], indirect=True)
def test_tables_are_read_as_often_for_many_people_as_for_few(
    vaults: PostgresVaults, tmp_path: Path
) -> None:
    few = scans_of_a_build(vaults, 20, tmp_path / "few")
    many = scans_of_a_build(vaults, 100, tmp_path / "many")
    assert few["condition_occurrence"] > 0
    assert few["person_identity"] > 0
    assert many == few
