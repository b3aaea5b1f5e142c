"""Generated definitions over generated data: engine, reference SQL and plain interpreter agree.

``make campaign`` asks for more of them: CARECOMMONS_GENERATED_DEFINITIONS says how many.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cohorts import CohortResult, LiveCohorts, load, open_cdm_folder, run
from cohorts.schema import (
    COUNT_COLUMNS,
    CRITERIA,
    GROUP_TYPES,
    LIMIT_TYPES,
    OBJECTS,
    RANGE_OPERATORS,
    TEXT_OPERATORS,
)
from tests.generation import FEATURES, cdm, definitions
from tests.integration.cohorts.engines import Postgresql, Spark
from tests.oracle import Outcome, World, interpret, is_open_to, read_world
from tests.oracle.cohort import Interpreter
from tests.oracle.reference import Reference

WORLDS = 3
MANY_ORDERS = 60
"""Ways to order what a definition leaves open, of which the reference takes one."""
COMPARED = int(os.environ.get("CARECOMMONS_GENERATED_DEFINITIONS", "12"))
READ = 600
"""Definitions that must reach everything."""
WITHOUT_EFFECT = {
    ("DrugExposure", "EffectiveDrugDose"): "OMOP CDM v5.4 has no column for it",
    ("Specimen", "SpecimenSourceConcept"): "OMOP CDM v5.4 has no column for it",
    ("Specimen", "DateAdjustment"): "the reference does not adjust the days of specimens",
}
BEYOND_REFERENCE = {("Measurement", "Abnormal")}
"""What the reference writes invalid SQL for."""

LIMIT_SECONDS = 120.0
"""For a count that stands behind other work of the machine."""

NOT_COUNTED = {
    "DOMAIN_SOURCE_CONCEPT": "no criterion has it",
    "VISIT_DETAIL_ID": "the reference writes invalid SQL",
}

Feature = tuple[str, str]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    root = tmp_path_factory.mktemp("worlds")
    return [cdm(seed, root / str(seed)) for seed in range(WORLDS)]


@pytest.fixture(scope="module")
def worlds(folders: list[Path]) -> list[World]:
    return [read_world(folder) for folder in folders]


@pytest.fixture(scope="module")
def lives(folders: list[Path]) -> Iterator[list[LiveCohorts]]:
    opened = [LiveCohorts(open_cdm_folder(folder), threads=1) for folder in folders]
    yield opened
    for live in opened:
        live.close()


def criteria_of(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every criterion of a parsed definition as (kind, body)."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name in CRITERIA and len(node) == 1:
                yield name, value
            if name != "EndStrategy":
                yield from criteria_of(value)
    elif isinstance(node, list):
        for entry in node:
            yield from criteria_of(entry)


def settings_of(node: Any) -> Iterator[tuple[str, Any]]:
    """Every flag that is set and every choice that is made in a parsed definition."""
    if isinstance(node, dict):
        for name, value in node.items():
            if isinstance(value, str | bool) or name == "Type":
                yield name, value.upper() if name == "Type" and isinstance(value, str) else value
            yield from settings_of(value)
    elif isinstance(node, list):
        for entry in node:
            yield from settings_of(entry)


def told_by(result: CohortResult) -> tuple[Any, ...]:
    """All that a count is made of, but the time it took."""
    assert result.rules_met is not None
    met = sorted(zip(*(column.to_pylist() for column in result.rules_met.columns), strict=True))
    return outcome_of(result), result.attrition, result.missing_tables, met


def outcome_of(result: CohortResult) -> Outcome:
    columns = (column.to_pylist() for column in result.rows.columns)
    rows = tuple(zip(*columns, strict=True))
    return Outcome(rows, result.attrition.masks, result.attrition.entry_events)


def test_a_seed_gives_the_same_definition_and_the_same_bytes(tmp_path: Path) -> None:
    assert json.dumps(definitions(7)) == json.dumps(definitions(7))
    assert definitions(7) != definitions(8)
    first, second = cdm(7, tmp_path / "a"), cdm(7, tmp_path / "b")
    names = sorted(path.name for path in first.iterdir())
    assert names == sorted(path.name for path in second.iterdir())
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


@dataclass
class Reach:
    """What ``READ`` definitions hold, and how often, in those that find people."""

    finding: int = 0
    occurs: Counter[Feature] = field(default_factory=Counter)
    matters: Counter[Feature] = field(default_factory=Counter)
    settings: Counter[tuple[str, Any]] = field(default_factory=Counter)
    parts: Counter[str] = field(default_factory=Counter)

    def read(self, document: dict[str, Any], interpreter: Interpreter) -> None:
        """Count the parts of a definition.

        A property matters if its criterion without it would have other events.
        """
        for kind, body in criteria_of(document):
            self.occurs.update((kind, name) for name in body)
        if not interpreter.outcome().rows:
            return
        self.finding += 1
        self.settings.update(set(settings_of(document)))
        self.parts.update(name for name, value in document.items() if value)
        self.parts.update(f"exit {name}" for name in document.get("EndStrategy", {"default": {}}))
        self.parts["padded"] += document["CollapseSettings"]["EraPad"] > 0
        for kind, body in criteria_of(document):
            events = interpreter.events({kind: body})
            for name in set(body) - {"CriteriaList"} if events else ():
                others = {key: value for key, value in body.items() if key != name}
                self.matters[kind, name] += interpreter.events({kind: others}) != events


@pytest.fixture(scope="module")
def reach(worlds: list[World]) -> Reach:
    reached = Reach()
    for seed in range(READ):
        document = definitions(seed)
        reached.read(document, Interpreter(document, worlds[seed % WORLDS]))
    return reached


def test_every_property_of_every_criterion_is_generated_and_changes_who_is_found(
    reach: Reach,
) -> None:
    assert reach.finding > READ / 2
    expected = set(FEATURES) - BEYOND_REFERENCE
    assert {feature for feature in expected if reach.occurs[feature] < 5} == set()
    assert {feature for feature in expected if not reach.matters[feature]} == set(WITHOUT_EFFECT)


def test_every_setting_is_generated_in_definitions_that_find_people(reach: Reach) -> None:
    flags = {
        (name, True)
        for fields in OBJECTS.values()
        for name, kind in fields.items()
        if kind == "bool"
    }
    types = {("Type", kind) for kind in (*GROUP_TYPES, *LIMIT_TYPES, 0, 1, 2)}
    operators = {("Op", op) for op in (RANGE_OPERATORS + "|" + TEXT_OPERATORS).split("|")}
    columns = {("CountColumn", c) for c in COUNT_COLUMNS.split("|") if c not in NOT_COUNTED}
    assert (flags | types | operators | columns) - set(reach.settings) == set()
    whole = set(OBJECTS["CohortExpression"]) - {"cdmVersionRange", "Title"}
    exits = {"exit default", "exit DateOffset", "exit CustomEra"}
    assert {name for name in whole | exits | {"padded"} if reach.parts[name] < 5} == set()


@pytest.mark.parametrize("seed", range(COMPARED))
def test_engine_reference_and_interpreter_give_the_same_rows_and_attrition(
    seed: int,
    folders: list[Path],
    worlds: list[World],
    references: list[Reference],
    lives: list[LiveCohorts],
) -> None:
    world = seed % WORLDS
    document = definitions(seed)
    definition = load(json.dumps(document))
    result = run(definition, open_cdm_folder(folders[world]))
    assert told_by(lives[world].count(definition, LIMIT_SECONDS)) == told_by(result)
    (found,) = interpret(document, worlds[world], orders=1)
    assert outcome_of(result) == found
    answered = references[world].outcome(document)
    # Of several events of one day that are equally the first, the reference keeps any.
    assert answered == found or is_open_to(
        answered, interpret(document, worlds[world], MANY_ORDERS)
    )


@pytest.mark.parametrize("seed", range(0, COMPARED, 4))
def test_a_count_after_a_change_does_not_tell_what_was_remembered_of_before(
    seed: int, folders: list[Path], lives: list[LiveCohorts]
) -> None:
    live, folder = lives[seed % WORLDS], open_cdm_folder(folders[seed % WORLDS])
    document = definitions(seed)
    fewer_rules = {**document, "InclusionRules": document.get("InclusionRules", [])[:0:-1]}
    first_only = {**document, "QualifiedLimit": {"Type": "First"}}
    for edited in (document, fewer_rules, first_only, document):
        definition = load(json.dumps(edited))
        assert told_by(live.count(definition, LIMIT_SECONDS)) == told_by(run(definition, folder))


@pytest.mark.postgres
@pytest.mark.parametrize("seed", range(2000, 2000 + COMPARED // 3))
def test_postgresql_gives_the_same_rows_and_attrition(
    seed: int, folders: list[Path], worlds: list[World], postgresql_engine: Postgresql
) -> None:
    compare_with(postgresql_engine, seed, folders, worlds)


@pytest.mark.spark
@pytest.mark.parametrize("seed", range(3000, 3000 + COMPARED // 24))
def test_spark_gives_the_same_rows_and_attrition(
    seed: int, folders: list[Path], worlds: list[World], spark_engine: Spark
) -> None:
    compare_with(spark_engine, seed, folders, worlds)


def compare_with(
    engine: Postgresql | Spark, seed: int, folders: list[Path], worlds: list[World]
) -> None:
    document = definitions(seed, beyond_reference=seed % 2 == 1)
    found = outcome_of(engine.run(load(json.dumps(document)), folders[seed % WORLDS]))
    world = worlds[seed % WORLDS]
    assert [found] == interpret(document, world, orders=1) or is_open_to(
        found, interpret(document, world, MANY_ORDERS)
    )


@pytest.mark.parametrize("seed", range(1000, 1000 + COMPARED // 3))
def test_what_the_reference_writes_invalid_sql_for_has_its_documented_meaning(
    seed: int, folders: list[Path], worlds: list[World]
) -> None:
    document = definitions(seed, beyond_reference=True)
    result = run(load(json.dumps(document)), open_cdm_folder(folders[seed % WORLDS]))
    assert interpret(document, worlds[seed % WORLDS], orders=1) == [outcome_of(result)]


@pytest.fixture(scope="module")
def references(folders: list[Path]) -> list[Reference]:
    return [Reference(folder) for folder in folders]
