# ruff: noqa: E501 -- cases are read as one line each
"""Laws of the engine: offsets, determinism, nothing removed survives, any text is survived."""

from __future__ import annotations

import datetime
import multiprocessing
import pickle
import time
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deid.errors import TextRefused
from deid.text.api import KnownPerson, NoteInput, NoteOutput, PersonName, TextEngine
from deid.text.document import Mention, SpanType, Strength
from deid.text.merge import merge
from deid.text.normalise import fold, squeeze, to_plain
from deid.text.patients import person_of
from tests.unit.deid.text.builders import CHINESE, ENGINE, ENGLISH, KEY, engine, note

FRAGMENTS = st.sampled_from(
    [
        "Constance", "Abara-Finch", "FINCH, CONSTANCE", "Dr. Halvorsen", "3/4/2025", "2025年3月4日", "(541) 555-0142",
        "BW 11-2094", "王秀兰", "高峰", "13852740918", "Farrow Creek Hospital", "BP 120/80", "a@b.org", "\n", "  ",
        "her son Will", "青溪县人民医院", "Ｆｉｎｃｈ", "é", "ﬁnch", "🙂", "１９５８年６月１４日", "Café", "ß", "İ",
    ]
)  # fmt: skip
TEXTS = st.lists(st.one_of(FRAGMENTS, st.text(max_size=12)), max_size=12).map(" ".join)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS)
def test_spans_are_sorted_apart_and_the_text_around_them_is_unchanged(text: str) -> None:
    output = ENGINE.scrub(note(text, ENGLISH))
    place, rebuilt = 0, []
    for span in output.spans:
        assert place <= span.start < span.end <= len(text)
        rebuilt += [text[place : span.start], span.surrogate]
        place = span.end
    assert "".join(rebuilt) + text[place:] == output.text


@settings(max_examples=40, deadline=None)
@given(TEXTS)
def test_known_names_and_numbers_never_survive(text: str) -> None:
    output = fold(
        ENGINE.scrub(note(f"{text} Constance Abara-Finch (541) 555-0142 {text}", ENGLISH)).text
    )
    assert "constanceabara" not in output
    assert "5415550142" not in output


@settings(max_examples=30, deadline=None)
@given(TEXTS)
def test_equal_inputs_give_equal_outputs(text: str) -> None:
    assert ENGINE.scrub(note(text, CHINESE)) == engine().scrub(note(text, CHINESE))


def test_another_key_gives_other_surrogates() -> None:
    given_note = note("Constance Abara-Finch, Dr. Halvorsen, MRN 448120", ENGLISH)
    assert ENGINE.scrub(given_note).text != TextEngine(b"another key").scrub(given_note).text


def test_without_a_key_there_is_no_engine() -> None:
    with pytest.raises(ValueError, match="key"):
        TextEngine(b"")


def test_a_lone_surrogate_is_refused_without_its_text() -> None:
    with pytest.raises(TextRefused) as refusal:
        ENGINE.scrub(note("Halvorsen \ud800"))
    assert "Halvorsen" not in str(refusal.value)


def test_an_engine_travels_to_a_spawned_process() -> None:
    given_note = note("Constance Abara-Finch was seen on 3/4/2025. 王秀兰", ENGLISH)
    copy: TextEngine = pickle.loads(pickle.dumps(ENGINE))
    assert copy.scrub(given_note) == ENGINE.scrub(given_note)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(scrub_elsewhere, (KEY, given_note)) == ENGINE.scrub(given_note)


def scrub_elsewhere(key: bytes, given_note: NoteInput) -> NoteOutput:
    return TextEngine(key).scrub(given_note)


@pytest.mark.parametrize(
    "unit", ["A", "a-", "1/", "Aa ", "3-", "王", "St. ", "Dr. ", "(", "1 ", "@a."]
)
def test_time_grows_with_length_and_not_with_its_square(unit: str) -> None:
    def seconds(length: int) -> float:
        text = (unit * length)[:length]
        started = time.process_time()
        ENGINE.find(note(text, ENGLISH))
        return time.process_time() - started

    def best(length: int) -> float:
        # The first run may read word lists, and any run may be disturbed; the best is the work.
        return min(seconds(length) for _ in range(3))

    assert best(24000) < 12 * max(best(6000), 0.02)


def test_scrubbing_twice_finds_no_known_value_again() -> None:
    text = "Constance Abara-Finch, husband Leland Quisenberry, (541) 555-0142, DOB 2/17/1955."
    once = ENGINE.scrub(note(text, ENGLISH)).text
    index = ENGINE._index(ENGLISH)
    from deid.text.document import Document

    assert list(index.annotate(Document(once))) == []


def test_versions_name_everything_that_decides_the_output() -> None:
    assert set(ENGINE.versions) == {
        "engine",
        "surrogates",
        "pack.en",
        "pack.zh",
        "en.model",
        "zh.model",
    }


def test_two_people_of_one_name_do_not_share_surrogates() -> None:
    twins = [KnownPerson(key, names=(PersonName("Swann", "Merritt", None),)) for key in ("a", "b")]
    outputs = {ENGINE.scrub(note("Merritt Swann", twin)).text for twin in twins}
    assert len(outputs) == 2


@given(st.text(max_size=60))
def test_the_plain_view_keeps_every_offset(text: str) -> None:
    assert len(to_plain(text)) == len(text)


@given(st.text(max_size=60))
def test_the_squeezed_view_knows_where_every_character_came_from(text: str) -> None:
    squeezed = squeeze(text)
    assert len(squeezed.offsets) == len(squeezed.text)
    assert list(squeezed.offsets) == sorted(squeezed.offsets)
    for character, offset in zip(squeezed.text, squeezed.offsets, strict=True):
        assert character in fold(text[offset])


def mention(start: int, end: int, kind: SpanType, strength: int) -> Mention:
    return Mention(start, end, kind, strength, "test")


MENTIONS = st.lists(
    st.builds(
        lambda start, length, kind, strength: mention(start, start + length, kind, strength),
        st.integers(0, 30), st.integers(1, 12), st.sampled_from(list(SpanType)), st.integers(1, 100),
    ),
    max_size=12,
)  # fmt: skip


@given(MENTIONS)
def test_merging_loses_no_covered_letter_and_leaves_no_overlap(mentions: list[Mention]) -> None:
    text = "x" * 50
    spans = merge(text, mentions)
    covered = {i for m in mentions for i in range(m.start, m.end)}
    assert {i for s in spans for i in range(s.start, s.end)} == covered
    assert all(a.end <= b.start for a, b in pairwise(spans))


def test_a_known_person_wins_over_a_shape_and_an_address_over_a_name_in_it() -> None:
    name = mention(0, 4, SpanType.NAME, Strength.KNOWN)
    place = mention(0, 4, SpanType.LOCATION, Strength.SHAPED)
    assert [s.type for s in merge("Rose", [place, name])] == [SpanType.NAME]
    address = mention(0, 14, SpanType.EMAIL, Strength.CHECKED)
    assert [s.type for s in merge("rose@tank.org.", [address, name])] == [SpanType.EMAIL]


def test_a_patients_number_may_be_a_number_and_the_birth_date_have_a_time() -> None:
    known = person_of({"mrn": 7734120, "birth_date": "1958-09-12T00:00:00"}, "key")
    assert [value for _, value in known.identifiers] == ["7734120"]
    assert known.birth_date == datetime.date(1958, 9, 12)
