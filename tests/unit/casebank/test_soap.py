"""Notes become S, O, A and P without a word of ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebank.identifiers import IDENTITY_LINE
from casebank.soap import file_under, parse_note, split_sentences


def parts(text: str) -> list[tuple[str, str]]:
    return [
        (section.letter, text[section.start : section.end].strip()) for section in parse_note(text)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "S: dizzy\nO: BP 150/90\nA: high pressure\nP: rest",
        "S: dizzy. O: BP 150/90. A: high pressure. P: rest",
        "Subjective: dizzy\nObjective: BP 150/90\nAssessment: high pressure\nPlan: rest",
        "SUBJECTIVE:\ndizzy\nOBJECTIVE:\nBP 150/90\nASSESSMENT:\nhigh pressure\nPLAN:\nrest",
        "Chief complaint: dizzy\nPhysical exam: BP 150/90\nImpression: high pressure\nPlan: rest",
        "【主观】dizzy\n【客观】BP 150/90\n【评估】high pressure\n【计划】rest",
        "主观：dizzy。客观：BP 150/90。评估：high pressure。计划：rest",
        "主观资料: dizzy\n客观资料: BP 150/90\n评价: high pressure\n处置计划: rest",
        "主诉：dizzy\n查体：BP 150/90\n诊断：high pressure\n处理意见：rest",
    ],
)
def test_headings_in_both_languages_open_sections(text: str) -> None:
    plain = [(letter, words.rstrip(".。")) for letter, words in parts(text)]
    assert plain == [("S", "dizzy"), ("O", "BP 150/90"), ("A", "high pressure"), ("P", "rest")]


def test_markdown_headings_are_headings_and_unknown_ones_open_a_part_of_their_own() -> None:
    text = (
        "# Chief Complaint\nCough.\n# Allergies\nNone.\n"
        "# Assessment and Plan\nCold.\n## Plan\nRest.\n# Misc\nX."
    )
    assert parts(text) == [
        ("S", "Cough."),
        ("S", "None."),
        ("A", "Cold."),
        ("P", "Rest."),
        ("", "X."),
    ]


def test_what_stands_before_the_first_heading_is_under_none() -> None:
    assert parts("HOME VISIT\nS: dizzy") == [("", "HOME VISIT"), ("S", "dizzy")]


def test_a_combined_assessment_and_plan_is_an_assessment() -> None:
    assert parts("O: fine\nA/P: 1) HTN. Go on.") == [("O", "fine"), ("A", "1) HTN. Go on.")]


@pytest.mark.parametrize(
    "text",
    ["Vitamin A: 900 ug daily", "Blood group O: confirmed", "see plan: none was made"],
)
def test_a_letter_or_word_within_a_sentence_is_no_heading(text: str) -> None:
    assert [letter for letter, _ in parts(text)] == [""]


def test_a_note_without_headings_is_one_section_and_an_empty_one_is_none() -> None:
    assert parts("Telephone call about the results.") == [("", "Telephone call about the results.")]
    assert parts("  \n ") == []
    assert parts("S:\nO:\n") == []


@given(
    st.lists(
        st.sampled_from(
            [
                "S: ",
                "O：",
                "主观：",
                "评估:",
                "Plan: ",
                "\n",
                "头晕。",
                "cough. ",
                "5.2 ",
                "Dr. A ",
                "！",
                " ",
            ]
        ),
        max_size=20,
    ).map("".join)
)
def test_sections_and_sentences_are_ordered_stretches_that_never_overlap(text: str) -> None:
    reached = 0
    for section in parse_note(text):
        assert reached <= section.start < section.end <= len(text)
        reached = section.start
        for start, end in split_sentences(text, section.start, section.end):
            assert reached <= start < end <= section.end
            assert text[start:end] == text[start:end].strip()
            reached = end
        reached = section.end


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text, 0, len(text))]


def test_sentences_end_where_people_end_them() -> None:
    assert sentences("Seen by Dr. Lee. K 4.1, Cr 0.9.\n1. Rest. 2. Walk!") == [
        "Seen by Dr. Lee.",
        "K 4.1, Cr 0.9.",
        "1. Rest.",
        "2. Walk!",
    ]
    assert sentences("头晕3天，无胸痛。血压150/95mmHg；体重78.5kg！") == [
        "头晕3天，无胸痛。",
        "血压150/95mmHg；",
        "体重78.5kg！",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Patient: Rose Tank",
        "MRN: 4481",
        "姓名：王某",
        "责任医生：张",
        "Imogen Varga, MD",
        "电话：139",
    ],
)
def test_identity_lines_are_recognised(line: str) -> None:
    assert IDENTITY_LINE.search(line)


@pytest.mark.parametrize(
    "line",
    [
        "Patient reports cough.",
        "Strength 5/5.",
        "患者诉头晕。",
        "Metformin 500 mg, BID",
        "Gout.",
        "痛风",
        "DM",
        "Firstborn son helps.",
        "出生体重3.2kg，发育正常。",
        "5月生产。",
        "Lives in a flat.",
    ],
)
def test_clinical_lines_are_not_identity_lines(line: str) -> None:
    assert not IDENTITY_LINE.search(line)


@pytest.mark.parametrize(
    "line",
    [
        "患者某某，女，59岁，住某省某市某县某镇某村66组35号。",
        "某某（10521531839268631），女，75岁。",
        "医保卡号P04657798。",
        "电话130-0000-0000联系家属核实用药。",
        "随访医生签名：某某",
        "责任医生某某",
        "某镇卫生院　某某",
        "某某某，女，59岁。",
        "re: Some Body",
        "SOME, BODY / July 6 / JM-2913713",
        "-- Dr. Body",
        "-- B.",
        "Someone392 Body17",
        "Dr. Wall.",
        "Nurse Some Body.",
        "Pt Some Body (dob 7/4/51)",
        "chart HA-4023270",
        "Portal mail to x@example.org",
        "Born 4 July 1951.",
        "出生于1951年7月4日，务农。",
        "1951年7月生。",
        "This is Some Body, a 61-year-old man, seen on 2016-04-05.",
        "Still at 12 Some St.",
        "家住某社区，步行来诊。",
        "某某（139 0000 0000）要求告知结果。",
        "Somewhere Community Health Center",
    ],
)
def test_lines_that_only_say_who_are_recognised_within_a_note(line: str) -> None:
    assert IDENTITY_LINE.search(line)


@pytest.mark.parametrize(
    ("sentence", "letter", "filed"),
    [
        ("血压116/80，心率72次/分。", "S", "O"),
        ("BP 152/94.", "", "O"),
        ("双肺呼吸音清。", "S", "O"),
        ("Lungs clear.", "", "O"),
        ("某某诉咳嗽、咳痰3天。", "", "S"),
        ("Reports sore throat.", "", "S"),
        ("血压控制目标<140/90。", "P", "P"),
        ("Walks to the market.", "", ""),
        ("Recheck in 2 weeks.", "A", "P"),
        ("预约3个月后随访。", "A", "P"),
        ("ECG未见明显异常。", "P", "O"),
        ("ECG in 2 weeks.", "P", "P"),
        ("RTC in May.", "A", "P"),
        ("Signed: J. Lopez, DO", "P", ""),
        ("医师签名：李大夫", "P", ""),
        ("Sign up for the group.", "P", "P"),
        ("自述无新发症状。", "", "S"),
        ("HTN, above goal.", "A", "A"),
        ("Takes it most mornings.", "S", "S"),
        ("血压一直不稳。", "S", "S"),
    ],
)
def test_a_sentence_without_its_heading_is_filed_by_what_it_plainly_is(
    sentence: str, letter: str, filed: str
) -> None:
    assert file_under(sentence, letter) == filed  # type: ignore[arg-type]
