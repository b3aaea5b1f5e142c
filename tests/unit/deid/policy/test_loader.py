from __future__ import annotations

from pathlib import Path

import pytest

from deid.errors import PolicyError
from deid.policy import Treatment, load_policy, load_policy_file, parse_policy, shipped_policies

SMALL = """\
format = "care-commons-policy/1"
name = "small"
version = "1"
title = "Small"
description = "A small policy."

[risk]
k = 5
quasi_identifiers = ["year_of_birth"]
birth_year_band = 1
steps = ["year_of_birth:10"]

[tables.person]
person_id = { treatment = "pseudonym", domain = "person" }
year_of_birth = "year-of-birth"
"""


def refusal(text: str) -> str:
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, "small.toml")
    return str(caught.value)


def test_a_policy_is_read_as_written() -> None:
    policy = parse_policy(SMALL, "small.toml")
    assert policy.tables["person"]["year_of_birth"].treatment is Treatment.YEAR_OF_BIRTH
    assert policy.risk.steps[0].level == "10"


@pytest.mark.parametrize(
    ("change", "into", "expected"),
    [
        ('"year-of-birth"', '"blur"', "small.toml:15: tables.person.year_of_birth needs a treat"),
        (', domain = "person"', "", "small.toml:14: tables.person.person_id a pseudonym needs"),
        ('"year-of-birth"', '{ treatment = "keep", domain = "x" }', "small.toml:15"),
        ("k = 5", "k = 1", "small.toml:7: risk risk: k is at least 2"),
        ("k = 5", "k = 5\nkk = 6", "small.toml:9: risk.kk is unknown"),
        ('title = "Small"', "titel = 1", "small.toml:4: titel is unknown"),
        ('"year_of_birth:10"', '"race_concept_id:none"', "no quasi-identifier"),
        ('"year_of_birth:10"', '"year_of_birth:none"', "width of 2 or more years"),
        ("k = 5", "k = 5\nrare = { diseases_below = 0 }", "numbers of people are at least 1"),
        ("k = 5", "k = 5\nrare = { towns_below = 9 }", "risk.rare.towns_below is unknown"),
        ("k = 5", 'k = 5\npopulation = { name = "x" }', "small.toml:7: risk"),
        ('["year_of_birth"]', "[]", "one or more different columns"),
        ('["year_of_birth"]', '["year_of_birth", "zip"]', "zip cannot be a quasi-identifier"),
        ('["year_of_birth:10"]', '["year_of_birth:10", "year_of_birth:5"]', "no wider than the 10"),
        ('"year-of-birth"', '"drop"', "person.year_of_birth is a quasi-identifier and is dropped"),
        (
            'year_of_birth = "year-of-birth"',
            'year_of_birth = "year-of-birth"\nrace_concept_id = "keep"',
            "person.race_concept_id leaves and is no quasi-identifier",
        ),
        (
            "[tables.person]",
            "[risk.thresholds]\nmarketer = 9\n[tables.person]",
            "threshold marketer must be from 0 to 1",
        ),
        (
            "[tables.person]",
            "[risk.thresholds]\nsmallest_class = 6\n[tables.person]",
            "smallest_class is above k",
        ),
        ("[risk]", "[dates]\nmax_weeks = 0\n[risk]", "small.toml:7: dates"),
        ("[tables.person]", '[dropped]\nnote = ""\n[tables.person]', "small.toml:14: dropped.note"),
        ("[tables.person]", "[risk.thresholds]\nkk = 1\n[tables.person]", "small.toml:14"),
        ('version = "1"', "version = 1", "small.toml:3: version must be given as text"),
        ("k = 5", "k = ", "small.toml: Invalid value (at line 8"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_key(change: str, into: str, expected: str) -> None:
    assert expected in refusal(SMALL.replace(change, into, 1))


def test_the_fingerprint_follows_the_decisions_and_not_the_layout() -> None:
    policy = parse_policy(SMALL, "small.toml")
    assert parse_policy("# a comment\n" + SMALL, "other.toml").fingerprint == policy.fingerprint
    assert parse_policy(SMALL.replace("k = 5", "k = 6"), "x").fingerprint != policy.fingerprint
    kept = SMALL.replace('"year-of-birth"', '"keep"')
    assert parse_policy(kept, "x").fingerprint != policy.fingerprint


def test_a_policy_that_extends_another_tightens_single_columns() -> None:
    parent, child = load_policy("limited-research"), load_policy("teaching")
    assert child.risk.k > parent.risk.k
    assert child.tables["location"]["state"].treatment is Treatment.DROP
    assert child.tables["measurement"]["person_id"] == parent.tables["measurement"]["person_id"]
    assert child.dropped == parent.dropped


def test_an_unknown_or_unreadable_policy_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="shipped are limited-research, teaching"):
        load_policy("none-such")
    with pytest.raises(PolicyError, match="No such file"):
        load_policy_file(tmp_path / "absent.toml")
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    with pytest.raises(PolicyError, match="not UTF-8"):
        load_policy_file(binary)


def test_all_shipped_policies_can_be_loaded() -> None:
    assert shipped_policies() == ("limited-research", "teaching")
    assert [load_policy(name).name for name in shipped_policies()] == list(shipped_policies())
