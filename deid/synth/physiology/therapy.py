"""What people take for years beside the drugs for pressure and glucose (``data/therapies.csv``).

One person is treated alike by everybody: the choice hangs on the person, not on the visit. Of the
drugs of one slot only one is taken, whatever the number of diseases that ask for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from deid.synth.constitution import share_of_person
from deid.synth.parameters import value
from deid.synth.people import Locale, Resident
from deid.synth.physiology.lipids import INDICATIONS, STRUCK, takes_statin
from deid.synth.safety import may_take, pregnancy_on
from deid.synth.society.published import read_table
from deid.synth.visits import Prescription

SUPPLY_DAYS = 30
STATIN = Prescription("ATORVASTATIN", "20 mg", 1, SUPPLY_DAYS)
MORE_STATIN = Prescription("ATORVASTATIN", "40 mg", 1, SUPPLY_DAYS)
THYROID_AGAIN = timedelta(days=56)
"""So long after its diagnosis an underactive thyroid is measured again, and the dose set."""
OUTLASTED = frozenset({"ACUTE_MYOCARDIAL_INFARCTION"})
"""Problems whose treatment goes on when they are over."""
_THYROXINE = ("50 ug", "75 ug", "100 ug")
"""Doses of thyroxine: the first, one step more, and one more again in a pregnancy."""
_EXCLUDES = {"clotting": ("platelets",)}
"""Who takes the drug of one slot takes none of these."""


@dataclass(frozen=True)
class Therapy:
    """One drug for one problem: the share of the ill who take it, from when on and how long."""

    problem: str
    slot: str
    drug: str
    dose: dict[Locale, str]
    times: int
    share: dict[Locale, float]
    after: timedelta
    lasts: timedelta


THERAPIES = tuple(
    Therapy(
        row["problem"],
        row["slot"],
        row["drug"],
        {"en_US": row["dose_en"], "zh_CN": row["dose_zh"]},
        int(row["times"]),
        {"en_US": float(row["share_en"]), "zh_CN": float(row["share_zh"])},
        timedelta(days=int(row["after_days"])),
        timedelta(days=int(row["lasts_days"] or 99_999)),
    )
    for row in read_table("therapies")
)
_BY_PROBLEM = {
    problem: tuple(therapy for therapy in THERAPIES if therapy.problem == problem)
    for problem in dict.fromkeys(therapy.problem for therapy in THERAPIES)
}
GIVEN_FOR: dict[str, frozenset[str]] = {
    problem: frozenset(therapy.drug for therapy in therapies)
    | ({STATIN.drug} if problem in {*STRUCK, *INDICATIONS} else frozenset())
    for problem, therapies in _BY_PROBLEM.items()
}
"""Drugs that are taken for years, or not at all, for each problem."""
LASTING = frozenset(therapy.drug for therapy in THERAPIES) | {STATIN.drug}
"""Drugs that are taken for years or not at all."""


def treated_share(problem: str, locale: Locale) -> float:
    """Share of those with a problem who take at least one of its drugs; 1 if it has none."""
    untreated = 1.0
    by_slot: dict[str, float] = {}
    for therapy in _BY_PROBLEM.get(problem, ()):
        by_slot[therapy.slot] = by_slot.get(therapy.slot, 0.0) + therapy.share[locale]
    for share in by_slot.values():
        untreated *= 1 - min(share, 1.0)
    return 1 - untreated if by_slot else 1.0


def is_treated(resident: Resident, problem: str, locale: Locale, day: date) -> bool:
    """Whether the person takes a drug of the table for this problem; true if it has none."""
    drugs = {therapy.drug for therapy in _BY_PROBLEM.get(problem, ())}
    return not drugs or any(taken.drug in drugs for taken in therapy_on(resident, locale, day))


def needs_more_thyroxine(resident: Resident) -> bool:
    """Is the first dose too small for the person?"""
    return share_of_person(resident, "thyroxine") < value("thyroxine.raised")


def _dose_on(therapy: Therapy, resident: Resident, locale: Locale, day: date) -> str:
    """The dose of a day: that of the table, but for thyroxine that was raised."""
    if therapy.drug != "LEVOTHYROXINE":
        return therapy.dose[locale]
    settled = day >= resident.problems[therapy.problem] + THYROID_AGAIN
    raised = settled and needs_more_thyroxine(resident)
    expecting = pregnancy_on(resident, day) is not None
    return _THYROXINE[int(raised) + int(expecting)]


def therapy_on(resident: Resident, locale: Locale, day: date) -> tuple[Prescription, ...]:
    """What the person takes on a day, the most important first."""
    by_slot: dict[str, Prescription] = {}
    left: dict[tuple[str, str], float] = {}
    refused: set[tuple[str, str]] = set()
    treated = (
        problem
        for problem in _BY_PROBLEM
        if problem in resident.problems and (resident.has(problem, day) or problem in OUTLASTED)
    )
    for therapy in (therapy for problem in treated for therapy in _BY_PROBLEM[problem]):
        onset = resident.problems[therapy.problem]
        begins = onset + therapy.after
        choice = therapy.problem, therapy.slot
        draw = left.get(choice)
        if draw is None:
            draw = share_of_person(resident, f"{therapy.problem}/{therapy.slot}")
        left[choice] = draw - therapy.share[locale]
        chosen = 0 <= draw < therapy.share[locale] or choice in refused
        if not chosen or not begins <= day < begins + therapy.lasts or therapy.slot in by_slot:
            continue
        if not may_take(resident, therapy.drug, day):
            refused.add(choice)  # The next drug of the slot stands in.
        else:
            by_slot[therapy.slot] = Prescription(
                therapy.drug, _dose_on(therapy, resident, locale, day), therapy.times, SUPPLY_DAYS
            )
    for slot, excluded in _EXCLUDES.items():
        if slot in by_slot:
            for other in excluded:
                by_slot.pop(other, None)
    statin = takes_statin(resident, day) and may_take(resident, STATIN.drug, day)
    doubled = resident.doubled.get(STATIN.drug, date.max) <= day
    taken = (MORE_STATIN if doubled else STATIN,) if statin else ()
    return (*by_slot.values(), *taken)
