"""Health, figures, logs, and what is refused before people are served."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from app.audit import verify_chain
from app.backup.tables import dump, load, tables_of
from app.db.database import MIGRATIONS, Database, open_database
from app.db.models import User, WorkerSeen
from app.db.types import utc_now
from app.demo.accounts import ACCOUNTS
from app.logs import JsonLines
from app.portal import create_app
from app.production import check_production
from app.services.workflow import State
from deid.errors import ConfigurationError
from tests.integration.portal.world import PASSWORD, World, settings_of, sign_in

SECRET_WORDS = "a-name-nobody-has"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that is logged, as it would be written."""
    target = io.StringIO()
    handler = logging.StreamHandler(target)
    handler.setFormatter(JsonLines())
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield target
    root.removeHandler(handler)
    root.setLevel(level)


def test_an_answer_leaves_one_line_without_address_name_or_cookie(
    world: World, log: io.StringIO
) -> None:
    client = world.client("researcher")
    log.truncate(0)
    log.seek(0)
    client.get(f"/cohorts/{world.cohort_id}?q={SECRET_WORDS}")
    client.get(f"/{SECRET_WORDS}")
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    told = [line for line in lines if line["message"] == "answered"]
    assert [line["route"] for line in told] == ["/cohorts/<int:cohort_id>", "none"]
    assert told[0]["user"] == world.actors["researcher"].user_id
    assert {"request", "ms", "status"} <= told[0].keys()
    for hidden in (SECRET_WORDS, "researcher@example.org", "Researcher Example", PASSWORD):
        assert hidden not in log.getvalue()


def test_a_failed_sign_in_and_what_is_refused_leave_a_line_without_a_persons_value(
    world: World, log: io.StringIO
) -> None:
    client = world.client("student")
    log.truncate(0)
    log.seek(0)
    sign_in(world.client(), "student@example.org", SECRET_WORDS)
    client.get("/users")
    client.post("/preferences", data={"language": SECRET_WORDS})
    world.client().get("/api/v1/me", headers={"Authorization": f"Bearer {SECRET_WORDS}"})
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    told = [line for line in lines if line["message"] in ("wrong guess", "refused")]
    assert [line.get("endpoint") or (line["route"], line["status"]) for line in told] == [
        "security.login",
        ("/users", 403),
        ("/preferences", 400),
        ("/api/v1/me", 401),
    ]
    assert told[1]["user"] == world.actors["student"].user_id
    assert told[2]["why"] == "CSRFError"
    for hidden in (SECRET_WORDS, "student@example.org", "Student Example"):
        assert hidden not in log.getvalue()


def test_what_a_library_or_an_exception_quotes_is_not_written(log: io.StringIO) -> None:
    logging.getLogger("a.library").warning("row %s", SECRET_WORDS)
    try:
        raise ValueError(SECRET_WORDS)
    except ValueError:
        logging.getLogger("app.somewhere").exception("failed at %s", "a.route")
    library, ours = (json.loads(line) for line in log.getvalue().splitlines())
    assert library["message"] == "row %s"
    assert (ours["message"], ours["error"]) == ("failed at a.route", "ValueError")
    assert SECRET_WORDS not in log.getvalue()


def test_readiness_tells_of_database_releases_and_worker(world: World) -> None:
    client = world.client()
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.get_json() == {
        "ok": True,
        "database": True,
        "schema": True,
        "releases": True,
        "worker": False,
    }
    with world.database.writing() as session:
        session.add(WorkerSeen(name="one", started_at=utc_now(), seen_at=utc_now()))
    assert client.get("/health/ready").get_json()["worker"]
    with world.database.writing() as session:
        session.get_one(WorkerSeen, "one").seen_at = utc_now() - timedelta(minutes=5)
    assert not client.get("/health/ready").get_json()["worker"]
    world.settings.release_root.rename(world.settings.release_root.with_name("gone"))
    assert client.get("/health/ready").status_code == 503
    assert client.get("/health").status_code == 200


def test_figures_are_for_this_machine_or_for_whoever_has_the_token(
    world: World, tmp_path: Path
) -> None:
    client = world.client("researcher")
    client.get("/cohorts/")
    figures = client.get("/metrics").get_data(as_text=True)
    assert 'carecommons_answers_total{method="GET",route="/cohorts/",status="200"} 1.0' in figures
    assert "carecommons_audit_rows" in figures
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.get("/metrics", environ_base=elsewhere).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 404
    token = tmp_path / "token"
    token.touch(mode=0o600)
    token.write_text("an invented token\n")
    app = create_app(replace(world.settings, metrics_token_file=token), world.database)
    watcher = app.test_client()
    bearer = {"Authorization": "Bearer an invented token"}
    assert watcher.get("/metrics", headers=bearer, environ_base=elsewhere).status_code == 200
    assert watcher.get("/metrics").status_code == 404


def test_people_are_served_only_behind_tls_and_without_accounts_of_a_trial(world: World) -> None:
    fit = replace(
        world.settings, public_address="https://portal.example.org", trusted_proxy="127.0.0.1"
    )
    with world.database.writing() as session:
        check_production(world.settings, session)
        check_production(fit, session)
        for unfit, reason in (
            (replace(fit, public_address="http://portal.example.org"), "plain text"),
            (replace(world.settings, host="0.0.0.0"), "PUBLIC_ADDRESS"),
            (replace(fit, trusted_proxy=""), "TRUSTED_PROXY"),
        ):
            with pytest.raises(ConfigurationError, match=reason):
                check_production(unfit, session)
        session.add(User(email=ACCOUNTS[0].email, name="A", fs_uniquifier="x"))
        session.flush()
        with pytest.raises(ConfigurationError, match="demonstration"):
            check_production(fit, session)


def test_cookies_ask_for_tls_where_people_come_from_elsewhere(world: World) -> None:
    fit = replace(world.settings, public_address="https://portal.example.org")
    client = create_app(fit, world.database).test_client()
    answer = client.get("/sign-in", base_url="https://portal.example.org")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert answer.headers["Strict-Transport-Security"]


def _revisions() -> list[str]:
    script = ScriptDirectory(str(MIGRATIONS))
    return [one.revision for one in script.walk_revisions()][::-1]


@pytest.mark.parametrize("revision", [_revisions()[0], _revisions()[-3], _revisions()[-2]])
def test_a_database_of_an_earlier_version_is_brought_up_with_all_its_rows(
    world: World, tmp_path: Path, revision: str
) -> None:
    world.request_in(State.IN_REVIEW)
    url = f"sqlite:///{tmp_path / 'earlier' / 'portal.db'}"
    earlier = Database(url)
    earlier.upgrade(revision)
    kept: dict[str, int] = {}
    with world.database.engine.connect() as source, earlier.writing() as session:
        connection = session.connection()
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        newest = {table.name: table for table in tables_of(source)}
        for table in tables_of(connection):
            rows = [json.loads(line) for line in dump(source, newest[table.name])]
            held = [{name: row[name] for name in row if name in table.columns} for row in rows]
            load(connection, table, (json.dumps(row).encode() for row in held))
            kept[table.name] = len(held)
    earlier.close()
    database = open_database(url)
    with database.reading() as session:
        connection = session.connection()
        now = {one.name: len(list(dump(connection, one))) for one in tables_of(connection)}
        assert {name: now[name] for name in kept} == kept
        assert verify_chain(session).intact
    client = create_app(replace(world.settings, database_url=url), database).test_client()
    assert sign_in(client, "steward@example.org").status_code == 302
    assert client.get("/review/").status_code == 200
    database.close()


def test_a_database_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    database = open_database(settings.database_url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(ConfigurationError, match="newer Care Commons"):
        open_database(settings.database_url)
