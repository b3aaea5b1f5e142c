"""What the figures of the community profile mean: who is counted, of whom, and by which source.

Definitions of service indicators are those of 国家基本公共卫生服务规范（第三版）, 2017, read for
records: its denominators of "residents of the district" are here the people of the release.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

STANDARD: Final = (
    "National standard for basic public health services of China, third edition, 2017 "
    "(国家基本公共卫生服务规范（第三版）)"
)
OWN: Final = "Own definition: recorded diagnoses"
MID_YEAR: Final = "on record on 1 July"

PREVALENCE: Final = "Prevalence"
CHRONIC: Final = "Follow-up and control of chronic diseases"
GROUPS_OF_PEOPLE: Final = "Older people, children, mothers and severe mental disorder"
GROUPS: Final = (PREVALENCE, CHRONIC, GROUPS_OF_PEOPLE)


@dataclass(frozen=True)
class Indicator:
    """One share. ``denominator`` and ``numerator`` say in words who is counted.

    ``among`` and ``having`` are the same as SQL conditions on a row of ``cc_person_year``; only
    who fulfils both is counted. ``by_day`` tells that days within a year matter. ``tables`` are
    those without whose rows the share would say nothing. It is told by area where the release has
    at least so many ``residents`` an area: of something rarer an area would show nothing, and would
    keep all areas together from being shown. The limit is set beforehand, not by what is counted.
    """

    key: str
    group: str
    title: str
    denominator: str
    numerator: str
    source: str
    among: str
    having: str
    residents: int
    tables: tuple[str, ...] = ("condition_occurrence",)
    by_day: bool = False


@dataclass(frozen=True)
class Notifiable:
    """A disease to be notified under the law, by codes of SNOMED CT or of the local vocabulary."""

    key: str
    title: str
    law_class: str
    codes: tuple[str, ...]


def _prevalence(key: str, title: str, residents: int, age: int = 18) -> Indicator:
    return Indicator(
        f"prevalence_{key}",
        PREVALENCE,
        title,
        f"Residents aged {age} and over {MID_YEAR}",
        "A diagnosis recorded in that year or before",
        OWN,
        f"mid_year AND age >= {age}",
        f"{key}_since <= year",
        residents,
    )


def _chronic(key: str, disease: str, residents: int, control: Indicator) -> tuple[Indicator, ...]:
    known = f"{disease} diagnosed before the year, on record all year"
    managed = f"whole_year AND {key}_since < year AND {key}_visits > 0"
    forms = ("condition_occurrence", "observation")
    return (
        Indicator(
            f"{key}_coverage",
            CHRONIC,
            f"{disease}: followed up at all",
            known,
            "At least one follow-up form in the year",
            "Own definition: the standard counts those under management, and no longer how many of "
            "all patients they are",
            f"whole_year AND {key}_since < year",
            f"{key}_visits > 0",
            residents,
            forms,
        ),
        Indicator(
            f"{key}_standard",
            CHRONIC,
            f"{disease}: managed as the standard asks",
            f"{known}, followed up at least once in it",
            "Follow-up face to face, at a place of care or at home, on four days or more, and a "
            "health examination in the year",
            STANDARD,
            managed,
            f"{key}_face_to_face >= 4 AND examinations > 0",
            residents,
            (*forms, "procedure_occurrence"),
            by_day=True,
        ),
        control,
    )


INDICATORS: Final[tuple[Indicator, ...]] = (
    _prevalence("hypertension", "Hypertension", 150),
    _prevalence("diabetes", "Type 2 diabetes", 600),
    _prevalence("copd", "Chronic obstructive lung disease", 1_000, 40),
    _prevalence("coronary", "Coronary heart disease", 1_000),
    _prevalence("stroke", "Stroke", 1_500),
    _prevalence("depression", "Depressive disorder", 400),
    _prevalence("severe_mental", "Schizophrenia or bipolar disorder", 10_000),
    *_chronic(
        "hypertension",
        "Hypertension",
        400,
        Indicator(
            "hypertension_control",
            CHRONIC,
            "Hypertension: controlled",
            "Hypertension diagnosed before the year, on record all year, followed up at least once",
            "Pressure at the last follow-up of the year below 140/90 mmHg, from 65 years of age "
            "below 150/90 mmHg; without a reading it counts as not controlled",
            STANDARD,
            "whole_year AND hypertension_since < year AND hypertension_visits > 0",
            "systolic < CASE WHEN age >= 65 THEN 150 ELSE 140 END AND diastolic < 90",
            400,
            ("condition_occurrence", "observation", "measurement"),
            by_day=True,
        ),
    ),
    *_chronic(
        "diabetes",
        "Type 2 diabetes",
        1_500,
        Indicator(
            "diabetes_control",
            CHRONIC,
            "Type 2 diabetes: controlled",
            "Type 2 diabetes diagnosed before the year, on record all year, followed up at least "
            "once",
            "Fasting glucose at the last follow-up of the year below 7.0 mmol/L; without a reading "
            "it counts as not controlled",
            STANDARD,
            "whole_year AND diabetes_since < year AND diabetes_visits > 0",
            "glucose < 7.0",
            1_500,
            ("condition_occurrence", "observation", "measurement"),
            by_day=True,
        ),
    ),
    Indicator(
        "elderly_examination",
        GROUPS_OF_PEOPLE,
        "Older people: examined",
        f"Residents aged 65 and over {MID_YEAR}",
        "A health examination in the year",
        STANDARD,
        "mid_year AND age >= 65",
        "examinations > 0",
        400,
        ("procedure_occurrence",),
    ),
    Indicator(
        "child_health",
        GROUPS_OF_PEOPLE,
        "Children: seen",
        f"Children aged 0 to 6 {MID_YEAR}",
        "A child health visit in the year",
        STANDARD,
        "mid_year AND age <= 6",
        "child_visits > 0",
        600,
        ("procedure_occurrence",),
    ),
    Indicator(
        "newborn_visit",
        GROUPS_OF_PEOPLE,
        "Newborns: visited",
        "Children born in the year, on record in it",
        "A newborn home visit in the year",
        STANDARD,
        "age = 0 AND born_on_record",
        "newborn_visits > 0",
        5_000,
        ("note",),
    ),
    Indicator(
        "postpartum_visit",
        GROUPS_OF_PEOPLE,
        "Mothers: visited after birth",
        "Women with a live birth recorded in the year",
        "A postpartum visit within 28 days of the birth; the standard counts from discharge",
        STANDARD,
        "births > 0",
        "births_followed > 0",
        5_000,
        ("condition_occurrence", "note"),
        by_day=True,
    ),
    Indicator(
        "severe_mental_standard",
        GROUPS_OF_PEOPLE,
        "Severe mental disorder: managed as the standard asks",
        "Schizophrenia or bipolar disorder diagnosed before the year, on record all year",
        "Follow-up on four days or more in the year",
        STANDARD,
        "whole_year AND severe_mental_since < year",
        "severe_mental_visits >= 4",
        20_000,
        ("condition_occurrence", "observation"),
        by_day=True,
    ),
)

NOTIFIABLE_RESIDENTS: Final = 5_000
"""Residents an area from which notifiable diseases are told by area."""

# SNOMED CT codes; the local vocabulary's codes are words in capitals.
DISEASES: Final[dict[str, tuple[str, ...]]] = {
    "hypertension": ("59621000", "38341003"),
    "diabetes": ("44054006",),
    "copd": ("13645005",),
    "coronary": ("53741008", "414545008", "ISCHEMIC_HEART_DISEASE"),
    "stroke": ("230690007", "432504007"),
    "depression": ("35489007",),
    "severe_mental": ("58214004", "13746004", "68890003", "SCHIZOAFFECTIVE"),
}

LAW: Final = (
    "Classes of the Law of the People's Republic of China on the Prevention and Treatment of "
    "Infectious Diseases (中华人民共和国传染病防治法), as amended in 2013, and later additions"
)
NOTIFIABLE: Final[tuple[Notifiable, ...]] = (
    Notifiable("tuberculosis", "Pulmonary tuberculosis", "B", ("154283005",)),
    Notifiable("hepatitis_b", "Viral hepatitis B", "B", ("CHRONIC_HEPATITIS_B",)),
    Notifiable("dysentery", "Bacillary dysentery", "B", ("DYSENTERY",)),
    Notifiable("measles", "Measles", "B", ("MEASLES",)),
    Notifiable("syphilis", "Syphilis", "B", ("SYPHILIS",)),
    Notifiable("covid", "COVID-19", "B", ("840539006",)),
    Notifiable("influenza", "Influenza", "C", ("6142004",)),
    Notifiable("mumps", "Mumps", "C", ("MUMPS",)),
    Notifiable("hand_foot_mouth", "Hand, foot and mouth disease", "C", ("HAND_FOOT_MOUTH",)),
    Notifiable("diarrhea", "Other infectious diarrhea", "C", ("GASTROENTERITIS",)),
)


def indicator_of(key: str) -> Indicator | None:
    """The indicator of that key, if there is one."""
    return next((one for one in INDICATORS if one.key == key), None)
