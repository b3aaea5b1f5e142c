"""A file of a release that was cut off anywhere, or is gone, is recognised before it is read."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from deid.errors import ReleaseError
from deid.release import open_release
from tests.builders import build_release
from tests.integration.portal.world import RELEASE, release_tables


def test_each_file_of_a_release_that_is_cut_off_is_told_by_name(tmp_path: Path) -> None:
    pattern = tmp_path / "whole"
    build_release(pattern, release_tables(people=12, ill=6), RELEASE)
    open_release(pattern, RELEASE).check_files()
    files = [path for path in sorted((pattern / RELEASE).rglob("*")) if path.is_file()]
    assert any(path.suffix == ".parquet" for path in files)
    chance = random.Random(40)
    for path in files:
        root = tmp_path / "damaged"
        shutil.copytree(pattern, root)
        damaged = root / path.relative_to(pattern)
        damaged.chmod(0o600)
        damaged.write_bytes(damaged.read_bytes()[: chance.randrange(path.stat().st_size)])
        with pytest.raises(ReleaseError) as refusal:
            open_release(root, RELEASE).check_files()
        assert len(str(refusal.value).splitlines()) == 1
        shutil.rmtree(root)
