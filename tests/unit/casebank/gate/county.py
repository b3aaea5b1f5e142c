"""A small invented county for the gate: ten complaints, each told in English and in Chinese.

Everybody shares sex and year of birth with fifteen others, and every problem with neighbours who
have them all, so that nothing in a case singles its person out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from casebank import terms
from deid.release import Release
from tests.builders import build_release
from tests.unit.casebank.residents import _Rows

RESIDENTS = 20
NEIGHBOURS = 12
FIRST = 1001
HYPERTENSION = "ESSENTIAL_HYPERTENSION"
SYSTOLIC, DIASTOLIC, MMHG, TEMPERATURE, CELSIUS = 3004249, 3012888, 8876, 3020891, 586323
WORRY, SPOUSE, OUTPATIENT, ALONE, CLASS = 9100001, 9100002, 9202, 9100003, 9100004
CONTROLLED, UNCONTROLLED = 9100005, 9100006


@dataclass(frozen=True)
class Story:
    """What a resident comes with, and what it is called."""

    code: str
    en: str
    zh: str


STORIES = (
    Story("ACUTE_BRONCHITIS", "Cough with sputum for five days", "咳嗽、咳痰5天"),
    Story("TENSION_HEADACHE", "Headache after long work", "劳累后头痛"),
    Story("KNEE_OSTEOARTHRITIS", "Knee pain on stairs", "上下楼膝关节疼痛"),
    Story("TYPE_2_DIABETES", "Thirst and passing much water", "口渴、多尿"),
    Story("PHARYNGITIS", "Sore throat for two days", "咽痛2天"),
    Story("GERD", "Heartburn after meals", "饭后烧心"),
    Story("LUMBAR_DISC_HERNIATION", "Back pain that goes to the leg", "腰痛，牵涉下肢"),
    Story("INSOMNIA", "Poor sleep for a month", "睡眠差一个月"),
    Story("ECZEMA", "An itchy rash on both arms", "双臂皮疹、瘙痒"),
    Story("ORTHOSTATIC_HYPOTENSION", "Dizziness on rising", "起立时头晕"),
)


def note(story: Story, chinese: bool) -> str:
    """The contact record of the first visit."""
    if chinese:
        return (
            f"接诊记录\n主观：{story.zh}。无胸痛，无发热，无呕吐。担心是大病。\n"
            f"客观：神清，心肺听诊无异常。\n计划：对症处理；2周后随访。\n"
        )
    return (
        f"CONTACT RECORD\nS: {story.en}. No chest pain, no fever, no vomiting.\n"
        f"O: Alert, heart and lungs without abnormal sounds.\n"
        "P: Treat the symptom. Return in 2 weeks.\n"
    )


def concept_of(code: str) -> int:
    """The concept id that the county gives a diagnosis."""
    return 9200000 + sorted({HYPERTENSION, *(one.code for one in STORIES)}).index(code)


def release(root: Path) -> Release:
    """The county as a release for teaching."""
    rows = _Rows()
    for code in (HYPERTENSION, *(one.code for one in STORIES)):
        _concept(rows, concept_of(code), terms.term(code).en, terms.term(code).zh)
    _concept(rows, WORRY, "What the patient worries about", "患者的担忧")
    _concept(rows, SPOUSE, "Spouse of", "配偶")
    _concept(rows, ALONE, "Limited social contact", "社会交往受限")
    _concept(rows, TEMPERATURE, "Body temperature", "体温")
    _concept(rows, CELSIUS, "degree Celsius", "摄氏度", "UCUM")
    _concept(rows, CLASS, "Class of this follow-up", "此次随访分类")
    _concept(rows, CONTROLLED, "Controlled", "控制满意")
    _concept(rows, UNCONTROLLED, "Not controlled", "控制不满意")
    codes = [HYPERTENSION, *(one.code for one in STORIES)]
    for number in range(NEIGHBOURS):
        person = FIRST + RESIDENTS + number
        rows.person(person, 8507 if number % 2 else 8532, 1960)
        for code in codes:
            rows.condition(person, concept_of(code), date(2014, 5, 5), None, None)
        rows.condition(person, ALONE, date(2014, 5, 5), None, None)
    for number in range(RESIDENTS):
        _resident(rows, number)
    return build_release(
        root,
        rows.tables,
        "gate-county",
        statement={
            "purpose": "teaching cases",
            "quasi_identifiers": ["year_of_birth", "gender_concept_id"],
        },
    )


def _resident(rows: _Rows, number: int) -> None:
    person, story = FIRST + number, STORIES[number // 2]
    rows.person(person, 8507 if number // 2 % 2 else 8532, 1960)
    begin = date(2015, 3, 2) + timedelta(days=number)
    for visit_number in range(5):
        day = begin + timedelta(days=92 * visit_number)
        visit = rows.visit(person, day)
        rows.measure(person, SYSTOLIC, day, 146 - 4 * visit_number, MMHG, visit)
        rows.measure(person, DIASTOLIC, day, 88 - 2 * visit_number, MMHG, visit)
        rows.measure(person, TEMPERATURE, day, 36.5, CELSIUS, visit)
        if visit_number == 0:
            rows.note(person, day, note(story, bool(number % 2)), visit)
            rows.condition(person, concept_of(story.code), day, None, visit)
            rows.add(
                "observation",
                observation_id=rows.number(),
                person_id=person,
                observation_concept_id=WORRY,
                observation_date=day,
                value_as_number=None,
                value_as_concept_id=0,
                value_as_string="拖累家人" if number % 2 else "being a burden",
                visit_occurrence_id=visit,
            )
        if visit_number == 1:
            rows.condition(person, concept_of(HYPERTENSION), day, None, visit)
            rows.condition(person, ALONE, day, None, visit)
        if visit_number >= 2:
            rows.observe(
                person,
                CLASS,
                day,
                visit,
                value_as_concept_id=CONTROLLED if visit_number > 2 else UNCONTROLLED,
            )
    rows.add(
        "fact_relationship",
        domain_concept_id_1=56,
        fact_id_1=person,
        domain_concept_id_2=56,
        fact_id_2=FIRST + RESIDENTS + number % NEIGHBOURS,
        relationship_concept_id=SPOUSE,
    )


def _concept(rows: _Rows, concept: int, en: str, zh: str, vocabulary: str = "SNOMED") -> None:
    rows.add("concept", concept_id=concept, concept_name=en, vocabulary_id=vocabulary)
    rows.add(
        "concept_synonym",
        concept_id=concept,
        concept_synonym_name=zh,
        language_concept_id=4182948,
    )
