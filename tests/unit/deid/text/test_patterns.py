# ruff: noqa: E501 -- cases are read as one line each
"""Identifiers are found by form and context; numbers of the clinic are left alone."""

from __future__ import annotations

import pytest

from tests.unit.deid.text.builders import found

ENGLISH_CASES = [
    ("Seen on March 4, 2025 for follow-up.", [("DATE", "March 4, 2025")]),
    ("Dated 18-JAN-2025 14:22", [("DATE", "18-JAN-2025")]),
    ("Visit of 2002-10-16 was routine.", [("DATE", "2002-10-16")]),
    ("Given 24-26 January at home.", [("DATE", "24-26 January")]),
    ("Return visit 3/14 please.", [("DATE", "3/14")]),
    ("Tick bite on Labor Day.", [("DATE", "Labor Day")]),
    ("She is 93 years old and well.", [("AGE_OVER_89", "93")]),
    ("He turned ninety-five, and walks.", [("AGE_OVER_89", "ninety-five")]),
    ("Call (541) 555-0142 tonight.", [("PHONE", "(541) 555-0142")]),
    ("SSN: 900-14-2287.", [("ID", "900-14-2287")]),
    ("MRN: HS-448120", [("ID", "HS-448120")]),
    ("From 192.0.2.44 by mail", [("IP", "192.0.2.44")]),
    ("Write to a.b@example.org.", [("EMAIL", "a.b@example.org")]),
    ("See https://x.example.org/v/1 there.", [("URL", "https://x.example.org/v/1")]),
    ("Posts as @quiet_rain9 online.", [("ID", "@quiet_rain9")]),
    ("Truck with plate QXR 4471 outside.", [("ID", "QXR 4471")]),
    ("Seen by Dr. Halvorsen today.", [("NAME", "Halvorsen")]),
    ("Her husband Leland drove.", [("NAME", "Leland")]),
    ("Ogden Brightwater, MD", [("NAME", "Ogden Brightwater")]),
    ("Cecelia952 Romaguera67 is here.", [("NAME", "Cecelia952 Romaguera67")]),
    ("Referred to Farrow Creek Hospital now.", [("LOCATION", "Farrow Creek Hospital")]),
    ("lives at 410 Lantern Street, Calder Mills, WA 98999", [("LOCATION", "410 Lantern Street, Calder Mills, WA 98999")]),
    ("works at Pellworth Roofing daily.", [("ORGANIZATION", "Pellworth Roofing")]),
]  # fmt: skip
CHINESE_CASES = [
    ("2021年3月7日来诊", [("DATE", "2021年3月7日")]),
    ("接种日期农历二月廿六。", [("DATE", "农历二月廿六")]),
    ("上周六漏服一次。", [("DATE", "上周六")]),
    ("患者91岁，体健。", [("AGE_OVER_89", "91岁")]),
    ("电话13852740918。", [("PHONE", "13852740918")]),
    ("座机0515-5551 8203。", [("PHONE", "0515-5551 8203")]),
    ("身份证号：11010519491231002X", [("ID", "11010519491231002X")]),
    ("档案编号：32097110300700218", [("ID", "32097110300700218")]),
    ("旧证372971750308977已换", [("ID", "372971750308977")]),
    ("车牌鄂E·T5K08停在门口", [("ID", "鄂E·T5K08")]),
    ("微信号hyw_0116niu，", [("ID", "hyw_0116niu")]),
    ("QQ号2907551836。", [("ID", "2907551836")]),
    ("姓名：陈国平　性别：男", [("NAME", "陈国平")]),
    ("责任医生：张医生", [("NAME", "张")]),
    ("村干部李主任到场", [("NAME", "李")]),
    ("护士小孔陪同", [("NAME", "孔")]),
    ("孕妇：阿依古丽·买买提，", [("NAME", "阿依古丽·买买提")]),
    ("转入阜阳市颍东中心医院治疗", [("LOCATION", "阜阳市颍东中心医院")]),
    ("就职云泽顺达物流公司，", [("ORGANIZATION", "云泽顺达物流公司")]),
]
CLINICAL = [
    "BP 142/86, HR 72, RR 16, T 98.6, SpO2 94% on 2 L. Pain 7/10 -> 3/10. Strength 5/5, DTR 2+.",
    "GCS 3-4-6 =13 -> 15. PHQ-9 19/27, GAD-7 14. A1c 8.4, LDL 71, Cr 0.9, K 4.1, WBC 17.2 -> 11.9.",
    "Metformin 1000 bid, glipizide 10, atorvastatin 40 qhs, vancomycin 1.25 g q12, TXA 2 g.",
    "Positive Murphy's sign, no Meckel diverticulum; Reed-Sternberg cells; Still's murmur 2/6.",
    "Babinski down-going, Lhermitte absent, Romberg neg, Dix-Hallpike not done, Kernig negative.",
    "Hodgkin lymphoma, Crohn disease, Parkinson's, Alzheimer's disease, Guillain-Barre syndrome.",
    "Framingham Risk Score 20%, CHA2DS2-VASc 4, MELD 25, HAS-BLED 3, Child-Pugh B, ECOG 1.",
    "She is 85 years old. Diagnosed in 2016. Follow up in 2 weeks. Tuesday is clinic day.",
    "血压150/95mmHg，体重78kg，BMI 26.4，心率82次/分。HbA1c 8.1%，肌酐98μmol/L。",
    "苯磺酸氨氯地平5mg qd；二甲双胍0.5g tid，甘精胰岛素12U睡前，疗程14天，3月后复查。",
    "墨菲征（-），麦氏点无压痛，巴宾斯基征阳性，帕金森病，霍奇金淋巴瘤，唐氏筛查低风险。",
    "动态血压示晨间高峰明显，白细胞5.2×10^9/L，白癜风3年，24小时留观，每周三次，孕24+2周。",
]


@pytest.mark.parametrize(("text", "expected"), ENGLISH_CASES + CHINESE_CASES)
def test_an_identifier_is_found_with_its_exact_bounds(
    text: str, expected: list[tuple[str, str]]
) -> None:
    assert found(text) == expected


@pytest.mark.parametrize("text", CLINICAL)
def test_clinical_content_is_left_alone(text: str) -> None:
    assert found(text) == []


def test_a_chinese_identity_number_is_found_only_where_it_can_be_one() -> None:
    assert found("批号123456789") != [("ID", "123456789012345678")]
    assert found("编码 999999999999999999999999 位") == []
