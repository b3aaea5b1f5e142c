"""The ledger of the counts that were shown, and the refusal of those that would single out a few.

A count is kept as the question it answers and the set of people it counts. Sets are kept because
two definitions tell nothing of how much they overlap, and running hundreds of earlier definitions
again for each new one would take minutes. They are kept as bits over the people of the release in
the order of their ids, encrypted under a key in a file beside the portal's secret: the database
alone, or a copy of it, tells nothing; and who has key and release could run the definitions anyway.

What somebody knows are the counts shown to themselves and to the members of the cohort's project.

Counts of drafts are shown in wide steps and are kept as *coarse*. A coarse count is weighed against
all single sets; a precise one against precise ones, alone and two together: see decision 0020.
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
from cohorts.disclosure import (
    DisclosureRule,
    SafeCount,
    coarse_count,
    estimated_count,
    safe_count,
)
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


@dataclass(frozen=True)
class Weighed:
    """A count as it may be shown to those who know the earlier ones.

    If ``near``, it was worked out from earlier counts, since its own would tell of a few people.
    """

    count: SafeCount
    near: bool = False


@dataclass
class _Known:
    """Sets with a precise count, and all sets with how each of them was shown."""

    precise: KnownSets
    every: KnownSets
    coarse: list[bool] = field(default_factory=lambda: [False])
    answered: set[tuple[str, bytes]] = field(default_factory=set)
    drafted: set[tuple[str, bytes]] = field(default_factory=set)
    last_id: int = 0

    def copy(self) -> _Known:
        return _Known(
            self.precise.copy(),
            self.every.copy(),
            list(self.coarse),
            set(self.answered),
            set(self.drafted),
            self.last_id,
        )

    def add(self, asked: tuple[str, bytes], people: Bits, coarse: bool) -> None:
        number = self.every.add(people)
        if number == len(self.coarse):
            self.coarse.append(coarse)
        if coarse:
            self.drafted.add(asked)
        else:
            self.coarse[number] = False
            self.answered.add(asked)
            self.precise.add(people)


class CountLedger:
    """Reads and writes table ``counted_set`` within the caller's transactions."""

    def __init__(self, folder: Path, minimum_cell: int) -> None:
        self._cipher = ledger_cipher(folder, b"carecommons count ledger")
        self._minimum = minimum_cell
        self._rule = DisclosureRule.with_minimum(minimum_cell)
        self._kept: OrderedDict[Scope, _Known] = OrderedDict()

    def lock(self, session: Session) -> None:
        """Let one question at a time be weighed; SQLite's writers hold the lock already."""
        lock_ledger(session)

    def weigh(
        self, session: Session, scope: Scope, counts: list[Count], coarse: bool = False
    ) -> list[Weighed]:
        """What of each count, in this order, may be shown; what is shown is kept.

        A set below the minimum is not kept: no number of it is shown. To be called once in a
        transaction.

        Raises:
            ConfigurationError: if what is kept cannot be read; nothing may be counted then.
        """
        # A copy for this transaction: what is kept in memory follows the database alone.
        known = self._read(session, scope).copy()
        weighed = [self._weigh(session, scope, known, count, coarse) for count in counts]
        session.flush()
        return weighed

    def _weigh(
        self, session: Session, scope: Scope, known: _Known, count: Count, coarse: bool
    ) -> Weighed:
        size = size_of(count.people)
        asked = (count.question, count.people.tobytes())
        if size < self._minimum or asked in known.answered:
            return Weighed(safe_count(size, self._rule))
        if coarse and asked in known.drafted:
            return Weighed(coarse_count(size, self._rule))
        sets = known.every if coarse else known.precise
        near = sets.near(count.people, pairs=not coarse)
        if near is not None:
            added, subtracted = (
                [self._as_shown(known, sets, number) for number in numbers]
                for numbers in (near.added, near.subtracted)
            )
            return Weighed(estimated_count(added, subtracted, self._rule), near=True)
        known.add(asked, count.people, coarse)
        session.add(self._row(scope, count, coarse))
        shown = coarse_count if coarse else safe_count
        return Weighed(shown(size, self._rule))

    def _as_shown(self, known: _Known, sets: KnownSets, number: int) -> SafeCount:
        coarse = sets is known.every and known.coarse[number]
        return (coarse_count if coarse else safe_count)(sets.size(number), self._rule)

    def _read(self, session: Session, scope: Scope) -> _Known:
        known = self._kept.pop(scope, None) or _Known(
            KnownSets(scope.people, self._minimum), KnownSets(scope.people, self._minimum)
        )
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
            known.add((row.question, people.tobytes()), people, row.coarse)
            known.last_id = row.id
        self._kept[scope] = known
        while len(self._kept) > KEPT_SCOPES:
            self._kept.popitem(last=False)
        return known

    def _row(self, scope: Scope, count: Count, coarse: bool) -> CountedSet:
        nonce = secrets.token_bytes(NONCE_BYTES)
        packed = zlib.compress(count.people.tobytes(), 1)
        about = f"{scope.release} {count.question}".encode()
        return CountedSet(
            user_id=scope.user_id,
            project_id=scope.project_id,
            release=scope.release,
            question=count.question,
            coarse=coarse,
            people=nonce + self._cipher.encrypt(nonce, packed, about),
        )

    def _people(self, row: CountedSet) -> Bits:
        nonce, sealed = row.people[:NONCE_BYTES], row.people[NONCE_BYTES:]
        try:
            packed = self._cipher.decrypt(nonce, sealed, f"{row.release} {row.question}".encode())
        except InvalidTag:
            raise unreadable_ledger() from None
        return np.frombuffer(zlib.decompress(packed), dtype=np.uint64)
