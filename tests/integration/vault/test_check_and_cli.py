"""The quality report, and the commands that run all of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text

from deid.cli.keys import keys
from deid.cli.vault import vault as vault_command
from deid.errors import CareCommonsError
from deid.vault.check import check_vault
from deid.vault.loading import LoadOptions, load_dataset
from tests.integration.vault.records import TODAY, bundle, dataset, table_of


def findings(engine: Engine) -> dict[str, int]:
    return {f"{f.table}: {f.text}": f.rows for f in check_vault(engine, today=TODAY).findings}


def load(engine: Engine, **tables: object) -> None:
    load_dataset(engine, dataset(**tables), "t", "omop", options=LoadOptions(today=TODAY))  # type: ignore[arg-type]


def test_a_good_vault_has_no_errors_and_shows_completeness(vault: Engine) -> None:
    load(vault)
    report = check_vault(vault, today=TODAY)
    assert report.errors == ()
    tables = {table.table: table for table in report.tables}
    assert tables["condition_occurrence"].rows == 2
    assert tables["condition_occurrence"].completeness["person_id"] == 1
    assert tables["condition_occurrence"].completeness["condition_end_date"] == 0


def test_persons_without_observation_period_are_counted(sqlite_vault: Engine) -> None:
    load(sqlite_vault)
    assert findings(sqlite_vault) == {
        "person: no observation period; such persons enter no cohort": 2
    }


def test_changes_behind_the_programs_back_are_found(sqlite_vault: Engine) -> None:
    load(sqlite_vault)
    with sqlite_vault.begin() as connection:
        connection.execute(
            text("UPDATE condition_occurrence SET condition_start_date='2031-01-01'")
        )
    found = findings(sqlite_vault)
    assert found["condition_occurrence: the table was changed by something else than import"] == 2
    assert found["condition_occurrence: condition_start_date is in the future"] == 2


def test_records_after_death_and_before_birth_are_counted(sqlite_vault: Engine) -> None:
    death = [{"person_id": 1, "death_date": TODAY.replace(year=2015), "death_type_concept_id": 0}]
    people = dataset()["person"].to_pylist()
    people[1]["year_of_birth"] = 2022
    load(sqlite_vault, death=death, person=people)
    found = findings(sqlite_vault)
    assert found["person: records more than 60 days after death"] == 1
    assert found["person: records before the year of birth"] == 1


def test_people_who_may_be_one_are_counted(sqlite_vault: Engine) -> None:
    twins = [
        {"person_id": n, "full_name": "Zephyrine", "birth_date": TODAY.replace(year=1951)}
        for n in (1, 2)
    ]
    numbers = [
        {"identifier_id": n, "person_id": n, "kind": "SSN", "system": "s", "value": "1"}
        for n in (1, 2)
    ]
    load(sqlite_vault, person_identity=twins, identifier=numbers)
    found = findings(sqlite_vault)
    assert (
        found[
            "person_identity: same name and birth date as another person; perhaps one person twice"
        ]
        == 2
    )
    assert found["identifier: same number as another person's"] == 2
    assert "Zephyrine" not in check_vault(sqlite_vault, today=TODAY).render()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARECOMMONS_HOME", str(tmp_path / "home"))
        yield tmp_path / "home"


def test_from_an_empty_home_to_a_checked_vault(home: Path, tmp_path: Path) -> None:
    runner = CliRunner()
    with pytest.raises(CareCommonsError, match="carecommons vault create"):
        runner.invoke(vault_command, ["check"], catch_exceptions=False)
    assert runner.invoke(vault_command, ["create"]).exit_code == 0
    assert (home / "vault" / "vault.db").is_file()

    source = tmp_path / "site"
    source.mkdir()
    for name, rows in dataset().items():
        pq.write_table(rows, source / f"{name}.parquet")
    pq.write_table(
        table_of([{"person_id": 1, "death_date": TODAY.replace(year=2999)}]),
        source / "death.parquet",
    )
    told = runner.invoke(vault_command, ["import", "omop", str(source)])
    assert told.exit_code == 0
    assert "1 of death: death_date is in the future (for example row 1)" in told.output
    again = runner.invoke(vault_command, ["import", "omop", str(source), "--json"])
    assert json.loads(again.output)["totals"]["loaded"] == 0

    (tmp_path / "fhir.json").write_text(json.dumps(bundle()))
    told = runner.invoke(vault_command, ["import", "fhir", str(tmp_path / "fhir.json"), "--json"])
    assert told.exit_code == 0
    assert json.loads(told.output)["totals"]["refused"] == 0
    checked = runner.invoke(vault_command, ["check", "--json"])
    assert checked.exit_code == 0
    assert json.loads(checked.output)["tables"]


def test_an_import_of_which_nothing_could_be_used_has_failed(home: Path, tmp_path: Path) -> None:
    runner = CliRunner()
    runner.invoke(vault_command, ["create"])
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "death.csv").write_text("person_id,death_date\n1,2020-01-01\n")
    with pytest.raises(CareCommonsError, match="every row was refused") as caught:
        runner.invoke(
            vault_command, ["import", "omop", str(tmp_path / "site")], catch_exceptions=False
        )
    assert caught.value.exit_code == 1
    assert runner.invoke(vault_command, ["import", "omop"]).exit_code == 2


def test_the_key_is_created_once_and_only_its_id_is_shown(home: Path) -> None:
    runner = CliRunner()
    made = runner.invoke(keys, ["create"])
    shown = runner.invoke(keys, ["show"])
    assert shown.output.startswith(made.output)
    (generation,) = json.loads((home / "keys" / "keyring.json").read_text())["generations"]
    secret = generation["master"]
    assert secret not in shown.output
    with pytest.raises(CareCommonsError, match="exists already"):
        runner.invoke(keys, ["create"], catch_exceptions=False)
