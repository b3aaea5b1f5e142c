"""The facts of a birth, told alike in the mother's record and in the child's."""

from __future__ import annotations

from dataclasses import dataclass

from deid.synth.growth import reference
from deid.synth.people import Household, Locale, Pregnancy, Resident
from deid.synth.streams import happens, open_stream, weighted

LOW_WEIGHT = 2.5
"""kg; less is a low weight at birth (WHO)."""


@dataclass(frozen=True)
class Birth:
    """Weight in kg, length and head in cm; ``mode`` is an answer key of the newborn's form."""

    weeks: int
    mode: str
    weight_kg: float
    length_cm: float
    head_cm: float
    apgar_1: int
    apgar_5: int
    score: float

    @property
    def preterm(self) -> bool:
        """Before 37 completed weeks."""
        return self.weeks < 37


def pregnancy_of(child: Resident) -> Pregnancy | None:
    """The recorded pregnancy that the child came from."""
    mother = child.mother
    if mother is None:
        return None
    return next((p for p in mother.pregnancies if p.child is child), None)


def birth_of(child: Resident, household: Household) -> Birth:
    """How a child was born; the same whenever it is asked.

    Weight falls by about 170 g a week before term (assumption), so that z-scores at birth are
    those of the weeks too.
    """
    pregnancy = pregnancy_of(child)
    stream = open_stream("birth", household.locale, child.person_id, child.birth, child.full_name)
    if pregnancy is not None:
        weeks, caesarean = pregnancy.weeks, pregnancy.mode == "caesarean"
    else:
        weeks = weighted(stream, {35: 0.03, 37: 0.1, 38: 0.24, 39: 0.36, 40: 0.22, 41: 0.05})
        caesarean = happens(stream, 0.35)
    weights = {"BIRTH_SPONTANEOUS": 0.94, "BIRTH_VACUUM": 0.04, "BIRTH_FORCEPS": 0.02}
    mode = "BIRTH_CESAREAN" if caesarean else weighted(stream, weights)
    score = min(max(stream.gauss(0, 0.85), -2.2), 2.2)
    early = max(39 - weeks, 0)
    weight = reference("weight", child.sex, 0).value(score) - 0.17 * early
    length = reference("length", child.sex, 0).value(0.7 * score) - 0.9 * early
    head = reference("head", child.sex, 0).value(0.5 * score) - 0.6 * early
    low = happens(stream, 0.12 if weeks < 37 else 0.02)
    apgar_1 = stream.randrange(4, 8) if low else stream.randrange(8, 11)
    return Birth(
        weeks=weeks,
        mode=mode,
        weight_kg=round(max(weight, 0.9), 2),
        length_cm=round(max(length, 34.0), 1),
        head_cm=round(max(head, 26.0), 1),
        apgar_1=apgar_1,
        apgar_5=min(apgar_1 + stream.randrange(1, 3), 10),
        score=score,
    )


def nights_after(locale: Locale, caesarean: bool) -> int:
    """Nights that mother and child stay in hospital after a birth (assumption)."""
    if locale == "zh_CN":
        return 5 if caesarean else 3
    return 3 if caesarean else 2


def nights_of_child(locale: Locale, birth: Birth) -> int:
    """Nights that the child stays: small ones until they drink and gain weight (assumption)."""
    nights = nights_after(locale, birth.mode == "BIRTH_CESAREAN")
    small = birth.weight_kg < LOW_WEIGHT
    return nights + min(4 * (37 - birth.weeks), 16) if birth.preterm else nights + 2 * small
