"""Where a policy leaves only years, no note keeps anything finer of a date."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from deid.text.api import KnownPerson, NoteInput, TextEngine
from deid.text.document import Document
from deid.text.surrogates.years import year_like, years_written
from deid.text.unmistakable import unmistakable_dates

ENGINE = TextEngine(b"k" * 32, dates="year")
REFERENCE = dt.date(2021, 5, 4)


def scrubbed(text: str, language: str = "en", person: KnownPerson | None = None) -> str:
    return ENGINE.scrub(NoteInput("1", text, language, person, 0, 2018)).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3/4/2021", "2021"),
        ("12/31/20", "2020"),
        ("24-26 January 2020", "2020"),
        ("3/4/2021 to 5/6/2022", "2021-2022"),
        ("Christmas 2019", "2019"),
        ("2021年3月7日", "2021年"),
        ("2021年12月30日至2022年1月2日", "2021年至2022年"),
        ("农历二〇二〇年正月初三", "2020年"),
        ("3/4", "2021"),
        ("Monday", "2021"),
        ("星期三", "2021年"),
    ],
)
def test_a_date_becomes_its_year_and_one_without_a_year_that_of_the_note(
    text: str, expected: str
) -> None:
    assert year_like(text, years_written(text, 0, REFERENCE, 2018)) == expected


def test_without_a_full_date_in_the_note_the_year_of_the_note_stands() -> None:
    assert scrubbed("Fever since March 12, seen today.") == "Fever since 2018, seen today."
    assert years_written("March 12", 0, None, None) == []


def test_a_year_that_tells_an_age_over_the_pool_is_pooled() -> None:
    assert years_written("3/4/1920", 0, REFERENCE, None) == [1931]


def test_a_birth_date_becomes_the_released_year() -> None:
    person = KnownPerson("p", birth_date=dt.date(1950, 2, 3), released_birth_year=1952)
    assert scrubbed("DOB: 02/03/1950. Seen 3/4/2021.", person=person) == "DOB: 1952. Seen 2021."


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("患者薛璐7月18日-20日在我院治疗,好转。", "zh"),
        ("接诊记录(2024年3月7日,星期三)", "zh"),
        ("档案编号78215837427877427,2019-06-01随访。", "zh"),
        ("复制前次记录:2021-09-14BP150/105,无特殊。", "zh"),
        ("F 27, Kelli Bishop, Mar 3, 2025 cc: up at night", "en"),
        ("admitted may 29, 2019 - date out 2 Jun 2019", "en"),
        ("Denies bleeding since 24 Jun. Labs of 2017-05.", "en"),
        ("范红霞 2003985002032673003月21日起干咳,3月份复查", "zh"),
        ("Last refill August. BP 138/88", "en"),
    ],
)
def test_nothing_finer_than_a_year_is_left(text: str, language: str) -> None:
    left = scrubbed(text, language)
    months = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
    finer = rf"August|\d月|\d日|星期|\d{{4}}-\d|(?i:{months})\w* ?\d"
    assert not re.search(finer, left), left
    assert re.search(r"20(?:18|19|17|2\d)", left)


@pytest.mark.parametrize(
    "text",
    [
        "may 2 tabs be taken",
        "mar 5/5",
        "BP 138/88",
        "28-29-30",
        "1.2.3",
        "每周一次",
        "5/10",
        "12月龄",
        "with April Shah",
    ],
)
def test_what_may_be_no_date_is_left_to_the_language_packs(text: str) -> None:
    assert not list(unmistakable_dates(Document(text)))


def test_an_engine_that_shifts_is_as_before_and_travels_with_its_choice() -> None:
    import pickle

    note = NoteInput("1", "Seen on 3/4/2021.", "en", None, 7, 2018)
    assert TextEngine(b"k" * 32).scrub(note).text == "Seen on 3/11/2021."
    assert pickle.loads(pickle.dumps(ENGINE)).scrub(note).text == "Seen on 2021."
