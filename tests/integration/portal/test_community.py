"""The community profile: shares as its definitions say, seen by those who plan, never too small."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.db.models import AuditRow
from app.errors import PermissionDenied
from app.permissions import Permission, can
from app.services.community import CommunityProfiles
from cohorts.characterisation.index import UNKNOWN
from cohorts.community.indicators import INDICATORS, indicator_of
from cohorts.community.person_years import Counts, count_person_years
from cohorts.community.profile import ALL_AREAS, CommunityProfile, community_profile
from cohorts.disclosure import DEFAULT_RULE
from deid.release import Release
from tests.builders import build_release
from tests.integration.portal.world import HYPERTENSION, RELEASE, World, make_world

CLASS, SYSTOLIC, DIASTOLIC, EXAMINATION, TELEPHONE = 2000004030, 3004249, 3012888, 4036803, 77
YEAR = 2020


def concept(number: int, code: str, vocabulary: str) -> dict[str, Any]:
    return {"concept_id": number, "concept_code": code, "vocabulary_id": vocabulary}


CONCEPTS = [
    concept(HYPERTENSION, "38341003", "SNOMED"),
    concept(CLASS, "FOLLOW_UP_CLASS", "CareCommons"),
    concept(TELEPHONE, "TELEPHONE_VISIT", "CareCommons"),
    concept(SYSTOLIC, "8480-6", "LOINC"),
    concept(DIASTOLIC, "8462-4", "LOINC"),
    concept(EXAMINATION, "162673000", "SNOMED"),
]


class Village:
    """Tables of people with hypertension, filled in person by person."""

    def __init__(self) -> None:
        self.people: list[dict[str, Any]] = []
        self.periods: list[dict[str, Any]] = []
        self.conditions: list[dict[str, Any]] = []
        self.forms: list[dict[str, Any]] = []
        self.readings: list[dict[str, Any]] = []
        self.visits: list[dict[str, Any]] = []
        self.procedures: list[dict[str, Any]] = []

    def add(
        self,
        visits: int = 0,
        *,
        born: int = 1960,
        pressure: tuple[float, float] | None = None,
        examined: bool = False,
        by_telephone: bool = False,
        until: date = date(2021, 12, 31),
        area: int = 1,
    ) -> None:
        person = len(self.people) + 1
        self.people.append(
            {
                "person_id": person,
                "gender_concept_id": 8532 if person % 2 else 8507,
                "year_of_birth": born,
                "location_id": area,
            }
        )
        self.periods.append(
            {
                "person_id": person,
                "observation_period_start_date": date(2019, 1, 1),
                "observation_period_end_date": until,
            }
        )
        self.conditions.append(
            {
                "person_id": person,
                "condition_concept_id": HYPERTENSION,
                "condition_start_date": date(2019, 3, 1),
            }
        )
        for number in range(visits):
            day, visit = date(YEAR, 1, 10) + timedelta(days=80 * number), len(self.visits) + 1
            self.visits.append(
                {
                    "visit_occurrence_id": visit,
                    "person_id": person,
                    "visit_concept_id": TELEPHONE if by_telephone else 9202,
                }
            )
            self.forms.append(
                {
                    "person_id": person,
                    "observation_concept_id": CLASS,
                    "observation_date": day,
                    "qualifier_concept_id": HYPERTENSION,
                    "visit_occurrence_id": visit,
                }
            )
            # Only the last reading of the year decides; the ones before are too high.
            shown = (180.0, 100.0) if number < visits - 1 else pressure
            for what, value in zip((SYSTOLIC, DIASTOLIC), shown or (), strict=False):
                self.readings.append(
                    {
                        "person_id": person,
                        "measurement_concept_id": what,
                        "measurement_date": day,
                        "value_as_number": value,
                    }
                )
        if examined:
            self.procedures.append(
                {
                    "person_id": person,
                    "procedure_concept_id": EXAMINATION,
                    "procedure_date": date(YEAR, 5, 5),
                }
            )

    def release(self, root: Path) -> Release:
        tables = {
            "person": self.people,
            "location": [{"location_id": n, "county": f"County {n}"} for n in (1, 2)],
            "observation_period": self.periods,
            "condition_occurrence": self.conditions,
            "observation": self.forms,
            "measurement": self.readings,
            "visit_occurrence": self.visits,
            "procedure_occurrence": self.procedures,
            "concept": CONCEPTS,
        }
        return build_release(root, {name: rows for name, rows in tables.items() if rows})


def share(counts: Counts, key: str, year: int = YEAR) -> tuple[int, int]:
    found = [n for (of, when, _), n in counts.shares.items() if (of, when) == (key, year)]
    return sum(yes for yes, _ in found), sum(no for _, no in found)


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> Counts:
    village = Village()
    village.add(4, examined=True, pressure=(135, 85))  # as the standard asks, controlled
    village.add(4, examined=True, pressure=(145, 85))  # too high below 65 years
    village.add(4, examined=True, pressure=(145, 85), born=1950)  # and not from 65 years
    village.add(4, examined=True)  # no reading at the last follow-up
    village.add(4, pressure=(135, 85))  # not examined
    village.add(3, examined=True, pressure=(135, 95))  # three follow-ups, diastolic too high
    village.add(4, examined=True, pressure=(135, 85), by_telephone=True)  # not face to face
    village.add(0, examined=True)  # not followed up
    village.add(4, examined=True, pressure=(135, 85), until=date(2020, 11, 30))  # left in the year
    return count_person_years(village.release(tmp_path_factory.mktemp("village")))


def test_management_and_control_are_counted_as_the_national_standard_says(counts: Counts) -> None:
    assert share(counts, "hypertension_coverage") == (7, 1)
    assert share(counts, "hypertension_standard") == (4, 3)
    assert share(counts, "hypertension_control") == (4, 3)


def test_people_are_counted_on_the_first_of_july_and_the_old_by_their_age(counts: Counts) -> None:
    assert share(counts, "prevalence_hypertension") == (9, 0)
    assert share(counts, "elderly_examination") == (1, 0)
    assert share(counts, "prevalence_hypertension", 2021) == (8, 0)


def test_what_the_release_cannot_tell_is_said_and_not_counted_as_nothing(counts: Counts) -> None:
    assert "note" in counts.missing["newborn_visit"]
    assert not any(key == "newborn_visit" for key, _, _ in counts.shares)


def test_where_dates_are_years_nothing_is_told_that_needs_days(tmp_path: Path) -> None:
    village = Village()
    village.add(4, examined=True)
    found = count_person_years(village.release(tmp_path), by_day=False)
    assert {one.key for one in INDICATORS if one.by_day} <= set(found.missing)


def big(counts: Counts, yes: int, no: int, other: tuple[int, int]) -> CommunityProfile:
    """A profile of two areas, where one indicator has these numbers."""
    people = {(YEAR, area, "female", "40-49"): 2000 for area in ("A", "B")}
    shares = {
        ("hypertension_control", YEAR, "A"): (yes, no),
        ("hypertension_control", YEAR, "B"): other,
    }
    return CommunityProfile(
        replace(counts, areas=("A", "B"), years=(YEAR,), residents=4000, people=people,
                shares=shares, missing={}),
        DEFAULT_RULE,
    )  # fmt: skip


def test_a_small_number_follows_from_no_other_area_and_not_from_the_sum(counts: Counts) -> None:
    control = indicator_of("hypertension_control")
    assert control is not None
    profile = big(counts, 40, 60, (3, 70))
    shown = [profile.rate(control, area, YEAR) for area in (ALL_AREAS, "A", "B")]
    total, known, small = (rate.having for rate in shown if rate is not None)
    assert small.shown is None
    if total.shown is not None and known.shown is not None:
        low, high = DEFAULT_RULE.range_of(total.shown), DEFAULT_RULE.range_of(known.shown)
        assert min(low[1] - high[0], 10) - max(low[0] - high[1], 0) >= DEFAULT_RULE.protected_width


def test_rare_things_are_told_of_all_areas_only_by_a_limit_that_no_count_decides(
    counts: Counts,
) -> None:
    rare = indicator_of("severe_mental_standard")
    assert rare is not None
    for numbers in ((0, 0), (900, 900)):
        profile = big(counts, *numbers, (5, 5))
        assert profile.rate(rare, "A", YEAR) is None
        assert profile.rate(rare, ALL_AREAS, YEAR) is not None


def test_years_with_few_people_are_not_offered(tmp_path: Path) -> None:
    village = Village()
    for _ in range(9):
        village.add()
    assert community_profile(village.release(tmp_path), DEFAULT_RULE).years == ()


@pytest.fixture(scope="module")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("community"))


def test_the_profile_is_for_those_who_plan_and_not_for_students(small_world: World) -> None:
    roles = ("researcher", "instructor", "steward", "administrator", "student")
    allowed = [
        role for role in roles if can(small_world.actors[role], Permission.SEE_COMMUNITY_PROFILE)
    ]
    assert allowed == list(roles[:-1])
    profiles = CommunityProfiles(small_world.settings.release_root, DEFAULT_RULE)
    with pytest.raises(PermissionDenied):
        profiles.get(small_world.actors["student"], RELEASE)
    assert small_world.client().get(f"/community/{RELEASE}").status_code == 302


@pytest.fixture(scope="module")
def client(small_world: World) -> FlaskClient:
    """A steward's browser that has waited for the figures."""
    client = small_world.client("steward")
    deadline = time.monotonic() + 60
    while "Refresh" in client.get(f"/community/{RELEASE}").headers:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return client


def test_tables_are_downloaded_as_csv_and_the_download_is_audited(
    small_world: World, client: FlaskClient
) -> None:
    page = client.get(f"/community/{RELEASE}?year=2020").get_data(as_text=True)
    assert 'role="img"' in page
    assert "2020" in page
    answer = client.get(f"/community/{RELEASE}?year=2020&download=people")
    assert answer.mimetype == "text/csv"
    assert answer.get_data(as_text=True).splitlines()[0] == "age,women,men"
    with small_world.database.reading() as session:
        last = session.query(AuditRow).order_by(AuditRow.id.desc()).first()
        assert last is not None
        assert last.action == "community.exported"


@pytest.mark.parametrize(
    "path", ["?area=Nowhere", "?year=1900", "?download=person", "/nothing", "/newborn_visit"]
)
def test_only_offered_choices_are_answered(client: FlaskClient, path: str) -> None:
    assert client.get(f"/community/{RELEASE}{path}").status_code == 404


def test_an_indicator_is_shown_by_area_and_year(client: FlaskClient) -> None:
    page = client.get(f"/community/{RELEASE}/prevalence_hypertension").get_data(as_text=True)
    assert "Own definition" in page
    assert UNKNOWN not in page
    download = client.get(f"/community/{RELEASE}/prevalence_hypertension?download=csv")
    assert "all areas,2020,60,30,50.0" in download.get_data(as_text=True)
