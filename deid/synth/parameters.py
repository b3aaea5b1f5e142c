"""Every number of the disease and follow-up model, with its source.

A source beginning with "assumption" is a plausible value that nobody measured here; the others
name the publication whose figure, rounded, was taken. Prevalences are of diagnosed disease.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

Curve = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Parameter:
    """One number of the model."""

    value: float
    unit: str
    source: str


PARAMETERS: Mapping[str, Parameter] = {
    # Life and death
    "mortality.log_rate_at_0": Parameter(-10.0, "log per year", "assumption: Gompertz law (1825)"),
    "mortality.slope": Parameter(0.09, "log per year of age", "assumption: doubling in 7.7 years"),
    # Blood pressure
    "sbp.normal.mean": Parameter(121, "mmHg", "assumption"),
    "sbp.age_slope": Parameter(0.35, "mmHg per year over 40", "assumption"),
    "sbp.untreated.mean": Parameter(158, "mmHg", "assumption"),
    "sbp.untreated.sd": Parameter(10, "mmHg", "assumption"),
    "sbp.visit.sd": Parameter(5.5, "mmHg", "assumption"),
    "sbp.winter": Parameter(4, "mmHg amplitude", "Modesti 2013 J Hypertens: 3-8 mmHg"),
    "sbp.per_drug": Parameter(9.1, "mmHg", "Law 2009 BMJ b1665: one drug at standard dose"),
    "dbp.per_drug": Parameter(5.5, "mmHg", "Law 2009 BMJ b1665: one drug at standard dose"),
    "sbp.heavy_salt": Parameter(4, "mmHg", "He 2013 BMJ f1325: 4.2 mmHg for 4.4 g of salt a day"),
    # Glucose
    "fpg.normal.mean": Parameter(5.2, "mmol/L", "assumption"),
    "fpg.untreated.mean": Parameter(9.4, "mmol/L", "assumption"),
    "fpg.untreated.sd": Parameter(1.5, "mmol/L", "assumption"),
    "fpg.visit.sd": Parameter(0.6, "mmol/L", "assumption"),
    "fpg.per_drug": Parameter(1.5, "mmol/L", "Hirst 2012 Diabetes Care: 1.1 % HbA1c by metformin"),
    "fpg.depression": Parameter(0.6, "mmol/L", "assumption; direction by Lustman 2000"),
    # Adherence: chance to be regular, intermittent
    "adherence.regular": Parameter(0.62, "share", "assumption"),
    "adherence.intermittent": Parameter(0.28, "share", "assumption"),
    "adherence.depressed_loss": Parameter(0.25, "share", "assumption; direction by DiMatteo 2000"),
    "adherence.keeps_state": Parameter(0.8, "per visit", "assumption"),
    # Follow-up and recording
    "follow_up.interval": Parameter(91, "days", "national rules: four a year"),
    "follow_up.after_uncontrolled": Parameter(14, "days", "national rules: two weeks"),
    "follow_up.keeps_two_weeks": Parameter(0.3, "share", "assumption"),
    "follow_up.missed": Parameter(0.12, "per visit", "assumption"),
    "follow_up.drops_out": Parameter(0.012, "per visit", "assumption"),
    "follow_up.returns": Parameter(0.25, "per missed quarter", "assumption"),
    "class.contradicts": Parameter(0.10, "share", "specification: one record in ten"),
    "class.adverse_reaction": Parameter(0.02, "per visit", "assumption"),
    "digits.zero_or_five": Parameter(0.35, "share", "assumption: written to 5 mmHg"),
    "digits.even": Parameter(0.45, "share", "assumption: written to 2 mmHg"),
    "record.copied_forward": Parameter(0.04, "per visit", "assumption"),
    "record.missing_laboratory": Parameter(0.15, "per examination", "assumption"),
    "examination.attends": Parameter(0.78, "per year", "assumption"),
    "contact.per_year": Parameter(0.9, "visits", "assumption"),
    # Mind and society
    "widowhood.depression": Parameter(2.6, "risk ratio", "assumption; direction by Zisook 1991"),
    "caring.depression": Parameter(1.7, "risk ratio", "assumption; direction by Pinquart 2003"),
    "unemployment.drinking": Parameter(1.6, "risk ratio", "assumption"),
    "family_history.risk": Parameter(1.4, "risk ratio", "assumption"),
    "problem.unemployment": Parameter(0.06, "share of workers", "assumption"),
    "problem.hardship.rural": Parameter(0.10, "share of households", "assumption"),
    "problem.hardship.urban": Parameter(0.05, "share of households", "assumption"),
    "problem.conflict": Parameter(0.06, "share of households", "assumption"),
}  # fmt: skip


def value(name: str) -> float:
    """One parameter's value."""
    return PARAMETERS[name].value


@dataclass(frozen=True)
class DiseaseModel:
    """Prevalence of one problem by age, times what changes it.

    ``curve`` gives points (age in years, prevalence); between them it is linear and it never
    falls. ``area`` and ``locale`` hold risk ratios for those that are not 1; ``after`` holds risk
    ratios of people who have another problem or habit.
    """

    problem: str
    curve: Curve
    source: str
    men: float = 1.0
    women: float = 1.0
    area: Mapping[str, float] = field(default_factory=dict)
    locale: Mapping[str, float] = field(default_factory=dict)
    after: Mapping[str, float] = field(default_factory=dict)

    @property
    def points(self) -> Curve:
        """The curve from zero on: what the first point holds arose in the ten years before it."""
        age, share = self.curve[0]
        return self.curve if share == 0 else ((max(age - 10, 0.0), 0.0), *self.curve)

    def prevalence(self, age: float) -> float:
        """Prevalence at an age, before ratios."""
        points = self.points
        if age <= points[0][0]:
            return 0.0
        for (left, low), (right, high) in pairwise(points):
            if age <= right:
                return low + (high - low) * (age - left) / (right - left)
        return points[-1][1]

    def onset_age(self, draw: float, ratio: float) -> float | None:
        """Age at which a person with this draw from [0, 1) falls ill; ``None`` for never.

        The inverse of prevalence times ratio: over many draws the share that is ill at each age
        is exactly that product.
        """
        if ratio <= 0 or draw >= self.curve[-1][1] * ratio:
            return None
        wanted = draw / ratio
        for (left, low), (right, high) in pairwise(self.points):
            if wanted <= high and high > low:
                return left + (right - left) * (wanted - low) / (high - low)
        return None


ASSUMED = "assumption"
DISEASES: tuple[DiseaseModel, ...] = (
    DiseaseModel(
        "ESSENTIAL_HYPERTENSION",
        ((18, 0.0), (25, 0.04), (30, 0.06), (40, 0.15), (50, 0.296), (60, 0.446), (70, 0.557),
         (80, 0.602)),
        "Wang 2018 Circulation 137:2344 (China Hypertension Survey 2012-15)",
        after={"OBESITY": 1.3},
    ),
    DiseaseModel(
        "TYPE_2_DIABETES",
        ((30, 0.01), (40, 0.04), (50, 0.09), (60, 0.15), (70, 0.19), (85, 0.20)),
        "Li 2020 BMJ m997, times the share that is diagnosed (assumption)",
        men=1.1, women=0.9, area={"urban": 1.1, "rural": 0.9}, locale={"en_US": 1.15},
        after={"OBESITY": 1.6},
    ),
    DiseaseModel(
        "HYPERLIPIDEMIA", ((25, 0.03), (45, 0.14), (60, 0.26), (75, 0.30)), ASSUMED,
        area={"urban": 1.2, "rural": 0.85}, after={"TYPE_2_DIABETES": 1.6},
    ),
    DiseaseModel(
        "CORONARY_ARTERIOSCLEROSIS", ((40, 0.005), (60, 0.05), (75, 0.12), (88, 0.16)), ASSUMED,
        men=1.2, women=0.8, after={"ESSENTIAL_HYPERTENSION": 1.7, "TYPE_2_DIABETES": 1.6},
    ),
    DiseaseModel(
        "CEREBRAL_INFARCTION", ((40, 0.003), (60, 0.025), (75, 0.06), (88, 0.08)),
        "Wang 2017 Circulation 135:759 (1.1 % of adults), rounded",
        men=1.15, women=0.85, area={"rural": 1.15},
        after={"ESSENTIAL_HYPERTENSION": 2.0, "TYPE_2_DIABETES": 1.4},
    ),
    DiseaseModel(
        "ATRIAL_FIBRILLATION", ((45, 0.003), (65, 0.02), (80, 0.06), (90, 0.09)), ASSUMED,
    ),
    DiseaseModel(
        "HEART_FAILURE", ((50, 0.003), (65, 0.015), (80, 0.05), (90, 0.08)), ASSUMED,
        after={"CORONARY_ARTERIOSCLEROSIS": 2.5},
    ),
    DiseaseModel(
        "COPD", ((40, 0.01), (55, 0.05), (65, 0.10), (80, 0.16)),
        "Wang 2018 Lancet 391:1706, times the share that is diagnosed (assumption)",
        men=1.2, women=0.6, after={"SMOKER": 1.8},
    ),
    DiseaseModel("ASTHMA", ((3, 0.01), (12, 0.04), (60, 0.055)), ASSUMED, locale={"en_US": 1.6}),
    DiseaseModel("ALLERGIC_RHINITIS", ((5, 0.03), (20, 0.12), (60, 0.15)), ASSUMED),
    DiseaseModel("CHRONIC_GASTRITIS", ((20, 0.02), (45, 0.10), (70, 0.16)), ASSUMED,
                 locale={"en_US": 0.2}),
    DiseaseModel("GERD", ((20, 0.02), (45, 0.07), (70, 0.11)), ASSUMED, locale={"en_US": 1.8}),
    DiseaseModel("FATTY_LIVER", ((25, 0.04), (45, 0.12), (65, 0.16)), ASSUMED, men=1.2, women=0.8,
                 after={"OBESITY": 1.8}),
    DiseaseModel("GALLSTONE", ((30, 0.01), (50, 0.05), (75, 0.10)), ASSUMED, men=0.8, women=1.2),
    DiseaseModel("CHRONIC_HEPATITIS_B", ((20, 0.02), (45, 0.045), (70, 0.05)), ASSUMED,
                 locale={"en_US": 0.08}),
    DiseaseModel("KNEE_OSTEOARTHRITIS", ((40, 0.02), (60, 0.12), (80, 0.22)), ASSUMED,
                 men=0.7, women=1.3, after={"OBESITY": 1.5}),
    DiseaseModel("OSTEOPOROSIS", ((50, 0.03), (65, 0.14), (80, 0.26)), ASSUMED,
                 men=0.35, women=1.4),
    DiseaseModel("GOUT", ((30, 0.005), (50, 0.02), (75, 0.035)), ASSUMED, men=1.7, women=0.35),
    DiseaseModel("LOW_BACK_PAIN", ((25, 0.02), (50, 0.10), (75, 0.15)), ASSUMED),
    DiseaseModel("CERVICAL_SPONDYLOSIS", ((30, 0.02), (50, 0.08), (70, 0.12)), ASSUMED,
                 locale={"en_US": 0.3}),
    DiseaseModel("HYPOTHYROIDISM", ((25, 0.005), (50, 0.025), (75, 0.05)), ASSUMED,
                 men=0.4, women=1.6),
    DiseaseModel("THYROID_NODULE", ((30, 0.02), (55, 0.10), (75, 0.14)), ASSUMED,
                 men=0.7, women=1.3),
    DiseaseModel("CHRONIC_KIDNEY_DISEASE", ((40, 0.005), (60, 0.03), (80, 0.09)), ASSUMED,
                 after={"ESSENTIAL_HYPERTENSION": 1.5, "TYPE_2_DIABETES": 1.8}),
    DiseaseModel("BENIGN_PROSTATIC_HYPERPLASIA", ((50, 0.03), (65, 0.20), (80, 0.35)), ASSUMED,
                 women=0.0),
    DiseaseModel("CATARACT", ((50, 0.02), (65, 0.14), (80, 0.35)), ASSUMED),
    DiseaseModel("HEARING_LOSS", ((55, 0.02), (70, 0.12), (88, 0.30)), ASSUMED),
    DiseaseModel("DEMENTIA", ((60, 0.005), (70, 0.03), (80, 0.10), (90, 0.22)),
                 "Jia 2020 Lancet Public Health 5:e661 (6.0 % over 60), rounded"),
    DiseaseModel("PARKINSON_DISEASE", ((55, 0.001), (70, 0.012), (85, 0.03)), ASSUMED),
    DiseaseModel("LUNG_CANCER", ((45, 0.001), (65, 0.008), (80, 0.015)), ASSUMED,
                 after={"SMOKER": 2.5}),
    DiseaseModel("BREAST_CANCER", ((35, 0.001), (55, 0.012), (75, 0.02)), ASSUMED, men=0.0),
    DiseaseModel("COLON_CANCER", ((45, 0.001), (65, 0.007), (80, 0.012)), ASSUMED),
    DiseaseModel("EPILEPSY", ((5, 0.002), (40, 0.005), (75, 0.007)), ASSUMED),
    DiseaseModel("SCHIZOPHRENIA", ((18, 0.001), (35, 0.005), (60, 0.006)),
                 "Huang 2019 Lancet Psychiatry 6:211 (0.6 % lifetime)"),
    DiseaseModel("PULMONARY_TUBERCULOSIS", ((20, 0.001), (60, 0.008), (80, 0.012)), ASSUMED,
                 locale={"en_US": 0.05}, area={"rural": 1.4}),
    DiseaseModel("DEPRESSIVE_DISORDER", ((16, 0.015), (35, 0.05), (60, 0.065), (80, 0.07)),
                 "Huang 2019 Lancet Psychiatry 6:211 (6.8 % lifetime), rounded",
                 men=0.75, women=1.25, locale={"en_US": 1.6}, after={"CAREGIVER_BURDEN": 1.7}),
    DiseaseModel("ANXIETY_DISORDER", ((14, 0.02), (35, 0.055), (60, 0.075)),
                 "Huang 2019 Lancet Psychiatry 6:211 (7.6 % lifetime)",
                 men=0.75, women=1.25, locale={"en_US": 1.6}, after={"CAREGIVER_BURDEN": 1.5}),
    DiseaseModel("INSOMNIA", ((25, 0.02), (45, 0.07), (70, 0.16)), ASSUMED, men=0.8, women=1.2,
                 after={"DEPRESSIVE_DISORDER": 2.5}),
)  # fmt: skip
