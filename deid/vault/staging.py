"""Judges one table of an import in DuckDB: which rows are new, there already, or refused.

The table is cast to the vault's types and every rule is one pass over whole columns. DuckDB runs in
memory and may not spill: the rows are identified.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

import duckdb
import pyarrow as pa

from deid.errors import CareCommonsError
from deid.vault.arrival import PLACE, TableSource, arriving_rows, check_columns, with_failures_kept
from deid.vault.digests import DIGEST_MODULUS, digest_of, row_text
from deid.vault.report import Refusal
from deid.vault.rules import (
    MAIN_CONCEPT,
    Reference,
    cast_expression,
    cast_fault,
    column_names,
    concept_columns,
    has_row_id,
    is_parent,
    key_columns,
    presence,
    quoted,
    references,
    row_rules,
    sql_text,
    sql_type,
)
from deid.vault.schema import metadata

EXAMPLES = 3
BATCH_ROWS = 50_000
RENUMBERED_FROM = 1 << 60  # above any number that sites give out


def open_staging() -> duckdb.DuckDBPyConnection:
    """A private DuckDB in memory that reads and writes no file."""
    staging = duckdb.connect(config={"temp_directory": "", "python_enable_replacements": "false"})
    staging.execute("SET enable_external_access = false")
    staging.execute("SET preserve_insertion_order = true")
    staging.execute("CREATE TABLE known_concept (id BIGINT)")
    return staging


class StagedTable:
    """One table of the import, from its arrival to the rows that may be inserted."""

    def __init__(self, staging: duckdb.DuckDBPyConnection, table: str, source: TableSource) -> None:
        """Cast ``source`` to the vault's types.

        Raises:
            ImportRefused: for an unknown table, or unknown or missing columns.
        """
        self._staging = staging
        self.table = table
        self.key = key_columns(table)
        failures: list[CareCommonsError] = []
        reader = with_failures_kept(arriving_rows(table, source), failures)
        self.columns = check_columns(table, reader.schema.names)
        has_place = PLACE in reader.schema.names
        staging.register("arriving", reader)
        try:
            self._cast(has_place)
        except duckdb.Error:
            # DuckDB hides what the source itself said.
            if failures:
                raise failures[0] from None
            raise
        finally:
            staging.unregister("arriving")
        self.read = self._number("SELECT count(*) FROM staged")
        self.warnings: dict[str, int] = {}
        self._holds_any = False

    def _cast(self, has_place: bool) -> None:
        raw_types = {
            name.lower(): (name, kind)
            for name, kind, *_ in self._staging.execute("DESCRIBE arriving").fetchall()
        }
        casts, faults = [], []
        for name in self.columns:
            column = metadata.tables[self.table].columns[name]
            raw, raw_type = raw_types[name]
            value = cast_expression(column, quoted(raw), raw_type)
            casts.append(f"{value} AS {quoted(name)}")
            faults.append(
                f"WHEN {presence(column, quoted(raw), raw_type)} AND ({value}) IS NULL "
                f"THEN {sql_text(cast_fault(column))}"
            )
        place = quoted(PLACE) if has_place else "'row ' || row_number() OVER ()"
        self._staging.execute(
            "CREATE OR REPLACE TABLE staged AS SELECT row_number() OVER () AS _row, "
            f"{place} AS _where, {', '.join(casts)}, CASE {' '.join(faults)} END AS _reason, "
            "'new' AS _state FROM arriving"
        )

    def judge_rows(self, today: dt.date, *, renumber: bool = False) -> None:
        """Refuse rows that show by themselves that they are wrong, and duplicate keys.

        ``renumber`` gives different rows of one key, in tables that nothing refers to, new keys
        drawn from their content.
        """
        cases = " ".join(
            f"WHEN {condition} THEN {sql_text(reason)}"
            for condition, reason in row_rules(self.table, today, self.columns)
        )
        missing = self._missing_optional()
        if cases:
            self._staging.execute(
                f"UPDATE staged SET _reason = CASE {cases} END WHERE _reason IS NULL"
            )
        for name in missing:
            self._staging.execute(
                f"ALTER TABLE staged ADD COLUMN {quoted(name)} "
                f"{sql_type(metadata.tables[self.table].columns[name])}"
            )
        self.columns = column_names(self.table)
        if renumber and has_row_id(self.table) and not is_parent(self.table):
            self._renumber_duplicates()
        self._judge_duplicates()

    def _missing_optional(self) -> list[str]:
        return [n for n in column_names(self.table) if n not in self.columns]

    def _renumber_duplicates(self) -> None:
        """The key becomes 60 bits of the content's SHA-256: the same at the next import."""
        key = quoted(self.key[0])
        others = [name for name in self.columns if name != self.key[0]]
        content = row_text(self.table)
        self._staging.execute(
            "CREATE OR REPLACE TEMP TABLE renumbered AS "
            f"SELECT _row, ('0x' || sha256({content})[:15])::BIGINT + {RENUMBERED_FROM} AS new_key "
            f"FROM staged JOIN (SELECT {key}, arg_min(ROW({', '.join(map(quoted, others))}), _row) "
            f"AS first FROM staged WHERE _reason IS NULL GROUP BY {key} HAVING count(*) > 1) AS f "
            f"USING ({key}) WHERE _reason IS NULL "
            f"AND ROW({', '.join(map(quoted, others))}) IS DISTINCT FROM f.first"
        )
        self._warn(
            f"{self.key[0]} was of another row too; the later row has a new one",
            self._number("SELECT count(*) FROM renumbered"),
        )
        self._staging.execute(
            f"UPDATE staged SET {key} = renumbered.new_key FROM renumbered "
            "WHERE staged._row = renumbered._row"
        )

    def _judge_duplicates(self) -> None:
        key = ", ".join(quoted(name) for name in self.key)
        if not self._number(
            f"SELECT count(*) - count(DISTINCT ROW({key})) FROM staged WHERE _reason IS NULL"
        ):
            return
        same = " AND ".join(f"staged.{quoted(n)} = twice.{quoted(n)}" for n in self.key)
        content = ", ".join(quoted(name) for name in self.columns)
        self._staging.execute(
            "CREATE OR REPLACE TEMP TABLE twice AS "
            f"SELECT {key}, min(_row) AS first_row, count(DISTINCT ROW({content})) AS contents "
            f"FROM staged SEMI JOIN (SELECT {key} FROM staged WHERE _reason IS NULL "
            f"GROUP BY {key} HAVING count(*) > 1) AS repeated USING ({key}) "
            f"WHERE _reason IS NULL GROUP BY {key}"
        )
        self._staging.execute(
            "UPDATE staged SET _reason = CASE WHEN twice.contents > 1 "
            f"THEN 'several different rows have one key ({', '.join(self.key)})' "
            "WHEN staged._row > twice.first_row THEN 'the same row came before' END "
            f"FROM twice WHERE {same} AND staged._reason IS NULL"
        )

    def unknown_ids(self, column: str, known: str) -> pa.Array:
        """Distinct ids of a column of the open rows that a table of known ids lacks."""
        found = self._staging.sql(
            f"SELECT DISTINCT {quoted(column)} AS id FROM staged WHERE _reason IS NULL "
            f"AND _state = 'new' AND {quoted(column)} IS NOT NULL "
            f"AND {quoted(column)} NOT IN (SELECT id FROM {known})"
        ).to_arrow_table()
        return found["id"].combine_chunks()

    def key_span(self) -> tuple[int, int] | None:
        """Least and greatest value of the first key column, if that is a number."""
        first = metadata.tables[self.table].columns[self.key[0]]
        if sql_type(first) != "BIGINT":
            return None
        ((least, greatest),) = self._staging.execute(
            f"SELECT min({quoted(first.name)}), max({quoted(first.name)}) FROM staged"
        ).fetchall()
        return None if least is None else (least, greatest)

    def compare_with(self, held: Iterable[pa.RecordBatch]) -> None:
        """Take from the vault's rows those with a key of this import, and mark equal rows."""
        key = ", ".join(quoted(name) for name in self.key)
        self._staging.execute(
            f"CREATE OR REPLACE TABLE held AS SELECT {self._content()} FROM staged LIMIT 0"
        )
        for batch in held:
            self._staging.register("held_batch", pa.Table.from_batches([batch]))
            self._staging.execute(
                f"INSERT INTO held SELECT {self._content()} FROM held_batch "
                f"SEMI JOIN staged USING ({key})"
            )
            self._staging.unregister("held_batch")
        self._holds_any = self._number("SELECT count(*) FROM held") > 0
        self.mark_equal()

    def mark_equal(self) -> None:
        """Mark rows that the vault holds already, equal in every column."""
        if not self._holds_any:
            return
        self._staging.execute(
            "UPDATE staged SET _state = 'there', _reason = NULL FROM held "
            f"WHERE {self._same_key('held')} AND staged._state = 'new' "
            f"AND (_reason IS NULL OR _reason <> 'the same row came before') AND "
            + " AND ".join(
                f"staged.{quoted(n)} IS NOT DISTINCT FROM held.{quoted(n)}" for n in self.columns
            )
        )

    def judge_different(self, *, replace: bool, advice: str = "") -> None:
        """Refuse new rows whose key the vault holds with other content, or let them replace it."""
        if not self._holds_any:
            return
        if replace:
            change = "_state = 'updated'"
        else:
            reason = "the vault holds another row of this key" + (f"; {advice}" if advice else "")
            change = f"_reason = {sql_text(reason)}"
        self._staging.execute(
            f"UPDATE staged SET {change} FROM held WHERE {self._same_key('held')} "
            "AND staged._state = 'new' AND staged._reason IS NULL"
        )

    def judge_references(self) -> None:
        """Refuse rows whose required parent is unknown or refused; empty optional references."""
        for reference in references(self.table):
            if reference.table == self.table:
                continue
            if not reference.required:
                self._empty_unknown(reference)
                continue
            open_rows = f"_state = 'new' AND _reason IS NULL AND {quoted(reference.column)}"
            self._staging.execute(
                f"UPDATE staged SET _reason = "
                f"'{reference.column} is of a refused {reference.table}' "
                f"WHERE {open_rows} IN (SELECT id FROM refused_{reference.table})"
            )
            self._staging.execute(
                f"UPDATE staged SET _reason = "
                f"'{reference.column} is of an unknown {reference.table}' "
                f"WHERE {open_rows} NOT IN (SELECT id FROM known_{reference.table})"
            )

    def judge_self_references(self) -> None:
        """Empty references to rows of this very table that are unknown or refused."""
        for reference in references(self.table):
            if reference.table == self.table:
                self.remember_key()
                self._empty_unknown(reference)

    def _empty_unknown(self, reference: Reference) -> None:
        column = quoted(reference.column)
        emptied = (
            f"_state = 'new' AND _reason IS NULL AND {column} IS NOT NULL AND "
            f"({column} NOT IN (SELECT id FROM known_{reference.table}) "
            f"OR {column} IN (SELECT id FROM refused_{reference.table}))"
        )
        self._warn(
            f"{reference.column} emptied, it is of an unknown or refused {reference.table}",
            # Zero is a common way to write that there is none.
            self._number(f"SELECT count(*) FROM staged WHERE {emptied} AND {column} <> 0"),
        )
        self._staging.execute(f"UPDATE staged SET {column} = NULL WHERE {emptied}")

    def judge_concepts(self, *, refuse: bool) -> None:
        """Refuse rows whose main concept is unknown; count other unknown concepts as warnings."""
        columns = concept_columns(self.table)
        if not columns:
            return
        unknown = {
            name: f"{quoted(name)} <> 0 AND {quoted(name)} NOT IN (SELECT id FROM known_concept)"
            for name in columns
        }
        if refuse and self.table in MAIN_CONCEPT:
            main = MAIN_CONCEPT[self.table]
            self._staging.execute(
                f"UPDATE staged SET _reason = '{main} is of an unknown concept' "
                f"WHERE _state = 'new' AND _reason IS NULL AND {unknown[main]}"
            )
        counts = ", ".join(f"count(*) FILTER (WHERE {unknown[name]})" for name in columns)
        (found,) = self._staging.execute(
            f"SELECT {counts} FROM staged WHERE _state = 'new' AND _reason IS NULL"
        ).fetchall()
        for name, rows in zip(columns, found, strict=True):
            self._warn(f"{name} is of a concept that the vocabulary lacks", rows)

    def remember_key(self) -> None:
        """Keep the ids that later tables may refer to, and those that were refused."""
        if not has_row_id(self.table):
            return
        key = quoted(self.key[0])
        self._staging.execute(
            f"DELETE FROM refused_{self.table} WHERE id IN (SELECT {key} FROM staged)"
        )
        self._staging.execute(
            f"INSERT INTO refused_{self.table} "
            f"SELECT {key} AS id FROM staged WHERE _reason IS NOT NULL AND {key} IS NOT NULL "
            f"EXCEPT SELECT {key} FROM staged WHERE _reason IS NULL"
        )
        self._staging.execute(
            f"INSERT INTO known_{self.table} "
            f"SELECT {key} FROM staged WHERE _reason IS NULL AND _state = 'new'"
        )

    def forget_refused(self) -> None:
        """Drop records of rows that this import refused, so that they can come again."""
        tables = self._staging.execute("SELECT DISTINCT table_name FROM staged").fetchall()
        for (table,) in tables:
            self._staging.execute(
                f"DELETE FROM staged WHERE table_name = {sql_text(table)} "
                f"AND row_id IN (SELECT id FROM refused_{table})"
            )

    def refusals(self) -> tuple[Refusal, ...]:
        """Reasons with their number of rows and the first places, most frequent first."""
        found = self._staging.execute(
            f"SELECT _reason, count(*), list(_where ORDER BY _row)[:{EXAMPLES}] FROM staged "
            "WHERE _reason IS NOT NULL GROUP BY _reason ORDER BY 2 DESC, 1"
        ).fetchall()
        return tuple(Refusal(reason, rows, tuple(places)) for reason, rows, places in found)

    def count(self, state: str) -> int:
        """Rows that were accepted in a state: ``new``, ``there`` or ``updated``."""
        return self._number(
            f"SELECT count(*) FROM staged WHERE _reason IS NULL AND _state = '{state}'"
        )

    def accepted(self, *states: str) -> Iterator[pa.RecordBatch]:
        """Rows accepted as ``new`` or ``updated``, in the vault's types, ordered by key."""
        wanted = ", ".join(sql_text(state) for state in states)
        reader: pa.RecordBatchReader = self._staging.sql(
            f"SELECT {self._content()} FROM staged WHERE _reason IS NULL AND _state IN ({wanted}) "
            f"ORDER BY {', '.join(quoted(name) for name in self.key)}"
        ).to_arrow_reader(BATCH_ROWS)
        yield from reader

    def updated_keys(self) -> pa.Table:
        """Keys of rows that are replaced."""
        key = ", ".join(quoted(name) for name in self.key)
        return self._staging.sql(
            f"SELECT {key} FROM staged WHERE _reason IS NULL AND _state = 'updated'"
        ).to_arrow_table()

    def digest_change(self) -> int:
        """What the inserted and replaced rows add to the table's digest, modulo 2^256."""
        added = digest_of(
            self._staging,
            self.table,
            "SELECT * FROM staged WHERE _reason IS NULL AND _state <> 'there'",
        )
        gone = digest_of(
            self._staging,
            self.table,
            f"SELECT held.* FROM held JOIN staged ON {self._same_key('held')} "
            "WHERE staged._reason IS NULL AND staged._state = 'updated'",
        )
        return (added - gone) % DIGEST_MODULUS

    def _same_key(self, other: str) -> str:
        return " AND ".join(f"staged.{quoted(n)} = {other}.{quoted(n)}" for n in self.key)

    def _content(self) -> str:
        return ", ".join(quoted(name) for name in column_names(self.table))

    def _number(self, query: str) -> int:
        (row,) = self._staging.execute(query).fetchall()
        return int(row[0])

    def _warn(self, warning: str, rows: int) -> None:
        if rows:
            self.warnings[warning] = self.warnings.get(warning, 0) + rows
