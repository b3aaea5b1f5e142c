"""Attacks on a built release and on extracts of it, as the commands carry them out."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from cohorts.extract import write_extract
from cohorts.identifiers import ID_COLUMNS
from cohorts.selection import deliverable_columns
from deid.attacks.joining import join_tables
from deid.attacks.running import ATTACKS
from deid.build.attacking import attack_ground
from deid.cli.release import release as command
from deid.errors import ReleaseError
from deid.keys import KEYRING_FORMAT, Keyring
from deid.policy import load_policy
from deid.pseudonyms import Pseudonymiser
from deid.release import Release
from tests.integration.release.residents import FIXED_MASTER, fixed_keyring, settings_for


@pytest.fixture
def runner(
    published: Release, vault_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[CliRunner]:
    keys = tmp_path / "keyring.json"
    master = base64.b64encode(FIXED_MASTER).decode()
    keys.write_text(json.dumps({"format": KEYRING_FORMAT, "key_id": "test", "master": master}))
    keys.chmod(0o600)
    for name, value in {
        "CARECOMMONS_HOME": tmp_path,
        "CARECOMMONS_ENGINE_VAULT_URL": vault_url,
        "CARECOMMONS_ENGINE_KEYRING": keys,
        "CARECOMMONS_ENGINE_RELEASE_ROOT": published.path.parent,
        "CARECOMMONS_ENGINE_EVIDENCE_ROOT": published.path.parent.parent / "evidence",
        "CARECOMMONS_ENGINE_PROCESSES": 1,
    }.items():
        monkeypatch.setenv(name, str(value))
    return CliRunner()


def test_a_release_carries_what_attacks_on_it_achieved(published: Release) -> None:
    attacks = {entry["name"]: entry for entry in published.risk["attacks"]}
    assert attacks.keys() <= set(ATTACKS)
    assert {"linkage_exact", "offset_recovery", "surrogate_inversion", "row_order"} <= set(attacks)
    for entry in attacks.values():
        assert 0 <= entry["low"] <= entry["success"] <= entry["high"] <= 1
        assert entry["excess_low"] <= entry["excess"] <= entry["excess_high"]
        if entry["threshold"] in published.risk["thresholds"]:
            value = published.risk["thresholds"][entry["threshold"]]["value"]
            assert value == max(0.0, entry["excess_low"])


def test_attacks_after_publication_find_what_the_build_found(
    published: Release, runner: CliRunner
) -> None:
    done = runner.invoke(command, ["attack", published.name, "--only", "linkage_exact"])
    assert done.exit_code == 0, done.output
    (entry,) = [e for e in published.risk["attacks"] if e["name"] == "linkage_exact"]
    assert f"{entry['success']:.4f}" in done.output
    assert "passed" in done.output


def test_a_release_is_attacked_with_its_own_policy_and_key_only(
    published: Release, vault_url: str, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, vault_url)
    with (
        pytest.raises(ReleaseError, match="another text of policy"),
        attack_ground(settings, fixed_keyring(), load_policy("teaching"), published),
    ):
        pass
    other = Keyring("other", bytes(32))
    with (
        pytest.raises(ReleaseError, match="another key"),
        attack_ground(settings, other, load_policy("limited-research"), published),
    ):
        pass


def test_two_projects_extracts_cannot_be_joined_by_any_id_or_by_the_order_of_rows(
    published: Release, tmp_path: Path
) -> None:
    people = published.read("person")["person_id"].to_numpy()
    selection = dict.fromkeys(deliverable_columns(published))
    keys = {p: Pseudonymiser(hashlib.sha256(p.encode()).digest()) for p in ("p1", "p2")}
    first, second = (
        write_extract(
            published, people, selection, keys[p].ids, tmp_path, project=p, extract="e1"
        ).path
        for p in keys
    )
    same = dict(zip(*(keys[p].ids("person", people).tolist() for p in keys), strict=True))
    joined = join_tables(first, second, same, {*ID_COLUMNS, "fact_id_1", "fact_id_2"})
    assert len(joined.shared_ids) > 15
    assert set(joined.shared_ids.values()) == {0}
    # Sixty people in random order: one at its own place is expected, eight have a chance of 1e-5.
    assert max(joined.by_order.values()) < 8 / 60
    assert max(map(abs, joined.ranks.values())) < 0.5
    # What is left to join by is content that research needs: the same dates, times and texts.
    content = {column for column, found in joined.by_column.items() if found > 0.5}
    kinds = {column.rpartition("_")[2] for column in content}
    assert kinds <= {"date", "datetime", "text"}


def test_an_order_or_an_id_in_common_is_found(published: Release, tmp_path: Path) -> None:
    people = published.read("person")["person_id"].to_numpy()
    pseudonyms = Pseudonymiser(bytes(32)).ids
    first, second = (
        write_extract(
            published, people, {"person": None}, pseudonyms, tmp_path, project=p, extract="e1"
        ).path
        for p in ("p1", "p2")
    )
    own = pseudonyms("person", people)
    joined = join_tables(
        first, second, dict(zip(own.tolist(), own.tolist(), strict=True)), ID_COLUMNS
    )
    assert joined.shared_ids["person.person_id"] == len(people)
    assert joined.by_order["person"] == 1
    assert np.isclose(joined.ranks["person"], 1)
