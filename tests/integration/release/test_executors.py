"""Where notes are scrubbed makes no difference to a release."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deid.build.executors.spark import PROTECTED, unprotected
from deid.build.pipeline import build_release
from deid.errors import ConfigurationError
from deid.policy import load_policy
from deid.release import Release
from tests.integration.release.residents import fixed_keyring, settings_for

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def contents(release: Release) -> dict[str, bytes]:
    return {str(p.relative_to(release.path)): p.read_bytes() for p in release.path.rglob("*.*")}


@pytest.mark.spark
@pytest.mark.parametrize("vaults", ["sqlite"], indirect=True)
def test_spark_gives_the_bytes_of_local_processes(
    spark_session: SparkSession, published: Release, vault_url: str, tmp_path: Path
) -> None:
    settings = replace(settings_for(tmp_path, vault_url), executor="spark")
    policy = load_policy("limited-research")
    tracker = spark_session.sparkContext.statusTracker()
    jobs = len(tracker.getJobIdsForGroup())
    of_spark = build_release(settings, fixed_keyring(), vault_url, policy, "county-v1", "A county")
    files, before = contents(of_spark), contents(published)
    assert files.keys() == before.keys()
    assert [name for name in files if files[name] != before[name]] == []
    assert of_spark.manifest.tables["note"].rows_out > 100
    assert len(tracker.getJobIdsForGroup()) > jobs


def test_an_executor_that_is_not_there_stops_the_build_before_anything_is_read(
    tmp_path: Path,
) -> None:
    settings = replace(settings_for(tmp_path, "sqlite:///nowhere.db"), executor="dask")
    with pytest.raises(ConfigurationError, match="no executor 'dask'; there are processes and"):
        build_release(
            settings, fixed_keyring(), settings.vault_url, load_policy("teaching"), "v", "v"
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("left_out", PROTECTED)
def test_a_cluster_that_would_carry_notes_in_the_clear_is_refused(left_out: str) -> None:
    options = {name: value for name, value in PROTECTED.items() if name != left_out}
    assert unprotected("spark://head:7077", options) == [left_out]
    assert unprotected("local-cluster[2,1,1024]", options | {left_out: "false"}) == [left_out]
    assert unprotected("spark://head:7077", PROTECTED) == []
    assert unprotected("local[2]", {}) == []
