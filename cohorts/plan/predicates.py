"""Predicates and concept sets of a plan as DuckDB SQL."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cohorts.plan.nodes import (
    Compared,
    ConceptItem,
    ConceptSetPlan,
    Holds,
    Matches,
    OneOf,
    Predicate,
)

CONCEPT_SETS: Final = "concept_sets"
"""The temporary table of all concepts of all sets: ``codeset_id``, ``concept_id``."""

_OPERATORS: Final = {"lt": "<", "lte": "<=", "eq": "=", "!eq": "<>", "gt": ">", "gte": ">="}


def predicate_sql(predicate: Predicate, start: str, end: str) -> str:
    """A condition; ``start`` and ``end`` are the event's dates as SQL."""
    if isinstance(predicate, Holds):
        return _dated(predicate.condition, start, end)
    column = _dated(predicate.column, start, end)
    if isinstance(predicate, Compared):
        if not predicate.operator.endswith("bt"):
            return f"{column} {_OPERATORS[predicate.operator]} {predicate.value}"
        negated = "NOT " if predicate.operator.startswith("!") else ""
        return f"{negated}({column} >= {predicate.value} AND {column} <= {predicate.extent})"
    if isinstance(predicate, Matches):
        return f"{column} {_like(predicate)}"
    negated = "NOT " if predicate.excluded else ""
    if isinstance(predicate, OneOf):
        return f"{column} {negated}IN ({', '.join(map(str, predicate.concepts))})"
    if predicate.concept_set is None:
        return f"{column} IS {'' if predicate.excluded else 'NOT '}NULL"
    return f"{column} {negated}IN {concept_set_sql(predicate.concept_set)}"


def concept_set_sql(identifier: int) -> str:
    """The concepts of one set, in parentheses."""
    return f"(SELECT concept_id FROM {CONCEPT_SETS} WHERE codeset_id = {identifier})"


def _dated(template: str, start: str, end: str) -> str:
    return template.replace("{start}", start).replace("{end}", end)


def _like(found: Matches) -> str:
    operator = found.operator.removeprefix("!")
    negated = "NOT " if found.operator.startswith("!") else ""
    before = "%" if operator in {"endsWith", "contains"} else ""
    after = "%" if operator in {"startsWith", "contains"} else ""
    text = found.text.replace("'", "''")
    return f"{negated}LIKE '{before}{text}{after}'"


def concept_sets_query(sets: Iterable[ConceptSetPlan], schema: str) -> str:
    """All concepts of all sets, each once: their items, descendants and mapped concepts.

    One pass over the vocabulary serves all sets, and no table of it is read for nothing. Of the
    descendants valid concepts count alone; what an excluded item stands for is taken away last.
    """
    items = [(found.id, item) for found in sets for item in found.items]
    if not items:
        return "SELECT 0 AS codeset_id, 0::BIGINT AS concept_id WHERE FALSE"
    rows = ",\n  ".join(f"({number}, {item.concept_id}, {_flags(item)})" for number, item in items)
    named = f"""\
  SELECT i.codeset_id, i.excluded, i.mapped, c.concept_id
  FROM {schema}.concept c JOIN items i ON i.concept_id = c.concept_id"""
    if any(item.descendants for _, item in items):
        named += f"""
  UNION
  SELECT i.codeset_id, i.excluded, i.mapped, c.concept_id
  FROM {schema}.concept_ancestor a
  JOIN items i ON i.concept_id = a.ancestor_concept_id AND i.descendants
  JOIN {schema}.concept c ON c.concept_id = a.descendant_concept_id AND c.invalid_reason IS NULL"""
    meant = "  SELECT codeset_id, excluded, concept_id FROM named"
    if any(item.mapped for _, item in items):
        meant += f"""
  UNION
  SELECT n.codeset_id, n.excluded, r.concept_id_1
  FROM {schema}.concept_relationship r JOIN named n ON n.concept_id = r.concept_id_2 AND n.mapped
  WHERE r.relationship_id = 'Maps to' AND r.invalid_reason IS NULL"""
    query = f"""\
WITH items(codeset_id, concept_id, excluded, descendants, mapped) AS MATERIALIZED (VALUES
  {rows}
),
named AS MATERIALIZED (
{named}
),
meant AS MATERIALIZED (
{meant}
)
SELECT DISTINCT codeset_id, concept_id FROM meant WHERE NOT excluded"""
    if any(item.excluded for _, item in items):
        query += "\nEXCEPT\nSELECT codeset_id, concept_id FROM meant WHERE excluded"
    return f"{query}\nORDER BY codeset_id, concept_id"


def _flags(item: ConceptItem) -> str:
    return ", ".join(str(flag).upper() for flag in (item.excluded, item.descendants, item.mapped))
