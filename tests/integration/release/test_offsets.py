"""The offsets of a release: kept by a release that continues it, and known where limits are dates.

Two releases are built: of sixty residents, and later of seventy with a fifth visit.
"""

from __future__ import annotations

import datetime as dt
import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import cohorts
from cohorts.calendar import CalendarResult, has_calendar_limits, run_on_true_dates
from cohorts.cdm import CdmFolder
from cohorts.extract_rows import person_ids
from cohorts.model import CohortDefinition
from deid.build.line import line_of
from deid.build.offsets import OFFSETS_FILE, Offsets, read_offsets
from deid.build.pipeline import build_release
from deid.build.verify import verify_release
from deid.errors import ManifestMismatch, ReleaseError, ReleaseNotFound
from deid.keys import Keyring
from deid.policy import load_policy
from deid.pseudonyms import Pseudonymiser
from deid.release import Release
from deid.settings import EngineSettings
from tests.integration.release.residents import FIRST, fixed_keyring, residents, settings_for
from tests.integration.release.vaults import SqliteVaults

Line = tuple[EngineSettings, Release, Release]
World = tuple[CdmFolder, Release, Offsets]
POLICY = load_policy("limited-research")
MOVED = 5
LEAST = 3
# The second visits of all sixty: two thousand days of records lie around them.
SECOND_VISITS = FIRST + dt.timedelta(days=900)


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Line:
    """The earlier and the later release."""
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


@pytest.fixture(scope="module")
def world(line: Line, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The true records as a CDM folder, their release, and its offsets."""
    rows = residents(notes=False)
    folder = tmp_path_factory.mktemp("cdm")
    for table in ("person", "observation_period", "visit_occurrence", "condition_occurrence"):
        pq.write_table(pa.Table.from_pylist(rows[table]), folder / f"{table}.parquet")
    settings, one, _ = line
    return cohorts.open_cdm_folder(folder), one, offsets(settings, one)


def offsets(settings: EngineSettings, release: Release) -> Offsets:
    line = line_of(release.manifest, fixed_keyring())
    return read_offsets(settings.evidence_root, release.name, line.name, line.keyring)


def visits(release: Release) -> dict[int, tuple[int, dt.date]]:
    rows = release.read("visit_occurrence").to_pylist()
    return {r["visit_occurrence_id"]: (r["person_id"], r["visit_start_date"]) for r in rows}


def test_who_was_there_before_has_the_same_ids_and_dates(
    line: Line,
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
    line: Line,
) -> None:
    settings, one, two = line
    before, after = offsets(settings, one), offsets(settings, two)
    assert np.array_equal(after.of(before.people), before.days)
    assert not np.array_equal(after.households_of(before.people), before.households)
    assert after.window.max_weeks == before.window.max_weeks


def test_both_are_verified_and_the_later_names_the_earlier(
    line: Line,
) -> None:
    _, one, two = line
    assert (one.manifest.continues, one.manifest.line) == ("", "")
    assert (two.manifest.continues, two.manifest.line) == ("county-v1", "county-v1")
    verify_release(two)


def test_the_offsets_are_those_of_the_dates_and_of_nobody_elses_key(
    line: Line,
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
    line: Line,
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
    line: Line,
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


def middle(offsets: Offsets) -> tuple[dt.date, dt.date]:
    """The true days that the release shows of everybody, whatever their offset."""
    reach = dt.timedelta(weeks=offsets.window.max_weeks)
    return offsets.window.start + reach, offsets.window.end - reach


def visits_between(
    first: dt.date, last: dt.date, censored: Mapping[str, str] | None = None, limit: str = "All"
) -> CohortDefinition:
    criterion: dict[str, Any] = {"VisitOccurrence": {}}
    if censored is None:
        criterion["VisitOccurrence"]["OccurrenceStartDate"] = {
            "Value": first.isoformat(),
            "Extent": last.isoformat(),
            "Op": "bt",
        }
    return cohorts.load(
        json.dumps(
            {
                "ConceptSets": [],
                "PrimaryCriteria": {
                    "CriteriaList": [criterion],
                    "ObservationWindow": {"PriorDays": 0, "PostDays": 0},
                    "PrimaryCriteriaLimit": {"Type": limit},
                },
                "QualifiedLimit": {"Type": limit},
                "ExpressionLimit": {"Type": limit},
                "InclusionRules": [],
                "EndStrategy": {"DateOffset": {"DateField": "StartDate", "Offset": 0}},
                "CollapseSettings": {"CollapseType": "ERA", "EraPad": 0},
                "CensorWindow": censored or {},
            }
        )
    )


def judged(world: World, definition: CohortDefinition, least: int = LEAST) -> CalendarResult:
    _, released, offsets = world
    people = person_ids(released.read("person")["person_id"])
    weeks = [w for w in range(-offsets.window.max_weeks, offsets.window.max_weeks + 1) if w]
    days = [7 * week for week in weeks]
    return run_on_true_dates(definition, released, people, offsets.of(people), days, least)


def true_rows(world: World, definition: CohortDefinition) -> set[tuple[int, dt.date]]:
    """Who is in the cohort in truth, by the release's ids, with the true day of entry."""
    folder, _, _ = world
    rows = cohorts.run(definition, folder).rows
    key = fixed_keyring().derive("release", "county-v1", "pseudonyms")
    ids = Pseudonymiser(key).ids("person", rows["subject_id"].to_numpy())
    return set(zip(ids.tolist(), rows["cohort_start_date"].to_pylist(), strict=True))


def shown_rows(world: World, result: CalendarResult) -> set[tuple[int, dt.date]]:
    """The delivered rows with their days moved back."""
    _, _, offsets = world
    rows = result.result.rows
    days = offsets.of(rows["subject_id"].to_numpy())
    return {
        (person, day - dt.timedelta(days=int(by)))
        for person, day, by in zip(
            rows["subject_id"].to_pylist(), rows["cohort_start_date"].to_pylist(), days, strict=True
        )
    }


def test_the_same_people_and_days_are_found_as_in_the_vault(world: World) -> None:
    first, last = middle(world[2])
    definition = visits_between(first, last)
    assert has_calendar_limits(definition)
    found = judged(world, definition, least=1)
    assert found.left_out == 0
    assert found.fewest >= 1
    assert found.possible == 2 * world[2].window.max_weeks
    assert len(found.result.person_ids) > 20
    assert shown_rows(world, found) == true_rows(world, definition)
    rows = world[1].read("visit_occurrence").to_pylist()
    shown = {(row["person_id"], row["visit_start_date"]) for row in rows}
    entries = found.result.rows.to_pylist()
    assert {(row["subject_id"], row["cohort_start_date"]) for row in entries} <= shown


def test_on_shifted_dates_others_would_have_been_found(world: World) -> None:
    definition = visits_between(SECOND_VISITS, SECOND_VISITS + dt.timedelta(days=90))
    on_shown = cohorts.run(definition, world[1])
    truly = {person for person, _ in true_rows(world, definition)}
    assert set(on_shown.person_ids.to_pylist()) != truly
    assert {person for person, _ in shown_rows(world, judged(world, definition, 1))} == truly


def test_a_censor_window_decides_who_is_in_and_cuts_no_period(world: World) -> None:
    first, last = middle(world[2])
    window = {"StartDate": first.isoformat(), "EndDate": last.isoformat()}
    found = judged(world, visits_between(first, last, window), least=1)
    assert shown_rows(world, found) == true_rows(world, visits_between(first, last))


def test_who_would_be_left_with_too_few_possible_shifts_is_not_delivered(world: World) -> None:
    narrow = visits_between(SECOND_VISITS, SECOND_VISITS + dt.timedelta(days=90))
    everybody = judged(world, narrow, least=1)
    careful = judged(world, narrow, least=everybody.fewest + 1)
    assert everybody.left_out == 0
    assert careful.left_out > 0
    assert careful.fewest > everybody.fewest
    kept = set(careful.result.person_ids.to_pylist())
    assert kept < set(everybody.result.person_ids.to_pylist())


def test_a_limit_of_one_week_delivers_nobody(world: World) -> None:
    day = SECOND_VISITS + dt.timedelta(days=90)
    found = judged(world, visits_between(day, day + dt.timedelta(days=6)))
    assert found.left_out > 0
    assert found.result.rows.num_rows == 0
