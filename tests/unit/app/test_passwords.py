"""What is kept of a password."""

from __future__ import annotations

from argon2 import Type, extract_parameters

from app.services.passwords import hash_password


def test_a_password_is_kept_as_argon2id_no_cheaper_than_rfc_9106_recommends() -> None:
    """The second recommended option: 64 MiB, three passes, four lanes."""
    costs = extract_parameters(hash_password("a long invented password"))
    assert costs.type is Type.ID
    assert costs.memory_cost >= 64 * 1024
    assert costs.time_cost >= 3
    assert costs.parallelism >= 4


def test_equal_passwords_are_kept_differently() -> None:
    one, other = (hash_password("a long invented password") for _ in range(2))
    assert one != other
