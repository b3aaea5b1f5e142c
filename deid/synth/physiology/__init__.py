"""Blood pressure, glucose and the rest of the body as treatment, season and habits move them.

Levels are functions of the person and the day; measuring adds the visit's variation and the habits
of those who write it down. Effects and their sources stand in the parameter table.
"""

from deid.synth.physiology.adherence import next_adherence, regular_chance
from deid.synth.physiology.blood import blood_tests, hemoglobin
from deid.synth.physiology.body import Body, Regimen, draw_body
from deid.synth.physiology.decline import decline
from deid.synth.physiology.drugs import ADHERENCE_EFFECT, fall_of
from deid.synth.physiology.frailty import frailty, needs_help
from deid.synth.physiology.glucose import fasting_glucose, glucose_level, hba1c
from deid.synth.physiology.kidney import (
    albumin_ratio,
    creatinine_of,
    egfr_level,
    egfr_of,
    kidney_tests,
)
from deid.synth.physiology.lipids import lipids, takes_statin
from deid.synth.physiology.mood import episode, is_beyond_asking, mood_scores
from deid.synth.physiology.pressure import as_written, blood_pressure, pressure_level, winter
from deid.synth.physiology.therapy import GIVEN_FOR, LASTING, is_treated, therapy_on, treated_share
from deid.synth.physiology.weight import bmi_of, weight_gained, weight_on

__all__ = [
    "ADHERENCE_EFFECT",
    "GIVEN_FOR",
    "LASTING",
    "Body",
    "Regimen",
    "albumin_ratio",
    "as_written",
    "blood_pressure",
    "blood_tests",
    "bmi_of",
    "creatinine_of",
    "decline",
    "draw_body",
    "egfr_level",
    "egfr_of",
    "episode",
    "fall_of",
    "fasting_glucose",
    "frailty",
    "glucose_level",
    "hba1c",
    "hemoglobin",
    "is_beyond_asking",
    "is_treated",
    "kidney_tests",
    "lipids",
    "mood_scores",
    "needs_help",
    "next_adherence",
    "pressure_level",
    "regular_chance",
    "takes_statin",
    "therapy_on",
    "treated_share",
    "weight_gained",
    "weight_on",
    "winter",
]
