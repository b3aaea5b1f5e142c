"""A release that continues another: the same people under the same ids and offsets, with more."""

from __future__ import annotations

import datetime as dt
import stat
from pathlib import Path

import numpy as np
import pytest

from deid.build.line import line_of
from deid.build.offsets import OFFSETS_FILE, Offsets, read_offsets
from deid.build.pipeline import build_release
from deid.build.verify import verify_release
from deid.errors import ManifestMismatch, ReleaseError, ReleaseNotFound
from deid.keys import Keyring
from deid.policy import load_policy
from deid.release import Release
from deid.settings import EngineSettings
from tests.integration.release.residents import fixed_keyring, residents, settings_for
from tests.integration.release.vaults import SqliteVaults

POLICY = load_policy("limited-research")
MOVED = 5


@pytest.fixture(scope="module")
def line(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[EngineSettings, Release, Release]:
    """Two releases: of sixty residents, and later of seventy with a fifth visit."""
    vaults = SqliteVaults(tmp_path_factory.mktemp("vaults"))
    first = vaults.new(residents(notes=False))
    rows = residents(people=70, visits=5, notes=False)
    for row in rows["person_identity"]:
        if row["person_id"] == MOVED:
            row["household_id"] = 1
    later = vaults.new(rows)
    settings = settings_for(tmp_path_factory.mktemp("line"), first)
    one = build_release(settings, fixed_keyring(), first, POLICY, "county-v1", "A county")
    two = build_release(
        settings, fixed_keyring(), later, POLICY, "county-v2", "A county", continues="county-v1"
    )
    return settings, one, two


def offsets(settings: EngineSettings, release: Release) -> Offsets:
    line = line_of(release.manifest, fixed_keyring())
    return read_offsets(settings.evidence_root, release.name, line.name, line.keyring)


def visits(release: Release) -> dict[int, tuple[int, dt.date]]:
    rows = release.read("visit_occurrence").to_pylist()
    return {r["visit_occurrence_id"]: (r["person_id"], r["visit_start_date"]) for r in rows}


def test_who_was_there_before_has_the_same_ids_and_dates(
    line: tuple[EngineSettings, Release, Release],
) -> None:
    _, one, two = line
    before, after = visits(one), visits(two)
    both = before.keys() & after.keys()
    assert len(both) > 100
    assert {key: before[key] for key in both} == {key: after[key] for key in both}
    assert after.keys() - before.keys()
    assert set(one.read("person")["person_id"].to_pylist()) <= set(
        two.read("person")["person_id"].to_pylist()
    )


def test_who_moved_to_another_household_keeps_the_offset(
    line: tuple[EngineSettings, Release, Release],
) -> None:
    settings, one, two = line
    before, after = offsets(settings, one), offsets(settings, two)
    assert np.array_equal(after.of(before.people), before.days)
    assert not np.array_equal(after.households_of(before.people), before.households)
    assert after.window.max_weeks == before.window.max_weeks


def test_both_are_verified_and_the_later_names_the_earlier(
    line: tuple[EngineSettings, Release, Release],
) -> None:
    _, one, two = line
    assert (one.manifest.continues, one.manifest.line) == ("", "")
    assert (two.manifest.continues, two.manifest.line) == ("county-v1", "county-v1")
    verify_release(two)


def test_the_offsets_are_those_of_the_dates_and_of_nobody_elses_key(
    line: tuple[EngineSettings, Release, Release],
) -> None:
    settings, one, _ = line
    found = offsets(settings, one)
    assert (found.days % 7 == 0).all()
    assert (found.days != 0).all()
    path = settings.evidence_root / "county-v1" / OFFSETS_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(ManifestMismatch, match="their key is another"):
        read_offsets(settings.evidence_root, "county-v1", "county-v1", Keyring("x", bytes(32)))
    with pytest.raises(ManifestMismatch):
        read_offsets(settings.evidence_root, "county-v1", "county-v2", fixed_keyring())
    with pytest.raises(ManifestMismatch, match="do not belong"):
        found.of(np.array([1]))


def test_neither_ids_nor_offsets_can_be_read_in_the_sealed_file(
    line: tuple[EngineSettings, Release, Release],
) -> None:
    settings, one, _ = line
    data = (settings.evidence_root / "county-v1" / OFFSETS_FILE).read_bytes()
    for person in offsets(settings, one).people.tolist():
        assert int(person).to_bytes(8, "little") not in data
    assert b"PAR1" not in data


def test_a_changed_file_of_offsets_is_recognised(
    line: tuple[EngineSettings, Release, Release], tmp_path: Path
) -> None:
    settings, _, _ = line
    data = bytearray((settings.evidence_root / "county-v1" / OFFSETS_FILE).read_bytes())
    data[-1] ^= 1
    (tmp_path / "county-v1").mkdir()
    (tmp_path / "county-v1" / OFFSETS_FILE).write_bytes(bytes(data))
    with pytest.raises(ManifestMismatch):
        read_offsets(tmp_path, "county-v1", "county-v1", fixed_keyring())


def test_what_cannot_be_continued_is_refused_before_anything_is_read(
    line: tuple[EngineSettings, Release, Release],
) -> None:
    settings, _, _ = line
    vault_url = settings.vault_url
    with pytest.raises(ReleaseNotFound, match="no release named"):
        build_release(settings, fixed_keyring(), vault_url, POLICY, "x", "x", continues="county-v9")
    teaching = load_policy("teaching")
    with pytest.raises(ReleaseError, match="by another policy cannot continue it"):
        build_release(
            settings, fixed_keyring(), vault_url, teaching, "x", "x", continues="county-v1"
        )
