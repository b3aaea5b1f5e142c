"""OMOP datasets as sites write them: Parquet or CSV, v5.3 or v5.4, files or a database."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, create_engine, text

from deid.errors import ImportRefused
from deid.importers.omop import OmopDataset, read_omop_database, read_omop_directory
from deid.vault.loading import LoadOptions, load_dataset
from deid.vault.report import ImportReport
from deid.vault.store import create_vault, read_tables
from tests.integration.vault.records import TODAY, dataset, note, person, vocabulary


def bring(vault: Engine, found: OmopDataset) -> ImportReport:
    return load_dataset(
        vault,
        found.tables,
        "site",
        "omop",
        options=LoadOptions(today=TODAY),
        remarks=found.remarks,
    )


def write_parquet(folder: Path, tables: dict[str, pa.Table]) -> None:
    folder.mkdir(exist_ok=True)
    for name, rows in tables.items():
        pq.write_table(rows, folder / f"{name}.parquet")


def write_csv(path: Path, rows: list[dict[str, Any]], delimiter: str = ",") -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


def test_parquet_files_are_read_whatever_the_case_of_names(
    sqlite_vault: Engine, tmp_path: Path
) -> None:
    tables = dataset()
    shouting = tables["person"].rename_columns([n.upper() for n in tables["person"].column_names])
    write_parquet(tmp_path, {**tables, "PERSON": shouting})
    (tmp_path / "person.parquet").unlink()
    assert bring(sqlite_vault, read_omop_directory(tmp_path)).loaded == 10


def test_a_folder_of_parts_is_one_table(sqlite_vault: Engine, tmp_path: Path) -> None:
    write_parquet(tmp_path, {t: rows for t, rows in dataset().items() if t != "person"})
    (tmp_path / "person").mkdir()
    for number in (1, 2):
        pq.write_table(
            pa.Table.from_pylist([person(number)]), tmp_path / "person" / f"part-{number}.parquet"
        )
    assert bring(sqlite_vault, read_omop_directory(tmp_path)).table("person").loaded == 2


def test_csv_with_commas_and_with_tabs_is_read(sqlite_vault: Engine, tmp_path: Path) -> None:
    concepts = [
        {**row, "valid_start_date": "19700101", "valid_end_date": "20991231"}
        for row in vocabulary()
    ]
    concepts[0]["concept_name"] = 'a "quoted word'
    lines = ["\t".join(concepts[0])]
    lines += ["\t".join("" if v is None else str(v) for v in row.values()) for row in concepts]
    (tmp_path / "CONCEPT.csv").write_text("\n".join(lines) + "\n")
    write_csv(
        tmp_path / "person.csv",
        [
            {**person(1), "birth_datetime": "1951-02-03 04:05:06"},
            {**person(2), "birth_datetime": "19520203"},
        ],
    )
    write_csv(tmp_path / "note.csv", [{**note(1, 1, "two\nlines, and a comma"), "note_title": ""}])
    (tmp_path / "death.csv").write_text("person_id,death_date\n")
    report = bring(sqlite_vault, read_omop_directory(tmp_path))
    assert report.refused == 0
    with read_tables(sqlite_vault) as snapshot:
        assert snapshot.read("concept")["concept_name"].to_pylist()[0] == 'a "quoted word'
        assert str(snapshot.read("person")["birth_datetime"].to_pylist()[0]) == (
            "1951-02-03 04:05:06"
        )
        assert snapshot.read("note")["note_text"].to_pylist() == ["two\nlines, and a comma"]
        assert snapshot.read("note")["note_title"].to_pylist() == [None]
    assert report.table("death").read == 0


def test_columns_of_v53_are_read_under_their_new_names(
    sqlite_vault: Engine, tmp_path: Path
) -> None:
    tables = dataset()
    visits = tables["visit_occurrence"]
    tables["visit_occurrence"] = visits.append_column(
        "admitting_source_value", pa.array(["home", "home"])
    )
    write_parquet(tmp_path, tables)
    report = bring(sqlite_vault, read_omop_directory(tmp_path))
    assert report.notes == (
        "visit_occurrence: column admitting_source_value of v5.3 read as "
        "admitted_from_source_value",
    )
    with read_tables(sqlite_vault) as snapshot:
        values = snapshot.read("visit_occurrence")["admitted_from_source_value"].to_pylist()
    assert values == ["home", "home"]


def test_a_file_that_is_no_table_is_reported(sqlite_vault: Engine, tmp_path: Path) -> None:
    write_parquet(tmp_path, dataset())
    (tmp_path / "attribute_definition.csv").write_text("a,b\n1,2\n")
    report = bring(sqlite_vault, read_omop_directory(tmp_path))
    assert [skipped.what for skipped in report.skipped] == ["file attribute_definition.csv"]


def test_identity_tables_beside_the_records_are_imported(
    sqlite_vault: Engine, tmp_path: Path
) -> None:
    write_parquet(tmp_path, dataset())
    write_csv(tmp_path / "person_identity.csv", [{"person_id": 1, "full_name": "Zephyrine"}])
    report = bring(sqlite_vault, read_omop_directory(tmp_path))
    assert report.table("person_identity").loaded == 1


def test_a_database_is_read_by_its_url(vault_url: str, tmp_path: Path) -> None:
    source = create_vault(vault_url, base_vocabulary=False)
    load_dataset(source, dataset(), "site", "omop", options=LoadOptions(today=TODAY))
    target = create_vault(f"sqlite:///{tmp_path / 'other' / 'vault.db'}", base_vocabulary=False)
    assert bring(target, read_omop_database(vault_url)).loaded == 10
    with read_tables(source) as one, read_tables(target) as other:
        assert one.snapshot_id == other.snapshot_id


def test_a_damaged_parquet_file_refuses_the_whole_import(
    sqlite_vault: Engine, tmp_path: Path
) -> None:
    write_parquet(tmp_path, dataset())
    path = tmp_path / "condition_occurrence.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ImportRefused, match=r"condition_occurrence\.parquet: not a whole Parquet"):
        bring(sqlite_vault, read_omop_directory(tmp_path))


def test_a_damaged_row_group_is_named_and_nothing_is_loaded(
    sqlite_vault: Engine, tmp_path: Path
) -> None:
    write_parquet(tmp_path, dataset())
    rows = pa.Table.from_pylist([note(n, 1, f"text {n} " * 50) for n in range(1000)])
    path = tmp_path / "note.parquet"
    pq.write_table(rows, path, row_group_size=500, compression="snappy")
    data = bytearray(path.read_bytes())
    chunk = pq.ParquetFile(path).metadata.row_group(1).column(0)
    data[chunk.data_page_offset : chunk.data_page_offset + 30] = b"\xff" * 30
    path.write_bytes(bytes(data))
    with pytest.raises(ImportRefused, match=r"note\.parquet: row group 2 of 2 is damaged"):
        bring(sqlite_vault, read_omop_directory(tmp_path))
    with read_tables(sqlite_vault) as snapshot:
        assert snapshot.rows("person") == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: there is no header"),
        (b"person_id,year_of_birth\n1,1950\n2,Quillfeather,3\n", "line 3: expected 2 columns"),
        (b"person_id,year_of_birth\n1,\xff\xfe\n", "not in UTF-8"),
        (b"person_id,shoe_size\n1,43\n", "no column shoe_size"),
    ],
)
def test_an_unreadable_csv_refuses_the_import_with_file_and_line(
    sqlite_vault: Engine, tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "person.csv").write_bytes(content)
    with pytest.raises(ImportRefused, match=message) as caught:
        bring(sqlite_vault, read_omop_directory(tmp_path))
    assert "person" in str(caught.value)
    assert "Quillfeather" not in str(caught.value)


def test_a_folder_without_tables_and_a_table_in_two_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="no such folder"):
        read_omop_directory(tmp_path / "absent")
    with pytest.raises(ImportRefused, match="no table of OMOP"):
        read_omop_directory(tmp_path)
    (tmp_path / "person.csv").write_text("person_id\n")
    (tmp_path / "PERSON.tsv").write_text("person_id\n")
    with pytest.raises(ImportRefused, match="person comes twice"):
        read_omop_directory(tmp_path)


def test_a_database_without_omop_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="no such file"):
        read_omop_database(f"sqlite:///{tmp_path / 'absent.db'}")
    assert not (tmp_path / "absent.db").exists()
    url = f"sqlite:///{tmp_path / 'other.db'}"
    with create_engine(url).begin() as connection:
        connection.execute(text("CREATE TABLE orders (id INTEGER)"))
    with pytest.raises(ImportRefused, match="no table of OMOP"):
        read_omop_database(url)
    with pytest.raises(ImportRefused, match="SQLAlchemy"):
        read_omop_database("nosuchdb://hunter2@x/y")


def test_a_file_without_a_header_is_refused_without_quoting_its_first_row(
    sqlite_vault: Engine, tmp_path: Path
) -> None:
    (tmp_path / "person.csv").write_text("1,8507,1950,,,,0,0,Blenkinsop\n2,8507,1950,,,,0,0,x\n")
    with pytest.raises(ImportRefused, match="most names of its header are no columns") as refused:
        bring(sqlite_vault, read_omop_directory(tmp_path))
    assert "blenkinsop" not in str(refused.value).casefold()


@pytest.mark.parametrize(("end", "loaded"), [('"\n', 2), ("\n", 0)])
def test_a_quotation_mark_that_is_never_closed_swallows_no_rows(
    sqlite_vault: Engine, tmp_path: Path, end: str, loaded: int
) -> None:
    header = (
        "person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id,"
        "person_source_value\n"
    )
    rows = f'11,8507,1950,0,0,a\n12,8507,1950,0,0,"b\n13,8507,1950,0,0,c{end}'
    (tmp_path / "person.csv").write_text(header + rows)
    source = read_omop_directory(tmp_path)
    if loaded:
        assert bring(sqlite_vault, source).table("person").loaded == loaded
    else:
        with pytest.raises(ImportRefused, match="never closed"):
            bring(sqlite_vault, source)
