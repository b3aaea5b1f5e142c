"""Condition and drug eras as the OMOP conventions derive them: gaps of up to 30 days are closed."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from deid.synth.rows import FIRST_ID
from deid.vault.arrow import arrow_schema
from deid.vocabulary import load_base_vocabulary, names

PERSISTENCE_DAYS = 30

# Rows alike but for their ids stand in one order in both windows: ``reached`` never falls.
_ISLANDS = """
    WITH ordered AS (
        SELECT *, max(end_date) OVER (
            PARTITION BY person_id, concept_id ORDER BY start_date, end_date
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS reached
        FROM ({spans})
    ), numbered AS (
        SELECT *, sum(CASE WHEN reached IS NULL OR start_date > reached + {gap} THEN 1 ELSE 0 END)
            OVER (PARTITION BY person_id, concept_id
                  ORDER BY start_date, end_date, reached NULLS FIRST
                  ROWS UNBOUNDED PRECEDING) AS island
        FROM ordered
    )
    SELECT {first} - 1 + row_number() OVER (ORDER BY person_id, concept_id, island) AS era_id,
           person_id, concept_id, min(start_date) AS first_day, max(end_date) AS last_day,
           count(*) AS times,
           greatest(
               date_diff('day', min(start_date), max(end_date)) + 1
                   - sum(date_diff('day', start_date, end_date) + 1), 0
           ) AS gap_days
    FROM numbered GROUP BY person_id, concept_id, island ORDER BY era_id
"""

_CONDITIONS = """
    SELECT person_id, condition_concept_id AS concept_id,
           condition_start_date AS start_date,
           coalesce(condition_end_date, condition_start_date) AS end_date
    FROM occurrence WHERE condition_concept_id <> 0
"""
_DRUGS = """
    SELECT person_id, ancestor_concept_id AS concept_id,
           drug_exposure_start_date AS start_date,
           drug_exposure_end_date AS end_date
    FROM exposure
    JOIN ancestor ON drug_concept_id = descendant_concept_id
    JOIN concept ON ancestor_concept_id = concept_id
         AND concept_class_id = 'Ingredient'
    WHERE ancestor_concept_id NOT IN (
        SELECT descendant_concept_id FROM ancestor WHERE ancestor_concept_id = {vaccine}
    )
"""


class EraWriter:
    """Derives the eras of one batch of people after the other, and numbers them on."""

    def __init__(self) -> None:
        vocabulary = load_base_vocabulary()
        self._ancestor, self._concept = vocabulary["concept_ancestor"], vocabulary["concept"]
        self._next = {"condition_era": FIRST_ID, "drug_era": FIRST_ID}

    def add_to(self, tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
        """The tables with ``condition_era`` and ``drug_era``; drugs count as their ingredients,
        and vaccines, which are given once, have none.

        All rows of a person must be in the same tables.
        """
        with duckdb.connect() as connection:
            connection.register("ancestor", self._ancestor)
            connection.register("concept", self._concept)
            if "condition_occurrence" in tables:
                connection.register("occurrence", tables["condition_occurrence"])
                tables["condition_era"] = self._islands(connection, "condition_era", _CONDITIONS)
            if "drug_exposure" in tables:
                connection.register("exposure", tables["drug_exposure"])
                drugs = _DRUGS.format(vaccine=names.CLASS_VACCINE)
                tables["drug_era"] = self._islands(connection, "drug_era", drugs)
        return tables

    def _islands(self, connection: duckdb.DuckDBPyConnection, table: str, spans: str) -> pa.Table:
        query = _ISLANDS.format(spans=spans, gap=PERSISTENCE_DAYS, first=self._next[table])
        rows = connection.sql(query).to_arrow_table()
        self._next[table] += rows.num_rows
        schema = arrow_schema(table)
        # The columns come in the order of both tables; condition_era has no gap_days at its end.
        return pa.table(
            [column.cast(field.type) for column, field in zip(rows.columns, schema, strict=False)],
            schema=schema,
        )
