"""What attacks are tried on: the files of a release, and the truth to count successes by.

The truth is the vault's rows under the release's pseudonyms, in a private working database of the
worker. An attack reads of it only what its attacker may know; the rest marks its guesses.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import numpy as np
import numpy.typing as npt

from deid.risk.quasi_identifiers import released_people
from deid.structured.expressions import quoted, text

Ids = npt.NDArray[np.int64]
Column = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

Found = TypeVar("Found")

NOTHING = -1
"""Stands for a value that is not shown or not known; concepts and ids are positive."""
TARGETS = 500
"""People an attack is tried on at most, so that its time does not grow with the release."""
CROWD = 5_000
"""Records that are compared with each target at most; fewer records favour the attacker."""
HELD_OUT_SHARE = 0.2
SPANS = "evidence_spans"
"""Table of the working database: what the text engine replaced, by the release's note ids."""


@dataclass(frozen=True)
class SourceIds:
    """Ids of one domain in the vault's own order, and their pseudonyms; never shown."""

    own: Ids = field(repr=False)
    pseudonyms: Ids = field(repr=False)


@dataclass(frozen=True)
class Register:
    """What is known of everybody in the vault, one entry a person.

    ``born_first`` and ``born_last`` are the first and last possible day of birth, in days since
    1970. ``columns`` has the other quasi-identifiers.
    """

    ids: Ids = field(repr=False)
    born_first: Column = field(repr=False)
    born_last: Column = field(repr=False)
    household: Column = field(repr=False)
    columns: Mapping[str, Column] = field(repr=False)


@dataclass(frozen=True)
class Shown:
    """What the release shows of each person: the band of the year of birth, and the rest."""

    ids: Ids = field(repr=False)
    first_year: Column = field(repr=False)
    last_year: Column = field(repr=False)
    columns: Mapping[str, Column] = field(repr=False)


@dataclass(frozen=True)
class Ground:
    """A release under attack.

    ``connection`` has the schemas ``vault`` and ``identity`` with the truth under the release's
    pseudonyms and the table :data:`SPANS`; ``folder`` has the release's Parquet files;
    ``max_weeks`` is the greatest offset that the policy allows, which everybody may know.
    """

    connection: duckdb.DuckDBPyConnection = field(repr=False)
    name: str
    folder: Path
    quasi_identifiers: tuple[str, ...]
    k: int
    max_weeks: int
    sources: Mapping[str, SourceIds] = field(default_factory=dict, repr=False)
    seed: int = 1
    _found: dict[str, Any] = field(default_factory=dict, repr=False)

    def once(self, what: str, find: Callable[[], Found]) -> Found:
        """What several attacks look at, found once."""
        if what not in self._found:
            self._found[what] = find()
        return self._found[what]

    def rng(self, use: str) -> np.random.Generator:
        """Random numbers that depend on the seed and the use only."""
        return np.random.default_rng([self.seed, zlib.crc32(use.encode("utf-8"))])

    def has(self, table: str) -> bool:
        """Whether the release has this table."""
        return (self.folder / table).is_dir()

    def table(self, name: str) -> str:
        """SQL source of a table of the release."""
        return f"read_parquet({text(str(self.folder / name / '*.parquet'))})"

    def columns(self, statement: str) -> list[npt.NDArray]:
        """The columns of a query's result; what is NULL becomes :data:`NOTHING`."""
        found = self.connection.execute(statement).fetchnumpy()
        return [
            column.filled(NOTHING) if isinstance(column, np.ma.MaskedArray) else column
            for column in found.values()
        ]

    @property
    def categories(self) -> tuple[str, ...]:
        """The quasi-identifiers besides the year of birth."""
        return tuple(name for name in self.quasi_identifiers if name != "year_of_birth")

    @cached_property
    def shown(self) -> Shown:
        """The people of the release, by pseudonym."""
        names = "".join(f", {quoted(name)}::BIGINT" for name in self.categories)
        ids, first, last, *rest = self.columns(
            f"SELECT person_id, first_year::BIGINT, last_year::BIGINT{names} "
            f"FROM {released_people(self.folder)} ORDER BY person_id"
        )
        # A concept of 0 is one that was generalised away, as an absent region is.
        hidden = [np.where(column == 0, NOTHING, column) for column in rest]
        return Shown(ids, first, last, dict(zip(self.categories, hidden, strict=True)))

    @cached_property
    def register(self) -> Register:
        """Everybody in the vault, by pseudonym."""
        names = "".join(f", v.{quoted(name)}::BIGINT" for name in self.categories)
        ids, year, month, day, household, *rest = self.columns(
            "SELECT v.person_id, v.year_of_birth::BIGINT, v.month_of_birth::BIGINT, "
            f"v.day_of_birth::BIGINT, i.household_id::BIGINT{names} FROM vault.person v "
            "LEFT JOIN identity.person_identity i USING (person_id) ORDER BY v.person_id"
        )
        first, last = _birth(year, month, day)
        alone = -2 - np.arange(len(ids))
        household = np.where(household == NOTHING, alone, household)
        hidden = [np.where(column == 0, NOTHING, column) for column in rest]
        return Register(
            ids, first, last, household, dict(zip(self.categories, hidden, strict=True))
        )

    @cached_property
    def in_register(self) -> Column:
        """For each person of ``shown``, the place in ``register``."""
        return np.searchsorted(self.register.ids, self.shown.ids)

    @cached_property
    def held_out(self) -> Mask:
        """People of ``shown`` whose rows an attack with a control group does not see.

        Whole households, since a relative's record is nearly one's own.
        """
        household = self.register.household[self.in_register]
        homes = np.unique(household)
        drawn = self.rng("held out").permutation(homes)[: int(len(homes) * HELD_OUT_SHARE)]
        return np.isin(household, drawn)

    @cached_property
    def crowd(self) -> Ids:
        """People of the release among whom targets are looked for, sorted."""
        return self.shown.ids[self.sample("crowd", np.arange(len(self.shown.ids)), CROWD)]

    def store(self, table: str, **columns: Column) -> None:
        """Make a temporary table of arrays."""
        self.connection.register("incoming_attack", columns)
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM incoming_attack"
        )
        self.connection.unregister("incoming_attack")

    def sample(self, use: str, places: Column, limit: int = TARGETS) -> Column:
        """At most ``limit`` of ``places``, drawn for this use, in order."""
        if len(places) <= limit:
            return places
        return np.sort(self.rng(use).choice(places, limit, replace=False))


def _birth(year: Column, month: Column, day: Column) -> tuple[Column, Column]:
    """First and last possible day of birth."""
    known_month, known_day = month != NOTHING, (month != NOTHING) & (day != NOTHING)
    start = _month(year, np.where(known_month, month, 1))
    end = _month(year, np.where(known_month, month, 12))
    first = start.astype("datetime64[D]").astype(np.int64)
    last = (end + 1).astype("datetime64[D]").astype(np.int64) - 1
    exact = np.minimum(first + day - 1, last)
    return np.where(known_day, exact, first), np.where(known_day, exact, last)


def _month(year: Column, month: Column) -> npt.NDArray[np.datetime64]:
    return ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
