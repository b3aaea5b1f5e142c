from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from deid.errors import ManifestMismatch, ReleaseError, ReleaseNotFound
from deid.release import check_release_name, list_releases, open_release, survey_releases
from tests.builders import build_release

PEOPLE = {"person": [{"person_id": 5, "year_of_birth": 1950}]}


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "A", "-a", "a" * 65, "a\n"])
def test_a_name_that_could_lead_out_of_the_folder_is_refused(name: str) -> None:
    with pytest.raises(ReleaseError, match="1 to 64 small letters"):
        check_release_name(name)


def test_a_release_is_read_as_it_was_written(tmp_path: Path) -> None:
    build_release(tmp_path, PEOPLE)
    release = open_release(tmp_path, "tiny-v1")
    assert release.tables == ("person",)
    assert release.read("person").to_pylist() == PEOPLE["person"]
    assert release.dictionary.search("PERSON birth")[0].name == "year_of_birth"
    release.check_files()


def test_a_connection_sees_its_release_and_nothing_else_of_the_machine(tmp_path: Path) -> None:
    release = build_release(tmp_path, PEOPLE)
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b\n1,2\n")
    with release.connect() as connection:
        assert connection.execute("SELECT count(*) FROM person").fetchall() == [(1,)]
        connection.execute("CREATE TEMP TABLE mine AS SELECT * FROM person")
        for statement in (
            f"SELECT * FROM '{secret}'",
            f"COPY person TO '{tmp_path}/out.csv'",
            "SET enable_external_access = true",
            f"ATTACH '{tmp_path}/other.duckdb'",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(statement)


def test_an_absent_release_or_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReleaseNotFound, match="no release named gone"):
        open_release(tmp_path, "gone")
    release = build_release(tmp_path, PEOPLE)
    with pytest.raises(ReleaseNotFound, match="has no table death"):
        release.parquet_paths("death")
    with pytest.raises(ReleaseNotFound, match="has no table death"):
        release.read("death")


def test_a_release_under_another_name_or_with_a_damaged_manifest_is_refused(
    tmp_path: Path,
) -> None:
    release = build_release(tmp_path, PEOPLE)
    release.path.rename(tmp_path / "renamed")
    with pytest.raises(ManifestMismatch, match="the folder renamed holds release tiny-v1"):
        open_release(tmp_path, "renamed")
    manifest = tmp_path / "renamed" / "manifest.json"
    manifest.chmod(0o644)
    manifest.write_text('{"format": "care-commons-release/1"')
    with pytest.raises(ManifestMismatch, match="release renamed: damaged manifest"):
        open_release(tmp_path, "renamed")


def test_a_damaged_release_is_left_out_and_hides_no_other(tmp_path: Path) -> None:
    release = build_release(tmp_path, PEOPLE)
    shutil.copytree(release.path, tmp_path / "tiny-v1-copy")
    assert [release.name for release in list_releases(tmp_path)] == ["tiny-v1"]
    _, damaged = survey_releases(tmp_path)
    assert str(damaged.pop("tiny-v1-copy")) == "the folder tiny-v1-copy holds release tiny-v1"
    assert damaged == {}


def test_what_is_being_staged_is_not_listed(tmp_path: Path) -> None:
    assert list_releases(tmp_path / "absent") == []
    build_release(tmp_path, PEOPLE)
    (tmp_path / ".staging-other").mkdir()
    (tmp_path / ".staging-other" / "manifest.json").write_text("{}")
    (tmp_path / "empty").mkdir()
    assert [release.name for release in list_releases(tmp_path)] == ["tiny-v1"]
