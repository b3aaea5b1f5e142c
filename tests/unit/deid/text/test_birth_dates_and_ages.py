"""What a note says of the patient's age agrees with the year of birth that the release shows."""

from __future__ import annotations

import datetime
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid.text.api import NoteInput, TextEngine
from deid.text.birth import surrogate_birth_date
from deid.text.surrogates.numbers import is_chinese_id
from tests.unit.deid.text.builders import CHINESE, ENGLISH, KEY, engine, note

ENGINE = engine()
BANDS = engine(age_band=5)
SHOWN = replace(ENGLISH, released_birth_year=1957)
SHOWN_ZH = replace(CHINESE, released_birth_year=1960)
BORN = surrogate_birth_date(KEY, SHOWN)
BORN_ZH = surrogate_birth_date(KEY, SHOWN_ZH)
assert BORN is not None
assert BORN_ZH is not None


def out(text: str, scrub: TextEngine = ENGINE, person: object = SHOWN, days: int = 70) -> str:
    return scrub.scrub(note(text, person, days)).text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "pattern"),
    [
        ("DOB: 2/17/1955.", "DOB: {d:%-m}/{d:%-d}/1957."),
        ("DOB: 02/17/1955.", "DOB: {d:%m}/{d:%d}/1957."),
        ("dob 1955-02-17.", "dob 1957-{d:%m}-{d:%d}."),
        ("Born February 17, 1955.", "Born {d:%B} {d:%-d}, 1957."),
        ("Born 17 Feb 1955.", "Born {d:%-d} {d:%b} 1957."),
        ("DOB 2/17/55.", "DOB {d:%-m}/{d:%-d}/57."),
        ("She was born in 1955.", "She was born in 1957."),
    ],
)
def test_a_birth_date_keeps_its_form_and_shows_the_released_year(
    written: str, pattern: str
) -> None:
    assert out(written) == pattern.format(d=BORN)


@pytest.mark.parametrize(
    ("written", "pattern"),
    [
        ("出生日期：1958年6月14日。", "出生日期：1960年{d.month}月{d.day}日。"),
        ("出生日期：1958-06-14。", "出生日期：1960-{d:%m}-{d:%d}。"),
        ("1958年6月14日出生。", "1960年{d.month}月{d.day}日出生。"),
        ("患者1958年出生，女。", "患者1960年出生，女。"),
    ],
)
def test_a_chinese_birth_date_keeps_its_form(written: str, pattern: str) -> None:
    assert out(written, person=SHOWN_ZH) == pattern.format(d=BORN_ZH)


@settings(deadline=None)
@given(st.integers(-400, 400), st.sampled_from(["a", "b"]))
def test_the_birth_date_is_the_same_in_all_notes_whatever_the_shift(days: int, name: str) -> None:
    scrubbed = ENGINE.scrub(NoteInput(name, "DOB: 1955-02-17.", "en", SHOWN, days)).text
    assert scrubbed == f"DOB: {BORN}."


@given(st.dates(datetime.date(1930, 1, 1), datetime.date(2020, 12, 31)), st.integers(1930, 2020))
def test_the_surrogate_has_the_released_year_and_is_never_the_real_date(
    birth: datetime.date, year: int
) -> None:
    made = surrogate_birth_date(KEY, replace(SHOWN, birth_date=birth, released_birth_year=year))
    assert made is not None
    assert made.year == year
    assert made != birth


def test_a_labelled_date_that_the_vault_does_not_know_counts_as_the_birth_date() -> None:
    unknown = replace(SHOWN, birth_date=None)
    assert out("DOB: 1955-02-18.", person=unknown) == f"DOB: {BORN}."


def test_a_childs_birth_date_only_moves() -> None:
    assert out("Her son was born on 3/4/1980.") == "Her son was born on 5/13/1980."


def test_a_visit_date_only_moves() -> None:
    assert out("Seen 3/4/2021. DOB 2/17/1955.").startswith("Seen 5/13/2021.")


def test_the_birth_date_in_an_identity_number_agrees() -> None:
    made = out("身份证号320971195806149624", person=SHOWN_ZH)
    number = re.search(r"\d{17}[\dX]", made)
    assert number is not None
    assert number[0][6:14] == f"{BORN_ZH:%Y%m%d}"
    assert is_chinese_id(number[0])


def test_without_a_released_year_the_birth_date_moves_as_others_do() -> None:
    assert out("DOB: 1955-02-17.", person=ENGLISH) == "DOB: 1955-04-28."


@pytest.mark.parametrize(
    ("written", "banded"),
    [
        ("A 64-year-old woman.", "A 60-64-year-old woman."),
        ("A 64 year old woman.", "A 60-64 year old woman."),
        ("64 y/o woman", "60-64 y/o woman"),
        ("64yo woman", "60-64yo woman"),
        ("Age: 65, obese", "Age: 65-69, obese"),
        ("64F, here for refills", "60-64F, here for refills"),
        ("A sixty-four-year-old woman.", "A sixty to sixty-four-year-old woman."),
        ("Grace Hollander, 64.", ", 60-64."),
        ("Grace H. Hollander (F, 64), doing well", " (F, 60-64), doing well"),
        ("She is 40 years of age.", "She is 40-44 years of age."),
        ("A 3 month-old boy.", "A 0-4 year-old boy."),
        ("王秀兰，女，64岁。", "，女，60～64岁。"),
        ("年龄：64，已婚", "年龄：60-64，已婚"),
        ("患者六十四岁", "患者六十至六十四岁"),
    ],
)
def test_ages_become_bands_where_the_policy_asks_for_it(written: str, banded: str) -> None:
    assert out(written, BANDS, SHOWN).endswith(banded)


@pytest.mark.parametrize(
    "text",
    [
        "Her mother died at age 64.",
        "Son, 34-year-old, is well.",
        "Vaccine for people 18岁以上。",
        "母亲64岁去世。",
        "Foley 16 F, draining.",
        "Metformin for 12 years.",
        "Weight 72, pulse 64.",
        "T 36, 64 ml",
    ],
)
def test_ages_of_relatives_and_other_numbers_stay(text: str) -> None:
    assert out(text, BANDS) == text


def test_ages_stay_where_the_policy_keeps_them() -> None:
    assert out("A 64-year-old woman, 64岁。") == "A 64-year-old woman, 64岁。"


def test_an_age_over_89_is_pooled_and_not_banded() -> None:
    assert out("A 93-year-old woman.", BANDS) == "A 90+-year-old woman."


@given(st.integers(1, 89))
def test_the_band_holds_the_age(age: int) -> None:
    low, high = re.findall(r"\d+", out(f"She is {age} years old.", BANDS))
    assert int(low) <= age <= int(high)
    assert int(high) - int(low) == 4


def test_a_band_has_a_width() -> None:
    with pytest.raises(ValueError, match="band"):
        engine(age_band=1)
