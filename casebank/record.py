"""Reads one released person into frozen data, each with the table, row and column it came from.

One DuckDB query a table, filtered by person id, so that Parquet statistics and projection keep the
reading small. A release may lack tables and columns (its policy decides), and a dataset may name
an event by its standard concept, by its source concept or by its source value only: the first of
these that gives a name is used and remembered as the name's column.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import duckdb

from casebank.errors import RecordNotFound, RecordUnusable
from casebank.model import Language
from deid.release import Release

MALE, FEMALE = 8507, 8532
# Concepts of OMOP's own tables that mark a fact of fact_relationship as a person.
PERSON_FACTS = (56, 1147314)


# What datasets write where they have no value.
NO_VALUE = frozenset({"", "no matching concept", "none", "null", "nan"})


@dataclass(frozen=True)
class EventTable:
    """How a clinical table of OMOP CDM v5.4 names its columns."""

    name: str
    key: str
    concept: str
    start: str
    end: str | None = None

    @property
    def row_id(self) -> str:
        """Name of the primary key."""
        return f"{self.name}_id"

    @property
    def source_concept(self) -> str:
        """Name of the column with the concept of the source's own vocabulary."""
        return f"{self.key}_source_concept_id"

    @property
    def source_value(self) -> str:
        """Name of the column with the source's own code or name."""
        return f"{self.key}_source_value"


EVENT_TABLES = (
    EventTable(
        "condition_occurrence",
        "condition",
        "condition_concept_id",
        "condition_start_date",
        "condition_end_date",
    ),
    EventTable(
        "drug_exposure",
        "drug",
        "drug_concept_id",
        "drug_exposure_start_date",
        "drug_exposure_end_date",
    ),
    EventTable("measurement", "measurement", "measurement_concept_id", "measurement_date"),
    EventTable("observation", "observation", "observation_concept_id", "observation_date"),
    EventTable("procedure_occurrence", "procedure", "procedure_concept_id", "procedure_date"),
    EventTable(
        "device_exposure",
        "device",
        "device_concept_id",
        "device_exposure_start_date",
        "device_exposure_end_date",
    ),
)


@dataclass(frozen=True)
class Event:
    """One row of a clinical table.

    ``name`` and ``value_text`` (a coded or written value) are as the release names them, for rules;
    ``shown_name`` and ``shown_value`` are the same in the language asked for, for people;
    ``names`` are all its names in the release. ``name_column`` and ``value_column`` are the columns
    that name and value came from. ``value`` is in ``unit``.
    """

    table: str
    row_id: int
    concept_id: int
    name: str
    name_column: str
    start: date
    start_column: str
    end: date | None = None
    visit_id: int | None = None
    value: float | None = None
    unit: str = ""
    value_text: str = ""
    value_column: str = ""
    vocabulary: str = ""
    shown_name: str = ""
    names: tuple[str, ...] = ()
    shown_value: str = ""
    detail: str = ""

    @property
    def unanswered(self) -> bool:
        """Whether it is a question or test (LOINC) of which no value was kept."""
        return self.vocabulary == "LOINC" and self.value is None and not self.value_text


@dataclass(frozen=True)
class Visit:
    """One row of visit_occurrence."""

    visit_id: int
    start: date
    end: date
    name: str


@dataclass(frozen=True)
class Note:
    """One note, with the text as it was released."""

    note_id: int
    day: date
    title: str
    text: str = field(repr=False)
    visit_id: int | None = None


@dataclass(frozen=True)
class Relative:
    """Another person of the release who is related, with the names of that person's conditions.

    ``relationship`` says what the relative is to the person ("Parent of"); ``inverse`` is true
    where the release records only what the person is to the relative.
    """

    relationship: str
    inverse: bool
    row_id: int
    sex_concept_id: int
    year_of_birth: int | None
    conditions: tuple[Event, ...]


@dataclass(frozen=True)
class Record:
    """All that a release holds of one person, in order of date."""

    release: str
    person_id: int
    language: Language
    sex_concept_id: int
    year_of_birth: int | None
    visits: tuple[Visit, ...]
    events: tuple[Event, ...]
    notes: tuple[Note, ...]
    relatives: tuple[Relative, ...]
    death: date | None
    death_cause: str
    unnamed: dict[str, int]

    def of(self, table: str) -> tuple[Event, ...]:
        """Events of one table."""
        return tuple(event for event in self.events if event.table == table)

    @cached_property
    def follows_visits(self) -> bool:
        """Whether the record's visits are the contacts there were.

        Some sources keep only a few visits: then over a fifth of the data lie before the first.
        Conditions do not count, as a diagnosis is often dated long before anybody was seen.
        """
        if not self.visits:
            return False
        first = self.visits[0].start
        dated = [e.start for e in self.events if e.table != "condition_occurrence"]
        dated += [note.day for note in self.notes]
        return sum(1 for day in dated if day < first) * 5 <= len(dated)

    @cached_property
    def first_day(self) -> date:
        """Date of the first contact, which is day 0 of a case.

        It is the first visit where the record follows visits, else the first dated thing.

        Raises:
            RecordUnusable: if nothing in the record has a date.
        """
        if self.follows_visits:
            return self.visits[0].start
        dates = [event.start for event in self.events] + [note.day for note in self.notes]
        if not dates:
            raise RecordUnusable("the record holds nothing that has a date")
        return min(dates)


class RecordReader:
    """Reads records of one release through one connection. A context manager."""

    def __init__(self, release: Release) -> None:
        self._release = release
        self._columns = {
            table: {name for name, _ in entry.columns}
            for table, entry in release.manifest.tables.items()
        }
        self._connection = release.connect()

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

        everything = [*person, *visits, *death, *links, *kin_rows]
        everything += [row for table_rows in rows.values() for row in table_rows]
        names, vocabularies, codes = self._concepts(everything)
        if language is None:
            language = _written_in([row["note_text"] or "" for row in notes])
        chinese = self._chinese_names(names)
        shown = {**names, **chinese} if language == "zh" else names
        naming = _Naming(names, shown, chinese, vocabularies, codes)
        unnamed: dict[str, int] = {}
        events: list[Event] = []
        for table in EVENT_TABLES:
            events += _events(table, rows[table.name], naming, unnamed)
        kin_events: dict[int, list[Event]] = {}
        for row in kin_rows:
            kin_events.setdefault(row["person_id"], []).extend(
                _events(EVENT_TABLES[0], [row], naming, {})
            )
        cause = next(iter(death), None)
        return Record(
            release=self._release.name,
            person_id=person_id,
            language=language,
            sex_concept_id=person[0]["gender_concept_id"] or 0,
            year_of_birth=person[0]["year_of_birth"],
            visits=tuple(sorted((_visit(row, shown) for row in visits), key=_visit_order)),
            events=tuple(sorted(events, key=_event_order)),
            notes=tuple(
                sorted(
                    (_note(row) for row in notes if (row["note_text"] or "").strip()),
                    key=lambda note: (note.day, note.note_id),
                )
            ),
            relatives=tuple(
                Relative(
                    relationship=shown.get(link["relationship_concept_id"], ""),
                    inverse=link["inverse"],
                    row_id=link["fact_id_2"],
                    sex_concept_id=kin_people[link["fact_id_2"]]["gender_concept_id"] or 0,
                    year_of_birth=kin_people[link["fact_id_2"]]["year_of_birth"],
                    conditions=tuple(
                        sorted(
                            kin_events.get(link["fact_id_2"], ()),
                            key=_event_order,
                        )
                    ),
                )
                for link in links
                if link["fact_id_2"] in kin_people
            ),
            death=cause["death_date"] if cause else None,
            death_cause=_first_name(
                cause or {}, ("cause_concept_id", "cause_source_concept_id"), shown
            )[0],
            unnamed=unnamed,
        )

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
        if name.endswith("_id") or name == "year_of_birth":
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
        needed = (
            "domain_concept_id_1",
            "fact_id_1",
            "domain_concept_id_2",
            "fact_id_2",
            "relationship_concept_id",
        )
        if not self.has("fact_relationship", *needed):
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


@dataclass(frozen=True)
class _Naming:
    names: dict[int, str]
    shown: dict[int, str]
    chinese: dict[int, str]
    vocabularies: dict[int, str]
    codes: dict[int, str]

    def unit(self, row: dict[str, Any]) -> str:
        """The source's own unit, or the unit concept's UCUM code, or its name."""
        concept = row.get("unit_concept_id") or 0
        if row.get("unit_source_value"):
            return row["unit_source_value"]
        if self.vocabularies.get(concept) == "UCUM" and self.codes.get(concept):
            return self.codes[concept]
        return self.names.get(concept, "")


def read_record(release: Release, person_id: int, language: Language | None = None) -> Record:
    """The record of one person, as :meth:`RecordReader.read` gives it.

    Raises:
        RecordNotFound: if the release has no such person.
        RecordUnusable: if a table lacks a column that a case cannot do without.
    """
    with RecordReader(release) as reader:
        return reader.read(person_id, language)


def _written_in(texts: list[str]) -> Language:
    chinese = sum(1 for text in texts if any("\u4e00" <= letter <= "\u9fff" for letter in text))
    return "zh" if chinese * 2 > len(texts) else "en"


def _first_name(
    row: dict[str, Any], columns: Iterable[str], names: dict[int, str]
) -> tuple[str, str, int]:
    for column in columns:
        concept = row.get(column) or 0
        if concept in names:
            return names[concept], column, concept
    return "", "", 0


def _events(
    table: EventTable,
    rows: list[dict[str, Any]],
    naming: _Naming,
    unnamed: dict[str, int],
) -> list[Event]:
    events = []
    names = naming.names
    for row in rows:
        name, column, concept = _first_name(row, (table.concept, table.source_concept), names)
        if not name and (row[table.source_value] or "").strip():
            name, column = row[table.source_value].strip(), table.source_value
        if not name:
            unnamed[table.name] = unnamed.get(table.name, 0) + 1
            continue
        end = row.get(table.end) if table.end else None
        value_text, value_column = _value_text(row, names)
        events.append(
            Event(
                table=table.name,
                row_id=row[table.row_id],
                concept_id=concept,
                name=name,
                name_column=column,
                start=row[table.start],
                start_column=table.start,
                end=end if end is not None and end >= row[table.start] else None,
                visit_id=row["visit_occurrence_id"],
                value=row.get("value_as_number"),
                unit=naming.unit(row),
                value_text=value_text,
                value_column=value_column,
                vocabulary=naming.vocabularies.get(concept, ""),
                shown_name=naming.shown.get(concept, name),
                names=tuple(n for n in (name, naming.chinese.get(concept, "")) if n),
                shown_value=_value_text(row, naming.shown)[0],
                detail=(row.get("sig") or "").strip(),
            )
        )
    return events


def _value_text(row: dict[str, Any], names: dict[int, str]) -> tuple[str, str]:
    """A value in words and the column that holds it; a number's column with no words."""
    if row.get("value_as_number") is not None:
        return "", "value_as_number"
    coded = names.get(row.get("value_as_concept_id") or 0, "")
    if coded and coded.casefold() != "no matching concept":
        return coded, "value_as_concept_id"
    for column in ("value_as_string", "value_source_value"):
        text = (row.get(column) or "").strip()
        if text.casefold() not in NO_VALUE:
            return text, column
    return "", ""


def _visit(row: dict[str, Any], names: dict[int, str]) -> Visit:
    start = row["visit_start_date"]
    end = row["visit_end_date"]
    name, _, _ = _first_name(row, ("visit_concept_id", "visit_source_concept_id"), names)
    return Visit(
        row["visit_occurrence_id"], start, end if end is not None and end >= start else start, name
    )


def _event_order(event: Event) -> tuple[date, str, str, int]:
    """Row ids are pseudonyms, so that within a day the name makes a better order."""
    return event.start, event.table, event.name.casefold(), event.row_id


def _visit_order(visit: Visit) -> tuple[date, int]:
    return visit.start, visit.visit_id


def _note(row: dict[str, Any]) -> Note:
    return Note(
        note_id=row["note_id"],
        day=row["note_date"],
        title=(row["note_title"] or "").strip(),
        text=row["note_text"],
        visit_id=row["visit_occurrence_id"],
    )
