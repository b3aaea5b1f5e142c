"""Takes the rows of form files apart into contacts, what they say, and what is wrong with them.

All in DuckDB, in memory, column by column: the rows are identified, nothing is written to disk.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import pyarrow as pa

from deid.forms import Column
from deid.forms.model import CHOSEN, OF_THE_PROBLEM
from deid.forms.words import terms_by_key
from deid.importers.forms.cells import Said, reader_of
from deid.importers.forms.expressions import (
    check_character,
    day_of,
    is_day_number,
    number_of,
    tidy_number,
    word_of,
)
from deid.importers.forms.files import FormFile
from deid.importers.forms.meanings import Meanings
from deid.vault.rules import sql_text
from deid.vault.staging import open_staging
from deid.vocabulary import names

_CODED = CHOSEN | {"diagnoses", "procedures", "vaccines", "family", "history", "items"}
_SAID = pa.schema(
    [
        ("cell", pa.string()),
        ("part", pa.int64()),
        ("slot", pa.string()),
        ("concept_id", pa.int64()),
        ("source_concept_id", pa.int64()),
        ("source", pa.string()),
        ("number", pa.float64()),
        ("value_id", pa.int64()),
        ("value_source", pa.string()),
        ("qualifier_id", pa.int64()),
        ("text", pa.string()),
        ("unit_id", pa.int64()),
        ("day", pa.date32()),
        ("end_day", pa.date32()),
        ("asked", pa.string()),
        ("fault", pa.string()),
    ]
)
_SPOKEN = {name: name for name in _SAID.names if name not in {"cell", "part", "fault"}}
_PLAUSIBLE = "outside what the form expects"
_NUMBERS = {
    "RECORD_NO": ("[0-9]{17}", "not of 17 digits"),
    "ID_CARD": ("[0-9]{17}[0-9X]|[0-9]{15}", "not a number of an ID card"),
}
"""What numbers of a kind look like (GB 11643 for ID cards), and what to say of others."""


class Workbench:
    """The rows of all files so far.

    ``contact`` has one row a form (a line that only brings a person has no day), ``fact`` one for
    each thing said, ``fault`` one for each row or cell that is left out (kinds ``person``, ``row``,
    ``cell``) or doubtful (``kept``).
    """

    def __init__(self, meanings: Meanings) -> None:
        self.db: duckdb.DuckDBPyConnection = open_staging()
        self._meanings = meanings
        self.db.execute(
            "CREATE TABLE contact (file VARCHAR, form VARCHAR, _row BIGINT, person_id BIGINT, "
            "day DATE, end_day DATE, visit_id BIGINT, doctor VARCHAR, institution VARCHAR, "
            "language VARCHAR)"
        )
        self.db.execute(
            "CREATE TABLE fact (file VARCHAR, _row BIGINT, place BIGINT, slot VARCHAR, "
            "concept_id BIGINT, source_concept_id BIGINT, source VARCHAR, number DOUBLE, "
            "value_id BIGINT, value_source VARCHAR, qualifier_id BIGINT, text VARCHAR, "
            "unit_id BIGINT, day DATE, end_day DATE, asked VARCHAR, dose VARCHAR, times DOUBLE, "
            "days BIGINT)"
        )
        self.db.execute(
            "CREATE TABLE fault (file VARCHAR, _row BIGINT, header VARCHAR, reason VARCHAR, "
            "kind VARCHAR)"
        )
        self.db.execute("CREATE TABLE number (kind VARCHAR, value VARCHAR, person_id BIGINT)")

    def know_numbers(self, kinds: list[str], values: list[str], person_ids: list[int]) -> None:
        """Learn whose the identifiers of these kinds and values are."""
        table = pa.table(
            {"kind": kinds, "value": values, "person_id": pa.array(person_ids, pa.int64())}
        )
        self.db.register("numbers", table)
        self.db.execute(
            f"INSERT INTO number SELECT DISTINCT kind, {tidy_number('value')}, person_id "
            "FROM numbers"
        )
        self.db.unregister("numbers")

    def numbers_in(self, file: FormFile) -> dict[str, list[str]]:
        """The distinct identifiers of each kind in a file, as written and without hyphens."""
        found: dict[str, list[str]] = {}
        self.db.register("cells", file.cells)
        for name, column in file.columns.items():
            if column.field.kind == "identifier":
                values = self.db.execute(
                    f"SELECT DISTINCT unnest([{word_of(name)}, {tidy_number(name)}]) FROM cells "
                    f"WHERE {tidy_number(name)} <> ''"
                ).fetchall()
                found[column.field.key] = sorted(value for (value,) in values)
        self.db.unregister("cells")
        return found

    def take(self, file: FormFile) -> None:
        """Take a file apart; the people must be known."""
        self.db.register("cells_read", file.cells)
        self.db.execute("CREATE OR REPLACE TEMP TABLE cells AS SELECT * FROM cells_read")
        self.db.unregister("cells_read")
        self._contacts(file)
        filled = self._filled(file)
        for place, (name, column) in enumerate(file.columns.items()):
            if name in filled:
                self._column(file, place, name, column)
        self._drugs(file, filled)
        self._problem(file)
        self._notes(file)

    def _filled(self, file: FormFile) -> set[str]:
        """The columns with anything in them: most of a long form is empty."""
        counts = ", ".join(f"count({word_of(name)})" for name in file.columns)
        (found,) = self.db.execute(f"SELECT {counts} FROM cells").fetchall()
        return {name for name, count in zip(file.columns, found, strict=True) if count}

    def _contacts(self, file: FormFile) -> None:
        """Find out whose each row is and of which day; refuse the rows of which that is unknown."""
        form = file.form
        by_kind = {column.field.kind: name for name, column in file.columns.items()}
        joins, ids = [], []
        for name, column in file.columns.items():
            if column.field.kind == "identifier":
                joins.append(
                    f"LEFT JOIN number AS {name}_of ON {name}_of.kind = "
                    f"{sql_text(column.field.key)} AND {name}_of.value = {tidy_number(name)}"
                )
                ids.append(f"{name}_of.person_id")
        day = day_of(by_kind["date"]) if "date" in by_kind else "CAST(NULL AS DATE)"
        end = day_of(by_kind["end"]) if "end" in by_kind else day
        known = f"[{', '.join(ids)}]" if ids else "[]::BIGINT[]"
        self.db.execute(
            "CREATE OR REPLACE TEMP TABLE found AS SELECT _row, "
            f"list_distinct(list_filter({known}, lambda one: one IS NOT NULL)) AS people, "
            f"{day} AS day, {end} AS end_day, "
            f"{word_of(by_kind.get('doctor'))} AS doctor, "
            f"{word_of(by_kind.get('institution'))} AS institution "
            f"FROM cells {' '.join(joins)}"
        )
        person = "any person in the vault or the file of persons"
        # A line of the file of persons without a date brings a person, and no form.
        undated = "false"
        if form.of_kind("history") is not None:
            undated = f"{word_of(by_kind.get('date'))} IS NULL"
        self.db.execute(
            "INSERT INTO fault SELECT ?, _row, NULL, CASE "
            f"WHEN len(people) = 0 THEN 'its numbers are not those of {person}' "
            "WHEN len(people) > 1 THEN 'its numbers are those of different people' "
            f"WHEN day IS NULL AND NOT {undated} THEN 'there is no date, or it cannot be read' "
            "WHEN end_day < day THEN 'it ends before it begins' "
            "END AS reason, 'row' FROM found JOIN cells USING (_row) WHERE reason IS NOT NULL "
            "AND _row NOT IN (SELECT _row FROM fault WHERE file = ? AND kind = 'person')",
            [file.name, file.name],
        )
        for name, column in file.columns.items():
            if column.field.key in _NUMBERS:
                self._check_numbers(file, name, column.field.key)
        for name, column in file.columns.items():
            if column.field.kind in {"date", "end"}:
                reason = "days as a spreadsheet counts them, taken as dates,"
                self._fault(file, name, is_day_number(name), reason, kind="kept")
        if "end" in by_kind:
            name = by_kind["end"]
            unread = f"{word_of(name)} IS NOT NULL AND {day_of(name)} IS NULL"
            self._fault(file, name, unread, "not a date")
        default = terms_by_key()[form.mode].concept_id
        self.db.execute(
            "INSERT INTO contact SELECT ?, ?, _row, people[1], day, coalesce(end_day, day), "
            f"{default}, doctor, institution, ? FROM found WHERE _row NOT IN "
            "(SELECT _row FROM fault WHERE file = ? AND kind IN ('row', 'person'))",
            [file.name, form.key, file.language, file.name],
        )

    def _check_numbers(self, file: FormFile, name: str, kind: str) -> None:
        """Tell of numbers that cannot be right; they are kept, for people are known by them."""
        pattern, reason = _NUMBERS[kind]
        number = tidy_number(name)
        wrong = f"NOT regexp_full_match({number}, '{pattern}')"
        if kind == "ID_CARD":
            wrong += f" OR (length({number}) = 18 AND {check_character(number)} <> {number}[18])"
        self._fault(file, name, f"{number} <> '' AND ({wrong})", reason, kind="kept")

    def _column(self, file: FormFile, place: int, name: str, column: Column) -> None:
        kind = column.field.kind
        if kind in {"reading", "amount"}:
            self._numbers(file, place, name, column)
        elif kind == "due":
            self._due(file, place, name, column)
        elif kind in _CODED:
            self._coded(file, place, name, column)
        elif kind == "day":
            self._told(file, place, name, column, f"CAST({day_of(name)} AS VARCHAR)")
        elif kind == "text":
            self._told(file, place, name, column, word_of(name))

    def _numbers(self, file: FormFile, place: int, name: str, column: Column) -> None:
        field, conversion = column.field, column.conversion
        assert conversion is not None
        term = terms_by_key()[conversion.key]
        number = number_of(name)
        value = number
        if not column.exact:
            value = f"{number} * {conversion.factor!r} + {conversion.offset!r}"
        unit = term.unit_concept_id
        if field.kind == "amount" and unit is None and conversion.unit and conversion.unit.concept:
            unit = terms_by_key()[conversion.unit.concept].concept_id
        slot = "measurement" if field.kind == "reading" else "observation"
        self._tell(
            file,
            f"{number} IS NOT NULL",
            place=str(place),
            slot=sql_text(slot),
            concept_id=str(term.concept_id),
            source_concept_id=str(term.concept_id),
            source=sql_text(term.key),
            number=value,
            qualifier_id=_of_the_problem(file, field.key),
            unit_id=_sql(unit),
        )
        self._fault(file, name, f"{word_of(name)} IS NOT NULL AND {number} IS NULL", "not a number")
        if conversion.key == field.key and field.low is not None and field.high is not None:
            self._fault(
                file, name, f"{value} NOT BETWEEN {field.low!r} AND {field.high!r}", _PLAUSIBLE,
                kind="kept",
            )  # fmt: skip

    def _due(self, file: FormFile, place: int, name: str, column: Column) -> None:
        term = terms_by_key()[column.field.key]
        unit = term.unit_concept_id or names.DAY
        self._tell(
            file,
            f"{day_of(name)} IS NOT NULL",
            place=str(place),
            slot="'observation'",
            concept_id=str(term.concept_id),
            source_concept_id=str(term.concept_id),
            source=sql_text(term.key),
            number=f"{day_of(name)} - (SELECT any_value(contact.day) FROM contact "
            f"WHERE contact.file = {sql_text(file.name)} AND contact._row = cells._row)",
            qualifier_id=_of_the_problem(file, term.key),
            unit_id=str(unit),
        )
        self._fault(
            file, name, f"{word_of(name)} IS NOT NULL AND {day_of(name)} IS NULL", "not a date"
        )

    def _told(self, file: FormFile, place: int, name: str, column: Column, text: str) -> None:
        term = terms_by_key()[column.field.key]
        self._tell(
            file,
            f"{text} IS NOT NULL",
            place=str(place),
            slot="'observation'",
            concept_id=str(term.concept_id),
            source_concept_id=str(term.concept_id),
            source=sql_text(term.key),
            text=text,
        )
        self._fault(file, name, f"{word_of(name)} IS NOT NULL AND {text} IS NULL", "not a date")

    def _coded(self, file: FormFile, place: int, name: str, column: Column) -> None:
        self._read_cells(name, column)
        if column.field.kind == "mode":
            self.db.execute(
                "UPDATE contact SET visit_id = said.value_id FROM cells "
                f"JOIN said ON said.cell = {word_of(name)} WHERE contact.file = ? "
                "AND contact._row = cells._row AND said.value_id IS NOT NULL",
                [file.name],
            )
        else:
            qualifier = f"coalesce(qualifier_id, {_of_the_problem(file, column.field.key)})"
            self._tell(
                file,
                "fault IS NULL AND slot <> ''",
                name,
                **_SPOKEN | {"place": f"{place} * 1000 + part", "qualifier_id": qualifier},
            )
        self.db.execute(
            "INSERT INTO fault SELECT ?, _row, ?, said.fault, 'cell' FROM cells "
            f"JOIN said ON said.cell = {word_of(name)} WHERE said.fault IS NOT NULL",
            [file.name, file.headers[name]],
        )

    def _read_cells(self, name: str, column: Column) -> None:
        """Table ``said``: what each distinct text of the column says."""
        texts = self.db.execute(
            f"SELECT DISTINCT {word_of(name)} AS cell FROM cells WHERE {word_of(name)} IS NOT NULL "
            "ORDER BY cell"
        ).fetchall()
        read = reader_of(column.field, self._meanings)
        self.db.register("said", _said_table((cell, read(cell)) for (cell,) in texts))

    def _drugs(self, file: FormFile, filled: set[str]) -> None:
        """Drug lines: each part in a column of its own."""
        lines: dict[int, dict[str, str]] = {}
        for name, column in file.columns.items():
            if column.part and name in filled:
                lines.setdefault(column.line, {})[column.part] = name
        for line, parts in sorted(lines.items()):
            if "drug" not in parts:
                continue
            self._read_cells(parts["drug"], file.columns[parts["drug"]])
            times, days = number_of(parts.get("times")), number_of(parts.get("days"))
            self._tell(
                file,
                "slot = 'drug'",
                parts["drug"],
                **_SPOKEN
                | {
                    "place": str(1_000_000 + line),
                    "dose": word_of(parts.get("dose")),
                    "times": times,
                    "days": f"TRY_CAST({days} AS BIGINT)",
                },
            )
            for part in ("times", "days"):
                if part in parts:
                    name = parts[part]
                    self._fault(
                        file,
                        name,
                        f"{word_of(name)} IS NOT NULL AND {number_of(name)} IS NULL",
                        "not a number",
                    )

    def _problem(self, file: FormFile) -> None:
        """A form about one problem says that the person has it, unless it names others."""
        if file.form.problem is None:
            return
        cell = next(
            (name for name, column in file.columns.items() if column.field.kind == "diagnoses"),
            None,
        )
        self._tell(
            file,
            f"{word_of(cell)} IS NULL",
            place="-1",
            slot="'condition'",
            concept_id=str(terms_by_key()[file.form.problem].concept_id),
            source_concept_id=str(terms_by_key()[file.form.problem].concept_id),
            source=sql_text(file.form.problem),
        )

    def _notes(self, file: FormFile) -> None:
        """All free text of a row becomes one note, each part under its header."""
        parts = [
            f"{sql_text(file.headers[name] + ': ')} || {word_of(name)}"
            for name, column in file.columns.items()
            if column.field.kind == "narrative"
        ]
        if parts:
            text = f"nullif(concat_ws(chr(10), {', '.join(parts)}), '')"
            self._tell(file, f"{text} IS NOT NULL", place="0", slot="'note'", text=text)

    def _tell(self, file: FormFile, where: str, spoken: str | None = None, **columns: str) -> None:
        """Add a fact for each row of ``cells``, or for each thing that a coded column says."""
        told = ", ".join(f"{expression} AS {name}" for name, expression in columns.items())
        joined = f" JOIN said ON said.cell = {word_of(spoken)}" if spoken else ""
        self.db.execute(
            f"INSERT INTO fact BY NAME SELECT {sql_text(file.name)} AS file, _row, {told} "
            f"FROM cells{joined} WHERE {where}"
        )

    def _fault(
        self, file: FormFile, name: str, condition: str, reason: str, kind: str = "cell"
    ) -> None:
        self.db.execute(
            f"INSERT INTO fault SELECT ?, _row, ?, ?, '{kind}' FROM cells WHERE {condition}",
            [file.name, file.headers[name], reason],
        )


def _of_the_problem(file: FormFile, key: str) -> str:
    """The qualifier of what belongs to the form's problem alone."""
    if file.form.problem is None or key not in OF_THE_PROBLEM:
        return "CAST(NULL AS BIGINT)"
    return str(terms_by_key()[file.form.problem].concept_id)


def _sql(number: float | None) -> str:
    return "NULL" if number is None else repr(number)


def _said_table(cells: Iterable[tuple[str, Iterable[Said]]]) -> pa.Table:
    rows = [
        {"cell": cell, "part": part, **vars(said)}
        for cell, parts in cells
        for part, said in enumerate(parts)
    ]
    return pa.Table.from_pylist(rows, schema=_SAID)
