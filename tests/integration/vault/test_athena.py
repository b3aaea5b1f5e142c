"""An Athena download is loaded whole or not at all, and a second one changes what differs."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from deid.cli.vault import vault as vault_command
from deid.errors import ImportRefused
from deid.importers.athena import VocabularyReport, load_athena
from deid.vault.check import check_vault
from deid.vault.reading import read_tables
from deid.vault.schema import VOCABULARY_TABLES, metadata
from deid.vault.store import create_vault
from deid.vocabulary import LOCAL_IDS, load_base_vocabulary, names
from tests.integration.vault.athena_files import (
    DIABETES,
    DISEASE,
    SUGAR,
    SYRUP,
    TYPE_2,
    WITH_FOOT,
    ancestor,
    changed,
    concept,
    download,
    relation,
    write_download,
)
from tests.integration.vault.records import TODAY


def rows(engine: Engine, table: str) -> list[dict[str, Any]]:
    with read_tables(engine) as snapshot:
        return snapshot.read(table).to_pylist()


def concepts(engine: Engine) -> dict[int, dict[str, Any]]:
    return {row["concept_id"]: row for row in rows(engine, "concept")}


def ancestors(engine: Engine) -> dict[tuple[int, int], tuple[int, int]]:
    return {
        (row["ancestor_concept_id"], row["descendant_concept_id"]): (
            row["min_levels_of_separation"],
            row["max_levels_of_separation"],
        )
        for row in rows(engine, "concept_ancestor")
    }


def load(engine: Engine, folder: Path, tables: dict[str, Any]) -> VocabularyReport:
    return load_athena(engine, write_download(folder, tables), today=TODAY)


def test_an_empty_vault_holds_the_download_as_it_is(vault: Engine, tmp_path: Path) -> None:
    wanted = download()
    report = load(vault, tmp_path / "first", wanted)
    for table, expected in wanted.items():
        stored = rows(vault, table)
        order = [column.name for column in metadata.tables[table].primary_key.columns]
        assert stored == sorted(expected, key=lambda row: [row[name] for name in order]), table
        found = report.table(table)
        assert (found.read, found.added) == (len(expected), len(expected))
        assert (found.changed, found.unchanged, found.invalidated, found.removed) == (0, 0, 0, 0)
    assert concepts(vault)[SYRUP]["concept_name"] == "Sugar 5' \\ \"syrup"
    assert check_vault(vault, today=TODAY).errors == ()


def test_codes_of_cpt4_are_told_until_their_own_step_was_run(
    sqlite_vault: Engine, tmp_path: Path
) -> None:
    first = download()
    nameless = concept(2_213_440, "", "99213", vocabulary_id="CPT4", standard_concept="S")
    folder = write_download(tmp_path, changed(first, concept=[*first["concept"], nameless]))
    (folder / "CONCEPT_CPT4.csv").write_text("concept_id\n", encoding="utf-8")
    report = load_athena(sqlite_vault, folder, today=TODAY)
    assert concepts(sqlite_vault)[2_213_440]["concept_name"] == ""
    assert [note.split()[0] for note in report.notes] == ["1", "CONCEPT_CPT4.csv"]
    assert "cpt4 step" in report.render()
    (folder / "CONCEPT_CPT4.csv").unlink()
    named = [*first["concept"], nameless | {"concept_name": "Office visit"}]
    report = load_athena(
        sqlite_vault, write_download(tmp_path, changed(first, concept=named)), today=TODAY
    )
    assert report.notes == ()
    assert report.table("concept").changed == 1


def test_loading_it_again_changes_nothing(vault: Engine, tmp_path: Path) -> None:
    load(vault, tmp_path / "first", download())
    with read_tables(vault) as snapshot:
        before = snapshot.snapshot_id
    report = load(vault, tmp_path / "again", download())
    with read_tables(vault) as snapshot:
        assert snapshot.snapshot_id == before
    for found in report.tables:
        assert found.unchanged == found.read
        assert (found.added, found.changed, found.invalidated, found.removed) == (0, 0, 0, 0)


def test_a_newer_download_adds_changes_invalidates_and_removes(
    vault: Engine, tmp_path: Path
) -> None:
    first = download()
    load(vault, tmp_path / "first", first)
    ended = {"invalid_reason": "U", "standard_concept": None, "valid_end_date": dt.date(2026, 1, 1)}
    newer = changed(
        first,
        concept=[
            *first["concept"][:2],
            first["concept"][2] | {"concept_name": "Diabetes mellitus type 2"},
            first["concept"][3] | ended,
            *first["concept"][5:],
            concept(4_999_009, "Type 2 diabetes with eye", "999009"),
        ],
        concept_relationship=[*first["concept_relationship"][1:]],
        concept_ancestor=[
            *(row for row in first["concept_ancestor"]
              if WITH_FOOT not in row.values() and SYRUP not in row.values()),
            ancestor(DIABETES, 4_999_009, 1),
        ],
        concept_synonym=[],
        drug_strength=[],
    )  # fmt: skip
    report = load(vault, tmp_path / "newer", newer)
    found = report.table("concept")
    # One marked by the download, one that it no longer has.
    assert (found.added, found.changed, found.unchanged, found.invalidated) == (1, 2, 3, 2)
    stored = concepts(vault)
    assert stored[TYPE_2]["concept_name"] == "Diabetes mellitus type 2"
    assert stored[WITH_FOOT]["invalid_reason"] == "U"
    assert stored[SYRUP]["invalid_reason"] == "D"
    assert stored[SYRUP]["standard_concept"] is None
    assert stored[SYRUP]["valid_end_date"] == TODAY - dt.timedelta(days=1)
    relations = report.table("concept_relationship")
    assert (relations.added, relations.invalidated, relations.removed) == (0, 1, 0)
    gone = next(
        row
        for row in rows(vault, "concept_relationship")
        if (row["concept_id_1"], row["relationship_id"]) == (DIABETES, "Is a")
    )
    assert gone["invalid_reason"] == "D"
    assert report.table("concept_ancestor").removed == 4 + 2
    assert (DISEASE, WITH_FOOT) not in ancestors(vault)
    assert ancestors(vault)[DIABETES, 4_999_009] == (1, 1)
    assert report.table("concept_synonym").removed == 1
    assert rows(vault, "concept_synonym") == []
    assert report.table("drug_strength").invalidated == 1
    assert check_vault(vault, today=TODAY).errors == ()


def test_a_download_of_other_vocabularies_says_nothing_of_the_first(
    vault: Engine, tmp_path: Path
) -> None:
    first = download()
    load(vault, tmp_path / "first", first)
    drugs = changed(
        first,
        concept=first["concept"][4:],
        concept_relationship=[first["concept_relationship"][-1]],
        concept_ancestor=first["concept_ancestor"][-3:],
        concept_synonym=[],
    )
    report = load(vault, tmp_path / "drugs", drugs)
    assert [t for t in report.tables if t.invalidated or t.removed or t.changed or t.added] == []
    assert len(concepts(vault)) == len(first["concept"])
    assert len(rows(vault, "concept_synonym")) == 1


def test_shipped_concepts_give_way_and_our_own_are_kept(stocked: Engine, tmp_path: Path) -> None:
    own = {i: row for i, row in concepts(stocked).items() if i in LOCAL_IDS}
    chinese = [r for r in rows(stocked, "concept_synonym") if r["language_concept_id"] >= 2e9]
    load(stocked, tmp_path / "first", download())
    after = concepts(stocked)
    assert {i: after[i] for i in own} == own
    kept = [r for r in rows(stocked, "concept_synonym") if r["language_concept_id"] >= 2e9]
    assert kept == chinese
    assert after[DIABETES]["concept_class_id"] == "Disorder"
    assert after[DISEASE]["concept_name"] == "Disease"
    assert check_vault(stocked, today=TODAY).errors == ()


def test_our_own_concepts_keep_their_place_among_the_downloads(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    """Above type 2 diabetes stands a class of ours, below its complications a condition of ours."""
    above, below = names.METABOLIC_DISORDER, names.DIABETIC_FOOT
    first = download()
    first["concept"].append(
        concept(names.T2DM_COMPLICATION, "Disorder due to type 2 diabetes mellitus", "422014003")
    )
    first["concept_ancestor"] += [
        ancestor(names.T2DM_COMPLICATION, names.T2DM_COMPLICATION, 0),
        ancestor(DISEASE, names.T2DM_COMPLICATION, 3),
    ]
    before = ancestors(stocked_sqlite)
    assert (above, WITH_FOOT) not in before
    assert (DISEASE, below) not in before
    report = load(stocked_sqlite, tmp_path / "first", first)
    after = ancestors(stocked_sqlite)
    assert report.table("concept_ancestor").derived > 0
    # From the class to diabetes as shipped, and from there the download's way.
    least, most = before[above, DIABETES]
    assert after[above, WITH_FOOT] == (least + 2, most + 2)
    least, most = before[names.T2DM_COMPLICATION, below]
    assert after[DISEASE, below] == (least + 3, most + 3)
    again = load(stocked_sqlite, tmp_path / "again", first)
    assert ancestors(stocked_sqlite) == after
    assert again.table("concept_ancestor").added == 0
    assert again.table("concept_ancestor").changed == 0


def test_peoples_records_are_not_touched(stocked_sqlite: Engine, tmp_path: Path) -> None:
    person = metadata.tables["person"]
    with stocked_sqlite.begin() as connection:
        connection.execute(
            person.insert().values(
                person_id=1,
                gender_concept_id=8507,
                year_of_birth=1950,
                race_concept_id=0,
                ethnicity_concept_id=0,
            )
        )
    load(stocked_sqlite, tmp_path / "first", download())
    with stocked_sqlite.connect() as connection:
        assert connection.execute(select(person.c.person_id)).scalars().all() == [1]


def test_equal_rows_are_one_and_the_valid_strength_is_kept(
    sqlite_vault: Engine, tmp_path: Path
) -> None:
    first = download()
    strength = first["drug_strength"][0]
    old = strength | {"numerator_value": 9.0, "invalid_reason": "D"}
    first["drug_strength"] = [old, strength]
    first["concept_synonym"] *= 2
    report = load(sqlite_vault, tmp_path / "first", first)
    assert report.table("concept_synonym").repeated == 1
    assert report.table("drug_strength").repeated == 1
    assert rows(sqlite_vault, "drug_strength") == [strength]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_download(tmp_path / "download", download())


def refused(engine: Engine, folder: Path) -> str:
    """The message with which a download is refused; the vault is as it was."""
    with read_tables(engine) as snapshot:
        before = snapshot.snapshot_id
    with pytest.raises(ImportRefused) as error:
        load_athena(engine, folder, today=TODAY)
    with read_tables(engine) as snapshot:
        assert snapshot.snapshot_id == before
    return str(error.value)


def test_a_missing_file_is_named(sqlite_vault: Engine, folder: Path) -> None:
    (folder / "CONCEPT_ANCESTOR.csv").unlink()
    (folder / "DOMAIN.csv").unlink()
    assert "DOMAIN.csv, CONCEPT_ANCESTOR.csv missing" in refused(sqlite_vault, folder)


def test_a_folder_that_is_not_there_is_named(sqlite_vault: Engine, tmp_path: Path) -> None:
    assert refused(sqlite_vault, tmp_path / "no").endswith("no such folder")


def test_file_names_may_be_in_any_case(sqlite_vault: Engine, folder: Path) -> None:
    (folder / "CONCEPT.csv").rename(folder / "concept.CSV")
    assert load_athena(sqlite_vault, folder).table("concept").added == 6


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("concept_id\tlanguage_concept_id", "the header lacks concept_synonym_name"),
        ("concept_id,concept_synonym_name,language_concept_id", "separated by tabs"),
        ("concept_id\tconcept_synonym_name\tlanguage_concept_id\textra", "has 'extra'"),
        ("", "the header lacks"),
    ],
)
def test_a_wrong_header_is_refused(
    sqlite_vault: Engine, folder: Path, header: str, message: str
) -> None:
    (folder / "CONCEPT_SYNONYM.csv").write_text(f"{header}\n", encoding="utf-8")
    text = refused(sqlite_vault, folder)
    assert text.startswith("CONCEPT_SYNONYM.csv line 1: ")
    assert message in text


@pytest.mark.parametrize(
    ("file", "line", "message"),
    [
        ("CONCEPT_ANCESTOR.csv", "1\t2\t0", "line 15: 3 values, 4 columns"),
        ("CONCEPT_ANCESTOR.csv", "1\t2\t0\t0\t0", "line 15: 5 values, 4 columns"),
        ("CONCEPT_ANCESTOR.csv", "1\tx2\t0\t0", "descendant_concept_id is not a whole number"),
        ("CONCEPT_ANCESTOR.csv", "1\t\t0\t0", "line 15: descendant_concept_id is empty"),
        (
            "CONCEPT_ANCESTOR.csv",
            "1\t2000016001\t0\t0",
            "line 15: descendant_concept_id is from 2000000000 on",
        ),
        (
            "CONCEPT_RELATIONSHIP.csv",
            "1\t2\tIs a\t1970-01-01\t20991231\t",
            "line 9: valid_start_date is not a date as YYYYMMDD",
        ),
        (
            "CONCEPT_RELATIONSHIP.csv",
            "1\t2\tIs a\t19700101\t20990231\t",
            "line 9: valid_end_date is not a date as YYYYMMDD",
        ),
        (
            "CONCEPT.csv",
            "201820\tOther\tCondition\tSNOMED\tDisorder\tS\t1\t19700101\t20991231\t",
            "line 3: another row has the same concept_id and other content",
        ),
        (
            "CONCEPT.csv",
            "7\tOurs\tCondition\tCareCommons\tDisorder\tS\t1\t19700101\t20991231\t",
            "line 8: vocabulary CareCommons is ours",
        ),
    ],
)
def test_a_broken_row_is_named_by_file_and_line(
    sqlite_vault: Engine, folder: Path, file: str, line: str, message: str
) -> None:
    with (folder / file).open("a", encoding="utf-8") as target:
        target.write(line + "\n")
    text = refused(sqlite_vault, folder)
    assert text.startswith(f"{file} line ")
    assert message in text


def test_a_file_that_is_not_utf_8_is_refused(sqlite_vault: Engine, folder: Path) -> None:
    with (folder / "CONCEPT_SYNONYM.csv").open("ab") as target:
        target.write(b"1\t\xff\xfe\t4180186\n")
    assert refused(sqlite_vault, folder) == "CONCEPT_SYNONYM.csv line 3: not UTF-8"


def test_a_late_fault_leaves_nothing_of_the_earlier_files(vault: Engine, folder: Path) -> None:
    """The last file is at fault, after all others were written."""
    with (folder / "DRUG_STRENGTH.csv").open("a", encoding="utf-8") as target:
        target.write("x\n")
    assert refused(vault, folder).startswith("DRUG_STRENGTH.csv line 3: 1 values, 12 columns")
    assert all(rows(vault, table) == [] for table in VOCABULARY_TABLES)


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(first=st.sets(st.integers(1, 12)), second=st.sets(st.integers(1, 12)))
def test_after_any_two_downloads_the_valid_rows_are_those_of_the_second(
    tmp_path_factory: pytest.TempPathFactory, first: set[int], second: set[int]
) -> None:
    folder = tmp_path_factory.mktemp("two")
    engine = create_vault(f"sqlite:///{folder / 'v' / 'vault.db'}", base_vocabulary=False)
    always = download()

    def of(ids: set[int]) -> dict[str, Any]:
        extra = [concept(6_000_000 + i, f"Number {i}", f"n{i}") for i in sorted(ids)]
        return changed(
            always,
            concept=[*always["concept"], *extra],
            concept_relationship=[relation(6_000_000 + i, TYPE_2, "Is a") for i in sorted(ids)],
            concept_ancestor=[ancestor(TYPE_2, 6_000_000 + i, 1) for i in sorted(ids)],
        )

    load(engine, folder / "first", of(first))
    report = load(engine, folder / "second", of(second))
    valid = {i for i, row in concepts(engine).items() if row["invalid_reason"] is None}
    assert {i - 6_000_000 for i in valid if 6_000_000 < i < 6_000_100} == second
    assert {below - 6_000_000 for _, below in ancestors(engine)} == second
    relations = rows(engine, "concept_relationship")
    assert {
        r["concept_id_1"] - 6_000_000 for r in relations if r["invalid_reason"] is None
    } == second
    assert report.table("concept").added == len(second - first)
    assert report.table("concept").invalidated == len(first - second)
    engine.dispose()


def test_the_command_prints_what_changed(
    stocked_sqlite: Engine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARECOMMONS_ENGINE_VAULT_URL", str(stocked_sqlite.url))
    result = CliRunner().invoke(vault_command, ["vocabulary", str(folder), "--json"])
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    assert printed["tables"][0]["table"] == "concept"
    assert printed["tables"][0]["added"] == 4
    again = CliRunner().invoke(vault_command, ["vocabulary", str(folder)])
    assert "concept_ancestor" in again.output
    with stocked_sqlite.connect() as connection:
        batch = metadata.tables["import_batch"]
        kinds = connection.execute(select(batch.c.kind)).scalars().all()
    assert kinds[-2:] == ["vocabulary", "vocabulary"]


def test_the_shipped_vocabulary_survives_a_round_through_files(
    sqlite_vault: Engine, tmp_path: Path
) -> None:
    """What is shipped of OHDSI, written as a download, is read back equal."""
    shipped = load_base_vocabulary()
    tables = download()
    tables["concept"] = [r for r in shipped["concept"].to_pylist() if r["concept_id"] < 2e9]
    ids = {row["concept_id"] for row in tables["concept"]}
    tables["concept_ancestor"] = [
        row
        for row in shipped["concept_ancestor"].to_pylist()
        if {row["ancestor_concept_id"], row["descendant_concept_id"]} <= ids
    ]
    load(sqlite_vault, tmp_path / "shipped", tables)
    assert rows(sqlite_vault, "concept") == tables["concept"]
    assert rows(sqlite_vault, "concept_ancestor") == tables["concept_ancestor"]
    assert SUGAR not in concepts(sqlite_vault)
