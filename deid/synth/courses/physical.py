"""Organ function and physical examination: what is seen, heard and felt, by the problems there."""

from __future__ import annotations

from datetime import date
from random import Random

from deid.synth.constitution import share_of_person
from deid.synth.people import Resident
from deid.synth.society.published import read_table
from deid.synth.streams import happens, one_of

_NORMAL = {
    "LIPS": "LIPS_RUDDY",
    "PHARYNX": "NONE",
    "HEARING": "HEARS",
    "MOTOR_FUNCTION": "MOVES_FREELY",
    "SKIN": "NORMAL",
    "SCLERA": "NORMAL",
    "LYMPH_NODES": "NONE",
    "BARREL_CHEST": "NO",
    "BREATH_SOUNDS": "NORMAL",
    "RALES": "NONE",
    "HEART_RHYTHM": "RHYTHM_REGULAR",
    "HEART_MURMUR": "NONE",
    "ABDOMINAL_TENDERNESS": "NONE",
    "ABDOMINAL_MASS": "NONE",
    "HEPATOMEGALY_SIGN": "NONE",
    "SPLENOMEGALY_SIGN": "NONE",
    "SHIFTING_DULLNESS": "NONE",
    "LEG_OEDEMA": "NONE",
}
_FOUND = tuple(
    (row["problem"], row["question"], row["answer"], float(row["share"]))
    for row in read_table("findings")
)
"""Problem, question, answer, and the share of those with the problem who show it."""


_LASTING = frozenset({"BARREL_CHEST", "BREATH_SOUNDS", "HEART_RHYTHM", "HEART_MURMUR", "HEARING",
                      "MOTOR_FUNCTION", "SPLENOMEGALY_SIGN"})  # fmt: skip
"""Signs that are there at every examination or at none."""


def findings(stream: Random, resident: Resident, day: date) -> dict[str, str]:
    """Answers to the organ function and physical examination blocks of the yearly form."""
    answers = dict(_NORMAL)
    for problem, question, answer, share in _FOUND:
        if not resident.has(problem, day):
            continue
        lasts = question in _LASTING
        draw = share_of_person(resident, f"{problem}/{question}") if lasts else stream.random()
        if draw < share:
            answers[question] = answer
    if happens(stream, 0.06):
        answers["PHARYNX"] = one_of(stream, ("PHARYNX_CONGESTED", "PHARYNX_FOLLICLES"))
    answers["TEETH"] = _teeth(resident, resident.age_on(day))
    if resident.has("TYPE_2_DIABETES", day) or happens(stream, 0.1):
        spoilt = resident.has("T2DM_RETINOPATHY", day)
        answers["FUNDUS"] = "ABNORMAL" if spoilt else "NORMAL"
    return answers


def _teeth(resident: Resident, age: int) -> str:
    """Teeth once lost stay lost, and who has a denture keeps it."""
    if share_of_person(resident, "teeth") >= min(max((age - 35) / 50, 0.05), 0.9):
        return "NORMAL"
    states = ["TEETH_MISSING" if age >= 50 else "TEETH_CARIES"]
    if age >= 60 and share_of_person(resident, "denture") < 0.4:
        states.append("TEETH_DENTURE")
    return "|".join(states)
