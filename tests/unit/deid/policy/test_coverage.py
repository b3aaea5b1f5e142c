from __future__ import annotations

import pytest
from click.testing import CliRunner

from deid.build.dictionary import column_meaning, table_meaning
from deid.cli.policy import policy as command
from deid.errors import PolicyError, UncoveredColumn
from deid.policy import RareScope, Treatment, check_coverage, load_policy, shipped_policies
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
        ("location", "zip"),
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
    allowed = {Treatment.DROP, Treatment.SHIFT_DATE, Treatment.SHIFT_DATETIME, Treatment.CONSTANT}
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


def test_the_command_line_lists_explains_and_checks_policies(tmp_path: object) -> None:
    runner = CliRunner()
    assert "teaching" in runner.invoke(command, ["list"]).output
    explained = runner.invoke(command, ["explain", "teaching", "--table", "person"]).output
    assert "month_of_birth: drop - HIPAA 164.514(b)(2)(i)(C)" in explained
    assert (
        "person_identity: dropped as a whole"
        in runner.invoke(command, ["explain", "teaching"]).output
    )
    refused = runner.invoke(command, ["check", "absent.toml"])
    assert isinstance(refused.exception, PolicyError)
