"""The plan and its SQL: laws that hold for every definition, beside the reference's own SQL."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from cohorts import CohortResult
from cohorts.compile import compile_circe
from cohorts.engines.duckdb import run
from cohorts.errors import UnsupportedExpression
from cohorts.plan import compile_plan
from cohorts.plan.leaves import _day_sql, _window, reach_of
from cohorts.plan.nodes import AT_LEAST, Bound, Correlated, DomainScan
from cohorts.plan.reading import read_plan
from deid.release import Release
from tests.unit.cohorts.definitions import (
    condition,
    correlated,
    definition,
    drug,
    expression,
    group,
    person_number,
    rule,
    tiny_world,
)


def _windows(seed: int, number: int) -> Iterator[Correlated]:
    dice = random.Random(seed)
    for _ in range(number):
        bounds = tuple(
            Bound(
                lower=lower,
                event_end=dice.random() < 0.3,
                index_end=dice.random() < 0.1,
                days=dice.choice((None, 0, 1, -1, 2, -3)),
                forward=dice.random() < 0.5,
            )
            for lower in dice.choices((True, False), k=dice.randint(0, 4))
        )
        observed = dice.random() < 0.6
        # Without observation there is no border to look at.
        kept = tuple(b for b in bounds if observed or b.days is not None)
        yield Correlated(DomainScan("Measurement"), kept, observed, False, AT_LEAST, 1)


def test_an_interval_of_index_starts_tells_what_the_window_tells() -> None:
    """All events and index events of eight days, with an end that may be absent."""
    leaves = list(dict.fromkeys(_windows(1, 400)))
    asked = [(leaf, reach) for leaf in leaves if (reach := reach_of(leaf)) is not None]
    assert 40 < len(asked) < len(leaves)
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE days AS SELECT DATE '2020-01-01' + i::INTEGER AS d FROM range(8) r(i)"
        )
        connection.execute(
            "CREATE TABLE a AS SELECT s.d AS start_date, e.d AS end_date FROM days s, "
            "(SELECT d FROM days UNION ALL SELECT NULL) e"
        )
        connection.execute(
            "CREATE TABLE i AS SELECT s.d AS start_date, s.d + 1 AS end_date, "
            "f.d AS op_start_date, f.d + 4 AS op_end_date FROM days s, days f "
            "WHERE s.d BETWEEN f.d AND f.d + 4"
        )
        for leaf, reach in asked:
            window = " AND ".join(["TRUE", *_window(leaf)])
            earliest = _day_sql(reach.earliest, "-infinity")
            latest = _day_sql(reach.latest, "infinity")
            bare = f"(SELECT *, {earliest} AS earliest, {latest} AS latest FROM a) a"
            interval = "a.earliest <= i.start_date AND a.latest >= i.start_date"
            if leaf.within_observation:
                interval += " AND a.start_date BETWEEN i.op_start_date AND i.op_end_date"
            different = connection.execute(
                f"SELECT count(*) FROM {bare}, i "
                f"WHERE coalesce({window}, FALSE) <> coalesce({interval}, FALSE)"
            ).fetchall()
            assert different == [(0,)], leaf


def test_equal_criteria_are_asked_once() -> None:
    treated = correlated(drug(), 0, 30, at_least=1)
    again = [rule("first", treated), rule("second", treated), rule("third", treated)]
    sql = compile_plan(definition(expression(condition(), InclusionRules=again))).sql
    assert sql.count("cc_cdm.drug_exposure") == 1


def test_a_plan_of_a_definition_has_circes_defaults() -> None:
    document = expression(condition())
    for name in ("QualifiedLimit", "ExpressionLimit", "InclusionRules", "CollapseSettings"):
        del document[name]
    document["PrimaryCriteria"] = {"CriteriaList": [condition()], "ObservationWindow": {}}
    plan = read_plan(definition(document))
    assert (plan.entry_limit, plan.qualified_limit, plan.included_limit) == (
        "FIRST",
        "ALL",
        "FIRST",
    )
    assert (plan.prior_days, plan.post_days, plan.era_pad, plan.rules) == (0, 0, 0, ())
    document["AdditionalCriteria"] = {"Type": "ALL"}
    assert read_plan(definition(document)).qualified_limit == "FIRST"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Twelve people; who comes later has more events, some of them on one day."""
    events: list[dict[str, str]] = []
    for number in range(1, 13):
        for day in range(number):
            one = {"person": str(number), "day": f"2020-02-{1 + day % 7:02d}"}
            events.append({**one, "concept": "asthma", "until": f"2020-03-{1 + day:02d}"})
            events.append({**one, "domain": "drug", "concept": "salbutamol"})
            if day % 3 == 0:
                events.append({**one, "concept": "angina", "day": f"2020-02-{8 + day:02d}"})
    return tiny_world(tmp_path_factory.mktemp("plan"), events)


def told(result: CohortResult) -> tuple[Any, ...]:
    assert result.rules_met is not None
    met = sorted(zip(*(c.to_pylist() for c in result.rules_met.columns), strict=True))
    return result.rows.to_pylist(), result.attrition, met


def test_more_criteria_than_fit_into_one_number_are_gathered_in_several(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [correlated(condition(1), day, day, at_least=1 + day % 2) for day in range(7)]
    asked = definition(
        expression(
            condition(),
            InclusionRules=[
                {"name": "some", "expression": group(*many, kind="AT_LEAST", count=2)},
                {"name": "few", "expression": group(*many, kind="AT_MOST", count=3)},
            ],
        )
    )
    expected = told(run(asked, release, compiler=compile_circe))
    assert told(run(asked, release)) == expected
    monkeypatch.setattr("cohorts.plan.groups.WORD_BITS", 3)
    assert "met2" in compile_plan(asked).sql
    assert told(run(asked, release)) == expected


def test_of_events_of_one_day_the_one_with_the_lowest_id_is_kept(release: Release) -> None:
    document = expression(
        condition(), EndStrategy={"DateOffset": {"DateField": "EndDate", "Offset": 0}}
    )
    ends: dict[str, dict[int, str]] = {}
    for limit in ("First", "Last"):
        document["PrimaryCriteria"]["PrimaryCriteriaLimit"] = {"Type": limit}
        rows = run(definition(document), release).rows.to_pylist()
        ends[limit] = {
            person_number(row["subject_id"]): row["cohort_end_date"].isoformat() for row in rows
        }
    # The twelfth person has two events on each of the first five days.
    assert ends["First"][12] == "2020-03-01"
    assert ends["Last"][12] == "2020-03-07"
    assert ends["Last"][4] == "2020-03-04"


@pytest.mark.parametrize("text", ["person.year", "cc_cdm.nothing", "{start}", "visit."])
def test_a_text_that_looks_like_sql_is_only_a_text(text: str, release: Release) -> None:
    asked = definition(expression(condition(StopReason={"Text": text, "Op": "!contains"})))
    plain = definition(expression(condition(StopReason={"Text": "x", "Op": "!contains"})))
    found, model = compile_plan(asked), compile_plan(plain)
    assert found.tables == model.tables
    assert found.sql == model.sql.replace("%x%", f"%{text}%")


def test_a_count_of_what_a_criterion_has_not_is_refused_by_both_compilers() -> None:
    counted = correlated(condition(), 0, 30, at_least=1)
    counted["Occurrence"] |= {"IsDistinct": True, "CountColumn": "REFILLS"}
    document = expression(condition(), InclusionRules=[rule("refills", counted)])
    for compiler in (compile_circe, compile_plan):
        with pytest.raises(UnsupportedExpression):
            compiler(definition(document))
