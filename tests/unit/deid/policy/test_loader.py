from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid.errors import PolicyError
from deid.policy import Treatment, load_policy, load_policy_file, parse_policy, shipped_policies
from deid.policy.form import json_schema
from deid.policy.positions import line_positions

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

OWN = """\
format = "care-commons-policy/1"
name = "own"
version = "1"
title = "Own"
description = "A policy of one's own."
extends = "{parent}"
{body}
"""


def own(body: str, parent: str = "limited-research") -> str:
    """A policy that extends a shipped one; its body begins on line 7."""
    return OWN.format(parent=parent, body=body)


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
        ('"year-of-birth"', '{ treatment = "drop", scope = "x" }', "small.toml:15: tables.person"),
        ('"year-of-birth"', "3", "small.toml:15: tables.person.year_of_birth needs a treatment"),
        ("k = 5", "k = 1", "small.toml:8: risk.k must be a whole number from 2"),
        ("k = 5", 'k = "5"', "small.toml:8: risk.k must be a whole number from 2"),
        ("k = 5", "k = true", "small.toml:8: risk.k must be a whole number from 2"),
        ("k = 5", "k = 5\nkk = 6", "small.toml:9: risk.kk is unknown; known are"),
        ("k = 5", "k = 5\nk = 6", "small.toml:9: k is given twice; keep one of the two"),
        ("[risk]", "[tables.person]\n[risk]", "small.toml:14"),
        ("k = 5", "k = 5\nrare = { diseases_below = 0 }", "small.toml:9: risk.rare.diseases_below"),
        ("k = 5", "k = 5\nrare = { towns_below = 9 }", "risk.rare.towns_below is unknown; known"),
        ("k = 5", "k = 5\nrare = 3", "small.toml:9: risk.rare must be a table"),
        (
            "k = 5",
            'k = 5\npopulation = { name = "x" }',
            "small.toml:9: risk.population.name needs",
        ),
        ('["year_of_birth"]', "[]", "small.toml:9: risk.quasi_identifiers must be a list"),
        (
            "[tables.person]",
            "[risk.thresholds]\nmarketer = 9\n[tables.person]",
            "small.toml:14: risk.thresholds.marketer must be a number from 0 to 1",
        ),
        ('title = "Small"', "titel = 1", "small.toml:4: titel is unknown"),
        ('title = "Small"', "", 'small.toml:1: title is missing; write title = "..."'),
        ('"year_of_birth:10"', '"race_concept_id:none"', "small.toml:11: risk.steps.0 generalises"),
        ('"year_of_birth:10"', '"year_of_birth:none"', "small.toml:11: risk.steps must be a list"),
        ('["year_of_birth"]', '["shoe_size"]', "small.toml:9: risk.quasi_identifiers must be"),
        ("[risk]", "[dates]\nmax_weeks = 0\n[risk]", "small.toml:8: dates.max_weeks must be"),
        ("[risk]", "[dates]\nmax_weeks = 2\n[risk]", "small.toml:8: dates: 1 <= min_weeks"),
        ("[tables.person]", '[dropped]\nnote = ""\n[tables.person]', "small.toml:14: dropped.note"),
        ("[tables.person]", "[risk.thresholds]\nkk = 1\n[tables.person]", "small.toml:14: risk"),
        ("[tables.person]", "[kinds]\nshoe = 'drop'\n[tables.person]", "small.toml:14: kinds.shoe"),
        ('version = "1"', "version = 1", "small.toml:3: version must be text"),
        ("k = 5", "k = ", "small.toml:8: k Invalid value"),
        ('"1"', '"1"\nextends = "nope"', "small.toml:4: extends no policy named nope"),
        ('"1"', '"1"\nextends = "nope.toml"', "small.toml:4: extends nope.toml: No such file"),
        ('"1"', '"1"\nclaims = ["iso"]', "small.toml:4: claims must be a list"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_key(change: str, into: str, expected: str) -> None:
    assert expected in refusal(SMALL.replace(change, into, 1))


@pytest.mark.parametrize(
    ("body", "parent", "expected"),
    [
        ("[risk]\nk = 3", "limited-research", "smallest_class asks for classes of 5, but risk.k "
         "(small.toml:8) makes classes of 3; write k = 5"),
        ("[risk.thresholds]\nprosecutor_max = 0.1", "limited-research", "small.toml:8: "
         "risk.thresholds.prosecutor_max is 0.1, but a class of risk.k = 5 (limited-research"),
        ("[risk]\nsteps = []\n[risk.thresholds]\nsuppressed_share = 0", "limited-research",
         "small.toml:10: risk.thresholds.suppressed_share is 0, but no step generalises year"),
        ("[risk]\nsteps = ['year_of_birth:10', 'year_of_birth:5']", "limited-research",
         "small.toml:8: risk.steps.1 is a band of 5 years after one of 10"),
        ("[kinds]\ndate = 'shift-date'", "safe-harbor", "small.toml:8 (kind date): tables."
         "condition_era.condition_era_start_date (and 29 more) is shift-date, and the "
         "policy claims hipaa-safe-harbor, whose "
         'letter (C) forbids it for a date; write "year-only" or "drop"'),
        ("[text]\ndates = 'shift'", "safe-harbor", 'small.toml:8: text.dates is shift'),
        ("[tables.note]\nnote_title = 'suppress-rare'", "safe-harbor",
         "small.toml:8: tables.note.note_title is suppress-rare, and the policy claims"),
        ("[tables.death]\ndeath_date = 'keep'", "limited-research",
         "small.toml:8: tables.death.death_date is kept while other dates are shifted"),
        ("[dates]\nshift = 'none'", "limited-research", "is shifted, but dates.shift is none "
         "(small.toml:8)"),
        ("[tables.person]\nrace_concept_id = 'drop'", "limited-research",
         ": risk.quasi_identifiers names race_concept_id, but person.race_concept_id is drop "
         "(small.toml:8)"),
        ("[risk]\nquasi_identifiers = ['year_of_birth']\nsteps = []", "limited-research",
         "tables.person.gender_concept_id is generalise, but gender_concept_id is no quasi-ident"),
        ("[tables.note]\nnote_text = 'shift-date'", "limited-research",
         "small.toml:8: tables.note.note_text is note (text of a note); shift-date does not fit"),
        ("[tables.location]\nzip = { treatment = 'generalise', hierarchy = 'region-or-none' }",
         "limited-research", "small.toml:8: tables.location.zip is postal-code; its hierarchy is"),
        ("[dropped]\nnote = 'no'\n[tables.note]\nnote_text = 'drop'", "limited-research",
         "small.toml:8: dropped.note is treated under [tables.note] as well"),
    ],
)  # fmt: skip
def test_a_contradiction_is_refused_with_what_to_write_instead(
    body: str, parent: str, expected: str
) -> None:
    assert expected in refusal(own(body, parent))


def test_all_mistakes_are_told_at_once() -> None:
    found = refusal(own("[risk]\nk = 'five'\nmin = 2\n[dates]\nshift = 'weekly'")).splitlines()
    assert [line.split(":")[1] for line in found] == ["11", "8", "9"]


def test_the_fingerprint_follows_the_decisions_and_not_the_layout() -> None:
    policy = parse_policy(SMALL, "small.toml")
    assert parse_policy("# a comment\n" + SMALL, "other.toml").fingerprint == policy.fingerprint
    assert parse_policy(SMALL.replace("k = 5", "k = 6"), "x").fingerprint != policy.fingerprint
    without_id = SMALL.replace('{ treatment = "pseudonym", domain = "person" }', '"drop"')
    assert parse_policy(without_id, "x").fingerprint != policy.fingerprint


def test_a_policy_that_extends_another_says_only_what_differs() -> None:
    parent, child = load_policy("limited-research"), load_policy("teaching")
    assert child.risk.k > parent.risk.k
    assert child.tables["location"]["state"].treatment is Treatment.DROP
    assert child.tables["measurement"]["person_id"] == parent.tables["measurement"]["person_id"]
    assert child.dropped == parent.dropped
    assert str(child.origin("tables.location.state")).startswith("teaching.toml:")
    assert str(child.origin("tables.note.person_id")).startswith("limited-research.toml:")


def test_a_columns_own_line_wins_over_its_kind_and_the_nearer_file_over_the_farther(
    tmp_path: Path,
) -> None:
    (tmp_path / "site.toml").write_text(
        own("[kinds]\nremark = 'drop'\n[tables.drug_exposure]\nsig = 'suppress-rare'")
    )
    near = tmp_path / "study.toml"
    near.write_text(own("[kinds]\nlabel = 'drop'", "site.toml"))
    policy = load_policy(str(near))
    treatments = {name: rule.treatment for name, rule in policy.tables["drug_exposure"].items()}
    assert treatments["stop_reason"] is Treatment.DROP
    assert treatments["sig"] is Treatment.SUPPRESS_RARE
    assert treatments["route_source_value"] is Treatment.DROP
    assert str(policy.origin("tables.drug_exposure.sig")).endswith("site.toml:10")


def test_policies_that_extend_each_other_are_refused(tmp_path: Path) -> None:
    for name, parent in [("a.toml", "b.toml"), ("b.toml", "a.toml")]:
        (tmp_path / name).write_text(own("", parent))
    with pytest.raises(PolicyError, match=r"b\.toml:6: extends goes round in a circle"):
        load_policy_file(tmp_path / "a.toml")


def test_an_unknown_or_unreadable_policy_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="shipped are gbt-39725, limited-research, safe-harbor"):
        load_policy("none-such")
    with pytest.raises(PolicyError, match="No such file"):
        load_policy_file(tmp_path / "absent.toml")
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    with pytest.raises(PolicyError, match="not UTF-8"):
        load_policy_file(binary)


def test_all_shipped_policies_can_be_loaded() -> None:
    assert shipped_policies() == ("gbt-39725", "limited-research", "safe-harbor", "teaching")
    assert [load_policy(name).name for name in shipped_policies()] == list(shipped_policies())


@pytest.mark.parametrize("name", shipped_policies())
def test_the_json_schema_takes_every_shipped_policy(name: str) -> None:
    import deid.policy.policies

    text = (Path(deid.policy.policies.__file__).parent / f"{name}.toml").read_text("utf-8")
    jsonschema.validate(tomllib.loads(text), json_schema(), jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    "change",
    [
        ("k = 5", "k = 1"),
        ("k = 5", "k = 5\nkk = 6"),
        ('"year-of-birth"', '"blur"'),
        ('"year_of_birth:10"', '"year_of_birth:none"'),
        ('version = "1"', "version = 1"),
    ],
)
def test_the_json_schema_refuses_what_the_reader_refuses(change: tuple[str, str]) -> None:
    document = tomllib.loads(SMALL.replace(*change, 1))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, json_schema(), jsonschema.Draft202012Validator)


keys = st.sampled_from(["a", "b-c", "d_1", "with space", "dot.ted", "中", 'qu"ote'])
values = st.recursive(
    st.one_of(st.integers(), st.booleans(), st.text("ab\"'#[]{}=,\\ \n", max_size=6)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)
    ),
    max_leaves=6,
)  # fmt: skip


def written(value: Any) -> str:
    if isinstance(value, dict):
        pairs = ", ".join(f"{json.dumps(k)} = {written(v)}" for k, v in value.items())
        return f"{{ {pairs} }}"
    if isinstance(value, list):
        return "[  # a ] comment\n" + "".join(f"  {written(item)},\n" for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def paths(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (*path, str(key))
        if isinstance(inner, dict | list):
            yield from paths(inner, (*path, str(key)))


@given(st.dictionaries(keys, st.dictionaries(keys, values, max_size=3), max_size=3))
def test_every_key_and_element_of_a_document_has_its_line(document: dict[str, Any]) -> None:
    lines = ["# top = 1", ""]
    expected: dict[tuple[str, ...], int] = {}
    for section, body in document.items():
        lines.append(f"[ {json.dumps(section, ensure_ascii=False)} ]  # a header")
        expected[(section,)] = len(lines)
        for key, value in body.items():
            start = len(lines) + 1
            lines += f"{json.dumps(key, ensure_ascii=False)} = {written(value)}".split("\n")
            expected[section, key] = start
    text = "\n".join(lines)
    assert tomllib.loads(text) == document
    found = line_positions(text)
    assert set(found) == set(paths(document))
    assert {path: found[path] for path in expected} == expected
