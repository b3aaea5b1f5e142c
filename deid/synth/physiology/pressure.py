"""Blood pressure: age, salt, season, drugs as taken, the white coat, and how it is written down."""

from __future__ import annotations

from datetime import date
from functools import cache
from math import cos, pi
from random import Random
from statistics import NormalDist

from deid.synth.constitution import HYPERTENSION, trait, untreated_systolic
from deid.synth.parameters import value
from deid.synth.physiology.body import Body
from deid.synth.physiology.drugs import ADHERENCE_EFFECT, fall_of


def winter(day: date) -> float:
    """1 in mid January, -1 in mid July."""
    return cos(2 * pi * (day.timetuple().tm_yday - 15) / 365)


def pressure_level(body: Body, day: date) -> tuple[float, float]:
    """Systolic and diastolic pressure in mmHg of a quiet hour at home on a day."""
    resident = body.resident
    regimen = body.treatment_on(HYPERTENSION, day)
    taken = ADHERENCE_EFFECT[regimen.adherence]
    risen = body.risen(HYPERTENSION, day)
    healthy, untreated = body.healthy_systolic, untreated_systolic(resident)
    own = healthy + (untreated - healthy) * risen
    season = value("sbp.winter") * winter(day)
    moved = value("sbp.age_slope") * (max(resident.age_on(day) - 40, 0) - 20) + season
    if resident.salt == "HEAVY":
        moved += value("sbp.heavy_salt")
    # Surveys call everybody ill whose pressure is high: nobody else's is, at home and untreated.
    healthy = min(healthy + moved, value("sbp.healthy.highest"))
    untreated = max(untreated + moved, value("sbp.untreated.lowest"))
    systolic = healthy + (untreated - healthy) * risen
    # Drugs lower a high pressure by more (Law 2003).
    excess = value("sbp.drug.per_mmhg") * (own - value("sbp.drug.reference"))
    systolic -= taken * (
        fall_of("sbp", regimen.drugs, regimen.raised) + excess * len(regimen.drugs)
    )
    diastolic = body.diastolic_offset + own * value("dbp.per_systolic") + season / 2
    diastolic -= max(diastolic - value("dbp.healthy.highest"), 0) * (1 - risen)
    diastolic -= taken * fall_of("dbp", regimen.drugs, regimen.raised)
    return systolic, diastolic


def blood_pressure(
    stream: Random, body: Body, day: date, mode: str = "clinic", moved: float = 0
) -> tuple[int, int]:
    """Systolic and diastolic pressure in mmHg as they are written down at a visit.

    In the clinic some people's pressure is higher than at home; numbers prefer certain last digits.
    An acute illness has ``moved`` the systolic pressure by so many mmHg.
    """
    systolic, diastolic = pressure_level(body, day)
    if mode != "home" and fears_the_white_coat(trait(body.resident, "white_coat")):
        systolic += value("sbp.white_coat")
        diastolic += value("sbp.white_coat") / 2
    systolic += stream.gauss(0, value("sbp.visit.sd"))
    diastolic += stream.gauss(0, value("dbp.visit.sd"))
    systolic = min(max(systolic, 84) + moved, 228)
    diastolic = min(max(diastolic, 46) + moved / 2, 128)
    systolic = max(systolic, 74)
    return as_written(stream, systolic, min(max(diastolic, 42), systolic - 18))


def as_written(stream: Random, systolic: float, diastolic: float) -> tuple[int, int]:
    """Both pressures in mmHg with the last digits that people read from a gauge."""
    # A measurement shows one habit of reading the gauge in both numbers.
    habit = stream.random()
    return _write(systolic, habit), _write(diastolic, habit)


def fears_the_white_coat(deviate: float) -> bool:
    """Is a person with this deviate among those whose pressure rises in the clinic?"""
    return deviate > _white_coat_limit()


@cache
def _white_coat_limit() -> float:
    return NormalDist().inv_cdf(1 - value("sbp.white_coat.share"))


def _write(pressure: float, habit: float) -> int:
    for step, share in _steps():
        if habit < share:
            return step * round(pressure / step)
        habit -= share
    return round(pressure)


@cache
def _steps() -> tuple[tuple[int, float], ...]:
    """Steps of mmHg that pressures are rounded to, and the share of readings so written."""
    return tuple((step, value(f"digits.{name}")) for step, name in _DIGITS)


_DIGITS = ((10, "ten"), (5, "five"), (2, "even"))
