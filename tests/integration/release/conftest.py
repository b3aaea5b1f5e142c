from __future__ import annotations

from pathlib import Path

import pytest

from deid.build.pipeline import build_release
from deid.policy import load_policy
from deid.release import Release
from tests.integration.release.residents import (
    fixed_keyring,
    make_vault,
    residents,
    settings_for,
)


@pytest.fixture(scope="session")
def vault_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A vault of sixty residents with notes; nobody writes into it."""
    return make_vault(tmp_path_factory.mktemp("residents"), residents())


@pytest.fixture(scope="session")
def published(vault_url: str, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The release ``county-v1`` of that vault under the default policy."""
    settings = settings_for(tmp_path_factory.mktemp("published"), vault_url)
    policy = load_policy("limited-research")
    return build_release(settings, fixed_keyring(), vault_url, policy, "county-v1", "A county")


@pytest.fixture
def small_vault_url(tmp_path: Path) -> str:
    """A vault of one's own, without notes."""
    return make_vault(tmp_path / "own", residents(notes=False))
