"""The demonstration as a new user has it: what it makes, and that it never changes what exists."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import shutil
import sqlite3
from pathlib import Path

import pytest

from app.demo.accounts import ACCOUNTS
from app.demo.community import COMMUNITY_PROJECT
from app.demo.requests import PROJECT
from app.lab.workspace import shipped_notebooks
from app.services.workflow import State
from cohorts import needs, open_project
from tests.acceptance.conftest import Demo

LATER = {State.REPLACED, State.CLOSED, State.SUSPENDED}
"""A later release replaces an extract, one that ended is closed after thirty days, and one is
suspended when somebody's training ends or a new agreement waits for their signature."""


def _fingerprint(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


def test_it_seeds_one_request_in_each_state_that_a_first_day_can_have(prepared: Demo) -> None:
    connection = sqlite3.connect(prepared.home / "portal" / "portal.db")
    query = "SELECT state FROM data_request JOIN project ON project_id = project.id WHERE code = ?"
    states = [row[0] for row in connection.execute(query, [PROJECT])]
    community = [row[0] for row in connection.execute(query, [COMMUNITY_PROJECT])]
    connection.close()
    assert sorted(states) == sorted(state.value for state in set(State) - LATER)
    assert community == [State.ACTIVE.value]


def test_its_project_has_what_each_notebook_asks_for(prepared: Demo) -> None:
    """Notebooks say what they need by ``needs``; those lines are run here, and nothing else."""
    project = open_project(prepared.home / "projects" / COMMUNITY_PROJECT)
    asked = 0
    for path in shipped_notebooks():
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] != "code":
                continue
            for statement in ast.parse("".join(cell["source"])).body:
                source = ast.unparse(statement)
                if source.startswith("needs(project"):
                    exec(source, {"needs": needs, "project": project})
                    asked += 1
    assert asked >= 8
    assert project.about.persons > 500


def test_a_second_run_changes_nothing(prepared: Demo) -> None:
    before = _fingerprint(prepared.home)
    done = prepared.run("demo", "--prepare-only")
    assert done.returncode == 0, done.stderr
    assert _fingerprint(prepared.home) == before


def test_it_prints_the_address_and_every_account(prepared: Demo) -> None:
    assert "http://127.0.0.1:8000/" in prepared.said
    assert prepared.password in prepared.said
    for account in ACCOUNTS:
        assert account.email in prepared.said


@pytest.mark.parametrize("name", ["county-research-v1", "county-teaching-v1"])
def test_its_releases_hold_no_identifier_of_the_vault(prepared: Demo, name: str) -> None:
    done = prepared.run("release", "verify", name, "--with-vault")
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_the_owner_can_read_vault_keys_and_portal(prepared: Demo) -> None:
    for path in ("vault", "keys", "portal"):
        assert (prepared.home / path).stat().st_mode & 0o077 == 0
    assert (prepared.home / "keys" / "keyring.json").stat().st_mode & 0o777 == 0o600
    assert (prepared.home / "vault" / "vault.db").stat().st_mode & 0o777 == 0o600


def test_no_identified_intermediate_file_is_left(prepared: Demo) -> None:
    assert not [path for path in (prepared.home / "work").rglob("*") if path.is_file()]


def test_a_port_in_use_is_told_before_anything_is_made(served: Demo, tmp_path: Path) -> None:
    other = Demo(tmp_path / "var", served.port)
    done = other.run("demo", "--port", str(served.port))
    assert done.returncode == 2
    assert re.search(r"port \d+ .* cannot be used", done.stderr)
    assert not (tmp_path / "var").exists()


def test_a_portal_of_somebody_elses_is_left_alone(prepared: Demo, tmp_path: Path) -> None:
    home = tmp_path / "var"
    home.mkdir()
    for part in ("keys", "vault", "releases"):
        shutil.copytree(prepared.home / part, home / part)
    (home / "portal").mkdir()
    (home / "portal" / "portal.db").write_bytes(b"kept")
    done = Demo(home, 0).run("demo", "--prepare-only")
    assert done.returncode == 2
    assert "not the demonstration's" in done.stderr
    assert (home / "portal" / "portal.db").read_bytes() == b"kept"


def test_a_run_cut_off_between_its_two_renames_is_finished(prepared: Demo, tmp_path: Path) -> None:
    home = tmp_path / "var"
    shutil.copytree(prepared.home, home)
    before = _fingerprint(home)
    (home / ".demo-staging").mkdir()
    (home / "projects").rename(home / ".demo-staging" / "projects")
    done = Demo(home, 0).run("demo", "--prepare-only")
    assert done.returncode == 0, done.stderr
    assert _fingerprint(home) == before
    assert not (home / ".demo-staging").exists()


def test_a_run_cut_off_while_seeding_starts_the_seeding_afresh(prepared: Demo) -> None:
    """The fixture left half a portal where the first run seeds."""
    assert not (prepared.home / ".demo-staging").exists()
    assert (prepared.home / "portal" / "portal.db").stat().st_size > 10_000
    assert (prepared.home / "projects").is_dir()
