"""Keys and pseudonyms: kept private, keyed, consistent and without collisions."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid.errors import KeyUnavailable, PseudonymCollision
from deid.keys import Keyring
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


def test_every_use_has_a_key_of_its_own(path: Path) -> None:
    keyring = Keyring.create(path)
    uses = [("release", "a"), ("release", "b"), ("project", "a"), ("release",), ("releasea",)]
    assert len({keyring.derive(*use) for use in uses}) == len(uses)


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


def test_a_collision_stops_the_build() -> None:
    with pytest.raises(PseudonymCollision, match="visit_occurrence"):
        assert_injective("visit_occurrence", np.array([1, 2]), np.array([7, 7]))


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read every file")
def test_a_keyring_of_another_owner_is_refused(path: Path) -> None:
    Keyring.create(path)
    path.chmod(0)
    with pytest.raises(KeyUnavailable):
        Keyring.load(path)
