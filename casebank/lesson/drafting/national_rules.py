"""The national rules of follow-up as data: what each situation asks for, what is offered with it.

They are those of the national basic public health service (third edition, 2017) for residents with
hypertension and with type 2 diabetes: control, danger, the second visit in a row out of control,
referral, two weeks. Each has an id that a key names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from casebank.lesson.model import Option, Wording

Disease = Literal["hypertension", "diabetes"]
Situation = Literal["controlled", "first", "again", "reaction", "danger", "low"]


@dataclass(frozen=True)
class Rule:
    """What the national service asks for in one situation of one disease."""

    id: str
    disease: Disease
    situation: Situation
    asked: tuple[str, ...]
    text: Wording


_NAME: Mapping[Disease, Wording] = {
    "hypertension": Wording("hypertension", "高血压"),
    "diabetes": Wording("type 2 diabetes", "2型糖尿病"),
}
_SITUATIONS: tuple[tuple[Situation, str, tuple[str, ...], Wording], ...] = (
    (
        "controlled",
        "1",
        ("keep", "routine", "lifestyle"),
        Wording(
            "Controlled, no adverse reaction, no new complication: go on, and book the next visit.",
            "控制满意、无药物不良反应、无新发并发症或原有并发症无加重者：预约下一次随访时间。",
        ),
    ),
    (
        "first",
        "2",
        ("adherence", "adjust", "two-weeks", "lifestyle"),
        Wording(
            "Not controlled for the first time: look at adherence, change the medicines (raise a "
            "dose, change or add a drug), see again within two weeks.",
            "第一次出现控制不满意者：结合服药依从性，增加药物剂量、更换或增加不同类药物，2周内随访。",
        ),
    ),
    (
        "reaction",
        "2",
        ("adjust", "two-weeks"),
        Wording(
            "An adverse reaction: change the drug, see again within two weeks.",
            "出现药物不良反应者：更换药物，2周内随访。",
        ),
    ),
    (
        "again",
        "3",
        ("refer", "two-weeks", "adherence"),
        Wording(
            "Not controlled at two visits in a row: advise referral to a hospital, and ask within "
            "two weeks what came of it.",
            "连续两次控制不满意者：建议转诊到上级医院，2周内主动随访转诊情况。",
        ),
    ),
    (
        "danger",
        "E",
        ("refer", "two-weeks"),
        Wording(
            "A value of danger: treat, refer at once, and ask within two weeks what came of it.",
            "出现危急值者：处理后紧急转诊，2周内主动随访转诊情况。",
        ),
    ),
    (
        "low",
        "E",
        ("sugar", "refer", "two-weeks"),
        Wording(
            "Fasting glucose of 3.9 mmol/L or less is a value of danger: treat, refer at once, and "
            "ask within two weeks what came of it.",
            "空腹血糖≤3.9 mmol/L为危急值：处理后紧急转诊，2周内主动随访转诊情况。",
        ),
    ),
)
_PREFIX: Mapping[Disease, str] = {"hypertension": "NBPHS-3 HTN", "diabetes": "NBPHS-3 T2DM"}

RULES: Mapping[tuple[Disease, Situation], Rule] = {
    (disease, situation): Rule(f"{prefix} {number}", disease, situation, asked, text)
    for disease, prefix in _PREFIX.items()
    for situation, number, asked, text in _SITUATIONS
    if disease == "diabetes" or situation != "low"
}

_TEXTS: Mapping[str, Wording] = {
    "keep": Wording("Leave the medicines as they are", "维持原治疗方案"),
    "adjust": Wording(
        "Change the medicines: dose, drug or a second drug", "调整用药：剂量、换药或加药"
    ),
    "adherence": Wording(
        "Ask how the medicines are really taken, and what stands in the way",
        "了解实际服药情况与漏服原因",
    ),
    "stop": Wording("Stop all medicines", "停用全部药物"),
    "refer": Wording("Advise referral to a hospital", "建议转诊到上级医院"),
    "two-weeks": Wording("See again within two weeks", "2周内随访"),
    "routine": Wording("Book the next routine visit (three months)", "预约下次常规随访（3个月）"),
    "yearly": Wording("See again at the yearly examination", "年度体检时再随访"),
    "lifestyle": Wording(
        "Agree on goals for diet, exercise, salt, tobacco and drink",
        "共同制定饮食、运动、限盐、戒烟限酒目标",
    ),
    "sugar": Wording(
        "Give sugar now, measure again in a quarter of an hour", "立即补糖，15分钟后复测血糖"
    ),
    "raise": Wording("Raise the dose of the medicines for glucose", "增加降糖药剂量"),
}
_REFERRAL_ASKED = Wording("Ask within two weeks what came of the referral", "2周内主动随访转诊情况")
# What else a situation calls an option.
_OTHER_TEXTS: Mapping[tuple[Situation, str], Wording] = {
    ("reaction", "adjust"): Wording(
        "Change the drug that is not tolerated for another", "更换不耐受的药物"
    ),
    ("again", "two-weeks"): _REFERRAL_ASKED,
    ("danger", "refer"): Wording(
        "Treat now, and refer to a hospital at once", "处理后紧急转诊到上级医院"
    ),
    ("danger", "two-weeks"): _REFERRAL_ASKED,
    ("low", "refer"): Wording(
        "Then refer at once: a glucose like this is a value of danger", "处理后紧急转诊：属危急值"
    ),
    ("low", "two-weeks"): _REFERRAL_ASKED,
}
# What is offered in each situation: what the rule asks for, and what is plainly wrong then. What
# doctors may disagree about is not offered.
_OFFERED: Mapping[Situation, tuple[str, ...]] = {
    "controlled": ("keep", "routine", "lifestyle", "adjust", "two-weeks", "refer", "stop"),
    "first": ("adherence", "adjust", "two-weeks", "lifestyle", "keep", "routine", "yearly", "stop"),
    "reaction": ("adjust", "two-weeks", "keep", "routine", "stop"),
    "again": ("refer", "two-weeks", "adherence", "keep", "routine", "yearly", "stop"),
    "danger": ("refer", "two-weeks", "keep", "routine", "yearly", "stop"),
    "low": ("sugar", "refer", "two-weeks", "raise", "keep", "routine", "yearly"),
}


def options_of(situation: Situation) -> tuple[Option, ...]:
    """What a student may choose from in a situation."""
    return tuple(
        Option(code, _OTHER_TEXTS.get((situation, code), _TEXTS[code]))
        for code in _OFFERED[situation]
    )


def disease_name(disease: Disease) -> Wording:
    """Its name in both languages."""
    return _NAME[disease]
