"""Households, names and numbers follow the customs and checksums of their place."""

from __future__ import annotations

import re
from datetime import date

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid.synth.numbers import (
    UNUSED_MOBILE_PREFIXES,
    check_character,
    chinese_identity_number,
    record_code,
    social_security_number,
)
from tests.unit.deid.synth.conftest import Population


def test_a_household_shares_one_address_and_one_location(sql: duckdb.DuckDBPyConnection) -> None:
    split = sql.execute(
        """
        SELECT household_id FROM person_identity JOIN address USING (person_id)
        JOIN person USING (person_id) WHERE use = 'home'
        GROUP BY household_id
        HAVING count(DISTINCT full_text) <> 1 OR count(DISTINCT location_id) <> 1
        """
    ).fetchall()
    assert split == []


def test_households_are_urban_and_rural_and_hold_up_to_three_generations(
    sql: duckdb.DuckDBPyConnection,
) -> None:
    areas = {area for (area,) in sql.execute("SELECT DISTINCT area_kind FROM household").fetchall()}
    assert areas == {"urban", "rural"}
    (grandchildren,) = sql.execute(
        """
        SELECT count(*) FROM relative child JOIN relative parent
            ON child.relative_person_id = parent.person_id
        WHERE child.relationship IN ('father', 'mother')
          AND parent.relationship IN ('father', 'mother')
          AND parent.relative_person_id IS NOT NULL
        """
    ).fetchone() or (0,)
    assert grandchildren > 0


def test_children_are_born_after_their_parents_came_of_age(sql: duckdb.DuckDBPyConnection) -> None:
    rows = sql.execute(
        """
        SELECT date_diff('day', parent.birth_date, child.birth_date) / 365.25
        FROM relative JOIN person_identity child USING (person_id)
        JOIN person_identity parent ON parent.person_id = relative_person_id
        WHERE relationship IN ('father', 'mother')
        """
    ).fetchall()
    assert len(rows) > 50
    assert min(rows)[0] > 16
    assert max(rows)[0] < 65


def test_kinship_is_told_from_both_sides(sql: duckdb.DuckDBPyConnection) -> None:
    one_sided = sql.execute(
        """
        SELECT count(*) FROM fact_relationship a WHERE NOT EXISTS (
            SELECT 1 FROM fact_relationship b
            WHERE a.fact_id_1 = b.fact_id_2 AND a.fact_id_2 = b.fact_id_1
        )
        """
    ).fetchone()
    assert one_sided == (0,)


def test_children_bear_their_fathers_name_and_chinese_wives_keep_theirs(
    sql: duckdb.DuckDBPyConnection,
) -> None:
    (different,) = sql.execute(
        """
        SELECT count(*) FROM relative JOIN person_identity child USING (person_id)
        JOIN person_identity father ON father.person_id = relative_person_id
        WHERE relationship = 'father' AND child.family_name <> father.family_name
          AND child.other_names IS NULL
        """
    ).fetchone() or (0,)
    # Daughters-in-law and married daughters in the United States have another name.
    assert different <= 3
    shares = dict(
        sql.execute(
            """
            SELECT wife.language, avg((wife.family_name = husband.family_name)::INT)
            FROM relative JOIN person_identity wife USING (person_id)
            JOIN person USING (person_id)
            JOIN person_identity husband ON husband.person_id = relative_person_id
            WHERE relationship = 'spouse' AND gender_concept_id = 8532 GROUP BY ALL
            """
        ).fetchall()
    )
    assert 0.5 < shares["en-US"] < 0.9
    assert shares["zh-CN"] < 0.2  # only by chance


def test_full_names_are_written_in_the_order_of_their_culture(
    sql: duckdb.DuckDBPyConnection,
) -> None:
    for language, expression in (
        ("en-US", "given_name || ' ' || family_name"),
        ("zh-CN", "family_name || given_name"),
    ):
        wrong = sql.execute(
            f"SELECT count(*) FROM person_identity WHERE language = ? "
            f"AND full_name <> {expression}",
            [language],
        ).fetchone()
        assert wrong == (0,)


@pytest.mark.parametrize("kind", ["SSN", "MRN", "ID_CARD", "RECORD_NO", "INSURANCE"])
def test_no_two_people_share_a_number(sql: duckdb.DuckDBPyConnection, kind: str) -> None:
    counts = sql.execute(
        "SELECT count(*), count(DISTINCT value), count(DISTINCT person_id) FROM identifier "
        "WHERE kind = ?",
        [kind],
    ).fetchone()
    assert counts is not None
    assert counts[0] == counts[1] == counts[2] > 0


def test_identity_numbers_tell_birth_and_sex_and_check(sql: duckdb.DuckDBPyConnection) -> None:
    rows = sql.execute(
        """
        SELECT value, birth_date, gender_concept_id FROM identifier
        JOIN person_identity USING (person_id) JOIN person USING (person_id)
        WHERE kind = 'ID_CARD'
        """
    ).fetchall()
    for value, birth, gender in rows:
        assert re.fullmatch(r"\d{17}[\dX]", value)
        assert value[6:14] == f"{birth:%Y%m%d}"
        assert int(value[16]) % 2 == (1 if gender == 8507 else 0)
        assert value[17] == check_character(value[:17])


@given(
    birth=st.dates(date(1930, 1, 1), date(2025, 1, 1)),
    serial=st.integers(0, 10_000),
    place=st.integers(0, 16),
    change=st.integers(1, 9),
)
def test_a_wrong_digit_breaks_the_check(birth: date, serial: int, place: int, change: int) -> None:
    number = chinese_identity_number("350799", birth, "F", serial)
    digit = (int(number[place]) + change) % 10
    assert check_character(f"{number[:place]}{digit}{number[place + 1 : 17]}") != number[17]


def test_the_check_character_is_that_of_the_standards_example() -> None:
    assert check_character("11010519491231002") == "X"  # the example in GB 11643-1999


@given(st.lists(st.integers(0, 48_000_000), min_size=2, max_size=20, unique=True))
def test_social_security_numbers_were_never_issued_and_differ(serials: list[int]) -> None:
    numbers = [social_security_number(serial) for serial in serials]
    assert len(set(numbers)) == len(serials)
    for number in numbers:
        assert re.fullmatch(r"9\d\d-[0-4]\d-\d{4}", number)
        assert number[4:6] != "00"
        assert number[7:] != "0000"


def test_record_codes_have_the_parts_of_the_national_rule() -> None:
    assert record_code("350799", 101, 102, 31) == "350799" + "101" + "102" + "00031"


def test_telephones_are_of_ranges_that_nobody_has(population: Population) -> None:
    numbers = [
        row["value"] for row in population[0]["contact"].to_pylist() if row["kind"] == "phone"
    ]
    numbers += [row["phone"] for row in population[0]["relative"].to_pylist() if row["phone"]]
    for number in numbers:
        fictional = re.fullmatch(r"\(\d{3}\) 555-01\d\d", number)
        unused = len(number) == 11 and number.startswith(UNUSED_MOBILE_PREFIXES)
        assert fictional or unused


def test_e_mail_addresses_are_of_reserved_domains(population: Population) -> None:
    mails = [row["value"] for row in population[0]["contact"].to_pylist() if row["kind"] == "email"]
    assert mails
    assert all(re.fullmatch(r"[a-z0-9.]+@example\.(com|org)", mail) for mail in mails)
