"""The world that portal tests happen in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.portal.world import World, make_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Sixty people, thirty with hypertension; one user of each role; one project."""
    return make_world(tmp_path)
