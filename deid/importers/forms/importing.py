"""Imports a folder of forms in one transaction: read and check all, then map, then load."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Engine, select

from deid.errors import ImportRefused
from deid.importers.forms.files import FormFile, find_form_files, read_form_file
from deid.importers.forms.ids import FIRST_ID, row_id
from deid.importers.forms.meanings import VOCABULARIES, Meanings
from deid.importers.forms.people import PeopleFile, household_rows, know_people
from deid.importers.forms.rows import event_tables
from deid.importers.forms.workbench import Workbench
from deid.importers.mapping import Unmapped
from deid.vault.arrival import PLACE, TableSource
from deid.vault.loading import LoadOptions, Progress, Remarks, import_transaction, load_within
from deid.vault.report import ImportReport, Skipped
from deid.vault.schema import metadata
from deid.vocabulary import names

PERSONS, HOUSEHOLDS = "basic information", "household"
_EXAMPLES = 3
_AREAS = {
    "condition": "Condition",
    "history": "Condition",
    "drug": "Drug",
    "vaccine": "Drug",
    "procedure": "Procedure",
    "measurement": "Item",
}


def import_forms(
    engine: Engine,
    folder: Path,
    source: str = "forms",
    *,
    options: LoadOptions | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import the CSV files of a folder, one a form; ``source`` is the system they come from.

    People are known by their numbers: those of the vault, and those of the file of persons
    (basic_information.csv), whose new people are numbered within ``source``. Importing the same
    forms again changes nothing.

    Raises:
        ImportRefused: for a file that cannot be read or is no form, or if no row can be used;
            nothing is loaded.
        VaultError: if the database fails; nothing is loaded.
    """
    options = options or LoadOptions()
    files = []
    for path, form in find_form_files(folder).items():
        if progress:
            progress(f"reading {path.name}", 0)
        files.append(read_form_file(path, form))
    with import_transaction(engine) as connection:
        meanings = Meanings(connection)
        bench = Workbench(meanings)
        know_people(connection, bench, files)
        dataset: dict[str, pa.Table] = {}
        households = _file(files, HOUSEHOLDS)
        if households:
            dataset |= household_rows(bench, households, source, meanings)
        persons = _file(files, PERSONS)
        people = None
        if persons:
            people = PeopleFile(bench, persons, source, meanings)
            dataset |= people.tables(dataset)
        if "death" in dataset:
            bench.db.register("deaths", dataset["death"])
            bench.db.execute("CREATE TABLE death AS SELECT person_id, death_date FROM deaths")
        for file in files:
            if file.form.key != HOUSEHOLDS:
                if progress:
                    progress(f"mapping {file.name}", 0)
                bench.take(file)
        dataset |= event_tables(bench, source, options.last_day)
        dataset |= _periods(connection, bench, options.last_day)
        remarks = _remarks(bench, files, meanings, people.known_elsewhere if people else 0)
        if not dataset:
            raise ImportRefused(_nothing(remarks))
        tables: dict[str, TableSource] = dict(dataset)
        return load_within(
            connection,
            tables,
            source,
            "forms",
            options=replace(
                options,
                replace=frozenset({"observation_period"}),
                advice="if the vocabulary has changed since, run `carecommons vault remap`",
            ),
            remarks=remarks,
            progress=progress,
        )


def _file(files: list[FormFile], key: str) -> FormFile | None:
    return next((file for file in files if file.form.key == key), None)


def _periods(connection: Connection, bench: Workbench, last_day: dt.date) -> dict[str, pa.Table]:
    """One period a person, from the first to the last form of all imports so far.

    People whose observation another import describes keep that.
    """
    table = metadata.tables["observation_period"]
    people = [
        person
        for (person,) in bench.db.execute(
            "SELECT DISTINCT person_id FROM contact ORDER BY person_id"
        ).fetchall()
    ]
    held: list[Any] = []
    for start in range(0, len(people), 5_000):
        held += connection.execute(
            select(
                table.c.person_id,
                table.c.observation_period_id,
                table.c.observation_period_start_date,
                table.c.observation_period_end_date,
            ).where(table.c.person_id.in_(people[start : start + 5_000]))
        ).all()
    known = pa.table(
        {
            "person_id": pa.array([row[0] for row in held], pa.int64()),
            "period_id": pa.array([row[1] for row in held], pa.int64()),
            "first": pa.array([row[2] for row in held], pa.date32()),
            "last": pa.array([row[3] for row in held], pa.date32()),
        }
    )
    bench.db.register("known_period", known)
    rows = bench.db.sql(
        f"SELECT {row_id('period', 'contact.person_id')} AS observation_period_id, "
        "contact.person_id, least(min(contact.day), min(known.first)) "
        "AS observation_period_start_date, greatest(max(least(contact.end_day, ?)), "
        "max(known.last)) AS observation_period_end_date, "
        f"{names.EHR} AS period_type_concept_id, 'all forms of the person' AS {PLACE} "
        "FROM contact LEFT JOIN known_period AS known USING (person_id) "
        "WHERE contact.day <= ? GROUP BY contact.person_id "
        f"HAVING coalesce(min(known.period_id), {FIRST_ID}) >= {FIRST_ID} "
        "ORDER BY contact.person_id",
        params=[last_day, last_day],
    ).to_arrow_table()
    bench.db.unregister("known_period")
    return {"observation_period": rows} if rows.num_rows else {}


def _remarks(
    bench: Workbench, files: list[FormFile], meanings: Meanings, known_elsewhere: int
) -> Remarks:
    """Rows and cells left out or doubtful, by file, column and reason, with row numbers."""
    order = {file.name: position for position, file in enumerate(files)}
    found = bench.db.execute(
        "SELECT file, kind, header, reason, count(*), list(_row ORDER BY _row)[:?] "
        "FROM fault GROUP BY ALL ORDER BY ALL",
        [_EXAMPLES],
    ).fetchall()
    skipped, notes = [], []
    for file, kind, header, reason, count, examples in sorted(
        found, key=lambda row: (order[row[0]], row[1], row[2] or "", row[3])
    ):
        rows = ", ".join(f"row {number}" for number in examples)
        where = f"{file}, column {header}" if header else file
        if kind == "kept":
            notes.append(f"{count:,} cells of {where} are {reason} and were kept ({rows})")
        else:
            what = f"cells of {where}" if kind == "cell" else f"rows of {where}"
            skipped.append(Skipped(what, count, f"{reason} (for example {rows})"))
    if known_elsewhere:
        notes.append(
            f"{known_elsewhere:,} people were in the vault from another import; their particulars "
            "were left as they are"
        )
    nowhere = bench.db.execute(
        "SELECT file, count(*), list(DISTINCT _row ORDER BY _row)[:?] FROM fact "
        "JOIN contact USING (file, _row) WHERE slot = 'history' AND fact.day IS NULL "
        "AND contact.day IS NULL GROUP BY file ORDER BY file",
        [_EXAMPLES],
    ).fetchall()
    undated = bench.db.execute(
        "SELECT file, count(DISTINCT _row), list(DISTINCT _row ORDER BY _row)[:?] FROM fact "
        "JOIN contact USING (file, _row) WHERE contact.day IS NULL AND slot <> 'history' "
        "GROUP BY file ORDER BY file",
        [_EXAMPLES],
    ).fetchall()
    for what, reason, found in (
        ("forms", "without a date they bring a person, but no form", undated),
        ("past diseases", "neither they nor the form have a date", nowhere),
    ):
        for file, count, examples in found:
            rows = ", ".join(f"row {number}" for number in examples)
            skipped.append(Skipped(f"{what} of {file}", count, f"{reason} (for example {rows})"))
    unmapped = bench.db.execute(
        "SELECT slot, count(*), count(DISTINCT source) FROM fact WHERE concept_id = 0 "
        "AND slot <> 'note' GROUP BY slot ORDER BY slot"
    ).fetchall()
    notes += [
        f"{rows:,} {slot} entries ({texts:,} different) mean no concept of the vocabulary: "
        "concept 0, their words kept"
        for slot, rows, texts in unmapped
    ]
    notes += _unmapped_codes(bench, meanings).notes()
    return Remarks(skipped, notes)


def _unmapped_codes(bench: Workbench, meanings: Meanings) -> Unmapped:
    """The codes among what is said that lead to no standard concept, or only by a wider code."""
    unmapped = Unmapped()
    for slot, source, rows in bench.db.execute(
        "SELECT slot, source, count(*) FROM fact WHERE source IS NOT NULL GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        area = _AREAS.get(slot)
        meaning = meanings.find(source, area) if area else None
        if area and meaning and meaning.code:
            unmapped.count(slot, VOCABULARIES[area], meaning.code, meaning.mapped, rows)
    return unmapped


def _nothing(remarks: Remarks) -> str:
    reasons = "; ".join(f"{s.count:,} {s.what}: {s.reason}" for s in remarks.skipped[:_EXAMPLES])
    return f"no row can be used{': ' + reasons if reasons else '; the files are empty'}"
