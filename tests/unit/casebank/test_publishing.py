"""The states of a case, and what is found in one alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from casebank import (
    Action,
    Case,
    CaseState,
    Contact,
    Soap,
    TransitionRefused,
    actions_from,
    can_advance,
    check_advance,
    find_findings,
)
from casebank.workflow import TRANSITIONS


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


def test_a_complaint_in_the_title_gives_no_diagnosis_away(farmer: Case) -> None:
    throat = replace(farmer.problems[2], title="Streptococcal sore throat")
    problems = (*farmer.problems[:2], throat, *farmer.problems[3:])
    for title, given_away in (("A man with sore throat", False), ("A man with pneumonia", True)):
        found = find_findings(replace(farmer, title=title, problems=problems))
        assert ("B3-title" in {one.code for one in found}) is given_away


@pytest.mark.parametrize(
    ("state", "action", "is_author", "reason", "after"),
    [
        ("draft", "submit", True, "", "review"),
        ("review", "return", False, "unclear plan", "draft"),
        ("review", "publish", False, "", "published"),
        ("published", "withdraw", True, "consent withdrawn", "withdrawn"),
        ("review", "publish", True, "", None),
        ("review", "merge", False, "", "merged"),
        ("review", "merge", True, "", None),
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
