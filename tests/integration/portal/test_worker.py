"""The worker: what it delivers, what it refuses, and what happens when it is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlalchemy import select, update

from app.audit import verify_chain
from app.db.models import DataRequest, Job, Notification, ReviewDecision
from app.db.types import utc_now
from app.services.transitions import transition
from app.services.workflow import State
from app.worker.loop import run_once
from app.worker.queue import LEASE, MOST_ATTEMPTS, holds, take_job
from app.worker.workshop import Workshop
from tests.integration.portal.world import World, make_world, post, workshop_of


@pytest.fixture
def workshop(world: World) -> Workshop:
    """A worker's tools for the world, with a keyring of its own."""
    return workshop_of(world)


def extract_folder(world: World, request_id: int) -> Path:
    return world.settings.project_root / "pressure" / "extracts" / f"request-{request_id}"


def test_an_approved_request_is_delivered_with_the_projects_own_ids(
    world: World, workshop: Workshop
) -> None:
    request_id = world.request_in(State.APPROVED)
    assert run_once(workshop) == 1
    delivered = world.read_request(request_id)
    assert (delivered.state, delivered.extract) == (State.ACTIVE, f"request-{request_id}")
    people = pq.read_table(extract_folder(world, request_id) / "person.parquet")
    assert people.num_rows == 30
    assert set(people.column_names) == {"person_id", "year_of_birth", "gender_concept_id"}
    assert not set(people["person_id"].to_pylist()) & set(range(1000, 1060))


def test_the_delivery_is_told_to_the_project_and_shown_on_the_page(
    world: World, workshop: Workshop
) -> None:
    request_id = world.request_in(State.APPROVED)
    run_once(workshop)
    page = world.client("researcher").get(f"/requests/{request_id}").get_data(as_text=True)
    assert f"projects/pressure/extracts/request-{request_id}" in page
    assert "carecommons lab --project pressure" in page
    with world.database.reading() as session:
        texts = session.scalars(select(Notification.text)).all()
    assert any("the extract is ready" in text for text in texts)


def test_the_extract_tells_its_measured_risk(world: World, workshop: Workshop) -> None:
    request_id = world.request_in(State.APPROVED)
    run_once(workshop)
    risk = json.loads((extract_folder(world, request_id) / "risk.json").read_text())
    assert risk["people"] == 30
    assert risk["linkage"]["journalist_max"] == pytest.approx(0.2)


def test_a_cohort_of_three_people_is_not_delivered(tmp_path: Path) -> None:
    world = make_world(tmp_path, people=60, ill=3)
    request_id = world.request_in(State.APPROVED)
    run_once(workshop_of(world))
    failed = world.read_request(request_id)
    assert failed.state == State.FAILED
    assert failed.failure is not None
    assert "fewer than 11 people" in failed.failure
    assert not extract_folder(world, request_id).exists()


def test_people_who_are_alone_with_their_demographics_are_not_delivered(tmp_path: Path) -> None:
    world = make_world(tmp_path, people=22, ill=21)  # two born in the last year: classes of one
    request_id = world.request_in(State.APPROVED)
    run_once(workshop_of(world))
    failed = world.read_request(request_id)
    assert failed.state == State.FAILED
    assert failed.failure is not None
    assert "year_of_birth" in failed.failure


def test_a_failed_delivery_can_be_tried_again_and_then_succeeds(
    world: World, workshop: Workshop
) -> None:
    request_id = world.request_in(State.APPROVED)
    release = world.settings.release_root / "tiny-v1"
    release.rename(release.with_name("elsewhere"))
    run_once(workshop)
    assert world.read_request(request_id).state == State.FAILED
    release.with_name("elsewhere").rename(release)
    where = f"/requests/{request_id}"
    post(world.client("steward"), f"{where}/steps/retry", where)
    run_once(workshop)
    assert world.read_request(request_id).state == State.ACTIVE


def test_a_job_for_a_request_that_nobody_approved_is_refused(
    world: World, workshop: Workshop
) -> None:
    request_id = world.request_in(State.IN_REVIEW)
    with world.database.writing() as session:
        request = session.get_one(DataRequest, request_id)
        request.state = State.APPROVED  # as if somebody had written into the database
        assert request.cohort_version is not None
        session.add(_job(request))
    run_once(workshop)
    failed = world.read_request(request_id)
    assert failed.state == State.FAILED
    assert failed.failure == "the newest decision on the request is not an approval"


def test_a_job_approved_by_the_requester_is_refused(world: World, workshop: Workshop) -> None:
    request_id = world.request_in(State.IN_REVIEW)
    requester = world.actors["researcher"].user_id
    with world.database.writing() as session:
        request = session.get_one(DataRequest, request_id)
        request.state = State.APPROVED
        session.add(
            ReviewDecision(request_id=request_id, reviewer_id=requester, decision="approve")
        )
        session.add(_job(request))
    run_once(workshop)
    assert "its own project" in (world.read_request(request_id).failure or "")


def test_a_job_whose_payload_was_changed_is_refused(world: World, workshop: Workshop) -> None:
    request_id = world.request_in(State.APPROVED)
    with world.database.writing() as session:
        job = session.scalars(select(Job)).one()
        job.payload = {**job.payload, "project": "another"}
    run_once(workshop)
    assert world.read_request(request_id).failure == "the job does not say what the request says"
    assert not (world.settings.project_root / "another").exists()


@pytest.mark.parametrize("moment", ["before_writing", "before_publishing", "after_publishing"])
def test_a_worker_killed_midway_leaves_a_job_that_the_next_one_finishes(
    world: World, workshop: Workshop, moment: str
) -> None:
    request_id = world.request_in(State.APPROVED)
    program = Path(__file__).with_name("killed_worker.py")
    root = world.settings.project_root.parent
    killed = subprocess.run(
        [sys.executable, str(program), str(root), moment],
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -9, killed.stderr.decode()
    assert world.read_request(request_id).state == State.PROVISIONING
    assert extract_folder(world, request_id).exists() == (moment == "after_publishing")
    assert run_once(workshop) == 0  # the dead worker's lease still runs

    with world.database.writing() as session:
        session.execute(update(Job).values(lease_until=utc_now() - timedelta(seconds=1)))
    assert run_once(workshop) == 1
    assert world.read_request(request_id).state == State.ACTIVE
    assert (extract_folder(world, request_id) / "manifest.json").exists()
    with world.database.reading() as session:
        assert verify_chain(session).intact
        job = session.scalars(select(Job)).one()
        assert (job.state, job.attempts) == ("done", 2)


def test_a_job_that_keeps_stopping_its_worker_fails_in_the_end(
    world: World, workshop: Workshop
) -> None:
    request_id = world.request_in(State.APPROVED)
    with world.database.writing() as session:
        session.execute(update(Job).values(attempts=MOST_ATTEMPTS))
    run_once(workshop)
    assert "interrupted 5 times" in (world.read_request(request_id).failure or "")


def test_a_worker_that_lost_its_job_cannot_give_an_outcome(world: World) -> None:
    world.request_in(State.APPROVED)
    first = take_job(world.database, "first")
    assert first is not None
    second = take_job(world.database, "second", utc_now() + LEASE * 2)
    assert second is not None
    with world.database.writing() as session:
        assert holds(session, first) is None
        assert holds(session, second) is not None


def test_a_job_is_taken_by_one_worker_only(world: World) -> None:
    world.request_in(State.APPROVED)
    assert take_job(world.database, "first") is not None
    assert take_job(world.database, "second") is None


def test_a_link_in_the_place_of_a_project_is_not_followed_by_a_removal(
    world: World, workshop: Workshop
) -> None:
    request_id = world.request_in(State.APPROVED)
    run_once(workshop)
    project = extract_folder(world, request_id).parent.parent
    elsewhere = project.with_name("elsewhere")
    project.rename(elsewhere)
    project.symlink_to(elsewhere)
    where = f"/requests/{request_id}"
    post(world.client("steward"), f"{where}/steps/revoke", where, reason="The ethics vote ended.")
    run_once(workshop)
    assert extract_folder(world, request_id).exists()


def test_neither_key_nor_true_ids_stand_in_the_portals_database(
    world: World, workshop: Workshop
) -> None:
    world.request_in(State.APPROVED)
    run_once(workshop)
    root = world.settings.project_root.parent
    (key,) = json.loads((root / "keys" / "keyring.json").read_text())["generations"]
    master = key["master"]
    content = b"".join(path.read_bytes() for path in (root / "portal").iterdir())
    assert master.encode() not in content


def test_two_requests_of_one_project_share_no_person_id(world: World, workshop: Workshop) -> None:
    first, second = world.request_in(State.APPROVED), world.request_in(State.APPROVED)
    assert run_once(workshop) == 2
    ids = [
        set(pq.read_table(extract_folder(world, one) / "person.parquet")["person_id"].to_pylist())
        for one in (first, second)
    ]
    assert not ids[0] & ids[1]


def test_a_withdrawn_approval_path_is_closed_to_the_worker(world: World) -> None:
    request_id = world.request_in(State.SUBMITTED)
    version = world.read_request(request_id).version
    from app.errors import TransitionRefused
    from app.permissions import WORKER

    with pytest.raises(TransitionRefused), world.database.writing() as session:
        transition(session, WORKER, request_id, "deliver", version, world.surroundings)


def _job(request: DataRequest) -> Job:
    assert request.cohort_version is not None
    return Job(
        kind="extract",
        payload={
            "request": request.id,
            "project": request.project.code,
            "extract": f"request-{request.id}",
            "release": request.release,
            "cohort_sha256": request.cohort_version.sha256,
        },
    )
