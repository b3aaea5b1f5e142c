"""Two-way referral: letters to the county hospital, and back again.

Every form whose ``change`` is ``referred`` gets a letter, written at the same visit. Seven of ten
go there within three weeks; the hospital then writes back, or after the stay if there was one.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from deid.synth.courses.complaints import TUMOURS
from deid.synth.courses.control import class_of_glucose, class_of_pressure, is_dangerous
from deid.synth.courses.life import Life, working_day
from deid.synth.courses.sites import department, hospital_of, words
from deid.synth.parameters import value
from deid.synth.people import Resident
from deid.synth.physiology import blood_pressure, fasting_glucose
from deid.synth.streams import happens, open_stream
from deid.synth.visits import Form, Identifier, Visit, localise

DEPARTMENT_OF = {
    "ESSENTIAL_HYPERTENSION": "CARDIOLOGY", "TYPE_2_DIABETES": "ENDOCRINOLOGY",
    "CORONARY_ARTERIOSCLEROSIS": "CARDIOLOGY", "HEART_FAILURE": "CARDIOLOGY",
    "CEREBRAL_INFARCTION": "NEUROLOGY", "SCHIZOPHRENIA": "PSYCHIATRY",
    "BIPOLAR_DISORDER": "PSYCHIATRY", "DEPRESSIVE_DISORDER": "PSYCHIATRY",
    "POSTPARTUM_DEPRESSION": "PSYCHIATRY", "ANXIETY_DISORDER": "PSYCHIATRY",
    "PULMONARY_TUBERCULOSIS": "INFECTIOUS_DISEASES",
    "COPD": "RESPIRATORY_MEDICINE", "ACUTE_MYOCARDIAL_INFARCTION": "CARDIOLOGY",
    "CHRONIC_KIDNEY_DISEASE": "ENDOCRINOLOGY", "DIABETIC_NEPHROPATHY": "ENDOCRINOLOGY",
    "T2DM_RETINOPATHY": "OPHTHALMOLOGY", "T2DM_NEUROPATHY": "ENDOCRINOLOGY",
    "DIABETIC_FOOT": "ENDOCRINOLOGY", "DEMENTIA": "NEUROLOGY",
    "MILD_COGNITIVE_IMPAIRMENT": "NEUROLOGY",
    **dict.fromkeys(TUMOURS, "ONCOLOGY"),
}  # fmt: skip
_BY_KIND = {
    "hypertension": ("CARDIOLOGY", "uncontrolled"),
    "diabetes": ("ENDOCRINOLOGY", "uncontrolled"),
    "antenatal first": ("OBSTETRICS", "pregnancy"),
    "antenatal": ("OBSTETRICS", "pregnancy"),
    "postpartum": ("OBSTETRICS", "other"),
    "postpartum 42 days": ("PSYCHIATRY", "mood"),
    "child": ("PAEDIATRICS", "child"),
    "newborn": ("PAEDIATRICS", "child"),
    "mental illness": ("PSYCHIATRY", "mental"),
    "tuberculosis": ("INFECTIOUS_DISEASES", "other"),
}
_MOODS = frozenset({"DEPRESSIVE_DISORDER", "ANXIETY_DISORDER"})
_PRESSURES = ("SYSTOLIC_BP", "DIASTOLIC_BP")
WITHIN_DAYS = 21
ASKED_DAYS = 60
QUIET_DAYS = 150
"""Whom a department has just seen it does not see again so soon, whatever the letters say."""

BY_FINDING = {
    "kidneys fail": ("ENDOCRINOLOGY", "kidney"),
    "dangerous pressure": ("CARDIOLOGY", "danger"),
    "dangerous glucose": ("ENDOCRINOLOGY", "danger"),
}
"""Where what a yearly examination has found leads."""
_ABOUT = {
    "kidneys fail": "CHRONIC_KIDNEY_DISEASE", "dangerous pressure": "ESSENTIAL_HYPERTENSION",
    "dangerous glucose": "TYPE_2_DIABETES",
}  # fmt: skip
"""Finding, and the problem of a letter about it."""

_REHABILITATION = {"HIP_FRACTURE": "bone", "CEREBRAL_INFARCTION": "vascular",
                   "POSTPARTUM_DEPRESSION": "mood"}  # fmt: skip
"""What is advised after which diagnosis."""


def arrival(resident: Resident, letter: date) -> date | None:
    """The day on which somebody comes to the hospital with a letter; None for those who do not.

    It hangs on the person and the day of the letter alone, so that whoever asks hears the same.
    """
    whose = (resident.person_id, resident.full_name, resident.birth)
    stream = open_stream("arrival", *whose, letter)
    if not happens(stream, value("referral.arrives")):
        return None
    return working_day(letter + timedelta(days=stream.randrange(1, WITHIN_DAYS)))


def referral(stream: Random, life: Life) -> list[Visit]:
    """Visits at the hospital after a letter; the letters join the visits that were there."""
    visits = []
    stays = [v for v in life.visits if v.mode == "hospital" and v.end is not None]
    seen: dict[str, date] = {}
    taken = {visit.day for visit in life.visits}
    for visit in life.visits:
        form = next((f for f in visit.forms if f.change == "referred"), None)
        if form is None or visit.mode in {"hospital", "emergency"} or visit.site is not None:
            continue
        place, reason = _where(form)
        visit.forms.append(_letter(stream, life, form, place, reason))
        stay = next((s for s in stays if 0 <= (s.day - visit.day).days <= WITHIN_DAYS), None)
        arrives = arrival(life.resident, visit.day)
        day = arrives or visit.day
        while day in taken:  # nobody is at the hospital and at the health centre on one day
            day = working_day(day + timedelta(days=1))
        lately = place in seen and (day - seen[place]).days < QUIET_DAYS
        goes = arrives is not None and stay is None and not lately and day <= life.last
        goes = goes and not _in_hospital(stays, day)
        if goes:
            visits.append(_seen(stream, life, form, place, day))
            seen[place] = day
        if not lately:
            _ask_about(life, visit, form, stay.day if stay is not None else day if goes else None)
    for stay in stays:
        discharge = stay.forms[0]
        if discharge.kind == "discharge" and _goes_back(stream, discharge):
            stay.forms.append(_back(stream, life, discharge, "stay"))
    return sorted(visits, key=lambda visit: visit.day)


def _ask_about(life: Life, visit: Visit, form: Form, gone: date | None) -> None:
    """The next follow-up within some weeks asks whether the resident went."""
    if form.kind not in {"hypertension", "diabetes"}:
        return
    for after in life.visits:
        if 0 < (after.day - visit.day).days <= ASKED_DAYS:
            again = next((f for f in after.forms if f.kind == form.kind), None)
            if again is not None:
                was_seen = gone is not None and gone <= after.day
                again.hints["referral"] = "seen" if was_seen else "not seen"
                return


def _goes_back(stream: Random, discharge: Form) -> bool:
    died = discharge.answers.get("DISCHARGE_OUTCOME") == "OUTCOME_DIED"
    return (
        not died
        and discharge.event != "BIRTH"
        and happens(stream, value("referral.back_after_stay"))
    )


def _in_hospital(stays: list[Visit], day: date) -> bool:
    return any(stay.day <= day <= (stay.end or stay.day) for stay in stays)


def _where(form: Form) -> tuple[str, str]:
    """Department and reason of a letter."""
    complication = _complication(form)
    if complication is not None:
        return DEPARTMENT_OF[complication], "complication"
    if "heart" in form.hints:
        return "CARDIOLOGY", "symptoms"
    if form.hints.get("referred_for") in BY_FINDING:
        return BY_FINDING[form.hints["referred_for"]]
    if form.kind in _BY_KIND:
        place, reason = _BY_KIND[form.kind]
        adverse = form.answers.get("ADVERSE_REACTION") == "PRESENT"
        if reason == "uncontrolled":
            untaken = form.answers.get("DRUG_ADHERENCE") == "ADHERENCE_NONE"
            reason = "untaken" if untaken else "adverse" if adverse else reason
            reason = "danger" if form.hints.get("referred_for") == "danger" else reason
        return place, reason
    found = next((DEPARTMENT_OF[d] for d in form.diagnoses if d in DEPARTMENT_OF), None)
    return found or "GENERAL_SURGERY", "mood" if _MOODS & set(form.diagnoses) else "other"


def _complication(form: Form) -> str | None:
    """The complication that a letter is about: found at this visit, or named shortly before."""
    found = form.event or form.hints.get("complication")
    return found if found in DEPARTMENT_OF else None


def _about(form: Form) -> tuple[str, ...]:
    """The problem that a letter is about, if one is known."""
    if "heart" in form.hints:
        return (form.hints["heart"],)
    problem = _ABOUT.get(form.hints.get("referred_for", ""))
    return (problem,) if problem in form.diagnoses and problem else form.diagnoses[:1]


def _letter(stream: Random, life: Life, form: Form, place: str, reason: str) -> Form:
    locale, site = life.household.locale, hospital_of(life.household)
    impression = _complication(form) or next(iter(_about(form)), None)
    letter = Form(kind="referral out", symptoms=form.symptoms)
    letter.texts = {
        "REFERRED_TO": words(locale, place),
        "REFERRAL_REASON": words(locale, f"reason.{reason}"),
    }
    if impression is not None:
        letter.texts["REFERRAL_IMPRESSION"] = words(locale, impression)
    letter.readings = {
        key: form.readings[key]
        for key in ("SYSTOLIC_BP", "DIASTOLIC_BP", "HEART_RATE")
        if key in form.readings
    }
    letter.identifiers = {
        "hospital": Identifier(site.centre.name, "LOCATION"),
        "referred_doctor": Identifier(department(site, place, stream).full_name, "NAME"),
    }
    return letter


def _seen(stream: Random, life: Life, form: Form, place: str, day: date) -> Visit:
    """The visit of the hospital's outpatients, with its letter back."""
    site = hospital_of(life.household)
    complication = _complication(form)
    about = (complication,) if complication is not None else _about(form)
    seen = Form(kind="contact", symptoms=form.symptoms, diagnoses=about)
    if "DIASTOLIC_BP" in form.readings:
        high, low = blood_pressure(stream, life.body, day)
        seen.readings = {"SYSTOLIC_BP": high, "DIASTOLIC_BP": low}
    if place == "CARDIOLOGY":
        seen.procedures = ("ELECTROCARDIOGRAM", "ECHOCARDIOGRAPHY")
    elif place == "OBSTETRICS":
        seen.procedures = ("FETAL_ULTRASOUND",)
    elif place == "PSYCHIATRY":
        seen.procedures = ("PSYCHOLOGICAL_ASSESSMENT",)
    seen.change = "kept"
    measured = dict(seen.readings)
    if "TYPE_2_DIABETES" in form.diagnoses:
        measured["FASTING_GLUCOSE"] = fasting_glucose(stream, life.body, day)
        seen.readings = localise(life.household.locale, measured)
    said = _what_is_left_to_do(life, form, measured, day)
    if said is not None:
        seen.texts["ABNORMALITY"] = words(life.household.locale, said)
    back = _back(stream, life, seen, "seen", treated=bool(form.drugs))
    clinician = department(site, place, stream)
    return Visit(life.resident, day, "clinic", clinician, [seen, back], site=site)


def _what_is_left_to_do(
    life: Life, form: Form, measured: dict[str, float], day: date
) -> str | None:
    """The key of what the outpatients say of values that are not controlled, in SI units.

    What the hospital advises is done by the health centre, so that it is told here as it comes.
    """
    if is_dangerous({key: measured[key] for key in _PRESSURES if key in measured}):
        return "seen.danger"
    high, low = (measured.get(key, 0) for key in _PRESSURES)
    pressed = class_of_pressure(life.resident, day, high, low) == "CLASS_UNCONTROLLED"
    pressed = pressed and life.resident.has("ESSENTIAL_HYPERTENSION", day)
    sweet = class_of_glucose(measured.get("FASTING_GLUCOSE", 0)) == "CLASS_UNCONTROLLED"
    if "heart" in form.hints and not pressed:
        return "seen.heart"
    if not (pressed or sweet):
        return None
    if form.answers.get("DRUG_ADHERENCE") == "ADHERENCE_NONE":
        return "seen.untaken"
    kind = "hypertension" if pressed else "diabetes"
    after = (f for v in life.visits if v.day > day for f in v.forms if f.kind == kind)
    coming = next(after, None)
    stepped = coming is not None and coming.change in {"added", "raised"}
    return "seen.step" if stepped else "seen.home"


def _back(stream: Random, life: Life, form: Form, how: str, *, treated: bool = True) -> Form:
    locale = life.household.locale
    stay = how == "stay"
    common = "common" if treated else "untreated"
    after = next((a for d, a in _REHABILITATION.items() if d in form.diagnoses), common)
    back = Form(kind="referral back")
    back.answers = {"REFERRAL_OUTCOME": "REFERRAL_ADMITTED" if stay else "REFERRAL_TREATED"}
    back.texts = {
        "REFERRED_TO": words(locale, "GENERAL_PRACTICE"),
        "REHABILITATION_ADVICE": words(locale, f"rehabilitation.{after}"),
    }
    back.hints = {"outcome": words(locale, f"outcome.{how}")}
    number = form.identifiers.get("admission_number")
    back.identifiers = {
        "hospital": Identifier(hospital_of(life.household).centre.name, "LOCATION"),
        "case_number": number or Identifier(f"OP{stream.randrange(1000000, 9999999)}", "ID"),
    }
    return back
