"""The extract job: check the approval again, run the cohort, write the extract, deliver.

The job's payload is a claim, not an authority: everything that matters is read again from the
database, the release and the cohort's own text.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

import cohorts
from app.db.database import Database
from app.db.models import DataRequest, ReviewDecision
from app.errors import TransitionRefused
from app.permissions import WORKER
from app.services.minimisation import window_of
from app.services.projects import PROJECT_CODE
from app.services.requests import get_request
from app.services.transitions import Surroundings, extract_name, transition
from app.services.workflow import State
from app.worker.gate import RISK_FILE, check_extract, measure_extract, measure_records
from app.worker.queue import TakenJob, finish, holds
from app.worker.risk_page import RISK_PAGE, render_risk
from cohorts.errors import ExtractAlreadyExists
from cohorts.extract import Extract, write_extract
from cohorts.extract_files import EXTRACTS, MANIFEST_FILE, ExtractManifest
from cohorts.extract_rows import Mapper
from cohorts.frozen import freeze
from cohorts.selection import check_selection
from cohorts.window import WHOLE_RECORD, TimeWindow
from deid.errors import CareCommonsError
from deid.keys import Keyring
from deid.pseudonyms import Pseudonymiser
from deid.release import open_release

logger = logging.getLogger(__name__)


class JobRefused(CareCommonsError):
    """A job does not say what the database says, or its approval does not hold."""

    code = "worker.job_refused"
    public = True


class JobLost(CareCommonsError):
    """Another worker has taken the job; this one leaves no trace."""

    code = "worker.job_lost"


def utc_today() -> date:
    """The day it is."""
    return datetime.now(UTC).date()


@dataclass(frozen=True)
class Workshop:
    """What the worker works with."""

    database: Database
    keyring: Keyring
    release_root: Path
    project_root: Path
    minimum_people: int
    today: Callable[[], date] = utc_today

    @property
    def surroundings(self) -> Surroundings:
        """What the checks of a transition look at."""
        return Surroundings(self.release_root, self.today())


@dataclass(frozen=True)
class Order:
    """An approved extract, as the database says it."""

    request_id: int
    project: str
    extract: str
    release: str
    expression: str
    columns: dict[str, list[str]]
    title: str
    purpose: str
    ethics_number: str
    end_date: date
    window: TimeWindow


def carry_out(workshop: Workshop, taken: TakenJob, lost: threading.Event) -> None:
    """Do an extract job from beginning to end, or fail its request with the reason."""
    try:
        order = _begin(workshop, taken)
        delivered = _write(workshop, order, lost)
    except JobLost:
        return
    except CareCommonsError as error:
        _fail(workshop, taken, str(error))
        return
    except Exception as error:
        # Only the kind: the text of an unforeseen error may quote a value.
        logger.error("job %s ended with %s", taken.id, type(error).__name__)
        _fail(workshop, taken, f"the preparation stopped unexpectedly ({type(error).__name__})")
        return
    _deliver(workshop, taken, order, delivered)


def give_up(workshop: Workshop, taken: TakenJob) -> None:
    """Fail a job that stopped its worker too many times."""
    _fail(workshop, taken, f"the preparation was interrupted {taken.attempt - 1} times")


def _begin(workshop: Workshop, taken: TakenJob) -> Order:
    with workshop.database.writing() as session:
        if holds(session, taken) is None:
            raise JobLost("the job was taken by another worker")
        request = get_request(session, WORKER, int(taken.payload["request"]))
        order = _order(session, request, taken.payload)
        transition(session, WORKER, request.id, "provision", request.version, workshop.surroundings)
        return order


def _order(session: Session, request: DataRequest, payload: dict[str, Any]) -> Order:
    if State(request.state) not in {State.APPROVED, State.PROVISIONING}:
        raise JobRefused("the request is not approved")
    if not PROJECT_CODE.fullmatch(request.project.code):
        raise JobRefused("the project's code cannot name a folder")
    _check_approval(session, request)
    version = request.cohort_version
    if version is None or request.end_date is None:
        raise JobRefused("the request names no cohort or no end date")
    claimed = {
        "request": request.id,
        "project": request.project.code,
        "extract": extract_name(request),
        "release": request.release,
        "cohort_sha256": cohorts.load(version.expression).sha256,
    }
    if payload != claimed:
        raise JobRefused("the job does not say what the request says")
    columns: dict[str, list[str]] = {}
    for column in request.columns:
        columns.setdefault(column.table_name, []).append(column.column_name)
    return Order(
        request_id=request.id,
        project=request.project.code,
        extract=claimed["extract"],
        release=request.release,
        expression=version.expression,
        columns=columns,
        title=request.title,
        purpose=request.purpose,
        ethics_number=request.ethics_number,
        end_date=request.end_date,
        # A request of before windows were asked for was approved for the whole record.
        window=window_of(request) or WHOLE_RECORD,
    )


def _check_approval(session: Session, request: DataRequest) -> None:
    query = (
        select(ReviewDecision)
        .where(ReviewDecision.request_id == request.id)
        .order_by(ReviewDecision.id.desc())
        .limit(1)
    )
    decision = session.scalar(query)
    if decision is None or decision.decision != "approve":
        raise JobRefused("the newest decision on the request is not an approval")
    members = {member.user_id for member in request.project.members}
    if decision.reviewer_id in members | {request.requester_id}:
        raise JobRefused("the request was approved by somebody of its own project")


def _write(workshop: Workshop, order: Order, lost: threading.Event) -> ExtractManifest:
    release = open_release(workshop.release_root, order.release)
    definition = cohorts.load(order.expression)
    selection = check_selection(release, order.columns)
    result = cohorts.run(definition, release, cancel=lost)
    ids = result.person_ids.to_numpy(zero_copy_only=False).astype(np.int64)
    risk = measure_extract(release, ids, selection.tables, workshop.minimum_people)
    check_extract(risk)

    def check(staged: Path) -> dict[str, bytes]:
        if lost.is_set():
            raise JobLost("the job was taken by another worker")
        found = measure_records(risk, staged)
        return {RISK_FILE: found.to_json(), RISK_PAGE: render_risk(order.title, found)}

    try:
        extract: Extract = write_extract(
            release,
            result,
            order.columns,
            _mapper(workshop, order),
            workshop.project_root,
            project=order.project,
            extract=order.extract,
            definition=definition,
            title=order.title,
            purpose=order.purpose,
            ethics_number=order.ethics_number,
            expires_on=order.end_date.isoformat(),
            key_id=workshop.keyring.key_id,
            window=order.window,
            frozen=freeze(release, definition, result),
            check=check,
        )
    except ExtractAlreadyExists:
        # A worker was killed after publishing and before telling: what is there is the delivery,
        # if it is the delivery of this approval.
        return _published_before(workshop, order, definition.sha256)
    return extract.manifest


def _mapper(workshop: Workshop, order: Order) -> Mapper:
    key = workshop.keyring.derive("project", order.project, order.extract, "pseudonyms")
    return Pseudonymiser(key).ids


def _published_before(workshop: Workshop, order: Order, cohort_sha256: str) -> ExtractManifest:
    folder = _extract_folder(workshop, order.project, order.extract)
    manifest = ExtractManifest.from_json((folder / MANIFEST_FILE).read_bytes())
    same = (
        manifest.release == order.release
        and manifest.cohort_sha256 == cohort_sha256
        and manifest.expires_on == order.end_date.isoformat()
        and manifest.purpose == order.purpose
    )
    if not same:
        raise JobRefused("another extract of this name exists already")
    return manifest


def _extract_folder(workshop: Workshop, project: str, extract: str) -> Path:
    """Where the extract is; a link on the way could lead a removal out of the project root."""
    folder = workshop.project_root.absolute() / project / EXTRACTS / extract
    if any(path.is_symlink() for path in (folder, folder.parent, folder.parent.parent)):
        raise JobRefused("a link stands in the place of the project's folder")
    return folder


def _deliver(workshop: Workshop, taken: TakenJob, order: Order, manifest: ExtractManifest) -> None:
    rows = sum(entry.rows or 0 for entry in manifest.files)
    with workshop.database.writing() as session:
        job = holds(session, taken)
        if job is None:
            return
        request = get_request(session, WORKER, order.request_id)
        transition(
            session,
            WORKER,
            request.id,
            "deliver",
            request.version,
            workshop.surroundings,
            outcome={"extract": order.extract, "rows": rows},
        )
        finish(job, "done", "delivered")


def _fail(workshop: Workshop, taken: TakenJob, reason: str) -> None:
    with workshop.database.writing() as session:
        job = holds(session, taken)
        if job is None:
            return
        finish(job, "failed", reason)
        request = session.get(DataRequest, int(taken.payload.get("request", 0)))
        if request is None:
            return
        surroundings = workshop.surroundings
        try:
            with session.begin_nested():
                transition(
                    session, WORKER, request.id, "fail", request.version, surroundings, reason
                )
        except TransitionRefused:
            # The request went on without this job; only the job has failed.
            logger.warning("job %s failed, its request had moved on", taken.id)
