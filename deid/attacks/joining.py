"""Cross-project join: are two records of two deliveries the same person?

The attacker holds the extracts of two projects about people of whom many are in both, each with ids
of its own and rows in the order of these ids. Two ways are tried.

*By intervals*: the days between contacts stay what they are, whatever the offset. Each person of
one extract is given to the person of the other with most runs of intervals in common.

*By a column or the order of rows* (:func:`join_tables`), for two real folders of Parquet files: a
value of an id column that is in both, or people in an order that agrees.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from deid.attacks.events import VISITS, Runs, released_days, runs_of
from deid.attacks.ground import Ground, Ids
from deid.attacks.model import AttackResult, outcome

SHARE_IN_EACH = 0.7


def project_join_intervals(ground: Ground) -> AttackResult | None:
    """Join two simulated extracts of this release by runs of intervals."""
    people = ground.shown.ids
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
    """What two deliveries have in common that would join them.

    ``shared_ids`` counts id values in both, by ``table.column``; ``at_same_place`` is the greatest
    share of people in both who stand at equal places of a table, and ``rank_correlation`` the
    greatest one (absolute) of their orders, by table.
    """

    shared_ids: Mapping[str, int]
    at_same_place: Mapping[str, float]
    rank_correlation: Mapping[str, float]


def join_tables(
    first: Path, second: Path, same: Mapping[int, int], id_columns: Iterable[str]
) -> Joined:
    """Try to join two folders of ``TABLE.parquet`` on ids and on the order of rows.

    ``same`` has the person of the second for each person of the first, to count successes by.
    """
    names = sorted(set(id_columns))
    shared: dict[str, int] = {}
    places: dict[str, float] = {}
    ranks: dict[str, float] = {}
    for path in sorted(first.glob("*.parquet")):
        other = second / path.name
        if not other.exists():
            continue
        a, b = pq.read_table(path), pq.read_table(other)
        for column in set(names) & set(a.column_names) & set(b.column_names):
            both = set(a[column].drop_null().to_pylist()) & set(b[column].drop_null().to_pylist())
            shared[f"{path.stem}.{column}"] = len(both)
        if "person_id" in a.column_names and "person_id" in b.column_names:
            left = [same.get(value) for value in a["person_id"].to_pylist()]
            right = b["person_id"].to_pylist()
            places[path.stem], ranks[path.stem] = _orders(left, right)
    return Joined(shared, places, ranks)


def _orders(left: Sequence[int | None], right: Sequence[int]) -> tuple[float, float]:
    """Share of people at equal places, and rank correlation, by their first rows."""
    first_left = {value: i for i, value in reversed(list(enumerate(left)))}
    first_right = {value: i for i, value in reversed(list(enumerate(right)))}
    both = [value for value in first_left if value is not None and value in first_right]
    if len(both) < 3:
        return 0.0, 0.0
    a = np.argsort(np.argsort([first_left[value] for value in both]))
    b = np.argsort(np.argsort([first_right[value] for value in both]))
    return float((a == b).mean()), float(abs(np.corrcoef(a, b)[0, 1]))
