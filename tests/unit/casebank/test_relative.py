"""Days instead of dates and bands instead of ages."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebank import age_band, day_text, span_text
from casebank.relative import without_dates_and_ages

FIRST = date(2015, 3, 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Seen 2016-04-05.", "Seen [day 400]."),
        ("Seen 4/5/2016.", "Seen [day 400]."),
        ("Seen 25/4/2016.", "Seen [day 420]."),
        ("Seen April 5, 2016 again", "Seen [day 400] again"),
        ("Seen 5 April 2016 again", "Seen [day 400] again"),
        ("Before: Feb. 20th, 2015", "Before: [day -10]"),
        ("since March 2012", "since [about 3 years before first contact]"),
        ("in 2018", "in [about 3 years after first contact]"),
        ("this year, in 2015", "this year, in [about first contact]"),
        ("Come back March 12", "Come back [day 10]"),
        ("BP 152/94, 2000 mg, 5/5, K 4.1", "BP 152/94, 2000 mg, 5/5, K 4.1"),
        ("He may 5 times, march 3 miles", "He may 5 times, march 3 miles"),
        ("Come back MAY 12", "Come back [day 71]"),
        ("Return 4/5.", "Return [day 34]."),
        ("4/5 Office visit", "[day 34] Office visit"),
        ("Strength 4/5 on the left", "Strength 4/5 on the left"),
        ("4/5 strength", "4/5 strength"),
        ("Stroke 6/1/98", "Stroke [day -6118]"),
        ("Next visit 6/1/15", "Next visit [day 91]"),
        ("an 11 month-old girl", "an 0–4 year-old girl"),
        ("72-year-old man", "70–74-year-old man"),
        ("a 35-39-year-old woman, aged 35-39", "a 35-39-year-old woman, aged 35-39"),
        ("年龄 35-39，35–39岁", "年龄 35-39，35–39岁"),
        ("aged 93", "aged 90+"),
        ("54M with cough", "50–54M with cough"),
        ("started at age 20", "started at age 20–24"),
    ],
)
def test_english_dates_and_ages_are_replaced_and_nothing_else(text: str, expected: str) -> None:
    assert without_dates_and_ages(text, FIRST, FIRST, "en") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2016年4月5日复查", "〔第400天〕复查"),
        ("2012年9月确诊", "〔约首次接诊前2年6个月〕确诊"),
        ("2012年确诊", "〔约首次接诊前3年〕确诊"),
        ("3月12日复诊", "〔第10天〕复诊"),
        ("患者67岁，服药3年", "患者65–69岁，服药3年"),
        ("93岁", "90+岁"),
        ("8月龄儿童，体重8kg", "0–4岁儿童，体重8kg"),
        ("血压150/95mmHg，3天，每日2次", "血压150/95mmHg，3天，每日2次"),
    ],
)
def test_chinese_dates_and_ages_are_replaced_and_nothing_else(text: str, expected: str) -> None:
    assert without_dates_and_ages(text, FIRST, FIRST, "zh") == expected


@given(st.dates(date(1950, 1, 1), date(2049, 12, 31)), st.sampled_from(["en", "zh"]))
def test_no_written_form_of_a_date_keeps_its_year(day: date, language: str) -> None:
    forms = (
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day.month:02}/{day.day:02}/{day.year}",
        f"{day:%B} {day.day}, {day.year}",
        f"{day.day} {day:%b} {day.year}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}年{day.month}月",
    )
    for form in forms:
        text = without_dates_and_ages(f"Seen {form}.", FIRST, FIRST, language)  # type: ignore[arg-type]
        assert str(day.year) not in text.replace(str((day - FIRST).days), "")
        assert form not in text


@pytest.mark.parametrize(
    ("age", "band"),
    [(0, "0–4"), (4, "0–4"), (5, "5–9"), (89, "85–89"), (90, "90+"), (115, "90+"), (-1, "0–4")],
)
def test_ages_are_five_year_bands_up_to_ninety(age: int, band: str) -> None:
    assert age_band(age) == band


def test_days_are_told_in_the_largest_unit_that_fits() -> None:
    assert day_text(0, "en") == "first contact"
    assert day_text(1, "en") == "1 day later"
    assert day_text(-60, "en") == "60 days before first contact"
    assert day_text(61, "en") == "2 months later"
    assert day_text(400, "en") == "1 year 1 month later"
    assert day_text(None, "zh") == "日期未记录"
    assert day_text(400, "zh") == "首次接诊后1年1个月"


@given(st.integers(0, 40_000))
def test_months_beside_years_stay_below_twelve(days: int) -> None:
    assert "12 months" not in span_text(days, "en")
