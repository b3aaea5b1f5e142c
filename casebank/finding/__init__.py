"""Finds records that make good cases: by wish, by score, by typicality, by likeness, by gap."""

from casebank.finding.coverage import (
    DIMENSIONS,
    Coverage,
    Dimension,
    Gap,
    Place,
    coverage,
    fillers,
    place_of_case,
    place_of_record,
)
from casebank.finding.features import PersonFacts, groups_of, read_facts
from casebank.finding.neighbours import (
    NEIGHBOURS,
    SMALLEST_COHORT,
    Likeness,
    Typicality,
    more_like,
    typicality,
)
from casebank.finding.teachability import (
    CRITERIA,
    Candidate,
    Criterion,
    find_candidates,
    rank,
    rate,
    score,
)
from casebank.finding.wishes import (
    AGE_BANDS,
    GROUP_NAMES,
    Choices,
    Wish,
    band_of,
    choices_of,
)

__all__ = [
    "AGE_BANDS",
    "CRITERIA",
    "DIMENSIONS",
    "GROUP_NAMES",
    "NEIGHBOURS",
    "SMALLEST_COHORT",
    "Candidate",
    "Choices",
    "Coverage",
    "Criterion",
    "Dimension",
    "Gap",
    "Likeness",
    "PersonFacts",
    "Place",
    "Typicality",
    "Wish",
    "band_of",
    "choices_of",
    "coverage",
    "fillers",
    "find_candidates",
    "groups_of",
    "more_like",
    "place_of_case",
    "place_of_record",
    "rank",
    "rate",
    "read_facts",
    "score",
    "typicality",
]
