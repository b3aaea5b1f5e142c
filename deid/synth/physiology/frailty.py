"""How much help old people need in what is done each day; it grows with age and disease."""

from __future__ import annotations

from datetime import date

from deid.synth.constitution import trait
from deid.synth.parameters import value
from deid.synth.people import Resident
from deid.synth.physiology.decline import decline
from deid.synth.society.published import read_table

_WEAKENS = {
    row["problem"]: (float(row["at_once"]), float(row["yearly"])) for row in read_table("frailty")
}
"""What a problem takes from independence at once and in each year."""


def frailty(resident: Resident, day: date) -> float:
    """Help needed in an item of average difficulty: 0 none to 3 all; it grows with the years."""
    need = (resident.age_on(day) - value("frailty.age")) / value("frailty.years")
    need += value("frailty.sd") * trait(resident, "frailty")
    for problem, (at_once, yearly) in _WEAKENS.items():
        if resident.has(problem, day):
            need += at_once + yearly * (day - resident.problems[problem]).days / 365
    return need + value("decline.help") * decline(resident, day)


def needs_help(resident: Resident, day: date) -> bool:
    """Whether somebody is too frail for exercise: much help is needed in what is done each day."""
    return resident.age_on(day) >= 65 and frailty(resident, day) >= value("frailty.no_exercise")
