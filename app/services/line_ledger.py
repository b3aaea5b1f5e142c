"""The ledger of the lines that were shown: of two similar tables, which lines to hide.

Two cohorts that differ by enough people can differ by one person in a line of their Tables 1. So a
line is compared with the lines of the same aspect (the same drug, the same age band, the outcome in
the same stratum) that the same people have seen over the same release, as
:mod:`cohorts.differencing` compares cohorts: also two of them added up, and also if exactly the
same people are counted by another question, since otherwise hiding would tell that somebody is
there. A line of the same question is shown again as it was.

Combinations of an overlap are the exception: of disjoint cohorts they are the cohorts themselves,
so they are compared one to one, and equal sets pass.

Each answer is one row: the questions, aspects and sets of its lines, compressed and encrypted.
"""

from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from cryptography.exceptions import InvalidTag
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.db.models import ShownLines
from app.services.count_ledger import (
    NONCE_BYTES,
    Scope,
    ledger_cipher,
    lock_ledger,
    unreadable_ledger,
)
from cohorts.differencing import Bits, KnownSets, nearly_the_same, size_of

_Earlier = dict[str, list[tuple[str, Bits]]]


@dataclass(frozen=True)
class ShownLine:
    """A set of people under an aspect, and the question that it answers.

    ``may_equal`` lines are compared one to one, and equal sets pass.
    """

    question: str
    aspect: str
    people: Bits
    may_equal: bool = False


class LineLedger:
    """Reads and writes table ``shown_lines`` within the caller's transactions."""

    def __init__(self, folder: Path, minimum_cell: int) -> None:
        self._cipher = ledger_cipher(folder, b"carecommons line ledger")
        self._minimum = minimum_cell

    def admit(self, session: Session, scope: Scope, lines: Sequence[ShownLine]) -> list[bool]:
        """For each line, in this order, whether it may be shown; those that may are kept.

        A line of fewer people than the minimum is admitted and not kept: no number of it is shown.

        Raises:
            ConfigurationError: if what is kept cannot be read; nothing may be shown then.
        """
        lock_ledger(session)
        earlier = self._read(session, scope)
        before = {aspect: list(sets) for aspect, sets in earlier.items()}
        admitted, new = [], []
        for line in lines:
            known = earlier.setdefault(line.aspect, [])
            if size_of(line.people) < self._minimum or _answered(line, known):
                admitted.append(True)
                continue
            compared = before.get(line.aspect, []) if line.may_equal else known
            if self._too_close(line, [people for _, people in compared], scope.people):
                admitted.append(False)
                continue
            known.append((line.question, line.people))
            new.append(line)
            admitted.append(True)
        if new:
            session.add(self._row(scope, new))
            session.flush()
        return admitted

    def _too_close(self, line: ShownLine, known: list[Bits], people: int) -> bool:
        if line.may_equal:
            return nearly_the_same(line.people, known, self._minimum)
        sets = KnownSets(people, self._minimum)
        for bits in known:
            sets.add(bits)
        return sets.too_close(line.people)

    def _read(self, session: Session, scope: Scope) -> _Earlier:
        mine = ShownLines.user_id == scope.user_id
        if scope.project_id is not None:
            mine = or_(mine, ShownLines.project_id == scope.project_id)
        rows = session.scalars(
            select(ShownLines)
            .where(ShownLines.release == scope.release, mine)
            .order_by(ShownLines.id)
        )
        earlier: _Earlier = {}
        for row in rows:
            for question, aspect, people in self._lines(row):
                earlier.setdefault(aspect, []).append((question, people))
        return earlier

    def _row(self, scope: Scope, lines: Sequence[ShownLine]) -> ShownLines:
        names = json.dumps([[line.question, line.aspect] for line in lines]).encode()
        sets = np.stack([line.people for line in lines]).tobytes()
        packed = zlib.compress(len(names).to_bytes(8, "big") + names + sets, 1)
        nonce = secrets.token_bytes(NONCE_BYTES)
        return ShownLines(
            user_id=scope.user_id,
            project_id=scope.project_id,
            release=scope.release,
            lines=nonce + self._cipher.encrypt(nonce, packed, scope.release.encode()),
        )

    def _lines(self, row: ShownLines) -> list[tuple[str, str, Bits]]:
        nonce, sealed = row.lines[:NONCE_BYTES], row.lines[NONCE_BYTES:]
        try:
            packed = self._cipher.decrypt(nonce, sealed, row.release.encode())
        except InvalidTag:
            raise unreadable_ledger() from None
        plain = zlib.decompress(packed)
        size = 8 + int.from_bytes(plain[:8], "big")
        names = json.loads(plain[8:size])
        sets = np.frombuffer(plain[size:], dtype=np.uint64).reshape(len(names), -1)
        return [
            (question, aspect, people)
            for (question, aspect), people in zip(names, sets, strict=True)
        ]


def _answered(line: ShownLine, known: Sequence[tuple[str, Bits]]) -> bool:
    return any(
        np.array_equal(line.people, people) and (line.may_equal or line.question == question)
        for question, people in known
    )
