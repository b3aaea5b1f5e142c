"""Laws of a whole pass over a note: a second pass, any mode, and computing time."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deid.text.api import KnownPerson
from deid.text.document import Document
from tests.unit.deid.text.builders import CHINESE, ENGINE, ENGLISH, engine, note

TAGS, STARS = engine(mode="tag"), engine(mode="asterisk")
ENGLISH_LINES = (
    "Constance Abara-Finch was seen on 3/4/2025 by Dr. Halvorsen.",
    "Her son Will drove her to Farrow Creek Hospital.",
    "Pt Finch, MRN BW 11-2094, phone (541) 555-0142, c.finch@example.com.",
    "BP 120/80, K 4.1, lisinopril 20 mg daily.",
    "She is 93 and lives at 2207 Juniper Bend, Harlow Springs.",
    "DOB 2/17/1955; last visit Tuesday.",
)
CHINESE_LINES = (
    "王秀兰，女，身份证号320971195806149624，电话13852740918。",
    "患者家住江苏省盐城市青溪县柳浦镇双桥村4组17号。",
    "丈夫高峰陪同，2025年3月4日由李建国医生接诊。",
    "血压120/80mmHg，空腹血糖6.1mmol/L，2/17/2025复查。",
)
# In one language: of a note that is Chinese for the most part, the English pack reads nothing.
NOTES = st.sampled_from([ENGLISH_LINES, CHINESE_LINES]).flatmap(
    lambda lines: st.lists(
        st.one_of(st.sampled_from(lines), st.text(max_size=10)), min_size=1, max_size=5
    ).map("\n".join)
)
# A model judges what nobody knows by what stands around it; so lines of any characters, which are
# no language, may be judged anew where their neighbours were masked.
LINES = st.sampled_from([ENGLISH_LINES, CHINESE_LINES]).flatmap(
    lambda lines: st.lists(st.sampled_from(lines), min_size=1, max_size=5).map("\n".join)
)
PEOPLE = st.sampled_from([ENGLISH, CHINESE, None])
LEAN = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@LEAN
@given(LINES, PEOPLE)
def test_a_note_with_tags_holds_nothing_more_to_find(text: str, person: KnownPerson | None) -> None:
    once = TAGS.scrub(note(text, person)).text
    again = TAGS.scrub(note(once, person))
    assert again.text == once


@LEAN
@given(LINES, PEOPLE)
def test_a_note_with_asterisks_holds_nothing_more_to_find(
    text: str, person: KnownPerson | None
) -> None:
    once = STARS.scrub(note(text, person)).text
    assert STARS.scrub(note(once, person)).text == once


@LEAN
@given(NOTES, st.sampled_from([ENGLISH, CHINESE]))
def test_a_note_with_surrogates_shows_nothing_that_is_known_of_its_person(
    text: str, person: KnownPerson
) -> None:
    once = ENGINE.scrub(note(text, person)).text
    left = list(ENGINE._index(person).annotate(Document(once)))
    assert [once[m.start : m.end] for m in left] == []


def seconds(text: str, person: KnownPerson) -> float:
    started = time.process_time()
    ENGINE.scrub(note(text, person))
    return time.process_time() - started


@pytest.mark.parametrize(
    ("unit", "person"),
    [
        ("厂", CHINESE), ("医院", CHINESE), ("人民", CHINESE), ("村", CHINESE), ("王", CHINESE),
        ("王秀兰（", CHINESE), ("一二三", CHINESE), ("2021年", CHINESE), ("AB（", CHINESE),
        ("护士 ", CHINESE), ("\u3000", CHINESE), ("姓名", CHINESE), ("-", CHINESE),
        ("(", ENGLISH), ("Smith, ", ENGLISH), ("JAN ", ENGLISH), ("\n", ENGLISH), (" ", ENGLISH),
        ("Patient: Rose Hill here\n", ENGLISH), ("HALVORSEN, KIRSTEN ", ENGLISH),
        ("Dr. Halvorsen ", ENGLISH), ("seen 3/4 ", ENGLISH), ("王医生 Dr. X ", CHINESE),
    ],
)  # fmt: skip
def test_repeated_text_costs_in_proportion_to_its_length(unit: str, person: KnownPerson) -> None:
    short, long = (unit * 10000)[:5000], (unit * 40000)[:20000]
    seconds(short[:200], person)
    # Any run may be disturbed; the best is the work.
    quick = min(seconds(short, person) for _ in range(3))
    assert min(seconds(long, person) for _ in range(3)) < 12 * max(quick, 0.02)


@pytest.mark.parametrize("run", ["A" * 60, "A." * 30, "Ab. " * 30, "ＡＢ" * 30])
def test_a_bracket_after_a_run_of_latin_letters_costs_no_time(run: str) -> None:
    assert seconds(f"王秀兰 {run}（王秀", CHINESE) < 1.0
