"""Writes households and visits as rows of the vault's tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from deid.synth.people import Household, Locale, Resident
from deid.synth.places import add_location
from deid.synth.rows import RowStore
from deid.synth.visits import Form, Visit
from deid.vocabulary import load_terms, names

if TYPE_CHECKING:
    from deid.synth.notes import Note

TERMS = {term.key: term for term in load_terms()}
GENDER = {"M": names.MALE, "F": names.FEMALE}
NOTE_CLASS = {
    "hypertension": names.NOTE_HYPERTENSION_FOLLOW_UP,
    "diabetes": names.NOTE_DIABETES_FOLLOW_UP,
    "examination": names.NOTE_HEALTH_EXAMINATION,
    "contact": names.NOTE_CONTACT_RECORD,
    "telephone": names.NOTE_TELEPHONE,
    "basic information": names.NOTE_CONTACT_RECORD,
}
VISIT_CONCEPT = {
    "clinic": names.OUTPATIENT_VISIT,
    "home": names.HOME_VISIT,
    "telephone": names.TELEPHONE_VISIT,
}
OPENING_HOUR = time(9, 0)
_VITAL = frozenset(
    {"SYSTOLIC_BP", "DIASTOLIC_BP", "BP_LEFT_SYSTOLIC", "BP_LEFT_DIASTOLIC", "HEART_RATE",
     "RESPIRATORY_RATE", "BODY_TEMPERATURE", "BODY_WEIGHT", "BODY_HEIGHT", "BMI",
     "WAIST_CIRCUMFERENCE"}
)  # fmt: skip
_UNITS = {
    "PHQ_9": names.SCORE, "GAD_7": names.SCORE, "MMSE": names.SCORE, "FAMILY_APGAR": names.SCORE,
    "SELF_CARE_SCORE": names.SCORE, "WEIGHT_TARGET": names.KILOGRAM,
    "BMI_TARGET": names.KG_PER_M2, "EXERCISE_MINUTES": names.MINUTE, "NEXT_FOLLOW_UP": names.DAY,
}  # fmt: skip


def concept_id(key: str) -> int:
    """The concept of a key of the shipped vocabulary."""
    return TERMS[key].concept_id


def source_code(key: str) -> str | None:
    """ICD-10 or ATC code, or the key itself for what has neither."""
    term = TERMS[key]
    return term.icd10 or term.atc or term.key


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
        _record_identity(store, household, member)
        _record_life(store, household, member, today)
    _record_kinship(store, household)


def _record_person(
    store: RowStore, household: Household, member: Resident, location_id: int
) -> None:
    chinese = household.locale == "zh_CN"
    race = "RACE_CHINESE" if chinese else _us_race(household)
    hispanic = not chinese and household.household_id % 6 == 0
    store.add(
        "person",
        person_id=member.person_id,
        gender_concept_id=GENDER[member.sex],
        year_of_birth=member.birth.year,
        month_of_birth=member.birth.month,
        day_of_birth=member.birth.day,
        birth_datetime=datetime.combine(member.birth, time()),
        race_concept_id=concept_id(race),
        ethnicity_concept_id=names.HISPANIC if hispanic else names.NOT_HISPANIC,
        location_id=location_id,
        provider_id=household.doctor.provider_id,
        care_site_id=household.site.care_site_id,
        person_source_value=member.numbers.get("RECORD_NO") or member.numbers["MRN"],
        gender_source_value=member.sex,
        race_source_value="汉族" if chinese else None,
    )


def _us_race(household: Household) -> str:
    draw = household.household_id * 37 % 100
    if draw < 78:
        return "RACE_WHITE"
    return "RACE_BLACK" if draw < 91 else "RACE_ASIAN" if draw < 97 else "RACE_AMERICAN_INDIAN"


def _record_identity(store: RowStore, household: Household, member: Resident) -> None:
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
    home = household.address
    store.add_numbered(
        "address",
        person_id=member.person_id,
        use="home",
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
    for relative in member.relatives:
        store.add_numbered(
            "relative",
            person_id=member.person_id,
            relationship=relative.relationship,
            relative_person_id=relative.person_id,
            full_name=relative.full_name,
            phone=relative.phone,
        )


def _record_life(store: RowStore, household: Household, member: Resident, today: date) -> None:
    store.add_numbered(
        "observation_period",
        person_id=member.person_id,
        observation_period_start_date=max(household.record_start, member.birth),
        observation_period_end_date=member.death or today,
        period_type_concept_id=names.EHR,
    )
    for problem, onset in member.problems.items():
        store.add_numbered(
            "condition_occurrence",
            person_id=member.person_id,
            condition_concept_id=concept_id(problem),
            condition_start_date=onset,
            condition_type_concept_id=names.EHR_PROBLEM_LIST,
            provider_id=household.doctor.provider_id,
            condition_source_value=source_code(problem),
        )
    if member.death is not None:
        store.add(
            "death",
            person_id=member.person_id,
            death_date=member.death,
            death_type_concept_id=names.REGISTRY,
            cause_concept_id=_cause(member),
        )


_LETHAL = ("LUNG_CANCER", "COLON_CANCER", "BREAST_CANCER", "HEART_FAILURE", "CEREBRAL_INFARCTION",
           "CORONARY_ARTERIOSCLEROSIS", "COPD", "CHRONIC_KIDNEY_DISEASE", "DEMENTIA")  # fmt: skip


def _cause(member: Resident) -> int:
    cause = next((p for p in _LETHAL if p in member.problems), None)
    return concept_id(cause) if cause else names.NO_MATCHING_CONCEPT


def _record_kinship(store: RowStore, household: Household) -> None:
    person = names.PERSON_DOMAIN
    for member in household.members:
        pairs = [(member.spouse, names.KIN_SPOUSE)]
        pairs += [(parent, names.KIN_CHILD) for parent in (member.father, member.mother)]
        for other, relation in pairs:
            if other is None:
                continue
            _relate(store, person, member, other, relation)
            if relation == names.KIN_CHILD:
                _relate(store, person, other, member, names.KIN_PARENT)


def _relate(store: RowStore, person: int, one: Resident, other: Resident, relation: int) -> None:
    store.add(
        "fact_relationship",
        domain_concept_id_1=person,
        fact_id_1=one.person_id,
        domain_concept_id_2=person,
        fact_id_2=other.person_id,
        relationship_concept_id=relation,
    )


OF_THE_PROBLEM = frozenset(
    {"FOLLOW_UP_CLASS", "DRUG_ADHERENCE", "ADVERSE_REACTION", "NEXT_FOLLOW_UP"}
)


def _observed(form: Form) -> Iterator[tuple[str, dict[str, object]]]:
    for key, answer in form.answers.items():
        yield key, {"value_as_concept_id": concept_id(answer), "value_source_value": answer}
    for key, amount in form.amounts.items():
        yield key, {"value_as_number": float(amount), "unit_concept_id": _UNITS.get(key)}
    for key, text in form.texts.items():
        name, _, about = key.partition(":")
        about_id = concept_id(about) if about else None
        yield name, {"value_as_string": text, "value_as_concept_id": about_id}


class VisitRecord:
    """Rows of one visit; notes are added when they are written."""

    def __init__(self, store: RowStore, household: Household, visit: Visit, today: date) -> None:
        self._store, self._household, self._visit = store, household, visit
        self._last_day = visit.resident.death or today
        self.visit_occurrence_id = store.add_numbered(
            "visit_occurrence",
            person_id=visit.resident.person_id,
            visit_concept_id=VISIT_CONCEPT[visit.mode],
            visit_start_date=visit.day,
            visit_start_datetime=datetime.combine(visit.day, OPENING_HOUR),
            visit_end_date=visit.day,
            visit_end_datetime=datetime.combine(visit.day, OPENING_HOUR) + timedelta(minutes=20),
            visit_type_concept_id=names.EHR_ENCOUNTER_RECORD,
            provider_id=visit.clinician.provider_id,
            care_site_id=household.site.care_site_id,
            visit_source_value=visit.mode,
        )
        self._common = {
            "person_id": visit.resident.person_id,
            "provider_id": visit.clinician.provider_id,
            "visit_occurrence_id": self.visit_occurrence_id,
        }
        seen: set[str] = set()
        for form in visit.forms:
            self._readings(form, seen)
            self._observations(form, seen)
            self._doings(form)

    def add_note(self, form: Form, note: Note) -> int:
        """The note of one form; gives its id."""
        return self._store.add_numbered(
            "note",
            **self._common,
            note_date=self._visit.day,
            note_type_concept_id=names.EHR_NOTE,
            note_class_concept_id=NOTE_CLASS[form.kind],
            note_title=note.title,
            note_text=note.text,
            encoding_concept_id=names.UTF_8,
            language_concept_id=(
                names.CHINESE if self._household.locale == "zh_CN" else names.ENGLISH
            ),
            note_source_value=form.kind,
        )

    def _readings(self, form: Form, seen: set[str]) -> None:
        for key, reading in form.readings.items():
            if key in seen:  # two forms of one visit share one measurement
                continue
            seen.add(key)
            term = TERMS[key]
            self._store.add_numbered(
                "measurement",
                **self._common,
                measurement_concept_id=term.concept_id,
                measurement_date=self._visit.day,
                measurement_type_concept_id=(
                    names.EHR_ENCOUNTER_RECORD if key in _VITAL else names.LAB
                ),
                value_as_number=float(reading),
                unit_concept_id=term.unit_concept_id,
                range_low=term.range_low,
                range_high=term.range_high,
                measurement_source_value=key,
            )

    def _observations(self, form: Form, seen: set[str]) -> None:
        """What belongs to one problem is qualified by it; the rest is kept once a visit."""
        problem = form.diagnoses[0] if form.kind in {"hypertension", "diabetes"} else None
        for key, values in _observed(form):
            if problem is not None and key in OF_THE_PROBLEM:
                self._observe(key, qualifier_concept_id=concept_id(problem), **values)
            elif key not in seen or key == "FAMILY_HISTORY":
                seen.add(key)
                self._observe(key, **values)

    def _observe(self, key: str, **values: object) -> None:
        self._store.add_numbered(
            "observation",
            **self._common,
            observation_concept_id=concept_id(key),
            observation_date=self._visit.day,
            observation_type_concept_id=names.EHR_ENCOUNTER_RECORD,
            observation_source_value=key,
            **values,
        )

    def _doings(self, form: Form) -> None:
        day = self._visit.day
        for problem in form.diagnoses if form.kind != "basic information" else ():
            self._store.add_numbered(
                "condition_occurrence",
                **self._common,
                condition_concept_id=concept_id(problem),
                condition_start_date=day,
                condition_end_date=day,
                condition_type_concept_id=names.EHR_ENCOUNTER_RECORD,
                condition_source_value=source_code(problem),
            )
        for drug in form.drugs:
            self._store.add_numbered(
                "drug_exposure",
                **self._common,
                drug_concept_id=concept_id(drug.drug),
                drug_exposure_start_date=day,
                drug_exposure_end_date=min(day + timedelta(days=drug.days - 1), self._last_day),
                drug_type_concept_id=names.EHR_PRESCRIPTION,
                quantity=float(drug.days * drug.times_a_day),
                days_supply=drug.days,
                sig=f"{drug.dose} x {drug.times_a_day}/d",
                drug_source_value=source_code(drug.drug),
            )
        for procedure in form.procedures:
            self._store.add_numbered(
                "procedure_occurrence",
                **self._common,
                procedure_concept_id=concept_id(procedure),
                procedure_date=day,
                procedure_type_concept_id=names.EHR_ENCOUNTER_RECORD,
                quantity=1,
                procedure_source_value=procedure,
            )


def record_visit(store: RowStore, household: Household, visit: Visit, today: date) -> VisitRecord:
    """Rows of a visit, except its notes; a supply of drugs ends with the records."""
    return VisitRecord(store, household, visit, today)
