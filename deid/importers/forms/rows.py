"""From contacts and what was said at them to rows of the OMOP tables."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa

from deid.forms import load_forms
from deid.forms.words import terms_by_key
from deid.importers.forms.ids import row_id
from deid.importers.forms.workbench import Workbench
from deid.vault.arrival import PLACE
from deid.vault.rules import sql_text
from deid.vocabulary import names

_VITAL = (
    "SYSTOLIC_BP", "DIASTOLIC_BP", "BP_LEFT_SYSTOLIC", "BP_LEFT_DIASTOLIC", "HEART_RATE",
    "RESPIRATORY_RATE", "BODY_TEMPERATURE", "BODY_WEIGHT", "BODY_HEIGHT", "BMI",
    "WAIST_CIRCUMFERENCE",
)  # fmt: skip
"""Measured at the contact itself; what else is measured comes from a laboratory."""

_VALUE = "coalesce(value_source, CAST(value_id AS VARCHAR))"
_AS_WRITTEN = ("visit_occurrence_id", "form", "source")
_PLACE = f"file || ' row ' || _row AS {PLACE}"


def event_tables(bench: Workbench, source: str, last_day: dt.date) -> dict[str, pa.Table]:
    """Rows of the tables of contacts; supplies of drugs end by ``last_day`` or death.

    What two forms of one contact say alike is one row.
    """
    _join(bench, source)
    made = {
        "provider": _named(bench, "provider", "doctor", source),
        "care_site": _named(bench, "care_site", "institution", source),
        "visit_occurrence": _visits(bench),
        "measurement": _measurements(bench),
        "observation": _observations(bench),
        "condition_occurrence": _conditions(bench),
        "drug_exposure": _drugs(bench, last_day),
        "procedure_occurrence": _procedures(bench),
        "note": _notes(bench),
    }
    return {table: rows for table, rows in made.items() if rows.num_rows}


def _join(bench: Workbench, source: str) -> None:
    """Views ``visit`` (a contact with its visit) and ``said`` (a fact with its visit)."""
    visit = row_id("visit", "person_id", "day", "end_day", "visit_id", "doctor", "institution")
    for name, kind in (("doctor", "provider"), ("institution", "care_site")):
        bench.db.execute(
            f"ALTER TABLE contact ADD COLUMN {kind}_id BIGINT; "
            f"UPDATE contact SET {kind}_id = {row_id(kind, sql_text(source), name)} "
            f"WHERE {name} IS NOT NULL"
        )
    bench.db.execute(
        f"CREATE TEMP TABLE visit AS SELECT *, {visit} AS visit_occurrence_id FROM contact "
        "WHERE day IS NOT NULL"
    )
    bench.db.execute(
        "CREATE TEMP VIEW told AS SELECT visit.*, fact.* EXCLUDE (file, _row, day, end_day), "
        "fact.day AS onset FROM fact JOIN visit ON visit.file = fact.file "
        "AND visit._row = fact._row"
    )


def _once(
    bench: Workbench, table: str, columns: str, where: str, identity: tuple[str, ...]
) -> pa.Table:
    """Rows of ``told`` that differ in their identity, each with its id.

    The id is drawn from what was written, not from its concept, which a later vocabulary may give;
    and where the concept's domain is not that of the column, from the table of the column.
    """
    key = f"{table}_id"
    asked = " ".join(
        f"WHEN '{slot}' THEN {row_id(other, *_AS_WRITTEN)}"
        for slot, other in (
            ("condition", "condition_occurrence"),
            ("procedure", "procedure_occurrence"),
        )
    )
    return bench.db.sql(
        f"SELECT CASE asked {asked} ELSE {row_id(table, *identity)} END AS {key}, "
        f"person_id, provider_id, visit_occurrence_id, {columns}, {_PLACE} FROM told WHERE {where} "
        f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY file, _row, place) = 1 "
        f"ORDER BY {key}"
    ).to_arrow_table()


def _named(bench: Workbench, table: str, name: str, source: str) -> pa.Table:
    return bench.db.sql(
        f"SELECT {table}_id, {name} AS {table}_name, min(file || ' row ' || _row) AS {PLACE} "
        f"FROM visit WHERE {table}_id IS NOT NULL GROUP BY ALL ORDER BY {name}"
    ).to_arrow_table()


def _visits(bench: Workbench) -> pa.Table:
    return bench.db.sql(
        "SELECT visit_occurrence_id, person_id, visit_id AS visit_concept_id, "
        "day AS visit_start_date, end_day AS visit_end_date, "
        f"{names.EHR_ENCOUNTER_RECORD} AS visit_type_concept_id, provider_id, care_site_id, "
        f"form AS visit_source_value, {_PLACE} FROM visit QUALIFY row_number() OVER "
        "(PARTITION BY visit_occurrence_id ORDER BY file, _row) = 1 ORDER BY file, _row"
    ).to_arrow_table()


def _measurements(bench: Workbench) -> pa.Table:
    ranges = [
        (term.concept_id, term.range_low, term.range_high)
        for term in terms_by_key().values()
        if term.range_low is not None or term.range_high is not None
    ]
    low, high = (
        "CASE concept_id "
        + " ".join(
            f"WHEN {each[0]} THEN {each[side]!r}" for each in ranges if each[side] is not None
        )
        + " END"
        for side in (1, 2)
    )
    vital = ", ".join(str(terms_by_key()[key].concept_id) for key in _VITAL)
    return _once(
        bench,
        "measurement",
        "concept_id AS measurement_concept_id, day AS measurement_date, "
        f"CASE WHEN concept_id IN ({vital}) THEN {names.EHR_ENCOUNTER_RECORD} "
        f"ELSE {names.LAB} END AS measurement_type_concept_id, number AS value_as_number, "
        "unit_id AS unit_concept_id, "
        f"CASE WHEN number IS NOT NULL THEN {low} END AS range_low, "
        f"CASE WHEN number IS NOT NULL THEN {high} END AS range_high, "
        "value_id AS value_as_concept_id, value_source AS value_source_value, "
        "source AS measurement_source_value, "
        "nullif(source_concept_id, 0) AS measurement_source_concept_id",
        "slot = 'measurement'",
        ("visit_occurrence_id", "source", "number", "unit_id", _VALUE),
    )


def _observations(bench: Workbench) -> pa.Table:
    return _once(
        bench,
        "observation",
        "concept_id AS observation_concept_id, day AS observation_date, "
        f"{names.EHR_ENCOUNTER_RECORD} AS observation_type_concept_id, "
        "number AS value_as_number, text AS value_as_string, value_id AS value_as_concept_id, "
        "qualifier_id AS qualifier_concept_id, unit_id AS unit_concept_id, "
        "source AS observation_source_value, value_source AS value_source_value, "
        "nullif(source_concept_id, 0) AS observation_source_concept_id",
        "slot = 'observation'",
        (
            "visit_occurrence_id", "source", "number", _VALUE, "qualifier_id", "text",
        ),
    )  # fmt: skip


def _conditions(bench: Workbench) -> pa.Table:
    """Those of a contact, and those of a person's history, which belong to no contact."""
    of_contact = _once(
        bench,
        "condition_occurrence",
        "concept_id AS condition_concept_id, day AS condition_start_date, "
        "end_day AS condition_end_date, "
        f"{names.EHR_ENCOUNTER_RECORD} AS condition_type_concept_id, "
        "source AS condition_source_value, "
        "nullif(source_concept_id, 0) AS condition_source_concept_id",
        "slot = 'condition'",
        _AS_WRITTEN,
    )
    identity = ("source", "fact.day", "fact.end_day")
    of_person = bench.db.sql(
        f"SELECT {row_id('history', 'person_id', *identity)} "
        "AS condition_occurrence_id, person_id, provider_id, NULL::BIGINT AS visit_occurrence_id, "
        "concept_id AS condition_concept_id, "
        "coalesce(fact.day, contact.day) AS condition_start_date, "
        "fact.end_day AS condition_end_date, "
        f"{names.EHR_PROBLEM_LIST} AS condition_type_concept_id, "
        "source AS condition_source_value, "
        "nullif(source_concept_id, 0) AS condition_source_concept_id, "
        f"contact.file || ' row ' || contact._row AS {PLACE} "
        "FROM fact JOIN contact ON contact.file = fact.file AND contact._row = fact._row "
        "WHERE slot = 'history' AND condition_start_date IS NOT NULL QUALIFY row_number() OVER "
        "(PARTITION BY condition_occurrence_id ORDER BY contact._row, place) = 1 "
        "ORDER BY contact._row, place"
    ).to_arrow_table()
    return pa.concat_tables([of_contact, of_person], promote_options="permissive")


def _drugs(bench: Workbench, last_day: dt.date) -> pa.Table:
    """A supply ends after its days, at death or on the last day, whichever comes first.

    Drugs of a discharge begin on its day.
    """
    bench.db.execute("CREATE TABLE IF NOT EXISTS death (person_id BIGINT, death_date DATE)")
    vaccine = "slot = 'vaccine'"
    start = "CASE WHEN form = 'discharge' AND slot = 'drug' THEN end_day ELSE day END"
    died = "(SELECT min(death_date) FROM death WHERE death.person_id = told.person_id)"
    end = (
        f"least({start} + CAST(coalesce(days, 1) - 1 AS INTEGER), "
        f"DATE '{last_day.isoformat()}', {died})"
    )
    sig = (
        "nullif(concat_ws(' x ', dose, CASE WHEN times IS NOT NULL THEN "
        "CASE WHEN times = trunc(times) THEN CAST(CAST(times AS BIGINT) AS VARCHAR) "
        "ELSE CAST(times AS VARCHAR) END || '/d' END), '')"
    )
    return _once(
        bench,
        "drug_exposure",
        f"concept_id AS drug_concept_id, {start} AS drug_exposure_start_date, "
        f"CASE WHEN {vaccine} THEN day ELSE greatest({start}, {end}) END "
        "AS drug_exposure_end_date, "
        f"CASE WHEN {vaccine} THEN {names.EHR_ENCOUNTER_RECORD} ELSE {names.EHR_PRESCRIPTION} END "
        "AS drug_type_concept_id, "
        f"CASE WHEN {vaccine} THEN 1.0 ELSE times * days END AS quantity, "
        f"CASE WHEN {vaccine} THEN 1 ELSE days END AS days_supply, {sig} AS sig, "
        "source AS drug_source_value, nullif(source_concept_id, 0) AS drug_source_concept_id",
        "slot IN ('drug', 'vaccine')",
        (*_AS_WRITTEN, "dose", "times", "days"),
    )


def _procedures(bench: Workbench) -> pa.Table:
    return _once(
        bench,
        "procedure_occurrence",
        "concept_id AS procedure_concept_id, day AS procedure_date, "
        f"{names.EHR_ENCOUNTER_RECORD} AS procedure_type_concept_id, 1 AS quantity, "
        "source AS procedure_source_value, "
        "nullif(source_concept_id, 0) AS procedure_source_concept_id",
        "slot = 'procedure'",
        _AS_WRITTEN,
    )


def _notes(bench: Workbench) -> pa.Table:
    classes = " ".join(
        f"WHEN {sql_text(form.key)} THEN {terms_by_key()[form.note_class].concept_id}"
        for form in load_forms()
    )
    titles = " ".join(
        f"WHEN {sql_text(form.key + language)} THEN {sql_text(form.name(language))}"
        for form in load_forms()
        for language in ("zh", "en")
    )  # fmt: skip
    return _once(
        bench,
        "note",
        f"end_day AS note_date, {names.EHR_NOTE} AS note_type_concept_id, "
        f"CASE form {classes} END AS note_class_concept_id, "
        f"CASE form || language {titles} END AS note_title, text AS note_text, "
        f"{names.UTF_8} AS encoding_concept_id, CASE language WHEN 'zh' THEN {names.CHINESE} "
        f"ELSE {names.ENGLISH} END AS language_concept_id, form AS note_source_value",
        "slot = 'note'",
        ("visit_occurrence_id", "form", "text"),
    )
