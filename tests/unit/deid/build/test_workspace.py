from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pytest

from deid.build.workspace import claimed_folder, private_folder
from deid.build.writer import ReleaseWriter
from deid.errors import ReleaseAlreadyExists, ReleaseError
from deid.release import list_releases
from tests.builders import build_release


def test_a_private_folder_is_empty_closed_to_others_and_gone_afterwards(tmp_path: Path) -> None:
    left = tmp_path / "work" / "build-a"
    left.mkdir(parents=True)
    (left / "old.duckdb").write_bytes(b"left behind")
    with private_folder(tmp_path / "work", "a") as folder:
        assert list(folder.iterdir()) == []
        assert folder.stat().st_mode & 0o077 == 0
        (folder / "new.duckdb").touch()
    assert not folder.exists()


def test_a_private_folder_is_gone_after_an_error_too(tmp_path: Path) -> None:
    def fail() -> None:
        with private_folder(tmp_path, "a") as folder:
            (folder / "file").touch()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_held_is_neither_claimed_nor_removed(tmp_path: Path) -> None:
    with private_folder(tmp_path, "a") as held:
        (held / "file").touch()
        with (
            pytest.raises(ReleaseError, match="a is being built already"),
            private_folder(tmp_path, "a"),
        ):
            pass
        with private_folder(tmp_path, "b"):
            assert (held / "file").exists()


def test_a_folder_that_was_renamed_meanwhile_is_kept(tmp_path: Path) -> None:
    with claimed_folder(tmp_path / "staging", "held"):
        (tmp_path / "staging" / "file").touch()
        os.rename(tmp_path / "staging", tmp_path / "final")
    assert (tmp_path / "final" / "file").exists()


def test_a_release_that_is_not_published_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with ReleaseWriter(tmp_path, "a") as writer:
            writer.write_table("person", pa.table({"person_id": [1]}))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_table_without_a_file_is_refused(tmp_path: Path) -> None:
    with (
        ReleaseWriter(tmp_path, "a") as writer,
        pytest.raises(ReleaseError, match="no file was written for table person"),
    ):
        writer.add_table("person", 0)


def test_a_published_release_is_read_only_and_its_name_is_taken(tmp_path: Path) -> None:
    release = build_release(tmp_path, {"person": [{"person_id": 1}]}, name="tiny")
    assert all(
        path.stat().st_mode & 0o222 == 0 for path in release.path.rglob("*") if path.is_file()
    )
    with pytest.raises(ReleaseAlreadyExists, match="never changes"):
        build_release(tmp_path, {"person": [{"person_id": 2}]}, name="tiny")
    assert [item.name for item in list_releases(tmp_path)] == ["tiny"]


def test_a_file_in_the_way_is_named_and_not_touched(tmp_path: Path) -> None:
    (tmp_path / "build-a").write_text("mine")
    (tmp_path / "build-b").write_text("mine")
    with private_folder(tmp_path, "c"):
        pass
    with (
        pytest.raises(ReleaseError, match="build-a is in the way"),
        private_folder(tmp_path, "a"),
    ):
        pass
    assert (tmp_path / "build-b").read_text() == "mine"


def test_a_link_in_the_place_of_a_folder_is_refused_and_what_it_leads_to_is_kept(
    tmp_path: Path,
) -> None:
    kept = tmp_path / "elsewhere"
    kept.mkdir()
    (kept / "file").touch()
    root = tmp_path / "releases"
    root.mkdir()
    (root / ".staging-old").symlink_to(kept)
    (root / ".staging-new").symlink_to(kept)
    with pytest.raises(ReleaseError, match="in the way"), ReleaseWriter(root, "new"):
        pass
    assert (kept / "file").exists()


def test_a_folder_that_was_made_before_is_closed_to_others(tmp_path: Path) -> None:
    open_to_all = tmp_path / "work" / "build-a"
    open_to_all.mkdir(parents=True)
    open_to_all.chmod(0o777)
    with private_folder(tmp_path / "work", "a") as folder:
        assert folder.stat().st_mode & 0o077 == 0
