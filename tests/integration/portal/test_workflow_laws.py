"""Laws of the request workflow, held against random people taking random steps."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import func, select

from app.audit import verify_chain
from app.db.models import AuditRow, DataRequest, Job, RequestEvent, ReviewDecision
from app.errors import AppError
from app.permissions import COMMAND_LINE, WORKER, Actor, Role
from app.services.accounts import actor_of, create_user
from app.services.lab import can_analyse, lab_of
from app.services.projects import add_member, get_project
from app.services.readiness import can_use
from app.services.requests import create_request, save
from app.services.transitions import offered, transition
from app.services.votes import shown_decisions, votes_of_round
from app.services.workflow import BY_NAME, FINAL, TRANSITIONS, State, Transition, Who, leaving
from tests.integration.portal.world import PASSWORD, World, make_world

STEWARDS = ("steward", "second", "third")
APPROVED_ONCE = frozenset(
    {State.APPROVED, State.PROVISIONING, State.ACTIVE, State.SUSPENDED, State.EXPIRED}
)


class Requests(RuleBasedStateMachine):
    """One request; members, stewards inside and outside the project, strangers, the worker."""

    world: ClassVar[World]
    people: ClassVar[dict[str, Actor]]

    @initialize(approvals=st.sampled_from([1, 2]))
    def begin(self, approvals: int) -> None:
        with self.world.database.writing() as session:
            requester = self.people["researcher"]
            request = create_request(session, requester, self.world.project_id, "t")
            request = save(session, requester, request.id, request.version, self.world.fields())
            self.request_id = request.id
        for member in ("researcher", "inside_steward"):
            self.world.bind(request.id, member)
        self.around = replace(self.world.surroundings, approvals=approvals)
        self.state = State.DRAFT
        self.version = self.world.read_request(request.id).version
        self.taken: list[str] = []
        self.said: dict[str, str] = {}

    @rule(
        who=st.sampled_from(
            [
                *("researcher", "steward", "second", "third", "inside_steward"),
                *("outsider", "student", "worker"),
            ]
        ),
        name=st.sampled_from([step.name for step in TRANSITIONS]),
        reason=st.sampled_from(["", "a reason"]),
        behind=st.sampled_from([0, 0, 0, 1]),
    )
    def attempt(self, who: str, name: str, reason: str, behind: int) -> None:
        actor = self.people[who]
        outcome = {"extract": "x", "rows": 1} if name == "deliver" else None
        try:
            with self.world.database.writing() as session:
                transition(
                    session,
                    actor,
                    self.request_id,
                    name,
                    self.version - behind,
                    self.around,
                    reason,
                    outcome,
                )
        except AppError:
            return  # the invariants show that nothing changed
        step = self.meant(who, name)
        assert self.state in step.sources
        assert behind == 0
        assert self.state not in FINAL
        assert who not in {"outsider", "student"}
        if step.who is Who.REVIEWER:
            assert who in STEWARDS
        if step.who is Who.WORKER:
            assert who == "worker"
        self.state, self.version = step.target, self.version + 1
        self.taken.append(step.name)

    def meant(self, who: str, name: str) -> Transition:
        """What a word amounts to, told without the code that decides it."""
        if name == "submit":
            self.said = {}
        if name not in {"approve", "reject"} or self.around.approvals == 1:
            return BY_NAME[name]
        assert who not in self.said
        others, self.said = list(self.said.values()), {**self.said, who: name}
        if not others:
            return BY_NAME["vote"]
        if others == [name]:
            return BY_NAME[name]
        self.said = {}
        return BY_NAME["disagree"]

    @rule()
    def take_a_step_that_is_offered(self) -> None:
        with self.world.database.reading() as session:
            request = session.get_one(DataRequest, self.request_id)
            options = [
                (who, step.name)
                for who in (*STEWARDS, "worker", "researcher")
                for step in offered(self.people[who], request)
                if step.name not in {"withdraw", "expire", "suspend", "return"}
            ]
        if options:
            who, name = options[len(self.taken) % len(options)]
            self.attempt(who, name, "a reason", 0)

    @invariant()
    def the_database_agrees(self) -> None:
        with self.world.database.reading() as session:
            request = session.get_one(DataRequest, self.request_id)
            assert (State(request.state), request.version) == (self.state, self.version)

    @invariant()
    def every_transition_has_one_audit_row_and_one_line_of_history(self) -> None:
        with self.world.database.reading() as session:
            mine = (AuditRow.object_kind == "request", AuditRow.object_id == str(self.request_id))
            rows = session.scalars(select(AuditRow.action).where(*mine).order_by(AuditRow.id))
            actions = [a.removeprefix("request.") for a in rows]
            events = session.scalars(
                select(RequestEvent.action)
                .where(RequestEvent.request_id == self.request_id)
                .order_by(RequestEvent.id)
            ).all()
        before = ["created", "edited", "document_given", "signed", "signed"]
        assert actions == [*before, *self.taken]
        assert list(events) == ["signed", "signed", *self.taken]

    @invariant()
    def nobody_of_the_project_has_decided(self) -> None:
        inside = {self.people["researcher"].user_id, self.people["inside_steward"].user_id}
        with self.world.database.reading() as session:
            query = select(ReviewDecision.reviewer_id).where(
                ReviewDecision.request_id == self.request_id
            )
            assert not inside & set(session.scalars(query))

    @invariant()
    def every_approval_has_queued_one_job(self) -> None:
        with self.world.database.reading() as session:
            count = session.scalar(
                select(func.count())
                .select_from(Job)
                .where(
                    Job.kind == "extract", Job.payload["request"].as_integer() == self.request_id
                )
            )
        assert count == self.taken.count("approve") + self.taken.count("retry")

    @invariant()
    def nothing_is_delivered_without_an_approval(self) -> None:
        if self.state in {State.ACTIVE, State.PROVISIONING, State.EXPIRED, State.REVOKED}:
            assert "approve" in self.taken

    @invariant()
    def as_many_stewards_as_asked_for_have_agreed(self) -> None:
        with self.world.database.reading() as session:
            request = session.get_one(DataRequest, self.request_id)
            if self.state not in APPROVED_ONCE:
                return
            votes = [one for one in request.decisions if one.round == request.review_round]
        approving = {one.reviewer_id for one in votes if one.decision == "approve"}
        assert len(approving) >= self.around.approvals
        assert not any(one.decision == "reject" for one in votes)

    @invariant()
    def no_steward_reads_the_vote_of_another_before_giving_their_own(self) -> None:
        if self.around.approvals == 1 or len(self.said) != 1 or self.state in FINAL:
            return
        (voter,) = self.said
        with self.world.database.reading() as session:
            request = session.get_one(DataRequest, self.request_id)
            newest = votes_of_round(request)[-1].id
            for who in self.people:
                shown = {one.id for one in shown_decisions(self.people[who], request)}
                if who != voter:
                    assert newest not in shown, who

    @invariant()
    def page_list_and_lab_give_one_answer(self) -> None:
        today = self.around.today
        with self.world.database.reading() as session:
            request = session.get_one(DataRequest, self.request_id)
            project = get_project(session, self.people["researcher"], self.world.project_id)
            for who in ("researcher", "inside_steward", "steward", "outsider"):
                lab = lab_of(session, self.people[who], project, today)
                offered_here = any(one.request_id == request.id for one in lab.extracts)
                allowed = can_use(self.people[who], request, today)
                assert allowed == (offered_here and can_analyse(self.people[who], project))
                assert not allowed or self.state is State.ACTIVE

    def teardown(self) -> None:
        with self.world.database.reading() as session:
            assert verify_chain(session).intact


def _prepare(folder: Path) -> None:
    world = make_world(folder, people=20, ill=12)
    with world.database.writing() as session:
        both = create_user(
            session,
            COMMAND_LINE,
            "both@example.org",
            "Bo Both",
            [Role.RESEARCHER, Role.STEWARD],
            PASSWORD,
        )
        add_member(session, world.actors["researcher"], world.project_id, "both@example.org")
        people: dict[str, Any] = {**world.actors, "inside_steward": actor_of(both)}
        people |= {
            name: actor_of(
                create_user(
                    session,
                    COMMAND_LINE,
                    f"{name}@example.org",
                    f"{name} steward",
                    [Role.STEWARD],
                    PASSWORD,
                )
            )
            for name in ("second", "third")
        }
    world = replace(world, actors=people)
    world.train("inside_steward")
    Requests.world, Requests.people = world, {**people, "worker": WORKER}


def test_random_steps_of_random_people_keep_the_laws(tmp_path: Path) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    _prepare(tmp_path)
    run_state_machine_as_test(
        Requests,
        settings=settings(
            max_examples=int(os.environ.get("CARECOMMONS_WORKFLOW_EXAMPLES", "10")),
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_every_state_can_be_left_or_is_final() -> None:
    for state in State:
        assert bool(leaving(state)) != (state in FINAL), state


def test_every_state_but_the_first_is_reached_by_some_transition() -> None:
    assert {step.target for step in TRANSITIONS} == set(State) - {State.DRAFT}


def test_no_transition_leaves_a_final_state() -> None:
    assert not any(step.sources & FINAL for step in TRANSITIONS)


def test_names_of_transitions_are_unique() -> None:
    assert len(BY_NAME) == len(TRANSITIONS)
