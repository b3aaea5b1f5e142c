"""What a problem-oriented record is here, drawn as tables: the record above, the case below."""

from __future__ import annotations

from pathlib import Path

from tests.spec.casebank.drawing import case_of, entries, problem_list, rows_of


def test_a_problem_list_is_formed_from_years_of_records(tmp_path: Path) -> None:
    case = case_of(
        tmp_path,
        """
        kind      | name                                        | day  | until | value
        condition | Essential hypertension                      | 0    |       |
        condition | Acute bronchitis                            | 200  | 212   |
        condition | Bereavement of spouse                       | 400  |       |
        condition | Depressive disorder                         | 460  | 900   |
        condition | Type 2 diabetes mellitus                    | 700  |       |
        condition | Sprain of ankle                             | 800  | 820   |
        condition | Acute bronchitis                            | 950  | 960   |
        condition | Retinopathy due to type 2 diabetes mellitus | 1500 |       |
        condition | Acute bronchitis                            | 1600 | 1611  |
        condition | Appendicitis                                | 1000 |       |
        """,
    )
    assert problem_list(case) == rows_of(
        """
        no | title                                       | kind          | status   | list      | onset | episodes | see
        1  | Essential hypertension                      | biological    | active   | master    | 0     | 1        |
        2  | Acute bronchitis                            | biological    | active   | master    | 200   | 3        |
        3  | Bereavement of spouse                       | family        | active   | master    | 400   | 1        |
        4  | Depressive disorder                         | psychological | resolved | master    | 460   | 1        |
        5  | Type 2 diabetes mellitus                    | biological    | active   | master    | 700   | 1        |
        6  | Sprain of ankle                             | biological    | resolved | temporary | 800   | 1        |
        7  | Appendicitis                                | biological    | inactive | master    | 1000  | 1        |
        8  | Retinopathy due to type 2 diabetes mellitus | biological    | active   | master    | 1500  | 1        | #5
        """  # noqa: E501
    )


def test_each_entry_stands_under_its_letter_and_belongs_to_its_problems(tmp_path: Path) -> None:
    case = case_of(
        tmp_path,
        """
        kind      | name                                                                | day | until | value
        note      | S: Dizzy. O: Looks tired. A: Blood pressure too high. P: Less salt. | 0   |       |
        condition | Essential hypertension                                              | 0   |       |
        measure   | Systolic blood pressure                                             | 0   |       | 164
        drug      | amlodipine 5 MG Oral Tablet                                         | 0   | 90    |
        condition | Type 2 diabetes mellitus                                            | 91  |       |
        measure   | Hemoglobin A1c/Hemoglobin.total in Blood                            | 91  |       | 8.1
        drug      | metformin 500 MG Oral Tablet                                        | 91  | 300   |
        measure   | Systolic blood pressure                                             | 91  |       | 138
        """,  # noqa: E501
    )
    assert entries(case) == rows_of(
        """
        day | letter | text                                          | problems
        0   | S      | Dizzy.                                        |
        0   | O      | Looks tired.                                  |
        0   | O      | Systolic blood pressure: 164                  | #1
        0   | A      | Blood pressure too high.                      | #1
        0   | A      | Essential hypertension                        | #1
        0   | P      | Less salt.                                    |
        0   | P      | amlodipine 5 MG Oral Tablet                   | #1
        91  | O      | Hemoglobin A1c/Hemoglobin.total in Blood: 8.1 | #2
        91  | O      | Systolic blood pressure: 138                  | #1
        91  | A      | Type 2 diabetes mellitus                      | #2
        91  | P      | metformin 500 MG Oral Tablet                  | #2
        """
    )


def test_a_passing_illness_takes_only_what_was_done_in_its_days(tmp_path: Path) -> None:
    case = case_of(
        tmp_path,
        """
        kind      | name                         | day  | until | value
        condition | Acute viral pharyngitis      | 0    | 10    |
        drug      | amoxicillin 250 MG Capsule   | 0    | 7     |
        measure   | Body temperature             | 0    |       | 38.4
        drug      | amoxicillin 250 MG Capsule   | 400  | 407   |
        measure   | Body temperature             | 400  |       | 36.6
        """,
    )
    assert entries(case) == rows_of(
        """
        day | letter | text                       | problems
        0   | O      | Body temperature: 38.4     | #1
        0   | A      | Acute viral pharyngitis    | #1
        0   | P      | amoxicillin 250 MG Capsule | #1
        400 | O      | Body temperature: 36.6     |
        400 | P      | amoxicillin 250 MG Capsule |
        """
    )


def test_a_chinese_contact_record_is_read_alike(tmp_path: Path) -> None:
    case = case_of(
        tmp_path,
        """
        kind      | name                                                       | day | until | value
        note      | 主观：头晕。客观：血压160/95。评估：高血压未控制。计划：限盐。 | 0   |       |
        condition | 高血压                                                     | 0   |       |
        condition | 独居                                                       | 0   |       |
        drug      | 氨氯地平片5mg                                              | 0   | 90    |
        """,
    )
    assert entries(case) == rows_of(
        """
        day | letter | text                | problems
        0   | S      | 头晕。              |
        0   | O      | 血压160/95。        | #2
        0   | A      | 高血压未控制。      | #2
        0   | A      | 独居                | #1
        0   | P      | 限盐。              |
        0   | P      | 氨氯地平片5mg       | #2
        """
    )
