"""What the national rules ask for at a follow-up visit, and what a record says was done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from casebank import Case
from casebank.lesson.drafting.evidence import Datum, Evidence
from casebank.lesson.drafting.followup import DecisionPoint, choose_points, decision_points
from casebank.lesson.drafting.management import management
from casebank.lesson.drafting.national_rules import RULES, options_of
from casebank.lesson.drafting.stages import Plan
from casebank.model import Contact, Soap, Statement
from casebank.reader import read_record
from casebank.record import BirthYears, Event, Record
from deid.release import Release
from tests.unit.casebank import residents


@dataclass(frozen=True)
class Visit:
    """A follow-up of hypertension; ``reaction`` is the answer of the form."""

    day: int
    systolic: float
    diastolic: float
    drugs: tuple[str, ...] = ("amlodipine",)
    reaction: str = "None"
    taken: str = "Regular"
    referred: bool = False
    said: str = ""

    @property
    def control(self) -> str:
        """The class on the form: that of the numbers, if nothing else is said."""
        right = self.systolic < 140 and self.diastolic < 90
        return self.said or ("Controlled" if right else "Not controlled")


@pytest.fixture(scope="module")
def record(release: Release) -> Record:
    return read_record(release, residents.FARMER, "en")


def points_of(case: Case, record: Record, *visits: Visit) -> tuple[DecisionPoint, ...]:
    """Decision points of a record with nothing but these visits."""
    data: list[Datum] = []
    events: list[Event] = []
    contacts = []
    for place, visit in enumerate(visits):
        rows = [
            ("measurement", "Systolic blood pressure", visit.systolic, ""),
            ("measurement", "Diastolic blood pressure", visit.diastolic, ""),
            ("observation", "Class of this follow-up", None, visit.control),
            ("observation", "Adverse drug reaction at follow-up", None, visit.reaction),
            ("observation", "Drug adherence", None, visit.taken),
            *[("drug_exposure", drug, None, "") for drug in visit.drugs],
            *[("observation", "Reason for referral", None, "not controlled")] * visit.referred,
        ]
        statements = []
        for table, name, value, words in rows:
            event = Event(
                table=table,
                row_id=len(events) + 1,
                concept_id=0,
                name=name,
                name_column="",
                start=record.first_day + timedelta(visit.day),
                start_column="",
                value=value,
                unit="mm[Hg]",
                value_text=words,
            )
            statement = Statement(f"v{len(events)}", visit.day, name, (1,))
            events.append(event)
            statements.append(statement)
            data.append(Datum(statement, "O", place, event))
        contacts.append(
            Contact(
                id=f"c{place}",
                number=place + 1,
                day=visit.day,
                end_day=visit.day,
                setting="",
                derived=False,
                soap=Soap(objective=tuple(statements)),
            )
        )
    told = replace(case, contacts=tuple(contacts))
    evidence = Evidence(tuple(data), {one.id: one for one in data})
    return decision_points(told, replace(record, events=tuple(events)), evidence, "hypertension")


def situations(points: tuple[DecisionPoint, ...]) -> list[str]:
    return [point.rule.situation for point in points]


def test_the_second_visit_in_a_row_out_of_control_asks_for_referral(
    farmer: Case, record: Record
) -> None:
    points = points_of(
        farmer,
        record,
        Visit(0, 130, 80),
        Visit(90, 139, 89),
        Visit(180, 140, 80),
        Visit(194, 130, 90),
        Visit(208, 130, 80),
        Visit(300, 130, 80),
    )
    assert situations(points) == ["controlled", "controlled", "first", "again", "controlled"]
    assert points[2].rule.asked == ("adherence", "adjust", "two-weeks", "lifestyle")
    assert points[3].rule.asked == ("refer", "two-weeks", "adherence")
    assert "adjust" not in {option.code for option in options_of("again")}


def test_medicines_are_not_changed_by_rule_where_they_are_not_taken_or_hardly_miss_the_goal(
    farmer: Case, record: Record
) -> None:
    high, controlled = Visit(0, 160, 95), Visit(20, 130, 80)
    asked = {}
    for why, visit in {
        "high": high,
        "not taken": replace(high, taken="Not taken"),
        "near": replace(high, systolic=141, diastolic=80),
    }.items():
        point = points_of(farmer, record, visit, controlled)[0]
        (exercise,) = management(Plan((), 3, ((4, point),)))
        assert exercise.management is not None
        offered = {option.code for option in exercise.management.options}
        assert set(exercise.management.asked) <= offered
        asked[why] = "adjust" in offered
    assert asked == {"high": True, "not taken": False, "near": False}


def test_danger_comes_before_everything_and_a_reaction_before_control(
    farmer: Case, record: Record
) -> None:
    points = points_of(
        farmer,
        record,
        Visit(0, 180, 80, reaction="Cough"),
        Visit(14, 130, 110),
        Visit(28, 130, 80, reaction="Cough"),
        Visit(60, 130, 80),
    )
    assert situations(points) == ["danger", "danger", "reaction"]


def test_what_happened_is_read_from_drugs_referral_and_the_next_visit(
    farmer: Case, record: Record
) -> None:
    points = points_of(
        farmer,
        record,
        Visit(0, 130, 80),
        Visit(90, 150, 95, drugs=("amlodipine", "lisinopril")),
        Visit(104, 150, 95, drugs=("amlodipine", "lisinopril"), referred=True),
        Visit(400, 130, 80, drugs=("amlodipine", "lisinopril")),
    )
    assert points[0].happened == ("routine",), "no earlier visit tells what was changed"
    assert points[1].happened == ("adjust", "two-weeks")
    assert points[2].happened == ("keep", "refer")
    assert all(point.happened_data for point in points)


def test_numbers_that_cannot_be_are_no_decision(farmer: Case, record: Record) -> None:
    assert points_of(farmer, record, Visit(0, 1300, 80), Visit(90, 130, 80)) == ()


def test_what_can_be_argued_about_is_not_asked(farmer: Case, record: Record) -> None:
    high = Visit(90, 146, 84)
    visits = (Visit(0, 130, 80), high, Visit(120, 130, 80), Visit(210, 130, 80))
    assert situations(points_of(farmer, record, *visits)) == ["controlled", "first", "controlled"]
    either = replace(
        record, born=BirthYears(record.first_day.year - 66, record.first_day.year - 60)
    )
    assert situations(points_of(farmer, either, *visits)) == ["controlled"]
    old = replace(record, born=BirthYears(record.first_day.year - 80, record.first_day.year - 78))
    told = (visits[0], replace(high, said="Controlled"), *visits[2:])
    assert situations(points_of(farmer, old, *told)) == ["controlled"] * 3
    contradicted = (replace(visits[0], said="Not controlled"), *visits[2:])
    assert situations(points_of(farmer, record, *contradicted)) == []


def test_at_most_three_points_are_asked_of_as_many_situations_as_there_are(
    farmer: Case, record: Record
) -> None:
    points = points_of(
        farmer,
        record,
        *[Visit(90 * number, 130, 80) for number in range(5)],
        Visit(450, 150, 95),
        Visit(464, 150, 95),
        Visit(478, 130, 80),
    )
    chosen = choose_points(points)
    assert situations(chosen) == ["controlled", "first", "again"]


def test_every_rule_names_its_source_and_asks_for_something_that_can_be_chosen() -> None:
    assert all(rule.id.startswith("NBPHS-3") and rule.asked for rule in RULES.values())
    assert len({(rule.disease, rule.situation) for rule in RULES.values()}) == len(RULES)
    for rule in RULES.values():
        offered = {option.code for option in options_of(rule.situation)}
        assert set(rule.asked) < offered
