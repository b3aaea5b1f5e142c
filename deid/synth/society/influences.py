"""How problems and events of life bring on other problems: an explicit causal model.

``data/influences.csv`` says what multiplies the rate of what, from how long after the cause
(``lag_days``) for how long (``lasts_days``; without it as long as the cause lasts). ``exposed`` is
the expected share of the time at risk under the influence (measured over generated people; for the
diseases of ``diseases.csv`` that is their whole lives, of which the records hold only some years):
rates are divided by their mean over all people, so that influences move problems between people but
leave the prevalence as it is in the tables. Effect ``ADHERENCE`` multiplies the odds of taking
one's drugs regularly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from math import log
from random import Random

from deid.synth.people import Resident
from deid.synth.society.published import read_table

ADHERENCE = "ADHERENCE"
EVENT = "EVENT_"


@dataclass(frozen=True)
class Influence:
    """One line of the causal model."""

    cause: str
    effect: str
    ratio: float
    lag_days: int
    lasts_days: int | None
    exposed: float
    source: str


@dataclass(frozen=True)
class Spell:
    """Days from ``first`` on and before ``last`` in which a rate is multiplied."""

    first: date
    last: date
    ratio: float


INFLUENCES: tuple[Influence, ...] = tuple(
    Influence(
        cause=row["cause"],
        effect=row["effect"],
        ratio=float(row["ratio"]),
        lag_days=int(row["lag_days"]),
        lasts_days=int(row["lasts_days"]) if row["lasts_days"] else None,
        exposed=float(row["exposed"] or 0),
        source=row["source"],
    )
    for row in read_table("influences")
)


@cache
def influences_on(effect: str) -> tuple[Influence, ...]:
    """All lines with this effect."""
    return tuple(line for line in INFLUENCES if line.effect == effect)


@cache
def mean_ratio(effect: str) -> float:
    """By how much the influences raise the rate of an effect over all people."""
    return 1 + sum(line.exposed * (line.ratio - 1) for line in influences_on(effect))


def find_spells(residents: Iterable[Resident], effect: str, last: date) -> list[Spell]:
    """When the rate of an effect is multiplied for people who share it, up to ``last``."""
    spells = []
    for line in influences_on(effect):
        for resident in residents:
            for first, end in _times(resident, line.cause, last):
                begins = first + timedelta(days=line.lag_days)
                ends = end
                if line.lasts_days is not None:
                    ends = min(last, begins + timedelta(days=line.lasts_days))
                if begins < ends:
                    spells.append(Spell(begins, ends, line.ratio))
    return spells


def _times(resident: Resident, cause: str, last: date) -> list[tuple[date, date]]:
    if cause.startswith(EVENT):
        return [(event.day, last) for event in resident.events if event.kind == cause]
    onset = resident.problems.get(cause)
    return [] if onset is None else [(onset, min(resident.resolved.get(cause, last), last))]


def ratio_on(spells: Sequence[Spell], day: date) -> float:
    """What multiplies the rate on a day."""
    ratio = 1.0
    for spell in spells:
        if spell.first <= day < spell.last:
            ratio *= spell.ratio
    return ratio


def pieces(spells: Sequence[Spell], first: date, last: date) -> list[tuple[date, date, float]]:
    """The time from first to last, cut where the ratio changes."""
    cuts = sorted(
        {first, last} | {day for s in spells for day in (s.first, s.last) if first < day < last}
    )
    return [(left, right, ratio_on(spells, left)) for left, right in pairwise(cuts)]


def draw_onset(
    stream: Random, rate: float, spells: Sequence[Spell], first: date, last: date
) -> date | None:
    """When something of a yearly ``rate`` begins between two days, under its influences."""
    left = -log(1 - stream.random())
    for begins, ends, ratio in pieces(spells, first, last):
        daily = rate * ratio / 365.25
        days = (ends - begins).days
        if left < daily * days:
            return begins + timedelta(days=int(left / daily))
        left -= daily * days
    return None


def adherence_odds(resident: Resident, day: date) -> float:
    """What multiplies the odds of taking one's drugs regularly on a day."""
    odds = 1.0
    for line in influences_on(ADHERENCE):
        if resident.has(line.cause, day):
            odds *= line.ratio
    return odds
