"""English notes: sentences are drawn from pools, some terse, some long, none in every note."""

from __future__ import annotations

from random import Random

from deid.synth.notes.old.mentions import Mentions
from deid.synth.notes.old.text import Note, Writer
from deid.synth.people import Household
from deid.synth.streams import happens, one_of
from deid.synth.visits import Form, Prescription, Visit
from deid.vocabulary import load_terms

TITLES = {
    "hypertension": ("Hypertension follow-up", "BP follow-up", "Chronic care visit - hypertension"),
    "diabetes": ("Diabetes follow-up", "DM2 f/u", "Chronic care visit - type 2 diabetes"),
    "examination": ("Annual examination", "Yearly physical", "Preventive visit"),
    "contact": ("Office visit", "Progress note", "SOAP note"),
    "telephone": ("Telephone encounter", "Phone note"),
    "basic information": ("New patient registration", "Intake summary"),
}
HEADS = (
    "{title_up}\nPatient: {patient}    DOB: {birth}    MRN: {record}\nDate: {date}    {site}\n\n",
    "{site}\n{title}\nName: {patient_listed}   MRN {record}   Seen: {date}\n\n",
    "{patient}, {age} y/o {sex}, MRN {record}, seen {date}.\n",
    "{date} {title}. Pt {patient} (dob {birth}).\n",
    "{title}\n{patient_listed} / {birth} / {record}\n",
    "Dictated note, {title}. This is {patient}, a {age}-year-old {sex}, seen on {date}.\n",
    "re: {patient}  {date}\n",
)
TAILS = (
    "\n{doctor}",
    "\nSigned, {doctor}, {site}",
    "\n-- {doctor} {date}",
    "\nElectronically signed by {doctor} on {date}.",
    "\n{doctor}. cc: chart {record}",
)
SIGNED_WELL = (
    "S: {patient_short} feels well. {no_symptoms}",
    "S: No complaints today. {no_symptoms}",
    "{patient_short} says everything is about the same as last time.",
    "Doing fine, says {patient_short}. {no_symptoms}",
    "S - feels good, sleeping and eating ok.",
    "Subjective: no new problems since the last visit. {patient_short} came alone.",
)
SIGNED_ILL = (
    "S: {patient_short} complains of {symptoms}.",
    "S: c/o {symptoms} for {days} days.",
    "{patient_short} reports {symptoms} on and off, {days} days now.",
    "Here because of {symptoms}. {patient_short} first noticed it {days} days ago.",
    "Subjective: {symptoms}. Not better with rest, per {patient_short}.",
    "cc {symptoms} x {days}d",
)
KIN = (
    " Came with {kin}.",
    " {kin_up} came along and helps with the pills.",
    " Contact is {kin}, {kin_phone}.",
    " {kin_up} (ph {kin_phone}) wants a call with the results.",
    " Lives with {kin}.",
    " Reached {kin} at {kin_phone} to confirm the history.",
)
ASIDES = (
    " Best number for {patient_short} is {phone}.",
    " New address: {address}.",
    " Still at {address}.",
    " Insurance ID {insurance} verified.",
    " Drove in from {town}.",
    " SSN on file {card}.",
    " Records from {site} reviewed.",
)
ADHERENCE = {
    "ADHERENCE_REGULAR": ("Takes all pills every day.", "Adherent.", "Meds: taking as prescribed.",
                          "Has not missed doses, uses a pill box."),
    "ADHERENCE_INTERMITTENT": ("Misses doses several times a week.", "Takes meds on and off.",
                               "Skips pills on busy days.", "Forgets evening doses."),
    "ADHERENCE_NONE": ("Stopped the pills on own initiative.", "Not taking any medication.",
                       "Has not filled the prescription."),
}  # fmt: skip
CLASS = {
    "CLASS_CONTROLLED": ("controlled", "at goal", "well controlled", "in good control"),
    "CLASS_UNCONTROLLED": ("not controlled", "above goal", "uncontrolled", "not at goal"),
    "CLASS_ADVERSE_REACTION": ("side effect of medication", "adverse drug reaction"),
    "CLASS_COMPLICATION": ("new complication", "complication"),
}
CHANGE = {
    "kept": ("Continue current treatment.", "No change.", "Same meds.", "Keep going as is."),
    "added": ("Added {last_drug}.", "Start {last_drug} in addition.", "Step up: {last_drug}."),
    "referred": ("Referred to the county hospital.", "Refer out for evaluation.",
                 "Will send to specialist care."),
    "switched": ("Will change the drug that causes trouble.", "Hold offending agent, recheck."),
    "none": ("Symptomatic care.", "Supportive measures, return if worse.", "Reassured."),
}  # fmt: skip
NEXT = (
    " Return {next}.", " Next visit {next}.", " RTC {next}.", " Recheck on {next}.",
    " Follow-up booked for {next}, reminder to {phone}.",
)  # fmt: skip
TALK = {
    "BEREAVEMENT_SPOUSE": ("lost {his} spouse recently and the house feels empty",
                           "is grieving; {his} spouse died not long ago"),
    "CAREGIVER_BURDEN": ("is worn out from caring for a sick family member at home",
                         "does all the caring at home and gets little sleep"),
    "FINANCIAL_HARDSHIP": ("has trouble paying for medicines and heating",
                           "is behind on bills and skips meals at the end of the month"),
    "FAMILY_CONFLICT": ("describes frequent quarrels at home",
                        "does not speak with the family now"),
    "UNEMPLOYMENT_PROBLEM": ("lost {his} job and is looking for work", "is out of work"),
    "HAZARDOUS_DRINKING": ("has been drinking more than before", "drinks most evenings now"),
}  # fmt: skip
ADVICE = ("Counselled on diet and exercise.", "Continue yearly visits.", "Labs reviewed.",
          "Vaccines discussed.")  # fmt: skip
COMFORT = ("Listened, gave the counselling number.", "Counselled for 20 minutes.",
           "Social worker informed.", "Will call again in two weeks.")  # fmt: skip
TERMS = {term.key: term for term in load_terms()}


def write(
    stream: Random, mentions: Mentions, household: Household, visit: Visit, form: Form
) -> Note:
    """One note for one form of a visit."""
    resident = visit.resident
    title = one_of(stream, TITLES.get(form.kind, (form.kind.capitalize(),)))
    men = resident.sex == "M"
    child = resident.age_on(visit.day) < 18
    mentions.set(
        title=title,
        title_up=title.upper(),
        sex=("boy" if men else "girl") if child else ("man" if men else "woman"),
        his="his" if men else "her",
        days=str(stream.randrange(2, 15)),
        symptoms=_listed(stream, form.symptoms),
        no_symptoms=one_of(
            stream,
            ("No chest pain.", "Denies headache or dizziness.", "No new symptoms.", "ROS neg."),
        ),
        last_drug=_drug(form.drugs[-1]) if form.drugs else "nothing",
    )
    writer = Writer()
    writer.add(one_of(stream, HEADS), mentions)
    _subjective(stream, writer, mentions, form, visit)
    writer.add("\n" + _objective(stream, form))
    _assessment(stream, writer, mentions, form)
    writer.add(one_of(stream, TAILS), mentions)
    return writer.note(title)


def _subjective(
    stream: Random, writer: Writer, mentions: Mentions, form: Form, visit: Visit
) -> None:
    resident = visit.resident
    if form.event in TALK:
        writer.add("S: {patient_short} " + one_of(stream, TALK[form.event]) + ".", mentions)
    else:
        pool = SIGNED_ILL if form.symptoms else SIGNED_WELL
        writer.add(one_of(stream, pool), mentions)
    if "DRUG_ADHERENCE" in form.answers and happens(stream, 0.85):
        writer.add(" " + one_of(stream, ADHERENCE[form.answers["DRUG_ADHERENCE"]]))
    if mentions.kin is not None and happens(stream, 0.4):
        options = KIN if mentions.kin.phone else KIN[:2] + KIN[4:5]
        mentions.set(kin_up=mentions["kin"])
        writer.add(_sentence_start(one_of(stream, options)), mentions)
    if resident.employer and happens(stream, 0.12):
        writer.add(" Works at {employer}.", mentions)
    if resident.email and happens(stream, 0.1):
        writer.add(" Portal mail to {email}.", mentions)
    if resident.phone and happens(stream, 0.25):
        writer.add(one_of(stream, ASIDES), mentions)
    if resident.cigarettes and happens(stream, 0.5):
        writer.add(f" Smokes {resident.cigarettes} cigarettes a day.")


def _sentence_start(template: str) -> str:
    return template.replace(" {kin_up}", " Patient's {kin_up}")


def _objective(stream: Random, form: Form) -> str:
    readings = form.readings
    parts = []
    if "SYSTOLIC_BP" in readings:
        label = one_of(stream, ("BP", "BP", "blood pressure", "bp"))
        parts.append(f"{label} {readings['SYSTOLIC_BP']:.0f}/{readings['DIASTOLIC_BP']:.0f}")
    if "HEART_RATE" in readings:
        parts.append(f"{one_of(stream, ('HR', 'pulse', 'P'))} {readings['HEART_RATE']:.0f}")
    if "BODY_TEMPERATURE" in readings:
        parts.append(f"T {readings['BODY_TEMPERATURE']:.1f} C")
    if "BODY_WEIGHT" in readings:
        parts.append(f"{one_of(stream, ('wt', 'weight'))} {readings['BODY_WEIGHT']:.1f} kg")
    if "BMI" in readings:
        parts.append(f"BMI {readings['BMI']:.1f}")
    for key, label, decimals in _LABS:
        if key in readings:
            parts.append(f"{label} {readings[key]:.{decimals}f}")
    for key, label in (("PHQ_9", "PHQ-9"), ("GAD_7", "GAD-7"), ("MMSE", "MMSE")):
        if key in form.amounts:
            parts.append(f"{label} {form.amounts[key]:.0f}")
    if not parts:
        return one_of(stream, ("O: not examined.", "Objective: deferred.", "O: by phone."))
    head = one_of(stream, ("O: ", "Objective: ", "Exam: ", "Vitals/labs: ", ""))
    tail = one_of(
        stream,
        ("", " Lungs clear.", " Heart regular, no murmur.", " No edema.", " Alert, no distress.",
         " Abdomen soft."),
    )  # fmt: skip
    return head + one_of(stream, (", ", "; ", ", ")).join(parts) + "." + tail


_LABS = (
    ("FASTING_GLUCOSE_MASS", "fasting glucose", 0), ("HBA1C", "A1c", 1),
    ("CHOLESTEROL_MASS", "TC", 0), ("TRIGLYCERIDE_MASS", "TG", 0), ("HDL_MASS", "HDL", 0),
    ("LDL_MASS", "LDL", 0), ("CREATININE_MASS", "Cr", 2), ("ALT", "ALT", 0),
    ("HEMOGLOBIN", "Hb", 0),
)  # fmt: skip


def _assessment(stream: Random, writer: Writer, mentions: Mentions, form: Form) -> None:
    names = [TERMS[key].en.lower() for key in form.diagnoses[:6]]
    label = one_of(stream, ("\nA/P: ", "\nA: ", "\nAssessment: ", "\nImpression: "))
    if form.diagnoses == ("ESSENTIAL_HYPERTENSION",):
        names = [one_of(stream, ("HTN", "essential hypertension", "hypertension", "high BP"))]
    if form.diagnoses == ("TYPE_2_DIABETES",):
        names = [one_of(stream, ("DM2", "type 2 diabetes", "T2DM", "diabetes type 2"))]
    text = ", ".join(names) or one_of(stream, ("healthy", "no active problem", "well adult"))
    written = form.answers.get("FOLLOW_UP_CLASS")
    if written is not None:
        text += f", {one_of(stream, CLASS[written])}"
    if form.event in TERMS and form.event not in form.diagnoses:
        text += f"; new: {TERMS[form.event].en.lower()}"
    writer.add("{label}{text}. ", {"label": label, "text": text})
    if form.kind in {"examination", "basic information"}:
        writer.add(one_of(stream, ADVICE))
    elif form.event in TALK:
        writer.add(one_of(stream, COMFORT))
    else:
        writer.add(one_of(stream, CHANGE[form.change]), mentions)
    if form.drugs and happens(stream, 0.9):
        writer.add("\n" + one_of(stream, ("Meds: ", "Rx: ", "P: ", "Plan: ")))
        writer.add("{drugs}", {"drugs": "; ".join(_drug(drug) for drug in form.drugs) + "."})
    if form.next_day is not None:
        mentions.set(next=mentions.on(form.next_day))
        writer.add(one_of(stream, NEXT), mentions)


def _drug(drug: Prescription) -> str:
    name = TERMS[drug.drug].en.split(" ")[0].lower()
    often = {1: "daily", 2: "bid", 3: "tid", 4: "qid"}[drug.times_a_day]
    return f"{name} {drug.dose} {often}"


def _listed(stream: Random, symptoms: tuple[str, ...]) -> str:
    return one_of(stream, (", ", " and ")).join(symptoms)
