"""Invented residents for the casebank's tests: an English one, a Chinese one, and oddities."""

from __future__ import annotations

import tempfile
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from casebank import Case, draft_case
from deid.release import Release
from tests.builders import build_release

FARMER, TEACHER, IMPORTED, UNVISITED, DAUGHTER, EMPTY = 101, 102, 103, 104, 105, 106

CONCEPTS = [
    # id, name, vocabulary, Chinese name
    (0, "No matching concept", "None", ""),
    (8507, "MALE", "Gender", "男"),
    (8532, "FEMALE", "Gender", "女"),
    (8554, "percent", "UCUM", "百分比"),
    (8753, "millimole per liter", "UCUM", "毫摩尔/升"),
    (8876, "millimeter mercury column", "UCUM", "毫米汞柱"),
    (9202, "Outpatient Visit", "Visit", "门诊"),
    (201826, "Type 2 diabetes mellitus", "SNOMED", "2型糖尿病"),
    (260139, "Acute bronchitis", "SNOMED", "急性支气管炎"),
    (320128, "Essential hypertension", "SNOMED", "原发性高血压"),
    (316866, "Hypertensive disorder", "SNOMED", "高血压病"),
    (440383, "Depressive disorder", "SNOMED", "抑郁障碍"),
    (192279, "Disorder of kidney due to diabetes mellitus", "SNOMED", "糖尿病肾病"),
    (4172829, "Limited social contact", "SNOMED", "社会交往受限"),
    (1332418, "amlodipine", "RxNorm", "氨氯地平"),
    (1503297, "metformin", "RxNorm", "二甲双胍"),
    (1713332, "amoxicillin", "RxNorm", "阿莫西林"),
    (3004249, "Systolic blood pressure", "LOINC", "收缩压"),
    (3012888, "Diastolic blood pressure", "LOINC", "舒张压"),
    (3004410, "Hemoglobin A1c/Hemoglobin.total in Blood", "LOINC", "糖化血红蛋白"),
    (3042932, "Patient Health Questionnaire 9 item (PHQ-9) total score", "LOINC", "PHQ-9总分"),
    (3046853, "Housing status", "LOINC", "住房状况"),
    (4230911, "Echocardiography", "SNOMED", "超声心动图"),
    (9000001, "Asthma (disorder)", "SNOMED", ""),
    (9000002, "Tobacco smoking status", "LOINC", "吸烟状况"),
    (9000003, "Current every day smoker", "SNOMED", "每天吸烟"),
    (9000004, "Household fuel", "LOINC", "燃料类型"),
    (9000005, "Firewood", "LOINC", "柴火"),
    (9000006, "Spouse of", "LOINC", "配偶"),
    (9000007, "Child of", "LOINC", "子女"),
    (9000008, "HIV infection", "SNOMED", ""),
]


def farmer_note(day: date) -> str:
    """A contact record in English, with identifier lines, a date and an age in it."""
    return (
        "FOLLOW-UP VISIT\n"
        "Patient: Harlan Voss   MRN: 448120\n"
        "S: 57-year-old farmer. Dizziness on rising since March 2012; no chest pain. "
        "Takes amlodipine most mornings.\n"
        f"O: BP 152/94. Seen before on {day.isoformat()}.\n"
        "A: Essential hypertension, not controlled.\n"
        "P: Add metformin. Return in 2 weeks.\n"
        "Imogen Varga, MD\n"
    )


CHINESE_NOTE = (
    "接诊记录\n姓名：王秀兰　编号：97110300\n"
    "主观：头晕3天，无胸痛。2012年9月确诊高血压。\n"
    "客观：血压150/95mmHg。\n"
    "评估：原发性高血压，控制不满意。\n"
    "计划：加用二甲双胍；2周后随访。\n"
    "医生：张某\n"
)


def tables() -> dict[str, list[dict[str, Any]]]:
    """OMOP rows of all residents."""
    rows = _Rows()
    rows.person(FARMER, 8507, 1958)
    for number, day in enumerate(
        (date(2015, 3, 2), date(2015, 6, 1), date(2016, 2, 8), date(2018, 3, 5), date(2019, 3, 4))
    ):
        visit = rows.visit(FARMER, day)
        rows.measure(FARMER, 3004249, day, 152 - 4 * number, 8876, visit)
        rows.measure(FARMER, 3012888, day, 94 - 2 * number, 8876, visit)
        rows.note(FARMER, day, farmer_note(date(2015, 3, 2)), visit)
        if number == 0:
            rows.condition(FARMER, 316866, day, None, visit)
            rows.observe(FARMER, 9000004, day, visit, value_as_concept_id=9000005)
            rows.observe(FARMER, 9000002, day, visit, value_as_concept_id=9000003)
            rows.observe(FARMER, 3046853, day, visit)
        if number == 1:
            rows.condition(FARMER, 320128, day, None, visit)
            rows.drug(FARMER, 1332418, day, date(2016, 1, 1), visit)
        if number == 2:
            rows.condition(FARMER, 201826, day, None, visit)
            rows.drug(FARMER, 1503297, day, date(2019, 3, 1), visit)
        if number >= 2:
            rows.measure(FARMER, 3004410, day, 8.1 - 0.4 * number, 8554, visit)
        if number == 3:
            rows.condition(FARMER, 192279, day, None, visit)
            rows.condition(FARMER, 4172829, day, None, visit)
            rows.procedure(FARMER, 4230911, day, visit)
    for day in (date(2015, 11, 2), date(2016, 11, 7), date(2017, 11, 6)):
        visit = rows.visit(FARMER, day)
        rows.condition(FARMER, 260139, day, date(day.year, 11, 16), visit)
        rows.drug(FARMER, 1713332, day, date(day.year, 11, 14), visit)

    rows.person(TEACHER, 8532, 1920)
    for number, day in enumerate((date(2015, 3, 2), date(2015, 9, 7), date(2016, 3, 7))):
        visit = rows.visit(TEACHER, day)
        rows.condition(TEACHER, 320128, day, None, visit) if number == 0 else None
        rows.measure(TEACHER, 3004249, day, 150 + number, 8876, visit)
        rows.observe(TEACHER, 3042932, day, visit, value_as_number=12.0)
        rows.note(TEACHER, day, CHINESE_NOTE, visit)
    rows.add("death", person_id=TEACHER, death_date=date(2016, 5, 2), cause_concept_id=0)

    rows.person(IMPORTED, 8532, 1980)
    for day in (date(2018, 1, 8), date(2018, 7, 9), date(2019, 1, 7)):
        visit = rows.visit(IMPORTED, day)
        rows.condition(IMPORTED, 0, day, None, visit, source=9000001)
    rows.condition(IMPORTED, 0, date(2018, 1, 8), None, None, source=0)

    rows.person(UNVISITED, 8507, 2001)
    for day in (date(2010, 5, 3), date(2011, 5, 2), date(2012, 5, 7), date(2013, 5, 6)):
        rows.condition(UNVISITED, 260139, day, day, 999_999)
        rows.drug(UNVISITED, 1713332, day, None, 999_999)
    rows.condition(UNVISITED, 9000008, date(2013, 5, 6), None, None)

    rows.person(DAUGHTER, 8532, 1985)
    rows.condition(DAUGHTER, 201826, date(2014, 1, 6), None, None)
    rows.condition(DAUGHTER, 260139, date(2014, 1, 6), date(2014, 1, 16), None)
    for one, two, kin in ((DAUGHTER, FARMER, 9000007), (TEACHER, FARMER, 9000006)):
        rows.add(
            "fact_relationship",
            domain_concept_id_1=56,
            fact_id_1=one,
            domain_concept_id_2=56,
            fact_id_2=two,
            relationship_concept_id=kin,
        )
    rows.person(EMPTY, 8507, 1990)
    return rows.tables


def release(root: Path) -> Release:
    """All residents as a published release."""
    return build_release(root, tables())


class _Rows:
    def __init__(self) -> None:
        self.tables: dict[str, list[dict[str, Any]]] = {}
        self._next = 5000
        for concept, name, vocabulary, chinese in CONCEPTS:
            self.add("concept", concept_id=concept, concept_name=name, vocabulary_id=vocabulary)
            if chinese:
                self.add(
                    "concept_synonym",
                    concept_id=concept,
                    concept_synonym_name=chinese,
                    language_concept_id=4182948,
                )

    def add(self, table: str, **values: Any) -> None:
        self.tables.setdefault(table, []).append(values)

    def number(self) -> int:
        self._next += 1
        return self._next

    def person(self, person: int, sex: int, born: int) -> None:
        self.add("person", person_id=person, gender_concept_id=sex, year_of_birth=born)

    def visit(self, person: int, day: date) -> int:
        visit = self.number()
        self.add(
            "visit_occurrence",
            visit_occurrence_id=visit,
            person_id=person,
            visit_concept_id=9202,
            visit_start_date=day,
            visit_end_date=day,
        )
        return visit

    def condition(
        self,
        person: int,
        concept: int,
        start: date,
        end: date | None,
        visit: int | None,
        source: int = 0,
    ) -> None:
        self.add(
            "condition_occurrence",
            condition_occurrence_id=self.number(),
            person_id=person,
            condition_concept_id=concept,
            condition_start_date=start,
            condition_end_date=end,
            condition_source_concept_id=source,
            visit_occurrence_id=visit,
        )

    def drug(
        self, person: int, concept: int, start: date, end: date | None, visit: int | None
    ) -> None:
        self.add(
            "drug_exposure",
            drug_exposure_id=self.number(),
            person_id=person,
            drug_concept_id=concept,
            drug_exposure_start_date=start,
            drug_exposure_end_date=end,
            visit_occurrence_id=visit,
        )

    def measure(
        self, person: int, concept: int, day: date, value: float, unit: int, visit: int
    ) -> None:
        self.add(
            "measurement",
            measurement_id=self.number(),
            person_id=person,
            measurement_concept_id=concept,
            measurement_date=day,
            value_as_number=float(value),
            unit_concept_id=unit,
            visit_occurrence_id=visit,
        )

    def observe(
        self,
        person: int,
        concept: int,
        day: date,
        visit: int,
        value_as_concept_id: int = 0,
        value_as_number: float | None = None,
    ) -> None:
        self.add(
            "observation",
            observation_id=self.number(),
            person_id=person,
            observation_concept_id=concept,
            observation_date=day,
            value_as_number=value_as_number,
            value_as_concept_id=value_as_concept_id,
            visit_occurrence_id=visit,
        )

    def procedure(self, person: int, concept: int, day: date, visit: int) -> None:
        self.add(
            "procedure_occurrence",
            procedure_occurrence_id=self.number(),
            person_id=person,
            procedure_concept_id=concept,
            procedure_date=day,
            visit_occurrence_id=visit,
        )

    def note(self, person: int, day: date, text: str, visit: int) -> None:
        self.add(
            "note",
            note_id=self.number(),
            person_id=person,
            note_date=day,
            note_text=text,
            visit_occurrence_id=visit,
        )


@cache
def farmer_case() -> Case:
    """The farmer's case, drafted once for all tests that need no release beside it."""
    with tempfile.TemporaryDirectory() as folder:
        return draft_case(release(Path(folder)), FARMER, case_id="dizzy-farmer")
