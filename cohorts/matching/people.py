"""What all ways of matching ask of a frame of people, and the order in which they take them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from cohorts.errors import MatchingError

Flags = npt.NDArray[np.bool_]
Ranks = npt.NDArray[np.int64]


def check_people(people: pd.DataFrame, columns: Sequence[str]) -> None:
    """Refuse what no way of matching can answer for.

    Raises:
        MatchingError: if a person stands twice, or a column is absent or not filled for everybody.
    """
    if not people.index.is_unique:
        raise MatchingError("the index of the frame is the person, and a person stands in it twice")
    for column in columns:
        if column not in people.columns:
            raise MatchingError(f"the frame has no column {column}")
        missing = int(people[column].isna().sum())
        if missing:
            raise MatchingError(
                f"{column} is missing for {missing} of {len(people)} people; leave them out, or "
                "give them a category of their own, and say so"
            )


def flags_of(people: pd.DataFrame, column: str) -> Flags:
    """A column of two values as truth values.

    Raises:
        MatchingError: if it holds anything but true and false (or 1 and 0), or only one of them.
    """
    values = set(people[column].unique().tolist())
    if not values <= {True, False}:
        raise MatchingError(f"{column} is true or false (1 or 0) for each person")
    if len(values) < 2:
        raise MatchingError(f"everybody has the same {column}: there is nobody to match with")
    return people[column].to_numpy(dtype=bool)


def in_order_of_id(people: pd.DataFrame) -> pd.DataFrame:
    """The people in the order of their ids, so that the order of the rows changes no result."""
    return people.sort_index(kind="stable")


def lots(people: pd.DataFrame, seed: int) -> Ranks:
    """A random place for everybody, that decides ties: else low ids would be matched first."""
    return np.random.default_rng(seed).permutation(len(people)).astype(np.int64)


def strata_of(people: pd.DataFrame, exact: Sequence[str]) -> list[Ranks]:
    """Positions of the people of each stratum: equal in all of ``exact``, in order of id."""
    if not exact:
        return [np.arange(len(people), dtype=np.int64)]
    numbers = people.groupby(list(exact), sort=True, observed=True).ngroup().to_numpy()
    order = np.argsort(numbers, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1)
