"""Residents with unique traits are not singled out, and a weak policy is refused for its reason.

``make campaign`` runs this with 1,000 canaries (``CARECOMMONS_CANARIES``).
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from deid.build.drivers import Driver, read_refusal, store_drivers
from deid.build.pipeline import build_release
from deid.cli.release import release as command
from deid.errors import GateRefused
from deid.keys import Keyring, rotate
from deid.policy import Policy, load_policy, parse_policy
from deid.pseudonyms import Pseudonymiser
from deid.release import Release, open_release
from tests.integration.release.residents import Rows, fixed_keyring, residents, settings_for
from tests.integration.release.vaults import PostgresVaults, SqliteVaults

Vaults = SqliteVaults | PostgresVaults

CANARIES = int(os.environ.get("CARECOMMONS_CANARIES", "30"))
PEOPLE = min(600, max(60, 2 * CANARIES))  # later ones would have dates in the future
FIRST_CANARY, FIRST_PLACE, FIRST_DISEASE = 500_001, 1001, 40_000_001
RACES, ETHNICITIES = (8515, 8516, 8657, 8557), (38003563, 38003564, 0)


def with_canaries() -> Rows:
    """Residents, and canaries each with a year, sex, origin, place and disease of their own."""
    rows = residents(people=PEOPLE, visits=3, notes=False)
    person = dict(rows["person"][0])
    condition = next(r for r in rows["condition_occurrence"] if r["person_id"] == 20)
    visit = next(r for r in rows["visit_occurrence"] if r["person_id"] == 20)
    for number in range(CANARIES):
        canary = FIRST_CANARY + number
        rows["location"].append(
            {"location_id": FIRST_PLACE + number, "state": "Far", "county": f"Islet {number}"}
        )
        rows["person"].append(
            person
            | {
                "person_id": canary,
                "gender_concept_id": (8507, 8532, 8521)[number % 3],
                "year_of_birth": 1936 + number % 75,
                "race_concept_id": RACES[number % 4],
                "ethnicity_concept_id": ETHNICITIES[number // 4 % 3],
                "location_id": FIRST_PLACE + number,
                "person_source_value": f"SRC-{9_900_000 + number}",
            }
        )
        row = 900_000_000 + number
        rows["visit_occurrence"].append(
            visit
            | {
                "visit_occurrence_id": row,
                "person_id": canary,
                "preceding_visit_occurrence_id": None,
                "visit_source_value": None,
            }
        )
        rows["condition_occurrence"].append(
            condition
            | {
                "condition_occurrence_id": row,
                "person_id": canary,
                "visit_occurrence_id": row,
                "condition_concept_id": FIRST_DISEASE + number,
                "condition_source_value": None,
                "stop_reason": None,
            }
        )
    return rows


@pytest.fixture(scope="module")
def canary_vault(vaults: Vaults) -> str:
    return vaults.new(with_canaries())


def pseudonyms_of_canaries(name: str) -> set[int]:
    key = fixed_keyring().derive("release", name, "pseudonyms")
    ids = np.arange(FIRST_CANARY, FIRST_CANARY + CANARIES, dtype=np.int64)
    return set(Pseudonymiser(key).ids("person", ids).tolist())


def classes_of_canaries(release: Release) -> list[int]:
    """How many people of the files look like each canary that is in them, counted here."""
    bands = {r["person_id"]: r for r in release.read("person_birth_years").to_pylist()}
    seen = {
        row["person_id"]: (
            bands[row["person_id"]]["first_year"],
            bands[row["person_id"]]["last_year"],
            row["gender_concept_id"],
            row["race_concept_id"],
            row["ethnicity_concept_id"],
            row["location_id"],
        )
        for row in release.read("person").to_pylist()
    }
    sizes = Counter(seen.values())
    return [sizes[seen[p]] for p in pseudonyms_of_canaries(release.name) if p in seen]


def test_no_canary_is_singled_out_at_the_thresholds_of_research(
    canary_vault: str, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, canary_vault)
    policy = load_policy("limited-research")
    release = build_release(settings, fixed_keyring(), canary_vault, policy, "canaries", "C")
    sizes = classes_of_canaries(release)
    assert len(sizes) > CANARIES / 2
    assert min(sizes) >= 5
    assert "Islet" not in str(release.read("location").to_pylist())


def test_no_canary_and_no_disease_of_its_own_is_in_a_release_for_teaching(
    canary_vault: str, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, canary_vault)
    policy = load_policy("teaching")
    release = build_release(settings, fixed_keyring(), canary_vault, policy, "canaries", "C")
    assert min(classes_of_canaries(release)) >= 12
    diseases = release.read("condition_occurrence")["condition_concept_id"].to_pylist()
    assert not [c for c in diseases if FIRST_DISEASE <= c < FIRST_DISEASE + CANARIES]
    assert release.risk["rare"][0]["share"] == 0
    # Who pays for it is told: everything that the canaries had was taken out.
    taken = {t["column"]: t["taken_out"] for t in release.risk["people"]["taken_out"]}
    assert taken["condition_occurrence.condition_concept_id"] > 0
    groups = release.risk["people"]["groups"]
    assert {group["by"] for group in groups} == {"sex", "age"}
    assert all(0 <= group["events_lost"] <= 1 for group in groups)


def weak_policy() -> Policy:
    """Keeps what singles people out, and asks for what it does not do."""
    return parse_policy(
        """
format = "care-commons-policy/1"
name = "weak"
version = "1"
title = "Weak"
description = "Classes of two people, while a journalist may find one in twelve at most."
extends = "limited-research"
[risk]
k = 2
[risk.thresholds]
smallest_class = 2
prosecutor_max = 1
prosecutor_average = 1
marketer = 1
journalist_max = 0.09
rare_disease_share = 0
""",
        "weak.toml",
    )


def test_a_weak_policy_is_refused_with_reason_drivers_and_what_would_pass(
    canary_vault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_for(tmp_path, canary_vault)
    with pytest.raises(GateRefused) as refusal:
        build_release(settings, fixed_keyring(), canary_vault, weak_policy(), "weak", "Weak")
    message = str(refusal.value)
    assert "REFUSED journalist_max: 0.5, at most 0.09 is asked" in message
    assert "REFUSED rare_disease_share" in message
    assert "passed  marketer" in message
    assert "would pass" in message
    assert "k is 12 instead of" in message
    assert list(settings.release_root.iterdir()) == []
    assert list(settings.work_root.iterdir()) == []
    refused = read_refusal(settings.evidence_root, "weak")
    assert refused is not None
    drivers = refused.drivers
    found = {d.person_id for d in drivers if d.measure == "rare_disease_share" and d.person_id}
    assert pseudonyms_of_canaries("weak") & found
    assert {d.subject for d in drivers if d.kind == "column"} == set(
        weak_policy().risk.quasi_identifiers
    )
    # Nothing of it is in the message, and the files are private.
    assert not any(str(person) in message for person in found)
    folder = settings.evidence_root / ".refused-weak"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert pq.read_table(folder / "drivers.parquet").num_rows == len(drivers)

    for name in [name for name in os.environ if name.startswith("CARECOMMONS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CARECOMMONS_HOME", str(tmp_path))
    told = CliRunner().invoke(command, ["drivers", "weak"])
    assert "column year_of_birth" in told.output
    assert "rule condition_occurrence.condition_concept_id" in told.output


def test_people_are_told_by_the_key_of_the_refused_build_after_it_was_rotated(
    vaults: Vaults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = vaults.new(residents(people=9, notes=False))
    settings = settings_for(tmp_path, url)
    keyring = Keyring.create(settings.keyring)
    names = Pseudonymiser(keyring.derive("release", "weak", "pseudonyms"))
    (seventh,) = names.ids("person", np.array([7])).tolist()
    driver = Driver("rare_disease_share", "person", "a rare disease", seventh, 1)
    store_drivers(settings.evidence_root, "weak", [driver], keyring.key_id)
    rotate(settings.keyring)
    for name in [name for name in os.environ if name.startswith("CARECOMMONS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CARECOMMONS_HOME", str(tmp_path))
    monkeypatch.setenv("CARECOMMONS_ENGINE_VAULT_URL", url)
    monkeypatch.setenv("CARECOMMONS_ENGINE_KEYRING", str(settings.keyring))
    told = CliRunner().invoke(command, ["drivers", "weak", "--people"])
    assert "person 7: rare_disease_share a rare disease (1 alike)" in told.output


def test_fix_builds_with_the_least_harmful_generalisation_and_says_so(
    canary_vault: str, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, canary_vault)
    build_release(settings, fixed_keyring(), canary_vault, weak_policy(), "weak", "Weak", fix=True)
    release = open_release(settings.release_root, "weak")
    assert all(entry["passed"] for entry in release.risk["thresholds"].values())
    assert min(classes_of_canaries(release)) >= 12
    assert any("k is 12" in text for text in release.manifest.amended)
    assert release.certificate.statement["policy"]["amended"] == list(release.manifest.amended)
    assert release.manifest.policy["sha256"] != weak_policy().fingerprint
    assert "The policy was tightened by the build" in release.risk_report


@pytest.mark.parametrize(
    ("k", "reason"), [(5, "REFUSED suppressed_share: 1"), (40, "fewer|there can be no class")]
)
def test_a_population_smaller_than_k_is_refused_in_plain_words(
    vaults: Vaults, tmp_path: Path, k: int, reason: str
) -> None:
    policy = parse_policy(
        f"""
format = "care-commons-policy/1"
name = "large"
version = "1"
title = "Large"
description = "A k for few people."
extends = "limited-research"
[risk]
k = {k}
""",
        "large.toml",
    )
    url = vaults.new(residents(people=4, notes=False))
    with pytest.raises(GateRefused, match=reason) as refusal:
        build_release(settings_for(tmp_path, url), fixed_keyring(), url, policy, "r", "R")
    assert f"the vault has 4 people and k is {k}" in str(refusal.value)
    assert "everybody was left out" in str(refusal.value)
