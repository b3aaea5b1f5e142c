"""What a surrogate keeps of the value it stands for, as laws."""

from __future__ import annotations

import datetime
import re

import pytest
from dateutil.easter import easter
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deid.text.api import KnownPerson, PersonName, SpanType
from deid.text.normalise import fold
from deid.text.packs.en.lexicon import locale_names
from deid.text.packs.zh.lexicon import surnames
from deid.text.surrogates import numbers
from deid.text.surrogates.checksums import CHECKSUMS, luhn
from deid.text.surrogates.dates import shift_written
from deid.text.surrogates.seed import Scene
from tests.unit.deid.text.builders import ENGINE, ENGLISH, KEY, note


def scene(person: str = "p") -> Scene:
    return Scene(KEY, person, 70)


def surrogate(text: str, kind: SpanType) -> str:
    made = (pack.surrogate(text, kind, scene()) for pack in ENGINE._packs)
    return next(result for result in made if result)


def with_check(body: str, kind: int, place: int = -1) -> str | None:
    """``body`` with the character at ``place`` that makes it a number of that kind."""
    checksum = CHECKSUMS[kind]
    for character in checksum.alphabet:
        text = body + character if place < 0 else body[:place] + character + body[place:]
        if checksum.holds(text):
            return text
    return None


BODIES = st.one_of(
    st.tuples(st.just(0), st.from_regex(r"[1-9][0-9]{14,15}", fullmatch=True)),
    st.tuples(st.just(1), st.from_regex(r"[12][0-9]{8}", fullmatch=True)),
    st.tuples(st.just(2), st.from_regex(r"[3-9][0-9]{8}", fullmatch=True)),
    st.tuples(st.just(3), st.from_regex(r"[A-H]{2}[0-9]{6}", fullmatch=True)),
    st.tuples(st.just(4), st.from_regex(r"1HG[A-H]{2}[0-9]{3}[A-H][0-9]{7}", fullmatch=True)),
    st.tuples(st.just(5), st.from_regex(r"91[0-9]{6}MA[0-9]{7}", fullmatch=True)),
)


@given(BODIES)
def test_a_number_passes_every_check_that_its_original_passes(body: tuple[int, str]) -> None:
    kind, digits = body
    original = with_check(digits, kind, CHECKSUMS[kind].place)
    assume(original is not None)  # no character may make this body a number of its kind
    assert original is not None
    made = numbers.identifier(original, scene())
    assert made is not None
    assert made != original
    assert len(made) == len(original)
    first = next(checksum for checksum in CHECKSUMS if checksum.holds(original))
    assert first.holds(made)


@pytest.mark.parametrize("written", ["4012-8888-8888-1881", "4012 8888 8888 1881"])
def test_separators_of_a_checked_number_stay(written: str) -> None:
    made = numbers.identifier(written, scene())
    assert made is not None
    assert re.sub(r"\d", "0", made) == re.sub(r"\d", "0", written)
    assert luhn(re.sub(r"\D", "", made))


@pytest.mark.parametrize(
    ("kind", "example"),
    [
        (0, "4012888888881881"),
        (1, "1234567893"),
        (2, "9434765919"),
        (3, "AB1234563"),
        (4, "1M8GDM9AXKP042788"),
        (5, "91350100M000100Y43"),
    ],
)
def test_published_examples_pass_their_check(kind: int, example: str) -> None:
    assert CHECKSUMS[kind].holds(example)


FORMS = {
    "iso": lambda d: d.isoformat(),
    "points": lambda d: f"{d:%Y.%m.%d}",
    "us": lambda d: f"{d.month}/{d.day}/{d.year}",
    "us padded": lambda d: f"{d:%m/%d/%Y}",
    "words": lambda d: f"{d:%B} {d.day}, {d.year}",
    "short words": lambda d: f"{d:%b} {d.day}, {d.year}",
    "military": lambda d: f"{d:%d-%b-%Y}".upper(),
    "chinese": lambda d: f"{d.year}年{d.month}月{d.day}日",
    "weekday": lambda d: f"{d:%A}, {d:%B} {d.day}, {d.year}",
}


@given(
    st.dates(datetime.date(1990, 1, 1), datetime.date(2030, 1, 1)),
    st.integers(-364, 364).filter(bool),
    st.sampled_from(sorted(FORMS)),
)
def test_a_moved_date_is_written_as_it_was(date: datetime.date, days: int, form: str) -> None:
    moved = date + datetime.timedelta(days=days)
    # Of May, June and July nobody can say whether they are written out or cut short.
    spelt = form in {"words", "short words", "weekday"}
    assume(not spelt or not {date.month, moved.month} & {5, 6, 7})
    # Nor of 10/12/2020 whether a day below ten would have a zero before it.
    assume(form != "us" or min(date.month, date.day) < 10)
    assert shift_written(FORMS[form](date), days, date) == FORMS[form](moved)


MOVABLE = {"Ash Wednesday": -46, "Palm Sunday": -7, "Good Friday": -2, "Easter": 0, "Pentecost": 49}


@settings(max_examples=30)
@given(
    st.integers(1950, 2049),
    st.sampled_from(sorted(MOVABLE)),
    st.sampled_from([" ", ", "]),
    st.integers(-52, 52).filter(bool),
)
def test_a_feast_with_its_year_becomes_the_day_that_it_moves_to(
    year: int, feast: str, gap: str, weeks: int
) -> None:
    moved = easter(year) + datetime.timedelta(days=MOVABLE[feast], weeks=weeks)
    expected = f"{moved:%B} {moved.day}{gap}{moved.year}"
    assert shift_written(f"{feast}{gap}{year}", 7 * weeks, None) == expected


@pytest.mark.parametrize(
    "text", ["Homecoming Sunday 2020", "Founders Day 2019", "Homecoming Sunday"]
)
def test_a_feast_that_nobody_knows_the_day_of_is_not_half_written(text: str) -> None:
    assert shift_written(text, 70, datetime.date(2020, 5, 1)) is None


GIVEN_F = sorted(n for n in set(locale_names("en_US", "first_names_female")) if n.isalpha())
FAMILY = sorted(n for n in set(locale_names("en_US", "last_names")) if n.isalpha())
SHAPES = ["{g} {f}", "{f}, {g}", "{i}. {f}", "{f}, {i}.", "{G} {F}", "{g} {i}. {f}", "{i}.{j}."]


def shape(text: str) -> str:
    """``A`` for an initial, ``W`` for capitals, ``w`` for a word with a capital."""
    return re.sub(
        r"[^\W\d_]+",
        lambda m: "A" if len(m[0]) == 1 else "W" if m[0].isupper() else "w",
        text,
    )


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(GIVEN_F), st.sampled_from(FAMILY), st.sampled_from(SHAPES))
def test_a_name_keeps_its_words_initials_capitals_and_points(
    given_name: str, family: str, form: str
) -> None:
    text = form.format(
        g=given_name, f=family, G=given_name.upper(), F=family.upper(), i=given_name[0], j=family[0]
    )
    assert shape(surrogate(text, SpanType.NAME)) == shape(text)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(GIVEN_F), st.sampled_from(FAMILY))
def test_a_name_keeps_sex_and_length_class(given_name: str, family: str) -> None:
    person = KnownPerson("w", names=(PersonName(family, given_name, None),), sex="F")
    made = ENGINE.scrub(note(f"Mrs. {given_name} {family} came.", person)).text.split()[1:-1]
    locales = ("en_US", "es_MX", "de_DE", "it_IT", "fr_FR", "en_IN", "nl_NL", "sv_SE", "id_ID")
    assert made[0] in {n for locale in locales for n in locale_names(locale, "first_names_female")}

    def length(name: str) -> int:
        return 0 if len(name) <= 4 else 1 if len(name) <= 7 else 2

    assert length(made[-1]) == length(family)


@pytest.mark.parametrize(
    ("family", "locale"), [("Hernández", "es_MX"), ("Hofmann", "de_DE"), ("Esposito", "it_IT")]
)
def test_a_name_keeps_its_culture(family: str, locale: str) -> None:
    made = surrogate(f"Maria {family}", SpanType.NAME).split()[-1]
    assert fold(made) in {fold(n) for n in locale_names(locale, "last_names")}


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(sorted(s for s in surnames() if len(s) == 1)), st.sampled_from(["秀兰", "强"])
)
def test_a_chinese_name_keeps_script_and_length(family: str, given_name: str) -> None:
    made = surrogate(family + given_name, SpanType.NAME)
    assert len(made) == len(family + given_name)
    assert all("\u4e00" <= c <= "\u9fff" for c in made)
    assert made != family + given_name


@pytest.mark.parametrize(
    ("text", "kind", "kept"),
    [
        ("Farrow Creek Hospital", SpanType.LOCATION, r".+ Hospital"),
        ("Larkspur Family Clinic", SpanType.ORGANIZATION, r".+ Family Clinic"),
        ("St. Brendan's Nursing Home", SpanType.LOCATION, r".+ Nursing Home"),
        ("2207 Juniper Avenue", SpanType.LOCATION, r"\d{4} \w+ Avenue"),
        ("14 Elm St", SpanType.LOCATION, r"\d\d \w+ St"),
        ("PO Box 4410", SpanType.LOCATION, r"PO Box \d{4}"),
        ("柳浦镇卫生院", SpanType.LOCATION, r"..镇卫生院"),
        ("解放路18号", SpanType.LOCATION, r"..路\d\d号"),
        ("双桥村4组17号", SpanType.LOCATION, r"..村\d组\d\d号"),
        ("青溪县人民医院", SpanType.ORGANIZATION, r"..县人民医院"),
        ("顺达物流有限公司", SpanType.ORGANIZATION, r"....有限公司"),
    ],
)
def test_facilities_become_facilities_and_streets_streets(
    text: str, kind: SpanType, kept: str
) -> None:
    made = surrogate(text, kind)
    assert re.fullmatch(kept, made), made
    assert made != text


@pytest.mark.parametrize("age", ["90", "93", "104"])
@pytest.mark.parametrize("form", ["{} years old", "{}-year-old", "{}yo", "患者{}岁。", "aged {}"])
def test_ages_over_89_are_one_pool(age: str, form: str) -> None:
    text = ENGINE.scrub(note(form.format(age))).text
    assert age not in re.findall(r"\d+", text.replace("90+", "").replace("90岁以上", ""))
    assert re.search(r"90\+|90岁以上", text)


@pytest.mark.parametrize("age", ["9", "64", "89"])
def test_other_ages_stay(age: str) -> None:
    for text in (f"{age} years old", f"患者{age}岁。"):
        assert ENGINE.scrub(note(text)).text == text


def test_one_value_has_one_surrogate_in_every_note_of_a_person() -> None:
    values = ["Dr. Halvorsen", "MRN BW 11-2094", "Farrow Creek Hospital", "(541) 555-0142"]
    together = ENGINE.scrub(note("; ".join(values) + ".", ENGLISH)).text
    for value in values:
        alone = ENGINE.scrub(note(f"{value}.", ENGLISH, note_id="other")).text
        assert alone.removesuffix(".") in together
