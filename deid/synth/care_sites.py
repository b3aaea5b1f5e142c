"""The health centres and hospitals of the fictional counties and the people who work there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from faker import Factory

from deid.synth.identities import draw_person_name
from deid.synth.numbers import chinese_landline, us_phone
from deid.synth.people import CareSite, Centre, Clinician, Locale, Sex
from deid.synth.places import COUNTIES, add_location, draw_address
from deid.synth.recording.terms import TERMS
from deid.synth.rows import RowStore
from deid.synth.streams import one_of, open_stream
from deid.vocabulary import names

DOCTORS = 4
NURSES = 2
DEPARTMENTS = (
    "EMERGENCY_MEDICINE", "CARDIOLOGY", "NEUROLOGY", "RESPIRATORY_MEDICINE", "ENDOCRINOLOGY",
    "GENERAL_SURGERY", "ORTHOPAEDICS", "ONCOLOGY", "OBSTETRICS", "PAEDIATRICS", "PSYCHIATRY",
    "INFECTIOUS_DISEASES", "OPHTHALMOLOGY",
)  # fmt: skip
"""Departments of the county hospital, each with the same number of doctors, in this order."""
DOCTORS_OF_A_DEPARTMENT = 2


def build_care_sites(seed: int, locale: Locale, store: RowStore) -> tuple[CareSite, ...]:
    """The health centres of a locale with their staff, put into the store as well.

    Each knows the county hospital as its ``hospital``.
    """
    county = COUNTIES[locale]
    specialties = [
        TERMS[name].concept_id for name in DEPARTMENTS for _ in range(DOCTORS_OF_A_DEPARTMENT)
    ]
    hospital = _build(
        seed, locale, county.hospital, store, TERMS["COUNTY_HOSPITAL"].concept_id, specialties
    )
    specialties = [names.GENERAL_PRACTICE] * DOCTORS + [names.PUBLIC_HEALTH] * NURSES
    return tuple(
        replace(
            _build(seed, locale, centre, store, names.HEALTH_CENTRE, specialties),
            hospital=hospital,
        )
        for centre in county.centres
    )


def doctors_of(hospital: CareSite, department: str) -> tuple[Clinician, ...]:
    """The doctors of one of the :data:`DEPARTMENTS`."""
    first = DEPARTMENTS.index(department) * DOCTORS_OF_A_DEPARTMENT
    return hospital.staff[first : first + DOCTORS_OF_A_DEPARTMENT]


def _build(
    seed: int,
    locale: Locale,
    centre: Centre,
    store: RowStore,
    place_of_service: int,
    specialties: Sequence[int],
) -> CareSite:
    stream = open_stream(seed, locale, "care site", centre.name)
    address = draw_address(stream, locale, centre, centre.neighbourhoods[0])
    care_site_id = store.add_numbered(
        "care_site",
        care_site_name=centre.name,
        place_of_service_concept_id=place_of_service,
        location_id=add_location(store, address),
        care_site_source_value=centre.name,
    )
    surface = Factory.create(locale)
    surface.random = stream
    staff = []
    for specialty in specialties:
        sex: Sex = one_of(stream, ("M", "F"))
        name = draw_person_name(surface, locale, sex)
        is_doctor = specialty != names.PUBLIC_HEALTH
        provider_id = store.add_numbered(
            "provider",
            provider_name=name.full,
            specialty_concept_id=specialty,
            care_site_id=care_site_id,
            year_of_birth=stream.randrange(1962, 1996),
            gender_concept_id=names.MALE if sex == "M" else names.FEMALE,
        )
        staff.append(Clinician(provider_id, name.full, name.family, sex, is_doctor))
    return CareSite(
        care_site_id=care_site_id,
        centre=centre,
        locale=locale,
        address=address,
        phone=us_phone(stream) if locale == "en_US" else chinese_landline(stream),
        region_code=COUNTIES[locale].region_code,
        staff=tuple(staff),
    )
