"""Results leave a workspace only when somebody outside the project has let them."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from app.audit import verify_chain
from app.db.models import AuditRow, Notification, OutputFile, OutputRequest, ProjectMember
from app.errors import BadInput, NotFound, PermissionDenied, TransitionRefused
from app.permissions import COMMAND_LINE, Role
from app.portal import signed_links
from app.services import outbox, output_decisions
from app.services import outputs as service
from app.services.accounts import actor_of, create_user
from app.services.lab import open_lab
from app.services.workflow import State
from cohorts.disclosure import DEFAULT_RULE
from cohorts.errors import OutputRefused
from cohorts.outputs.parcel import OUTBOX, ParcelFile, write_parcel
from tests.integration.portal.world import PASSWORD, World, post, take_file
from tests.unit.cohorts.outputs.pictures import png

SAFE = b"area,people\nnorth,120\nsouth,85\n"
SMALL = b"area,people\nnorth,120\nsouth,4\n"
NOTE = "Table 1 of the paper on follow-up, for the journal."


def asked(world: World, *files: tuple[str, bytes], who: str = "researcher") -> int:
    """Id of a request for these files."""
    sent = [ParcelFile(name, content) for name, content in files or (("safe.csv", SAFE),)]
    with world.database.writing() as session:
        return service.submit(
            session, world.actors[who], world.project_id, "Table 1", NOTE, sent, DEFAULT_RULE
        ).id


def decided(
    world: World,
    output_id: int,
    decision: str,
    reason: str = "",
    who: str = "steward",
    held_back: tuple[int, ...] = (),
    approvals: int = 1,
) -> None:
    with world.database.writing() as session:
        version = session.get_one(OutputRequest, output_id).version
        output_decisions.decide(
            session, world.actors[who], output_id, version, decision, reason, approvals, held_back
        )


def first_file(world: World, output_id: int) -> int:
    with world.database.reading() as session:
        query = select(OutputFile.id).where(OutputFile.request_id == output_id)
        return session.scalars(query.order_by(OutputFile.id)).first() or 0


def lay_parcel(world: World, *files: tuple[str, bytes]) -> str:
    folder = world.settings.project_root / "pressure"
    folder.mkdir(parents=True, exist_ok=True)
    sent = [ParcelFile(name, content) for name, content in files or (("safe.csv", SAFE),)]
    return write_parcel(folder, "request-1", "Table 1", NOTE, sent).id


def test_a_link_to_a_file_is_of_one_person_and_one_file_and_ends(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = asked(world)
    decided(world, output, "approve")
    researcher, outsider = world.client("researcher"), world.client("outsider")
    shown, file = f"/outputs/{output}", first_file(world, output)
    link = take_file(researcher, shown, f"{shown}/files/{file}").request.full_path
    ticket = link.partition("?")[2]
    other = [
        outsider.get(link),
        researcher.get(f"{shown}/files/{file}"),
        researcher.get(f"{shown}/files/{file + 1}?{ticket}"),
        researcher.get(f"{link}x"),
    ]
    assert [answer.headers.get("Location") for answer in other] == [shown] * 4
    assert researcher.get(link).status_code == 200
    monkeypatch.setattr(signed_links, "LINK_LIFE", timedelta(seconds=-1))
    assert researcher.get(link).headers["Location"] == shown


def test_from_the_outbox_to_the_requesters_hands(world: World) -> None:
    parcel = lay_parcel(world, ("表 1.csv", SAFE), ("figure.png", png()))
    researcher, steward = world.client("researcher"), world.client("steward")
    address = f"/outputs/parcels/{world.project_id}/{parcel}"
    for page in ("/outputs/", f"/projects/{world.project_id}"):
        assert f'href="{address}">Table 1</a>' in researcher.get(page).get_data(as_text=True)
    assert "Nothing was found" in researcher.get(address).get_data(as_text=True)
    sent = post(researcher, address, address, title="Table 1", note=NOTE, then="send")
    shown = sent.headers["Location"]
    page = researcher.get(shown).get_data(as_text=True)
    assert "Take 表 1.csv" not in page
    file = int(re.findall(r"[0-9a-f]{64}", page) and first_file(world, 1))
    assert researcher.get(f"{shown}/files/{file}").headers["Location"] == shown
    assert researcher.get(f"{shown}/files/{file + 1}/picture").status_code == 403

    seen = steward.get(shown).get_data(as_text=True)
    assert "<td>120</td>" in seen
    picture = steward.get(f"{shown}/files/{file + 1}/picture")
    assert picture.data == png()
    assert "sandbox" in picture.headers["Content-Security-Policy"]
    assert steward.get(f"{shown}/files/{file}").status_code == 403
    post(steward, f"{shown}/decision", shown, decision="approve", reason="")

    taken = take_file(researcher, shown, f"{shown}/files/{file}")
    assert taken.data == SAFE
    assert taken.headers["Content-Disposition"].encode("latin-1").startswith(b"attachment")
    assert taken.headers["Cache-Control"] == "no-store"
    assert address not in researcher.get("/outputs/").get_data(as_text=True)
    with world.database.reading() as session:
        changes = select(AuditRow).where(
            AuditRow.object_kind == "output", AuditRow.action != "output.viewed"
        )
        rows = session.scalars(changes).all()
        assert [row.action for row in rows] == [
            "output.submitted", "output.approved", "output.taken"
        ]  # fmt: skip
        hashes = {file.name: file.sha256 for file in session.scalars(select(OutputFile))}
        assert rows[1].detail["files"] == hashes
        assert verify_chain(session).intact
        told = session.scalars(select(Notification.text)).all()
        assert any("may leave" in line for line in told)


def test_a_steward_sees_a_small_cell_marked_and_needs_a_reason_against_the_check(
    world: World,
) -> None:
    output = asked(world, ("small.csv", SMALL))
    seen = world.client("steward").get(f"/outputs/{output}").get_data(as_text=True)
    assert re.search(r'<td class="mark-fail">4<', seen)
    assert "threshold" in seen
    with pytest.raises(BadInput, match="Say why"):
        decided(world, output, "approve")
    decided(world, output, "approve", "The four are health centres and not people.")


def test_the_project_reads_findings_and_never_the_table(world: World) -> None:
    output = asked(world, ("small.csv", SMALL))
    seen = world.client("researcher").get(f"/outputs/{output}").get_data(as_text=True)
    assert "threshold" in seen
    assert "north" not in seen


def test_a_rejection_needs_a_reason_and_lets_nothing_leave(world: World) -> None:
    output = asked(world)
    with pytest.raises(BadInput, match="reason"):
        decided(world, output, "reject")
    decided(world, output, "reject", "Please join the areas.")
    with world.database.writing() as session, pytest.raises(PermissionDenied):
        service.take(session, world.actors["researcher"], output, first_file(world, output))
    page = world.client("researcher").get(f"/outputs/{output}").get_data(as_text=True)
    assert "Please join the areas." in page


def test_nobody_decides_on_results_of_their_own(world: World) -> None:
    """Nor a steward who joined the project afterwards, nor somebody who is no steward."""
    output = asked(world)
    for who in ("researcher", "outsider", "instructor", "administrator"):
        with pytest.raises((PermissionDenied, NotFound)):
            decided(world, output, "approve", "mine", who)
    steward = world.actors["steward"]
    with world.database.writing() as session:
        session.add(ProjectMember(project_id=world.project_id, user_id=steward.user_id))
    with pytest.raises(PermissionDenied):
        decided(world, output, "approve", "ours")
    with world.database.reading() as session, pytest.raises(PermissionDenied):
        output_decisions.view_files(steward, session.get_one(OutputRequest, output))


def test_only_who_asked_takes_the_files(world: World) -> None:
    output = asked(world)
    decided(world, output, "approve")
    with world.database.writing() as session:
        outsider = world.actors["outsider"]
        session.add(ProjectMember(project_id=world.project_id, user_id=outsider.user_id))
    for who, error in (("outsider", PermissionDenied), ("steward", PermissionDenied)):
        with world.database.writing() as session, pytest.raises(error):
            service.take(session, world.actors[who], output, first_file(world, output))
    other = world.client("student")
    assert other.get(f"/outputs/{output}/files/1").status_code == 403


def test_where_two_have_to_agree_one_does_not_suffice_and_neither_sees_the_other(
    world: World,
) -> None:
    world.settings = replace(world.settings, output_approvals=2)
    with world.database.writing() as session:
        create_user(
            session, COMMAND_LINE, "second@example.org", "Second Steward", [Role.STEWARD], PASSWORD
        )
    output = asked(world)
    address = f"/outputs/{output}"
    first, second = world.client("steward"), world.client("second")
    post(first, f"{address}/decision", address, decision="approve", reason="Nothing small in it.")
    post(first, f"{address}/decision", address, decision="approve", reason="Again.", version="1")
    with world.database.writing() as session, pytest.raises(PermissionDenied):
        service.take(session, world.actors["researcher"], output, first_file(world, output))
    assert "Nothing small in it." not in second.get(address).get_data(as_text=True)
    post(second, f"{address}/decision", address, decision="approve", reason="")
    with world.database.writing() as session:
        service.take(session, world.actors["researcher"], output, first_file(world, output))
        query = select(AuditRow.action).where(
            AuditRow.object_kind == "output", AuditRow.action != "output.viewed"
        )
        assert session.scalars(query.order_by(AuditRow.id)).all() == [
            "output.submitted", "output.agreed", "output.approved", "output.taken"
        ]  # fmt: skip


def test_a_file_is_held_back_while_others_leave(world: World) -> None:
    output = asked(world, ("safe.csv", SAFE), ("small.csv", SMALL))
    steward, address = world.client("steward"), f"/outputs/{output}"
    first = first_file(world, output)
    assert f'name="hold" value="{first + 1}"' in steward.get(address).get_data(as_text=True)
    with pytest.raises(BadInput, match="Give a reason"):
        decided(world, output, "approve", held_back=(first + 1,))
    with pytest.raises(BadInput, match="every file"):
        decided(world, output, "approve", "no", held_back=(first, first + 1))
    with pytest.raises(NotFound):
        decided(world, output, "approve", "no", held_back=(first + 2,))
    post(steward, f"{address}/decision", address, decision="approve", hold=[str(first + 1)],
         reason="Four people in the south.")  # fmt: skip
    researcher = world.client("researcher")
    page = researcher.get(address).get_data(as_text=True)
    assert page.count("This file is held back.") == 1
    assert "Four people in the south." in page
    assert "Take safe.csv" in page
    assert "Take small.csv" not in page
    with world.database.writing() as session:
        me = world.actors["researcher"]
        service.take(session, me, output, first)
        with pytest.raises(PermissionDenied, match="held back"):
            service.take(session, me, output, first + 1)
        row = session.scalars(select(AuditRow).where(AuditRow.action == "output.approved")).one()
        assert (list(row.detail["files"]), row.detail["held_back"]) == (["safe.csv"], ["small.csv"])


def test_where_two_stewards_hold_back_everything_between_them_nothing_leaves(
    world: World,
) -> None:
    with world.database.writing() as session:
        second = create_user(
            session, COMMAND_LINE, "second@example.org", "Second Steward", [Role.STEWARD], PASSWORD
        )
        world.actors["second"] = actor_of(second)
    output = asked(world, ("safe.csv", SAFE), ("small.csv", SMALL))
    first = first_file(world, output)
    for who, file in (("steward", first), ("second", first + 1)):
        decided(world, output, "approve", "not this one", who, (file,), approvals=2)
    with world.database.reading() as session:
        assert session.get_one(OutputRequest, output).state == "rejected"


def test_another_project_sees_neither_request_nor_parcel(world: World) -> None:
    output, parcel = asked(world), lay_parcel(world)
    client = world.client("outsider")
    assert client.get(f"/outputs/{output}").status_code == 404
    assert client.get(f"/outputs/parcels/{world.project_id}/{parcel}").status_code == 404
    assert parcel not in client.get("/outputs/").get_data(as_text=True)


def test_what_was_decided_is_not_decided_again(world: World) -> None:
    output = asked(world)
    with world.database.reading() as session:
        version = session.get_one(OutputRequest, output).version
    decided(world, output, "approve")
    with world.database.writing() as session, pytest.raises(TransitionRefused):
        output_decisions.decide(
            session, world.actors["steward"], output, version, "reject", "twice"
        )


def test_a_parcel_is_sent_on_once(world: World) -> None:
    parcel, root = lay_parcel(world), world.settings.project_root
    arguments = (
        world.actors["researcher"],
        world.project_id,
        parcel,
        "T",
        NOTE,
        root,
        DEFAULT_RULE,
    )
    with world.database.writing() as session:
        outbox.submit_parcel(session, *arguments)
    with world.database.writing() as session, pytest.raises(TransitionRefused, match="already"):
        outbox.submit_parcel(session, *arguments)


def test_a_withdrawn_request_can_no_longer_be_approved(world: World) -> None:
    output = asked(world)
    with world.database.writing() as session:
        service.withdraw(session, world.actors["researcher"], output, 1)
    with pytest.raises(TransitionRefused):
        decided(world, output, "approve")


def test_kept_files_cannot_be_changed_and_a_changed_one_is_not_given_out(world: World) -> None:
    output = asked(world)
    decided(world, output, "approve")
    change = text("UPDATE output_file SET content = x'00'")
    with pytest.raises(DatabaseError, match="append-only"), world.database.writing() as session:
        session.execute(change)
    with world.database.writing() as session:
        session.execute(text("DROP TRIGGER output_file_no_update"))
        session.execute(change)
    with world.database.writing() as session, pytest.raises(OutputRefused, match="not the file"):
        service.take(session, world.actors["researcher"], output, first_file(world, output))


def test_a_link_in_the_outbox_is_not_followed(world: World) -> None:
    parcel = lay_parcel(world)
    folder = world.settings.project_root / "pressure" / OUTBOX / parcel
    secret = world.settings.secret_file
    (folder / "files" / "safe.csv").unlink()
    (folder / "files" / "safe.csv").symlink_to(secret)
    page = world.client("researcher").get(f"/outputs/parcels/{world.project_id}/{parcel}")
    assert page.status_code == 400
    assert secret.read_text() not in page.get_data(as_text=True)


def test_a_table_close_to_one_that_left_is_pointed_out(world: World) -> None:
    decided(world, asked(world), "approve")
    output = asked(world, ("again.csv", b"area,people\nnorth,123\nsouth,85\n"))
    seen = world.client("steward").get(f"/outputs/{output}").get_data(as_text=True)
    assert "similar" in seen
    assert "safe.csv of results 1" in seen


def test_an_upload_is_checked_like_a_parcel_and_keeps_what_was_typed(world: World) -> None:
    client = world.client("researcher")
    page = client.get("/outputs/new").get_data(as_text=True)
    token = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]

    def send(name: str, content: bytes) -> tuple[int, str]:
        data = {
            "csrf_token": token, "project": world.project_id, "title": "A figure & more",
            "note": NOTE, "files": (io.BytesIO(content), name),
        }  # fmt: skip
        answer = client.post("/outputs/new", data=data, content_type="multipart/form-data")
        return answer.status_code, answer.get_data(as_text=True)

    status, body = send("figure.svg", b"<svg/>")
    assert status == 400
    assert "save the figure as PNG" in body
    assert "A figure &amp; more" in body
    assert send("safe.csv", SAFE)[0] == 302


def test_the_project_page_shows_the_command_once_there_is_something_to_analyse(
    world: World,
) -> None:
    address = f"/projects/{world.project_id}"
    before = world.client("researcher").get(address).get_data(as_text=True)
    assert "carecommons lab" not in before
    request_id = world.request_in(State.APPROVED)
    with world.database.writing() as session:
        session.execute(
            text("UPDATE data_request SET state = 'active', extract = 'request-1' WHERE id = :id"),
            {"id": request_id},
        )
    page = world.client("researcher").get(address).get_data(as_text=True)
    assert "carecommons lab --project pressure" in page
    assert "carecommons lab" not in world.client("steward").get(address).get_data(as_text=True)
    assert world.client("outsider").get(address).status_code == 404
    today = datetime.now(UTC).date()
    where = "https://lab.example.org/{project}/"
    with world.database.writing() as session:
        researcher = world.actors["researcher"]
        assert open_lab(session, researcher, world.project_id, where, today).endswith("/pressure/")
        with pytest.raises(PermissionDenied):
            open_lab(session, world.actors["steward"], world.project_id, where, today)


def test_no_path_of_the_portal_writes_into_a_workspace(world: World, tmp_path: Path) -> None:
    parcel = lay_parcel(world)
    folder = world.settings.project_root / "pressure" / OUTBOX
    before = sorted(str(path) for path in folder.rglob("*"))
    world.client("researcher").get(f"/outputs/parcels/{world.project_id}/{parcel}")
    assert sorted(str(path) for path in folder.rglob("*")) == before
