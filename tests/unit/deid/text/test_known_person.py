"""Everything the vault knows of a person is found in every form that notes use."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid.text.api import KnownPerson, NoteInput, PersonName, StaffDirectory
from deid.text.document import Document
from deid.text.known import index_person
from deid.text.misspelling import within_distance
from deid.text.normalise import fold, fold_parts
from deid.text.packs import load_pack
from deid.text.packs.base import DateForms
from tests.unit.deid.text.builders import CHINESE, ENGLISH, engine, found, note


def covered(text: str, person: KnownPerson) -> str:
    return " ".join(value for _, value in found(text, person))


@pytest.mark.parametrize(
    "written",
    [
        "Constance Abara-Finch",
        "CONSTANCE ABARA FINCH",
        "Abara-Finch, Constance",
        "Constance\nAbara-Finch",
        "C. Abara-Finch",
        "C Abara-Finch",
        "constance",
        "Abara Finch",
        "Connie",
        "Constanze",
        "Cónstance",
        "Leland Quisenbery",
        "Quisenberry",
    ],
)
def test_a_name_is_found_however_it_is_written(written: str) -> None:
    text = f"Today we saw {written} again."
    assert covered(text, ENGLISH) == written


@pytest.mark.parametrize(
    "written", ["bw112094", "BW 11-2094", "BW-11 2094", "900142287", "900 14 2287"]
)
def test_a_number_is_found_with_any_separators(written: str) -> None:
    assert written in covered(f"Chart {written} was pulled.", ENGLISH)


@pytest.mark.parametrize(
    "written",
    [
        "541-555-0142",
        "541.555.0142",
        "(541) 555 0142",
        "5415550142",
        "+1 541 555 0142",
        "1-541-555-0142",
    ],
)
def test_a_telephone_number_is_found_in_any_grouping(written: str) -> None:
    digits = "".join(c for c in covered(f"Call {written}, please.", ENGLISH) if c.isdigit())
    assert digits == "".join(c for c in written if c.isdigit())


@pytest.mark.parametrize(
    "written",
    [
        "1955-02-17", "02/17/1955", "2/17/55", "17.02.1955", "17 Feb 1955", "February 17, 1955",
        "Feb 17th 1955", "19550217", "1955年2月17日", "17 of February 1955",
    ],
)  # fmt: skip
def test_a_birth_date_is_found_in_any_form(written: str) -> None:
    assert written in covered(f"DOB {written} on file", ENGLISH)


@pytest.mark.parametrize(
    "written", ["2207 Juniper Bend", "Juniper Bend", "Harlow Springs", "97999"]
)
def test_parts_of_an_address_are_found(written: str) -> None:
    assert written in covered(f"She moved away from {written} last year.", ENGLISH)


@pytest.mark.parametrize(
    "written",
    [
        "王秀兰",
        "王 秀 兰",
        "秀兰",
        "Wang Xiulan",
        "WANG XIULAN",
        "Xiulan Wang",
        "Wáng Xiùlán",
        "wangxiulan",
        "Wang Xiu Lan",
    ],
)
def test_a_chinese_name_is_found_in_characters_and_pinyin(written: str) -> None:
    assert covered(f"今日复诊：{written}，一般情况好。", CHINESE) == written


@pytest.mark.parametrize(
    "written",
    ["13852740918", "138 5274 0918", "138-5274-0918", "１３８５２７４０９１８", "+8613852740918"],
)
def test_a_chinese_number_is_found_in_full_width_and_groups(written: str) -> None:
    assert written in covered(f"电话{written}联系", CHINESE)


@pytest.mark.parametrize(
    "written", ["1958年6月14日", "1958.6.14", "一九五八年六月十四日", "19580614", "58年6月14日"]
)
def test_a_birth_date_is_found_in_chinese_forms(written: str) -> None:
    assert written in covered(f"出生日期：{written}，汉族", CHINESE)


@pytest.mark.parametrize("written", ["柳浦镇双桥村4组17号", "青溪县柳浦镇双桥村", "双桥村"])
def test_parts_of_a_chinese_address_are_found(written: str) -> None:
    assert written in covered(f"家住{written}。", CHINESE)


def test_an_ordinary_word_is_a_name_only_where_the_context_says_so() -> None:
    assert found("Her son Will drove. He will return.", ENGLISH) == [("NAME", "Will")]
    assert found("Will call the pharmacy.", ENGLISH) == []
    assert found("爱人高峰陪同。血压晨间高峰明显。", CHINESE) == [("NAME", "高峰")]


def test_a_known_name_inside_a_longer_word_is_left_alone() -> None:
    person = KnownPerson("p", names=(PersonName("Ander", "Tina", None),))
    assert found("Take sertinarole and meander.", person) == []


def test_a_date_behind_a_name_leaves_the_name_to_itself() -> None:
    born = datetime.date(1956, 10, 7)
    person = KnownPerson("p", (PersonName("Brightwater", "Pamela", None),), birth_date=born)
    for day in ("Sunday, October 7, 1956", "Tuesday, November 15, 2016"):
        assert found(f"Reply to referral Pamela Brightwater {day}", person) == [
            ("NAME", "Pamela Brightwater"),
            ("DATE", day),
        ]
        # Of somebody unknown too: a date is moved, and a name in it would stay.
        assert found(f"Reply to referral Pamela Brightwater {day}") == [
            ("NAME", "Pamela Brightwater"),
            ("DATE", day),
        ]
    april = KnownPerson("p", names=(PersonName("Brightwater", "April", None),))
    assert found("Ms. April came on April 3, 2020.", april)[1] == ("DATE", "April 3, 2020")


def test_a_misspelling_must_not_be_an_ordinary_word() -> None:
    person = KnownPerson("p", names=(PersonName("Strenth", "Ola", None),))
    assert found("Muscle strength is normal.", person) == []
    assert found("Ms Strenht came.", person) == [("NAME", "Strenht")]


def test_staff_and_places_are_found_in_any_note() -> None:
    staff = StaffDirectory(
        providers=("Imogen Varga",), care_sites=("Orchard Row",), places=("双桥村",)
    )
    text = "imogen varga saw her at Orchard Row."
    spans = engine(staff=staff).find(note(text))
    assert [text[s.start : s.end] for s in spans] == ["imogen varga", "Orchard Row"]


def test_staff_has_one_surrogate_for_all_patients() -> None:
    staff = StaffDirectory(providers=("Imogen Varga",))
    scrubber = engine(staff=staff)
    first = scrubber.scrub(note("Imogen Varga", ENGLISH)).text
    assert first == scrubber.scrub(note("Imogen Varga", CHINESE)).text != "Imogen Varga"


@pytest.mark.parametrize("person", [ENGLISH, CHINESE])
def test_a_persons_first_notes_are_read_as_all_later_ones(person: KnownPerson) -> None:
    text = (
        "Constance Abara-Finch 02/17/1955, 1955-02-17, 541 555 0142, Connie, Juniper Bend 97999. "
        "老王，王秀兰 Wang Xiulan 1958年6月14日 一九五八年六月十四日 双桥村 13852740918 高峰"
    )
    index = index_person(person, [load_pack("en"), load_pack("zh")])
    first, *later = ([*index.annotate(Document(text))] for _ in range(5))
    assert len(first) > 5
    assert all(found == first for found in later)


@settings(max_examples=25, deadline=None)
@given(st.dates(datetime.date(1900, 1, 1)), st.sampled_from(["en", "zh"]), st.data())
def test_forms_of_a_date_are_made_where_a_note_has_them(
    date: datetime.date, tag: str, data: st.DataObject
) -> None:
    forms = load_pack(tag).date_forms(date)
    assert isinstance(forms, DateForms)
    every = [*forms]
    for form in every:
        folded, breaks = fold_parts(form.text)
        assert form.folded == folded
        assert form.loose or form.breaks == breaks
    chosen = data.draw(st.sampled_from(every))
    note_text = fold(f"seen 12/3 and {chosen.text}, 2019")
    there = [form for form in every if (form.folded or "") in note_text]
    assert chosen in there
    assert [*forms.within(note_text)] == there
    assert {*forms.folded()} == {form.folded for form in every}


def test_no_value_is_shown_by_repr() -> None:
    shown = repr(ENGLISH) + repr(NoteInput("n", "Constance", None, ENGLISH, 7)) + repr(CHINESE)
    shown += repr(engine().scrub(note("Constance called.", ENGLISH)))
    assert not any(v in shown for v in ("Constance", "Finch", "2094", "王", "1955", "Juniper"))


def test_distance_counts_a_swap_as_one_edit() -> None:
    assert within_distance("quisenberry", "quisenebrry", 1)
    assert within_distance("abcdef", "abdef", 1)
    assert not within_distance("abcdef", "badcef", 1)
    assert datetime.date(1955, 2, 17) == ENGLISH.birth_date
