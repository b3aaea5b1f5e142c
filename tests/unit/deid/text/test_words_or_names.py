"""Headings and everyday words stay; names keep their script, their sex and their form."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from pypinyin import lazy_pinyin

from deid.text.api import KnownPerson, PersonName
from deid.text.packs.en.lexicon import gender_of
from deid.text.packs.zh.lexicon import has_han
from tests.unit.deid.text.builders import CHINESE, ENGINE, found, note

WALKER = KnownPerson("w", names=(PersonName("Plan", "Grace", None),))


def out(text: str, person: KnownPerson | None = None, days: int = 70) -> str:
    return ENGINE.scrub(note(text, person, days)).text


@pytest.mark.parametrize(
    "text",
    [
        "# Chief Complaint\nNo complaints.",
        "# Medications\nNo Active Medications.",
        "numb feet x 8d Adherent. Returns.",
        "# Assessment and Plan\n## Plan\nRest.",
        "老年人，缩小王国。",
    ],
)
def test_headings_and_everyday_words_are_no_names(text: str) -> None:
    assert out(text, WALKER) == text


def test_a_name_that_the_dictionary_has_is_found_after_a_small_word() -> None:
    assert ("NAME", "Midge") in found("End of dictation, thank you Midge.")


@pytest.mark.parametrize("text", ["老王精神可。", "Wang Xiulan诉咳嗽", "姓名：王秀兰"])
def test_every_form_of_the_patients_chinese_name_goes(text: str) -> None:
    made = out(text, CHINESE)
    assert "王" not in made
    assert "Wang" not in made


def test_pinyin_becomes_the_pinyin_of_the_same_chinese_surrogate() -> None:
    family, given = out("Wang Xiulan诉咳嗽", CHINESE).removesuffix("诉咳嗽").split(" ")
    hanzi = out("姓名：王秀兰", CHINESE).removeprefix("姓名：")
    assert has_han(hanzi)
    assert "".join(lazy_pinyin(hanzi)) == (family + given).casefold()


def test_a_surname_before_a_prefix_keeps_the_prefix() -> None:
    assert out("老王精神可。", CHINESE)[0] == "老"


@pytest.mark.parametrize("sex", ["M", "F"])
def test_the_surrogate_of_a_given_name_has_the_persons_sex(sex: str) -> None:
    for i in range(20):
        person = KnownPerson(f"p{i}", names=(PersonName("Quist", "Robin", None),), sex=sex)
        assert gender_of(out("Robin", person).casefold()) in {sex, None}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Date: 8/7/16    Alder Crossing Community Health Center", "Date: 10/16/16    "),
        ("continue 5 mg daily. RTC 2023-12-29.", "continue 5 mg daily. RTC 2024-03-08."),
        ("Ann Reid, MD 2021-04-30", "MD 2021-07-09"),
        ("复诊：2021年10月11日", "复诊：2021年12月20日"),
        ("复诊：2021年12月27日", "复诊：2022年3月7日"),
    ],
)
def test_a_date_beside_a_place_or_word_stays_a_date(text: str, kept: str) -> None:
    assert kept in out(text)


def test_small_initials_of_a_signature_go() -> None:
    assert ("NAME", "dd") in found("Electronically signed by dd on 11/2.")


def test_a_name_of_synthea_is_found_with_its_numbers() -> None:
    known = KnownPerson("s", names=(PersonName("Romaguera67", "Cecelia952", None),))
    made = out("Cecelia952 Romaguera67 saw Dr. Alexis664 Bogisich202. Cecelia is well.", known)
    for part in ("Cecelia", "Romaguera", "Alexis", "Bogisich", "952", "664"):
        assert part not in made


def test_a_misspelt_name_that_is_also_an_eponym_is_found() -> None:
    known = KnownPerson("l", names=(PersonName("Quist", "Lawrence", None),))
    assert "Lwarence" not in out("Not better, per Lwarence.", known)


def test_a_relatives_age_at_the_head_of_a_line_is_no_name() -> None:
    assert out("Son, 34-year-old, is well.", replace(WALKER, names=())) == (
        "Son, 34-year-old, is well."
    )


@pytest.mark.parametrize(
    ("family", "given", "text"),
    [
        ("王", "志清", "神志清。"),
        ("王", "秀兰", "转诊至县医院，两周内随访。"),
    ],
)
def test_a_given_name_inside_another_word_and_a_generic_place_stay(
    family: str, given: str, text: str
) -> None:
    known = KnownPerson("z", names=(PersonName(family, given, family + given),))
    assert out(text, known) == text


def test_an_article_after_a_name_is_no_initial() -> None:
    known = KnownPerson("a", names=(PersonName("Nelson", "Angela", None),))
    assert out("This is Angela Nelson, a 39-year-old woman.", known).endswith(
        ", a 39-year-old woman."
    )


def test_two_swapped_letters_of_a_short_name_are_found() -> None:
    known = KnownPerson("b", names=(PersonName("Harrison", "Beth", None),))
    assert "Bteh" not in out("No new problems. Bteh came alone.", known)


WHITE = KnownPerson("m", names=(PersonName("White", "Mark", None),))


@pytest.mark.parametrize(
    "text",
    [
        "Last name: White   First: Mark   DOB: unknown",
        "- Mark carries diagnoses of cataract.",
        "M. White doing well.",
        "m. white doing well.",
        "- mark first noticed a cough.",
        "Mark mentions chest tightness.",
    ],
)
def test_a_known_name_that_is_a_word_goes_where_a_name_stands(text: str) -> None:
    assert not {"white", "mark"} & set(re.findall(r"[a-z]+", out(text, WHITE).casefold()))


@pytest.mark.parametrize("text", ["White count 11.3.", "Mark the wound daily.", "white stool"])
def test_the_same_words_stay_where_no_name_stands(text: str) -> None:
    assert out(text, WHITE) == text
