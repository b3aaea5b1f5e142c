"""Compilation: whole Circe, and nothing of a definition's free text reaches SQL as SQL."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohorts import CohortDefinition, run
from cohorts.cdm import prepare_cdm
from cohorts.compile import CompiledCohort, compile_circe
from cohorts.errors import DefinitionError
from cohorts.plan import compile_plan
from cohorts.schema import (
    COUNT_COLUMNS,
    OBJECTS,
)
from tests.unit.cohorts.definitions import (
    SAMPLES,
    USABLE,
    condition,
    definition,
    each_property,
    expression,
    tiny_world,
)

Compiler = Callable[[CohortDefinition], CompiledCohort]
both = pytest.mark.parametrize("compiler", [compile_circe, compile_plan], ids=["reference", "own"])


@pytest.fixture(scope="module")
def empty_cdm() -> Iterator[duckdb.DuckDBPyConnection]:
    """A CDM without a row."""
    with duckdb.connect() as connection:
        prepare_cdm(connection)
        yield connection


def execute(
    connection: duckdb.DuckDBPyConnection, compiler: Compiler, document: dict[str, Any]
) -> None:
    """Run a definition over a CDM without a row: the SQL must at least be valid."""
    compiled = compiler(definition(document))
    with connection.cursor() as run:
        for statement in compiled.statements:
            run.execute(statement)
        for query in dataclasses.astuple(compiled.answers):
            assert run.execute(query).fetchall() in ([], [(0, 0)])
        for statement in compiled.cleanup:
            run.execute(statement)


@both
@pytest.mark.parametrize("kind", USABLE)
def test_every_property_of_a_criterion_compiles_to_valid_sql(
    empty_cdm: duckdb.DuckDBPyConnection, compiler: Compiler, kind: str
) -> None:
    execute(empty_cdm, compiler, expression(*each_property(kind)))


@both
def test_every_property_of_demographic_criteria_compiles_to_valid_sql(
    empty_cdm: duckdb.DuckDBPyConnection, compiler: Compiler
) -> None:
    for name, sort in OBJECTS["DemographicCriteria"].items():
        group = {"Type": "ALL", "DemographicCriteriaList": [{name: SAMPLES[sort]}]}
        execute(empty_cdm, compiler, expression(condition(), AdditionalCriteria=group))


@both
@pytest.mark.parametrize("column", ["DOMAIN_CONCEPT", "START_DATE", "VISIT_ID"])
def test_distinct_counts_compile_to_valid_sql(
    empty_cdm: duckdb.DuckDBPyConnection, compiler: Compiler, column: str
) -> None:
    assert column in COUNT_COLUMNS.split("|")
    counted = {
        "Criteria": condition(),
        "StartWindow": {"Start": {"Coeff": -1}, "End": {"Coeff": 1}},
        "Occurrence": {"Type": 2, "Count": 2, "IsDistinct": True, "CountColumn": column},
    }
    additional = {"Type": "ALL", "CriteriaList": [counted]}
    execute(empty_cdm, compiler, expression(condition(), AdditionalCriteria=additional))


@pytest.mark.parametrize("dialect", ["duckdb", "postgresql", "spark"])
def test_compilation_gives_the_same_text_each_time(dialect: str) -> None:
    document = expression(condition(StopReason={"Text": "x", "Op": "contains"}))
    first, second = (compile_circe(definition(document), dialect).sql for _ in range(2))
    assert first == second
    assert "@" not in first


def test_names_of_a_definition_do_not_reach_the_sql() -> None:
    document = expression(condition())
    document["ConceptSets"][0]["name"] = "x'; DROP TABLE person; --"
    document["Title"] = "y'; DROP TABLE person; --"
    assert "DROP TABLE person" not in compile_circe(definition(document)).sql


def matching(root: Path, stored: str, text: str, name: str) -> int:
    """How many of one condition, whose stop reason is ``stored``, a text filter finds."""
    import pyarrow as pa

    from tests.builders import build_release

    tiny = tiny_world(
        root / "a", [{"person": "1", "concept": "asthma", "day": "2020-01-01"}], name=name
    )
    tables = {table: tiny.read(table) for table in tiny.tables}
    tables["condition_occurrence"] = tables["condition_occurrence"].append_column(
        "stop_reason", pa.array([stored])
    )
    release = build_release(root / "b", tables, name)
    found = run(
        definition(expression(condition(StopReason={"Text": text, "Op": "startsWith"}))), release
    )
    return found.entries


@pytest.mark.parametrize(
    "text",
    ["it's", "a;b", "@cdm_database_schema", "{0 == 1}?{x}", "--x", "#t", "$1", "\\'", "cctext0cc"],
)
def test_free_text_is_compared_as_it_is_written(text: str, tmp_path: Path) -> None:
    assert matching(tmp_path, text + " and more", text, "same") == 1
    assert matching(tmp_path, "something else", text, "other") == 0


@both
@settings(max_examples=20, deadline=None)
@given(text=st.text(max_size=40))
def test_no_text_breaks_out_of_its_literal(compiler: Compiler, text: str) -> None:
    document = expression(condition(StopReason={"Text": text, "Op": "contains"}))
    if "\x00" in text:
        with pytest.raises(DefinitionError):
            compiler(definition(document))
        return
    plain = expression(condition(StopReason={"Text": "plain", "Op": "contains"}))
    expected = compiler(definition(plain)).statements
    found = compiler(definition(document)).statements
    quoted = text.replace("'", "''")
    assert len(found) == len(expected)
    for statement, model in zip(found, expected, strict=True):
        assert statement == model.replace("%plain%", f"%{quoted}%")


@pytest.mark.parametrize(
    ("dialect", "text", "written"),
    [
        ("duckdb", r"a\b'c", r"a\b''c"),
        ("postgresql", r"a\b'c", r"a\\b''c"),
        ("spark", r"a\b'c", r"a\\\\b\'c"),
        ("duckdb", "a\nb", "a\nb"),
        ("spark", "a\n--b\r", r"a\n--b\r"),
    ],
)
def test_text_is_quoted_as_the_dialect_reads_a_pattern_in_a_literal(
    dialect: str, text: str, written: str
) -> None:
    document = expression(condition(StopReason={"Text": text, "Op": "contains"}))
    assert f"'%{written}%'" in compile_circe(definition(document), dialect).sql


@pytest.mark.parametrize("dialect", ["duckdb", "postgresql", "spark"])
def test_a_compiled_cohort_names_the_tables_that_it_reads(dialect: str) -> None:
    compiled = compile_circe(definition(expression(condition())), dialect)
    assert compiled.tables == {
        "concept",
        "concept_ancestor",
        "condition_occurrence",
        "observation_period",
    }


def test_a_text_that_looks_like_the_place_of_another_text_stays_a_text() -> None:
    texts = [{"Text": text, "Op": "contains"} for text in ("cctext1cc", "the second")]
    document = expression(*(condition(StopReason=text) for text in texts))
    sql = compile_circe(definition(document)).sql
    assert (sql.count("'%cctext1cc%'"), sql.count("'%the second%'")) == (1, 1)
