"""Policies: what happens to every column of the vault on its way into a release."""

from deid.policy.coverage import check_coverage
from deid.policy.loader import load_policy, load_policy_file, parse_policy, shipped_policies
from deid.policy.model import (
    ColumnRule,
    DateRule,
    GeneralisationStep,
    KnowledgeRule,
    Policy,
    PopulationRule,
    RareRule,
    RareScope,
    RiskRule,
    Treatment,
)

__all__ = [
    "ColumnRule",
    "DateRule",
    "GeneralisationStep",
    "KnowledgeRule",
    "Policy",
    "PopulationRule",
    "RareRule",
    "RareScope",
    "RiskRule",
    "Treatment",
    "check_coverage",
    "load_policy",
    "load_policy_file",
    "parse_policy",
    "shipped_policies",
]
