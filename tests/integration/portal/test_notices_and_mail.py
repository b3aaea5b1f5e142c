"""Notices: told in the page, sent by mail as each person chose, tried again until they arrive."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from app.db.models import AuditRow, Mail, MailChoice, Notification, User
from app.db.types import utc_now
from app.mail import MailFailed
from app.portal.translation import LANGUAGE_COOKIE
from app.services import mails, notices
from app.services.workflow import BY_NAME, State, Told
from app.worker.loop import run_once
from tests.integration.portal.world import World, post, sign_in, workshop_of


@dataclass
class Postman:
    """Takes messages, or fails as it is told to."""

    failure: MailFailed | None = None
    taken: list[tuple[str, str, str]] = field(default_factory=list)

    def __call__(self, address: str, subject: str, text: str) -> None:
        if self.failure is not None:
            raise self.failure
        self.taken.append((address, subject, text))


def tell(world: World, *texts: str, kind: str = notices.REQUESTS, link: str = "") -> None:
    with world.database.writing() as session:
        for text in texts:
            notices.notify(session, [_id(world)], kind, text, link)


def send(world: World, postman: Postman) -> int:
    mails.collect(world.database, "https://cases.place.org")
    return mails.send_due(world.database, postman)


def choose(world: World, how: str, kinds: list[str] | None = None) -> None:
    with world.database.writing() as session:
        notices.choose(session, world.actors["researcher"], how, kinds or list(notices.KINDS), "en")


def _id(world: World) -> int:
    user_id = world.actors["researcher"].user_id
    assert user_id is not None
    return user_id


def test_a_notice_becomes_one_message_that_says_what_changed_and_where(world: World) -> None:
    tell(world, "Request 3, Blood pressure, was approved.", link="/requests/3")
    postman = Postman()
    assert [send(world, postman), send(world, postman)] == [1, 0]
    ((address, _, text),) = postman.taken
    assert address == "researcher@example.org"
    assert "Request 3, Blood pressure, was approved." in text
    assert "https://cases.place.org/requests/3" in text


def test_the_worker_sends_what_a_change_of_a_request_told(world: World) -> None:
    world.request_in(State.SUBMITTED)
    postman = Postman()
    run_once(replace(workshop_of(world), send=postman))
    assert {address for address, _, _ in postman.taken} == {"steward@example.org"}


def test_every_step_of_a_request_but_its_beginning_tells_somebody() -> None:
    silent = {name for name, step in BY_NAME.items() if not step.told}
    assert silent <= {"provision"}
    assert all(Told.PROJECT in step.told for name, step in BY_NAME.items() if name == "deliver")


def test_never_and_muted_kinds_send_nothing_and_stay_in_the_page(world: World) -> None:
    postman = Postman()
    choose(world, notices.NEVER)
    tell(world, "one")
    send(world, postman)
    choose(world, notices.EACH, [notices.OUTPUTS])
    tell(world, "two")
    tell(world, "three", kind=notices.OUTPUTS)
    send(world, postman)
    assert ["three" in text for _, _, text in postman.taken] == [True]
    page = world.client("researcher").get("/notices/").get_data(as_text=True)
    assert all(text in page for text in ("one", "two", "three"))


def test_once_a_day_all_news_come_together(world: World) -> None:
    postman = Postman()
    choose(world, notices.DAILY)
    tell(world, "one", "two")
    send(world, postman)
    tell(world, "three")
    send(world, postman)
    assert len(postman.taken) == 1
    assert "one" in postman.taken[0][2]
    assert "two" in postman.taken[0][2]
    with world.database.writing() as session:
        session.execute(update(MailChoice).values(digest_at=utc_now() - timedelta(days=2)))
    send(world, postman)
    assert ["three" in text for _, _, text in postman.taken] == [False, True]


def test_what_was_read_before_the_daily_message_is_not_in_it(world: World) -> None:
    postman = Postman()
    choose(world, notices.DAILY)
    tell(world, "one")
    send(world, postman)  # the first one goes out at once
    tell(world, "two")
    send(world, postman)
    with world.database.writing() as session:
        notices.mark_read(session, world.actors["researcher"])
        session.execute(update(MailChoice).values(digest_at=utc_now() - timedelta(days=2)))
    send(world, postman)
    assert len(postman.taken) == 1


def test_a_message_that_failed_is_tried_later_and_then_arrives(world: World) -> None:
    tell(world, "one")
    postman = Postman(MailFailed("the mail server was not reached"))
    assert [send(world, postman), send(world, postman)] == [1, 0]
    with world.database.writing() as session:
        assert session.scalars(select(Mail.state)).all() == ["waiting"]
        session.execute(update(Mail).values(next_try_at=utc_now()))
    postman.failure = None
    assert send(world, postman) == 1
    with world.database.reading() as session:
        assert session.scalars(select(Mail.state)).all() == ["sent"]


def test_a_message_is_given_up_when_refused_for_good_or_after_days(world: World) -> None:
    tell(world, "one")
    send(world, Postman(MailFailed("the mail server refused it (550)", permanent=True)))
    tell(world, "two")
    with world.database.writing() as session:
        mails._make(session, session.scalars(select(Notification)).all()[-1], "")
        session.execute(
            update(Mail)
            .where(Mail.state == "waiting")
            .values(created_at=utc_now() - timedelta(days=4))
        )
    send(world, Postman(MailFailed("the mail server was not reached")))
    with world.database.reading() as session:
        assert session.scalars(select(Mail.state)).all() == ["given up", "given up"]


def test_an_administrator_sees_why_it_failed_and_sends_it_again(world: World) -> None:
    tell(world, "Something secret happened.")
    send(world, Postman(MailFailed("the mail server refused it (550)", permanent=True)))
    client = world.client("administrator")
    page = client.get("/mails/").get_data(as_text=True)
    assert "refused it (550)" in page
    assert "Something secret" not in page
    post(client, "/mails/1/again", "/mails/")
    postman = Postman()
    assert send(world, postman) == 1
    with world.database.reading() as session:
        actions = session.scalars(select(AuditRow.action).order_by(AuditRow.id)).all()
    assert actions[-1] == "mail.requeued"


def test_mail_is_for_administrators_only(world: World) -> None:
    for role in ("researcher", "steward", "student", "instructor"):
        assert world.client(role).get("/mails/").status_code == 403


def test_nothing_is_sent_to_a_closed_account_or_to_a_learning_platforms_learner(
    world: World,
) -> None:
    postman = Postman()
    tell(world, "one")
    with world.database.writing() as session:
        session.execute(update(User).where(User.id == _id(world)).values(active=False))
    send(world, postman)
    with world.database.writing() as session:
        session.execute(
            update(User).where(User.id == _id(world)).values(active=True, email="x@learner.invalid")
        )
    tell(world, "two")
    send(world, postman)
    assert postman.taken == []


def test_what_is_unread_is_counted_on_every_page_and_can_be_read_one_by_one(world: World) -> None:
    tell(world, "one", "two")
    client = world.client("researcher")
    assert '2<span class="visually-hidden"> unread' in client.get("/").get_data(as_text=True)
    with world.database.reading() as session:
        first = session.scalars(select(Notification.id)).first()
    post(client, "/notices/read", "/notices/", notice=first)
    assert '1<span class="visually-hidden"> unread' in client.get("/").get_data(as_text=True)
    post(client, "/notices/read", "/notices/")
    assert 'visually-hidden"> unread' not in client.get("/").get_data(as_text=True)


def test_nobody_marks_the_notice_of_somebody_else(world: World) -> None:
    tell(world, "one")
    client = world.client("outsider")
    token = client.get("/notices/choice").get_data(as_text=True).split('csrf_token" value="')[1]
    answer = client.post("/notices/read", data={"csrf_token": token.split('"')[0], "notice": 1})
    assert answer.status_code == 404
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).where(Notification.read_at.is_(None))) == 1


def test_the_choice_is_kept_and_shown_again(world: World) -> None:
    client = world.client("researcher")
    given = {"how": "daily", "kind": ["requests", "teaching"], "language": "zh"}
    post(client, "/notices/choice", "/notices/choice", **given)
    page = client.get("/notices/choice").get_data(as_text=True)
    assert 'value="daily" checked' in page
    assert 'value="outputs" checked' not in page
    post(client, "/notices/choice", "/notices/choice", how="hourly", language="zh")
    with world.database.reading() as session:
        assert notices.choice_of(session, _id(world)).how == notices.DAILY


@pytest.mark.parametrize("link", ["//evil.org/x", "https://evil.org", "javascript:alert(1)"])
def test_a_notice_links_to_pages_of_the_portal_only(link: str) -> None:
    assert notices.link_of(Notification(link=link, request_id=None)) == ""


def test_mail_speaks_the_language_in_which_its_receiver_reads(world: World) -> None:
    client, postman = world.client("researcher"), Postman()
    post(client, "/preferences", "/notices/choice", language="zh")
    tell(
        world,
        "Request 3, Blood pressure, ends on 2026-12-05 (reminder 14 days before): "
        "ask for a renewal if you need the data longer.",
    )
    send(world, postman)
    ((_, subject, text),) = postman.taken
    assert subject == "Care Commons：您有新通知"
    assert text.startswith("Researcher Example，您好：")
    assert "申请3“Blood pressure”将于2026年12月5日到期" in text
    # What is chosen on the page of notices counts from then on.
    post(client, "/notices/choice", "/notices/choice", how="each", kind="requests", language="en")
    tell(world, "Request 3, Blood pressure, stays open until 2026-12-05 as it is.")
    send(world, postman)
    assert postman.taken[1][1] == "Care Commons: news for you"
    assert "您" not in postman.taken[1][2]


def test_the_first_sign_in_tells_the_language_of_mail(world: World) -> None:
    client = world.client()
    client.set_cookie(LANGUAGE_COOKIE, "zh")
    sign_in(client, "researcher@example.org")
    sign_in(world.client(), "researcher@example.org")
    with world.database.reading() as session:
        assert notices.choice_of(session, _id(world)).language == "zh"
