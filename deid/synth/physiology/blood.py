"""Blood count, liver and uric acid: each person's own level, and what disease does to it."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from statistics import NormalDist

from deid.synth.constitution import share_of_person
from deid.synth.people import Resident
from deid.synth.physiology.decline import WASTES, decline
from deid.synth.physiology.kidney import egfr_level

TREATED = timedelta(days=365)
"""For how long a tumour and its treatment keep the blood down (assumption)."""

_TUMOURS = frozenset(p for p in WASTES if p.endswith("_CANCER") or p == "MALIGNANT_NEOPLASM")
_NORMAL = NormalDist()


def own(resident: Resident, about: str) -> float:
    """A standard normal deviate that is always the same for one person and subject."""
    return _NORMAL.inv_cdf(min(max(share_of_person(resident, about), 1e-6), 1 - 1e-6))


def hemoglobin(stream: Random, resident: Resident, day: date) -> float:
    """Grams a litre; it falls with the kidneys, with tumours and towards a death that wastes."""
    level = (148 if resident.sex == "M" else 132) + 7 * own(resident, "hemoglobin")
    level -= max(60 - egfr_level(resident, day), 0) * 0.5
    level -= 18 if resident.has("ANEMIA", day) else 0
    ill = (p for p in _TUMOURS if resident.has(p, day))
    if any(day < resident.problems[problem] + TREATED for problem in ill):
        level -= 14
    level -= 25 * decline(resident, day)
    return round(max(level + stream.gauss(0, 4), 58))


def blood_tests(stream: Random, resident: Resident, day: date) -> dict[str, float]:
    """Blood count, liver enzymes, bilirubin, albumin and uric acid, in SI units."""
    fatty, cirrhotic = (resident.has(p, day) for p in ("FATTY_LIVER", "CIRRHOSIS"))
    alt = (38 if fatty else 22) + (5 * own(resident, "alt"))
    carrier = resident.has("CHRONIC_HEPATITIS_B", day)
    alt += 25 if carrier and share_of_person(resident, "hepatitis") < 0.3 else 0
    failing = max(60 - egfr_level(resident, day), 0)
    uric = (470 if resident.has("GOUT", day) else 330) + 35 * own(resident, "uric acid")
    platelets = (95 if cirrhotic else 215) + (20 if cirrhotic else 38) * own(resident, "platelets")
    albumin = 43 - failing / 16 - (9 if cirrhotic else 0) - 8 * decline(resident, day)
    return {
        "URIC_ACID": round(max(uric + stream.gauss(0, 25), 140)),
        "ALT": round(max(alt + stream.gauss(0, 5), 6)),
        "AST": round(max(alt * 0.7 + (22 if cirrhotic else 8) + stream.gauss(0, 4), 8)),
        "BILIRUBIN": round(
            max(
                (30 if cirrhotic else 12) + 3 * own(resident, "bilirubin") + stream.gauss(0, 2), 3.5
            ),
            1,
        ),
        "ALBUMIN": round(min(max(albumin + stream.gauss(0, 1.8), 20), 54), 1),
        "HEMOGLOBIN": hemoglobin(stream, resident, day),
        "LEUKOCYTES": round(max(6.3 + own(resident, "leukocytes") + stream.gauss(0, 0.8), 2.8), 1),
        "PLATELETS": round(max(platelets + stream.gauss(0, 15), 40)),
    }
