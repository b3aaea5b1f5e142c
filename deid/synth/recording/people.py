"""Writes households, their people and how they belong together as rows of the vault's tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

from deid.synth.people import Address, Household, Locale, Resident
from deid.synth.places import add_location
from deid.synth.recording.terms import SOURCE_CONCEPTS, concept_id, source_code
from deid.synth.rows import RowStore
from deid.vocabulary import names

GENDER = {"M": names.MALE, "F": names.FEMALE}


def record_source(
    store: RowStore, residents: int, seed: int, locales: Sequence[Locale], today: date
) -> None:
    """Say in the data themselves that nobody in them is real."""
    store.add(
        "cdm_source",
        cdm_source_name="Care Commons synthetic residents",
        cdm_source_abbreviation="synth",
        cdm_holder="Care Commons",
        source_description=(
            f"{residents} invented residents, seed {seed}, locales {', '.join(locales)}, "
            f"records until {today.isoformat()}; no real person"
        ),
        source_release_date=today,
        cdm_release_date=today,
        cdm_version="5.4",
        cdm_version_concept_id=0,
        vocabulary_version="Care Commons base vocabulary 1",
    )


def record_household(store: RowStore, household: Household, today: date) -> None:
    """The home, its people, who they are and how they belong together."""
    store.add(
        "household",
        household_id=household.household_id,
        household_code=household.code,
        area_kind=household.area,
    )
    location_id = add_location(store, household.address)
    for member in household.members:
        _record_person(store, household, member, location_id)
        _record_identity(store, household, member, today)
        _record_life(store, household, member, today)
    _record_kinship(store, household)


def _record_person(
    store: RowStore, household: Household, member: Resident, location_id: int
) -> None:
    chinese = household.locale == "zh_CN"
    store.add(
        "person",
        person_id=member.person_id,
        gender_concept_id=GENDER[member.sex],
        year_of_birth=member.birth.year,
        month_of_birth=member.birth.month,
        day_of_birth=member.birth.day,
        birth_datetime=datetime.combine(member.birth, time()),
        race_concept_id=concept_id("RACE_CHINESE" if chinese else member.race),
        ethnicity_concept_id=concept_id("NOT_HISPANIC" if chinese else member.ethnicity),
        location_id=location_id,
        provider_id=household.doctor.provider_id,
        care_site_id=household.site.care_site_id,
        person_source_value=member.numbers.get("RECORD_NO") or member.numbers["MRN"],
        gender_source_value=member.sex,
        race_source_value=member.ethnicity if chinese else None,
    )


def _record_identity(store: RowStore, household: Household, member: Resident, today: date) -> None:
    store.add(
        "person_identity",
        person_id=member.person_id,
        household_id=household.household_id,
        family_name=member.family_name,
        given_name=member.given_name,
        full_name=member.full_name,
        other_names="\n".join(member.other_names) or None,
        birth_date=member.birth,
        language=household.locale.replace("_", "-"),
    )
    for kind, number in member.numbers.items():
        store.add_numbered(
            "identifier",
            person_id=member.person_id,
            kind=kind,
            system=f"urn:carecommons:synthetic:{kind.lower()}",
            value=number,
        )
    for kind, contact in (("phone", member.phone), ("email", member.email)):
        if contact is not None:
            store.add_numbered(
                "contact",
                person_id=member.person_id,
                kind=kind,
                use="mobile" if kind == "phone" else "home",
                value=contact,
            )
    first = member.first_day(household.record_start)
    for left, home in household.former_homes:
        if first < left <= member.last_day(today):
            _record_address(store, member, home, "old")
    # Where people went who moved out is not written down.
    known = household.home_on(member.moved_out) if member.moved_out else household.address
    _record_address(store, member, known, "home" if member.moved_out is None else "old")
    for relative in member.relatives:
        store.add_numbered(
            "relative",
            person_id=member.person_id,
            relationship=relative.relationship,
            relative_person_id=relative.person_id,
            full_name=relative.full_name,
            phone=relative.phone,
        )


def _record_address(store: RowStore, member: Resident, home: Address, use: str) -> None:
    store.add_numbered(
        "address",
        person_id=member.person_id,
        use=use,
        line=home.line,
        village=home.village,
        township=home.township,
        district=home.district,
        city=home.city,
        state=home.state,
        postal_code=home.postal_code,
        country=home.country,
        full_text=home.full_text,
    )


def _record_life(store: RowStore, household: Household, member: Resident, today: date) -> None:
    store.add_numbered(
        "observation_period",
        person_id=member.person_id,
        observation_period_start_date=member.first_day(household.record_start),
        observation_period_end_date=member.last_day(today),
        period_type_concept_id=names.EHR,
    )
    for problem, onset in member.problems.items():
        store.add_numbered(
            "condition_occurrence",
            person_id=member.person_id,
            condition_concept_id=concept_id(problem),
            condition_start_date=onset,
            condition_end_date=member.resolved.get(problem),
            condition_type_concept_id=names.EHR_PROBLEM_LIST,
            provider_id=household.doctor.provider_id,
            condition_source_value=source_code(problem),
            condition_source_concept_id=SOURCE_CONCEPTS[problem],
        )
    for event in member.events:
        store.add_numbered(
            "observation",
            person_id=member.person_id,
            observation_concept_id=concept_id("LIFE_EVENT"),
            observation_date=event.day,
            observation_type_concept_id=names.EHR,
            value_as_concept_id=concept_id(event.kind),
            provider_id=household.nurse.provider_id,
            observation_source_value="LIFE_EVENT",
            observation_source_concept_id=SOURCE_CONCEPTS["LIFE_EVENT"],
            value_source_value=event.kind,
        )
    if member.death is not None and member.death <= member.last_day(today):
        store.add(
            "death",
            person_id=member.person_id,
            death_date=member.death,
            death_type_concept_id=names.REGISTRY,
            cause_concept_id=(
                concept_id(member.death_cause) if member.death_cause else names.NO_MATCHING_CONCEPT
            ),
            cause_source_value=source_code(member.death_cause) if member.death_cause else None,
            cause_source_concept_id=SOURCE_CONCEPTS.get(member.death_cause or "", 0),
        )


_KINSHIP = {
    "spouse": (names.KIN_SPOUSE, None),
    "father": (names.KIN_CHILD, names.KIN_PARENT),
    "mother": (names.KIN_CHILD, names.KIN_PARENT),
    "brother": (names.KIN_SIBLING, None),
    "sister": (names.KIN_SIBLING, None),
    "grandfather": (names.KIN_GRANDCHILD, names.KIN_GRANDPARENT),
    "grandmother": (names.KIN_GRANDCHILD, names.KIN_GRANDPARENT),
}
"""What a resident is to a relative, and the relative to the resident; symmetric ones are told by
each side for itself."""


def _record_kinship(store: RowStore, household: Household) -> None:
    person = names.PERSON_DOMAIN
    for member in household.members:
        for relative in member.relatives:
            relation, inverse = _KINSHIP.get(relative.relationship, (None, None))
            if relative.person is None or relation is None:
                continue
            _relate(store, person, member, relative.person, relation)
            if inverse is not None:
                _relate(store, person, relative.person, member, inverse)


def _relate(store: RowStore, person: int, one: Resident, other: Resident, relation: int) -> None:
    store.add(
        "fact_relationship",
        domain_concept_id_1=person,
        fact_id_1=one.person_id,
        domain_concept_id_2=person,
        fact_id_2=other.person_id,
        relationship_concept_id=relation,
    )
