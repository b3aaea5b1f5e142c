"""Offset recovery: by how much were the dates of a household shifted?

The attacker knows from public statistics when everything of a kind truly happened in the county: on
which days clinics were closed, in which weeks there was influenza, when a code or a form was first
used, and when the records begin and end. For each household each possible offset is tried: how
likely are its days and codes, moved back by it? What all households together say of the offsets is
learned, too: one for all, which data that were not shifted betray even where a household says
little, or some more often than others.

Half of the households are the public statistics, as they truly were; the attack is on the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deid.attacks.events import VISITS, event_union
from deid.attacks.ground import Column, Ground, Ids, Mask
from deid.attacks.model import AttackResult, outcome
from deid.structured.expressions import quoted

Weights = npt.NDArray[np.float64]

PUBLIC_HOUSEHOLDS = 2_500
EVENTS_OF_A_CODE = 20
"""Codes seen less often tell nothing of a week."""
CODES_OF_A_CONTACT = 1.0
"""Codes of one person and week that are counted as if they told of it independently."""
RAREST = 1e-3
"""Contacts that are expected on a day on which none is."""
NEAR_WEEKS = 6
CLOSED_IF_USUAL = 8.0
"""A day without any contact was closed if so many are usual; chance leaves out one in 3,000."""
SEASONS = 26
_DAYS_OF_SEASON = 365.25 / SEASONS
ROUNDS = 50
NEAR = 2
_WEEK = 7


def offset_recovery(ground: Ground) -> AttackResult | None:
    """Guess the offset of every household; a guess is right if it is the true number of weeks."""
    if not ground.has(VISITS) or ground.max_weeks == 0:
        return None
    homes, true_weeks = true_offsets(ground)
    if len(homes) < 4:
        return None
    order = ground.rng("public statistics").permutation(len(homes))
    public = homes[order[: len(homes) // 2][:PUBLIC_HOUSEHOLDS]]
    attacked = ground.sample("offsets", np.sort(order[len(homes) // 2 :]))
    likelihood = _likelihood(ground, public, homes[attacked])
    offsets = candidates(ground)
    posterior = likelihood + np.log(prior_of_offsets(likelihood))
    best = np.isclose(posterior, posterior.max(axis=1, keepdims=True), rtol=0, atol=1e-9)
    right = best[offsets == true_weeks[attacked][:, None]].astype(float)
    wins = float((right / best.sum(axis=1)).sum())
    near = np.abs(offsets[posterior.argmax(axis=1)] - true_weeks[attacked]) <= NEAR
    return outcome(
        "offset_recovery",
        attacker=(
            "Knows from public statistics on which days and weeks everything of a kind truly "
            "happened, and the greatest possible offset; knows no date of the household."
        ),
        question="By how many weeks were the dates of this household shifted?",
        explanation=(
            f"The offsets of {len(attacked):,} households were guessed among "
            f"{2 * ground.max_weeks} possible ones, from closed days, seasons, first uses of codes "
            f"and the ends of the data; {near.mean():.0%} of the guesses were at most {NEAR} weeks "
            "off. Who knows one exact date of the household has its offset "
            "without any attack."
        ),
        wins=wins,
        n=len(attacked),
        baseline=1 / (2 * ground.max_weeks),
    )


def candidates(ground: Ground) -> Column:
    """Offsets in weeks that are tried; 0 is among them, for nobody may have shifted at all."""
    return np.arange(-ground.max_weeks, ground.max_weeks + 1)


def true_offsets(ground: Ground) -> tuple[Ids, Column]:
    """Households with visits, and the weeks by which these were moved.

    Nobody, if the visits of most people were not moved as a whole: then there is no offset.
    """
    people, moved, moves = ground.columns(
        "SELECT person_id, min(moved), count(DISTINCT moved) FROM (SELECT person_id, "
        "r.visit_start_date - v.visit_start_date AS moved "
        f"FROM {ground.table(VISITS)} r JOIN vault.visit_occurrence v "
        "USING (visit_occurrence_id, person_id) WHERE r.visit_start_date IS NOT NULL) "
        "GROUP BY 1 ORDER BY 1"
    )
    whole = moves == 1
    if 2 * whole.sum() < len(people):
        return people[:0], moved[:0]
    people, moved = people[whole], moved[whole]
    household = ground.register.household[np.searchsorted(ground.register.ids, people)]
    homes, first = np.unique(household, return_index=True)
    return homes, moved[first].astype(np.int64) // _WEEK


def prior_of_offsets(likelihood: Weights) -> Weights:
    """How often each offset is used, from the log likelihoods (households, offsets).

    If one offset for all explains the data better than any offset for each, it is nearly certain.
    Otherwise shares are learned; one household's worth of equal shares keeps every offset possible.
    """
    households, count = likelihood.shape
    equal = np.full(count, 1 / count)
    highest = likelihood.max(axis=1, keepdims=True)
    scaled = np.exp(likelihood - highest)
    together = likelihood.sum(axis=0)
    if together.max() > (highest[:, 0] + np.log(scaled @ equal)).sum():
        return np.where(together == together.max(), 1.0, 1e-6)
    prior = equal
    for _ in range(ROUNDS):
        posterior = scaled * prior
        posterior /= posterior.sum(axis=1, keepdims=True)
        prior = (posterior.sum(axis=0) + 1 / count) / (households + 1)
    return prior


@dataclass(frozen=True)
class Calendar:
    """When things truly happen: log shares by day, and by code and week beside all codes.

    Both are shrunk towards what is usual by as much as chance alone explains.
    """

    first_day: int
    by_day: Weights
    by_code: Weights
    codes: Ids

    def days(self, days: Column) -> Weights:
        """Log share of each day; days outside of the calendar are as rare as unseen ones."""
        place = np.clip(days - self.first_day, 0, len(self.by_day) - 1)
        inside = (days >= self.first_day) & (days < self.first_day + len(self.by_day))
        return np.where(inside, self.by_day[place], self.by_day.min())

    def weeks(self, code: Column, days: Column) -> Weights:
        """Log share of the week within the code, over the week's share of everything."""
        place = np.clip((days - self.first_day) // _WEEK, 0, self.by_code.shape[1] - 1)
        return self.by_code[code, place]


def shrunk(counts: Weights, expected: Weights) -> Weights:
    """Ratio of true rates to expected ones along the last axis, by an empirical Bayes estimate.

    Counts are taken for Poisson with rates that vary as a gamma distribution of mean 1 times what
    is expected; the variance is estimated by moments, one for each row.
    """
    spread = ((counts - expected) ** 2 - expected).sum(axis=-1, keepdims=True)
    total = np.maximum((expected**2).sum(axis=-1, keepdims=True), 1e-12)
    shape = 1 / np.clip(spread / total, 1e-3, 10)
    return (counts + shape) / (expected + shape)


def usual_days(counts: Weights) -> Weights:
    """What is usual on each day: the mean of the weeks around it, times its weekday's share."""
    weekday = np.arange(len(counts)) % _WEEK
    by_weekday = np.bincount(weekday, counts, _WEEK) / np.bincount(weekday, minlength=_WEEK)
    window = np.ones((2 * NEAR_WEEKS + 1) * _WEEK)
    around = np.convolve(counts, window, "same") / np.convolve(np.ones(len(counts)), window, "same")
    return around * (by_weekday / max(by_weekday.mean(), 1e-12))[weekday]


def _likelihood(ground: Ground, public: Ids, attacked: Ids) -> Weights:
    people = np.isin(ground.register.household, np.concatenate([public, attacked]))
    ground.store(
        "attacked_home",
        person_id=ground.register.ids[people],
        household=ground.register.household[people],
    )
    calendar = _calendar(ground, public)
    shifts = candidates(ground) * _WEEK
    likelihood = np.zeros((len(attacked), len(shifts)))
    home, day = ground.columns(
        f"SELECT household, day FROM ({_contacts(ground, ground.table)}) ORDER BY ALL"
    )
    home, day = _placed(home, attacked, day)
    for column, shift in enumerate(shifts):
        np.add.at(likelihood[:, column], home, calendar.days(day - shift))
    home, code, day, share = ground.columns(
        f"SELECT household, code, day, share FROM ({_coded(ground, ground.table)}) ORDER BY ALL"
    )
    known = np.isin(code, calendar.codes)
    home, code, day, share = _placed(home[known], attacked, code[known], day[known], share[known])
    code = np.searchsorted(calendar.codes, code)
    for column, shift in enumerate(shifts):
        np.add.at(likelihood[:, column], home, share * calendar.weeks(code, day - shift))
    return likelihood


def _calendar(ground: Ground, public: Ids) -> Calendar:
    def of_vault(table: str) -> str:
        return f"vault.{quoted(table)}"

    home, day = ground.columns(f"SELECT household, day FROM ({_contacts(ground, of_vault)})")
    of_public = np.isin(home, public)
    first, last = int(day[of_public].min()), int(day[of_public].max())
    counts = np.bincount(day[of_public] - first, minlength=last - first + 1).astype(float)
    usual = usual_days(counts)
    rate = np.where(_closed(ground, of_vault, first, last), 0.0, usual * shrunk(counts, usual))
    by_day = np.log((rate + RAREST) / (rate + RAREST).sum())
    home, code, day = ground.columns(
        f"SELECT household, code, day FROM ({_coded(ground, of_vault)})"
    )
    chosen = np.isin(home, public) & (day >= first) & (day <= last)
    codes, place, seen = np.unique(code[chosen], return_inverse=True, return_counts=True)
    weeks = (last - first) // _WEEK + 1
    week = (day[chosen] - first) // _WEEK
    table = np.bincount(place * weeks + week, minlength=len(codes) * weeks).astype(float)
    table = table.reshape(len(codes), weeks)
    frequent = seen >= EVENTS_OF_A_CODE
    everything = table.sum(axis=0) / max(table.sum(), 1)
    table, seen = table[frequent], seen[frequent]
    return Calendar(first, by_day, _by_code(table, seen[:, None] * everything), codes[frequent])


def _closed(ground: Ground, source: Callable[[str], str], first: int, last: int) -> Mask:
    """Days on which nobody at all had a contact and many should have: such days are public."""
    events = event_union(ground, source, "person_id, day")
    day, contacts = ground.columns(
        "SELECT (day - DATE '1970-01-01')::BIGINT AS day, count(DISTINCT person_id) "
        f"FROM ({events}) WHERE day BETWEEN DATE '1970-01-01' + {first} "
        f"AND DATE '1970-01-01' + {last} GROUP BY 1"
    )
    counts = np.bincount(day - first, contacts, minlength=last - first + 1).astype(float)
    return (counts == 0) & (usual_days(counts) >= CLOSED_IF_USUAL)


def _by_code(table: Weights, expected: Weights) -> Weights:
    """Log ratio of each code in each week: its season over all years, then its own time."""
    weeks = table.shape[1]
    season = (np.arange(weeks) * _WEEK // _DAYS_OF_SEASON).astype(int) % SEASONS
    by_season = np.zeros((SEASONS, weeks))
    by_season[season, np.arange(weeks)] = 1
    ratio = shrunk(_smooth(table @ by_season.T, wrap=True), _smooth(expected @ by_season.T, True))
    of_season = ratio[:, season]
    expected = expected * of_season
    of_time = shrunk(_smooth(table), _smooth(expected))
    # Campaigns: everybody of a village is called for the same week.
    of_week = shrunk(table, expected * of_time)
    return np.log(of_season) + np.log(of_time) + np.log(of_week)


def _smooth(table: Weights, wrap: bool = False) -> Weights:
    """Sum of each column and its neighbours."""
    padded = np.pad(table, ((0, 0), (1, 1)), mode="wrap" if wrap else "constant")
    return padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]


def _contacts(ground: Ground, source: Callable[[str], str]) -> str:
    """SQL of the distinct days of each person, with the household."""
    events = event_union(ground, source, "person_id, day")
    return (
        "SELECT DISTINCT household, person_id, (day - DATE '1970-01-01')::BIGINT AS day "
        f"FROM ({events}) JOIN attacked_home USING (person_id)"
    )


def _coded(ground: Ground, source: Callable[[str], str]) -> str:
    """SQL of the distinct codes and weeks of each person, with the household.

    ``share`` shrinks codes of one person and week that are many: a form has dozens of codes, all of
    which tell its week once.
    """
    events = event_union(ground, source, "person_id, hash(part, concept) AS code, day")
    return (
        "SELECT household, code, day, "
        f"least({CODES_OF_A_CONTACT} / count(*) OVER (PARTITION BY person_id, week), 1) AS share "
        "FROM (SELECT household, person_id, date_trunc('week', day) AS week, "
        "(code >> 1)::BIGINT AS code, min(day - DATE '1970-01-01')::BIGINT AS day "
        f"FROM ({events}) JOIN attacked_home USING (person_id) "
        "GROUP BY household, person_id, code, week)"
    )


def _placed(home: Column, wanted: Ids, *columns: npt.NDArray) -> list[npt.NDArray]:
    """Only rows of wanted households (sorted), with their places in ``wanted``."""
    chosen: Mask = np.isin(home, wanted)
    return [np.searchsorted(wanted, home[chosen]), *(column[chosen] for column in columns)]
