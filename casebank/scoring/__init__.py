"""Scores of exercises: deterministic functions of an answer and its key, nothing else.

Each module is one exercise. None scores wording: answers are codes, and what a student types is
mapped to codes before it comes here. A score never depends on other students, on time or on
chance; what compares students is in :mod:`casebank.scoring.items`.
"""

from casebank.scoring.agreement import pairwise_agreement, rank_biased_overlap
from casebank.scoring.calibration import Band, Calibration, calibrate
from casebank.scoring.differential import (
    DifferentialKey,
    DifferentialScore,
    Guess,
    discounted_gain,
    score_differential,
)
from casebank.scoring.items import ItemStatistics, cronbach_alpha, item_statistics
from casebank.scoring.key_features import KeyFeature, score_key_features
from casebank.scoring.management import ManagementOutcome, judge_management
from casebank.scoring.problem_list import (
    ConsensusProblem,
    ProblemListScore,
    score_problem_list,
)
from casebank.scoring.reflection import LinkScore, score_links
from casebank.scoring.script_concordance import (
    ConcordanceItem,
    ConcordanceScore,
    item_credits,
    refusals,
    score_concordance,
)
from casebank.scoring.summary_statement import StatementRule, check_statement

__all__ = [
    "Band",
    "Calibration",
    "ConcordanceItem",
    "ConcordanceScore",
    "ConsensusProblem",
    "DifferentialKey",
    "DifferentialScore",
    "Guess",
    "ItemStatistics",
    "KeyFeature",
    "LinkScore",
    "ManagementOutcome",
    "ProblemListScore",
    "StatementRule",
    "calibrate",
    "check_statement",
    "cronbach_alpha",
    "discounted_gain",
    "item_credits",
    "item_statistics",
    "judge_management",
    "pairwise_agreement",
    "rank_biased_overlap",
    "refusals",
    "score_concordance",
    "score_differential",
    "score_key_features",
    "score_links",
    "score_problem_list",
]
