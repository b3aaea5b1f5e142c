"""Which drugs a resident must not be given: by age, by pregnancy, by allergy.

The lists hold what the generator could prescribe, from the summaries of product characteristics
that are common to both countries; they are no guide for treating anybody.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from deid.synth.parameters import value
from deid.synth.people import Locale, Pregnancy, Resident
from deid.synth.streams import happens, open_stream, weighted

MIN_AGE: dict[str, float] = {
    "LEVOFLOXACIN": 18, "DOXYCYCLINE": 8, "NITROFURANTOIN": 12, "FOSFOMYCIN": 12,
    "ASPIRIN": 16, "CELECOXIB": 18, "DICLOFENAC": 14, "NAPROXEN": 12, "TRAMADOL": 18,
    "IBUPROFEN": 0.5, "CETIRIZINE": 1, "LORATADINE": 2, "MONTELUKAST": 1, "SALBUTAMOL": 0.5,
    "AMBROXOL": 1, "MONTMORILLONITE": 0.25, "OSELTAMIVIR": 1, "CEFACLOR": 0.1,
    "ZOLPIDEM": 18, "ESCITALOPRAM": 12, "SERTRALINE": 12, "OMEPRAZOLE": 12, "BETAHISTINE": 18,
    "LIANHUA_QINGWEN": 12, "COLCHICINE": 16, "ACETAMINOPHEN_500MG": 12, "IBUPROFEN_200MG": 12,
    "AMOXICILLIN_500MG": 12, "DIPHENHYDRAMINE": 6, "TIOTROPIUM": 12,
}  # fmt: skip
"""Youngest age in years, by the beginning of a drug's key."""

NOT_SOLD: dict[Locale, frozenset[str]] = {
    "en_US": frozenset({"AMBROXOL", "BETAHISTINE", "MONTMORILLONITE", "ZINC_GLUCONATE"}),
    "zh_CN": frozenset(),
}
"""What nobody is given in a country: not approved there, or not given for what it is given for
elsewhere (zinc for diarrhea)."""

NOT_IN_PREGNANCY = (
    "LISINOPRIL", "ENALAPRIL", "CAPTOPRIL", "BENAZEPRIL", "LOSARTAN", "VALSARTAN", "IRBESARTAN",
    "ATORVASTATIN", "SIMVASTATIN", "ROSUVASTATIN", "HYDROCHLOROTHIAZIDE", "INDAPAMIDE",
    "SPIRONOLACTONE", "LEVOFLOXACIN", "DOXYCYCLINE", "IBUPROFEN", "CELECOXIB", "DICLOFENAC",
    "NAPROXEN", "WARFARIN", "COLCHICINE", "ZOLPIDEM", "ALPRAZOLAM", "TRAMADOL", "GLIMEPIRIDE",
    "GLIPIZIDE", "GLICLAZIDE", "SITAGLIPTIN", "ACARBOSE", "LIANHUA_QINGWEN", "ALENDRONATE",
    "ALLOPURINOL", "FEBUXOSTAT", "TAMOXIFEN", "LETROZOLE", "FLUOXETINE", "BETAHISTINE",
)  # fmt: skip
NOT_WHILE_FERTILE = ("VALPROATE",)
"""What women who may still become pregnant are not given."""
_FERTILE = (12, 50)
"""Ages in years."""
ALLERGIES: dict[str, tuple[str, ...]] = {
    "DRUG_ALLERGY_PENICILLIN": ("AMOXICILLIN", "PENICILLIN", "AMPICILLIN", "CEPHALEXIN",
                                "CEFACLOR"),
    "DRUG_ALLERGY_SULFONAMIDE": ("SULFAMETHOXAZOLE", "CELECOXIB"),
    "DRUG_ALLERGY_STREPTOMYCIN": ("STREPTOMYCIN",),
    "DRUG_ALLERGY_IBUPROFEN": ("IBUPROFEN", "NAPROXEN", "DICLOFENAC", "ASPIRIN"),
}  # fmt: skip
"""Question of the forms, and the drugs that its answer rules out."""

NSAIDS = ("IBUPROFEN", "NAPROXEN", "DICLOFENAC", "CELECOXIB")
NOT_WITH: dict[str, tuple[str, ...]] = {
    "ASTHMA": ("METOPROLOL", "BISOPROLOL", "LABETALOL", "IBUPROFEN", "NAPROXEN", "DICLOFENAC"),
    "GOUT": ("HYDROCHLOROTHIAZIDE", "INDAPAMIDE"),
    "ESSENTIAL_HYPERTENSION": NSAIDS,
    "CHRONIC_GASTRITIS": ("IBUPROFEN", "NAPROXEN", "DICLOFENAC"),
    "GERD": ("IBUPROFEN", "NAPROXEN", "DICLOFENAC"),
    "ATRIAL_FIBRILLATION": NSAIDS,
    "HEART_FAILURE": (*NSAIDS, "NIFEDIPINE"),
    "CHRONIC_KIDNEY_DISEASE": (*NSAIDS, "SPIRONOLACTONE"),
    "DIABETIC_NEPHROPATHY": NSAIDS,
    "CORONARY_ARTERIOSCLEROSIS": NSAIDS,
    "ACUTE_MYOCARDIAL_INFARCTION": NSAIDS,
    "CEREBRAL_INFARCTION": NSAIDS,
    "CIRRHOSIS": (*NSAIDS, "METFORMIN", "ACETAMINOPHEN"),
    "DEMENTIA": ("ZOLPIDEM", "DIPHENHYDRAMINE"),
    "COPD": ("ZOLPIDEM",),
}  # fmt: skip
"""Problem, and the drugs that it speaks against."""

NOT_WHEN_KIDNEYS_FAIL = ("METFORMIN",)
"""What nobody takes whose kidneys filter less than ``egfr.specialist``."""

KNOWN_AFTER_DAYS = 35
"""A pregnancy is noticed five weeks after the last period (assumption)."""


def allergies_of(resident: Resident) -> tuple[str, ...]:
    """Keys of the resident's drug allergies, mostly none; the same in every form."""
    return _allergies(resident.person_id, resident.birth, resident.full_name)


@lru_cache(maxsize=64)
def _allergies(*whose: object) -> tuple[str, ...]:
    stream = open_stream("allergy", *whose)
    if not happens(stream, value("allergy.drug")):
        return ()
    shares = {
        "DRUG_ALLERGY_PENICILLIN": 0.62,
        "DRUG_ALLERGY_SULFONAMIDE": 0.18,
        "DRUG_ALLERGY_STREPTOMYCIN": 0.06,
        "DRUG_ALLERGY_IBUPROFEN": 0.14,
    }
    return (weighted(stream, shares),)


def pregnancy_on(resident: Resident, day: date) -> Pregnancy | None:
    """The pregnancy that is known on a day."""
    for pregnancy in resident.pregnancies:
        ended = pregnancy.delivered
        known = (day - pregnancy.lmp).days >= KNOWN_AFTER_DAYS
        if known and (day <= ended if ended is not None else True):
            return pregnancy
    return None


def may_conceive(resident: Resident, day: date) -> bool:
    """Whether this is a woman of an age at which she may become pregnant."""
    first, last = _FERTILE
    return resident.sex == "F" and first <= (day - resident.birth).days / 365.25 < last


def _kidneys_fail(resident: Resident, day: date) -> bool:
    """Whether chronic kidney disease has come to its fourth stage, at the pace of the table."""
    onset = resident.problems.get("CHRONIC_KIDNEY_DISEASE")
    if onset is None:
        return False
    lost = value("egfr.at_diagnosis") - value("egfr.specialist")
    years = lost / value("egfr.decline.kidney_disease")
    return (day - onset).days >= years * 365.25


def is_contraindicated(resident: Resident, drug: str, day: date) -> bool:
    """Whether a disease that the person has on this day speaks against the drug."""
    if drug.startswith(NOT_WHEN_KIDNEYS_FAIL) and _kidneys_fail(resident, day):
        return True
    return any(
        drug.startswith(drugs) and resident.has(problem, day) for problem, drugs in NOT_WITH.items()
    )


def may_take(resident: Resident, drug: str, day: date) -> bool:
    """Whether nothing speaks against the drug for this person on this day."""
    if is_contraindicated(resident, drug, day):
        return False
    age = (day - resident.birth).days / 365.25
    if any(drug.startswith(name) and age < least for name, least in MIN_AGE.items()):
        return False
    if pregnancy_on(resident, day) is not None and drug.startswith(NOT_IN_PREGNANCY):
        return False
    if drug.startswith(NOT_WHILE_FERTILE) and may_conceive(resident, day):
        return False
    return not any(drug.startswith(ALLERGIES[allergy]) for allergy in allergies_of(resident))
