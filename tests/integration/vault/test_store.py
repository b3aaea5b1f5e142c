"""The vault: made private, opened only at the right version, read as one snapshot."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, text

from deid.errors import VaultError
from deid.vault.arrow import arrow_schema
from deid.vault.loading import LoadOptions, load_dataset
from deid.vault.schema import metadata
from deid.vault.store import create_vault, open_vault, read_tables, upgrade_vault
from deid.vocabulary import load_base_vocabulary
from tests.integration.vault.records import TODAY, dataset, note, person


def load(vault: Engine, **tables: object) -> None:
    load_dataset(
        vault,
        dataset(**tables),  # type: ignore[arg-type]
        "test",
        "omop",
        options=LoadOptions(today=TODAY),
    )


def test_the_migrations_make_exactly_the_tables_of_the_schema(vault: Engine) -> None:
    with vault.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_new_vault_holds_the_shipped_vocabulary(stocked: Engine) -> None:
    with read_tables(stocked) as snapshot:
        for table, rows in load_base_vocabulary().items():
            assert snapshot.rows(table) == rows.num_rows


def test_creating_a_vault_again_changes_nothing(vault_url: str) -> None:
    first = create_vault(vault_url)
    load_dataset(first, dataset(), "test", "omop", options=LoadOptions(today=TODAY))
    with read_tables(first) as snapshot:
        before = snapshot.snapshot_id
    with read_tables(create_vault(vault_url)) as snapshot:
        assert snapshot.snapshot_id == before
        assert snapshot.rows("person") == 2


def test_an_absent_vault_says_how_to_make_one(vault_url: str) -> None:
    with pytest.raises(VaultError, match="carecommons vault create"):
        open_vault(vault_url)


def test_a_vault_of_another_version_is_not_opened(vault_url: str) -> None:
    engine = create_vault(vault_url, base_vocabulary=False)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(VaultError, match="newer Care Commons"):
        open_vault(vault_url)


def test_upgrading_a_vault_at_the_right_version_changes_nothing(vault_url: str) -> None:
    create_vault(vault_url, base_vocabulary=False).dispose()
    upgrade_vault(vault_url).dispose()
    open_vault(vault_url).dispose()


def test_the_vault_file_and_its_folder_are_its_owners_only(tmp_path: Path) -> None:
    create_vault(f"sqlite:///{tmp_path / 'vault' / 'vault.db'}", base_vocabulary=False)
    assert (tmp_path / "vault").stat().st_mode & 0o777 == 0o700
    for file in (tmp_path / "vault").iterdir():
        assert file.stat().st_mode & 0o077 == 0, file.name


def test_a_vault_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "vault" / "vault.db"
    create_vault(f"sqlite:///{path}", base_vocabulary=False).dispose()
    path.chmod(0o644)
    with pytest.raises(VaultError, match=r"0644.*chmod 600"):
        open_vault(f"sqlite:///{path}")


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("not a url with hunter2", "dialect"),
        ("sqlite://", "in memory"),
        ("nosuchdb://somewhere/x", "no driver"),
        ("postgresql+psycopg://u:hunter2@127.0.0.1:1/x", "cannot be used"),
    ],
)
def test_an_unusable_url_is_told_without_its_password(url: str, advice: str) -> None:
    with pytest.raises(VaultError, match=advice) as caught:
        open_vault(url)
    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_no_database_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "vault.db"
    path.write_bytes(b"something else altogether" * 100)
    path.chmod(0o600)
    with pytest.raises(VaultError, match="cannot be used"):
        open_vault(f"sqlite:///{path}")


def test_batches_have_the_schemas_types_and_the_order_of_the_key(vault: Engine) -> None:
    load(vault, person=[person(n) for n in (5, 3, 1, 4, 2)])
    with read_tables(vault) as snapshot:
        batches = list(snapshot.batches("person", batch_rows=2))
        assert [batch.num_rows for batch in batches] == [2, 2, 1]
        assert pa.Table.from_batches(batches).schema == arrow_schema("person")
        assert pa.Table.from_batches(batches)["person_id"].to_pylist() == [1, 2, 3, 4, 5]
        narrow = snapshot.read("person", ["year_of_birth", "person_id"])
        assert narrow.column_names == ["year_of_birth", "person_id"]
        assert list(snapshot.batches("specimen")) == []


def test_text_keys_are_ordered_by_their_bytes_on_every_database(stocked: Engine) -> None:
    with read_tables(stocked) as snapshot:
        ids = snapshot.read("vocabulary")["vocabulary_id"].to_pylist()
    assert ids == sorted(ids)


def test_both_ways_of_reading_give_the_same(stocked: Engine) -> None:
    load(stocked, note=[note(1, 1, "血压 150/95\nnext line"), note(2, 2, "")])
    with read_tables(stocked) as fast, read_tables(stocked, columnar=False) as plain:
        for table in fast.tables():
            assert fast.read(table).equals(plain.read(table)), table
        assert fast.snapshot_id == plain.snapshot_id


def test_a_snapshot_does_not_see_what_is_imported_meanwhile(vault: Engine) -> None:
    load(vault)
    with read_tables(vault) as snapshot:
        before = snapshot.snapshot_id
        load(vault, person=[person(n) for n in (1, 2, 3)])
        assert snapshot.rows("person") == 2
        assert snapshot.snapshot_id == before
    with read_tables(vault) as snapshot:
        assert snapshot.rows("person") == 3
        assert snapshot.snapshot_id != before


def test_the_snapshot_id_depends_on_the_rows_and_not_on_the_order_of_imports(
    tmp_path: Path,
) -> None:
    ids = []
    for name, people in (("a", (1, 2)), ("b", (2, 1))):
        vault = create_vault(f"sqlite:///{tmp_path / name / 'vault.db'}", base_vocabulary=False)
        for person_id in people:
            rows = {"person": pa.Table.from_pylist([person(person_id)])}
            load_dataset(vault, rows, name, "omop", options=LoadOptions(today=TODAY))
        with read_tables(vault) as snapshot:
            ids.append(snapshot.snapshot_id)
    assert ids[0] == ids[1]


def test_rows_removed_behind_the_programs_back_are_noticed(vault: Engine) -> None:
    load(vault)
    with vault.begin() as connection:
        connection.execute(text("DELETE FROM condition_occurrence"))
    with (
        read_tables(vault) as snapshot,
        pytest.raises(VaultError, match="table condition_occurrence was changed"),
    ):
        _ = snapshot.snapshot_id


def test_an_unknown_table_or_column_is_an_error(vault: Engine) -> None:
    with read_tables(vault) as snapshot:
        with pytest.raises(VaultError, match="no table persons"):
            snapshot.rows("persons")
        with pytest.raises(VaultError, match="no column shoe_size"):
            list(snapshot.batches("person", ["shoe_size"]))
