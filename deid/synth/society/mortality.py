"""When people die: a published life table, and what their own diseases add to it.

The day of death is drawn from the life table of sex and place, so that mortality by age is the
table's whatever the diseases. Who has which disease is then drawn given the day of death or, for
those who live on, given that they lived (:func:`onset_given_exit`): by Bayes' rule people and days
come out as if each death had been a competing hazard, the background's rate times the ratio or plus
the excess of every disease that the person had by then, with a background set so that all together
die at the table's rate. Prevalence among the living stays that of the disease table.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from math import exp, log

from deid.synth.parameters import DiseaseModel, value
from deid.synth.people import Locale, Sex
from deid.synth.society.published import read_table

OLDEST = 115
"""Nobody of the table lives longer."""

REFERENCE_AGE = 65
"""Age up to which rate ratios are those of the table; beyond, they come nearer to one."""


@dataclass(frozen=True)
class Lethality:
    """What one disease adds to mortality: a rate ratio, or an excess a year that is the same at
    every age; and of what those die whom it kills, by weight."""

    problem: str
    ratio: float | None
    excess: float | None
    causes: Mapping[str, float]
    source: str

    def ratio_at(self, rate: float, age: float) -> float:
        """Rate ratio at an age at which everybody together dies at this rate a year."""
        if self.excess is not None:
            return 1 + self.excess / rate
        assert self.ratio is not None
        halvings = max(age - REFERENCE_AGE, 0.0) / value("mortality.ratio_halves")
        return 1 + (self.ratio - 1) * 0.5**halvings


def _causes(text: str) -> dict[str, float]:
    return {name: float(weight) for name, weight in (pair.split(":") for pair in text.split())}


LETHAL: Mapping[str, Lethality] = {
    row["problem"]: Lethality(
        row["problem"],
        float(row["ratio"]) if row["ratio"] else None,
        float(row["excess"]) if row["excess"] else None,
        _causes(row["causes"]),
        row["source"],
    )
    for row in read_table("lethality")
}


@cache
def _rates(locale: Locale, sex: Sex) -> tuple[float, ...]:
    """Deaths a person-year in each completed year of age up to :data:`OLDEST`."""
    rows = [r for r in read_table("mortality") if (r["locale"], r["sex"]) == (locale, sex)]
    bands = [(int(r["age"]), float(r["per_thousand"]) / 1000) for r in rows]
    # From five years on a band's rate is that of its middle; between the middles it is geometric.
    points = [(age + 2.5, rate) for age, rate in bands if age >= 5]
    rates = []
    for age in range(OLDEST):
        if age < points[0][0]:
            rates.append(next(rate for start, rate in reversed(bands) if start <= age))
            continue
        (left, low), (right, high) = next(
            (pair for pair in pairwise(points) if age + 0.5 <= pair[1][0]), (points[-2], points[-1])
        )
        rates.append(low * (high / low) ** ((age + 0.5 - left) / (right - left)))
    return tuple(rates)


@cache
def _cumulative(locale: Locale, sex: Sex) -> tuple[float, ...]:
    return tuple(accumulate(_rates(locale, sex), initial=0.0))


def rate_at(locale: Locale, sex: Sex, age: float) -> float:
    """Deaths a person-year at an age."""
    return _rates(locale, sex)[min(max(int(age), 0), OLDEST - 1)]


def hazard_up_to(locale: Locale, sex: Sex, age: float) -> float:
    """Rates added up from birth to an age."""
    whole = min(int(age), OLDEST - 1)
    return _cumulative(locale, sex)[whole] + _rates(locale, sex)[whole] * (age - whole)


def age_at_death(locale: Locale, sex: Sex, alive_at: float, draw: float) -> float:
    """Age at death of who is alive at an age, by a draw from [0, 1)."""
    wanted = hazard_up_to(locale, sex, alive_at) - log(1 - draw)
    sums = _cumulative(locale, sex)
    whole = bisect_right(sums, wanted) - 1
    if whole >= OLDEST:
        return float(OLDEST)
    return whole + (wanted - sums[whole]) / _rates(locale, sex)[whole]


def life_expectancy(locale: Locale, sex: Sex) -> float:
    """Years at birth by the life table."""
    sums = _cumulative(locale, sex)
    return sum((exp(-low) + exp(-high)) / 2 for low, high in pairwise(sums))


@dataclass(frozen=True)
class Exit:
    """How a record ends: the age on its last day, and whether that is the day of death."""

    locale: Locale
    sex: Sex
    age: float
    died: bool


def onset_given_exit(
    model: DiseaseModel, lethality: Lethality, rank: float, ratio: float, end: Exit
) -> float | None:
    """Age at which a person of this rank falls ill with what kills; ``None`` for never so far.

    Of those who live on, as many are ill as the prevalence says; of those who die, more by the
    disease's rate ratio ``R``: odds of being ill are ``R`` times those of the living. With ``E``
    the excess hazard from an age to the last day, the share of the ill who were so by an age is
    prevalence there times ``exp(-E)`` over prevalence at the end, because those who fell ill early
    had longer to die before.
    """
    share = min(model.prevalence(end.age) * ratio, 0.95)
    if share <= 0:
        return None
    fallen = share
    if end.died:
        times = lethality.ratio_at(rate_at(end.locale, end.sex, end.age), end.age)
        fallen = share * times / (1 + share * (times - 1))
    if rank >= fallen:
        return None
    # The earliest age at which enough of those who are ill at the end have fallen ill.
    above = model.prevalence(end.age)
    wanted = rank / fallen * above
    excess, age, youngest = 0.0, end.age, model.points[0][0]
    while age > youngest:
        before = max(age - 1, youngest)
        excess += _excess(model, lethality, ratio, end, before) * (age - before)
        below = model.prevalence(before) * exp(-excess)
        if below <= wanted:
            return before + (age - before) * (wanted - below) / max(above - below, 1e-12)
        age, above = before, below
    return youngest


def _excess(
    model: DiseaseModel, lethality: Lethality, ratio: float, end: Exit, age: float
) -> float:
    """Deaths a person-year of the ill beyond those of everybody of the age."""
    rate = rate_at(end.locale, end.sex, age)
    times = lethality.ratio_at(rate, age)
    share = min(model.prevalence(age) * ratio, 0.95)
    return rate * (times / (1 + share * (times - 1)) - 1)
