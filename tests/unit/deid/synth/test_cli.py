"""``carecommons synth`` puts one population into a vault, once."""

from __future__ import annotations

import json
import shutil
import stat
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deid.cli.synth import synth
from deid.cli.vault import vault as vault_command
from deid.errors import ImportRefused
from deid.importers.omop import read_omop_directory
from deid.synth.spool import spool_population
from deid.vault.loading import load_dataset
from deid.vault.reading import read_tables
from deid.vault.store import create_vault, open_vault
from deid.vocabulary import names


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CARECOMMONS_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A home whose vault was filled, and what was said."""
    folder = tmp_path_factory.mktemp("filled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARECOMMONS_HOME", str(folder))
        result = run()
    assert result.exit_code == 0, result.output
    return folder, result


@pytest.fixture
def filled_home(home: Path, filled: tuple[Path, Result]) -> Path:
    """A copy of that home."""
    shutil.copytree(filled[0], home, dirs_exist_ok=True)
    return home


def run(*arguments: str) -> Result:
    return CliRunner().invoke(synth, ["--residents", "6", *arguments])


def vault_url(home: Path) -> str:
    return f"sqlite:///{home / 'vault' / 'vault.db'}"


def snapshot(home: Path) -> tuple[str, int]:
    engine = open_vault(vault_url(home))
    with read_tables(engine) as vault:
        return vault.snapshot_id, vault.rows("person")


def test_the_vault_is_made_and_filled_and_the_report_printed(
    filled: tuple[Path, Result],
) -> None:
    home, result = filled
    assert "person" in result.output
    assert snapshot(home)[1] == 6


def test_all_rows_are_accepted_with_concepts_checked(filled: tuple[Path, Result]) -> None:
    engine = open_vault(vault_url(filled[0]))
    with read_tables(engine) as vault:
        assert vault.rows("import_refusal") == 0
        conditions = vault.read("condition_occurrence", ["condition_concept_id"])
    # Some codes are left unmapped on purpose.
    unmapped = conditions.column(0).to_pylist().count(names.NO_MATCHING_CONCEPT)
    assert unmapped < 0.1 * conditions.num_rows


def test_the_same_command_twice_changes_nothing(filled_home: Path) -> None:
    before = snapshot(filled_home)
    again = run()
    assert again.exit_code == 0
    assert snapshot(filled_home) == before


@pytest.mark.parametrize(
    "other", [["--seed", "2"], ["--residents", "7"], ["--until", "2024-06-30"]]
)
def test_another_population_in_the_same_vault_is_refused(
    filled_home: Path, other: list[str]
) -> None:
    before = snapshot(filled_home)
    refused = run(*other)
    assert isinstance(refused.exception, ImportRefused)
    assert "other residents" in str(refused.exception)
    assert snapshot(filled_home) == before


def test_a_refusal_names_no_resident(filled_home: Path) -> None:
    engine = open_vault(vault_url(filled_home))
    with read_tables(engine) as vault:
        people = vault.read("person_identity", ["full_name"]).column(0).to_pylist()
    message = str(run("--seed", "2").exception)
    assert not any(name in message for name in people)


def test_records_cannot_go_beyond_today(home: Path) -> None:
    refused = run("--until", "2999-01-01")
    assert refused.exit_code == 2
    assert "beyond today" in refused.output
    assert not (home / "vault").exists()


def test_gold_is_written_for_its_owner_alone_and_is_that_of_the_vault(home: Path) -> None:
    gold = home / "corpus" / "gold.jsonl"
    result = run("--gold", str(gold))
    assert result.exit_code == 0, result.output
    assert stat.S_IMODE(gold.stat().st_mode) == 0o600
    lines = [json.loads(line) for line in gold.read_text(encoding="utf-8").splitlines()]
    engine = open_vault(vault_url(home))
    with read_tables(engine) as vault:
        notes = vault.read("note", ["note_id", "note_text"]).to_pylist()
    assert {line["id"]: line["text"] for line in lines} == {
        str(row["note_id"]): row["note_text"] for row in notes
    }
    assert all(line["spans"] for line in lines)
    assert [path.name for path in gold.parent.iterdir()] == ["gold.jsonl"]


def test_a_refused_population_writes_no_gold(filled_home: Path) -> None:
    run("--seed", "2", "--gold", str(filled_home / "gold.jsonl"))
    assert not (filled_home / "gold.jsonl").exists()


def test_a_population_can_be_written_to_a_folder_that_the_vault_imports(
    home: Path, filled: tuple[Path, Result]
) -> None:
    result = run("--to", str(home / "county"))
    assert result.exit_code == 0, result.output
    assert not (home / "vault").exists()
    imported = create_vault(vault_url(home))
    dataset = read_omop_directory(home / "county")
    load_dataset(imported, dataset.tables, "county", "omop", remarks=dataset.remarks)
    assert snapshot(home) == snapshot(filled[0])


def test_a_folder_that_exists_is_left_as_it_is(home: Path) -> None:
    (home / "county").mkdir()
    assert isinstance(run("--to", str(home / "county")).exception, ImportRefused)
    assert list((home / "county").iterdir()) == []


def test_a_folder_is_the_same_byte_for_byte_each_time(tmp_path: Path) -> None:
    digests = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        spool_population(folder, 12, 4, until=date(2024, 6, 30))
        digests.append({p.name: sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()})
    assert digests[0] == digests[1]


def test_forms_are_written_instead_and_imported_by_the_vault(home: Path) -> None:
    result = run("--forms", str(home / "forms"), "--headers", "en")
    assert result.exit_code == 0, result.output
    assert not (home / "vault").exists()
    header = (home / "forms" / "basic_information.csv").read_text(encoding="utf-8-sig")
    assert "date" in header.splitlines()[0].casefold()
    assert CliRunner().invoke(vault_command, ["create"]).exit_code == 0
    imported = CliRunner().invoke(vault_command, ["import", "forms", str(home / "forms")])
    assert imported.exit_code == 0, imported.output
    assert snapshot(home)[1] == 6


@pytest.mark.parametrize("other", [("--to", "a"), ("--gold", "b")])
def test_one_kind_of_output_at_a_time(home: Path, other: tuple[str, str]) -> None:
    refused = run("--forms", str(home / "forms"), *other)
    assert refused.exit_code == 2
    assert "take one of" in refused.output
