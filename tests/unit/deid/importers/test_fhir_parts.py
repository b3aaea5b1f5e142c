"""FHIR times and references, one rule at a time."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deid.importers.fhir.notes import language_concept
from deid.importers.fhir.times import Moment, moment
from deid.vocabulary import names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019", Moment(dt.date(2019, 1, 1), None, whole=False)),
        ("2019-05", Moment(dt.date(2019, 5, 1), None, whole=False)),
        ("2019-05-17", Moment(dt.date(2019, 5, 17))),
        (
            "2019-05-17T23:59:60.5+08:00",
            Moment(dt.date(2019, 5, 17), dt.datetime(2019, 5, 17, 23, 59, 59, 500_000)),
        ),
        (None, None),
    ],
)
def test_a_moment_is_the_day_and_clock_of_the_place_of_care(
    text: str | None, expected: Moment | None
) -> None:
    assert moment(text) == expected


@given(st.datetimes(), st.sampled_from(["Z", "+00:00", "+14:00", "-12:00"]))
def test_a_zone_never_moves_the_day(when: dt.datetime, zone: str) -> None:
    found = moment(when.isoformat(timespec="microseconds") + zone)
    assert found == Moment(when.date(), when)


@pytest.mark.parametrize(
    ("text", "tag", "concept"),
    [
        ("Seen today.", None, names.ENGLISH),
        ("患者今日血压 150/95 mmHg，服用 amlodipine。", None, names.CHINESE),
        ("whatever", "zh-CN", names.CHINESE),
        ("whatever", "fr", 0),
        ("...", None, names.ENGLISH),
    ],
)
def test_the_language_of_a_note(text: str, tag: str | None, concept: int) -> None:
    assert language_concept(text, tag) == concept
