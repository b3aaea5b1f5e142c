"""What the family doctor asks again from time to time: family APGAR, household size, marriage.

These answers join the forms of visits that take place anyway.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from deid.synth.courses.life import Life
from deid.synth.parameters import value
from deid.synth.society.apgar import ask_family_apgar
from deid.synth.streams import happens
from deid.synth.visits import Visit

ADULT = 18
ASKED_WITH = frozenset({"examination", "contact", "elderly"})


def family(stream: Random, life: Life) -> list[Visit]:
    """Adds to forms of the courses before; makes no visits."""
    household, resident = life.household, life.resident
    due = date.min
    for visit in life.visits:
        if resident.age_on(visit.day) < ADULT:
            continue
        for form in visit.forms:
            opens = form.kind == "basic information"
            again = form.kind in ASKED_WITH and visit.day >= due and due != date.min
            if not opens and not (again and happens(stream, value("apgar.asked_again"))):
                continue
            form.amounts |= ask_family_apgar(stream, household, resident, visit.day)
            form.amounts["HOUSEHOLD_SIZE"] = household.size_on(visit.day)
            form.answers["MARITAL_STATUS"] = resident.marital_on(visit.day)
            due = visit.day + timedelta(days=round(value("apgar.interval")))
            break
    return []
