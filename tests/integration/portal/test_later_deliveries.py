"""New data for a project under the same ids, and an extract that is made again."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from app.cli.extract import extract
from app.db.models import DataRequest, Job, RequestColumn, RequestEvent
from app.errors import BadInput, TransitionRefused
from app.services.completeness import missing_columns
from app.services.seeding import seed_request
from app.services.transitions import transition
from app.services.updates import ask_repeat, begin_update, newer_releases
from app.services.workflow import State
from app.worker.loop import run_once
from app.worker.preparing import PROJECT_WEEKS
from app.worker.workshop import Workshop
from cohorts import open_project
from cohorts.errors import AccessExpired
from deid.build.offsets import offsets_key, sealed_offsets
from deid.keys import Keyring, rotate
from deid.pseudonyms import Pseudonymiser
from deid.structured.dates import DataWindow
from tests.builders import build_release
from tests.integration.portal.world import (
    DOCUMENT,
    LATER,
    PASSWORD,
    RELEASE,
    World,
    copy_world,
    make_world,
    post,
    release_tables,
    workshop_of,
)

LATER_RELEASE = "tiny-v2"
DELIVERED = 1


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world with a release that continues the first, offsets of both, and one delivery."""
    tmp_path = tmp_path_factory.mktemp("later")
    made = make_world(tmp_path)
    Keyring.create(tmp_path / "keys" / "keyring.json")
    keyring = Keyring.load(tmp_path / "keys" / "keyring.json")
    shutil.rmtree(made.settings.release_root)
    for name, ill, more in ((RELEASE, 30, {}), (LATER_RELEASE, 50, {"continues": RELEASE})):
        line = {"line": RELEASE} if more else {}
        build_release(
            made.settings.release_root,
            release_tables(60, ill),
            name,
            key_id=keyring.key_id,
            **more,
            **line,
        )
        with duckdb.connect() as working:
            working.execute("CREATE SCHEMA identity")
            working.execute(
                "CREATE TABLE people AS SELECT 1000 + range AS person_id, "
                "7 * (1 + range // 2 % 20) AS shift_days FROM range(60)"
            )
            working.execute(
                "CREATE TABLE identity.person_identity AS SELECT person_id, "
                "CASE WHEN person_id < 1050 THEN person_id // 2 END AS household_id FROM people"
            )
            window = DataWindow(date(2015, 1, 5), date(2024, 12, 2), 20)
            data = sealed_offsets(working, window, offsets_key(keyring, RELEASE), name)
        (tmp_path / "evidence" / name).mkdir(parents=True)
        (tmp_path / "evidence" / name / "offsets.sealed").write_bytes(data)
    assert made.request_in(State.APPROVED) == DELIVERED
    run_once(knowing_worker(made))
    assert made.read_request(DELIVERED).state == State.ACTIVE, made.read_request(DELIVERED).failure
    made.database.close()
    return made


@pytest.fixture
def world(pattern: World, tmp_path: Path) -> World:
    """A copy of that world."""
    return copy_world(pattern, tmp_path)


@pytest.fixture
def workshop(world: World) -> Workshop:
    """A worker that knows the offsets."""
    return knowing_worker(world)


def knowing_worker(world: World) -> Workshop:
    return workshop_of(world, evidence_root=world.settings.project_root.parent / "evidence")


@pytest.fixture
def delivered(world: World) -> int:
    """Id of a request whose extract was delivered from the first release."""
    return DELIVERED


def folder(world: World, request_id: int) -> Path:
    return world.settings.project_root / "pressure" / "extracts" / f"request-{request_id}"


def ask_for_newer(
    world: World, request_id: int, earlier: str, release: str = LATER_RELEASE, without: str = ""
) -> int:
    """Draft, submission, review and approval; the id of the new request."""
    researcher, steward = world.actors["researcher"], world.actors["steward"]
    with world.database.writing() as session:
        root = world.settings.release_root
        request = begin_update(session, researcher, request_id, release, earlier, root)
    world.bind(request.id)
    with world.database.writing() as session:
        request = session.get_one(DataRequest, request.id)
        request.columns = [one for one in request.columns if one.column_name != without]
        for who, name in ((researcher, "submit"), (steward, "start"), (steward, "approve")):
            request = transition(
                session, who, request.id, name, request.version, world.surroundings
            )
        return request.id


def repeat(world: World, request_id: int) -> None:
    with world.database.writing() as session:
        ask_repeat(session, world.actors["steward"], request_id)


def last_comment(world: World, request_id: int) -> str:
    with world.database.reading() as session:
        query = select(RequestEvent.comment).where(RequestEvent.request_id == request_id)
        return session.scalars(query.order_by(RequestEvent.id)).all()[-1]


def rows(path: Path, table: str) -> dict[int, dict[str, object]]:
    key = f"{table}_id"
    return {row[key]: row for row in pq.read_table(path / f"{table}.parquet").to_pylist()}


def test_newer_data_come_under_the_same_ids_and_dates_with_a_report_of_changes(
    world: World, workshop: Workshop, delivered: int
) -> None:
    before = rows(folder(world, delivered), "condition_occurrence")
    where = f"/requests/{delivered}"
    researcher, steward = world.client("researcher"), world.client("steward")
    assert "There are newer data" in researcher.get(where).get_data(as_text=True)
    answer = post(researcher, f"{where}/updates", where, release=LATER_RELEASE, earlier="keep")
    draft = answer.headers["Location"]
    world.bind(delivered + 1)
    post(researcher, f"{draft}/steps/submit", draft)
    for name in ("start", "approve"):
        post(steward, f"{draft}/steps/{name}", draft)
    newer = delivered + 1
    run_once(workshop)
    assert world.read_request(newer).state == State.ACTIVE, world.read_request(newer).failure
    after = rows(folder(world, newer), "condition_occurrence")
    assert len(before) == 30
    assert len(after) == 50
    assert {key: after[key] for key in before} == before
    changes = json.loads((folder(world, newer) / "changes.json").read_bytes())
    assert (changes["entered"], changes["left"]) == ("20", "<11")
    page = researcher.get(f"/requests/{newer}").get_data(as_text=True)
    assert f"What changed since request-{delivered}" in page
    manifest = open_project(folder(world, newer).parent.parent, f"request-{newer}").manifest
    assert (manifest.series, manifest.continues) == (f"request-{delivered}",) * 2
    assert world.read_request(delivered).state == State.ACTIVE


def test_a_delivery_that_is_replaced_is_deleted_when_the_newer_one_is_there(
    world: World, workshop: Workshop, delivered: int
) -> None:
    newer = ask_for_newer(world, delivered, "replace")
    assert world.read_request(delivered).state == State.ACTIVE
    run_once(workshop)
    assert world.read_request(delivered).state == State.REPLACED
    assert [path.name for path in folder(world, newer).parent.iterdir()] == [f"request-{newer}"]
    with pytest.raises(AccessExpired, match="replaced by a newer delivery"):
        open_project(folder(world, newer).parent.parent, f"request-{delivered}")
    repeat(world, newer)
    run_once(workshop)
    assert "files, identical" in last_comment(world, newer)


def test_an_amendment_delivers_other_columns_of_the_same_release_under_the_same_ids(
    world: World, workshop: Workshop, delivered: int
) -> None:
    before = rows(folder(world, delivered), "condition_occurrence")
    left_out = "condition_start_date"
    amended = ask_for_newer(world, delivered, "replace", RELEASE, left_out)
    assert world.read_request(amended).title.endswith("(amended)")
    assert world.read_request(delivered).state == State.ACTIVE
    run_once(workshop)
    assert world.read_request(amended).state == State.ACTIVE, world.read_request(amended).failure
    assert world.read_request(delivered).state == State.REPLACED
    for row in before.values():
        del row[left_out]
    assert rows(folder(world, amended), "condition_occurrence") == before


def test_an_amendment_asks_for_no_notes_as_these_would_tell_the_shift_of_dates(
    world: World, delivered: int
) -> None:
    with world.database.writing() as session:
        researcher, root = world.actors["researcher"], world.settings.release_root
        draft = begin_update(session, researcher, delivered, RELEASE, "keep", root)
        assert missing_columns(draft, root) == []
        draft.columns.append(RequestColumn(table_name="note", column_name="note_id"))
        (missing,) = missing_columns(draft, root)
        assert "Notes" in missing.text


def test_the_worker_delivers_no_notes_in_an_amendment_whoever_has_let_them_in(
    world: World, workshop: Workshop, delivered: int
) -> None:
    amended = ask_for_newer(world, delivered, "keep", RELEASE)
    with world.database.writing() as session:
        session.add(RequestColumn(request_id=amended, table_name="note", column_name="note_id"))
    run_once(workshop)
    assert world.read_request(amended).state != State.ACTIVE
    with world.database.reading() as session:
        outcomes = session.scalars(select(Job.outcome).order_by(Job.id)).all()
    assert outcomes[-1] == "a delivery that continues one without notes cannot have them"
    assert not folder(world, amended).exists()
    assert world.read_request(delivered).state == State.ACTIVE


def test_a_new_key_does_not_change_the_ids_of_a_series(
    world: World, workshop: Workshop, delivered: int
) -> None:
    people = set(rows(folder(world, delivered), "person"))
    keyring = rotate(world.settings.project_root.parent / "keys" / "keyring.json")
    newer = ask_for_newer(world, delivered, "keep")
    run_once(replace(workshop, keyring=keyring))
    assert people < set(rows(folder(world, newer), "person"))


def test_a_release_that_continues_another_one_is_not_offered_and_not_taken(
    world: World, workshop: Workshop, delivered: int
) -> None:
    build_release(world.settings.release_root, release_tables(60, 30), "other-v1")
    root, researcher = world.settings.release_root, world.actors["researcher"]
    request = world.read_request(delivered)
    with world.database.reading() as session:
        offered = newer_releases(researcher, session.get_one(DataRequest, request.id), root)
    assert [release.name for release in offered] == [LATER_RELEASE]
    with pytest.raises(BadInput, match="does not continue"), world.database.writing() as session:
        begin_update(session, researcher, delivered, "other-v1", "keep", root)


def test_two_requests_of_one_release_have_other_dates_and_the_same_intervals(
    world: World, workshop: Workshop, delivered: int
) -> None:
    other = world.request_in(State.APPROVED)
    run_once(workshop)
    release = {
        row["condition_start_date"] for row in release_tables(60, 30)["condition_occurrence"]
    }
    days = [
        sorted(
            row["condition_start_date"]
            for row in rows(folder(world, one), "condition_occurrence").values()
        )
        for one in (delivered, other)
    ]
    assert days[0] != days[1]
    for found in days:
        assert set(found) != release
        assert max(found) - max(release) <= timedelta(weeks=PROJECT_WEEKS)
    text = (folder(world, other) / "README.md").read_text()
    assert f"at most {7 * PROJECT_WEEKS} days" in text


def test_a_household_is_shifted_together_by_whole_weeks(
    world: World, workshop: Workshop, delivered: int
) -> None:
    key = workshop.keyring.derive("project", "pressure", f"request-{delivered}", "pseudonyms")
    own = {
        row["person_id"]: row["condition_start_date"]
        for row in release_tables(60, 30)["condition_occurrence"]
    }
    new = dict(
        zip(Pseudonymiser(key).ids("person", np.array(list(own))).tolist(), own, strict=True)
    )
    shown = rows(folder(world, delivered), "condition_occurrence").values()
    moved = {
        new[row["person_id"]]: (row["condition_start_date"] - own[new[row["person_id"]]]).days
        for row in shown
    }
    assert len(set(moved.values())) > 1
    for person, days in moved.items():
        assert moved[person ^ 1] == days  # two by two they share a household
        assert days % 7 == 0
        assert 0 < abs(days) <= 7 * PROJECT_WEEKS


def test_an_extract_with_notes_keeps_the_dates_of_the_release(
    tmp_path: Path, world: World, workshop: Workshop
) -> None:
    tables = release_tables(60, 30)
    tables["note"] = [
        {"note_id": n, "person_id": 1000 + n, "note_date": date(2020, 3, 2), "note_text": "Seen."}
        for n in range(30)
    ]
    shutil.rmtree(world.settings.release_root / RELEASE)
    build_release(world.settings.release_root, tables, RELEASE, key_id=workshop.keyring.key_id)
    columns = {**world.fields().columns, "note": ("note_id", "person_id", "note_date", "note_text")}
    with world.database.writing() as session:
        request = seed_request(
            session,
            world.actors["researcher"],
            world.actors["steward"],
            world.project_id,
            world.fields(
                columns=columns,
                reasons={**world.fields().reasons, "note": "symptoms"},
                own_reasons={"note.note_text": "Symptoms stand in the text only."},
            ),
            State.APPROVED,
            world.surroundings,
            document=DOCUMENT,
            password=PASSWORD,
        )
    run_once(workshop)
    assert world.read_request(request.id).state == State.ACTIVE, world.read_request(
        request.id
    ).failure
    days = pq.read_table(folder(world, request.id) / "note.parquet")["note_date"].to_pylist()
    assert set(days) == {date(2020, 3, 2)}


def test_an_extract_made_again_is_identical_also_after_a_renewal_and_tells_a_change(
    world: World, workshop: Workshop, delivered: int
) -> None:
    with world.database.writing() as session:
        request = session.get_one(DataRequest, delivered)
        request.end_date = LATER + timedelta(days=30)
    repeat(world, delivered)
    with pytest.raises(TransitionRefused, match="being made again already"):
        repeat(world, delivered)
    assert run_once(workshop) == 1
    assert "files, identical" in last_comment(world, delivered)

    path = folder(world, delivered) / "manifest.json"
    path.chmod(0o644)
    manifest = json.loads(path.read_bytes())
    for entry in manifest["files"]:
        if entry["path"] == "person.parquet":
            entry["sha256"] = "0" * 64
    path.write_text(json.dumps(manifest))
    repeat(world, delivered)
    run_once(workshop)
    assert "differs in person.parquet" in last_comment(world, delivered)


def test_the_page_shows_what_the_extract_was_made_from(world: World, delivered: int) -> None:
    frozen = json.loads((folder(world, delivered) / "frozen.json").read_bytes())
    assert frozen["concept_sets"][0]["concepts"] == [316866]
    page = world.client("steward").get(f"/requests/{delivered}").get_data(as_text=True)
    for digest in ("definition_sha256", "rows_sha256", "vocabulary_sha256"):
        assert frozen[digest] in page
    assert "Hypertension: 1 concept" in page


def test_the_command_line_lists_verifies_and_compares_deliveries(
    world: World, workshop: Workshop, delivered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = ask_for_newer(world, delivered, "keep")
    run_once(workshop)
    monkeypatch.setenv("CARECOMMONS_LAB_PROJECT_ROOT", str(world.settings.project_root))
    one, two = f"request-{delivered}", f"request-{newer}"

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(extract, arguments)
        return done.output if done.exit_code == 0 else str(done.exception)

    assert f"pressure/{two}: release {LATER_RELEASE}, the whole record, until {LATER}" in run(
        "list"
    )
    assert "files are as they were delivered" in run("verify", "pressure", one)
    assert "people who entered: 20; who left: <11" in run("changes", "pressure", one, two)
    path = folder(world, delivered) / "person.parquet"
    path.chmod(0o644)
    path.write_bytes(b"x")
    assert "person.parquet was changed" in run("verify", "pressure", one)
