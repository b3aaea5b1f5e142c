"""Renal function: eGFR falls with age and disease; creatinine is what CKD-EPI makes of it."""

from __future__ import annotations

from datetime import date
from random import Random

from deid.synth.constitution import trait
from deid.synth.parameters import value
from deid.synth.people import Resident, Sex

KIDNEY_DISEASE = "CHRONIC_KIDNEY_DISEASE"
_KAPPA = {"M": 0.9, "F": 0.7}
_ALPHA = {"M": -0.411, "F": -0.329}
_FEMALE = 1.018


def egfr_level(resident: Resident, day: date) -> float:
    """Estimated glomerular filtration rate in mL/min/1.73 m² on a day."""
    onset = resident.problems.get(KIDNEY_DISEASE)
    years = (day - onset).days / 365.25 if onset is not None else -100.0
    found = value("egfr.at_diagnosis")
    if years >= 0:
        return max(found - value("egfr.decline.kidney_disease") * years, 9.0)
    own = value("egfr.at_40") + value("egfr.sd") * trait(resident, "kidney")
    own -= value("egfr.decline") * max(resident.age_on(day) - 40, 0)
    if onset is None:
        return max(own, 63.0)
    # The years before the diagnosis lead down to it.
    share = min(max(1 + years / value("egfr.approach"), 0.0), 1.0)
    return max(own, 63.0) * (1 - share) + found * share


def egfr_of(creatinine: float, sex: Sex, age: int) -> float:
    """CKD-EPI (Levey 2009 Ann Intern Med 150:604) from creatinine in µmol/L."""
    ratio = creatinine / 88.4 / _KAPPA[sex]
    rate = 141 * min(ratio, 1) ** _ALPHA[sex] * max(ratio, 1) ** -1.209 * 0.993**age
    return float(rate * (_FEMALE if sex == "F" else 1))


def creatinine_of(egfr: float, sex: Sex, age: int) -> float:
    """Creatinine in µmol/L that CKD-EPI turns into this eGFR; the inverse of :func:`egfr_of`."""
    share = egfr / (141 * 0.993**age * (_FEMALE if sex == "F" else 1))
    ratio = share ** (-1 / 1.209) if share <= 1 else share ** (1 / _ALPHA[sex])
    return float(ratio * _KAPPA[sex] * 88.4)


def kidney_tests(stream: Random, resident: Resident, day: date) -> dict[str, float]:
    """Creatinine in µmol/L, its eGFR, and urea in mmol/L."""
    age = resident.age_on(day)
    level = max(egfr_level(resident, day) + stream.gauss(0, value("egfr.visit.sd")), 8.0)
    creatinine = round(creatinine_of(level, resident.sex, age))
    egfr = egfr_of(creatinine, resident.sex, age)
    urea = max(stream.gauss(value("urea.mean"), value("urea.sd")) * (creatinine / 75) ** 0.5, 2.0)
    return {"CREATININE": creatinine, "EGFR": round(egfr), "UREA": round(urea, 1)}


def albumin_ratio(stream: Random, resident: Resident, day: date) -> float:
    """Urine albumin to creatinine in mg/g: from 30 on in nephropathy (KDIGO 2012)."""
    onset = resident.problems.get("DIABETIC_NEPHROPATHY")
    if onset is None or onset > day:
        normal = stream.lognormvariate(value("albumin_ratio.normal"), value("albumin_ratio.sd"))
        return round(min(max(normal, 2.0), 28.0), 1)
    years = (day - onset).days / 365
    grown = stream.lognormvariate(
        value("albumin_ratio.growth") * years, value("albumin_ratio.nephropathy.sd")
    )
    return round(min(max(value("albumin_ratio.nephropathy") * grown, 31), 3000), 1)
