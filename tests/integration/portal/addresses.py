"""Every address of the portal, with an object in each: what walks over the portal walk over."""

from __future__ import annotations

import tempfile
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.db.models import (
    Assignment,
    Attempt,
    Base,
    CaseSet,
    CaseVersion,
    ClassMember,
    CohortVersion,
    DiscussionPost,
    Job,
    LtiAccount,
    LtiGrade,
    LtiLink,
    LtiPlatform,
    Mail,
    Notification,
    OutputFile,
    TeachingCase,
    TeachingClass,
    TrainingCertificate,
)
from app.permissions import COMMAND_LINE, Role
from app.services import cohort_drafts, cohort_sharing, output_decisions, outputs, tokens
from app.services import requests as request_service
from app.services.accounts import actor_of, create_user
from app.services.workflow import State
from cohorts.disclosure import DEFAULT_RULE
from cohorts.outputs.parcel import ParcelFile, write_parcel
from tests.integration.portal.published_case import add_attempt, add_case
from tests.integration.portal.world import PASSWORD, RELEASE, World, copy_world, make_world

MARK = "Zebrafinch"
"""A word in the title of everything that is somebody's own."""
SIGNS_IN_OR_OUT = {"security.logout", "security.login"}
METHODS = {"GET", "POST", "PUT", "DELETE"}
PLAIN: dict[str, object] = {
    "release": RELEASE,
    "name": RELEASE,
    "filename": "portal.css",
    "step": "submit",
    "number": 1,
    "kind": "bib",
    "key": "pyramid",
    "token": "opens-nothing",
    "secret": "opens-nothing",
    "datum": "d1",
}
"""Parts of addresses that name nobody's object."""
SOON = timedelta(days=30)
OF_THE_VISITOR = {"sign_in_session", "portal_user", "audit_event", "api_token"}
"""Tables in which a visit writes about the visitor and not about an object."""
SAFE = b"area,people\nnorth,120\nsouth,85\n"


@dataclass(frozen=True)
class Address:
    """One address and method; ``arguments`` are the parts that are filled in."""

    endpoint: str
    method: str
    path: str
    arguments: frozenset[str]

    @property
    def objects(self) -> frozenset[str]:
        """The arguments that name an object of somebody's."""
        return self.arguments - PLAIN.keys()

    @property
    def is_api(self) -> bool:
        """Whether programs ask it, with a token."""
        return self.endpoint.startswith("api.")


def addresses(app: Flask, objects: Mapping[str, object] | None = None) -> list[Address]:
    """Every address; an argument of which ``objects`` knows nothing is number 1."""
    known = PLAIN | dict(objects or {})
    adapter = app.url_map.bind("localhost")
    found = []
    for rule in app.url_map.iter_rules():
        arguments = {name: known.get(name, 1) for name in rule.arguments}
        if "steps" in rule.rule:
            arguments["name"] = "submit"
        path = adapter.build(rule.endpoint, arguments)
        for method in sorted((rule.methods or set()) & METHODS):
            found.append(Address(rule.endpoint, method, path, frozenset(rule.arguments)))
    return found


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """``(endpoint, method, address)`` of every page and form, with number 1 in each address."""
    return [
        (one.endpoint, one.method, one.path)
        for one in addresses(app)
        if one.method in ("GET", "POST")
    ]


def rows_of(world: World, but: Container[str] = OF_THE_VISITOR) -> dict[str, set[str]]:
    """Everything that the database holds, by table."""
    with world.database.reading() as session:
        return {
            table.name: {repr(row) for row in session.execute(select(table))}
            for table in Base.metadata.sorted_tables
            if table.name not in but
        }


@dataclass
class Furnished:
    """A world with an object of each kind, and which number of an address names it."""

    world: World
    objects: dict[str, object]
    secrets: dict[str, str]
    """A token of each person's, with all scopes that are theirs."""


_built: list[Furnished] = []


def furnished(root: Path) -> Furnished:
    """A copy, under ``root``, of the world that has everything; it is built once."""
    if not _built:
        folder = Path(tempfile.mkdtemp(prefix="carecommons-furnished-", dir=root.parent))
        world = make_world(folder, people=20, ill=12)
        _built.append(_furnish(world))
        world.database.close()
    one = _built[0]
    return Furnished(copy_world(one.world, root), dict(one.objects), dict(one.secrets))


def _furnish(world: World) -> Furnished:
    for local, role in (("colleague", Role.INSTRUCTOR), ("classmate", Role.STUDENT)):
        with world.database.writing() as session:
            user = create_user(
                session, COMMAND_LINE, f"{local}@example.org", local.title(), [role], PASSWORD
            )
            world.actors[local] = actor_of(user)
    objects: dict[str, object] = {
        "project_id": world.project_id,
        "cohort_id": world.cohort_id,
        "user_id": world.actors["researcher"].user_id,
        **_research(world),
        **_teaching(world),
        **_operation(world),
    }
    secrets = {}
    with world.database.writing() as session:
        for who, actor in world.actors.items():
            scopes = [scope.value for scope in tokens.scopes_open_to(actor)]
            if scopes:
                last = datetime.now(UTC).date() + SOON
                made = tokens.make_token(session, actor, f"{MARK} token", scopes, last)
                secrets[who] = made.secret
                if who == "researcher":
                    objects["token_id"] = made.row.id
    with world.client("researcher"):  # its session has number 1
        objects["session_id"] = 1
    return Furnished(world, objects, secrets)


def _research(world: World) -> dict[str, object]:
    researcher, steward = world.actors["researcher"], world.actors["steward"]
    objects: dict[str, object] = {"request_id": world.request_in(State.SUBMITTED)}
    folder = world.settings.project_root / "pressure"
    folder.mkdir(parents=True, exist_ok=True)
    sent = [ParcelFile("safe.csv", SAFE)]
    objects["parcel"] = write_parcel(folder, "request-1", f"{MARK} parcel", MARK * 3, sent).id
    with world.database.writing() as session:
        found = request_service.get_request(session, researcher, int(str(objects["request_id"])))
        found.title = f"{MARK} request"
        found.project.title = f"{MARK} project"
        request_service.comment(session, researcher, found.id, f"{MARK} comment")
        version = session.get_one(CohortVersion, world.cohort_version_id)
        version.cohort.name = f"{MARK} cohort"
        draft = cohort_drafts.open_draft(session, researcher, world.cohort_id)
        draft.name = f"{MARK} draft"
        objects["draft_id"] = draft.id
        asked = outputs.submit(
            session, researcher, world.project_id, f"{MARK} result", MARK * 3, sent, DEFAULT_RULE
        )
        output_decisions.decide(session, steward, asked.id, asked.version, "approve", "")
        objects["output_id"] = asked.id
        objects["file_id"] = session.scalars(
            select(OutputFile.id).where(OutputFile.request_id == asked.id)
        ).one()
        certificate = session.scalars(
            select(TrainingCertificate).where(TrainingCertificate.user_id == researcher.user_id)
        ).one()
        certificate.issuer = f"{MARK} university"
        objects["certificate_id"] = certificate.id
        objects["share_id"] = _share_within_the_project(session, world)
    return objects


def _share_within_the_project(session: Any, world: World) -> int:
    """A version that another project of the researcher's may read, and no other."""
    from app.services.projects import create_project

    researcher = world.actors["researcher"]
    other = create_project(session, researcher, "second", f"{MARK} second project")
    shared = cohort_sharing.share(session, researcher, world.cohort_id, 1, other.code, MARK)
    return shared.id


def _teaching(world: World) -> dict[str, object]:
    """A published case that is nobody's own; a draft, a class and an attempt that are."""
    published = add_case(world)
    author, student = world.actors["instructor"].user_id, world.actors["student"].user_id
    assert author is not None
    assert student is not None
    attempt_id = add_attempt(world, published, finished=True)
    with world.database.writing() as session:
        version = session.scalars(select(CaseVersion)).one()
        source = session.get_one(TeachingCase, published)
        draft = TeachingCase(
            release=source.release, title=f"{MARK} case", document=source.document,
            lesson=source.lesson, summary=source.summary, author_id=author,
        )  # fmt: skip
        hidden = CaseSet(title=f"{MARK} set", visible=False, created_by=author)
        taught = TeachingClass(title=f"{MARK} class", created_by=author)
        taught.members.append(ClassMember(user_id=author, teaches=True))
        taught.members.append(ClassMember(user_id=student))
        session.add_all((draft, hidden, taught))
        session.flush()
        given = Assignment(
            class_id=taught.id, set_id=hidden.id, title=f"{MARK} homework", mode="learn",
            opens_at=datetime.now(UTC) - SOON, created_by=author,
        )  # fmt: skip
        post = DiscussionPost(version_id=version.id, author_id=student, text=f"{MARK} question")
        session.add_all((given, post))
        session.flush()
        session.get_one(Attempt, attempt_id).assignment_id = given.id
        return {
            "attempt_id": attempt_id,
            "case_id": draft.id,
            "set_id": hidden.id,
            "class_id": taught.id,
            "assignment_id": given.id,
            "version_id": version.id,
            "post_id": post.id,
        }


def _operation(world: World) -> dict[str, object]:
    """What only an administrator sees; and a notice, which no address names."""
    student, researcher = world.actors["student"].user_id, world.actors["researcher"].user_id
    assert student is not None
    assert researcher is not None
    with world.database.writing() as session:
        attempt = session.scalars(select(Attempt)).first()
        version = session.scalars(select(CaseVersion)).one()
        assert attempt is not None
        platform = LtiPlatform(
            title=f"{MARK} platform", issuer="https://learn.example.org", client_id="portal",
            login_url="https://learn.example.org/login",
            token_url="https://learn.example.org/token",
            keys_url="https://learn.example.org/keys", deployments={"ids": ["1"]},
        )  # fmt: skip
        session.add(platform)
        session.flush()
        account = LtiAccount(platform_id=platform.id, subject="7", user_id=student)
        session.add(account)
        session.flush()
        link = LtiLink(account_id=account.id, resource_link="r", case_id=version.case_id)
        session.add(link)
        session.flush()
        grade = LtiGrade(link_id=link.id, attempt_id=attempt.id, score=0.5, state="given up")
        job = Job(kind="extract", payload={"request": 1}, state="failed", outcome=f"{MARK} outcome")
        mail = Mail(user_id=researcher, subject=f"{MARK} mail", text=MARK, state="given up")
        notice = Notification(user_id=researcher, text=f"{MARK} notice", link="/requests/1")
        session.add_all((grade, job, mail, notice))
        session.flush()
        return {
            "platform_id": platform.id,
            "grade_id": grade.id,
            "job_id": job.id,
            "mail_id": mail.id,
        }
