"""The world that portal tests happen in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from passlib.handlers.argon2 import argon2

from app.services import passwords
from tests.integration.portal.world import World, make_world


class KeptTemplates(BytecodeCache):
    """Templates as one portal compiled them, for the hundreds that come after it."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._compiled:
            bucket.bytecode_from_string(self._compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(scope="package", autouse=True)
def _quick_to_sign_in() -> Iterator[None]:
    """Hundreds of portals and sign-ins: passwords that cost little, templates compiled once.

    What a password costs in earnest is tested in tests/unit/app/test_passwords.py.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(1, 8, 1))
        for name, value in (("default_rounds", 1), ("memory_cost", 8), ("parallelism", 1)):
            patch.setattr(argon2, name, value)
        patch.setattr(Flask, "jinja_options", {"bytecode_cache": KeptTemplates()})
        yield


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Sixty people, thirty with hypertension; one user of each role; one project."""
    made = make_world(tmp_path)
    yield made
    made.database.close()
