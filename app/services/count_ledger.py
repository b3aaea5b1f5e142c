"""The ledger of the counts that were shown, and the refusal of those that would single out a few.

A count is kept as the question it answers and the set of people it counts. Sets are kept because
two definitions tell nothing of how much they overlap, and running hundreds of earlier definitions
again for each new one would take minutes. They are kept as bits over the people of the release in
the order of their ids, encrypted under a key in a file beside the portal's secret: the database
alone, or a copy of it, tells nothing; and who has key and release could run the definitions anyway.

What somebody knows are the counts shown to themselves and to the members of the cohort's project.
"""

from __future__ import annotations

import secrets
import zlib
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from app.db.models import CountedSet
from app.private_files import load_or_create_secret
from cohorts.differencing import Bits, KnownSets, size_of
from deid.errors import ConfigurationError

KEY_FILE = "count-ledger-key"
KEPT_SCOPES = 32
NONCE_BYTES = 12
_LEDGER_LOCK = 7_204_114


@dataclass(frozen=True)
class Scope:
    """Who is told: a user, in a project unless they only look at it, over a release."""

    user_id: int
    project_id: int | None
    release: str
    people: int


@dataclass(frozen=True)
class Count:
    """A set of people and the question that it answers."""

    question: str
    people: Bits


def ledger_cipher(folder: Path, purpose: bytes) -> AESGCM:
    """The cipher of one ledger; all have their keys from one file."""
    secret = load_or_create_secret(folder / KEY_FILE)
    return AESGCM(HKDF(SHA256(), 32, None, purpose).derive(secret.encode("ascii")))


def lock_ledger(session: Session) -> None:
    """Let one question at a time be weighed until the transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LEDGER_LOCK})


def unreadable_ledger() -> ConfigurationError:
    """The error of a ledger whose key is not the one it was written with."""
    return ConfigurationError(
        f"the counts that were shown cannot be read with the key in {KEY_FILE}; "
        "put the file back that belongs to this database"
    )


@dataclass
class _Known:
    sets: KnownSets
    answered: set[tuple[str, bytes]] = field(default_factory=set)
    last_id: int = 0


class CountLedger:
    """Reads and writes table ``counted_set`` within the caller's transactions."""

    def __init__(self, folder: Path, minimum_cell: int) -> None:
        self._cipher = ledger_cipher(folder, b"carecommons count ledger")
        self._minimum = minimum_cell
        self._kept: OrderedDict[Scope, _Known] = OrderedDict()

    def lock(self, session: Session) -> None:
        """Let one question at a time be weighed; SQLite's writers hold the lock already."""
        lock_ledger(session)

    def admit(self, session: Session, scope: Scope, counts: list[Count]) -> list[bool]:
        """For each count, in this order, whether it may be shown; those that may are kept.

        If the first may not, none may. A set below the minimum is admitted and not kept: no number
        of it is shown. To be called once in a transaction.

        Raises:
            ConfigurationError: if what is kept cannot be read; nothing may be counted then.
        """
        known = self._read(session, scope)
        # A copy for this transaction: what is kept in memory follows the database alone.
        sets, answered = known.sets.copy(), set(known.answered)
        admitted: list[bool] = []
        for count in counts:
            if admitted and not admitted[0]:
                return [False] * len(counts)
            small = size_of(count.people) < self._minimum
            asked = (count.question, count.people.tobytes())
            if not small and asked not in answered:
                if sets.too_close(count.people):
                    admitted.append(False)
                    continue
                sets.add(count.people)
                answered.add(asked)
                session.add(self._row(scope, count))
            admitted.append(True)
        session.flush()
        return admitted

    def _read(self, session: Session, scope: Scope) -> _Known:
        known = self._kept.pop(scope, None) or _Known(KnownSets(scope.people, self._minimum))
        mine = CountedSet.user_id == scope.user_id
        if scope.project_id is not None:
            mine = or_(mine, CountedSet.project_id == scope.project_id)
        rows = session.scalars(
            select(CountedSet)
            .where(CountedSet.release == scope.release, mine, CountedSet.id > known.last_id)
            .order_by(CountedSet.id)
        )
        for row in rows:
            people = self._people(row)
            known.sets.add(people)
            known.answered.add((row.question, people.tobytes()))
            known.last_id = row.id
        self._kept[scope] = known
        while len(self._kept) > KEPT_SCOPES:
            self._kept.popitem(last=False)
        return known

    def _row(self, scope: Scope, count: Count) -> CountedSet:
        nonce = secrets.token_bytes(NONCE_BYTES)
        packed = zlib.compress(count.people.tobytes(), 1)
        about = f"{scope.release} {count.question}".encode()
        return CountedSet(
            user_id=scope.user_id,
            project_id=scope.project_id,
            release=scope.release,
            question=count.question,
            people=nonce + self._cipher.encrypt(nonce, packed, about),
        )

    def _people(self, row: CountedSet) -> Bits:
        nonce, sealed = row.people[:NONCE_BYTES], row.people[NONCE_BYTES:]
        try:
            packed = self._cipher.decrypt(nonce, sealed, f"{row.release} {row.question}".encode())
        except InvalidTag:
            raise unreadable_ledger() from None
        return np.frombuffer(zlib.decompress(packed), dtype=np.uint64)
