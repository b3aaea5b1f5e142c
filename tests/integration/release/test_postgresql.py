"""A vault on PostgreSQL gives the release that the same records on SQLite give."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from deid.build.pipeline import build_release
from deid.build.verify import scan_against_vault, verify_release
from deid.policy import load_policy
from deid.release import Release
from tests.integration.release.residents import (
    fill_vault,
    fixed_keyring,
    residents,
    settings_for,
)


def _bytes(release: Release) -> dict[str, str]:
    return {
        str(path.relative_to(release.path)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in release.path.rglob("*")
        if path.is_file()
    }


@pytest.mark.postgres
def test_the_same_records_give_the_same_bytes_whatever_database_holds_them(
    published: Release, postgres_url: str, tmp_path: Path
) -> None:
    fill_vault(postgres_url, residents())
    settings = settings_for(tmp_path, postgres_url)
    release = build_release(
        settings,
        fixed_keyring(),
        postgres_url,
        load_policy("limited-research"),
        "county-v1",
        "A county",
    )
    verify_release(release)
    assert scan_against_vault(release, postgres_url, fixed_keyring()).leaks == 0
    assert _bytes(release) == _bytes(published)
