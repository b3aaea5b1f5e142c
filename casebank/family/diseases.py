"""The diseases that a genogram marks, each with a code, a quarter of the symbol, and its names.

The code is printed beside the symbol and the quarter is filled with its own pattern, so that
nothing hangs on colour. ``icd10`` is the category of ICD-10 that a code stands for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from casebank import relations, rules
from casebank.model import Language

Quarter = Literal["circulation", "metabolism", "lungs, kidneys, growths", "mind and nerves"]
QUARTERS: tuple[Quarter, ...] = (
    "circulation",
    "metabolism",
    "lungs, kidneys, growths",
    "mind and nerves",
)


@dataclass(frozen=True)
class Disease:
    """``family`` is a key of ``casebank.relations``; ``pattern`` finds what has none there."""

    code: str
    icd10: str
    quarter: Quarter
    en: str
    zh: str
    family: str = ""
    pattern: str = ""

    def name(self, language: Language) -> str:
        """The disease in ``language``."""
        return self.zh if language == "zh" else self.en


# The first that matches decides: a complication before what it comes from.
DISEASES = (
    Disease(
        "CKD", "N18", "lungs, kidneys, growths", "chronic kidney disease", "慢性肾病", "kidney"
    ),
    Disease("CVA", "I64", "circulation", "stroke", "脑卒中", "stroke"),
    Disease("HF", "I50", "circulation", "heart failure", "心力衰竭", "heart-failure"),
    Disease("AF", "I48", "circulation", "atrial fibrillation", "心房颤动", "atrial-fibrillation"),
    Disease("CHD", "I25", "circulation", "coronary heart disease", "冠心病", "coronary"),
    Disease("HTN", "I10", "circulation", "hypertension", "高血压", "hypertension"),
    Disease("DM", "E14", "metabolism", "diabetes", "糖尿病", "diabetes"),
    Disease("LIP", "E78", "metabolism", "dyslipidemia", "血脂异常", "lipids"),
    Disease("THY", "E07", "metabolism", "thyroid disease", "甲状腺疾病", "thyroid"),
    Disease("GOUT", "M10", "metabolism", "gout", "痛风", "gout"),
    Disease("OST", "M81", "metabolism", "osteoporosis", "骨质疏松症", "osteoporosis"),
    Disease("AST", "J45", "lungs, kidneys, growths", "asthma", "哮喘", pattern=r"asthma|哮喘"),
    Disease(
        "COPD",
        "J44",
        "lungs, kidneys, growths",
        "chronic obstructive lung disease",
        "慢性阻塞性肺疾病",
        "airways",
    ),
    Disease(
        "CA",
        "C80",
        "lungs, kidneys, growths",
        "malignant tumor",
        "恶性肿瘤",
        pattern=r"cancer|carcinoma|malignan|leuk(a)?emia|lymphoma|癌|恶性肿瘤|白血病|淋巴瘤",
    ),
    Disease("DEM", "F03", "mind and nerves", "dementia", "痴呆", "cognition"),
    Disease("EPI", "G40", "mind and nerves", "epilepsy", "癫痫", "epilepsy"),
    Disease("DEP", "F32", "mind and nerves", "depression", "抑郁", "depression"),
    Disease("ANX", "F41", "mind and nerves", "anxiety", "焦虑", "anxiety"),
)
_BY_CODE = {disease.code: disease for disease in DISEASES}


@lru_cache(maxsize=4096)
def disease_of(name: str) -> Disease | None:
    """The disease that ``name`` is one of; None for what a genogram does not mark."""
    found = relations.families("problem", name)
    for disease in DISEASES:
        if disease.family in found or (disease.pattern and rules.matches(disease.pattern, name)):
            return disease
    return None


def disease(code: str) -> Disease:
    """The disease of a code.

    Raises:
        KeyError: if there is none.
    """
    return _BY_CODE[code]
