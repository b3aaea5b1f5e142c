"""How a raw value becomes one of the vault's types, and the digest of rows."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid.vault.arrow import arrow_schema
from deid.vault.digests import digest_of
from deid.vault.rules import cast_expression, presence, row_rules
from deid.vault.schema import DATA_TABLES, metadata

CONNECTION = duckdb.connect()


def read_as(table: str, column: str, value: Any, raw_type: str) -> tuple[Any, bool]:
    """``(value in the vault's type, whether a value was present at all)``."""
    target = metadata.tables[table].columns[column]
    raw = f"CAST($1 AS {raw_type})"
    query = f"SELECT {cast_expression(target, 'x', raw_type)}, {presence(target, 'x', raw_type)}"
    row = CONNECTION.execute(f"{query} FROM (SELECT {raw} AS x)", [value]).fetchall()[0]
    return row[0], row[1]


@pytest.mark.parametrize("text", ["2020-01-31", "20200131", "2020-01-31 10:11:12", " 2020-01-31 "])
def test_dates_are_read_as_sites_write_them(text: str) -> None:
    day, _ = read_as("person", "birth_datetime", text, "VARCHAR")
    assert day.date() == dt.date(2020, 1, 31)
    assert read_as("death", "death_date", text, "VARCHAR")[0] == dt.date(2020, 1, 31)


def test_a_date_written_as_a_number_is_read() -> None:
    assert read_as("death", "death_date", 20200131, "BIGINT")[0] == dt.date(2020, 1, 31)


def test_the_wall_clock_of_the_place_of_care_is_kept() -> None:
    moment, _ = read_as("person", "birth_datetime", "2020-01-31T23:30:00+08:00", "VARCHAR")
    assert moment == dt.datetime(2020, 1, 31, 23, 30)


@pytest.mark.parametrize(
    ("value", "raw_type", "expected"),
    [("7", "VARCHAR", 7), ("7.0", "VARCHAR", 7), (7.0, "DOUBLE", 7), ("-3", "VARCHAR", -3)],
)
def test_whole_numbers_may_carry_a_point(value: Any, raw_type: str, expected: int) -> None:
    assert read_as("person", "year_of_birth", value, raw_type)[0] == expected


@pytest.mark.parametrize(
    ("value", "raw_type"),
    [("7.5", "VARCHAR"), (7.5, "DOUBLE"), ("seven", "VARCHAR"), ("1e3", "VARCHAR")],
)
def test_other_values_are_not_rounded_into_whole_numbers(value: Any, raw_type: str) -> None:
    assert read_as("person", "year_of_birth", value, raw_type) == (None, True)


@pytest.mark.parametrize(("value", "raw_type"), [("", "VARCHAR"), (float("nan"), "DOUBLE")])
def test_empty_text_and_nan_are_no_value(value: Any, raw_type: str) -> None:
    assert read_as("measurement", "value_as_number", value, raw_type) == (None, False)


def test_infinity_is_a_faulty_value() -> None:
    assert read_as("measurement", "value_as_number", float("inf"), "DOUBLE") == (None, True)


@given(st.dates(dt.date(1850, 1, 1), dt.date(2100, 1, 1)))
@settings(max_examples=30, deadline=None)
def test_every_way_to_write_a_day_gives_that_day(day: dt.date) -> None:
    for form in ("%Y-%m-%d", "%Y%m%d", "%Y-%m-%d 00:00:00"):
        assert read_as("death", "death_date", day.strftime(form), "VARCHAR")[0] == day


def test_each_table_has_a_rule_for_each_required_column() -> None:
    for table in DATA_TABLES:
        columns = metadata.tables[table].columns
        reasons = [reason for _, reason in row_rules(table, dt.date(2024, 1, 1), columns.keys())]
        for column in columns:
            if not column.nullable and (table, column.name) != ("person", "year_of_birth"):
                assert f"{column.name} is missing" in reasons, table


contacts = st.lists(
    st.fixed_dictionaries(
        {
            "contact_id": st.integers(1, 5),
            "person_id": st.integers(1, 2),
            "kind": st.sampled_from(["a", "b:a", "1:a"]),
            "use": st.sampled_from([None, "", "~", "1:"]),
            "value": st.sampled_from(["", "x", "\x1f1:x"]),
        }
    ),
    min_size=1,
    max_size=4,
)


def digest(rows: list[dict[str, Any]]) -> int:
    types = {"contact_id": pa.int64(), "person_id": pa.int64()}
    schema = pa.schema([(name, types.get(name, pa.string())) for name in rows[0]])
    with duckdb.connect() as connection:
        connection.register("rows", pa.Table.from_pylist(rows, schema=schema))
        return digest_of(connection, "contact", "SELECT * FROM rows")


@given(contacts, contacts)
@settings(max_examples=40, deadline=None)
def test_two_sets_of_rows_have_one_digest_only_if_they_are_the_same_rows(
    one: list[dict[str, Any]], other: list[dict[str, Any]]
) -> None:
    def ordered(rows: list[dict[str, Any]]) -> list[str]:
        return sorted(repr(sorted(row.items())) for row in rows)

    assert (digest(one) == digest(other)) == (ordered(one) == ordered(other))


@given(contacts, st.randoms())
@settings(max_examples=20, deadline=None)
def test_the_digest_does_not_depend_on_the_order_of_rows(
    rows: list[dict[str, Any]], random: Any
) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert digest(rows) == digest(shuffled)


def test_the_digest_knows_no_sign_of_zero_because_a_database_may_not_keep_it() -> None:
    def of(value: float) -> int:
        with duckdb.connect() as connection:
            row = {"measurement_id": 1, "person_id": 1, "value_as_number": value}
            table = pa.Table.from_pylist([row], schema=arrow_schema("measurement"))
            connection.register("rows", table)
            return digest_of(connection, "measurement", "SELECT * FROM rows")

    assert of(-0.0) == of(0.0) != of(-1e-9)
