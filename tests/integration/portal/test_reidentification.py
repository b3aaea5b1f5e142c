"""Who a person is: two people, a reason, one answer, a record."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, text

from app.audit import verify_chain
from app.cli.reidentify import reidentify
from app.db.models import AuditRow, ProjectMember
from app.db.types import utc_now
from app.errors import NotFound, PermissionDenied, TransitionRefused
from app.permissions import COMMAND_LINE, Permission, Role
from app.services import reidentification as service
from app.services.accounts import create_user, get_user, reset_password
from app.services.seeding import seed_request
from app.services.workflow import State
from app.worker.loop import run_once
from app.worker.workshop import Workshop
from deid.errors import KeyDestroyed, ManifestMismatch
from deid.keys import Keyring, destroy, rotate
from deid.pseudonyms import Pseudonymiser
from tests.builders import build_release
from tests.integration.portal.world import DOCUMENT, PASSWORD, World, release_tables
from tests.integration.release.residents import full_name, make_vault, record_number, residents

REASON = "A laboratory value in the release needs a doctor today."
VAULT_PEOPLE = residents(people=40, visits=1, notes=False)


@pytest.fixture(scope="module")
def vault_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_vault(tmp_path_factory.mktemp("vault"), VAULT_PEOPLE)


@pytest.fixture
def placed(world: World, vault_url: str, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world with a keyring, and a release ``real-v1`` of the vault's people."""
    home = world.settings.project_root.parent
    monkeypatch.setenv("CARECOMMONS_HOME", str(home))
    monkeypatch.setenv("CARECOMMONS_ENGINE_VAULT_URL", vault_url)
    keyring = Keyring.create(home / "keys" / "keyring.json")
    tables = release_tables(40, 40)
    numbers = pseudonyms(keyring, "real-v1", np.arange(1, 41))
    renamed = dict(zip(range(1000, 1040), numbers.tolist(), strict=True))
    for rows in tables.values():
        for row in rows:
            if "person_id" in row:
                row["person_id"] = renamed[row["person_id"]]
    build_release(world.settings.release_root, tables, "real-v1", key_id=keyring.key_id)
    return world


def pseudonyms(keyring: Keyring, release: str, people: np.ndarray) -> np.ndarray:
    key = keyring.derive("release", release, "pseudonyms")
    return Pseudonymiser(key).ids("person", people.astype(np.int64))


def keyring_path(world: World) -> Path:
    return world.settings.project_root.parent / "keys" / "keyring.json"


def pseudonym(world: World, person: int) -> int:
    return int(pseudonyms(Keyring.load(keyring_path(world)), "real-v1", np.array([person]))[0])


def type_(*words: str, given: str = PASSWORD + "\n") -> Result:
    return CliRunner().invoke(reidentify, words, input=given)


def asked(world: World, person: int = 7) -> str:
    """Id of a request of the researcher about a person of the vault."""
    target = service.Target(pseudonym(world, person), release="real-v1")
    with world.database.writing() as session:
        return service.ask(session, world.actors["researcher"], target, REASON)


def test_two_people_with_a_reason_find_a_person_once(placed: World) -> None:
    number = str(pseudonym(placed, 7))
    researcher, steward = ("--as", "researcher@example.org"), ("--as", "steward@example.org")
    request = type_(
        *("request", "--release", "real-v1", "--person", number, "--reason", REASON), *researcher
    )
    assert request.exit_code == 0, request.output
    case_id = request.output.split("request ")[1].split()[0]
    early = type_("show", case_id, *researcher)
    assert isinstance(early.exception, TransitionRefused)
    approval = type_("approve", case_id, *steward)
    assert REASON in approval.output
    assert "approved; Researcher Example sees it" in approval.output
    answer = type_("show", case_id, *researcher)
    assert "person_id in the vault: 7" in answer.output
    assert f"name: {full_name(7)}" in answer.output
    assert f"MRN: {record_number(7)}" in answer.output
    again = type_("show", case_id, *researcher)
    assert isinstance(again.exception, TransitionRefused)
    with placed.database.reading() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.object_kind == service.KIND)).all()
        assert [row.action for row in rows] == [service.REQUESTED, service.APPROVED, service.SHOWN]
        assert rows[0].detail["reason"] == REASON
        assert len({rows[0].actor_id, rows[1].actor_id}) == 2
        assert verify_chain(session).intact
        kept = json.dumps([row.detail for row in rows], ensure_ascii=False)
    assert full_name(7) not in kept
    assert record_number(7) not in kept


def test_a_person_of_an_extract_is_found_through_its_release_also_after_a_rotation(
    placed: World, vault_url: str
) -> None:
    from app.worker.reidentification import trace

    path = keyring_path(placed)
    settings = placed.settings
    with placed.database.writing() as session:
        request_id = seed_request(
            session,
            placed.actors["researcher"],
            placed.actors["steward"],
            placed.project_id,
            placed.fields(release="real-v1"),
            State.APPROVED,
            placed.surroundings,
            document=DOCUMENT,
            password=PASSWORD,
        ).id
    workshop = Workshop(
        placed.database, rotate(path), settings.release_root, settings.project_root, 11
    )
    assert run_once(workshop) == 1
    folder = settings.project_root / "pressure" / "extracts" / f"request-{request_id}"
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["key_id"] == Keyring.load(path).key_id
    people = pq.read_table(folder / "person.parquet")["person_id"].to_pylist()
    found = {
        trace(
            service.Target(person, project="pressure", extract=f"request-{request_id}"),
            *(settings.release_root, settings.project_root, vault_url, Keyring.load(path)),
        ).person_id
        for person in people[:5]
    }
    assert len(found) == 5
    assert found <= set(range(1, 41))


def test_nobody_is_found_by_a_number_of_no_one_or_under_a_destroyed_key(
    placed: World, vault_url: str
) -> None:
    from app.worker.reidentification import trace

    path, settings = keyring_path(placed), placed.settings
    places = (settings.release_root, settings.project_root, vault_url)
    with pytest.raises(ManifestMismatch, match="no person with this pseudonym"):
        trace(service.Target(4711, release="real-v1"), *places, Keyring.load(path))
    person, old = pseudonym(placed, 3), Keyring.load(path).key_id
    rotate(path)
    assert trace(service.Target(person, release="real-v1"), *places, Keyring.load(path))
    destroy(path, old)
    with pytest.raises(KeyDestroyed):
        trace(service.Target(person, release="real-v1"), *places, Keyring.load(path))


def test_who_asked_cannot_approve_nor_somebody_of_the_project(placed: World) -> None:
    steward, researcher = placed.actors["steward"], placed.actors["researcher"]
    with placed.database.writing() as session:
        own = service.ask(session, steward, service.Target(1, release="real-v1"), REASON)
    with placed.database.writing() as session, pytest.raises(PermissionDenied, match="Another"):
        service.approve(session, steward, own)
    with placed.database.writing() as session:
        session.add(ProjectMember(project_id=placed.project_id, user_id=steward.user_id))
        target = service.Target(1, project="pressure", extract="request-1")
        other = service.ask(session, researcher, target, REASON)
    with placed.database.writing() as session, pytest.raises(PermissionDenied, match="project"):
        service.approve(session, steward, other)


@pytest.mark.parametrize("role", ["researcher", "student", "instructor", "administrator"])
def test_only_a_steward_approves(placed: World, role: str) -> None:
    case_id = asked(placed)
    with placed.database.writing() as session, pytest.raises(PermissionDenied):
        service.approve(session, placed.actors[role], case_id)


def test_an_account_or_password_made_after_the_request_cannot_approve_it(placed: World) -> None:
    case_id = asked(placed)
    with placed.database.writing() as session:
        user = create_user(
            session, COMMAND_LINE, "late@example.org", "Late", [Role.STEWARD], PASSWORD
        )
        late = service.actor_of(user)
        reset_password(session, COMMAND_LINE, get_user(session, "steward@example.org"), PASSWORD)
    for actor in (late, placed.actors["steward"]):
        with placed.database.writing() as session, pytest.raises(PermissionDenied, match="after"):
            service.approve(session, actor, case_id)


def test_the_answer_is_for_who_asked_and_not_for_ever(
    placed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = asked(placed)
    with placed.database.writing() as session:
        service.approve(session, placed.actors["steward"], case_id)
    with placed.database.reading() as session, pytest.raises(PermissionDenied, match="who asked"):
        service.check_answer(session, placed.actors["steward"], case_id)
    later = utc_now() + service.ANSWER_WAITS + timedelta(minutes=1)
    monkeypatch.setattr(service, "utc_now", lambda: later)
    with placed.database.reading() as session, pytest.raises(TransitionRefused, match="too old"):
        service.check_answer(session, placed.actors["researcher"], case_id)


def test_a_changed_log_answers_nothing(placed: World) -> None:
    case_id = asked(placed)
    with placed.database.writing() as session:
        service.approve(session, placed.actors["steward"], case_id)
        for trigger in session.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit%'")
        ).all():
            session.execute(text(f"DROP TRIGGER {trigger[0]}"))
        session.execute(text("UPDATE audit_event SET actor_name = 'x' WHERE id = 1"))
    with placed.database.reading() as session, pytest.raises(TransitionRefused, match="changed"):
        service.check_answer(session, placed.actors["researcher"], case_id)


def test_wrong_passwords_are_recorded_and_end_the_tries(placed: World) -> None:
    wanted = Permission.ASK_REIDENTIFICATION
    for _ in range(service.TRIES):
        with pytest.raises(PermissionDenied, match="not right"):
            service.confirm_identity(placed.database, "researcher@example.org", "wrong", wanted)
    with pytest.raises(PermissionDenied, match="Too many"):
        service.confirm_identity(placed.database, "researcher@example.org", PASSWORD, wanted)
    with pytest.raises(PermissionDenied, match="not right"):
        service.confirm_identity(placed.database, "nobody@example.org", PASSWORD, wanted)
    with placed.database.reading() as session:
        query = select(AuditRow).where(AuditRow.action == service.WRONG_PASSWORD)
        assert len(session.scalars(query).all()) == service.TRIES


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("request", "--person", "1", "--reason", REASON), SystemExit),
        (("request", "--release", "r", "--person", "1", "--reason", "because"), Exception),
        (("approve", "0badcafe"), NotFound),
    ],
)
def test_an_incomplete_request_is_refused(
    placed: World, words: tuple[str, ...], error: type[Any]
) -> None:
    done = type_(*words, "--as", "steward@example.org")
    assert done.exit_code != 0
    assert isinstance(done.exception, error)
