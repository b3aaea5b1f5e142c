"""Lays out each person's course in temporary tables, from which continuity is judged.

``followed``: a person with birth, country and the days of the record; ``form_filled``: which form
was filled in on which day at which visit; ``anchored``: the days that milestones are counted from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from deid.quality.concepts import ids_in, terms
from deid.quality.schedules import forms, milestones
from deid.quality.tables import Records
from deid.vault.rules import sql_text
from deid.vocabulary import names

COUNTRIES = {
    "CN": ("cn", "chn", "china", "people's republic of china", "中国", "中华人民共和国"),
    "US": ("us", "usa", "united states", "united states of america"),
}
"""What an address may call the country (ISO 3166 and in words)."""

PREGNANCY_DAYS = 310
"""A record of pregnancy that begins this much later belongs to the next one."""

DELIVERIES = ("VAGINAL_DELIVERY", "CESAREAN_SECTION", "INSTRUMENTAL_DELIVERY")


def lay_out(records: Records, tables: Collection[str]) -> None:
    """Fill the three tables from those that are there."""
    _people(records, tables)
    _forms(records, tables)
    _anchors(records, tables)


def descendants(keys: Iterable[str], tables: Collection[str]) -> str:
    """SQL of the concepts of ``keys`` and of all below them, as far as the vocabulary is there."""
    wanted = ids_in(keys)
    if "concept_ancestor" not in tables:
        return wanted
    return (
        "SELECT descendant_concept_id FROM concept_ancestor "
        f"WHERE ancestor_concept_id IN ({wanted}) UNION SELECT unnest([{wanted}])"
    )


def _people(records: Records, tables: Collection[str]) -> None:
    """The country of the address, of the health centre, or that of a Chinese or English note."""
    sources, joins = [], ""
    if "location" in tables:
        joins += " LEFT JOIN location home ON p.location_id = home.location_id"
        sources.append(_country("home.country_source_value"))
        if "care_site" in tables:
            joins += (
                " LEFT JOIN care_site c ON p.care_site_id = c.care_site_id"
                " LEFT JOIN location clinic ON c.location_id = clinic.location_id"
            )
            sources.append(_country("clinic.country_source_value"))
    if "note" in tables:
        joins += (
            " LEFT JOIN (SELECT person_id, mode(language_concept_id) AS language FROM note "
            "GROUP BY 1) n ON p.person_id = n.person_id"
        )
        sources.append(
            f"CASE n.language WHEN {names.CHINESE} THEN 'CN' WHEN {names.ENGLISH} THEN 'US' END"
        )
    records.connection.execute(
        "CREATE OR REPLACE TEMP TABLE followed AS SELECT p.person_id, d.birth, o.first, "
        "least(o.last, m.death_date) AS last, "
        f"coalesce({', '.join(sources) or 'NULL'}, NULL) AS country FROM person p "
        "JOIN (SELECT person_id, min(observation_period_start_date) AS first, "
        "max(observation_period_end_date) AS last FROM observation_period GROUP BY 1) o "
        "ON p.person_id = o.person_id JOIN person_day d ON p.person_id = d.person_id "
        "LEFT JOIN (SELECT person_id, min(death_date) AS death_date FROM death_day GROUP BY 1) m "
        f"ON p.person_id = m.person_id{joins}"
    )


def _country(column: str) -> str:
    cases = " ".join(
        f"WHEN lower(trim({column})) IN ({', '.join(map(sql_text, words))}) THEN '{code}'"
        for code, words in COUNTRIES.items()
    )
    return f"CASE {cases} END"


def _forms(records: Records, tables: Collection[str]) -> None:
    parts = []
    for form, (_, known_by) in forms().items():
        for key in known_by:
            question, _, about = key.partition(":")
            concept = terms()[question].concept_id
            if terms()[question].domain_id == "Note":
                if "note" in tables:
                    parts.append(
                        f"SELECT person_id, '{form}' AS form, note_date AS day, "
                        "visit_occurrence_id AS visit FROM note "
                        f"WHERE note_class_concept_id = {concept}"
                    )
            elif "observation" in tables:
                qualified = f" AND qualifier_concept_id = {ids_in([about])}" if about else ""
                parts.append(
                    f"SELECT person_id, '{form}', observation_date, visit_occurrence_id "
                    f"FROM observation WHERE observation_concept_id = {concept}{qualified}"
                )
    if "drug_exposure" in tables:
        given = {m.form for lines in milestones().values() for m in lines if m.dose is not None}
        parts += [
            f"SELECT person_id, '{key}', drug_exposure_start_date, visit_occurrence_id "
            f"FROM drug_exposure WHERE drug_concept_id IN ({descendants([key], tables)})"
            for key in sorted(given)
        ]
    none = (
        "SELECT NULL::BIGINT AS person_id, NULL::VARCHAR AS form, NULL::DATE AS day, "
        "NULL::BIGINT AS visit WHERE false"
    )
    # Two notes of one visit are one form; a form entered after the record's end was not kept.
    records.connection.execute(
        "CREATE OR REPLACE TEMP TABLE form_filled AS SELECT person_id, form, day, "
        f"min(visit) AS visit FROM ({' UNION ALL '.join([none, *parts])}) "
        "JOIN followed f USING (person_id) WHERE day BETWEEN f.first AND f.last "
        "GROUP BY person_id, form, day"
    )


def _anchors(records: Records, tables: Collection[str]) -> None:
    """``day`` and ``until``, the last day on which something may still be due."""
    parts = ["SELECT person_id, 'BIRTH' AS anchor, birth AS day, last AS until FROM followed"]
    if "procedure_occurrence" in tables and "visit_occurrence" in tables:
        born = ids_in(DELIVERIES)
        parts += [
            f"SELECT person_id, '{anchor}', {day}, last FROM procedure_occurrence JOIN "
            "visit_occurrence USING (person_id, visit_occurrence_id) JOIN followed USING "
            f"(person_id) WHERE procedure_concept_id IN ({born})"
            for anchor, day in (("DELIVERY", "procedure_date"), ("DISCHARGE", "visit_end_date"))
        ]
    if "observation" in tables:
        week, outcome = ids_in(["GESTATIONAL_WEEK"]), ids_in(["PREGNANCY_OUTCOME"])
        parts.append(
            "SELECT person_id, 'LMP', lmp, least(last, ended, lmp + 294) FROM ("
            "SELECT person_id, min(lmp) AS lmp FROM (SELECT *, count(*) FILTER (new) OVER "
            "(PARTITION BY person_id ORDER BY lmp) AS pregnancy FROM (SELECT person_id, lmp, "
            f"lmp - lag(lmp) OVER (PARTITION BY person_id ORDER BY lmp) > {PREGNANCY_DAYS // 2} "
            "AS new FROM (SELECT person_id, observation_date - CAST(7 * value_as_number AS "
            f"INTEGER) AS lmp FROM observation WHERE observation_concept_id = {week} "
            "AND value_as_number BETWEEN 3 AND 44))) GROUP BY person_id, pregnancy) "
            "JOIN followed USING (person_id) LEFT JOIN LATERAL (SELECT min(observation_date) AS "
            f"ended FROM observation o WHERE o.observation_concept_id = {outcome} AND "
            f"o.person_id = followed.person_id AND observation_date BETWEEN lmp AND lmp + "
            f"{PREGNANCY_DAYS}) ON true"
        )
    if "condition_occurrence" in tables:
        problems = {m.anchor for lines in milestones().values() for m in lines} & set(terms())
        parts += [
            f"SELECT person_id, '{key}', min(condition_start_date), any_value(last) FROM "
            "condition_occurrence JOIN followed USING (person_id) WHERE condition_concept_id IN "
            f"({descendants([key], tables)}) GROUP BY person_id"
            for key in sorted(problems)
        ]
    records.connection.execute(f"CREATE OR REPLACE TEMP TABLE anchored AS {' UNION '.join(parts)}")
