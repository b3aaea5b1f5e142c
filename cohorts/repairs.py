"""The reference's SQL template, with the parts repaired that no database accepts.

What circe-be gets wrong, and what is done about each, is told in docs/circe.md. Repaired here is
what makes its SQL invalid, and the gap of a custom era, which its SQL does not look at. Whatever
the reference answers otherwise is left as it is.
"""

from __future__ import annotations

import re
from typing import Any, Final

from duckcdm.circe import BuildExpressionQueryOptions, CohortExpressionQueryBuilder
from duckcdm.circe._builders import column_name

# It ends this comment without a line break, so that it swallows what follows.
_OPEN_COMMENT: Final = "-- End Episode Criteria"
# It pads the end of an event by the gap, and then asks whether the end without it reaches the next.
_ERA_GAP: Final = re.compile(
    r"(DATEADD\(day,(-?\d+),end_date\) as end_date,\s+case when )"
    r"(max\(end_date\) over \([^)]*\))( >= start_date)"
)
# Counted columns that it takes for given in its template, which does not have them.
_UNSELECTED: Final = {
    ("VisitDetail", "VISIT_DETAIL_ID"): "C.visit_detail_id",
    ("Episode", "DOMAIN_CONCEPT"): "C.episode_concept_id",
}
# It tests whether a value is marked as abnormal, without selecting the mark.
_MEASUREMENT: Final = "m.measurement_id,"
_MARK: Final = "m.value_as_concept_id"
_SORT_DATE: Final = "C.start_date as sort_date"
_ALWAYS_SELECTED: Final = frozenset({"START_DATE", "END_DATE", "VISIT_ID"})


def build_template(document: Any, **options: Any) -> str:
    """The SQL template of a cohort expression; ``options`` are duckcdm's.

    Raises:
        CirceError: what the reference refuses to write SQL for.
    """
    template = _Builder().build_expression_query(document, BuildExpressionQueryOptions(**options))
    return _ERA_GAP.sub(r"\1DATEADD(day,\2,\3)\4", template)


class _Builder(CohortExpressionQueryBuilder):
    """The reference's builder, but for single criteria."""

    def criteria_sql(self, c: Any, options: Any = None) -> str:
        """SQL for the events of one criterion, with the columns that are to be counted."""
        columns = list(options.additional_columns) if options is not None else []
        nested = c.correlated_criteria if c.TYPE != "CustomEra" else None
        has_nested = nested is not None and not nested.is_empty()
        c.correlated_criteria = None
        try:
            query: str = super().criteria_sql(c, options).replace(_OPEN_COMMENT, "")
        finally:
            c.correlated_criteria = nested
        query = _selected(query, c, columns)
        if not has_nested:
            return query
        wrapped: str = self._wrap_criteria_query(query, nested)
        passed = [column_name(col) for col in columns if col not in _ALWAYS_SELECTED]
        more = "".join(f", PE.{name}" for name in passed)
        return wrapped.replace("PE.sort_date", f"PE.sort_date{more}", 1)


def _selected(query: str, c: Any, columns: list[str]) -> str:
    """The query of a criterion that selects what its conditions and its counts read."""
    if c.TYPE == "Measurement" and c.abnormal and _MARK not in query:
        query = query.replace(_MEASUREMENT, f"{_MEASUREMENT}{_MARK},", 1)
    for column in columns:
        if (c.TYPE, column) in _UNSELECTED:
            selected = f"{_UNSELECTED[c.TYPE, column]} as {column_name(column)}"
            query = query.replace(_SORT_DATE, f"{_SORT_DATE}, {selected}", 1)
        if (c.TYPE, column) == ("PayerPlanPeriod", "DOMAIN_CONCEPT") and c.payer_concept is None:
            key = "ppp.payer_plan_period_id"
            query = query.replace(key, f"{key}, ppp.payer_concept_id", 1)
    return query
