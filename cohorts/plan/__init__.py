"""Care Commons' own compiler of cohort definitions, to DuckDB.

``reading`` turns a definition into the frozen plan of ``nodes``; ``stages`` turns the plan into SQL
with the help of ``scans`` (events of the CDM), ``groups`` (criteria around an event) and
``predicates``. The meaning is that of OHDSI's circe-be (docs/decisions/0018-own-compiler.md).
"""

from cohorts.plan.compiler import compile_plan

__all__ = ["compile_plan"]
