"""An engine that knows other staff and other people tells which old decisions it would repeat."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from deid.text.api import Seen, StaffDirectory, TextEngine
from tests.unit.deid.text.builders import ENGLISH, KEY, note

WORDS = ("Halvorsen", "Leopold Eagleton", "Farrow Creek", "Rosehill Clinic", "Seven Oaks")
TEXT = (
    "Constance Abara-Finch saw Dr. Leopold Eagleton at Farrow Creek on 3/4/2025, phone "
    "(541) 555-0142, with her neighbour Marigold Halvorsen of Seven Oaks."
)
NAMES = st.sets(st.sampled_from(WORDS))
REAL = {
    TextEngine(KEY).scrub(note(TEXT, ENGLISH)).spans[n].surrogate
    for n in range(len(TextEngine(KEY).scrub(note(TEXT, ENGLISH)).spans))
}
"""What the engine writes; as the names of real people they force it to write something else."""


def engine(staff: set[str], forbidden: set[str]) -> TextEngine:
    return TextEngine(
        KEY, staff=StaffDirectory(providers=tuple(sorted(staff))), forbidden=forbidden
    )


@settings(max_examples=25, deadline=None)
@given(NAMES, NAMES, st.sets(st.sampled_from(sorted(REAL))), st.sets(st.sampled_from(sorted(REAL))))
def test_a_decision_that_would_be_repeated_is_what_scrubbing_gives(
    staff: set[str], later_staff: set[str], real: set[str], later_real: set[str]
) -> None:
    given_note = note(TEXT, ENGLISH)
    before = engine(staff, real).scrub(given_note)
    later = engine(later_staff, later_real)
    if before.seen is not None and later.would_repeat(given_note, before.spans, before.seen):
        assert later.scrub(given_note) == before
    if before.seen is not None and (staff, real) == (later_staff, later_real):
        assert later.would_repeat(given_note, before.spans, before.seen)


def test_newcomers_that_the_note_does_not_speak_of_change_nothing() -> None:
    given_note = note(TEXT, ENGLISH)
    before = engine(set(), set()).scrub(given_note)
    assert before.seen is not None
    later = engine({"Hypatia Thistlewood"}, {"Wilhelmina Fotheringay", "1093817465"})
    assert later.would_repeat(given_note, before.spans, before.seen)


def test_a_newcomer_of_the_name_that_a_surrogate_has_changes_it() -> None:
    given_note = note(TEXT, ENGLISH)
    before = engine(set(), set()).scrub(given_note)
    assert before.seen is not None
    name = next(span.surrogate for span in before.spans if span.type == "NAME")
    later = engine(set(), {name})
    assert not later.would_repeat(given_note, before.spans, before.seen)
    assert later.scrub(given_note) != before


def test_who_left_frees_the_surrogate_that_could_not_be_his_name() -> None:
    given_note = note(TEXT, ENGLISH)
    name = next(
        span.surrogate
        for span in engine(set(), set()).scrub(given_note).spans
        if span.type == "NAME"
    )
    before = engine(set(), {name}).scrub(given_note)
    assert isinstance(before.seen, Seen)
    assert not engine(set(), set()).would_repeat(given_note, before.spans, before.seen)
