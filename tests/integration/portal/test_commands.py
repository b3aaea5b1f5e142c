"""``carecommons user`` and ``worker``, as they are typed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.services.workflow import State
from deid.keys import Keyring
from tests.integration.portal.world import World, sign_in

NEW_PASSWORD = "another invented password"


def run(home: Path, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Type a command with everything under ``home``."""
    environ = {n: v for n, v in os.environ.items() if not n.startswith("CARECOMMONS_")}
    return subprocess.run(
        [sys.executable, "-c", "from app.cli import main; main()", *words],
        cwd=Path(__file__).parents[3],
        env={**environ, "CARECOMMONS_HOME": str(home)},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def home(world: World) -> Path:
    """The folder under which the world lies."""
    return world.settings.project_root.parent


def test_an_added_user_can_sign_in(world: World, home: Path) -> None:
    done = run(
        home,
        *("user", "add", "new@example.org", "--role", "student", "--password-stdin"),
        given=NEW_PASSWORD + "\n",
    )
    assert done.returncode == 0, done.stderr
    assert NEW_PASSWORD not in done.stdout
    client = world.client()
    assert sign_in(client, "New@example.org", NEW_PASSWORD).status_code == 302
    assert client.get("/cases/").status_code == 200


def test_a_made_password_is_printed_once_and_works(world: World, home: Path) -> None:
    done = run(home, "user", "reset", "student@example.org")
    password = done.stdout.strip().rsplit(" ", 1)[1]
    assert sign_in(world.client(), "student@example.org", password).status_code == 302


def test_a_reset_password_ends_the_users_sessions(world: World, home: Path) -> None:
    student = world.client("student")
    assert student.get("/").status_code == 200
    run(home, "user", "reset", "student@example.org")
    assert student.get("/").status_code == 302


@pytest.mark.parametrize(
    ("words", "given", "reason"),
    [
        (("user", "add", "new@example.org", "--role", "student"), "short\n", "12 characters"),
        (("user", "add", "nonsense", "--role", "student"), NEW_PASSWORD, "name@place.org"),
        (("user", "add", "student@example.org", "--role", "student"), NEW_PASSWORD, "already"),
        (("user", "reset", "nobody@example.org"), NEW_PASSWORD, "no user"),
    ],
)
def test_a_refused_command_says_why_in_one_line(
    home: Path, words: tuple[str, ...], given: str, reason: str
) -> None:
    done = run(home, *words, "--password-stdin", given=given)
    assert done.returncode == 1
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


def test_roles_are_listed_and_set(home: Path) -> None:
    run(home, "user", "role", "student@example.org", "--role", "student", "--role", "instructor")
    assert "instructor,student" in run(home, "user", "list").stdout


def test_the_worker_without_a_keyring_says_so_and_takes_no_job(world: World, home: Path) -> None:
    request_id = world.request_in(State.APPROVED)
    done = run(home, "worker", "--once")
    assert done.returncode == 1
    assert "keyring" in done.stderr
    assert world.read_request(request_id).state == State.APPROVED


def test_the_worker_with_a_keyring_that_others_can_read_takes_no_job(
    world: World, home: Path
) -> None:
    request_id = world.request_in(State.APPROVED)
    Keyring.create(home / "keys" / "keyring.json")
    (home / "keys" / "keyring.json").chmod(0o644)
    done = run(home, "worker", "--once")
    assert done.returncode == 1
    assert "0644" in done.stderr
    assert world.read_request(request_id).state == State.APPROVED


def test_the_worker_delivers_what_was_approved(world: World, home: Path) -> None:
    request_id = world.request_in(State.APPROVED)
    Keyring.create(home / "keys" / "keyring.json")
    done = run(home, "worker", "--once")
    assert "1 job carried out" in done.stdout, done.stderr
    assert world.read_request(request_id).state == State.ACTIVE


def test_a_secret_file_that_others_can_read_stops_the_portal(world: World, home: Path) -> None:
    world.client()
    (home / "portal" / "secret").chmod(0o644)
    done = run(home, "serve", "--port", "1")
    assert done.returncode == 2
    assert "others can read the secret" in done.stderr
