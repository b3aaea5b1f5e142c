"""Writes visits as rows of the vault's tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from deid.synth.people import Household
from deid.synth.recording.terms import SOURCE_CONCEPTS, TERMS, concept_id, source_code
from deid.synth.rows import RowStore
from deid.synth.visits import Fault, FaultKind, Form, Planted, Visit
from deid.vocabulary import names

if TYPE_CHECKING:
    from deid.synth.notes import Note

NOTE_CLASS = {
    "hypertension": names.NOTE_HYPERTENSION_FOLLOW_UP,
    "diabetes": names.NOTE_DIABETES_FOLLOW_UP,
    "examination": names.NOTE_HEALTH_EXAMINATION,
    "contact": names.NOTE_CONTACT_RECORD,
    "telephone": names.NOTE_TELEPHONE,
    "basic information": names.NOTE_BASIC_INFORMATION,
    "elderly": names.NOTE_SELF_CARE,
    "mental illness": names.NOTE_MENTAL_FOLLOW_UP,
    "tuberculosis": names.NOTE_TUBERCULOSIS_FOLLOW_UP,
    "antenatal first": names.NOTE_ANTENATAL,
    "antenatal": names.NOTE_ANTENATAL,
    "postpartum": names.NOTE_POSTPARTUM,
    "postpartum 42 days": names.NOTE_POSTPARTUM,
    "newborn": names.NOTE_NEWBORN_VISIT,
    "child": names.NOTE_CHILD_EXAMINATION,
    "immunization": names.NOTE_IMMUNIZATION,
    "consultation": names.NOTE_CONSULTATION,
    "referral out": names.NOTE_REFERRAL,
    "referral back": names.NOTE_REFERRAL_BACK,
    "discharge": names.NOTE_DISCHARGE_SUMMARY,
    "home visit": names.NOTE_HOME_VISIT,
}
VISIT_CONCEPT = {
    "clinic": names.OUTPATIENT_VISIT,
    "home": names.HOME_VISIT,
    "telephone": names.TELEPHONE_VISIT,
    "hospital": names.INPATIENT_VISIT,
    "emergency": names.EMERGENCY_VISIT,
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


OF_THE_PROBLEM = frozenset(
    {"FOLLOW_UP_CLASS", "DRUG_ADHERENCE", "ADVERSE_REACTION", "NEXT_FOLLOW_UP"}
)
REPEATED = frozenset({"FAMILY_HISTORY", "VACCINE_DOSE"})
"""Asked once for each problem that it is about."""


def _observed(form: Form) -> Iterator[tuple[str, dict[str, object]]]:
    for key, answer in form.answers.items():
        name, _, about = key.partition(":")
        qualifier = {"qualifier_concept_id": concept_id(about)} if about else {}
        for one in answer.split("|"):
            yield (
                name,
                {"value_as_concept_id": concept_id(one), "value_source_value": one, **qualifier},
            )
    for key, amount in form.amounts.items():
        name, _, about = key.partition(":")
        qualifier = {"qualifier_concept_id": concept_id(about)} if about else {}
        unit = _UNITS.get(name) or TERMS[name].unit_concept_id
        yield name, {"value_as_number": float(amount), "unit_concept_id": unit, **qualifier}
    for key, text in form.texts.items():
        name, _, about = key.partition(":")
        about_id = concept_id(about) if about else None
        yield name, {"value_as_string": text, "value_as_concept_id": about_id}


class VisitRecord:
    """Rows of one visit; notes are added when they are written."""

    def __init__(self, store: RowStore, household: Household, visit: Visit, today: date) -> None:
        self._store, self._household, self._visit = store, household, visit
        self._day = day = visit.entered or visit.day
        self._last_day = max(visit.resident.death or today, day)
        self._rows: dict[tuple[str, str], int] = {}
        self.faults: list[Fault] = []
        end = visit.end or day
        begins = datetime.combine(day, OPENING_HOUR)
        site = visit.site or household.site
        self.visit_occurrence_id = store.add_numbered(
            "visit_occurrence",
            person_id=visit.resident.person_id,
            visit_concept_id=VISIT_CONCEPT[visit.mode],
            visit_start_date=day,
            visit_start_datetime=begins,
            visit_end_date=end,
            visit_end_datetime=begins + (end - day) + timedelta(minutes=20),
            visit_type_concept_id=names.EHR_ENCOUNTER_RECORD,
            provider_id=visit.clinician.provider_id,
            care_site_id=site.care_site_id,
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
            self._enter(form.faults)
        self._enter(visit.faults)

    def _enter(self, planted: Sequence[Planted]) -> None:
        """Put faults into the ledger, with the rows just written that show them."""
        for fault in planted:
            if fault.table == "note":  # its row comes later
                continue
            rows = tuple(self._rows[fault.table, key] for key in fault.keys)
            self._ledger(fault.kind, fault.table, rows or (self.visit_occurrence_id,))

    def _ledger(self, kind: FaultKind, table: str, rows: tuple[int, ...]) -> None:
        person_id = self._visit.resident.person_id
        self.faults.append(Fault(kind, person_id, table, rows, self.visit_occurrence_id))

    def _add(self, table: str, key: str, **values: object) -> None:
        self._rows[table, key] = self._store.add_numbered(table, **self._common, **values)

    def add_note(self, form: Form, note: Note) -> int:
        """The note of one form; gives its id."""
        note_id = self._store.add_numbered(
            "note",
            **self._common,
            note_date=self._visit.end or self._day,
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
        # A note may leave the reading out; then nothing disagrees.
        for fault in form.faults:
            if fault.table == "note" and all(f"{n:.0f}" in note.text for n in form.spoken.values()):
                self._ledger(fault.kind, "note", (note_id,))
        return note_id

    def _readings(self, form: Form, seen: set[str]) -> None:
        for key, reading in form.readings.items():
            if key in seen:  # two forms of one visit share one measurement
                continue
            seen.add(key)
            term = TERMS[key]
            self._add(
                "measurement",
                key,
                measurement_concept_id=term.concept_id,
                measurement_date=self._day,
                measurement_type_concept_id=(
                    names.EHR_ENCOUNTER_RECORD if key in _VITAL else names.LAB
                ),
                value_as_number=float(reading),
                unit_concept_id=term.unit_concept_id,
                range_low=term.range_low,
                range_high=term.range_high,
                measurement_source_value=key,
                measurement_source_concept_id=SOURCE_CONCEPTS[key],
            )

    def _observations(self, form: Form, seen: set[str]) -> None:
        """What belongs to one problem is qualified by it; the rest is kept once a visit."""
        problem = form.diagnoses[0] if form.kind in {"hypertension", "diabetes"} else None
        said: set[str] = set()
        for key, values in _observed(form):
            if problem is not None and key in OF_THE_PROBLEM:
                self._observe(key, qualifier_concept_id=concept_id(problem), **values)
            elif key not in seen or key in REPEATED:
                said.add(key)
                self._observe(key, **values)
        seen |= said

    def _observe(self, key: str, **values: object) -> None:
        if TERMS[key].domain_id == "Measurement":  # a test with an answer, as 1+ or negative
            self._add(
                "measurement",
                key,
                measurement_concept_id=concept_id(key),
                measurement_date=self._day,
                measurement_type_concept_id=names.LAB,
                measurement_source_value=key,
                measurement_source_concept_id=SOURCE_CONCEPTS[key],
                **values,
            )
            return
        self._add(
            "observation",
            key,
            observation_concept_id=concept_id(key),
            observation_date=self._day,
            observation_type_concept_id=names.EHR_ENCOUNTER_RECORD,
            observation_source_value=key,
            observation_source_concept_id=SOURCE_CONCEPTS[key],
            **values,
        )

    def _doings(self, form: Form) -> None:
        day = self._day
        unmapped = {
            (fault.table, key)
            for fault in form.faults
            if fault.kind == "unmapped code"
            for key in fault.keys
        }
        for problem in form.diagnoses if form.kind != "basic information" else ():
            coded, written, source = self._coding(
                problem, ("condition_occurrence", problem) in unmapped
            )
            self._add(
                "condition_occurrence",
                problem,
                condition_concept_id=coded,
                condition_start_date=day,
                condition_end_date=self._visit.end or day,
                condition_type_concept_id=names.EHR_ENCOUNTER_RECORD,
                condition_source_value=written,
                condition_source_concept_id=source,
            )
        given = day if form.kind != "discharge" else self._visit.end or day
        for drug in form.drugs:
            coded, written, source = self._coding(
                drug.drug, ("drug_exposure", drug.drug) in unmapped
            )
            self._add(
                "drug_exposure",
                drug.drug,
                drug_concept_id=coded,
                drug_exposure_start_date=given,
                drug_exposure_end_date=min(given + timedelta(days=drug.days - 1), self._last_day),
                drug_type_concept_id=names.EHR_PRESCRIPTION,
                quantity=float(drug.days * drug.times_a_day),
                days_supply=drug.days,
                sig=f"{drug.dose} x {drug.times_a_day}/d",
                drug_source_value=written,
                drug_source_concept_id=source,
            )
        for vaccine in form.vaccines:
            self._add(
                "drug_exposure",
                vaccine,
                drug_concept_id=concept_id(vaccine),
                drug_exposure_start_date=day,
                drug_exposure_end_date=day,
                drug_type_concept_id=names.EHR_ENCOUNTER_RECORD,
                quantity=1.0,
                days_supply=1,
                drug_source_value=source_code(vaccine),
                drug_source_concept_id=SOURCE_CONCEPTS[vaccine],
            )
        for procedure in form.procedures:
            self._add(
                "procedure_occurrence",
                procedure,
                procedure_concept_id=concept_id(procedure),
                procedure_date=day,
                procedure_type_concept_id=names.EHR_ENCOUNTER_RECORD,
                quantity=1,
                procedure_source_value=procedure,
                procedure_source_concept_id=SOURCE_CONCEPTS[procedure],
            )

    def _coding(self, key: str, unmapped: bool) -> tuple[int, str | None, int]:
        """Concept, source value and source concept; only words for what was left without a code."""
        if not unmapped:
            return concept_id(key), source_code(key), SOURCE_CONCEPTS[key]
        term = TERMS[key]
        return 0, term.zh if self._household.locale == "zh_CN" else term.en, 0


def record_visit(store: RowStore, household: Household, visit: Visit, today: date) -> VisitRecord:
    """Rows of a visit, except its notes; a supply of drugs ends with the records."""
    return VisitRecord(store, household, visit, today)
