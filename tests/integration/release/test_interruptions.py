"""A build that is killed, starved of disk or run twice leaves nothing half-done behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from deid.build.pipeline import build_release
from deid.errors import VaultError
from deid.policy import load_policy
from deid.release import list_releases, open_release
from tests.integration.release.residents import fixed_keyring, settings_for

ROOT = Path(__file__).resolve().parents[3]
KILLED_AT_LINES = (1, 2, 3)
"""Progress is told after reading, after writing, and before measuring."""


def start(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.integration.release.build_in_process", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*arguments: object) -> tuple[int, str, str]:
    process = start(*arguments)
    out, err = process.communicate(timeout=180)
    return process.returncode, out, err


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for root in ("work", "releases") for path in (folder / root).iterdir())


def test_a_killed_build_shows_nothing_and_the_next_one_succeeds(
    small_vault_url: str, tmp_path: Path
) -> None:
    for line in KILLED_AT_LINES:
        code, _, _ = run(tmp_path, small_vault_url, "killed", "kill", line)
        assert code == -signal.SIGKILL
        assert list_releases(tmp_path / "releases") == []
        # What is left is private: the identified working folder and the staging folder.
        assert leftovers(tmp_path) == [".staging-killed", "build-killed"]
        for name in ("work/build-killed", "releases/.staging-killed"):
            assert (tmp_path / name).stat().st_mode & 0o077 == 0
    assert run(tmp_path, small_vault_url, "county-v1", "build")[0] == 0
    assert leftovers(tmp_path) == ["county-v1"]
    open_release(tmp_path / "releases", "county-v1").check_files()


def test_a_full_disk_is_told_and_nothing_is_published(small_vault_url: str, tmp_path: Path) -> None:
    # Room for SQLite's shared memory file of 32 KiB, and not for the release.
    code, out, err = run(tmp_path, small_vault_url, "county-v1", "limit", 40_000)
    assert (code, err) == (1, "")
    assert "the disk is full or a file became too large; nothing was published" in out
    assert leftovers(tmp_path) == []


def test_of_two_builds_of_one_name_one_wins_and_the_other_is_told(
    small_vault_url: str, tmp_path: Path
) -> None:
    first = start(tmp_path, small_vault_url, "county-v1", "wait")
    deadline = time.monotonic() + 120
    while not (tmp_path / "waiting").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    code, out, _ = run(tmp_path, small_vault_url, "county-v1", "build")
    assert code == 1
    assert "release county-v1 is being built already" in out
    (tmp_path / "go").touch()
    first.communicate(timeout=180)
    assert first.returncode == 0
    assert leftovers(tmp_path) == ["county-v1"]
    code, out, _ = run(tmp_path, small_vault_url, "county-v1", "build")
    assert (code, "is published and never changes" in out) == (1, True)


def build_and_lose_the_server(folder: Path, url: str, name: str, stage: str) -> None:
    """Build a release; its connections are cut when a stage first tells how far it is."""
    told = False

    def cut(line: str) -> None:
        nonlocal told
        if not told and line.startswith(stage):
            told = True
            engine = create_engine(url)
            with engine.connect() as connection:
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )
            engine.dispose()

    policy = load_policy("teaching")
    build_release(settings_for(folder, url), fixed_keyring(), url, policy, name, "A county", cut)
    assert told


@pytest.mark.postgres
@pytest.mark.parametrize("vaults", ["postgresql"], indirect=True)
def test_a_server_that_is_lost_stops_the_build_unless_all_was_read(
    small_vault_url: str, tmp_path: Path
) -> None:
    with pytest.raises(VaultError, match="failed while it was read") as refusal:
        build_and_lose_the_server(tmp_path, small_vault_url, "lost", "reading the vault")
    assert "SELECT" not in str(refusal.value)
    assert leftovers(tmp_path) == []
    build_and_lose_the_server(tmp_path, small_vault_url, "read", "writing the release")
    assert leftovers(tmp_path) == ["read"]
    open_release(tmp_path / "releases", "read").check_files()
