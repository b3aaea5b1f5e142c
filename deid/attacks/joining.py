"""Cross-project join: are two records of two deliveries the same person?

The attacker holds the extracts of two projects about people of whom many are in both, each with ids
of its own and rows in the order of these ids. Two ways are tried.

*By intervals*: the days between contacts stay what they are, whatever the offset. Each person of
one extract is given to the person of the other with most runs of intervals in common.

*By an id, the order of rows, or one column* (:func:`join_tables`), for two real folders of Parquet
files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from deid.attacks.events import VISITS, Runs, released_days, runs_of
from deid.attacks.ground import Ground, Ids
from deid.attacks.model import AttackResult, outcome

SHARE_IN_EACH = 0.7
PERSON = "person_id"


def project_join_intervals(ground: Ground) -> AttackResult | None:
    """Join two simulated extracts of this release by runs of intervals."""
    people = ground.crowd
    if not ground.has(VISITS) or len(people) < 2:
        return None
    days = released_days(ground)
    rng = ground.rng("two projects")
    first, second = (
        np.sort(rng.permutation(people)[: int(len(people) * SHARE_IN_EACH)]) for _ in range(2)
    )
    both = np.intersect1d(first, second)
    targets = ground.sample("project join", both)
    right = right_matches(runs_of(days.of(targets)), runs_of(days.of(second)), targets)
    return outcome(
        "project_join_intervals",
        attacker=(
            "Holds the extracts of two projects from one release; most people are in both, under "
            "other ids and in another order."
        ),
        question="Which person of the other extract has this person's days between visits?",
        explanation=(
            f"{len(targets):,} people in both extracts were looked for among {len(second):,} by "
            "three intervals between visits in a row. Intervals are kept for research, so this "
            "succeeds for nearly everybody with a few visits: extracts are therefore opened in the "
            "workspace only and never handed out together."
        ),
        wins=float(right.sum()),
        n=len(targets),
        baseline=1 / max(len(second), 1),
        gated=False,
    )


def right_matches(known: Runs, candidates: Runs, targets: Ids) -> npt.NDArray[np.float64]:
    """For each target the chance that the candidate with most runs in common is itself.

    ``candidates`` go by the same ids as ``targets``, which are used for marking alone. A target
    without any run in common with anybody is not found.
    """
    right = np.zeros(len(targets))
    if not len(known.people) or not len(candidates.people):
        return right
    person, other = _pairs(known, candidates)
    votes = np.unique(np.stack([person, other], axis=1), axis=0, return_counts=True)
    (person, other), count = votes[0].T, votes[1]
    places = np.searchsorted(targets, person)
    most = np.zeros(len(targets), dtype=np.int64)
    np.maximum.at(most, places, count)
    best = count == most[places]
    ties = np.bincount(places[best], minlength=len(targets))
    hit = best & (person == other)
    right[places[hit]] = 1 / ties[places[hit]]
    return right


def most_in_common(known: Runs, candidates: Runs, targets: Ids) -> npt.NDArray[np.float64]:
    """For each target the greatest share of its runs that one candidate has as well."""
    own = _distinct(known)
    count = np.bincount(np.searchsorted(targets, own[:, 0]), minlength=len(targets))
    most = np.zeros(len(targets))
    if len(own) and len(candidates.people):
        votes = np.unique(np.stack(_pairs(known, candidates), axis=1), axis=0, return_counts=True)
        np.maximum.at(most, np.searchsorted(targets, votes[0][:, 0]), votes[1])
    return most / np.maximum(count, 1)


def _pairs(known: Runs, candidates: Runs) -> tuple[Ids, Ids]:
    """Every pair of people with a run in common, once for each distinct run."""
    a, b = _distinct(known), _distinct(candidates)
    runs, place = np.unique(np.concatenate([a[:, 1:], b[:, 1:]]), axis=0, return_inverse=True)
    place = place.reshape(-1)
    of_a, of_b = place[: len(a)], place[len(a) :]
    order = np.argsort(of_b, kind="stable")
    starts = np.searchsorted(of_b[order], np.arange(len(runs) + 1))
    lengths = (starts[1:] - starts[:-1])[of_a]
    person = np.repeat(a[:, 0], lengths)
    within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    other = b[order[np.repeat(starts[:-1][of_a], lengths) + within], 0]
    return person, other


def _distinct(runs: Runs) -> npt.NDArray[np.int64]:
    return np.unique(np.column_stack([runs.people, runs.intervals]), axis=0)


@dataclass(frozen=True)
class Joined:
    """What two deliveries have in common that would join them, of people who are in both.

    ``shared_ids`` counts id values in both, by ``table.column``. ``by_order`` has for each table
    the greatest share of people found by their place, forwards or backwards, and ``ranks`` the
    rank correlation of their orders. ``by_column`` has the share of people found by their values of
    one other column, by ``table.column``.
    """

    people: int
    shared_ids: Mapping[str, int]
    by_order: Mapping[str, float]
    ranks: Mapping[str, float]
    by_column: Mapping[str, float]


def join_tables(
    first: Path, second: Path, same: Mapping[int, int], id_columns: Iterable[str]
) -> Joined:
    """Try to join two folders of ``TABLE.parquet`` by ids, by the order of rows, by each column.

    ``same`` has the person of the second for each person of the first, to mark guesses by.
    """
    ids = set(id_columns)
    shared: dict[str, int] = {}
    by_order: dict[str, float] = {}
    ranks: dict[str, float] = {}
    by_column: dict[str, float] = {}
    for path in sorted(first.glob("*.parquet")):
        if not (second / path.name).exists():
            continue
        a, b = pq.read_table(path), pq.read_table(second / path.name)
        for column in a.column_names:
            if column in ids and column in b.column_names:
                both = set(a[column].drop_null().to_pylist()) & set(b[column].to_pylist())
                shared[f"{path.stem}.{column}"] = len(both)
        if PERSON not in a.column_names or PERSON not in b.column_names:
            continue
        owners = [same.get(person, person) for person in a[PERSON].to_pylist()]
        others = b[PERSON].to_pylist()
        by_order[path.stem], ranks[path.stem] = _orders(owners, others)
        for column in sorted(set(a.column_names) & set(b.column_names) - ids):
            by_column[f"{path.stem}.{column}"] = _found_by_values(
                _values(owners, a[column]), _values(others, b[column])
            )
    return Joined(len(same), shared, by_order, ranks, by_column)


def _orders(left: Sequence[int], right: Sequence[int]) -> tuple[float, float]:
    """People at equal places among those in both, and rank correlation, by their first rows."""
    first_left, first_right = list(dict.fromkeys(left)), list(dict.fromkeys(right))
    in_both = set(first_left) & set(first_right)
    a = [person for person in first_left if person in in_both]
    b = [person for person in first_right if person in in_both]
    if len(a) < 3:
        return 0.0, 0.0
    place = {person: number for number, person in enumerate(b)}
    ranks = np.array([place[person] for person in a])
    forwards = np.arange(len(a))
    matches = max(int((ranks == forwards).sum()), int((ranks == forwards[::-1]).sum()))
    return matches / len(a), float(np.corrcoef(ranks, forwards)[0, 1])


def _values(owners: Sequence[int], column: pa.ChunkedArray) -> dict[int, tuple[str, ...]]:
    """All values of each person in a column, sorted."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    for owner, value in zip(owners, column.to_pylist(), strict=True):
        found[owner].append(repr(value))
    return {owner: tuple(sorted(values)) for owner, values in found.items()}


def _found_by_values(
    left: Mapping[int, tuple[str, ...]], right: Mapping[int, tuple[str, ...]]
) -> float:
    """Share of the people in both whose values lead to them, picking among equals."""
    owners: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for owner, values in right.items():
        owners[values].append(owner)
    in_both = [owner for owner in left if owner in right]
    chances = [1 / len(owners[left[owner]]) for owner in in_both if owner in owners[left[owner]]]
    return sum(chances) / max(len(in_both), 1)
