"""The properties of Circe's criteria, and the column that each tests.

Those that many criteria share stand here by name; :mod:`cohorts.plan.domains` gives each criterion
its own. Columns are those of OMOP CDM v5.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cohorts.plan.nodes import END, START

AGE_AT_START: Final = f"year({START}) - person.year_of_birth"
AGE_AT_END: Final = f"year({END}) - person.year_of_birth"
DURATION: Final = f"({END} - {START})"


@dataclass(frozen=True)
class Property:
    """One property of a criterion, or a family of them.

    ``kind`` is ``date``, ``whole`` (compared as a whole number), ``decimal`` (with four decimals),
    ``text``, ``set`` (a concept set's number), or ``concepts``: a list in ``name``, a concept set
    in ``nameCS``, and perhaps ``nameExclude``.
    """

    name: str
    kind: str
    column: str


def on_date(name: str, column: str) -> Property:
    """A property that compares a date."""
    return Property(name, "date", column)


def whole(name: str, column: str) -> Property:
    """A property that compares whole numbers."""
    return Property(name, "whole", column)


def decimal(name: str, column: str) -> Property:
    """A property that compares numbers with four decimals."""
    return Property(name, "decimal", column)


def text(name: str, column: str) -> Property:
    """A property that compares text."""
    return Property(name, "text", column)


def concepts(name: str, column: str) -> Property:
    """A property that selects concepts, by list or by set."""
    return Property(name, "concepts", column)


GENDER: Final = concepts("Gender", "person.gender_concept_id")
PERSON: Final = (whole("Age", AGE_AT_START), GENDER)
PROVIDER: Final = concepts("ProviderSpecialty", "provider.specialty_concept_id")
AT_VISIT: Final = (*PERSON, PROVIDER, concepts("VisitType", "visit.visit_concept_id"))
ERA: Final = (
    on_date("EraStartDate", START),
    on_date("EraEndDate", END),
    whole("EraLength", DURATION),
    whole("AgeAtStart", AGE_AT_START),
    whole("AgeAtEnd", AGE_AT_END),
    GENDER,
)
PERIOD: Final = (
    on_date("PeriodStartDate", START),
    on_date("PeriodEndDate", END),
    whole("PeriodLength", DURATION),
    whole("AgeAtStart", AGE_AT_START),
    whole("AgeAtEnd", AGE_AT_END),
)
OCCURS: Final = on_date("OccurrenceStartDate", START)

CUSTOM_ERA_PROPERTIES: Final = (
    on_date("StartDate", START),
    on_date("EndDate", END),
    whole("AgeAtStart", AGE_AT_START),
    GENDER,
    whole("Duration", DURATION),
)
DEMOGRAPHIC_PROPERTIES: Final = (
    whole("Age", AGE_AT_START),
    GENDER,
    concepts("Race", "person.race_concept_id"),
    concepts("Ethnicity", "person.ethnicity_concept_id"),
    on_date("OccurrenceStartDate", START),
    on_date("OccurrenceEndDate", END),
)
