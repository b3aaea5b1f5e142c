"""A vault on PostgreSQL gives the release that the same records on SQLite give."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from deid.build.pipeline import build_release
from deid.policy import load_policy
from deid.release import Release
from tests.integration.release.residents import fixed_keyring, residents, settings_for
from tests.integration.release.vaults import SqliteVaults


def _bytes(release: Release) -> dict[str, str]:
    return {
        str(path.relative_to(release.path)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in release.path.rglob("*")
        if path.is_file()
    }


@pytest.mark.postgres
@pytest.mark.parametrize("vaults", ["postgresql"], indirect=True)
def test_the_same_records_give_the_same_bytes_whatever_database_holds_them(
    published: Release, vault_url: str, tmp_path: Path
) -> None:
    url = SqliteVaults(tmp_path / "vaults").new(residents())
    assert (vault_url.split(":")[0], url.split(":")[0]) == ("postgresql+psycopg", "sqlite")
    policy = load_policy("limited-research")
    of_sqlite = build_release(
        settings_for(tmp_path, url), fixed_keyring(), url, policy, "county-v1", "A county"
    )
    assert _bytes(of_sqlite) == _bytes(published)
