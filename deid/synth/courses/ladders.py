"""Which drugs are given for pressure and glucose, in which order, and what comes next."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from deid.synth.constitution import DIABETES, HYPERTENSION
from deid.synth.people import Locale, Resident
from deid.synth.physiology.drugs import BLOCKERS, CLASS_OF
from deid.synth.safety import may_take

Drug = tuple[str, str, int]
LADDERS: dict[tuple[str, Locale], tuple[tuple[Drug, ...], ...]] = {
    (HYPERTENSION, "en_US"): (
        (("LISINOPRIL_10MG", "10 mg", 1), ("AMLODIPINE_5MG", "5 mg", 1),
         ("HYDROCHLOROTHIAZIDE_25MG", "25 mg", 1)),
        (("AMLODIPINE_5MG", "5 mg", 1), ("LOSARTAN_50MG", "50 mg", 1),
         ("HYDROCHLOROTHIAZIDE_25MG", "25 mg", 1)),
        (("LOSARTAN_50MG", "50 mg", 1), ("METOPROLOL", "50 mg", 2), ("INDAPAMIDE", "1.25 mg", 1)),
    ),
    (HYPERTENSION, "zh_CN"): (
        (("AMLODIPINE_5MG", "5mg", 1), ("IRBESARTAN", "150mg", 1),
         ("HYDROCHLOROTHIAZIDE", "12.5mg", 1)),
        (("NIFEDIPINE", "30mg", 1), ("VALSARTAN", "80mg", 1), ("INDAPAMIDE", "1.5mg", 1)),
        (("ENALAPRIL", "10mg", 2), ("AMLODIPINE_5MG", "5mg", 1), ("BISOPROLOL", "5mg", 1)),
    ),
    (DIABETES, "en_US"): (
        (("METFORMIN_500MG", "1000 mg", 2), ("GLIPIZIDE", "5 mg", 1),
         ("INSULIN_GLARGINE", "14 units", 1)),
        (("METFORMIN_500MG", "1000 mg", 2), ("SITAGLIPTIN", "100 mg", 1),
         ("GLIMEPIRIDE", "2 mg", 1)),
    ),
    (DIABETES, "zh_CN"): (
        (("METFORMIN_500MG", "0.5g", 3), ("GLICLAZIDE", "60mg", 1),
         ("INSULIN_GLARGINE", "14单位", 1)),
        (("METFORMIN_500MG", "0.5g", 3), ("ACARBOSE", "50mg", 3), ("GLIMEPIRIDE", "2mg", 1)),
    ),
}  # fmt: skip
LAST_STEP: dict[tuple[str, Locale], Drug] = {
    (HYPERTENSION, "en_US"): ("SPIRONOLACTONE_25MG", "25 mg", 1),
    (HYPERTENSION, "zh_CN"): ("SPIRONOLACTONE_25MG", "25mg", 1),
}
"""What is added where no drug of a ladder is left: Williams 2015 Lancet 386:2059."""
DOSES: dict[tuple[Locale, str], tuple[str, int]] = {
    (locale, drug): (dose, times) for (_, locale), (drug, dose, times) in LAST_STEP.items()
} | {
    (locale, drug): (dose, times)
    for (_, locale), ladders in LADDERS.items()
    for ladder in ladders
    for drug, dose, times in ladder
}
"""Dose and times a day of each drug of the ladders, as it is begun."""

HIGHER: dict[tuple[Locale, str], tuple[str, ...]] = {
    ("en_US", "AMLODIPINE_5MG"): ("10 mg",), ("zh_CN", "AMLODIPINE_5MG"): ("10mg",),
    ("en_US", "LISINOPRIL_10MG"): ("20 mg", "40 mg"), ("en_US", "LOSARTAN_50MG"): ("100 mg",),
    ("en_US", "METOPROLOL"): ("100 mg",), ("en_US", "INDAPAMIDE"): ("2.5 mg",),
    ("en_US", "GLIPIZIDE"): ("10 mg",), ("en_US", "GLIMEPIRIDE"): ("4 mg",),
    ("en_US", "INSULIN_GLARGINE"): ("18 units", "24 units", "32 units", "40 units"),
    ("zh_CN", "IRBESARTAN"): ("300mg",), ("zh_CN", "VALSARTAN"): ("160mg",),
    ("zh_CN", "NIFEDIPINE"): ("60mg",), ("zh_CN", "ENALAPRIL"): ("20mg",),
    ("zh_CN", "HYDROCHLOROTHIAZIDE"): ("25mg",), ("zh_CN", "BISOPROLOL"): ("10mg",),
    ("zh_CN", "METFORMIN_500MG"): ("0.85g",), ("zh_CN", "GLICLAZIDE"): ("120mg",),
    ("zh_CN", "GLIMEPIRIDE"): ("4mg",), ("zh_CN", "ACARBOSE"): ("100mg",),
    ("zh_CN", "INSULIN_GLARGINE"): ("18单位", "24单位", "32单位", "40单位"),
}  # fmt: skip
"""Doses that a drug is raised to, one after the other; what is not here stays as it is begun."""


def dose_of(locale: Locale, drug: str, raised: Sequence[str] = ()) -> tuple[str, int]:
    """Dose and times a day; ``raised`` names a drug once for each time its dose was raised."""
    first, times = DOSES[locale, drug]
    steps = (first, *HIGHER.get((locale, drug), ()))
    return steps[min(raised.count(drug), len(steps) - 1)], times


def raisable(drugs: Sequence[Drug], raised: Sequence[str], locale: Locale) -> list[str]:
    """The drugs whose dose can still go up, those begun first before the others."""
    return [
        drug for drug, _, _ in drugs if raised.count(drug) < len(HIGHER.get((locale, drug), ()))
    ]


MOST_DRUGS = 3
"""So many drugs one problem is treated with."""


def suitable(resident: Resident, ladder: tuple[Drug, ...], day: date) -> list[Drug]:
    """The steps of a ladder that nothing speaks against; the first one if all are ruled out."""
    return [drug for drug in ladder if may_take(resident, drug[0], day)] or [ladder[0]]


def _ruled_out(drugs: Sequence[Drug]) -> set[str]:
    """Classes of which nothing is added to these drugs."""
    taken = {CLASS_OF[drug] for drug, _, _ in drugs}
    return taken | BLOCKERS if taken & BLOCKERS else taken


def alternative(
    resident: Resident,
    problem: str,
    drugs: Sequence[Drug],
    reserve: Sequence[Drug],
    locale: Locale,
    day: date,
    stopped: Drug,
    spared: Collection[str] = (),
) -> Drug:
    """A drug of a class that the resident does not take: of the own ladder, or of another one.

    ``stopped`` is the one of ``drugs`` whose place it takes, ``spared`` are classes that the
    resident did not bear.
    """
    taken = {CLASS_OF[stopped[0]], *spared} | _ruled_out(
        [drug for drug in drugs if drug != stopped]
    )
    others = [drug for ladder in LADDERS[problem, locale] for drug in ladder]
    # Tablets before the needle.
    choice = sorted((*reserve, *others), key=lambda drug: CLASS_OF[drug[0]] == "insulin")
    for drug in choice:
        if CLASS_OF[drug[0]] not in taken and may_take(resident, drug[0], day):
            return drug
    return drugs[0]


def next_step(
    resident: Resident,
    problem: str,
    drugs: Sequence[Drug],
    reserve: Sequence[Drug],
    locale: Locale,
    day: date,
    most: int = MOST_DRUGS,
    spared: Collection[str] = (),
) -> Drug | None:
    """The next drug of the own ladder; where that has too few that suit, one of another.

    None beyond ``most`` drugs; none of the ``spared`` classes, which the resident did not bear.
    """
    taken = _ruled_out(drugs) | set(spared)
    for drug in reserve:
        if CLASS_OF[drug[0]] not in taken:
            return drug
    if len(drugs) >= most:
        return None
    for drug in (drug for ladder in LADDERS[problem, locale] for drug in ladder):
        if CLASS_OF[drug[0]] not in taken and may_take(resident, drug[0], day):
            return drug
    last = LAST_STEP.get((problem, locale))
    if last is not None and CLASS_OF[last[0]] not in taken and may_take(resident, last[0], day):
        return last
    return None
