"""The public OMOP data sets beside the checkout become releases that verify."""

from __future__ import annotations

from pathlib import Path

import pytest

from deid.build.pipeline import build_release
from deid.build.verify import verify_release
from deid.importers.omop import read_omop_directory
from deid.policy import load_policy
from deid.vault.loading import LoadOptions, load_dataset
from deid.vault.store import create_vault
from tests.integration.release.residents import fixed_keyring, settings_for


@pytest.mark.shared
@pytest.mark.parametrize(("data", "people"), [("omop_synthea27nj", 28), ("omop_gibleed", 2694)])
def test_a_public_data_set_is_released_and_nobody_is_left_out(
    shared: Path, tmp_path: Path, data: str, people: int
) -> None:
    url = f"sqlite:///{tmp_path / 'vault' / 'vault.db'}"
    engine = create_vault(url)
    dataset = read_omop_directory(shared / data)
    load_dataset(engine, dataset.tables, data, "omop", options=LoadOptions(unknown_concepts="keep"))
    engine.dispose()
    release = build_release(
        settings_for(tmp_path, url, processes=2),
        fixed_keyring(),
        url,
        load_policy("limited-research"),
        "public-v1",
        data,
    )
    verify_release(release)
    assert release.manifest.tables["person"].rows_out == people
    assert release.risk["linkage"]["smallest_class"] >= 5
    condition = release.manifest.tables["condition_occurrence"]
    assert condition.rows_out > 0.9 * condition.rows_in
