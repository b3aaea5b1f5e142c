"""Resident-record forms from CSV files become rows of the vault, once, and tell what they left."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, func, insert, select

from deid.cli.vault import vault as vault_command
from deid.errors import ImportRefused
from deid.importers.forms import import_forms
from deid.vault.loading import LoadOptions
from deid.vault.schema import metadata
from deid.vocabulary import names
from deid.vocabulary.codes import local_id

TODAY = LoadOptions(today=dt.date(2025, 12, 31))
LI, WANG = "61011200100100001", "61011200100100002"
PERSONS = (
    "档案编号,身份证号,姓名,性别,出生日期,本人电话,现住址,既往疾病,药物过敏史,家族史:父亲,血型\n"
    f"{LI},110101195503071234,李试验,1,1955-03-07,13800000001,试验村一组,"
    "高血压2015年3月,2/3,I10,1\n"
    f"{WANG},,王试验,女,1960/1/2,,,,无,,B型\n"
)
VISITS = (
    "档案编号,随访日期,随访方式,症状,收缩压(mmHg),舒张压,体重,每周运动次数,摄盐情况,服药依从性,"
    "此次随访分类,药物名称1,每次剂量1,每日次数1,用药天数1,下次随访日期,备注\n"
    f"{LI},2024-05-06,1,2/5,152,94,70.5,3,重,1,2,氨氯地平片5mg,5mg,1,30,2024-05-20,诉夜间咳嗽\n"
    f"{LI},2024年8月5日,电话,1,138,86,70,5,2,规律,控制满意,C08CA01,5mg,1,90,2024/11/4,\n"
)


def write(folder: Path, *, encoding: str = "utf-8", **files: str) -> Path:
    """A folder with the files of these names."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding=encoding)
    return folder


def rows(engine: Engine, table: str, *columns: str, **where: Any) -> list[tuple[Any, ...]]:
    """The named columns of a vault table, in order."""
    source = metadata.tables[table]
    statement = select(*(source.c[name] for name in columns))
    for name, value in where.items():
        statement = statement.where(source.c[name] == value)
    with engine.connect() as connection:
        return sorted(map(tuple, connection.execute(statement)), key=repr)


def count(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return connection.execute(
            select(func.count()).select_from(metadata.tables[table])
        ).scalar_one()


def said(engine: Engine, concept: int) -> list[tuple[Any, ...]]:
    """What the observations of a concept say: number, words, answer."""
    columns = ("value_as_number", "value_as_string", "value_as_concept_id")
    return rows(engine, "observation", *columns, observation_concept_id=concept)


def test_forms_become_visits_with_readings_answers_drugs_and_notes(
    stocked: Engine, tmp_path: Path
) -> None:
    folder = write(tmp_path / "forms", basic_information=PERSONS, hypertension=VISITS)
    report = import_forms(stocked, folder, options=TODAY)
    assert report.refused == 0
    assert [skip.what for skip in report.skipped] == ["forms of basic_information.csv"]
    assert rows(stocked, "visit_occurrence", "visit_start_date", "visit_concept_id") == [
        (dt.date(2024, 5, 6), names.OUTPATIENT_VISIT),
        (dt.date(2024, 8, 5), names.TELEPHONE_VISIT),
    ]
    assert rows(
        stocked, "measurement", "measurement_date", "value_as_number", "unit_concept_id",
        measurement_concept_id=names.SYSTOLIC_BP,
    ) == [(dt.date(2024, 5, 6), 152.0, names.MMHG),
           (dt.date(2024, 8, 5), 138.0, names.MMHG)]  # fmt: skip
    assert said(stocked, names.SALT_INTAKE) == [
        (None, None, names.MEDIUM),
        (None, None, names.HEAVY),
    ]
    assert said(stocked, names.NEXT_FOLLOW_UP) == [(14.0, None, None), (91.0, None, None)]
    assert rows(
        stocked, "drug_exposure", "drug_concept_id", "drug_exposure_end_date", "quantity", "sig"
    ) == [
        (names.AMLODIPINE, dt.date(2024, 11, 2), 90.0, "5mg x 1/d"),
        (names.AMLODIPINE_5MG, dt.date(2024, 6, 4), 30.0, "5mg x 1/d"),
    ]
    assert rows(stocked, "note", "note_text", "note_class_concept_id") == [
        ("备注: 诉夜间咳嗽", names.NOTE_HYPERTENSION_FOLLOW_UP)
    ]
    assert rows(
        stocked, "condition_occurrence", "condition_concept_id", "condition_start_date"
    ) == [
        (names.ESSENTIAL_HYPERTENSION, dt.date(2015, 3, 1)),
        (names.ESSENTIAL_HYPERTENSION, dt.date(2024, 5, 6)),
        (names.ESSENTIAL_HYPERTENSION, dt.date(2024, 8, 5)),
    ]


def test_people_come_with_identity_rows_and_findings_without_a_visit(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    folder = write(tmp_path / "forms", basic_information=PERSONS)
    import_forms(stocked_sqlite, folder, options=TODAY)
    assert rows(stocked_sqlite, "person", "gender_concept_id", "year_of_birth") == [
        (names.MALE, 1955),
        (names.FEMALE, 1960),
    ]
    assert rows(stocked_sqlite, "person_identity", "full_name", "language") == [
        ("李试验", "zh-CN"),
        ("王试验", "zh-CN"),
    ]
    assert rows(stocked_sqlite, "identifier", "kind", "value") == [
        ("ID_CARD", "110101195503071234"),
        ("RECORD_NO", LI),
        ("RECORD_NO", WANG),
    ]
    assert rows(stocked_sqlite, "contact", "kind", "value") == [("phone", "13800000001")]
    assert count(stocked_sqlite, "visit_occurrence") == 0


def test_past_diseases_may_have_years_months_or_an_end(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    past = "高血压(2015)、糖尿病2016年3月；肺结核 2001-02-03~2001-09-01; 痛风; 肺炎 2010-13"
    persons = f"档案编号,性别,出生日期,既往疾病\n{LI},男,1955-03-07,{past}\n"
    folder = write(tmp_path / "forms", basic_information=persons)
    report = import_forms(stocked_sqlite, folder, options=TODAY)
    assert rows(
        stocked_sqlite, "condition_occurrence", "condition_concept_id", "condition_start_date",
        "condition_end_date",
    ) == [
        (names.DIABETES_MELLITUS, dt.date(2016, 3, 1), None),
        (names.PULMONARY_TUBERCULOSIS, dt.date(2001, 2, 3), dt.date(2001, 9, 1)),
        (names.ESSENTIAL_HYPERTENSION, dt.date(2015, 1, 1), None),
    ]  # fmt: skip
    reasons = [f"{skip.what}: {skip.reason}" for skip in report.skipped]
    assert any("past diseases of" in reason and "have a date" in reason for reason in reasons)
    assert any("a date of diagnosis that is no date" in reason for reason in reasons)


def test_a_form_without_a_date_in_the_file_of_persons_is_told(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    report = import_forms(
        stocked_sqlite, write(tmp_path / "forms", basic_information=PERSONS), options=TODAY
    )
    assert [(skip.what, skip.count) for skip in report.skipped] == [
        ("forms of basic_information.csv", 2)
    ]


def test_importing_the_same_forms_again_changes_nothing(stocked: Engine, tmp_path: Path) -> None:
    folder = write(tmp_path / "forms", basic_information=PERSONS, hypertension=VISITS)
    first = import_forms(stocked, folder, options=TODAY)
    again = import_forms(stocked, folder, options=TODAY)
    assert (again.loaded, again.updated, again.refused) == (0, 0, 0)
    assert again.already_there == first.loaded


def test_later_forms_join_the_people_and_visits_of_earlier_ones(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    import_forms(
        stocked_sqlite,
        write(tmp_path / "one", basic_information=PERSONS, hypertension=VISITS),
        options=TODAY,
    )
    more = "身份证号,日期,方式,空腹血糖,舒张压\n110101195503071234,2024-05-06,门诊,7.4,94\n"
    report = import_forms(stocked_sqlite, write(tmp_path / "two", diabetes=more), options=TODAY)
    assert count(stocked_sqlite, "person") == 2
    assert count(stocked_sqlite, "visit_occurrence") == 2
    # The same pressure of the same visit is one measurement.
    assert report.table("measurement").already_there == 1
    assert rows(
        stocked_sqlite, "observation_period", "observation_period_start_date",
        "observation_period_end_date",
    ) == [(dt.date(2024, 5, 6), dt.date(2024, 8, 5))]  # fmt: skip


def test_people_whom_the_vault_knows_from_elsewhere_stay_who_they_are(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    with stocked_sqlite.begin() as connection:
        connection.execute(
            insert(metadata.tables["person"]).values(
                person_id=7, gender_concept_id=names.MALE, year_of_birth=1955,
                race_concept_id=0, ethnicity_concept_id=0,
            )
        )  # fmt: skip
        connection.execute(
            insert(metadata.tables["identifier"]).values(
                identifier_id=1, person_id=7, kind="RECORD_NO", value=LI
            )
        )
    folder = write(tmp_path / "forms", basic_information=PERSONS, hypertension=VISITS)
    report = import_forms(stocked_sqlite, folder, options=TODAY)
    assert any(note.startswith("1 people were in the vault") for note in report.notes)
    assert count(stocked_sqlite, "person") == 2
    assert {person for (person,) in rows(stocked_sqlite, "visit_occurrence", "person_id")} == {7}


@pytest.mark.parametrize(
    ("encoding", "separator"),
    [("utf-8", "\t"), ("utf-8-sig", ","), ("gb18030", ","), ("utf-16", "\t"), ("utf-8", ";")],
)
def test_encoding_and_separator_are_found_out(
    stocked_sqlite: Engine, tmp_path: Path, encoding: str, separator: str
) -> None:
    texts = {"个人基本信息表": PERSONS, "高血压患者随访服务记录表": VISITS}
    files = {name: text.replace(",", separator) for name, text in texts.items()}
    import_forms(
        stocked_sqlite, write(tmp_path / "forms", encoding=encoding, **files), options=TODAY
    )
    assert count(stocked_sqlite, "visit_occurrence") == 2
    assert rows(stocked_sqlite, "note", "note_text") == [("备注: 诉夜间咳嗽",)]


def test_english_headers_and_units_of_another_country_are_understood(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    persons = "MRN,Name,Sex,Date of birth\nT-0001,Pat Example,female,1960-01-02\n".replace(
        "MRN", "Medical record number"
    )
    visits = (
        "Medical record number,Date,Fasting glucose (mg/dL),Weight (lb),Dorsalis pedis pulse\n"
        "T-0001,2024-05-06,126,154,palpable\n"
    )
    folder = write(tmp_path / "forms", basic_information=persons, diabetes=visits)
    import_forms(stocked_sqlite, folder, options=TODAY)
    assert rows(
        stocked_sqlite, "measurement", "measurement_concept_id", "value_as_number",
        "unit_concept_id",
    ) == [
        (names.BODY_WEIGHT, pytest.approx(69.853, abs=0.001), names.KILOGRAM),
        (names.FASTING_GLUCOSE_MASS, 126.0, names.MG_PER_DL),
    ]  # fmt: skip
    assert said(stocked_sqlite, names.DORSALIS_PEDIS_PULSE) == [(None, None, names.PULSE_PALPABLE)]


DIAGNOSES = {
    "原发性高血压": [names.ESSENTIAL_HYPERTENSION],
    "I10": [names.ESSENTIAL_HYPERTENSION],
    "I10 高血压": [names.ESSENTIAL_HYPERTENSION],
    "I10.x00x002": [names.ESSENTIAL_HYPERTENSION],
    "E11.900；肺炎": [names.PNEUMONIA, names.TYPE_2_DIABETES],
    "2型糖尿病、肺炎": [names.PNEUMONIA, names.TYPE_2_DIABETES],
    "Z99.8；肺炎": [0, names.PNEUMONIA],
    "某种罕见的病": [0],
    "肺炎（轻度）": [names.PNEUMONIA],
    "肺炎（待排）": [0],
    "无": [],
}


def test_diagnoses_are_mapped_by_code_or_name_and_else_kept_with_concept_0(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    days = {written: dt.date(2024, 5, day) for day, written in enumerate(DIAGNOSES, start=1)}
    lines = "".join(f"{WANG},{day},{written}\n" for written, day in days.items())
    folder = write(
        tmp_path / "forms", basic_information=PERSONS, contact="档案编号,日期,诊断\n" + lines
    )
    import_forms(stocked_sqlite, folder, options=TODAY)
    for written, concepts in DIAGNOSES.items():
        found = rows(
            stocked_sqlite, "condition_occurrence", "condition_concept_id",
            "condition_source_value", condition_start_date=days[written],
        )  # fmt: skip
        assert sorted(concept for concept, _ in found) == sorted(concepts), written
        assert all(source in written for _, source in found)


def test_a_code_of_the_vaults_vocabulary_goes_on_to_its_standard_concept(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    concept = {
        "domain_id": "Condition", "vocabulary_id": "ICD10CN", "concept_class_id": "ICD10 code",
        "valid_start_date": dt.date(1970, 1, 1), "valid_end_date": dt.date(2099, 12, 31),
    }  # fmt: skip
    with stocked_sqlite.begin() as connection:
        connection.execute(
            insert(metadata.tables["concept"]).values(
                concept_id=1_400_000_001, concept_name="test", concept_code="Q87.1", **concept
            )
        )
        connection.execute(
            insert(metadata.tables["concept_relationship"]).values(
                concept_id_1=1_400_000_001, concept_id_2=names.PNEUMONIA,
                relationship_id="Maps to", valid_start_date=dt.date(1970, 1, 1),
                valid_end_date=dt.date(2099, 12, 31),
            )
        )  # fmt: skip
    visits = f"档案编号,日期,诊断\n{WANG},2024-05-06,Q87.1\n"
    folder = write(tmp_path / "forms", basic_information=PERSONS, contact=visits)
    import_forms(stocked_sqlite, folder, options=TODAY)
    assert rows(
        stocked_sqlite, "condition_occurrence", "condition_concept_id",
        "condition_source_concept_id", "condition_source_value",
        condition_start_date=dt.date(2024, 5, 6),
    ) == [(names.PNEUMONIA, 1_400_000_001, "Q87.1")]  # fmt: skip


def test_a_sites_own_codes_are_those_of_its_map(stocked_sqlite: Engine, tmp_path: Path) -> None:
    with stocked_sqlite.begin() as connection:
        connection.execute(
            insert(metadata.tables["source_to_concept_map"]).values(
                source_code="JB-0417", source_concept_id=0, source_vocabulary_id="site",
                target_concept_id=names.PNEUMONIA, target_vocabulary_id="SNOMED",
                valid_start_date=dt.date(1970, 1, 1), valid_end_date=dt.date(2099, 12, 31),
            )
        )  # fmt: skip
    visits = f"档案编号,日期,诊断\n{WANG},2024-05-06,JB-0417\n"
    folder = write(tmp_path / "forms", basic_information=PERSONS, contact=visits)
    import_forms(stocked_sqlite, folder, options=TODAY)
    assert rows(
        stocked_sqlite, "condition_occurrence", "condition_concept_id",
        "condition_source_value", condition_start_date=dt.date(2024, 5, 6),
    ) == [(names.PNEUMONIA, "JB-0417")]  # fmt: skip


def test_items_beyond_the_form_are_measured_told_or_answered(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    items = '"FERRITIN=120\n2708-6=97 %；PHQ_9=6; 头围=33 cm; URINE_PROTEIN=PLUS_2; 某指标=5.5"'
    visits = f"档案编号,日期,其他项目\n{WANG},2024-05-06,{items}\n"
    folder = write(tmp_path / "forms", basic_information=PERSONS, contact=visits)
    report = import_forms(stocked_sqlite, folder, options=TODAY)
    assert not [skip for skip in report.skipped if "contact" in skip.what]
    measured = rows(stocked_sqlite, "measurement", "measurement_concept_id", "value_as_number")
    assert (names.FERRITIN, 120.0) in measured
    assert (names.HEAD_CIRCUMFERENCE, 33.0) in measured
    assert rows(
        stocked_sqlite, "measurement", "value_as_number", "value_as_concept_id",
        measurement_concept_id=names.URINE_PROTEIN,
    ) == [(None, names.PLUS_2)]  # fmt: skip
    assert (6.0, None, None) in said(stocked_sqlite, names.PHQ_9)
    assert (5.5, None, None) in said(stocked_sqlite, 0)


def test_a_cell_that_cannot_be_read_is_left_out_and_told_by_its_place(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    visits = (
        "档案编号,日期,收缩压,舒张压,摄盐情况,此次随访分类\n"
        f"{WANG},2024-05-06,秘密,90,8,1\n"
        f"{WANG},2024-06-06,130,900,1/2,1\n"
    )
    folder = write(tmp_path / "forms", basic_information=PERSONS, hypertension=visits)
    report = import_forms(stocked_sqlite, folder, options=TODAY)
    reasons = {skip.what: skip.reason for skip in report.skipped if "hypertension" in skip.what}
    assert "not a number (for example row 1)" in reasons["cells of hypertension.csv, column 收缩压"]
    assert len([skip for skip in report.skipped if "摄盐情况" in skip.what]) == 2
    assert any("column 舒张压 are outside" in note for note in report.notes)
    assert count(stocked_sqlite, "visit_occurrence") == 2
    assert "秘密" not in report.to_json()


def test_a_row_without_person_or_day_is_refused_with_its_reason(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    visits = (
        "档案编号,日期,收缩压\n"
        f"{WANG},2024-05-06,120\n"
        f"{LI},,120\n"
        f"{LI},2024-13-45,120\n"
        f"{LI},2031-01-01,120\n"
        "99999999999999999,2024-05-06,120\n"
    )
    folder = write(tmp_path / "forms", basic_information=PERSONS, hypertension=visits)
    report = import_forms(stocked_sqlite, folder, options=TODAY)
    left_out = {
        skip.reason: skip.count
        for skip in report.skipped
        if skip.what == "rows of hypertension.csv"
    }
    assert left_out == {
        "there is no date, or it cannot be read (for example row 2, row 3)": 2,
        "its numbers are not those of any person in the vault or the file of persons "
        "(for example row 5)": 1,
    }
    (refusal,) = report.table("visit_occurrence").refusals
    assert refusal.reason == "visit_start_date is in the future"
    assert refusal.examples == ("hypertension.csv row 4",)
    assert count(stocked_sqlite, "visit_occurrence") == 1


def test_numbers_of_two_people_on_one_form_are_refused(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    visits = (
        "档案编号,身份证号,日期,收缩压\n"
        f"{WANG},110101195503071234,2024-05-06,120\n{LI},,2024-05-06,120\n"
    )
    folder = write(tmp_path / "forms", basic_information=PERSONS, hypertension=visits)
    report = import_forms(stocked_sqlite, folder, options=TODAY)
    assert any("different people" in skip.reason for skip in report.skipped)
    assert count(stocked_sqlite, "visit_occurrence") == 1


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("hypertension", "档案编号,日期,收宿压\n1,2,3\n", "line 1, column 3.*收缩压"),
        ("hypertension", "张三,13800000000,山村,a\n", "most names are no columns"),
        ("hypertension", "档案编号,日期,收缩压\n1,2024-01-01\n", "line 2.*expected 3 columns"),
        ("hypertension", "", "there is no header"),
        ("hypertension", "档案编号,日期,收缩压,收缩压(mmHg)\n1,2,3,4\n", "are one column"),
        ("hypertension", '档案编号,日期,备注\n1,2024-01-01,"不\n2,2024-01-02,好\n', "never closed"),
        ("somebody", "a,b\n1,2\n", "its name is that of no form"),
        ("contact", "档案编号,日期\n6.1E+16,2024-01-01\n", "row 1, column 档案编号: .* rounded"),
    ],
)
def test_a_broken_file_refuses_the_whole_import(
    stocked_sqlite: Engine, tmp_path: Path, name: str, text: str, message: str
) -> None:
    folder = write(tmp_path / "forms", basic_information=PERSONS, **{name: text})
    with pytest.raises(ImportRefused, match=message) as failure:
        import_forms(stocked_sqlite, folder, options=TODAY)
    assert "张三" not in str(failure.value)
    assert "13800000000" not in str(failure.value)
    assert count(stocked_sqlite, "person") == 0


def test_days_of_spreadsheets_are_dates_and_empty_rows_are_passed_over(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    visits = f"档案编号,日期,诊断\n{WANG},44262,痛风\n,,\n　, ,\n{WANG},2021年3月7日,痛风\n"
    folder = write(tmp_path / "forms", basic_information=PERSONS, contact=visits)
    report = import_forms(stocked_sqlite, folder, options=TODAY)
    assert rows(stocked_sqlite, "visit_occurrence", "visit_start_date") == [(dt.date(2021, 3, 7),)]
    assert any("as a spreadsheet counts them" in note for note in report.notes)
    assert not any("contact.csv" in skipped.what for skipped in report.skipped)


DRUG_NAMES = {
    "苯磺酸氨氯地平片5mg": names.AMLODIPINE,
    "拜新同": names.NIFEDIPINE,
    "硝苯地平控释片(30mg)": names.NIFEDIPINE,
    "阿托伐他汀钙片 20mg*7": names.ATORVASTATIN,
    "metoprolol succinate ER 50 mg": names.METOPROLOL,
    "硝酸甘油片": names.NITROGLYCERIN,
    "C08CA01": names.AMLODIPINE,
    "C08": 0,
    "缬沙坦氢氯噻嗪片": 0,
}
"""A drug by its label; a class or a combination that is not shipped is no ingredient."""


def test_drugs_are_known_without_strength_form_and_salt(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    lines = "".join(f"{WANG},2024-05-{day:02},{n}\n" for day, n in enumerate(DRUG_NAMES, 1))
    folder = write(
        tmp_path / "forms", basic_information=PERSONS, contact="档案编号,日期,药物名称1\n" + lines
    )
    import_forms(stocked_sqlite, folder, options=TODAY)
    found = dict(rows(stocked_sqlite, "drug_exposure", "drug_source_value", "drug_concept_id"))
    assert found == DRUG_NAMES
    sources = dict(
        rows(stocked_sqlite, "drug_exposure", "drug_source_value", "drug_source_concept_id")
    )
    assert sources["C08CA01"] == local_id("ATC", "C08CA01")
    assert sources["C08"] == CALCIUM_CHANNEL_BLOCKERS
    assert sources["拜新同"] is None


CALCIUM_CHANNEL_BLOCKERS = 21601744


def test_text_in_no_known_encoding_refuses_the_import(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    folder = write(tmp_path / "forms", basic_information=PERSONS)
    (folder / "contact.csv").write_bytes(b"\xff\xff\x00\x80,\xfe\n")
    with pytest.raises(ImportRefused, match="neither UTF-8 nor GB18030"):
        import_forms(stocked_sqlite, folder, options=TODAY)


def test_numbers_that_cannot_be_right_are_kept_and_told(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    persons = (
        "档案编号,身份证号,性别,出生日期,婚姻状况,日期\n"
        f"{LI},11010119550307123x,1,1955-03-07,21,2024-01-02\n"
        f"{WANG},110101196001020040,2,1960-01-02,2,2024-01-02\n"
        "610-112,,2,1960-01-02,30,2024-01-02\n"
    )
    report = import_forms(
        stocked_sqlite, write(tmp_path / "forms", basic_information=persons), options=TODAY
    )
    told = [note for note in report.notes if "were kept" in note]
    assert any("column 档案编号 are not of 17 digits and were kept (row 3)" in n for n in told)
    assert any("column 身份证号 are not a number of an ID card" in note for note in told)
    assert count(stocked_sqlite, "person") == 3
    assert said(stocked_sqlite, names.MARITAL_STATUS) == [
        (None, None, names.MARRIED),
        (None, None, names.MARRIED),
        (None, None, names.WIDOWED),
    ]


def test_a_household_gathers_its_members_and_kin(stocked_sqlite: Engine, tmp_path: Path) -> None:
    households = "家庭编号,地区类型\nF-1,农村\n"
    persons = (
        "档案编号,姓名,性别,出生日期,家庭编号,配偶档案编号\n"
        f"{LI},李试验,男,1955-03-07,F-1,{WANG}\n{WANG},王试验,女,1960-01-02,F-1,{LI}\n"
    )
    folder = write(tmp_path / "forms", household=households, basic_information=persons)
    import_forms(stocked_sqlite, folder, options=TODAY)
    assert rows(stocked_sqlite, "household", "household_code", "area_kind") == [("F-1", "rural")]
    assert len(set(rows(stocked_sqlite, "person_identity", "household_id"))) == 1
    assert rows(stocked_sqlite, "fact_relationship", "relationship_concept_id") == [
        (names.KIN_SPOUSE,),
        (names.KIN_SPOUSE,),
    ]


def test_what_two_forms_of_one_visit_say_differently_is_kept_twice(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    one = f"档案编号,日期,体重,心率\n{LI},2024-05-06,70,80\n"
    other = f"档案编号,日期,体重,心率\n{LI},2024-05-06,72,80\n"
    folder = write(tmp_path / "forms", basic_information=PERSONS, hypertension=one, diabetes=other)
    import_forms(stocked_sqlite, folder, options=TODAY)
    assert count(stocked_sqlite, "visit_occurrence") == 1
    assert rows(stocked_sqlite, "measurement", "value_as_number") == [(70.0,), (72.0,), (80.0,)]


def test_a_stay_in_hospital_ends_on_the_day_of_discharge(
    stocked_sqlite: Engine, tmp_path: Path
) -> None:
    stay = (
        "档案编号,日期,出院日期,诊断,药物名称1,用药天数1,诊疗经过\n"
        f"{LI},2024-05-06,2024-05-12,肺炎,阿莫西林,7,抗感染治疗后好转\n"
        f"{LI},2024-07-06,2024-07-01,肺炎,,,\n"
        f"{LI},2024-08-06,出院,肺炎,,,\n"
    )
    folder = write(tmp_path / "forms", basic_information=PERSONS, discharge=stay)
    report = import_forms(stocked_sqlite, folder, options=TODAY)
    assert rows(
        stocked_sqlite, "visit_occurrence", "visit_concept_id", "visit_start_date",
        "visit_end_date",
    ) == [
        (names.INPATIENT_VISIT, dt.date(2024, 5, 6), dt.date(2024, 5, 12)),
        (names.INPATIENT_VISIT, dt.date(2024, 8, 6), dt.date(2024, 8, 6)),
    ]  # fmt: skip
    assert rows(stocked_sqlite, "drug_exposure", "drug_exposure_start_date") == [
        (dt.date(2024, 5, 12),)
    ]
    assert any("ends before it begins" in skip.reason for skip in report.skipped)
    assert any("出院日期" in skip.what and "not a date" in skip.reason for skip in report.skipped)


def test_the_command_line_imports_a_folder_and_prints_the_report(
    vault_url: str, stocked: Engine, tmp_path: Path
) -> None:
    folder = write(tmp_path / "forms", basic_information=PERSONS, hypertension=VISITS)
    result = CliRunner().invoke(
        vault_command,
        ["import", "forms", str(folder)],
        env={"CARECOMMONS_HOME": str(tmp_path), "CARECOMMONS_ENGINE_VAULT_URL": vault_url},
    )
    assert result.exit_code == 0, result.output
    assert "forms import of forms" in result.output
    assert "李试验" not in result.output
