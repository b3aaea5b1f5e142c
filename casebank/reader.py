"""Reads records of people from a release.

One DuckDB query a table, filtered by person id, so that Parquet statistics and projection keep the
reading small. A release may lack tables and columns (its policy decides).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import duckdb

from casebank.errors import RecordNotFound, RecordUnusable
from casebank.kinship import relation_of
from casebank.model import Language
from casebank.record import BirthYears, Event, Record, Relative
from casebank.rows import (
    EVENT_TABLES,
    EventTable,
    Naming,
    event_order,
    events_of,
    first_name,
    note_of,
    visit_of,
    visit_order,
)
from deid.release import BIRTH_YEARS, Release

# Concepts of OMOP's own tables that mark a fact of fact_relationship as a person.
PERSON_FACTS = (56, 1147314)
_READ = (
    "person",
    "visit_occurrence",
    "death",
    "note",
    "fact_relationship",
    "concept",
    "concept_synonym",
    BIRTH_YEARS,
    *(table.name for table in EVENT_TABLES),
)
_LINK_COLUMNS = (
    "domain_concept_id_1",
    "fact_id_1",
    "domain_concept_id_2",
    "fact_id_2",
    "relationship_concept_id",
)


class RecordReader:
    """Reads records of one release through one connection. A context manager.

    ``many`` reads the tables once into memory, for who reads many records of a small release.
    """

    def __init__(self, release: Release, *, many: bool = False) -> None:
        self._release = release
        self._columns = {
            table: {name for name, _ in entry.columns}
            for table, entry in release.manifest.tables.items()
        }
        self._connection = release.connect()
        if many:
            for table in _READ:
                if table in self._columns:
                    self._connection.execute(
                        f'CREATE TEMP TABLE "{table}" AS SELECT * FROM memory.main."{table}"'
                    )

    def __enter__(self) -> RecordReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection, for queries over the whole release."""
        return self._connection

    def has(self, table: str, *columns: str) -> bool:
        """Whether the release has this table with these columns."""
        return table in self._columns and set(columns) <= self._columns[table]

    def read(self, person_id: int, language: Language | None = None) -> Record:
        """The record of ``person_id``, with names shown in ``language`` where the release has them.

        Without a language, it is the one that most of the notes are written in.

        Raises:
            RecordNotFound: if the release has no such person.
            RecordUnusable: if a table lacks a column that a case cannot do without.
        """
        person = self._rows(
            "person", [person_id], ("person_id",), ("gender_concept_id", "year_of_birth")
        )
        if not person:
            raise RecordNotFound("the release has no person of that id")
        rows = {table.name: self._event_rows(table, [person_id]) for table in EVENT_TABLES}
        visits = self._rows(
            "visit_occurrence",
            [person_id],
            ("visit_occurrence_id", "visit_start_date"),
            ("visit_end_date", "visit_concept_id", "visit_source_concept_id"),
        )
        death = self._rows(
            "death", [person_id], ("death_date",), ("cause_concept_id", "cause_source_concept_id")
        )
        notes = self._rows(
            "note",
            [person_id],
            ("note_id", "note_date", "note_text"),
            ("note_title", "visit_occurrence_id"),
        )
        links = self._relative_links(person_id)
        kin = sorted({link["fact_id_2"] for link in links})
        kin_people = {
            row["person_id"]: row
            for row in self._rows(
                "person", kin, ("person_id",), ("gender_concept_id", "year_of_birth")
            )
        }
        kin_rows = self._event_rows(EVENT_TABLES[0], kin)
        kin_deaths = {
            row["person_id"]: row["death_date"]
            for row in self._rows("death", kin, ("person_id", "death_date"))
        }
        kin_links = self._links_among([person_id, *kin])
        born = self._births([*person, *kin_people.values()])

        everything = [*person, *visits, *death, *links, *kin_rows, *kin_links]
        everything += [row for table_rows in rows.values() for row in table_rows]
        names, vocabularies, codes = self._concepts(everything)
        if language is None:
            language = _written_in([row["note_text"] or "" for row in notes])
        chinese = self._chinese_names(names)
        shown = {**names, **chinese} if language == "zh" else names
        other = names if language == "zh" else chinese
        naming = Naming(names, shown, other, chinese, vocabularies, codes)
        unnamed: dict[str, int] = {}
        events: list[Event] = []
        for table in EVENT_TABLES:
            events += events_of(table, rows[table.name], naming, unnamed)
        kin_events: dict[int, list[Event]] = {}
        for row in kin_rows:
            kin_events.setdefault(row["person_id"], []).extend(
                events_of(EVENT_TABLES[0], [row], naming, {})
            )
        parents = _parents(kin_links, names)
        cause = next(iter(death), None)
        return Record(
            release=self._release.name,
            person_id=person_id,
            language=language,
            sex_concept_id=person[0]["gender_concept_id"] or 0,
            born=born.get(person_id),
            visits=tuple(sorted((visit_of(row, shown) for row in visits), key=visit_order)),
            events=tuple(sorted(events, key=event_order)),
            notes=tuple(
                sorted(
                    (note_of(row) for row in notes if (row["note_text"] or "").strip()),
                    key=lambda note: (note.day, note.note_id),
                )
            ),
            relatives=tuple(
                Relative(
                    relationship=shown.get(link["relationship_concept_id"], ""),
                    inverse=link["inverse"],
                    row_id=link["fact_id_2"],
                    sex_concept_id=kin_people[link["fact_id_2"]]["gender_concept_id"] or 0,
                    born=born.get(link["fact_id_2"]),
                    conditions=tuple(
                        sorted(
                            kin_events.get(link["fact_id_2"], ()),
                            key=event_order,
                        )
                    ),
                    named=names.get(link["relationship_concept_id"], ""),
                    death=kin_deaths.get(link["fact_id_2"]),
                    parents=tuple(sorted(parents.get(link["fact_id_2"], ()))),
                )
                for link in links
                if link["fact_id_2"] in kin_people
            ),
            death=cause["death_date"] if cause else None,
            death_cause=first_name(
                cause or {}, ("cause_concept_id", "cause_source_concept_id"), shown
            )[0],
            unnamed=unnamed,
        )

    def _births(self, people: Sequence[dict[str, Any]]) -> dict[int, BirthYears]:
        """Years in which each person may have been born; nobody for whom none was released."""
        born = {
            row["person_id"]: BirthYears(row["year_of_birth"], row["year_of_birth"])
            for row in people
            if row["year_of_birth"] is not None
        }
        bands = self._rows(
            BIRTH_YEARS,
            [row["person_id"] for row in people],
            ("person_id", "first_year", "last_year"),
        )
        for row in bands:
            born[row["person_id"]] = BirthYears(row["first_year"], row["last_year"])
        return born

    def _rows(
        self,
        table: str,
        people: list[int],
        needed: tuple[str, ...],
        wanted: tuple[str, ...] = (),
    ) -> list[dict[str, Any]]:
        """Rows of ``people`` as dictionaries; a wanted column that is absent is None."""
        if table not in self._columns or not people:
            return []
        missing = [name for name in (*needed, "person_id") if name not in self._columns[table]]
        if missing:
            raise RecordUnusable(f"table {table} has no column {missing[0]}")
        selected = ", ".join(
            self._expression(table, name) for name in dict.fromkeys((*needed, *wanted))
        )
        dated = [name for name in needed if name.endswith("_date")]
        filters = "".join(f' AND "{name}" IS NOT NULL' for name in dated)
        relation = self._connection.execute(
            f'SELECT {selected} FROM "{table}" '
            f"WHERE person_id IN (SELECT unnest(?::BIGINT[])){filters}",
            [people],
        )
        columns = [column[0] for column in relation.description]
        return [dict(zip(columns, row, strict=True)) for row in relation.fetchall()]

    def _expression(self, table: str, name: str) -> str:
        """A column cast to its OMOP type: some datasets hold numbers and ids as text."""
        if name not in self._columns[table]:
            return f'NULL AS "{name}"'
        if name.endswith("_id") or name in {"year_of_birth", "first_year", "last_year"}:
            return f'TRY_CAST("{name}" AS BIGINT) AS "{name}"'
        if name.endswith("_date"):
            return f'TRY_CAST("{name}" AS DATE) AS "{name}"'
        if name in {"value_as_number", "quantity", "days_supply", "range_low", "range_high"}:
            return f'TRY_CAST("{name}" AS DOUBLE) AS "{name}"'
        return f'CAST("{name}" AS VARCHAR) AS "{name}"'

    def _event_rows(self, table: EventTable, people: list[int]) -> list[dict[str, Any]]:
        wanted = [table.source_concept, table.source_value, "visit_occurrence_id", "person_id"]
        if table.end:
            wanted.append(table.end)
        if table.name in {"measurement", "observation"}:
            wanted += ["value_as_number", "value_as_concept_id", "value_source_value"]
            wanted += ["unit_concept_id", "unit_source_value", "qualifier_concept_id"]
        if table.name == "observation":
            wanted.append("value_as_string")
        if table.name == "drug_exposure":
            wanted += ["sig", "stop_reason"]
        return self._rows(
            table.name, people, (table.row_id, table.concept, table.start), tuple(wanted)
        )

    def _relative_links(self, person_id: int) -> list[dict[str, Any]]:
        if not self.has("fact_relationship", *_LINK_COLUMNS):
            return []
        facts = ", ".join(str(concept) for concept in PERSON_FACTS)
        found = self._connection.execute(
            "SELECT CASE WHEN fact_id_2 = $1 THEN fact_id_1 ELSE fact_id_2 END::BIGINT AS other, "
            "fact_id_2 <> $1 AS inverse, relationship_concept_id::BIGINT FROM fact_relationship "
            "WHERE (fact_id_1 = $1 OR fact_id_2 = $1) AND fact_id_1 <> fact_id_2 "
            f"AND domain_concept_id_1 IN ({facts}) AND domain_concept_id_2 IN ({facts}) "
            "ORDER BY other, inverse, relationship_concept_id",
            [person_id],
        ).fetchall()
        links: dict[int, dict[str, Any]] = {}
        for other, inverse, kind in found:
            # What the relative is to the person is said better by the row that says just that.
            links.setdefault(
                other,
                {"fact_id_2": other, "relationship_concept_id": kind, "inverse": inverse},
            )
        return list(links.values())

    def _links_among(self, people: list[int]) -> list[dict[str, Any]]:
        """Relationships between any two of ``people``."""
        if len(people) < 2 or not self.has("fact_relationship", *_LINK_COLUMNS):
            return []
        facts = ", ".join(str(concept) for concept in PERSON_FACTS)
        found = self._connection.execute(
            "SELECT fact_id_1::BIGINT, fact_id_2::BIGINT, relationship_concept_id::BIGINT "
            "FROM fact_relationship WHERE fact_id_1 IN (SELECT unnest($1::BIGINT[])) "
            "AND fact_id_2 IN (SELECT unnest($1::BIGINT[])) "
            f"AND domain_concept_id_1 IN ({facts}) AND domain_concept_id_2 IN ({facts})",
            [people],
        ).fetchall()
        return [
            {"fact_id_1": one, "fact_id_2": two, "relationship_concept_id": kind}
            for one, two, kind in found
        ]

    def _concepts(
        self, rows: Iterable[dict[str, Any]]
    ) -> tuple[dict[int, str], dict[int, str], dict[int, str]]:
        """Names, vocabularies and codes of all concepts that ``rows`` refer to."""
        wanted = sorted(
            {
                value
                for row in rows
                for column, value in row.items()
                if column.endswith("concept_id") and value
            }
        )
        if not wanted or not self.has("concept", "concept_id", "concept_name"):
            return {}, {}, {}
        vocabulary = "vocabulary_id" if self.has("concept", "vocabulary_id") else "NULL"
        code = "concept_code" if self.has("concept", "concept_code") else "NULL"
        found = self._connection.execute(
            f"SELECT concept_id::BIGINT, concept_name, {vocabulary}, {code} FROM concept "
            "WHERE concept_id IN (SELECT unnest(?::BIGINT[])) "
            "AND concept_id <> 0 AND trim(concept_name) <> ''",
            [wanted],
        ).fetchall()
        return (
            {concept: name for concept, name, _, _ in found},
            {concept: vocabulary or "" for concept, _, vocabulary, _ in found},
            {concept: code or "" for concept, _, _, code in found},
        )

    def _chinese_names(self, concepts: Iterable[int]) -> dict[int, str]:
        """Synonyms in Chinese characters: language concepts differ between vocabularies."""
        if not self.has("concept_synonym", "concept_id", "concept_synonym_name"):
            return {}
        return dict(
            self._connection.execute(
                "SELECT concept_id::BIGINT, min(concept_synonym_name) FROM concept_synonym "
                "WHERE regexp_matches(concept_synonym_name, '[\u4e00-\u9fff]') "
                "AND concept_id IN (SELECT unnest(?::BIGINT[])) GROUP BY concept_id",
                [sorted(concepts)],
            ).fetchall()
        )


def read_record(release: Release, person_id: int, language: Language | None = None) -> Record:
    """The record of one person, as :meth:`RecordReader.read` gives it.

    Raises:
        RecordNotFound: if the release has no such person.
        RecordUnusable: if a table lacks a column that a case cannot do without.
    """
    with RecordReader(release) as reader:
        return reader.read(person_id, language)


def _parents(links: Sequence[dict[str, Any]], names: dict[int, str]) -> dict[int, set[int]]:
    """For each person of ``links`` who the parents are among them."""
    parents: dict[int, set[int]] = {}
    for link in links:
        one, two = link["fact_id_1"], link["fact_id_2"]
        relation = relation_of(names.get(link["relationship_concept_id"], ""), inverse=False)
        if relation == "parent":
            parents.setdefault(two, set()).add(one)
        elif relation == "child":
            parents.setdefault(one, set()).add(two)
    return parents


def _written_in(texts: list[str]) -> Language:
    chinese = sum(1 for text in texts if any("\u4e00" <= letter <= "\u9fff" for letter in text))
    return "zh" if chinese * 2 > len(texts) else "en"
