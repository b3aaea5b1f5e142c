"""First steps, help with a life, the next year: keys with a source that guessing does not find."""

from __future__ import annotations

from casebank import Case
from casebank.gate.exercises import GUESSED
from casebank.lesson import Lesson
from casebank.lesson.drafting import Aim, advice, life_of
from casebank.lesson.drafting.evidence import gather
from casebank.lesson.drafting.focus import find_foci
from casebank.lesson.drafting.knowledge import fitting, limits, presentations
from casebank.reader import read_record
from deid.release import Release
from tests.unit.casebank import residents


def test_every_line_has_a_source_and_every_complaint_its_alarm_signs() -> None:
    assert advice.actions().keys() == advice.guides().keys()
    assert advice.warnings().keys() == {one.code for one in presentations()}
    assert all(one.source and (one.problems or one.ages) for one in advice.reviews())
    for lines in (*advice.actions().values(), *advice.warnings().values()):
        assert sum(one.grade == "right" for one in lines) / len(lines) < GUESSED
        assert len({one.text.en for one in lines}) == len({one.text.zh for one in lines})
        assert len({one.text.en for one in lines}) == len(lines)


def test_what_only_some_people_have_is_thought_of_in_them_alone() -> None:
    urination = next(one for one in presentations() if one.code == "urination")
    woman = {one.code for one in fitting(urination, "CYSTITIS", "female", (60, 64))}
    man = {one.code for one in fitting(urination, "CYSTITIS", "male", (60, 64))}
    assert "BENIGN_PROSTATIC_HYPERPLASIA" in man - woman
    assert limits()["COPD"].allow("male", (50, 54))
    assert not limits()["COPD"].allow("male", (20, 24))
    for presentation in presentations():
        kept = fitting(presentation, "", "female", (3, 3))
        assert len(kept) >= 4
        assert any(one.must_not_miss for one in kept)


def test_the_keys_of_a_lesson_name_their_guides(farmer_lesson: Lesson) -> None:
    exercises = {one.name: one for one in farmer_lesson.exercises}
    assert {"warning-signs", "first-steps"} <= exercises.keys()
    steps = exercises["first-steps"]
    assert steps.key_features is not None
    assert steps.source in advice.guides().values()
    assert set(steps.key_features.harmful).isdisjoint(steps.key_features.right)
    assert life_of(farmer_lesson) <= advice.actions().keys()


def test_an_aim_takes_no_diagnosis_that_nothing_was_found_for(
    farmer: Case, release: Release
) -> None:
    record = read_record(release, residents.FARMER, "en")
    for focus in find_foci(farmer, record, gather(farmer, record)):
        assert Aim().fits(farmer, focus) == focus.explained
        assert not Aim(leading=frozenset({"MALARIA"})).fits(farmer, focus)
