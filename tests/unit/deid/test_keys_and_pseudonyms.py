"""Keys and pseudonyms: kept private, keyed, consistent and without collisions."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from deid.cli.keys import keys as command
from deid.errors import KeyDestroyed, KeyUnavailable, PseudonymCollision
from deid.keys import Keyring, destroy, rotate
from deid.pseudonyms import Pseudonymiser, assert_injective

ids = st.lists(st.integers(0, 2**62), min_size=1, max_size=50, unique=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "keyring.json"


def test_a_new_keyring_is_readable_by_its_owner_only(path: Path) -> None:
    Keyring.create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert Keyring.load(path).derive("a") == Keyring.load(path).derive("a")


def test_an_existing_keyring_is_never_overwritten(path: Path) -> None:
    Keyring.create(path)
    before = path.read_bytes()
    with pytest.raises(KeyUnavailable, match="exists already"):
        Keyring.create(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_keyring_that_others_can_read_is_refused(path: Path, mode: int) -> None:
    Keyring.create(path)
    path.chmod(mode)
    with pytest.raises(KeyUnavailable, match="chmod 600"):
        Keyring.load(path)


def test_an_absent_keyring_says_how_to_make_one(path: Path) -> None:
    with pytest.raises(KeyUnavailable, match="keys create"):
        Keyring.load(path)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": "other"}', "\x00\xff"])
def test_a_damaged_keyring_is_refused_without_quoting_it(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeyUnavailable) as caught:
        Keyring.load(path)
    assert caught.value.__cause__ is None


def test_an_unreadable_keyring_is_refused(path: Path) -> None:
    Keyring.create(path)
    path.unlink()
    path.mkdir(mode=0o700)
    with pytest.raises(KeyUnavailable):
        Keyring.load(path)


def test_the_key_is_not_in_the_repr(path: Path) -> None:
    keyring = Keyring.create(path)
    assert "_master" not in repr(keyring)
    assert "_master" not in repr(rotate(path))


names = st.text(st.characters(exclude_characters="\x1f", codec="utf-8"), min_size=1, max_size=8)
uses = st.lists(names, min_size=1, max_size=4).map(tuple)
RING = Keyring("test", bytes(range(32)))


@given(uses, uses)
def test_every_use_has_a_key_of_its_own(first: tuple[str, ...], second: tuple[str, ...]) -> None:
    assert (RING.derive(*first) == RING.derive(*second)) == (first == second)


@given(names, names)
def test_no_release_shares_a_key_with_a_project_or_another_purpose(one: str, two: str) -> None:
    labels = {
        *[("release", one, purpose) for purpose in ("pseudonyms", "dates", "surrogates")],
        *[("project", one, two, "pseudonyms"), ("project", two, one, "pseudonyms")],
        ("release", two, "pseudonyms"),
    }
    assert len({RING.derive(*label) for label in labels}) == len(labels)


@pytest.mark.parametrize("use", [(), ("",), ("release", ""), ("a\x1fb",)])
def test_a_use_that_could_be_read_as_another_one_is_refused(use: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="non-empty names"):
        RING.derive(*use)


def test_sub_keys_are_hkdf_sha256_of_rfc_5869() -> None:
    extracted = hmac.new(bytes(32), bytes(range(32)), hashlib.sha256).digest()
    info = b"care-commons\x1frelease\x1fcounty-v1\x1fdates"
    expected = hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()
    assert RING.derive("release", "county-v1", "dates") == expected


def test_a_new_key_serves_what_is_new_and_the_old_one_what_was_built_with_it(path: Path) -> None:
    old = Keyring.create(path)
    new = rotate(path)
    assert new.key_id != old.key_id
    assert Keyring.load(path).key_id == new.key_id
    assert Keyring.load(path).derive("a") == new.derive("a") != old.derive("a")
    assert Keyring.load(path).of(old.key_id).derive("a") == old.derive("a")
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_keyring_of_the_first_format_is_read_and_rotated(path: Path) -> None:
    path.parent.mkdir()
    master = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    first = {"format": "care-commons-keyring/1", "key_id": "ab12", "master": master}
    path.write_text(json.dumps(first))
    path.chmod(0o600)
    assert Keyring.load(path).derive("a") == RING.derive("a")
    rotate(path)
    assert Keyring.load(path).of("ab12").derive("a") == RING.derive("a")


def test_a_destroyed_key_is_gone_and_said_to_be(path: Path) -> None:
    old = Keyring.create(path)
    with pytest.raises(KeyUnavailable, match="current one"):
        destroy(path, old.key_id)
    new = rotate(path)
    before = json.loads(path.read_text())["generations"][0]["master"]
    destroy(path, old.key_id)
    assert before not in path.read_text()
    with pytest.raises(KeyDestroyed, match=f"{old.key_id} was destroyed on 20"):
        Keyring.load(path).of(old.key_id)
    with pytest.raises(KeyDestroyed):
        destroy(path, old.key_id)
    assert Keyring.load(path).derive("a") == new.derive("a")


def test_a_key_that_the_keyring_never_had_is_refused(path: Path) -> None:
    Keyring.create(path)
    with pytest.raises(KeyUnavailable, match="no key feed"):
        Keyring.load(path).of("feed")


def test_the_command_line_shows_rotates_and_destroys_and_never_shows_a_key(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARECOMMONS_HOME", str(path.parent.parent))
    runner = CliRunner()
    told = [runner.invoke(command, words).output for words in (["create"], ["rotate"], ["show"])]
    old, new = (generation.key_id for generation in Keyring.load(path).generations)
    masters = [entry["master"] for entry in json.loads(path.read_text())["generations"]]
    assert f"{new}: current" in told[2]
    assert f"{old}: kept" in told[2]
    told.append(runner.invoke(command, ["destroy", old], input="n\n").output)
    assert Keyring.load(path).of(old)
    told.append(runner.invoke(command, ["destroy", old, "--yes"]).output)
    assert "in backups of the keyring too" in told[-1]
    told.append(runner.invoke(command, ["show"]).output)
    assert f"{old}: destroyed 20" in told[-1]
    assert not any(master in text for master in masters for text in told)


@given(ids)
def test_pseudonyms_are_positive_distinct_and_repeatable(values: list[int]) -> None:
    source = np.array(values, dtype=np.int64)
    pseudonyms = Pseudonymiser(bytes(32)).ids("person", source)
    assert (pseudonyms > 0).all()
    assert_injective("person", source, pseudonyms)
    assert (Pseudonymiser(bytes(32)).ids("person", source) == pseudonyms).all()


@given(ids)
def test_another_key_or_domain_shares_no_pseudonym(values: list[int]) -> None:
    source = np.array(values, dtype=np.int64)
    first = Pseudonymiser(bytes(32)).ids("person", source)
    other_key = Pseudonymiser(b"\x01" * 32).ids("person", source)
    other_domain = Pseudonymiser(bytes(32)).ids("visit_occurrence", source)
    assert not set(first) & set(other_key)
    assert not set(first) & set(other_domain)


def test_a_long_column_has_the_pseudonyms_that_each_id_has_alone() -> None:
    ids = np.arange(20_001, dtype=np.int64) * 977
    key = bytes(range(32))
    label = hashlib.sha256(b"measurement").digest()[:8]
    found = Pseudonymiser(key).ids("measurement", ids)
    for place in (0, 1, 8_191, 8_192, 16_383, 16_384, 20_000):
        block = label + int(ids[place]).to_bytes(8, "big")
        cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
        word = int.from_bytes(cipher.update(block)[:8], "big")
        assert found[place] == word & (2**63 - 1)


def test_a_collision_stops_the_build() -> None:
    with pytest.raises(PseudonymCollision, match="visit_occurrence"):
        assert_injective("visit_occurrence", np.array([1, 2]), np.array([7, 7]))


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read every file")
def test_a_keyring_of_another_owner_is_refused(path: Path) -> None:
    Keyring.create(path)
    path.chmod(0)
    with pytest.raises(KeyUnavailable):
        Keyring.load(path)
