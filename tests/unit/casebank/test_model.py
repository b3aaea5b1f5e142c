"""The case as data: what cannot be built, and what JSON gives back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casebank import (
    Background,
    Case,
    CaseFormatError,
    Contact,
    FlowPoint,
    FlowSeries,
    FlowSheet,
    Lane,
    Occurrence,
    Outcome,
    Problem,
    Soap,
    Source,
    Sources,
    Statement,
    Target,
    Timeline,
    TimelineItem,
)

texts = st.text(min_size=1, max_size=12).filter(lambda text: bool(text.strip()))
days = st.integers(-20_000, 20_000)
ids = st.integers(1, 99).map(lambda number: f"d{number}")
numbers = st.floats(allow_nan=False, allow_infinity=False, width=32)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Any case that can be built, small."""
    count = draw(st.integers(0, 3))
    links = st.lists(st.integers(1, count), unique=True).map(tuple) if count else st.just(())
    statements = st.builds(Statement, ids, st.none() | days, texts, links)
    few = st.lists(statements, max_size=2).map(tuple)
    items = st.builds(
        TimelineItem, texts, days, st.none() | days, st.booleans(), links, st.just(("d1",))
    )
    problems = []
    for number in range(1, count + 1):
        status = draw(st.sampled_from(["active", "inactive", "resolved"]))
        start = draw(days)
        problems.append(
            Problem(
                number=number,
                title=draw(texts),
                kind=draw(st.sampled_from(["biological", "social", "risk"])),
                kind_rule=draw(texts),
                status=status,
                status_rule=draw(texts),
                listed=draw(st.sampled_from(["master", "temporary"])),
                promoted=draw(st.booleans()),
                onset_day=start,
                resolved_day=draw(days) if status == "resolved" else None,
                occurrences=(Occurrence(start, start + draw(st.integers(0, 9)), draw(few)),),
                see=draw(st.none() | st.integers(1, count).filter(lambda n, me=number: n != me)),
            )
            if count > 1
            else Problem(
                1, "x", "social", "r", "active", "r", "master", False, 0, None,
                (Occurrence(0, None, draw(few)),),
            )
        )  # fmt: skip
    contacts = tuple(
        Contact(f"d{n}", n, draw(days), draw(days), draw(texts), False, Soap(draw(few), draw(few)))
        for n in range(1, draw(st.integers(0, 3)) + 1)
    )
    targets = st.none() | st.builds(Target, st.none() | numbers, st.none() | numbers, texts)
    points = st.builds(FlowPoint, ids, days, numbers, st.sampled_from(["below", "within"]))
    series = st.builds(
        FlowSeries, texts, st.text(max_size=4), targets, st.lists(points, max_size=3).map(tuple)
    )
    first = draw(days)
    return Case(
        case_id=draw(st.from_regex(r"[a-z0-9][a-z0-9-]{0,10}", fullmatch=True)),
        title=draw(texts),
        level=draw(st.sampled_from(["preclinical", "clerkship", "residency"])),
        language=draw(st.sampled_from(["en", "zh"])),
        background=Background(draw(few), draw(few), draw(few), draw(few), draw(few)),
        problems=tuple(problems),
        contacts=contacts,
        flow_sheets=tuple(
            draw(st.lists(st.builds(FlowSheet, texts, texts, st.tuples(series)), max_size=2))
        ),
        timeline=Timeline(
            first,
            first + draw(st.integers(0, 99)),
            tuple(
                draw(
                    st.lists(
                        st.builds(
                            Lane,
                            st.sampled_from(["visits", "drugs"]),
                            texts,
                            st.lists(items, max_size=2).map(tuple),
                        ),
                        max_size=2,
                    )
                )
            ),
        ),
        outcome=Outcome(draw(days), draw(st.booleans()), draw(few)),
        sensitive=tuple(draw(st.lists(texts, max_size=2))),
        left_out=draw(st.dictionaries(texts, st.integers(0, 99), max_size=2)),
        sources=draw(
            st.none()
            | st.builds(
                Sources,
                texts,
                st.integers(1, 2**63 - 1),
                st.dictionaries(
                    ids,
                    st.lists(
                        st.builds(Source, texts, st.integers(0, 2**62), texts), max_size=2
                    ).map(tuple),
                    max_size=2,
                ),
            )
        ),
    )


@settings(max_examples=150, deadline=None)
@given(cases())
def test_a_case_survives_json_unchanged(case: Case) -> None:
    assert Case.from_json(case.to_json()) == case


@settings(max_examples=50, deadline=None)
@given(cases())
def test_equal_cases_give_equal_bytes_and_a_student_gets_no_sources(case: Case) -> None:
    assert Case.from_json(case.to_json()).to_json() == case.to_json()
    stripped = case.for_student()
    assert stripped.sources is None
    assert stripped.for_student() == stripped
    assert list(stripped.statements()) == list(case.statements())


def damaged(case: Case, change: Any) -> bytes:
    document = json.loads(case.to_json())
    change(document)
    return json.dumps(document).encode()


DAMAGE = {
    "an unknown field": lambda d: d.update(surprise=1),
    "a missing field": lambda d: d.pop("title"),
    "a text for a number": lambda d: d["outcome"].update(last_day="7"),
    "a truth value for a number": lambda d: d["outcome"].update(last_day=True),
    "an unknown level": lambda d: d.update(level="wizard"),
    "a list for an object": lambda d: d.update(background=[]),
    "an empty title": lambda d: d.update(title=" "),
    "a problem number out of order": lambda d: d["problems"][0].update(number=9),
    "a problem without evidence": lambda d: d["problems"][0].update(occurrences=[]),
    "a link to no problem": lambda d: d["contacts"][0]["soap"]["objective"][0].update(
        problems=[99]
    ),
    "an arrow to no problem": lambda d: d["problems"][0].update(see=99),
    "an unsafe case id": lambda d: d.update(case_id="../etc"),
    "another schema": lambda d: d.update(schema="care-commons-case/99"),
    "a resolved problem without a day": lambda d: d["problems"][0].update(status="resolved"),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_document_is_refused_without_quoting_it(farmer: Case, what: str) -> None:
    with pytest.raises(CaseFormatError) as refusal:
        Case.from_json(damaged(farmer, DAMAGE[what]))
    assert "wizard" not in str(refusal.value)
    assert "surprise" not in str(refusal.value)


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"null", b"{", b"\xff", b'{"a": 1, "a": 2}', b'{"a": NaN}', b"[" * 100_000],
)
def test_what_is_not_a_case_is_refused(data: bytes) -> None:
    with pytest.raises(CaseFormatError):
        Case.from_json(data)


def test_a_problem_cannot_be_part_of_itself(farmer: Case) -> None:
    with pytest.raises(ValueError, match="part of itself"):
        replace(farmer.problems[0], see=1)


def test_an_episode_cannot_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        Occurrence(5, 4, ())


def test_one_problem_shows_everything_that_belongs_to_it_and_nothing_else(farmer: Case) -> None:
    for problem in farmer.problems:
        shown = [
            item.id
            for contact in farmer.contacts_of(problem.number)
            for item in contact.soap.statements
        ]
        expected = [
            item.id
            for contact in farmer.contacts
            for item in contact.soap.statements
            if problem.number in item.problems
        ]
        assert shown == expected
    assert farmer.problem(1).number == 1
    with pytest.raises(KeyError):
        farmer.problem(99)


def test_a_case_that_was_read_is_written_byte_for_byte(farmer: Case, teacher: Case) -> None:
    for case in (farmer, teacher):
        assert Case.from_json(case.to_json()).to_json() == case.to_json()


def test_a_datum_stands_in_the_other_language_where_the_release_names_it(
    farmer: Case, teacher: Case
) -> None:
    fuel = farmer.background.living_environment[0]
    assert (fuel.text, fuel.other) == ("Household fuel: Firewood", "燃料类型：柴火")
    pressure = next(one for one in teacher.statements() if one.text.startswith("收缩压"))
    assert pressure.other.startswith("Systolic blood pressure: 15")
    written = next(one for one in teacher.statements() if one.text.startswith("头晕"))
    assert written.other == ""


def test_a_document_of_the_schema_before_is_still_read(farmer: Case) -> None:
    before = json.loads(farmer.to_json())
    before["schema"] = "care-commons-case/1"

    def strip(value: Any) -> Any:
        if isinstance(value, list):
            return [strip(item) for item in value]
        if isinstance(value, dict):
            statement = "text" in value
            return {k: strip(item) for k, item in value.items() if not (statement and k == "other")}
        return value

    read = Case.from_json(json.dumps(strip(before)).encode())
    assert [one.text for one in read.statements()] == [one.text for one in farmer.statements()]
    assert all(one.other == "" for one in read.statements())
