"""What the words of a datum are: who somebody is, the story, a form's routine, a clerk's line.

Patterns hold for both languages; those in capitals are for names of rows, by ``rules.matches``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from casebank import relations, rules, terms
from casebank.lesson.drafting.evidence import QUANTITIES, Datum
from casebank.names import names_somebody

_LEAST_NAME = 4
_TREATMENT = (
    r"\d\s?(mg|ml|g|mcg|iu)\b|\b(rest|fluids|ice|rtc|return|come back|see again|recheck)\b|"
    r"\d\s?(毫克|片|袋)|嘱|休息|饮食|复诊|转诊"
)
# Two fields of a form in one sentence, or one that is a goal.
_FORM_LINE = re.compile(r"[:：][^:：]*[:：]|目标[:：]|\b(target|goal):", re.IGNORECASE)
_TAKING = (
    r"\b(miss(es|ed)|skips?|forgets?|ran out|doses?|side effects?)\b|漏服|停药|忘服|自行减|不良反应"
)
# Rows of the background that forms ask for and no story needs.
_NO_BACKGROUND = (
    r"hospital or home beds: no|occupational exposure: none|self.care: \w+: 0|"
    r"住院及家庭病床史：否|职业病危害因素接触史：无"
)
_APGAR_ITEM = r"^family apgar item|^家庭关怀度指数：(适应|合作|成长|情感|亲密)度"
MOST_OF_A_SENTENCE, MOST_COMMAS = 40, 6
_COMMA = re.compile(r"[,，、]")

# Shown first of the background: who this is.
WHO = r"^(sex|性别|age at first|首次接诊时年龄)"
LIFE = (
    r"^(occupation group(?!: other)|marital|how many people are living|family apgar score|housing)|"
    r"^(职业(?!病|：其他)|婚姻|同住人数|家庭关怀度指数：\d)"
)
LATER_LIFE = (
    r"^(marital status: (widowed|divorced)|family apgar score)|"
    r"^(婚姻状况：(丧偶|离婚)|家庭关怀度指数：\d)"
)
# Sentences that say nothing: courtesies, the weather, what no doctor acts on.
_EMPTY = re.compile(
    r"^(cc\b|came|brought|sits|bp follow-up|left|sent home|come back|see (us|me)|call|knows to|"
    r"told (her|him)|showed|reassured|return|rtc|follow.?up as|"
    r"keep up|as (scheduled|needed)|done\b|thanks|(she|he) understands|no (other )?concerns)|"
    r"\b(enjoys|likes|rides|drives|walked to|served|sold|funeral|birthday|weather|texted|"
    r"confirm with|walk in with)\b|^(will|may)\b|"
    r"^(给予宣教|答疑|有事随时|不适随诊|随诊|时间未定|顺便|必要时复诊|加重时|已告知|按期|留电话|预约|下次随访)|"
    r"^不舒服.*(电话|来)|每月取药|感觉(可以|尚可)|^症状[:：]无特殊|"
    r"(头盔|点头|捎来|下棋|跳舞|散步|阴雨|打牌|留电话|宣教\d*分?|来晚|车牌|微信|短信|号码)",
    re.IGNORECASE,
)
# What a note holds beside the story: names of those who wrote it, plans, dates of printing.
_CLERICAL = re.compile(
    r"scribe|\bMD\b|\bFNP\b|\bRN\b|signed|sgd|copy to|dear dr|^to:|^subject|https?:|reviewed with|"
    r"\bDr\b|attending|booked|"
    r"apgar\s?\d|\d{1,2}\.\d{1,2}\.\d{1,2}|\[about|〔约|"
    r"last name|patient signature|\[day|〔第|hospital|admitted|discharge|consult|"
    r"^[A-Z]\.\s?[A-Z]\.?$|\bflagged\b|\bbeeper\b|\bletter for\b|says the patient|"
    r"\bchart no|\bMRN\b|record no|病案号|档案号|"
    r"住院|出院|医院|会诊|收住|转入|治疗经过|打盹|签字|签名|医生|主任|记录者|打印|编号|姓名|来源",
    re.IGNORECASE,
)
# The name of who wrote or was written to, alone on its line, with what he is or where.
_NAMED_ONLY = re.compile(
    r"[a-z]+ [a-z]\.?|"
    r"\W*([A-Z][\w'’-]+[\s,]+){0,3}[A-Z][\w'’-]+\s*[.,]?|"
    r".*\b(PGY-?\d|NP|PA-C|LVN|LPN|MBBS|DNP)\b.*|"
    r".*\bto [A-Z]\w+ (Drugs?|Pharmacy|Chemists?)\b.*",
)
# What a form of follow-up asks at every visit: shown when it says something, or something else.
ROUTINE = r"^(none|no|good|light|medium|regular|palpable|无|否|良好|轻|中|规律|触及正常)$"
_FORM_TARGETS = (
    r"discharge|^department|^ward|出院|科别|病区|"
    r"^target|^overall evaluation|健康评价|^目标|days until|距下次随访|^date of|日期"
)
# What is looked at, listened to and felt.
_EXAMINED = re.compile(
    r"\b(chest|lungs?|heart|abdomen|abd|belly|neck|throat|pharynx|tonsils?|skin|legs?|ankles?|"
    r"knees?|o?edema|murmurs?|wheez\w*|rales|crackles|tender\w*|heent|ctab?|nad|effusion|rash)\b|"
    r"心肺|双肺|两肺|肺部|心音|心律|腹|咽|扁桃体|压痛|水肿|杂音|啰音|淋巴结|神清|步态|皮疹",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d{2}")
# Sentences that tell again what was measured.
MEASURED_AGAIN = (
    r"(体重|心率|脉搏|bmi|\bbp|pressure|weight|\bwt|\bhr|pulse)\W{0,3}\d|血压.{0,10}\d|"
    r"\d\s?℃|\d\s?°?c by|(血糖|糖化|胆固醇|血脂).{0,6}\d|"
    r"\b(glucose|fbs|fpg|a1c|cholesterol|ldl|wbc)\b.{0,14}\d"
)
# Rows of a referral tell what was decided.
REFERRED = r"referr|初步印象|转往|转诊"
# Findings of an examination that tell what was offered or said about them.
_DONE = (
    r"\b(offered|refused|not wanted|reminded|prescribed|advised|admitted)\b|"
    r"提醒|嘱|拒绝|给予|建议|已开|就诊|就医"
)
_DECISION = (
    r"^needs attention|\badvised\b|for now no|嘱|暂不|需关注|立即就医|即拨|\bcall (911|120)|"
    r"按时按量|"
    r"control|over target|above goal|refer|step up|added|increase|started|refill|regimen|"
    r"next visit|"
    r"控制|达标|转诊|调整|加用|加量|方案|复诊|随访|医院"
)
VITAL = (
    r"^(systolic|diastolic) blood pressure(?!.*left)|^heart rate|^body temperature|"
    r"respiratory rate|^body (weight|height|mass index)|^体重|^身高|"
    r"^收缩压|^舒张压|^心率|^体温|^呼吸"
)


def is_empty(text: str) -> bool:
    """Whether a sentence is a courtesy, the weather, or else what no doctor acts on."""
    return _EMPTY.search(text) is not None


def is_whole_form(datum: Datum) -> bool:
    """Whether a sentence is a whole form, whose rows say the same."""
    return datum.length > MOST_OF_A_SENTENCE or len(_COMMA.findall(datum.text)) > MOST_COMMAS


def tells_treatment(datum: Datum) -> bool:
    """Whether a sentence of a plan names a drug, a dose, rest, or when to come back."""
    return relations.families("drug", datum.text) != frozenset() or rules.matches(
        _TREATMENT, datum.text
    )


def is_line_of_a_form(datum: Datum) -> bool:
    """Whether a sentence is fields of a form with their answers, in one line."""
    return datum.event is None and _FORM_LINE.search(datum.text) is not None


def tells_examined(datum: Datum) -> bool:
    """Whether a sentence tells of the examination, in words and not in numbers."""
    return (
        datum.event is None
        and _EXAMINED.search(datum.text) is not None
        and _NUMBER.search(datum.text) is None
        and datum.length <= MOST_OF_A_SENTENCE
    )


def is_not_followed(datum: Datum) -> bool:
    """False for the quantities that a course is followed by, so that they come first."""
    return all(datum.quantity(name) is None for name in QUANTITIES)


def is_vital(datum: Datum) -> bool:
    """Whether it is a row of pulse, pressure, temperature, breathing, weight or height."""
    return datum.event is not None and rules.matches(VITAL, datum.event.name)


def names_problem(datum: Datum) -> bool:
    """Whether it is the row of a diagnosis."""
    return datum.event is not None and datum.event.table == "condition_occurrence"


def is_clerical(datum: Datum) -> bool:
    """Whether a sentence is of those who wrote, of plans and prints, and not of the patient."""
    if datum.event is not None:
        return False
    if is_empty(datum.text) or names_somebody(datum.text):
        return True
    if _CLERICAL.search(datum.text) is not None:
        return True
    # A diagnosis or a drug may stand alone as well.
    return (
        _NAMED_ONLY.fullmatch(datum.text.strip()) is not None
        and not terms.code_of(datum.text.rstrip(". "))
        and not relations.families("problem", datum.text)
        and not relations.families("drug", datum.text)
    )


def tells_decision(datum: Datum) -> bool:
    """Whether a sentence tells how things are judged or what was decided."""
    return datum.event is None and rules.matches(_DECISION, datum.text)


def tells_what_was_done(datum: Datum) -> bool:
    """Whether a row tells of a referral, or what was said about a finding."""
    event = datum.event
    if event is None or event.table != "observation":
        return False
    return rules.matches(REFERRED, event.name) or rules.matches(_DONE, event.value_text)


def says_what_a_row_asks(datum: Datum, rows: Iterable[Datum]) -> bool:
    """Whether a sentence begins as a row of a form does, so that it gives the form's answer again
    or another."""
    if datum.event is not None:
        return False
    folded = datum.text.casefold()
    return any(
        len(name) >= _LEAST_NAME and folded.startswith(name)
        for one in rows
        if one.event is not None
        for name in (re.split(r"[:：,，]", one.text.casefold())[0],)
    )


def asks_nothing(datum: Datum) -> bool:
    """Whether a row of the background says nothing that a doctor would ask for."""
    if datum.event is None:
        return False
    if datum.event.table in {"observation", "measurement"} and (
        datum.unanswered or rules.matches(_NO_BACKGROUND, datum.text)
    ):
        return True
    return rules.matches(_APGAR_ITEM, datum.text) and (datum.event.value or 0) > 1


def tells_of_taking(datum: Datum) -> bool:
    """Whether a sentence tells how medicines are taken or borne."""
    return rules.matches(_TAKING, datum.text)


def is_target(datum: Datum) -> bool:
    """Whether a row of a form is an aim, a judgement or a date, and no finding."""
    return datum.event is not None and rules.matches(_FORM_TARGETS, datum.event.name)
