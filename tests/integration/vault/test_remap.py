"""Records are mapped again after a vocabulary came, from the codes that they kept."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, delete

from deid.cli.vault import vault as vault_commands
from deid.importers.athena import load_athena
from deid.importers.fhir import import_fhir
from deid.importers.forms import import_forms
from deid.importers.remapping import RemapReport, moving, remap
from deid.vault.check import check_vault
from deid.vault.loading import LoadOptions, load_dataset
from deid.vault.reading import read_tables
from deid.vault.schema import metadata
from deid.vocabulary import names
from tests.integration.vault.athena_files import (
    concept,
    download,
    relation,
    write_download,
)
from tests.integration.vault.records import PATIENT_ID, bundle, coded, condition, dataset

TODAY = LoadOptions(today=dt.date(2024, 12, 31))
WANG = "61011200100100002"
PERSONS = f"档案编号,姓名,性别,出生日期\n{WANG},王试验,女,1960/1/2\n"
LUPUS, HOMELESS, ASTHMA_OLD = 4_999_101, 4_999_102, 4_999_103
CN_LUPUS, CN_I10, CM_HOMELESS, CPT = 1_999_101, 1_999_102, 1_999_103, 2_000_103
"""Ids of the tests' own download; codes are real, what they lead to is not."""


def the_download(**more: Any) -> dict[str, list[dict[str, Any]]]:
    """A download with the Chinese and the American edition of ICD-10, and a nameless CPT4."""
    tables = download()
    source = {"standard_concept": None, "concept_class_id": "ICD10 code"}
    tables["concept"] += [
        concept(LUPUS, "Discoid lupus", "200938002"),
        concept(HOMELESS, "Homeless", "32911000", domain_id="Observation"),
        concept(ASTHMA_OLD, "Old asthma", "999103", standard_concept=None, invalid_reason="U"),
        concept(names.ASTHMA, "Asthma", "195967001"),
        concept(names.ESSENTIAL_HYPERTENSION, "Essential hypertension", "59621000"),
        concept(CN_LUPUS, "盘状红斑狼疮", "L93.000x001", vocabulary_id="ICD10CN", **source),
        concept(CN_I10, "高血压", "I10.x00x002", vocabulary_id="ICD10CN", **source),
        concept(CM_HOMELESS, "Lives in an institution", "Z59.3", vocabulary_id="ICD10CM", **source),
        concept(CPT, "", "99213", vocabulary_id="CPT4", standard_concept=None),
    ]
    tables["concept_relationship"] += [
        # A chain: the code leads to a concept that was replaced.
        relation(CN_LUPUS, ASTHMA_OLD, "Maps to"),
        relation(ASTHMA_OLD, LUPUS, "Maps to"),
        relation(CN_I10, names.ESSENTIAL_HYPERTENSION, "Maps to"),
        relation(CM_HOMELESS, HOMELESS, "Maps to"),
    ]
    return tables | more


def load(vault: Engine, tmp_path: Path, tables: dict[str, Any] | None = None) -> None:
    folder = write_download(tmp_path / "athena", tables or the_download())
    load_athena(vault, folder, today=dt.date(2026, 6, 1))


def forms(vault: Engine, tmp_path: Path, *diagnoses: str) -> Any:
    folder = tmp_path / "forms"
    folder.mkdir(exist_ok=True)
    lines = "".join(f"{WANG},2024-05-{day:02},{d}\n" for day, d in enumerate(diagnoses, 1))
    (folder / "basic_information.csv").write_text(PERSONS, encoding="utf-8")
    (folder / "contact.csv").write_text("档案编号,日期,诊断\n" + lines, encoding="utf-8")
    return import_forms(vault, folder, options=TODAY)


def held(vault: Engine, table: str) -> dict[str, tuple[int, int | None]]:
    """Concept and source concept by source value."""
    stem = table.split("_")[0]
    with read_tables(vault) as snapshot:
        return {
            row[f"{stem}_source_value"]: (
                row[f"{stem}_concept_id"],
                row[f"{stem}_source_concept_id"],
            )
            for row in snapshot.read(table).to_pylist()
        }


def snapshot_id(vault: Engine) -> str:
    with read_tables(vault) as snapshot:
        return snapshot.snapshot_id


def test_codes_that_meant_nothing_get_their_concept_and_the_report_says_which(
    stocked: Engine, tmp_path: Path
) -> None:
    imported = forms(stocked, tmp_path, "L93.000x001", "I10.x00x002", "心里不痛快", "Q91.0")
    assert held(stocked, "condition_occurrence")["L93.000x001"] == (0, None)
    notes = "\n".join(imported.notes)
    assert "L93.000X001 means no standard concept; load ICD10CN" in notes
    assert "I10.X00X002 is not in the vocabulary, mapped by I10" in notes
    assert "心里不痛快" not in notes

    load(stocked, tmp_path)
    report = remap(stocked)
    after = held(stocked, "condition_occurrence")
    assert after["L93.000x001"] == (LUPUS, CN_LUPUS)
    assert after["I10.x00x002"] == (names.ESSENTIAL_HYPERTENSION, CN_I10)
    assert after["心里不痛快"] == after["Q91.0"] == (0, None)
    table = report.table("condition_occurrence")
    assert (table.rows, table.mapped_before, table.mapped_after) == (4, 1, 2)
    assert (table.changed, table.sources) == (1, 1)
    (change,) = table.changes
    assert (change.code, change.after, change.rows) == (
        "L93.000X001",
        f"{LUPUS} Discoid lupus",
        1,
    )
    assert "心里不痛快" not in report.render() + report.to_json()


def test_a_second_time_and_the_same_forms_again_change_nothing(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    forms(stocked_sqlite, tmp_path, "L93.000x001", "I10.x00x002", "住在机构(Z59.3)")
    load(stocked_sqlite, tmp_path)
    first = remap(stocked_sqlite)
    assert first.table("condition_occurrence").moved == 1
    before = snapshot_id(stocked_sqlite)
    again = remap(stocked_sqlite)
    assert all(t.changed == t.sources == t.moved == 0 for t in again.tables)
    report = forms(stocked_sqlite, tmp_path, "L93.000x001", "I10.x00x002", "住在机构(Z59.3)")
    assert (report.loaded, report.updated, report.refused) == (0, 0, 0)
    assert snapshot_id(stocked_sqlite) == before
    assert check_vault(stocked_sqlite, today=TODAY.today).errors == ()


def fhir(vault: Engine, tmp_path: Path, *resources: Any) -> Any:
    (tmp_path / "in.json").write_text(json.dumps(bundle(*resources)), encoding="utf-8")
    return import_fhir(vault, tmp_path / "in.json", options=TODAY)


def problem(number: int, system: str, code: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": f"problem-{number}",
        "code": coded(system, code, "As the source says"),
        "subject": {"reference": f"Patient/{PATIENT_ID}"},
        "onsetDateTime": "2020-02-02",
    } | more


CM = "http://hl7.org/fhir/sid/icd-10-cm"


def test_a_record_of_another_domain_moves_and_its_resource_still_knows_it(
    stocked: Engine, tmp_path: Path
) -> None:
    report = fhir(stocked, tmp_path, problem(1, CM, "Z59.3"), problem(2, CM, "L93.0"))
    assert any("Z59.3 means no standard concept; load ICD10CM" in note for note in report.notes)
    assert held(stocked, "condition_occurrence")["Z59.3"][0] == 0
    load(stocked, tmp_path)
    done = remap(stocked)
    assert "Z59.3" not in held(stocked, "condition_occurrence")
    assert held(stocked, "observation")["Z59.3"] == (HOMELESS, CM_HOMELESS)
    assert done.table("condition_occurrence").moved == 1
    assert held(stocked, "condition_occurrence")["L93.0"][0] == 0
    assert check_vault(stocked, today=TODAY.today).errors == ()
    before = snapshot_id(stocked)
    again = fhir(stocked, tmp_path, problem(1, CM, "Z59.3"), problem(2, CM, "L93.0"))
    assert (again.loaded, again.updated, again.refused) == (0, 0, 0), again.render()
    assert snapshot_id(stocked) == before


def test_a_record_that_would_lose_something_stays_where_it_is(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    fhir(stocked_sqlite, tmp_path, problem(1, CM, "Z59.3", abatementDateTime="2021-03-04"))
    load(stocked_sqlite, tmp_path)
    report = remap(stocked_sqlite)
    assert report.table("condition_occurrence").left == ((moving.LOST, 1),)
    assert held(stocked_sqlite, "condition_occurrence")["Z59.3"][0] == 0
    assert "would be lost" in report.render()


def omop(vault: Engine, *conditions: dict[str, Any]) -> None:
    load_dataset(vault, dataset(condition_occurrence=list(conditions)), "site", "omop",
                 options=TODAY)  # fmt: skip


def test_a_record_that_its_import_would_bring_in_again_stays_where_it_is(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    unmapped = {"condition_concept_id": 0, "condition_source_value": "Z59.3"}
    omop(stocked_sqlite, condition(1, 1, **unmapped))
    load(stocked_sqlite, tmp_path)
    report = remap(stocked_sqlite)
    assert report.table("condition_occurrence").left == ((moving.NOT_FOUND_AGAIN, 1),)


def test_what_an_import_knew_beyond_the_code_is_kept(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    """I10 leads to essential hypertension; this record says something narrower, and is right."""
    narrower = {"condition_concept_id": names.ASTHMA, "condition_source_value": "I10.x00x002"}
    omop(stocked_sqlite, condition(1, 1, **narrower))
    load(stocked_sqlite, tmp_path)
    report = remap(stocked_sqlite)
    assert held(stocked_sqlite, "condition_occurrence")["I10.x00x002"] == (names.ASTHMA, CN_I10)
    assert report.table("condition_occurrence").sources == 1


def test_a_concept_that_was_replaced_goes_on_to_the_new_one(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    load(stocked_sqlite, tmp_path)
    omop(stocked_sqlite, condition(1, 1, condition_concept_id=ASTHMA_OLD))
    report = remap(stocked_sqlite)
    assert held(stocked_sqlite, "condition_occurrence")[None][0] == LUPUS
    assert report.table("condition_occurrence").changed == 1


def test_a_code_that_was_given_another_meaning_takes_its_records_along(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    load(stocked_sqlite, tmp_path)
    forms(stocked_sqlite, tmp_path, "I10.x00x002")
    tables = the_download()
    tables["concept_relationship"] = [
        row for row in tables["concept_relationship"] if row["concept_id_1"] != CN_I10
    ] + [relation(CN_I10, names.ASTHMA, "Maps to")]
    load(stocked_sqlite, tmp_path, tables)
    remap(stocked_sqlite)
    assert held(stocked_sqlite, "condition_occurrence")["I10.x00x002"] == (names.ASTHMA, CN_I10)


def test_a_map_of_the_site_gives_meaning_to_its_own_words(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    forms(stocked_sqlite, tmp_path, "院内码0417")
    source = metadata.tables["source_to_concept_map"]
    with stocked_sqlite.begin() as connection:
        connection.execute(delete(source))
        connection.execute(
            source.insert().values(
                source_code="院内码0417", source_concept_id=0, source_vocabulary_id="site",
                target_concept_id=names.ASTHMA, target_vocabulary_id="SNOMED",
                valid_start_date=dt.date(1970, 1, 1), valid_end_date=dt.date(2099, 12, 31),
            )
        )  # fmt: skip
    report = remap(stocked_sqlite)
    assert held(stocked_sqlite, "condition_occurrence")["院内码0417"][0] == names.ASTHMA
    assert [c.code for c in report.table("condition_occurrence").changes] == ["words"]


def test_eras_that_were_derived_before_are_spoken_of(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    forms(stocked_sqlite, tmp_path, "L93.000x001")
    load(stocked_sqlite, tmp_path)
    with read_tables(stocked_sqlite) as snapshot:
        (person,) = snapshot.read("person")["person_id"].to_pylist()
    era = {
        "condition_era_id": 1, "person_id": person, "condition_concept_id": names.ASTHMA,
        "condition_era_start_date": dt.date(2024, 1, 1),
        "condition_era_end_date": dt.date(2024, 1, 2),
    }  # fmt: skip
    import pyarrow as pa

    load_dataset(stocked_sqlite, {"condition_era": pa.Table.from_pylist([era])}, "s", "omop")
    report: RemapReport = remap(stocked_sqlite)
    assert report.notes == ("condition_era was derived before the change and is left as it was",)


def test_the_command_prints_the_shares_before_and_after(
    stocked_sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forms(stocked_sqlite, tmp_path, "L93.000x001")
    load(stocked_sqlite, tmp_path)
    monkeypatch.setenv("CARECOMMONS_ENGINE_VAULT_URL", str(stocked_sqlite.url))
    monkeypatch.setenv("CARECOMMONS_HOME", str(tmp_path))
    done = CliRunner().invoke(vault_commands, ["remap"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "0 (0.0%)" in done.output
    assert "1 (100.0%)" in done.output
    assert f"L93.000X001: 0 -> {LUPUS} Discoid lupus, 1 rows" in done.output


def test_a_failure_leaves_everything_as_it_was(stocked_sqlite: Engine, tmp_path: Path) -> None:
    forms(stocked_sqlite, tmp_path, "L93.000x001")
    load(stocked_sqlite, tmp_path)
    before = snapshot_id(stocked_sqlite)

    def stop(table: str, rows: int) -> None:
        if (rows and table == "death") or table == "observation":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        remap(stocked_sqlite, progress=stop)
    assert snapshot_id(stocked_sqlite) == before
