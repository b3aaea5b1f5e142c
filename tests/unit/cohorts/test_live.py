"""Counts while editing: the answers of a run, for several people at once, within bounds."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import duckdb
import pytest

from cohorts import CohortDefinition, CohortResult, LiveCohorts, run
from cohorts.errors import EngineError, QueryCancelled, QueryTimeout
from cohorts.plan.domains import DOMAINS
from deid.release import Release
from tests.unit.cohorts.definitions import (
    USABLE,
    condition,
    correlated,
    definition,
    drug,
    each_property,
    expression,
    rule,
    tiny_world,
)

PEOPLE = 40
TREATED = definition(
    expression(
        condition(),
        InclusionRules=[
            rule("treated", correlated(drug(), 0, 30, at_least=1)),
            rule("no angina before", correlated(condition(1), None, 0, exactly=0)),
        ],
    )
)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Forty people with asthma; every second one is treated, every fifth had angina."""
    events: list[dict[str, str]] = []
    for number in range(1, PEOPLE + 1):
        person = {"person": str(number)}
        events.append({**person, "concept": "asthma", "day": "2020-02-01"})
        if number % 2 == 0:
            day = {"concept": "salbutamol", "day": "2020-02-05"}
            events.append({**person, "domain": "drug", **day})
        if number % 5 == 0:
            events.append({**person, "concept": "angina", "day": "2020-01-01"})
    return tiny_world(tmp_path_factory.mktemp("live"), events)


@pytest.fixture(scope="module")
def live(release: Release) -> Iterator[LiveCohorts]:
    with LiveCohorts(release) as opened:
        yield opened


def told(result: CohortResult) -> tuple[Any, ...]:
    """All that a result tells, but the time it took."""
    assert result.rules_met is not None
    met = sorted(zip(*(c.to_pylist() for c in result.rules_met.columns), strict=True))
    return replace(result, seconds=0.0, rows=None, rules_met=None), result.rows.to_pylist(), met


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCohorts]:
    """One person with thousands of events of one day, each beside each other."""
    event = {"person": "1", "concept": "asthma", "day": "2020-02-01"}
    with LiveCohorts(tiny_world(tmp_path_factory.mktemp("crowded"), [event] * 6000)) as opened:
        opened.warm(["ConditionOccurrence"])
        yield opened


def heavy() -> CohortDefinition:
    """Every event of a condition beside every other one, again and again: seconds of work."""
    inner: dict[str, Any] = condition()
    for times in range(2, 14):
        many = correlated(inner, -times, times, at_least=times)
        inner = condition(CorrelatedCriteria={"Type": "ALL", "CriteriaList": [many]})
    return definition(expression(inner))


def test_live_answers_are_those_of_a_run(live: LiveCohorts, release: Release) -> None:
    for asked in (
        TREATED,
        definition(expression(drug(First=True))),
        definition(expression(condition(), drug())),
    ):
        assert told(live.count(asked)) == told(run(asked, release))


class Nothing:
    """A source without a table."""

    name = "nothing"

    def connect(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect()


def test_every_column_that_a_criterion_can_ask_for_is_kept_ready() -> None:
    with LiveCohorts(Nothing()) as live:
        for kind in USABLE:
            columns = ["START_DATE", *(DOMAINS[kind].counted if kind in DOMAINS else ())]
            counted = [
                correlated(
                    {kind: {"CriteriaList": [condition()]} if kind == "CustomEra" else {}},
                    0,
                    1,
                    at_least=2,
                )
                for _ in columns
            ]
            for criterion, column in zip(counted, columns, strict=True):
                criterion["Occurrence"] |= {"IsDistinct": True, "CountColumn": column}
            document = expression(*each_property(kind), InclusionRules=[rule("counted", *counted)])
            assert live.count(definition(document)).persons == 0


def test_a_table_is_loaded_by_the_first_question_that_needs_it(release: Release) -> None:
    with LiveCohorts(release) as live:
        live.warm(["ConditionOccurrence"])
        assert live.tables == (
            *("concept", "concept_ancestor", "condition_occurrence"),
            *("observation_period", "person"),
        )
        assert live.count(TREATED).persons == 16
        assert "drug_exposure" in live.tables


def test_a_question_stops_at_its_limit_or_when_it_is_cancelled(crowded: LiveCohorts) -> None:
    began = time.monotonic()
    with pytest.raises(QueryTimeout, match=r"0\.2 seconds"):
        crowded.count(heavy(), limit_seconds=0.2)
    cancel = threading.Event()
    timer = threading.Timer(0.2, cancel.set)
    timer.start()
    with pytest.raises(QueryCancelled):
        crowded.count(heavy(), cancel=cancel)
    timer.join()
    assert time.monotonic() - began < 30
    assert crowded.count(definition(expression(condition()))).persons == 1


def test_a_heavy_question_lets_others_go_on(crowded: LiveCohorts) -> None:
    cancel = threading.Event()
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(crowded.count, heavy(), 60, cancel)
        answers = [crowded.count(definition(expression(condition(n)))) for n in (0, 1)]
        assert not slow.done()
        cancel.set()
        assert isinstance(slow.exception(), QueryCancelled)
    assert [answer.persons for answer in answers] == [1, 0]


def test_who_finds_no_turn_is_told_so(release: Release) -> None:
    with LiveCohorts(release, at_once=1) as live:
        live.count(TREATED)
        with live._turn(1), pytest.raises(QueryTimeout, match="other questions"):
            live.count(TREATED, limit_seconds=0.05)
        assert live.count(TREATED).persons == 16


def test_questions_beside_each_other_do_not_mix(live: LiveCohorts, release: Release) -> None:
    asked = [TREATED, *(definition(expression(condition(n))) for n in (0, 1)), TREATED]
    expected = [told(run(question, release)) for question in asked]
    with ThreadPoolExecutor(4) as pool:
        assert [told(answer) for answer in pool.map(live.count, asked * 2)] == expected * 2


def test_a_table_for_which_there_is_no_memory_is_an_error_of_the_question(
    release: Release,
) -> None:
    with LiveCohorts(release, memory_megabytes=1) as live, pytest.raises(EngineError):
        live.count(TREATED)
