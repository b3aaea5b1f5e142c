"""Before publishing: findings, states, and who may do what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from casebank import (
    Action,
    Case,
    CaseCheckFailed,
    CaseState,
    Contact,
    Outcome,
    Soap,
    Statement,
    TransitionRefused,
    actions_from,
    can_advance,
    can_publish,
    check_advance,
    check_publishable,
    find_findings,
)
from casebank.workflow import TRANSITIONS


def codes(case: Case) -> set[str]:
    return {finding.code for finding in find_findings(case) if finding.severity == "stop"}


def with_sentence(case: Case, text: str) -> Case:
    """The case with one more sentence at its first contact, under a source that exists."""
    contact = case.contacts[0]
    subjective = (*contact.soap.subjective, Statement("d1", 0, text))
    changed = replace(contact, soap=replace(contact.soap, subjective=subjective))
    return replace(case, contacts=(changed, *case.contacts[1:]))


def test_a_good_case_can_be_published(farmer: Case) -> None:
    assert codes(farmer) == set()
    check_publishable(farmer)


DEFECTS: dict[str, tuple[str, Callable[[Case], Case]]] = {
    "no sources": ("B1-provenance", lambda c: replace(c, sources=None)),
    "a datum without a source": (
        "B1-provenance",
        lambda c: replace(
            c, outcome=Outcome(c.outcome.last_day, False, (Statement("d9999", 0, "invented"),))
        ),
    ),
    "the diagnosis in the title": (
        "B3-title",
        lambda c: replace(c, title="A man with type 2 diabetes mellitus"),
    ),
    "the diagnosis in other words": ("B3-title", lambda c: replace(c, title="一位高血压患者")),
    "two contacts only": ("B4-contacts", lambda c: replace(c, contacts=c.contacts[:2])),
    "contacts out of order": (
        "B4-order",
        lambda c: replace(
            c, contacts=(replace(c.contacts[0], day=900, end_day=900), *c.contacts[1:])
        ),
    ),
    "biology alone": (
        "C1-holism",
        lambda c: replace(c, problems=tuple(replace(p, kind="biological") for p in c.problems)),
    ),
    "an e-mail address": (
        "F1-identifier",
        lambda c: with_sentence(c, "Send it to rose@example.com."),
    ),
    "a telephone number": ("F1-identifier", lambda c: with_sentence(c, "Call 541-555-0142.")),
    "a Chinese mobile number": ("F1-identifier", lambda c: with_sentence(c, "电话13800000000")),
    "an identity number": (
        "F1-identifier",
        lambda c: with_sentence(c, "证件320971195806149624"),
    ),
    "a record number": ("F1-identifier", lambda c: with_sentence(c, "MRN 448120 seen")),
    "a calendar date": ("F1-identifier", lambda c: with_sentence(c, "Seen 2016-04-05.")),
    "an age over 89": ("F1-identifier", lambda c: with_sentence(c, "A 93-year-old neighbour")),
    "an identifier in the title": (
        "F1-identifier",
        lambda c: replace(c, title="Dizzy, call 541-555-0142"),
    ),
    "a sensitive category": ("F2-sensitive", lambda c: with_sentence(c, "HIV test refused.")),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_each_planted_defect_stops_publication(farmer: Case, defect: str) -> None:
    code, plant = DEFECTS[defect]
    bad = plant(farmer)
    assert codes(bad) == {code}
    assert not can_publish(bad)
    with pytest.raises(CaseCheckFailed, match=code):
        check_publishable(bad)


def test_a_complaint_in_the_title_gives_no_diagnosis_away(farmer: Case) -> None:
    throat = replace(farmer.problems[2], title="Streptococcal sore throat")
    problems = (*farmer.problems[:2], throat, *farmer.problems[3:])
    assert can_publish(replace(farmer, title="A man with sore throat", problems=problems))
    assert not can_publish(replace(farmer, title="A man with pneumonia", problems=problems))


def test_a_finding_never_quotes_the_record(farmer: Case) -> None:
    bad = with_sentence(farmer, "Send it to rose@example.com.")
    assert not any("rose" in f"{finding}" for finding in find_findings(bad))


def test_a_sensitive_category_can_be_opted_in(farmer: Case) -> None:
    sensitive = replace(farmer, sensitive=("HIV",))
    assert not can_publish(sensitive)
    assert can_publish(sensitive, frozenset({"HIV"}))
    assert not can_publish(sensitive, frozenset({"tuberculosis"}))


def test_a_contact_after_death_is_pointed_out(farmer: Case) -> None:
    last = farmer.contacts[-1]
    late = Contact("d1", last.number + 1, last.day + 900, last.day + 900, "Contact", True, Soap())
    case = replace(
        farmer,
        contacts=(*farmer.contacts, late),
        outcome=replace(farmer.outcome, died=True),
    )
    found = [finding for finding in find_findings(case) if finding.code == "B4-order"]
    assert [finding.severity for finding in found] == ["look"]


@pytest.mark.parametrize(
    ("state", "action", "is_author", "reason", "after"),
    [
        ("draft", "submit", True, "", "review"),
        ("review", "return", False, "unclear plan", "draft"),
        ("review", "publish", False, "", "published"),
        ("published", "withdraw", True, "consent withdrawn", "withdrawn"),
        ("review", "publish", True, "", None),
        ("review", "return", False, " ", None),
        ("published", "withdraw", False, "", None),
        ("draft", "publish", False, "", None),
        ("published", "submit", True, "", None),
        ("withdrawn", "submit", True, "again", None),
        ("withdrawn", "publish", False, "again", None),
    ],
)
def test_a_case_moves_only_along_its_ways(
    state: str, action: str, is_author: bool, reason: str, after: str | None
) -> None:
    given = (CaseState(state), Action(action))
    if after is None:
        assert not can_advance(*given, is_author=is_author, reason=reason)
        with pytest.raises(TransitionRefused):
            check_advance(*given, is_author=is_author, reason=reason)
    else:
        assert can_advance(*given, is_author=is_author, reason=reason)
        assert check_advance(*given, is_author=is_author, reason=reason) is CaseState(after)


def test_the_table_of_transitions_is_complete_and_unambiguous() -> None:
    ways = [(way.source, way.action) for way in TRANSITIONS]
    assert len(ways) == len(set(ways))
    reached = {way.target for way in TRANSITIONS} | {CaseState.DRAFT}
    assert reached == set(CaseState)
    assert {way.action for way in TRANSITIONS} == set(Action)


def test_withdrawal_is_for_good_and_authors_do_not_publish() -> None:
    assert actions_from(CaseState.WITHDRAWN, is_author=False) == ()
    assert Action.PUBLISH not in actions_from(CaseState.REVIEW, is_author=True)
    assert Action.PUBLISH in actions_from(CaseState.REVIEW, is_author=False)
