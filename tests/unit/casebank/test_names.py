"""Who a sentence of a note names: the person becomes "the patient", anybody else is recognised."""

from __future__ import annotations

import pytest

from casebank.names import Names, names_somebody

NOTES = (
    "门诊记录\n患者邓涛，男，60～64岁，住址略。\n咽痛4天。",
    "CLAYTON, ELIJAH, 20-24 year old man.\nMr. Clayton first noticed sore throat.",
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("邓涛诉咽痛4天。", "患者诉咽痛4天。"),
        ("老邓服药规律。", "患者服药规律。"),
        ("Mr. Clayton has a sore throat.", "The patient has a sore throat."),
        ("Since Monday Elijah coughs.", "Since Monday the patient coughs."),
        ("Lu Jianping本来好好的。", "患者本来好好的。"),
        ("母亲何海燕代诉：咽痛4天。", "母亲代诉：咽痛4天。"),
        ("父亲（吴志强）代诉：咽痛1天。", "父亲代诉：咽痛1天。"),
        ("Her mother (Ann Lee) says she coughs.", "Her mother says she coughs."),
        ("Dad Jamie says he coughs.", "Dad says he coughs."),
        (
            "Steven comes back about the same trouble.",
            "The patient comes back about the same trouble.",
        ),
        ("13:10 the patient: I cough.", "I cough."),
        ("savannah describes a red eye.", "The patient describes a red eye."),
        ("最近7天皮肤痒疹，贾某未予重视。", "最近7天皮肤痒疹，患者未予重视。"),
        ("wife says he coughs.", "wife says he coughs."),
        ("Headache comes back at night.", "Headache comes back at night."),
        ("No fever, no cough.", "No fever, no cough."),
    ],
)
def test_the_person_and_their_kin_lose_their_names(text: str, shown: str) -> None:
    assert Names(NOTES).without(text) == shown
    assert Names(NOTES).without(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "参加人员：老蔡、黄会计",
        "吴姐精神不错。",
        "暂不预约，由傅大伯自行联系。",
        "转诊至德湖县人民医院。",
        "Reviewed with Dr. Buck.",
        "Likes fly tying at Walwood.",
        "Friend Valentine had a birthday.",
        "It began as she was with Iréne Mcintyre.",
        "Has flank pain and asks for leah b., DO.",
    ],
)
def test_somebody_else_or_a_place_is_recognised(text: str) -> None:
    assert names_somebody(text)


@pytest.mark.parametrize(
    "text",
    [
        "咳黄痰，无发热，时好时坏。",
        "本次出现软组织挫伤，尿路感染史，予镇痛。",
        "患者：“没什么不舒服”。",
        "既往高血压，方案照旧。",
        "The patient has had a cough for 3 days.",
        "Blood pressure 152/94, heart regular.",
        "Type 2 diabetes, on metformin 500 mg.",
    ],
)
def test_words_of_medicine_name_nobody(text: str) -> None:
    assert not names_somebody(text)
