"""The way of a request through the pages, from draft to decision."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.services.workflow import State
from tests.integration.portal.world import LATER, RELEASE, World, post

FORM = {
    "title": "Blood pressure after sixty",
    "purpose": "To learn how hypertension is followed up.",
    "duo_code": "DUO:0000006",
    "ethics_number": "EC-2026-17",
    "ethics_body": "Ethics committee of the institute",
    "ethics_expires": (LATER + timedelta(days=400)).isoformat(),
    "place_of_work": "The institute's secure room",
    "planned_outputs": "One table.",
    "release": RELEASE,
    "end_date": LATER.isoformat(),
    "person": "Rita Researcher",
    "affiliation": "Institute",
    "column": ["person.person_id", "person.year_of_birth"],
    "reason-person": "age",
    "window_kind": "entry",
    "window_before": "365",
    "window_after": "730",
    "window_reason": "A year before and two after diagnosis.",
}


def test_a_request_is_drafted_submitted_reviewed_and_approved_in_the_pages(world: World) -> None:
    researcher, steward = world.client("researcher"), world.client("steward")
    made = post(
        researcher, "/requests/", "/requests/", project=world.project_id, title="Blood pressure"
    )
    form = made.headers["Location"]
    where = form.removesuffix("/edit")
    world.bind(int(where.rsplit("/", 1)[1]))
    saved = post(
        researcher, form, form, **FORM, cohort_version=world.cohort_version_id, then="submit"
    )
    assert saved.headers["Location"] == where
    assert "Submitted" in researcher.get(where).get_data(as_text=True)

    assert FORM["title"] in steward.get("/review/").get_data(as_text=True)
    post(steward, f"{where}/steps/start", where)
    review = steward.get(where).get_data(as_text=True)
    assert "2 of 8 columns" in review
    post(steward, f"{where}/steps/approve", where, reason="Well argued.")

    after = researcher.get(where).get_data(as_text=True)
    assert "Approved" in after
    assert "Well argued." in after


def test_an_incomplete_request_is_kept_and_the_page_lists_what_is_missing(world: World) -> None:
    researcher = world.client("researcher")
    form = f"/requests/{world.request_in(State.DRAFT)}/edit"
    post(researcher, form, form, title="Half done", end_date="soon", then="submit")
    page = researcher.get(form).get_data(as_text=True)
    assert 'value="Half done"' in page
    assert "the ethics approval number" in page
    assert "write it as year-month-day" in page or "the end date" in page


def test_submitting_an_incomplete_request_keeps_it_and_says_what_is_missing(world: World) -> None:
    researcher = world.client("researcher")
    request_id = world.request_in(State.DRAFT)
    form = f"/requests/{request_id}/edit"
    answer = post(researcher, form, form, **(FORM | {"purpose": ""}), then="submit")
    page = researcher.get(answer.headers["Location"]).get_data(as_text=True)
    assert "Still missing: the purpose" in page
    kept = world.read_request(request_id)
    assert (kept.state, kept.ethics_number) == (State.DRAFT, "EC-2026-17")


def test_a_form_sent_twice_makes_one_transition(world: World) -> None:
    steward = world.client("steward")
    request_id = world.request_in(State.IN_REVIEW)
    where = f"/requests/{request_id}"
    version = world.read_request(request_id).version
    for _ in range(2):
        post(steward, f"{where}/steps/approve", where, version=version)
    with world.database.reading() as session:
        from app.db.models import Job

        assert session.query(Job).count() == 1
    assert world.read_request(request_id).version == version + 1


def test_a_form_saved_over_a_colleagues_change_is_shown_again_with_what_was_typed(
    world: World,
) -> None:
    researcher = world.client("researcher")
    request_id = world.request_in(State.DRAFT)
    form = f"/requests/{request_id}/edit"
    old = world.read_request(request_id).version
    post(researcher, form, form, **(FORM | {"purpose": "The colleague's."}))
    answer = post(researcher, form, form, **(FORM | {"purpose": "Typed meanwhile."}), version=old)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Typed meanwhile." in page
    assert world.read_request(request_id).purpose == "The colleague's."
    assert world.read_request(request_id).version == old + 1


@pytest.mark.parametrize("step", ["start", "approve", "reject", "return", "revoke", "retry"])
def test_the_requester_cannot_take_a_stewards_step(world: World, step: str) -> None:
    researcher = world.client("researcher")
    request_id = world.request_in(State.IN_REVIEW)
    where = f"/requests/{request_id}"
    assert post(researcher, f"{where}/steps/{step}", where, reason="x").status_code == 403
    assert world.read_request(request_id).state == State.IN_REVIEW


def test_a_draft_is_hidden_from_stewards_and_from_other_researchers(world: World) -> None:
    where = f"/requests/{world.request_in(State.DRAFT)}"
    assert world.client("steward").get(where).status_code == 404
    assert world.client("outsider").get(where).status_code == 404


def test_a_submitted_request_stays_hidden_from_researchers_outside_the_project(
    world: World,
) -> None:
    where = f"/requests/{world.request_in(State.SUBMITTED)}"
    outsider = world.client("outsider")
    assert outsider.get(where).status_code == 404
    assert FORM["title"] not in outsider.get("/requests/").get_data(as_text=True)


def test_rejecting_without_a_reason_is_refused(world: World) -> None:
    steward = world.client("steward")
    request_id = world.request_in(State.IN_REVIEW)
    where = f"/requests/{request_id}"
    post(steward, f"{where}/steps/reject", where, reason=" ")
    assert "Give a reason" in steward.get(where).get_data(as_text=True)
    assert world.read_request(request_id).state == State.IN_REVIEW


def test_comments_of_both_sides_stand_in_the_history(world: World) -> None:
    researcher, steward = world.client("researcher"), world.client("steward")
    where = f"/requests/{world.request_in(State.IN_REVIEW)}"
    post(steward, f"{where}/comments", where, comment="Why so many years?")
    post(researcher, f"{where}/comments", where, comment="To see a trend.")
    page = steward.get(where).get_data(as_text=True)
    assert page.index("Why so many years?") < page.index("To see a trend.")


def test_the_form_says_what_is_not_needed_and_one_click_leaves_it_out(world: World) -> None:
    researcher = world.client("researcher")
    request_id = world.request_in(State.DRAFT)
    form = f"/requests/{request_id}/edit"
    more = ["person.person_id", "person.year_of_birth", "person.race_concept_id"]
    post(researcher, form, form, **(FORM | {"column": more}))
    page = researcher.get(form).get_data(as_text=True)
    assert "2 columns asked for; the definition and the reasons use 1." in page
    assert 'value="reduce:person.race_concept_id"' in page
    then = "reduce:person.race_concept_id"
    post(researcher, form, form, **(FORM | {"column": more, "purpose": "Typed now."}), then=then)
    kept = world.read_request(request_id)
    assert kept.purpose == "Typed now."
    assert "100 of 100" in researcher.get(form).get_data(as_text=True)


def test_a_suggested_window_is_taken_up_by_one_click(world: World) -> None:
    researcher = world.client("researcher")
    request_id = world.request_in(State.DRAFT)
    form = f"/requests/{request_id}/edit"
    whole = FORM | {"window_kind": "whole", "cohort_version": world.cohort_version_id}
    post(researcher, form, form, **whole)
    page = researcher.get(form).get_data(as_text=True)
    assert "asked for is the whole record" in page
    assert 'value="reduce:30..30"' in page
    post(researcher, form, form, **whole, then="reduce:30..30")
    kept = world.read_request(request_id)
    assert (kept.window_kind, kept.window_before, kept.window_after) == ("entry", 30, 30)
    assert kept.window_reason == FORM["window_reason"]


def test_rows_are_asked_for_by_concept_sets_of_the_cohort_and_delivered_so(world: World) -> None:
    researcher = world.client("researcher")
    request_id = world.request_in(State.DRAFT)
    form = f"/requests/{request_id}/edit"
    columns = ["person.person_id", "condition_occurrence.condition_start_date"]
    asked = FORM | {"cohort_version": world.cohort_version_id, "column": columns}
    asked["reason-condition_occurrence"] = "the time of diagnosis"
    post(researcher, form, form, **asked, then="reduce:condition_occurrence=0")
    assert world.read_request(request_id).row_limits == {"condition_occurrence": [0]}
    page = researcher.get(form).get_data(as_text=True)
    assert "rows of condition_occurrence are chosen by condition_concept_id" in page
    asked |= {"column": [*columns, "condition_occurrence.condition_concept_id"]}
    post(researcher, form, form, **asked, rows=["condition_occurrence.0", "person.0", "x"])
    page = researcher.get(form).get_data(as_text=True)
    assert "are chosen by" not in page
    assert re.search(r'value="condition_occurrence\.0" checked', page)
    shown = researcher.get(f"/requests/{request_id}").get_data(as_text=True)
    assert "only rows of “Hypertension”" in shown


def test_free_text_needs_a_reason_of_its_own_before_it_can_be_submitted(world: World) -> None:
    researcher = world.client("researcher")
    request_id = world.request_in(State.DRAFT)
    form = f"/requests/{request_id}/edit"
    race = {
        "column": ["person.person_id", "person.race_concept_id"],
        "cohort_version": world.cohort_version_id,
    }
    answer = post(researcher, form, form, **(FORM | race), then="submit")
    page = researcher.get(answer.headers["Location"]).get_data(as_text=True)
    assert "a reason of its own for person.race_concept_id" in page
    own = {"own-person.race_concept_id": "Risk differs by origin in this disease."}
    post(researcher, form, form, **(FORM | race | own), then="submit")
    assert world.read_request(request_id).state == State.SUBMITTED
    shown = world.client("steward").get(f"/requests/{request_id}").get_data(as_text=True)
    assert "Risk differs by origin in this disease." in shown
    assert "from 365 days before to 730 days after each entry" in shown


@pytest.mark.parametrize(
    ("typed", "missing"),
    [
        ({"window_kind": ""}, "the time window"),
        ({"window_before": "soon"}, "write a number"),
        ({"window_before": "99999"}, "write a number"),
        ({"window_after": ""}, "the days before and after entry"),
        ({"window_reason": " "}, "the reason for the time window"),
    ],
)
def test_a_window_without_days_or_reason_is_kept_and_not_submitted(
    world: World, typed: dict[str, str], missing: str
) -> None:
    researcher = world.client("researcher")
    request_id = world.request_in(State.DRAFT)
    form = f"/requests/{request_id}/edit"
    post(researcher, form, form, **(FORM | typed), then="submit")
    assert missing in researcher.get(form).get_data(as_text=True)
    assert world.read_request(request_id).state == State.DRAFT
