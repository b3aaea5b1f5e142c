from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from deid.build.dictionary import column_meaning, table_meaning
from deid.cli.policy import policy as command
from deid.errors import PolicyError, UncoveredColumn
from deid.policy import RareScope, Treatment, check_coverage, load_policy, shipped_policies
from deid.policy.columns import classification
from deid.policy.standards import cited
from deid.structured.layout import LAYOUTS
from deid.vault.schema import CDM_TABLES, IDENTITY_TABLES, metadata

VAULT = {name: [column.name for column in table.columns] for name, table in metadata.tables.items()}


@pytest.mark.parametrize("name", shipped_policies())
def test_a_shipped_policy_covers_every_table_and_column_of_the_vault(name: str) -> None:
    policy = load_policy(name)
    check_coverage(policy, VAULT)
    assert set(policy.tables) | set(policy.dropped) == set(VAULT)
    assert set(IDENTITY_TABLES) <= set(policy.dropped)
    assert set(policy.tables) <= set(CDM_TABLES)


def test_a_new_column_of_the_vault_stops_with_its_name() -> None:
    vault = {**VAULT, "person": [*VAULT["person"], "shoe_size"]}
    with pytest.raises(UncoveredColumn, match=r"column person\.shoe_size"):
        check_coverage(load_policy("teaching"), vault)


def test_a_new_table_of_the_vault_stops_with_its_name() -> None:
    with pytest.raises(UncoveredColumn, match="table genome"):
        check_coverage(load_policy("teaching"), {**VAULT, "genome": ["genome_id"]})


@pytest.mark.parametrize("table", ["person", "relative"])
def test_a_policy_for_another_vault_stops(table: str) -> None:
    vault = {name: columns for name, columns in VAULT.items() if name != table}
    with pytest.raises(PolicyError, match=f"table {table}, which the vault has not"):
        check_coverage(load_policy("limited-research"), vault)


@pytest.mark.parametrize(
    "place",
    [
        "condition_occurrence.condition_concept_id",
        "condition_era.condition_concept_id",
        "death.cause_concept_id",
        "death.cause_source_concept_id",
        "device_exposure.device_concept_id",
        "dose_era.drug_concept_id",
        "drug_era.drug_concept_id",
        "drug_exposure.drug_concept_id",
        "drug_exposure.drug_source_concept_id",
        "episode.episode_object_concept_id",
        "measurement.measurement_concept_id",
        "measurement.value_as_concept_id",
        "observation.observation_concept_id",
        "observation.value_as_concept_id",
        "procedure_occurrence.procedure_concept_id",
        "specimen.specimen_concept_id",
    ],
)
def test_what_few_people_have_never_reaches_students_in_any_table(place: str) -> None:
    table, column = place.split(".")
    rule = load_policy("teaching").tables[table][column]
    assert rule.treatment is Treatment.SUPPRESS_RARE
    assert rule.scope is RareScope.ALL


@pytest.mark.parametrize("name", shipped_policies())
def test_what_names_or_numbers_people_never_leaves(name: str) -> None:
    policy = load_policy(name)
    for table, column in [
        ("person", "person_source_value"),
        ("person", "birth_datetime"),
        ("person", "day_of_birth"),
        ("person", "race_source_value"),
        ("provider", "provider_name"),
        ("provider", "npi"),
        ("care_site", "care_site_name"),
        ("location", "address_1"),
        ("location", "latitude"),
        ("device_exposure", "unique_device_id"),
        ("drug_exposure", "lot_number"),
        ("visit_occurrence", "visit_source_value"),
        ("note", "note_source_value"),
        ("payer_plan_period", "family_source_value"),
    ]:
        assert policy.tables[table][column].treatment is Treatment.DROP, (table, column)


@pytest.mark.parametrize("name", shipped_policies())
def test_no_text_of_a_record_is_kept_as_it_is(name: str) -> None:
    policy = load_policy(name)
    for table, layout in LAYOUTS.items():
        if layout.kind.value in {"vocabulary", "description"} or table not in policy.tables:
            continue
        for column, rule in policy.tables[table].items():
            is_text = str(metadata.tables[table].columns[column].type) == "TEXT"
            assert not (is_text and rule.treatment is Treatment.KEEP), (table, column)


@pytest.mark.parametrize("name", shipped_policies())
def test_no_date_of_a_record_is_kept_as_it_is(name: str) -> None:
    policy = load_policy(name)
    shifted = {Treatment.SHIFT_DATE, Treatment.SHIFT_DATETIME}
    moved = shifted if policy.dates.shift == "household" else {Treatment.YEAR_ONLY}
    allowed = {Treatment.DROP, Treatment.CONSTANT} | moved
    for table, layout in LAYOUTS.items():
        if layout.kind.value == "vocabulary":
            continue
        for column in metadata.tables[table].columns:
            if str(column.type) in {"DATE", "DATETIME"}:
                assert policy.tables[table][column.name].treatment in allowed, (table, column.name)


def test_every_table_and_column_has_a_meaning() -> None:
    for table in load_policy("limited-research").tables:
        assert table_meaning(table)
        for column in VAULT[table]:
            assert column_meaning(table, column).text


@pytest.mark.parametrize("name", shipped_policies())
def test_every_column_of_the_vault_that_leaves_has_a_kind(name: str) -> None:
    kinds = classification().columns
    for table in load_policy(name).tables:
        assert list(kinds[table]) == VAULT[table], table


@pytest.mark.parametrize("name", shipped_policies())
def test_every_rule_that_cites_a_law_or_standard_cites_a_known_clause(name: str) -> None:
    for columns in load_policy(name).tables.values():
        for column, rule in columns.items():
            if "HIPAA" in rule.rule or "GB/T" in rule.rule:
                assert cited(rule.rule), (column, rule.rule)
            if "GB/T" in rule.rule:
                assert "; reading: " in rule.rule, "what the standard's text says was not read"


def run(*arguments: str) -> str:
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_policy_is_explained_column_by_column_with_clause_and_line() -> None:
    explained = run("explain", "teaching", "--table", "person")
    line = next(text for text in explained.splitlines() if "month_of_birth" in text)
    assert "  drop  " in line
    assert "HIPAA 164.514(b)(2)(i)(C)" in line
    assert "limited-research.toml:" in line
    assert "(kind birth-date)" in line
    assert "all elements of dates except year" in explained
    assert "person_identity: dropped as a whole" in run("explain", "teaching")
    assert "| month_of_birth | drop |" in run("explain", "teaching", "--format", "markdown")
    whole = json.loads(run("explain", "gbt-39725", "--format", "json"))
    (notes,) = (table for table in whole["tables"] if table["table"] == "note")
    (note,) = (line for line in notes["columns"] if line["name"] == "note_text")
    assert note["treatment"] == "scrub-text"
    assert note["clauses"] == ["de-identification (heading only)"]


def test_two_policies_are_compared_by_what_they_do() -> None:
    told = run("diff", "limited-research", "safe-harbor")
    assert "dates.shift: household -> none" in told
    assert "kind date (30 columns): shift-date -> year-only" in told
    assert "    visit_occurrence.visit_start_date" in told
    assert "kind id" not in told
    treatments = run("diff", "limited-research", "gbt-39725")
    assert "kind id" not in treatments, "another rule for the same treatment is no difference"
    assert run("diff", "teaching", "teaching") == "teaching and teaching do the same\n"


def test_the_command_line_lists_checks_and_gives_the_schema(tmp_path: Path) -> None:
    assert "safe-harbor (version 1)" in run("list")
    assert "hipaa-safe-harbor" in run("schema")
    with pytest.raises(PolicyError):
        run("check", "absent.toml")
    own = tmp_path / "own.toml"
    own.write_text(
        'format = "care-commons-policy/1"\nname = "own"\nversion = "1"\ntitle = "t"\n'
        'description = "d"\nextends = "safe-harbor"\n'
    )
    assert "covers all" in run("check", str(own))
