"""Families in a release: who is joined to whom, and what the shape of a family gives away.

A release names no household, but ``fact_relationship`` joins its members. Whoever finds one of them
finds all; and the sizes and ages of a family are known to its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np

from deid.risk.events import has_table, parquet
from deid.structured.classes import Column, class_of_each

PERSON_DOMAIN = 56
"""OMOP's domain concept for a person in ``fact_relationship``."""


@dataclass(frozen=True)
class Families:
    """Families of two people and more. ``few`` is the share of people in families of a make-up
    (the classes of all members) that fewer than k families have, ``unique`` of one that no other
    has; both are shares of all people."""

    families: int
    people: int
    largest: int
    mean_size: float
    few: float
    unique: float
    signature: Column = field(repr=False, compare=False)
    """For each person a number that is equal for equal make-ups of the own family."""
    alike: Column = field(repr=False, compare=False)
    """For each person how many families have the make-up of the own one; 0 without a family."""


def families_of(
    connection: duckdb.DuckDBPyConnection, folder: Path, person: Column, klass: Column, k: int
) -> Families:
    """The families of ``person`` (ascending ids), whose classes are ``klass``."""
    people = len(person)
    family = np.arange(people, dtype=np.int64)
    if people and has_table(folder, "fact_relationship"):
        pairs = connection.execute(
            f"SELECT fact_id_1, fact_id_2 FROM {parquet(folder, 'fact_relationship')} "
            "WHERE domain_concept_id_1 = $1 AND domain_concept_id_2 = $1",
            [PERSON_DOMAIN],
        ).fetchnumpy()
        one, other = np.asarray(pairs["fact_id_1"]), np.asarray(pairs["fact_id_2"])
        here = np.isin(one, person) & np.isin(other, person)
        family = components(
            people, np.searchsorted(person, one[here]), np.searchsorted(person, other[here])
        )
    if not people:
        return Families(0, 0, 0, 0.0, 0.0, 0.0, family, family)
    _, family = np.unique(family, return_inverse=True)
    sizes = np.bincount(family)
    make_up = _make_up(family, klass, sizes)
    alike = np.bincount(make_up)[make_up]
    together = sizes > 1
    few, unique = (sizes[together & hit].sum() / people for hit in (alike < k, alike == 1))
    return Families(
        int(together.sum()),
        int(sizes[together].sum()),
        int(sizes.max()),
        round(float(sizes[together].mean()), 3) if together.any() else 0.0,
        round(float(few), 6),
        round(float(unique), 6),
        make_up[family],
        np.where(together, alike, 0)[family],
    )


def components(people: int, one: Column, other: Column) -> Column:
    """The smallest index that each of ``people`` is joined to, over any number of pairs."""
    label = np.arange(people, dtype=np.int64)
    while True:
        before = label.copy()
        least = np.minimum(label[one], label[other])
        np.minimum.at(label, one, least)
        np.minimum.at(label, other, least)
        label = label[label]
        if (label == before).all():
            return label


def _make_up(family: Column, klass: Column, sizes: Column) -> Column:
    """A number for each family, equal for families with the same classes as often."""
    order = np.lexsort((klass, family))
    position = np.arange(len(family)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    code = sizes.astype(np.int64)
    for place in range(int(sizes.max())):
        member = np.full(len(sizes), -1, dtype=np.int64)
        at = position == place
        member[family[order][at]] = klass[order][at]
        code, _ = class_of_each([code, member])
    return code
