"""People and households of the forms: who they are, by their numbers, and their identity rows."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
from sqlalchemy import Connection, select

from deid.forms.model import normalised
from deid.forms.words import terms_by_word
from deid.importers.forms.cells import reader_of
from deid.importers.forms.expressions import day_of, tidy_number, word_of
from deid.importers.forms.files import FormFile
from deid.importers.forms.ids import FIRST_ID, row_id
from deid.importers.forms.meanings import Meanings
from deid.importers.forms.workbench import Workbench
from deid.vault.arrival import PLACE
from deid.vault.rules import sql_text
from deid.vault.schema import metadata
from deid.vocabulary import names

LOOK_UP = 5_000
_ADDRESS = ("line", "village", "township", "district", "city", "state", "postal_code", "country")
_KIN = (
    ("spouse_code", names.KIN_SPOUSE, names.KIN_SPOUSE),
    ("father_code", names.KIN_CHILD, names.KIN_PARENT),
    ("mother_code", names.KIN_CHILD, names.KIN_PARENT),
)


def know_people(connection: Connection, bench: Workbench, files: list[FormFile]) -> None:
    """Teach the workbench whose the numbers in the files are, as far as the vault knows."""
    wanted: dict[str, set[str]] = {}
    for file in files:
        for kind, values in bench.numbers_in(file).items():
            wanted.setdefault(kind, set()).update(values)
    identifier = metadata.tables["identifier"]
    for kind, numbers in wanted.items():
        every = sorted(numbers)
        for start in range(0, len(every), LOOK_UP):
            found = connection.execute(
                select(identifier.c.value, identifier.c.person_id).where(
                    identifier.c.kind == kind,
                    identifier.c.value.in_(every[start : start + LOOK_UP]),
                )
            ).all()
            bench.know_numbers(
                [kind] * len(found), [row.value for row in found], [row.person_id for row in found]
            )


class PeopleFile:
    """The file of persons; those that the vault does not know receive a number."""

    def __init__(self, bench: Workbench, file: FormFile, source: str, meanings: Meanings) -> None:
        self._db, self._bench, self._file, self._source = bench.db, bench, file, source
        self._cell = {column.field.key: name for name, column in file.columns.items()}
        self._numbers = [
            column.field.key
            for column in file.columns.values()
            if column.field.kind == "identifier"
        ]
        self._language = "zh-CN" if file.language == "zh" else "en-US"
        self._read_sex(meanings)
        self._find_persons()

    def _read_sex(self, meanings: Meanings) -> None:
        name = self._cell.get("sex")
        rows: list[dict[str, object]] = []
        if name:
            column = self._file.columns[name]
            read = reader_of(column.field, meanings)
            self._db.register("cells", self._file.cells)
            for (cell,) in self._db.execute(
                f"SELECT DISTINCT {word_of(name)} AS cell FROM cells ORDER BY cell"
            ).fetchall():
                said = next(iter(read(cell)), None) if cell else None
                if said and said.value_id:
                    rows.append({"cell": cell, "gender": said.value_id})
            self._db.unregister("cells")
        self._db.register(
            "sexes",
            pa.Table.from_pylist(
                rows, schema=pa.schema([("cell", pa.string()), ("gender", pa.int64())])
            ),
        )

    def _text(self, key: str) -> str:
        return word_of(self._cell.get(key))

    def _day(self, key: str) -> str:
        return day_of(self._cell[key]) if key in self._cell else "CAST(NULL AS DATE)"

    def _find_persons(self) -> None:
        db = self._db
        db.register("cells", self._file.cells)
        joins, ids, first = [], [], []
        for kind in self._numbers:
            name = self._cell[kind]
            joins.append(
                f"LEFT JOIN number AS {name}_of ON {name}_of.kind = {sql_text(kind)} "
                f"AND {name}_of.value = {tidy_number(name)}"
            )
            ids.append(f"{name}_of.person_id")
            first.append(
                f"CASE WHEN {tidy_number(name)} <> '' "
                f"THEN {sql_text(kind + ' ')} || {tidy_number(name)} END"
            )
        known = f"[{', '.join(ids)}]" if ids else "[]::BIGINT[]"
        number = f"coalesce({', '.join(first)})" if first else "CAST(NULL AS VARCHAR)"
        db.execute(
            "CREATE OR REPLACE TEMP TABLE somebody AS SELECT cells.*, sexes.gender, "
            f"{self._day('birth_date')} AS birth, {number} AS own_number, "
            f"list_distinct(list_filter({known}, lambda one: one IS NOT NULL)) AS people "
            f"FROM cells {' '.join(joins)} LEFT JOIN sexes ON sexes.cell = {self._text('sex')}"
        )
        db.unregister("cells")
        db.execute(
            "INSERT INTO fault SELECT ?, _row, NULL, CASE "
            "WHEN own_number IS NULL THEN 'it has no number to be known by' "
            "WHEN len(people) > 1 THEN 'its numbers are those of different people' "
            "WHEN birth IS NULL THEN 'there is no date of birth, or it cannot be read' "
            "WHEN gender IS NULL THEN 'there is no sex, or it cannot be read' "
            "END AS reason, 'person' FROM somebody WHERE reason IS NOT NULL",
            [self._file.name],
        )
        db.execute(
            "CREATE OR REPLACE TEMP TABLE persons AS SELECT *, coalesce(people[1], "
            f"{row_id('person', sql_text(self._source), 'own_number')}) AS person_id "
            "FROM somebody WHERE own_number IS NOT NULL AND len(people) <= 1 "
            "AND birth IS NOT NULL AND gender IS NOT NULL "
            "QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY _row) = 1"
        )
        for kind in self._numbers:
            name = self._cell[kind]
            db.execute(
                f"INSERT INTO number SELECT {sql_text(kind)}, {tidy_number(name)}, person_id "
                f"FROM persons WHERE {tidy_number(name)} <> '' "
                f"AND NOT EXISTS (SELECT 1 FROM number AS n "
                f"WHERE n.kind = {sql_text(kind)} AND n.value = {tidy_number(name)})"
            )

    @property
    def known_elsewhere(self) -> int:
        """How many of the people other imports have brought; their particulars stay theirs."""
        ((count,),) = self._db.execute(
            f"SELECT count(*) FROM persons WHERE person_id < {FIRST_ID}"
        ).fetchall()
        return int(count)

    def tables(self, households: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
        """Rows of ``person`` and the identity tables, for people of this source."""
        place = f"{sql_text(self._file.name + ' row ')} || _row AS {PLACE}"
        ours = f"FROM persons WHERE person_id >= {FIRST_ID}"
        made = {
            "household": self._households(households, place),
            "person": self._persons(place, ours),
            "person_identity": self._identities(place, ours),
            "identifier": self._identifiers(place, ours),
            "contact": self._contacts(place, ours),
            "address": self._addresses(place, ours),
            "relative": self._relatives(place, ours),
            "death": self._query(
                f"SELECT person_id, {self._day('death_date')} AS death_date, "
                f"{names.REGISTRY} AS death_type_concept_id, {place} {ours} "
                "AND death_date IS NOT NULL"
            ),
            "fact_relationship": self._kin(place, ours),
        }
        return {table: rows for table, rows in made.items() if rows.num_rows}

    def _query(self, sql: str) -> pa.Table:
        return self._db.sql(sql).to_arrow_table()

    def _household_id(self) -> str:
        code = self._text("household_code")
        made = row_id("household", sql_text(self._source), code)
        return f"CASE WHEN {code} IS NOT NULL THEN {made} END"

    def _households(self, given: Mapping[str, pa.Table], place: str) -> pa.Table:
        """Households of the persons, and those of the file of households."""
        code = self._text("household_code")
        rows = self._query(
            f"SELECT {self._household_id()} AS household_id, {code} AS household_code, "
            f"CAST(NULL AS VARCHAR) AS area_kind, {place} FROM persons "
            f"WHERE {code} IS NOT NULL AND person_id >= {FIRST_ID} "
            "QUALIFY row_number() OVER (PARTITION BY household_id ORDER BY _row) = 1"
        )
        if "household" not in given:
            return rows
        self._db.register("own", rows)
        self._db.register("given", given["household"])
        every = self._query(
            "SELECT * FROM given UNION ALL "
            "SELECT * FROM own WHERE household_id NOT IN (SELECT household_id FROM given)"
        )
        self._db.unregister("own")
        self._db.unregister("given")
        return every

    def _persons(self, place: str, ours: str) -> pa.Table:
        group = self._text("ethnic_group")
        races = terms_by_word("Race")
        cases = ""
        for (word,) in self._db.execute(
            f"SELECT DISTINCT {group} AS word FROM persons ORDER BY word"
        ).fetchall():
            term = races.get(normalised(word or ""))
            if term:
                cases += f" WHEN {group} = {sql_text(word)} THEN {term.concept_id}"
        return self._query(
            "SELECT person_id, gender AS gender_concept_id, year(birth) AS year_of_birth, "
            "month(birth) AS month_of_birth, day(birth) AS day_of_birth, "
            "CAST(birth AS TIMESTAMP) AS birth_datetime, "
            f"CASE WHEN {group} IN ('汉', '汉族', '1', '01') THEN {names.RACE_CHINESE}{cases} "
            "ELSE 0 END AS race_concept_id, 0 AS ethnicity_concept_id, "
            f"{self._text('RECORD_NO')} AS person_source_value, "
            f"{self._text('sex')} AS gender_source_value, {group} AS race_source_value, "
            f"{place} {ours}"
        )

    def _identities(self, place: str, ours: str) -> pa.Table:
        language = f"coalesce({self._text('language')}, {sql_text(self._language)})"
        family, given = self._text("family_name"), self._text("given_name")
        full = f"coalesce({self._text('full_name')}, nullif(concat_ws('', {family}, {given}), ''))"
        return self._query(
            f"SELECT person_id, {self._household_id()} AS household_id, {family} AS family_name, "
            f"{given} AS given_name, {full} AS full_name, "
            f"{self._text('other_names')} AS other_names, birth AS birth_date, "
            f"{language} AS language, {place} {ours}"
        )

    def _identifiers(self, place: str, ours: str) -> pa.Table:
        parts = []
        for kind in self._numbers:
            value = tidy_number(self._cell[kind])
            parts.append(
                f"SELECT {row_id('identifier', 'person_id', sql_text(kind), value)} "
                f"AS identifier_id, person_id, {sql_text(kind)} AS kind, "
                f"{self._text(kind)} AS value, {place} {ours} AND {value} <> ''"
            )
        return self._query(" UNION ALL ".join(parts))

    def _contacts(self, place: str, ours: str) -> pa.Table:
        parts = []
        for kind, use in (("phone", "mobile"), ("email", "home")):
            value = self._text(kind)
            parts.append(
                f"SELECT {row_id('contact', 'person_id', sql_text(kind), value)} AS contact_id, "
                f"person_id, {sql_text(kind)} AS kind, {sql_text(use)} AS use, {value} AS value, "
                f"{place} {ours} AND {value} IS NOT NULL"
            )
        return self._query(" UNION ALL ".join(parts))

    def _addresses(self, place: str, ours: str) -> pa.Table:
        parts = [self._text(key) for key in _ADDRESS]
        full = f"coalesce({self._text('address')}, nullif(concat_ws(' ', {', '.join(parts)}), ''))"
        columns = ", ".join(f"{self._text(key)} AS {key}" for key in _ADDRESS)
        return self._query(
            f"SELECT {row_id('address', 'person_id', full)} AS address_id, person_id, "
            f"'home' AS use, {columns}, {full} AS full_text, {place} {ours} AND {full} IS NOT NULL"
        )

    def _relatives(self, place: str, ours: str) -> pa.Table:
        name, phone = self._text("contact_name"), self._text("contact_phone")
        relation = f"coalesce({self._text('contact_relationship')}, 'contact')"
        return self._query(
            f"SELECT {row_id('relative', 'person_id', name, phone)} AS relative_id, person_id, "
            f"{relation} AS relationship, {name} AS full_name, {phone} AS phone, {place} {ours} "
            f"AND ({name} IS NOT NULL OR {phone} IS NOT NULL)"
        )

    def _kin(self, place: str, ours: str) -> pa.Table:
        parts = []
        for key, forth, back in _KIN:
            if key not in self._cell:
                continue
            pair = (
                f"(SELECT p.person_id AS one, n.person_id AS other, p._row FROM "
                f"(SELECT * {ours}) AS p JOIN number AS n "
                f"ON n.value = {tidy_number('p.' + self._cell[key])} AND n.kind IN "
                "('RECORD_NO', 'ID_CARD', 'MRN'))"
            )
            for one, other, relation in (("one", "other", forth), ("other", "one", back)):
                parts.append(
                    f"SELECT {names.PERSON_DOMAIN} AS domain_concept_id_1, {one} AS fact_id_1, "
                    f"{names.PERSON_DOMAIN} AS domain_concept_id_2, {other} AS fact_id_2, "
                    f"{relation} AS relationship_concept_id, {place} FROM {pair}"
                )
        if not parts:
            return pa.table({})
        columns = (
            "domain_concept_id_1, fact_id_1, domain_concept_id_2, fact_id_2, "
            "relationship_concept_id"
        )
        return self._query(
            f"SELECT {columns}, min({PLACE}) AS {PLACE} FROM ({' UNION ALL '.join(parts)}) "
            f"GROUP BY ALL ORDER BY {columns}"
        )


def household_rows(
    bench: Workbench, file: FormFile, source: str, meanings: Meanings
) -> dict[str, pa.Table]:
    """Rows of ``household`` from the file of households."""
    cell = {column.field.key: name for name, column in file.columns.items()}
    if "household_code" not in cell:
        return {}
    area = word_of(cell.get("area_kind"))
    kinds = {"URBAN": "urban", "RURAL": "rural"}
    cases = ""
    if "area_kind" in cell:
        for choice in file.columns[cell["area_kind"]].field.choices:
            for word in sorted(set(choice.words())):
                cases += f" WHEN lower({area}) = {sql_text(word)} THEN '{kinds[choice.key]}'"
    code = word_of(cell["household_code"])
    bench.db.register("cells", file.cells)
    rows = bench.db.sql(
        f"SELECT {row_id('household', sql_text(source), code)} AS household_id, "
        f"{code} AS household_code, CASE{cases or ' WHEN false THEN NULL'} END AS area_kind, "
        f"{sql_text(file.name + ' row ')} || _row AS {PLACE} FROM cells WHERE {code} IS NOT NULL "
        "QUALIFY row_number() OVER (PARTITION BY household_id ORDER BY _row) = 1"
    ).to_arrow_table()
    bench.db.unregister("cells")
    return {"household": rows}
