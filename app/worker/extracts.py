"""The extract job: check the approval again, prepare the extract, deliver; and doing it again.

The job's payload is a claim, not an authority: everything that matters is read again from the
database, the release and the cohort's own text.
"""

from __future__ import annotations

import json
import logging
import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy.exc import InterfaceError, OperationalError

import cohorts
from app.audit import AuditEvent, record
from app.db.models import DataRequest
from app.errors import TransitionRefused
from app.permissions import WORKER
from app.services.readiness import all_ready
from app.services.request_history import request_event, tell
from app.services.requests import get_request
from app.services.transitions import transition
from app.services.workflow import State, Told
from app.worker.orders import Order, claimed_order, order_of
from app.worker.preparing import STEPS, find_delivery, prepare
from app.worker.queue import Hold, TakenJob, finish, holds
from app.worker.workshop import JobCancelled, JobLost, JobRefused, Workshop
from cohorts.access import Access, close_extract, remove_extract
from cohorts.changes import CHANGES_FILE, CHANGES_PAGE
from cohorts.errors import ExtractAlreadyExists
from cohorts.extract_files import MANIFEST_FILE, ExtractManifest
from cohorts.frozen import FROZEN_FILE, summary_of
from deid.errors import CareCommonsError

logger = logging.getLogger(__name__)

NOT_REPEATED = frozenset({CHANGES_FILE, CHANGES_PAGE})
"""Documents about an earlier delivery, which may be gone when the extract is made again."""


def carry_out(workshop: Workshop, taken: TakenJob, hold: Hold) -> None:
    """Do an extract job from beginning to end, or fail its request with the reason.

    Raises:
        OSError, OperationalError, InterfaceError: if a disk or the database cannot be used.
    """
    hold.begin(STEPS + 1)  # the last one is to deliver
    try:
        order = _begin(workshop, taken)
        if order is None:
            _wait(workshop, taken)
            return
        manifest = _write(workshop, order, hold)
    except JobLost:
        return
    except JobCancelled:
        _cancel(workshop, taken)
        return
    except CareCommonsError as error:
        _fail(workshop, taken, str(error))
        return
    except (OSError, OperationalError, InterfaceError):
        raise  # a disk or a server that may be there again later: the job is put back
    except Exception as error:
        # Only the kind: the text of an unforeseen error may quote a value.
        logger.error("job %s ended with %s", taken.id, type(error).__name__)
        _fail(workshop, taken, f"the preparation stopped unexpectedly ({type(error).__name__})")
        return
    _deliver(workshop, taken, order, manifest)


def give_up(workshop: Workshop, taken: TakenJob) -> None:
    """Fail a job that stopped its worker too many times."""
    reason = f"the preparation was interrupted {taken.attempt - 1} times"
    _fail(workshop, taken, reason, "dead")


def repeat(workshop: Workshop, taken: TakenJob, hold: Hold) -> None:
    """Make a delivered extract again, aside, and tell whether every file is the same.

    Raises:
        JobRefused: if the request has no extract, or it cannot be made again.
        JobLost, JobCancelled: if the job was lost or cancelled meanwhile.
    """
    hold.begin(STEPS)
    with workshop.database.reading() as session:
        request = get_request(session, WORKER, int(taken.payload["request"]))
        if State(request.state) is not State.ACTIVE or not request.extract:
            raise JobRefused("only a delivered extract is made again")
        order = order_of(session, request)
    folder = find_delivery(workshop.project_root, order.project, order.extract)
    delivered = ExtractManifest.from_json((folder / MANIFEST_FILE).read_bytes())
    # A renewal moved the last day; what was delivered says the one of then.
    order = replace(order, end_date=date.fromisoformat(delivered.expires_on))
    with tempfile.TemporaryDirectory(prefix="carecommons-repeat-") as aside:
        try:
            again = prepare(workshop, order, Path(aside), hold, delivered).extract.manifest
        except (JobLost, JobCancelled):
            raise
        except CareCommonsError as error:
            raise JobRefused(f"it cannot be made again: {error}") from None
    different = differing_files(delivered, again)
    verdict = "identical" if not different else f"differs in {', '.join(different[:5])}"
    said = f"{len(delivered.files)} files, {verdict}; cohort {again.cohort_sha256[:12]}"
    with workshop.database.writing() as session:
        job = holds(session, taken)
        if job is None:
            return
        request = get_request(session, WORKER, order.request_id)
        finish(job, "done", verdict)
        session.add(request_event(request, WORKER, "repeated", comment=said))
        tell(session, WORKER, request, (Told.PROJECT,), f"was made again: {verdict}")
        detail = {"files": len(delivered.files), "identical": not different}
        record(session, WORKER, AuditEvent("extract.repeated", "request", request.id, detail))


def differing_files(delivered: ExtractManifest, again: ExtractManifest) -> list[str]:
    """Names of the files that are not the same in both."""
    one, two = (
        {entry.path: entry.sha256 for entry in manifest.files} for manifest in (delivered, again)
    )
    names = (one.keys() | two.keys()) - NOT_REPEATED
    return sorted(name for name in names if one.get(name) != two.get(name))


def _begin(workshop: Workshop, taken: TakenJob) -> Order | None:
    with workshop.database.writing() as session:
        if holds(session, taken) is None:
            raise JobLost("the job was taken by another worker")
        request = get_request(session, WORKER, int(taken.payload["request"]))
        order = claimed_order(session, request, taken.payload)
        if not all_ready(request, workshop.today()):
            return None  # the sweep queues it again once everybody is ready
        transition(session, WORKER, request.id, "provision", request.version, workshop.surroundings)
        return order


def _wait(workshop: Workshop, taken: TakenJob) -> None:
    with workshop.database.writing() as session:
        job = holds(session, taken)
        if job is None:
            return
        finish(job, "done", "waits for training and signatures")
        request = get_request(session, WORKER, int(taken.payload["request"]))
        if State(request.state) is State.PROVISIONING:  # a worker before this one had begun
            around, why = workshop.surroundings, "somebody's training or signature has lapsed"
            transition(session, WORKER, request.id, "fail", request.version, around, why)


def _write(workshop: Workshop, order: Order, hold: Hold) -> ExtractManifest:
    try:
        return prepare(workshop, order, workshop.project_root, hold).extract.manifest
    except JobCancelled:
        # What an earlier attempt published is delivered: it lies in the project already.
        try:
            return _published_before(workshop, order)
        except JobRefused:
            raise JobCancelled("the job was cancelled") from None
    except ExtractAlreadyExists:
        # A worker was killed after publishing and before telling: what is there is the delivery,
        # if it is the delivery of this approval.
        return _published_before(workshop, order)


def _published_before(workshop: Workshop, order: Order) -> ExtractManifest:
    folder = find_delivery(workshop.project_root, order.project, order.extract)
    manifest = ExtractManifest.from_json((folder / MANIFEST_FILE).read_bytes())
    same = (
        manifest.release == order.release
        and manifest.cohort_sha256 == cohorts.load(order.expression).sha256
        and manifest.expires_on == order.end_date.isoformat()
        and manifest.purpose == order.purpose
        and manifest.window == (order.window.before, order.window.after)
    )
    if not same:
        raise JobRefused("another extract of this name exists already")
    return manifest


def _deliver(workshop: Workshop, taken: TakenJob, order: Order, manifest: ExtractManifest) -> None:
    rows = sum(entry.rows or 0 for entry in manifest.files if entry.path.endswith(".parquet"))
    folder = find_delivery(workshop.project_root, order.project, order.extract)
    frozen: dict[str, Any] = summary_of((folder / FROZEN_FILE).read_bytes())
    if (folder / CHANGES_FILE).is_file():
        frozen["changes"] = json.loads((folder / CHANGES_FILE).read_bytes())
    with workshop.database.writing() as session:
        job = holds(session, taken)
        if job is None:
            return
        request = get_request(session, WORKER, order.request_id)
        if not all_ready(request, workshop.today()):
            _take_back(workshop, order)
            finish(job, "failed", "lapsed")
            around, why = workshop.surroundings, "somebody's training or signature has lapsed"
            transition(session, WORKER, request.id, "fail", request.version, around, why)
            return
        transition(
            session,
            WORKER,
            request.id,
            "deliver",
            request.version,
            workshop.surroundings,
            outcome={"extract": order.extract, "rows": rows},
        )
        request.frozen = frozen
        finish(job, "done", "delivered")
        earlier = request.continues
        replaces = earlier is not None and request.earlier == "replace"
        open_ = {State.ACTIVE, State.SUSPENDED}
        if replaces and earlier is not None and State(earlier.state) in open_:
            around = workshop.surroundings
            transition(session, WORKER, earlier.id, "replace", earlier.version, around)


def _cancel(workshop: Workshop, taken: TakenJob) -> None:
    """Nothing of it was published; a steward can have it prepared again, or return the request."""
    _fail(workshop, taken, "an administrator stopped the preparation", "cancelled")


def _take_back(workshop: Workshop, order: Order) -> None:
    """Delete what was written while somebody's training or signature lapsed."""
    until = order.end_date.isoformat()
    close_extract(workshop.project_root, order.project, order.extract, Access.SUSPENDED, until)
    remove_extract(workshop.project_root, order.project, order.extract)


def _fail(workshop: Workshop, taken: TakenJob, reason: str, state: str = "failed") -> None:
    with workshop.database.writing() as session:
        job = holds(session, taken)
        if job is None:
            return
        finish(job, state, reason)
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
