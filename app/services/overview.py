"""What waits for a person: the content of their first page."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.models import Notification, TeachingCase
from app.db.types import utc_now
from app.permissions import Actor, Permission, can
from app.services.cases import REVIEW, library, read_ids
from app.services.my_work import my_returns, my_work
from app.services.output_decisions import output_queue
from app.services.projects import list_projects
from app.services.requests import list_requests, review_queue
from app.services.training import trained_until, waiting_certificates
from app.services.workflow import State

NOTICES = 8
_REQUESTS = (
    (State.RETURNED, "returned to you", "Answer"),
    (State.ACTIVE, "delivered and ready to be analysed", "Open"),
    (State.DRAFT, "not submitted yet", "Go on"),
)


@dataclass(frozen=True)
class Task:
    """One thing that waits: how many, what, and the endpoint where it is done."""

    count: int
    text: str
    endpoint: str
    label: str


def tasks_for(session: Session, actor: Actor) -> list[Task]:
    """What waits for the actor, most pressing first."""
    tasks: list[Task] = []
    if can(actor, Permission.REVIEW_REQUESTS):
        waiting = len(review_queue(session, actor))
        if waiting:
            tasks.append(Task(waiting, "waiting for a decision", "review.queue", "Review"))
        given = len(waiting_certificates(session, actor))
        if given:
            text = "certificates of training to verify"
            tasks.append(Task(given, text, "training.review", "Verify"))
    if can(actor, Permission.CHECK_OUTPUTS):
        results = len(output_queue(session, actor))
        if results:
            tasks.append(
                Task(results, "results to check before they leave", "outputs.index", "Check")
            )
    if can(actor, Permission.REQUEST_DATA):
        tasks += _researcher_tasks(session, actor)
    if can(actor, Permission.REVIEW_CASES):
        mine = TeachingCase.author_id == actor.user_id
        query = select(func.count()).where(TeachingCase.state == REVIEW, ~mine)
        count = session.scalar(query) or 0
        if count:
            tasks.append(Task(count, "to review before publication", "teaching.index", "Review"))
    if can(actor, Permission.READ_CASES):
        tasks += _student_tasks(session, actor)
        unread = {case.id for case in library(session, actor)} - read_ids(session, actor)
        if unread:
            tasks.append(Task(len(unread), "not read yet", "cases.library", "Read cases"))
    return tasks


def _student_tasks(session: Session, actor: Actor) -> list[Task]:
    now = utc_now()
    work = [
        one
        for one in my_work(session, actor, now)
        if not one.over and one.assignment.opens_at <= now
    ]
    left = sum(one.left for one in work)
    back = sum(one.due for one in my_returns(session, actor, now))
    tasks = []
    if left:
        tasks.append(Task(left, "assigned to you and not done yet", "my_work.index", "My work"))
    if back:
        tasks.append(Task(back, "to answer once more, from memory", "my_work.index", "My work"))
    return tasks


def _researcher_tasks(session: Session, actor: Actor) -> list[Task]:
    if not list_projects(session, actor):
        return [Task(0, "Begin with a project", "projects.index", "Make a project")]
    untrained = _asks_for_training(session, actor)
    states = [State(request.state) for request in list_requests(session, actor)]
    tasks = [untrained] if untrained else []
    for state, text, label in _REQUESTS:
        if state in states:
            tasks.append(Task(states.count(state), text, "requests.index", label))
    return tasks


def _asks_for_training(session: Session, actor: Actor) -> Task | None:
    assert actor.user_id is not None
    if trained_until(session, actor.user_id, utc_now().date(), verified=False):
        return None
    text = "Without a certificate of training nobody reaches data"
    return Task(0, text, "training.index", "Give a certificate")


def notices_for(session: Session, actor: Actor) -> list[Notification]:
    """The actor's newest notices."""
    query = (
        select(Notification)
        .where(Notification.user_id == actor.user_id)
        .order_by(Notification.id.desc())
        .limit(NOTICES)
    )
    return list(session.scalars(query))
