"""Data quality of the vault: what is there, how complete it is, and what is doubtful in it.

The rules of import are asked again of the stored rows, because rows can be changed behind the
program's back and rules can become stricter; further rules look across tables.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

import duckdb
import pyarrow as pa
from sqlalchemy import Engine

from deid.vault.digests import digest_of
from deid.vault.reading import VaultSnapshot, read_tables
from deid.vault.rules import concept_columns, has_row_id, quoted, references, row_rules
from deid.vault.schema import PERSON_TABLES, VOCABULARY_TABLES
from deid.vault.staging import open_staging

Severity = Literal["error", "warning"]
DAYS_AFTER_DEATH = 60  # records are often closed some weeks after a death


@dataclass(frozen=True)
class Finding:
    """One doubt: how many rows of a table (or persons) it concerns, and what it is."""

    severity: Severity
    table: str
    rows: int
    text: str


@dataclass(frozen=True)
class TableQuality:
    """One table: its rows, and of each column the share of rows that hold a value (0 to 1)."""

    table: str
    rows: int
    completeness: dict[str, float]


@dataclass(frozen=True)
class QualityReport:
    """Tables that hold rows, and everything found."""

    tables: tuple[TableQuality, ...]
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Findings that an import would refuse or that show a change from outside."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    def to_json(self) -> str:
        """The report as JSON."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False)

    def render(self) -> str:
        """The report as text: what is wrong first, then the tables."""
        lines: list[str] = []
        for severity, title in (("error", "errors"), ("warning", "warnings")):
            found = [f for f in self.findings if f.severity == severity]
            lines.append(f"{title}: {len(found) or 'none'}")
            lines += [f"  {f.rows:,} of {f.table}: {f.text}" for f in found]
            lines.append("")
        width = max([len(table.table) for table in self.tables] + [5])
        lines.append(f"{'table'.ljust(width)}  {'rows':>12}  columns with a value in every row")
        for table in self.tables:
            full = sum(share == 1 for share in table.completeness.values())
            lines.append(
                f"{table.table.ljust(width)}  {table.rows:>12,}  {full} of "
                f"{len(table.completeness)}"
            )
        return "\n".join(lines)


def check_vault(
    engine: Engine,
    *,
    today: dt.date | None = None,
    progress: Callable[[str, int], None] | None = None,
    keep: Callable[[str, pa.RecordBatchReader], None] | None = None,
) -> QualityReport:
    """Look at every row of the vault once, in one snapshot; ``keep`` is handed each table's rows.

    Raises:
        VaultError: if the vault cannot be read.
    """
    day = today or dt.datetime.now(dt.UTC).astimezone().date()
    with read_tables(engine) as snapshot, open_staging() as staging:
        check = _Check(snapshot, staging, day)
        for table in snapshot.tables():
            if progress:
                progress(table, 0)
            check.table(table, keep)
        check.across_tables()
        findings = sorted(check.findings, key=lambda f: (f.severity, f.table, -f.rows, f.text))
        return QualityReport(tuple(check.tables), tuple(findings))


class _Check:
    def __init__(
        self, snapshot: VaultSnapshot, staging: duckdb.DuckDBPyConnection, today: dt.date
    ) -> None:
        self._snapshot = snapshot
        self._staging = staging
        self._today = today
        self.tables: list[TableQuality] = []
        self.findings: list[Finding] = []
        self._digests = {
            row["table_name"]: row["digest"] for row in snapshot.read("table_digest").to_pylist()
        }
        self._fill("known_concept", snapshot, "concept", ["concept_id"])
        staging.execute(
            "CREATE TABLE span (person_id BIGINT, table_name VARCHAR, first DATE, last DATE)"
        )
        parents = {r.table for table in snapshot.tables() for r in references(table)}
        for parent in sorted(parents):
            staging.execute(f"CREATE TABLE known_{parent} (id BIGINT)")
            self._fill(f"known_{parent}", snapshot, parent, [f"{parent}_id"])

    def _fill(self, target: str, snapshot: VaultSnapshot, table: str, columns: list[str]) -> None:
        for batch in snapshot.batches(table, columns):
            self._staging.register("arriving", pa.Table.from_batches([batch]))
            self._staging.execute(f"INSERT INTO {target} SELECT * FROM arriving")
            self._staging.unregister("arriving")

    def table(
        self, table: str, keep: Callable[[str, pa.RecordBatchReader], None] | None = None
    ) -> None:
        schema = self._snapshot.columns(table)
        empty = schema.empty_table()
        self._staging.register("arriving", empty)
        self._staging.execute("CREATE OR REPLACE TABLE stored AS SELECT * FROM arriving")
        self._staging.unregister("arriving")
        self._fill("stored", self._snapshot, table, schema.names)
        if keep:
            keep(table, self._staging.sql("FROM stored").to_arrow_reader())
        rows = self._number("SELECT count(*) FROM stored")
        self._check_digest(table)
        if not rows:
            return
        shares = self._staging.execute(
            "SELECT "
            + ", ".join(f"count({quoted(n)}) / count(*)" for n in schema.names)
            + " FROM stored"
        ).fetchall()[0]
        self.tables.append(
            TableQuality(table, rows, dict(zip(schema.names, map(float, shares), strict=True)))
        )
        self._check_rows(table, schema.names)
        self._check_references(table)
        self._check_concepts(table, rows)
        if table in PERSON_TABLES:
            self._remember_span(table, schema)
        if table in {"person", "death", "observation_period", "person_identity", "identifier"}:
            self._staging.execute(f"CREATE TABLE {table} AS SELECT * FROM stored")

    def _check_digest(self, table: str) -> None:
        digest = f"{digest_of(self._staging, table, 'SELECT * FROM stored'):064x}"
        if digest != self._digests.get(table, "0" * 64):
            rows = self._number("SELECT count(*) FROM stored")
            self._found("error", table, rows, "the table was changed by something else than import")

    def _check_rows(self, table: str, columns: list[str]) -> None:
        for condition, reason in row_rules(table, self._today, columns):
            rows = self._number(f"SELECT count(*) FROM stored WHERE {condition}")
            self._found("error", table, rows, reason)
        for name in columns:
            if name.endswith("_datetime") and name.removesuffix("time") in columns:
                date = name.removesuffix("time")
                rows = self._number(
                    f"SELECT count(*) FROM stored WHERE CAST({name} AS DATE) <> {date}"
                )
                self._found("warning", table, rows, f"{name} is on another day than {date}")

    def _check_references(self, table: str) -> None:
        for reference in references(table):
            rows = self._number(
                f"SELECT count(*) FROM stored WHERE {quoted(reference.column)} IS NOT NULL "
                f"AND {quoted(reference.column)} NOT IN (SELECT id FROM known_{reference.table})"
            )
            text = f"{reference.column} is of an unknown {reference.table}"
            self._found("error", table, rows, text)

    def _check_concepts(self, table: str, rows: int) -> None:
        if table in VOCABULARY_TABLES:
            return
        for name in concept_columns(table):
            unknown = self._number(
                f"SELECT count(*) FROM stored WHERE {name} <> 0 "
                f"AND {name} NOT IN (SELECT id FROM known_concept)"
            )
            self._found(
                "warning", table, unknown, f"{name} is of a concept that the vocabulary lacks"
            )
            column_is_main = has_row_id(table) and name == f"{table.split('_')[0]}_concept_id"
            unmapped = self._number(f"SELECT count(*) FROM stored WHERE {name} = 0")
            if column_is_main:
                self._found("warning", table, unmapped, f"{name} is 0, no matching concept")

    def _remember_span(self, table: str, schema: pa.Schema) -> None:
        dates = [f.name for f in schema if pa.types.is_date(f.type) and f.name != "birth_date"]
        if table != "observation_period" and table != "death" and dates:
            self._staging.execute(
                f"INSERT INTO span SELECT person_id, '{table}', min({dates[0]}), max({dates[0]}) "
                "FROM stored GROUP BY person_id"
            )

    def across_tables(self) -> None:
        """Rules that need several tables at once."""
        have = {table.table for table in self.tables}
        if "person" not in have:
            return
        self._staging.execute("CREATE TABLE IF NOT EXISTS observation_period (person_id BIGINT)")
        self._found(
            "warning",
            "person",
            self._number(
                "SELECT count(*) FROM person WHERE person_id NOT IN "
                "(SELECT person_id FROM observation_period)"
            ),
            "no observation period; such persons enter no cohort",
        )
        self._found(
            "warning",
            "person",
            self._number(
                "SELECT count(DISTINCT person_id) FROM span JOIN person USING (person_id) "
                "WHERE year(span.first) < year_of_birth"
            ),
            "records before the year of birth",
        )
        if "death" in have:
            self._found(
                "warning",
                "person",
                self._number(
                    "SELECT count(DISTINCT person_id) FROM span JOIN death USING (person_id) "
                    f"WHERE span.last > death_date + {DAYS_AFTER_DEATH}"
                ),
                f"records more than {DAYS_AFTER_DEATH} days after death",
            )
        if "person_identity" in have:
            self._found(
                "warning",
                "person_identity",
                self._number(
                    "SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM person_identity "
                    "WHERE full_name IS NOT NULL AND birth_date IS NOT NULL "
                    "GROUP BY full_name, birth_date HAVING count(*) > 1)"
                ),
                "same name and birth date as another person; perhaps one person twice",
            )
        if "identifier" in have:
            self._found(
                "warning",
                "identifier",
                self._number(
                    "SELECT coalesce(sum(n), 0) FROM (SELECT count(DISTINCT person_id) AS n "
                    "FROM identifier GROUP BY kind, system, value "
                    "HAVING count(DISTINCT person_id) > 1)"
                ),
                "same number as another person's",
            )

    def _found(self, severity: Severity, table: str, rows: int, text: str) -> None:
        if rows:
            self.findings.append(Finding(severity, table, rows, text))

    def _number(self, query: str) -> int:
        (row,) = self._staging.execute(query).fetchall()
        return int(row[0])
