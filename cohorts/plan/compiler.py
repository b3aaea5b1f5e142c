"""A definition compiled whole: its statements, what they read, and the queries for the answers."""

from __future__ import annotations

import re
from typing import Final

from cohorts.cdm import cdm_columns
from cohorts.compile import CDM_SCHEMA, CompiledCohort
from cohorts.model import CohortDefinition
from cohorts.plan.reading import read_plan
from cohorts.plan.stages import plan_script

COMPILER: Final = "carecommons plan 1"
_TABLE = re.compile(rf"\b{CDM_SCHEMA}\.(\w+)")


def compile_plan(definition: CohortDefinition) -> CompiledCohort:
    """Compile a definition to DuckDB's SQL over the schema ``cc_cdm``.

    Raises:
        UnsupportedExpression: for a count of different values that the criterion has not.
    """
    statements, answers = plan_script(read_plan(definition))
    # A text of the definition may look like a table's name.
    named = {name for statement in statements for name in _TABLE.findall(statement)}
    tables = frozenset(named & cdm_columns().keys())
    return CompiledCohort("duckdb", COMPILER, tables, answers, statements)
