"""What is true of one form and its resident, as the names that guards of the grammar ask for."""

from __future__ import annotations

from datetime import date
from typing import get_args

from deid.synth.notes.mentions import Mentions
from deid.synth.people import Household, Resident
from deid.synth.physiology import needs_help
from deid.synth.safety import allergies_of
from deid.synth.visits import Change, Form, FormKind, Mode, Unchanged, Visit
from deid.vocabulary import load_terms

TERMS = {term.key: term for term in load_terms()}

STYLES = ("soap", "prose", "fields", "terse", "bullets", "dictated")
KINDS = {kind: kind.replace(" ", "_") for kind in get_args(FormKind)}
MODES = tuple(f"by_{mode}" for mode in get_args(Mode))
CHANGES = tuple(f"change_{change}" for change in get_args(Change))
FOLLOW_UP = frozenset({"hypertension", "diabetes"})
VITALS = ("SYSTOLIC_BP", "DIASTOLIC_BP", "BP_LEFT_SYSTOLIC", "BP_LEFT_DIASTOLIC", "HEART_RATE",
          "RESPIRATORY_RATE", "BODY_TEMPERATURE", "OXYGEN_SATURATION", "BODY_WEIGHT",
          "BODY_HEIGHT", "BMI", "WAIST_CIRCUMFERENCE", "HEAD_CIRCUMFERENCE", "FUNDAL_HEIGHT",
          "ABDOMINAL_GIRTH", "FETAL_HEART_RATE", "BIRTH_WEIGHT", "BIRTH_LENGTH",
          "FONTANELLE_LENGTH", "FONTANELLE_WIDTH", "VISION_LEFT", "VISION_RIGHT")  # fmt: skip
SCORES = ("PHQ_9", "GAD_7", "MMSE", "SELF_CARE_SCORE", "FAMILY_APGAR", "GDS", "AUDIT_C", "EPDS",
          "APGAR_1_MINUTE", "APGAR_5_MINUTE")  # fmt: skip
CLASSES = ("CLASS_CONTROLLED", "CLASS_UNCONTROLLED", "CLASS_ADVERSE_REACTION", "CLASS_COMPLICATION")
ADHERENCE = ("ADHERENCE_REGULAR", "ADHERENCE_INTERMITTENT", "ADHERENCE_NONE")
TALKS = (
    "BEREAVEMENT_SPOUSE",
    "CAREGIVER_BURDEN",
    "FINANCIAL_HARDSHIP",
    "FAMILY_CONFLICT",
    "UNEMPLOYMENT_PROBLEM",
    "HAZARDOUS_DRINKING",
    "LIVING_ALONE",
    "LEFT_BEHIND_ELDER",
)
PROBLEMS = (
    *TALKS, "ESSENTIAL_HYPERTENSION", "TYPE_2_DIABETES", "DEPRESSIVE_DISORDER", "ANXIETY_DISORDER",
    "INSOMNIA", "DEMENTIA", "SCHIZOPHRENIA", "PULMONARY_TUBERCULOSIS", "COPD", "ASTHMA", "GOUT",
    "HEART_FAILURE", "CORONARY_ARTERIOSCLEROSIS", "CEREBRAL_INFARCTION", "CHRONIC_KIDNEY_DISEASE",
    "OSTEOPOROSIS", "KNEE_OSTEOARTHRITIS", "OBESITY", "TOBACCO_DEPENDENCE", "HYPERLIPIDEMIA",
    "PARKINSON_DISEASE", "FALL_RISK", "HEALTH_LITERACY_PROBLEM", "ATRIAL_FIBRILLATION",
    "T2DM_NEUROPATHY",
)  # fmt: skip
CHEST = frozenset(
    {"PNEUMONIA", "ACUTE_BRONCHITIS", "COPD", "COPD_EXACERBATION", "ASTHMA", "HEART_FAILURE",
     "ACUTE_HEART_FAILURE", "BRONCHIOLITIS", "LUNG_CANCER"}
)  # fmt: skip
"""What is heard in the lungs."""
FEVERISH = 37.5
GOING_WELL = frozenset({"NORMAL_PREGNANCY", "NEWBORN", "LIVE_BIRTH"})
"""Diagnoses of people who are not ill."""
_REVIEWS = frozenset({"basic information", "examination", "telephone", "home visit",
                      "consultation", "referral back"})  # fmt: skip
"""Forms about what has been known before."""
_CAN_WAIT = frozenset({"KNEE_OSTEOARTHRITIS", "CATARACT", "LOW_BACK_PAIN", "HEMORRHOIDS",
                       "CERVICAL_SPONDYLOSIS", "OSTEOPOROSIS", "COLON_POLYP"})  # fmt: skip
"""What people go to hospital for when it suits them."""
_IN_HOSPITAL = frozenset({"hospital", "emergency"})
_PREGNANCIES = frozenset({"NORMAL_PREGNANCY", "HIGH_RISK_PREGNANCY"})
FRAIL = ("CEREBRAL_INFARCTION", "DEMENTIA", "PARKINSON_DISEASE")
_TUMOURS = ("CANCER", "NEOPLASM")
RETIRED_AGE = 70
"""From this age on nobody asks for a note to an employer."""
FRAIL_AGE = 85
_WINTER = frozenset({12, 1, 2})
KNOWN_DAYS = 90
"""After so many days nobody doubts a diagnosis."""
WHY = tuple(f"why_{reason}" for reason in get_args(Unchanged))
"""Why a treatment is left as it is."""
LETTERS = frozenset({"referral out", "referral back"})
"""Forms about what another form of the visit found."""
FALTERING = frozenset({"UNDERWEIGHT_CHILD", "STUNTED_CHILD"})
GROWTH = {"CHILD_GROWTH": "NORMAL", "CHILD_DEVELOPMENT": "NORMAL"}
_INJURIES = ("_BITE", "SPRAIN", "FRACTURE", "LACERATION", "BURN", "CONCUSSION", "CONTUSION")
_BELLY = frozenset(
    {
        "stomach ache",
        "nausea",
        "vomiting",
        "diarrhoea",
        "pain in the right lower belly",
        "pain in the right upper belly",
        "constipation",
        "flank pain",
    }
)
BRIEF = {
    "GASTROENTERITIS": 3, "RENAL_COLIC": 2, "MIGRAINE": 2, "CYSTITIS": 4, "CONJUNCTIVITIS": 4,
    "INSECT_BITE": 3, "URTICARIA": 3, "TOOTHACHE": 5, "POSITIONAL_VERTIGO": 4, "CROUP": 2,
    "BRONCHIOLITIS": 4, "HERPANGINA": 3, "TONSILLITIS": 4, "OTITIS_MEDIA": 3, "PHARYNGITIS": 5,
    "UPPER_RESPIRATORY_INFECTION": 6, "SHINGLES": 5, "CELLULITIS": 4, "GOUT": 4,
    "DYSMENORRHEA": 3,
}  # fmt: skip
"""Complaints that nobody bears for longer than so many days without coming."""
_SLOW = frozenset({"forgetfulness", "lump in the breast", "hears voices", "weight loss"})
"""What nobody counts in days."""
_LEVELS_OF_HELP = frozenset({"SELF_CARE_MODERATE", "SELF_CARE_DEPENDENT"})
_SORE = ("SPRAIN", "FRACTURE", "CONTUSION", "LOW_BACK_PAIN", "OSTEOARTHRITIS", "PERIARTHRITIS",
         "GOUT")  # fmt: skip
_NOT_SWALLOWED = ("cream", "ointment", "drop", "spray", "puff", "unit", "patch")
FACTS = frozenset(
    {
        *STYLES, *KINDS.values(), *MODES, *CHANGES, *CLASSES, *ADHERENCE,
        *(f"has.{problem}" for problem in PROBLEMS), *(f"talk.{talk}" for talk in TALKS),
        "man", "woman", "child", "infant", "adult", "elder", "very_old", "doctor", "ill",
        "pressure",
        "vitals", "labs", "scores", "answers", "habits", "texts", "drugs", "vaccines", "diagnoses",
        "procedures", "next", "event", "kin", "kin_man", "kin_phone", "phone", "email", "employer",
        "smoker", "drinker", "problems", "prior", "prior_pressure", "fever", "widowed", "newly",
        "named", "hints", "stay", "rural", "urban", "has_old_card", "last_drug", "follow_up",
        "chronic", "talk", "reaction", "chest", "kin_spouse", "kin_child", "complication",
        "away_site", "died", "sound", "sick", "acute", "hurt", "sore", "pupil", "admitted", "dated",
        "toddler", "calm", "known", "steady", "frail", "doses_missed", "watched_by_kin", "cleared",
        "belly", "lasting", "dependent", "faltering", "drinks", "kin_home", "begun",
        "after_stay", "found_now", "slow", "tumour",
        "allergic", "swallowed", "brief", "why", "winter", *WHY, "declined", "stopped",
        "referral_seen", "referral_missed", "childbirth", "same", "replaced", "checked",
    }
)  # fmt: skip
"""All facts that there are; the grammar knows no other."""


def facts_of(
    household: Household, visit: Visit, form: Form, mentions: Mentions, prior: Visit | None
) -> set[str]:
    """The facts of one form."""
    resident, day = visit.resident, visit.day
    age = resident.age_on(day)
    facts = {KINDS[form.kind], f"by_{visit.mode}", f"change_{form.change}", household.area}
    facts.add("man" if resident.sex == "M" else "woman")
    facts.add("child" if age < 18 else "adult")
    found = told_diagnoses(visit, form)
    reviewed = form.kind in _REVIEWS and bool(found) and form.event not in found
    known = reviewed or _is_known(resident, found, day)
    sick = _is_sick(form, found, known)
    for fact, holds in (
        ("infant", age < 3), ("toddler", age < 6), ("pupil", 3 <= age < 18),
        ("elder", age >= 65), ("very_old", age >= 90),
        ("frail", age >= FRAIL_AGE or any(resident.has(p, day) for p in FRAIL)
         or needs_help(resident, day)),
        ("winter", day.month in _WINTER),
        ("doctor", visit.clinician.is_doctor), ("ill", bool(form.symptoms)),
        ("drugs", bool(form.drugs)), ("vaccines", bool(form.vaccines)),
        ("diagnoses", bool(found)), ("procedures", bool(form.procedures)),
        ("texts", bool(form.texts)), ("next", form.next_day is not None),
        ("named", bool(form.identifiers)), ("hints", bool(form.hints)),
        ("phone", resident.phone is not None), ("email", resident.email is not None),
        ("employer", resident.employer is not None and 18 <= age < RETIRED_AGE),
        ("smoker", resident.cigarettes > 0 and age >= 18),
        ("drinker", resident.drinking_on(day)[1] > 0),
        ("drinks", resident.drinking_on(day)[0] != "DRINKS_NEVER"),
        ("follow_up", form.kind in FOLLOW_UP),
        ("prior", prior is not None and prior.mode not in _IN_HOSPITAL),
        ("died", form.answers.get("DISCHARGE_OUTCOME") == "OUTCOME_DIED"),
        ("stay", visit.end is not None), ("away_site", visit.site is not None),
        ("widowed", resident.widowed_on is not None and resident.widowed_on <= day),
        ("newly", form.event is not None), ("has_old_card", "ID_CARD" in resident.numbers
         and resident.birth.year < 1981),
        ("chest", "after_stay" not in form.hints
         and any(problem in CHEST for problem in form.diagnoses)),
        ("sound", _is_sound(visit, form, day)), ("sick", sick),
        ("steady", not sick and any(p not in GOING_WELL for p in found)),
        ("acute", is_acute(visit, form)), ("hurt", is_injury(form)),
        ("sore", any(name in problem for name in _SORE for problem in form.diagnoses)),
        ("allergic", bool(allergies_of(resident))),
        ("swallowed", bool(form.drugs) and all(_is_swallowed(drug.dose) for drug in form.drugs)),
        ("admitted", "admitted" in form.hints), ("dated", "HBA1C_DATE" in form.texts),
        ("known", known), ("doses_missed", form.amounts.get("TB_MISSED_DOSES", 0) > 0),
        ("watched_by_kin", form.answers.get("TB_SUPERVISOR") == "SUPERVISED_BY_FAMILY"),
        ("cleared", form.answers.get("TB_SYMPTOM") == "NONE"),
        ("calm", form.answers.get("MENTAL_SYMPTOM") == "NONE"
         and form.answers.get("DANGER_LEVEL") == "DANGER_0"),
        ("belly", any(symptom in _BELLY for symptom in form.symptoms)),
        ("lasting", _is_lasting(visit, form, known)),
        ("dependent", form.kind == "elderly"
         and form.answers.get("SELF_CARE_LEVEL") in _LEVELS_OF_HELP),
        ("brief", any(problem in BRIEF for problem in form.diagnoses[:1])),
        ("slow", any(symptom in _SLOW for symptom in form.symptoms)),
        ("tumour", any(word in p for word in _TUMOURS for p in form.diagnoses[:1])),
        ("begun", "begun" in form.hints), ("after_stay", "after_stay" in form.hints),
        ("found_now", form.kind == "contact" and form.event in form.diagnoses
         and form.event not in TALKS),
        ("faltering", form.answers.get("CHILD_GROWTH") in FALTERING),
        ("fever", form.readings.get("BODY_TEMPERATURE", 36.0) >= FEVERISH),
        ("why", "unchanged" in form.hints),
        ("declined", "declined" in form.hints),
        ("referral_seen", form.hints.get("referral") == "seen"),
        ("referral_missed", form.hints.get("referral") == "not seen"),
        ("childbirth", form.event == "BIRTH"), ("replaced", "replaced" in form.hints),
        ("same", not is_acute(visit, form) and _is_same(found, prior)),
        ("stopped", "stopped" in form.hints), ("checked", "checked" in form.hints),
    ):  # fmt: skip
        if holds:
            facts.add(fact)
    if "unchanged" in form.hints:
        facts.add(f"why_{form.hints['unchanged']}")
    _measured(facts, form, prior)
    _kin(facts, mentions)
    kin = mentions.kin.person if mentions.kin is not None else None
    if kin is not None and kin in household.members and kin.lives_here(day):
        facts.add("kin_home")
    _problems(facts, resident, form, day)
    return facts


def _is_swallowed(dose: str) -> bool:
    """Is it neither put on nor dropped in, breathed in or injected?"""
    return not any(word in dose for word in _NOT_SWALLOWED)


def _is_same(found: tuple[str, ...], prior: Visit | None) -> bool:
    """Was the visit before about the same?"""
    return prior is not None and any(set(found) & set(form.diagnoses) for form in prior.forms)


def _is_lasting(visit: Visit, form: Form, known: bool) -> bool:
    """Is it an old trouble that brings the patient, and not a turn for the worse?"""
    if form.kind == "discharge":
        return form.diagnoses[:1] != () and form.diagnoses[0] in _CAN_WAIT
    return known and form.kind == "contact" and not is_acute(visit, form)


def told_diagnoses(visit: Visit, form: Form) -> tuple[str, ...]:
    """What the form found; a letter repeats what the form that it is about found."""
    if form.diagnoses or form.kind not in LETTERS:
        return form.diagnoses
    told = [other for other in visit.forms if other.diagnoses]
    return next(
        (o.diagnoses for o in told if o.change == "referred"), told[0].diagnoses if told else ()
    )


def is_injury(form: Form) -> bool:
    """Has something been hurt? It was today or yesterday."""
    return any(name in problem for name in _INJURIES for problem in form.diagnoses[:1])


def is_acute(visit: Visit, form: Form) -> bool:
    """Is it of the last days: an emergency, a fever, an injury that nobody has seen yet?"""
    if "checked" in form.hints or "after_stay" in form.hints:
        return False
    feverish = "fever" in form.symptoms or form.readings.get("BODY_TEMPERATURE", 36.0) >= FEVERISH
    return visit.mode == "emergency" or feverish or is_injury(form)


def _is_known(resident: Resident, diagnoses: tuple[str, ...], day: date) -> bool:
    """Is it what the resident has had for long?"""
    if diagnoses and diagnoses[0] in _PREGNANCIES:
        return True
    onset = resident.problems.get(diagnoses[0]) if diagnoses else None
    return onset is not None and (day - onset).days > KNOWN_DAYS


def _is_sick(form: Form, found: tuple[str, ...], known: bool) -> bool:
    """Is there anything to treat that was not there before?"""
    return bool(form.symptoms) or (not known and any(p not in GOING_WELL for p in found))


def _is_sound(visit: Visit, form: Form, day: date) -> bool:
    """Is nothing wrong with the resident, as far as the visit and the record know?"""
    resident = visit.resident
    grows = all(other.answers.get(k, v) == v for other in visit.forms for k, v in GROWTH.items())
    found = any(p not in GOING_WELL for other in visit.forms for p in other.diagnoses)
    lasting = any(resident.has(problem, day) for problem in resident.problems)
    noted = any("ABNORMALITY" in other.texts for other in visit.forms)
    return grows and not (found or lasting or noted or form.symptoms)


def _measured(facts: set[str], form: Form, prior: Visit | None) -> None:
    readings = form.readings.keys()
    if "SYSTOLIC_BP" in readings:
        facts.add("pressure")
    if any(key in VITALS for key in readings):
        facts.add("vitals")
    if any(key not in VITALS for key in readings):
        facts.add("labs")
    if any(key in SCORES for key in form.amounts):
        facts.add("scores")
    if any(key not in SCORES and key != "NEXT_FOLLOW_UP" for key in form.amounts):
        facts.add("habits")
    if form.answers:
        facts.add("answers")
    if prior is not None and any("SYSTOLIC_BP" in f.readings for f in prior.forms):
        facts.add("prior_pressure")
    for key, names in (("FOLLOW_UP_CLASS", CLASSES), ("DRUG_ADHERENCE", ADHERENCE)):
        if form.answers.get(key) in names:
            facts.add(form.answers[key])
    if form.answers.get("ADVERSE_REACTION") == "PRESENT":
        facts.add("reaction")
    if form.kind == "examination" and form.drugs:  # others than those that are left are taken
        facts.discard("ADHERENCE_NONE")
    if "begun" in form.hints:  # nobody takes well or badly what was not yet prescribed
        facts.difference_update(ADHERENCE)


def _kin(facts: set[str], mentions: Mentions) -> None:
    if mentions.kin is None:
        return
    facts.add("kin")
    if mentions.kin_sex == "M":
        facts.add("kin_man")
    if mentions.kin.phone is not None:
        facts.add("kin_phone")
    if mentions.kin.relationship == "spouse":
        facts.add("kin_spouse")
    if mentions.kin.relationship in {"son", "daughter"}:
        facts.add("kin_child")


def _problems(facts: set[str], resident: Resident, form: Form, day: date) -> None:
    for problem in PROBLEMS:
        if resident.has(problem, day):
            facts.add(f"has.{problem}")
    if any(resident.has(p, day) and p not in form.diagnoses for p in resident.problems):
        facts.add("problems")
    if any(p in {"ESSENTIAL_HYPERTENSION", "TYPE_2_DIABETES"} for p in form.diagnoses):
        facts.add("chronic")
    if form.event in TALKS:
        facts |= {"talk", f"talk.{form.event}"}
    elif form.event in TERMS:
        facts.add("event")
