"""Surrogates keep form and meaning, and say nothing of what they replace."""

from __future__ import annotations

import datetime
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid.text.api import KnownPerson, NoteInput, PersonName, SpanType
from deid.text.surrogates import numbers
from deid.text.surrogates.dates import shift_written
from deid.text.surrogates.seed import Scene
from tests.unit.deid.text.builders import CHINESE, ENGLISH, engine, note

REFERENCE = datetime.date(2025, 3, 10)


def scene(days: int = 70, person: str = "p", **options: object) -> Scene:
    return Scene(b"k" * 32, person, days, reference=REFERENCE, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "days", "expected"),
    [
        ("2025-03-04", 7, "2025-03-11"),
        ("3/4/25", 28, "4/1/25"),
        ("03/04/2025", 7, "03/11/2025"),
        ("31.10.67", 7, "07.11.67"),
        ("Mar 7", 7, "Mar 14"),
        ("7th January 2025", 7, "14th January 2025"),
        ("18-JAN-2025", 14, "01-FEB-2025"),
        ("Tuesday, March 4, 2025", 7, "Tuesday, March 11, 2025"),
        ("Tuesday, March 4, 2025", 8, "Wednesday, March 12, 2025"),
        ("24-26 January", 7, "31 January-2 February"),
        ("2-4 January", 7, "9-11 January"),
        ("Dec '24", 31, "Jan '25"),
        ("11/2021", 61, "01/2022"),
        ("2/28", 7, "3/7"),
        ("15 Dec - 14 Jan", 7, "22 Dec - 21 Jan"),
        ("2021年3月7日", 7, "2021年3月14日"),
        ("2021年3月", 31, "2021年4月"),
        ("3月28日", 7, "4月4日"),
        ("3月7日-9日", 7, "3月14日-16日"),
        ("二〇二一年三月七日", 7, "二〇二一年三月十四日"),
        ("农历二月廿六", 7, "农历三月初三"),
        ("星期三", 8, "星期四"),
        ("2021.04.07", 7, "2021.04.14"),
        ("fourth of march", 31, "fourth of april"),
        ("Labor Day", 7, "September 11"),
        ("国庆节", 7, "10月8日"),
    ],
)
def test_a_date_moves_and_keeps_its_written_form(written: str, days: int, expected: str) -> None:
    assert shift_written(written, days, REFERENCE) == expected


@given(
    st.dates(datetime.date(1995, 1, 1), datetime.date(2024, 1, 1)),
    st.dates(datetime.date(1995, 1, 1), datetime.date(2024, 1, 1)),
    st.integers(-52, 52).filter(bool),
)
def test_the_shift_keeps_intervals_and_weekdays(
    first: datetime.date, second: datetime.date, weeks: int
) -> None:
    text = f"Admitted {first.isoformat()}, discharged {second.isoformat()}."
    output = engine_out(text, weeks * 7)
    moved = [datetime.date.fromisoformat(d) for d in re.findall(r"\d{4}-\d{2}-\d{2}", output)]
    assert moved[1] - moved[0] == second - first
    assert moved[0].weekday() == first.weekday()
    assert (moved[0] - first).days == weeks * 7


def engine_out(text: str, days: int) -> str:
    return ENGINE.scrub(note(text, ENGLISH, days)).text


def test_the_year_of_a_birth_over_89_years_ago_is_pooled() -> None:
    output = engine_out("Visit 2025-03-04. Born 1929-05-05.", 7)
    assert output == "Visit 2025-03-11. Born 1935-05-12."


def test_all_names_of_one_person_point_to_one_surrogate() -> None:
    output = engine_out("Constance Abara-Finch. FINCH, CONSTANCE. Mrs Abara Finch. Connie.", 7)
    match = re.fullmatch(r"(\w+) (\w+)\. ([A-Z]+), ([A-Z]+)\. Mrs (\w+)\. (\w+)\.", output)
    assert match is not None
    given_name, family = match[1], match[2]
    assert (match[3], match[4]) == (family.upper(), given_name.upper())
    assert (match[5], match[6]) == (family, given_name)


def test_the_sex_of_a_relative_is_kept() -> None:
    from deid.text.packs.en.lexicon import locale_names

    men = {
        name
        for locale in ("en_US", "es_MX", "de_DE")
        for name in locale_names(locale, "first_names_male")
    }
    output = engine_out("Her husband Leland drove.", 7)
    assert output.split()[2] in men


def test_chinese_names_keep_family_and_length() -> None:
    output = ENGINE.scrub(note("王秀兰，女。秀兰诉头晕。其子王建国，王阿姨。", CHINESE)).text
    match = re.fullmatch(r"(.)(..)，女。(..)诉头晕。其子(.)(..)，(.)阿姨。", output)
    assert match is not None
    assert match[1] == match[4] == match[6] != "王"
    assert match[2] == match[3] != "秀兰"


@given(
    st.from_regex(
        r"[1-6][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[0-9]{3}", fullmatch=True
    )
)
def test_a_chinese_identity_number_keeps_a_right_check_digit_and_the_sex(body: str) -> None:
    number = body + numbers.chinese_id_check(body)
    made = numbers.identifier(number, scene())
    assert made is not None
    assert numbers.is_chinese_id(made)
    assert made != number
    assert int(made[16]) % 2 == int(number[16]) % 2


@given(st.integers(0, 10**6))
def test_a_social_security_number_stays_valid(n: int) -> None:
    made = numbers.identifier(f"123-45-{n % 10000:04d}", scene(person=str(n)))
    assert made is not None
    area, group, serial = made.split("-")
    assert 1 <= int(area) <= 899
    assert area != "666"
    assert group != "00"
    assert serial != "0000"


@pytest.mark.parametrize(
    ("kind", "text", "form"),
    [
        (SpanType.PHONE, "(541) 555-0142", r"\(\d{3}\) 555-01\d\d"),
        (SpanType.PHONE, "138 5274 0918", r"1[35-9]\d \d{4} \d{4}"),
        (SpanType.PHONE, "0515-5551 8203", r"0\d{3}-\d{4} \d{4}"),
        (SpanType.EMAIL, "rose.tank9@real.org", r"[a-z]{4}\.[a-z]{4}\d@example\.(org|com|net)"),
        (
            SpanType.URL,
            "https://a.org/v/CT25",
            r"https://[a-z]+\.example\.(org|com|net)/[a-z]/[A-Z]{2}\d\d",
        ),
        (SpanType.IP, "10.1.2.3", r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d+"),
        (SpanType.ID, "HS-448120", r"[A-Z]{2}-\d{6}"),
        (SpanType.ID, "鄂E·T5K08", r"[\u4e00-\u9fff][A-Z]·[A-Z]\d[A-Z]\d\d"),
        (SpanType.LOCATION, "410 Lantern Street", r"\d{3} [A-Z][a-z]+ Street"),
        (SpanType.LOCATION, "Farrow Creek Hospital", r"[A-Z][a-z]+ Creek Hospital"),
        (SpanType.LOCATION, "青溪县人民医院", r"[\u4e00-\u9fff]{2}县人民医院"),
        (SpanType.ORGANIZATION, "顺达物流公司", r"[\u4e00-\u9fff]{4}公司"),
    ],
)
def test_a_surrogate_has_the_form_of_the_original(kind: SpanType, text: str, form: str) -> None:
    pack_results = [pack.surrogate(text, kind, scene()) for pack in ENGINE._packs]
    made = next(result for result in pack_results if result)
    assert re.fullmatch(form, made), made
    assert made != text


def test_no_surrogate_equals_a_forbidden_value() -> None:
    text = (
        "Seen by Dr. Halvorsen and nurse Temilade Brightwater at Farrow Creek Hospital, MRN 448120."
    )
    seen: set[str] = set()
    for _ in range(6):
        scrubber = engine(forbidden=frozenset(seen))
        made = {s.surrogate for s in scrubber.scrub(note(text)).spans}
        assert not made & seen
        seen |= made
    assert len(seen) >= 4 * 6


def test_one_value_has_one_surrogate_in_all_notes_of_a_person_and_another_for_another_person() -> (
    None
):
    other = KnownPerson("p-9", names=(PersonName("Mandel", "Ignatius", None),))
    text = "Seen by Dr. Halvorsen."
    first = ENGINE.scrub(note(text, ENGLISH, note_id="a")).text
    assert first == ENGINE.scrub(note(text, ENGLISH, note_id="b")).text
    assert first != ENGINE.scrub(note(text, other, note_id="b")).text


def test_ages_over_89_are_pooled() -> None:
    assert ENGINE.scrub(note("She is 93 years old.")).text == "She is 90+ years old."
    assert ENGINE.scrub(note("患者91岁。")).text == "患者90岁以上。"


@pytest.mark.parametrize(
    ("mode", "expected"), [("tag", "Mr. [NAME], [DATE]"), ("asterisk", "Mr. ***, ***")]
)
def test_other_modes_show_categories_or_asterisks(mode: str, expected: str) -> None:
    given_note = NoteInput("n", "Mr. Halvorsen, 2021-03-04", None, None, 7)
    assert engine(mode=mode).scrub(given_note).text == expected


ENGINE = engine()
