"""Maps a vault's records again: each distinct code is decided once, rows change by columns."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa
from sqlalchemy import ColumnElement, Connection, Engine, func, literal_column, select

from deid.importers.mapping.written import codes_in, tidy
from deid.importers.remapping import moving
from deid.importers.remapping.deciding import AREAS, Decider, Decision, Kept
from deid.importers.remapping.report import RemapChange, RemapReport, RemapTable
from deid.vault.digests import digest_of
from deid.vault.loading import Progress, import_transaction, keep_digest, record_import
from deid.vault.rows import rows_within
from deid.vault.rules import column_names, quoted
from deid.vault.schema import metadata
from deid.vault.staging import open_staging
from deid.vault.writing import delete_keys, insert_batches

CHUNK_ROWS = 50_000
_STEMS = {
    "condition_occurrence": "condition",
    "drug_exposure": "drug",
    "procedure_occurrence": "procedure",
    "measurement": "measurement",
    "observation": "observation",
    "death": "cause",
}
_ERAS = ("condition_era", "drug_era")


def remap(engine: Engine, *, progress: Progress | None = None) -> RemapReport:
    """Map conditions, drugs, procedures, measurements, observations and causes of death again.

    All or nothing, in one transaction with its digests and a row of ``import_batch``. A vault
    without anything to change is left as it is.

    Raises:
        VaultError: if the database fails; nothing is changed.
    """
    started = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    with import_transaction(engine) as connection, open_staging() as staging:
        decider = Decider(connection)
        plans = {}
        for table in AREAS:
            if progress:
                progress(table, 0)
            plans[table] = _plan(connection, decider, table)
        work = {table: _Work(connection, staging, plan) for table, plan in plans.items()}
        for table, one in work.items():
            one.change(progress)
            if progress:
                progress(table, plans[table].rows)
        for one in work.values():
            one.move()
        tables = tuple(_report(connection, decider, plans[table], work[table]) for table in AREAS)
        report = RemapReport(
            tuple(table for table in tables if table.rows or table.rows_after),
            _notes(connection, tables),
        )
        if any(t.changed or t.sources or t.moved for t in tables):
            record_import(connection, report.as_import(), started)
    return report


@dataclass(frozen=True)
class _Plan:
    """The distinct codes of one table, how many rows have each, and what is to become of them."""

    table: str
    counts: Mapping[Kept, int]
    decisions: Mapping[Kept, Decision]

    @property
    def rows(self) -> int:
        return sum(self.counts.values())

    def goes_to(self, kept: Kept) -> str | None:
        """The other table that a changed concept belongs to; None if it belongs here."""
        decision = self.decisions[kept]
        if (
            decision.concept_id == kept.concept_id
            or self.table not in moving.TABLE_OF_DOMAIN.values()
        ):
            return None
        table = moving.TABLE_OF_DOMAIN.get(decision.domain or "", "")
        own = AREAS[self.table][1]
        if decision.domain in {own, None}:
            return None
        return table


def _plan(connection: Connection, decider: Decider, table: str) -> _Plan:
    names, columns = metadata.tables[table].c, _columns(table)
    concept, source, value = (names[name] for name in columns)
    # Written out, since PostgreSQL takes two parameters for different expressions.
    nothing: ColumnElement[int] = literal_column("0")
    group = (func.coalesce(concept, nothing), func.coalesce(source, nothing), value)
    groups = connection.execute(select(*group, func.count()).group_by(*group)).all()
    counts = {Kept(row[0], row[1], row[2]): row[3] for row in groups}
    decider.learn(table, counts)
    decisions = {}
    for kept in counts:
        decision = decider.decide(table, kept)
        if (decision.concept_id, decision.source_concept_id) != (
            kept.concept_id,
            kept.source_concept_id,
        ):
            decisions[kept] = decision
    return _Plan(table, counts, decisions)


def _columns(table: str) -> tuple[str, str, str]:
    stem = _STEMS[table]
    return f"{stem}_concept_id", f"{stem}_source_concept_id", f"{stem}_source_value"


@dataclass
class _Work:
    """One table on its way: rows that stay are changed at once, those that move wait."""

    connection: Connection
    staging: duckdb.DuckDBPyConnection
    plan: _Plan
    changed: int = 0
    sources: int = 0
    moved: int = 0
    left: Counter[str] = field(default_factory=Counter)
    leaving: dict[str, list[pa.Table]] = field(default_factory=dict)

    def change(self, progress: Progress | None) -> None:
        """Change the rows that stay, chunk by chunk, and set aside those that go elsewhere."""
        if not self.plan.decisions:
            return
        table = self.plan.table
        self._stage_plan()
        names = ", ".join(quoted(name) for name in column_names(table))
        digest = 0
        for chunk in self._chunks():
            self.staging.register("chunk", chunk)
            for (target,) in self.staging.execute(
                f"SELECT DISTINCT goes_to FROM ({self._joined()}) WHERE goes_to IS NOT NULL "
                "ORDER BY goes_to"
            ).fetchall():
                self._set_aside(target, names)
            stays = f"SELECT {names} FROM ({self._joined()}) WHERE goes_to IS NULL"
            kept = self._number(f"SELECT count(*) FROM ({stays})")
            if kept:
                old = f"SELECT {names} FROM chunk SEMI JOIN ({stays}) USING ({self._key()})"
                digest += digest_of(self.staging, table, stays)
                digest -= digest_of(self.staging, table, old)
                new = self.staging.sql(stays).to_arrow_table()
                delete_keys(self.connection, table, new.select([self._key()]))
                insert_batches(self.connection, table, new.to_batches())
            self.changed += self._number(
                f"SELECT count(*) FROM ({self._joined()}) WHERE goes_to IS NULL AND is_new"
            )
            self.sources += self._number(
                f"SELECT count(*) FROM ({self._joined()}) WHERE goes_to IS NULL AND NOT is_new"
            )
            self.staging.unregister("chunk")
            if progress:
                progress(table, 0)
        if digest:
            keep_digest(self.connection, table, digest)

    def move(self) -> None:
        """Move the rows that were set aside, all tables being changed."""
        for target, parts in sorted(self.leaving.items()):
            rows = pa.concat_tables(parts)
            moving.move(self.connection, self.staging, self.plan.table, target, rows)
            self.moved += rows.num_rows

    def _set_aside(self, target: str, names: str) -> None:
        """Split the chunk's rows of another domain into those that can move and those left."""
        rows = f"SELECT * FROM ({self._joined()}) WHERE goes_to = '{target}'"
        if not target:
            self.left[moving.NO_TABLE] += self._number(f"SELECT count(*) FROM ({rows})")
            return
        table, key = self.plan.table, self._key()
        lost = moving.loss(table, target)
        ids = [row[0] for row in self.staging.execute(f"SELECT {key} FROM ({rows})").fetchall()]
        would_lose = {
            row[0]
            for row in self.staging.execute(f"SELECT {key} FROM ({rows}) WHERE {lost}").fetchall()
        }
        named = moving.named_elsewhere(self.connection, ids)
        known = moving.recorded(self.connection, table, ids)
        again = moving.may_be_found_again(ids, known, moving.taken(self.connection, target, ids))
        going = []
        for number in ids:
            if number in would_lose:
                self.left[moving.LOST] += 1
            elif number in named:
                self.left[moving.NAMED] += 1
            elif number not in again:
                self.left[moving.NOT_FOUND_AGAIN] += 1
            else:
                going.append(number)
        if going:
            self.staging.register("going", pa.table({key: pa.array(going, pa.int64())}))
            part = self.staging.sql(
                f"SELECT {names} FROM ({rows}) SEMI JOIN going USING ({key}) ORDER BY {key}"
            ).to_arrow_table()
            self.staging.unregister("going")
            self.leaving.setdefault(target, []).append(part)

    def _stage_plan(self) -> None:
        decisions = self.plan.decisions
        self.staging.register(
            "plan",
            pa.table(
                {
                    "p_concept": pa.array([k.concept_id for k in decisions], pa.int64()),
                    "p_source": pa.array([k.source_concept_id for k in decisions], pa.int64()),
                    "p_value": pa.array([k.source_value for k in decisions], pa.string()),
                    "n_concept": pa.array([d.concept_id for d in decisions.values()], pa.int64()),
                    "n_source": pa.array(
                        [d.source_concept_id for d in decisions.values()], pa.int64()
                    ),
                    "goes_to": pa.array([self.plan.goes_to(k) for k in decisions], pa.string()),
                }
            ),
        )

    def _joined(self) -> str:
        """The chunk's rows that change, with their new concepts, and where they go."""
        concept, source, value = (quoted(name) for name in _columns(self.plan.table))
        return (
            f"SELECT chunk.* REPLACE (n_concept AS {concept}, "
            f"CASE WHEN n_source = 0 THEN {source} ELSE n_source END AS {source}), goes_to, "
            "n_concept <> p_concept AS is_new FROM chunk JOIN plan ON "
            f"coalesce({concept}, 0) = p_concept AND coalesce({source}, 0) = p_source "
            f"AND {value} IS NOT DISTINCT FROM p_value"
        )

    def _chunks(self) -> Iterator[pa.Table]:
        """The table's rows in the order of their keys; each chunk is read before it is changed."""
        table = metadata.tables[self.plan.table]
        key = table.c[self._key()]
        last: int | None = None
        while True:
            statement = select(*table.columns).order_by(key).limit(CHUNK_ROWS)
            if last is not None:
                statement = statement.where(key > last)
            batches = list(rows_within(self.connection).fetch(statement, CHUNK_ROWS))
            if not batches:
                return
            chunk = pa.Table.from_batches(batches)
            last = chunk[self._key()][-1].as_py()
            yield chunk

    def _key(self) -> str:
        (column,) = metadata.tables[self.plan.table].primary_key.columns
        return str(column.name)

    def _number(self, query: str) -> int:
        ((number,),) = self.staging.execute(query).fetchall()
        return int(number)


def _report(connection: Connection, decider: Decider, plan: _Plan, work: _Work) -> RemapTable:
    gained: Counter[tuple[str, str, str]] = Counter()
    for kept, decision in plan.decisions.items():
        if decision.concept_id != kept.concept_id:
            before, after = (
                _named(decider, number) for number in (kept.concept_id, decision.concept_id)
            )
            gained[_code(plan.table, kept, decider), before, after] += plan.counts[kept]
    concept = metadata.tables[plan.table].c[_columns(plan.table)[0]]
    rows_after, mapped_after = connection.execute(
        select(func.count(), func.count(func.nullif(concept, 0)))
    ).one()
    return RemapTable(
        table=plan.table,
        rows=plan.rows,
        mapped_before=sum(rows for kept, rows in plan.counts.items() if kept.concept_id),
        rows_after=rows_after,
        mapped_after=mapped_after,
        changed=work.changed,
        sources=work.sources,
        moved=work.moved,
        left=tuple(sorted(work.left.items())),
        changes=tuple(
            RemapChange(code, old, new, rows)
            for (code, old, new), rows in sorted(gained.items(), key=lambda i: (-i[1], i[0]))
        ),
    )


def _code(table: str, kept: Kept, decider: Decider) -> str:
    """The code that a row kept, or "words": words may name somebody and are not shown."""
    source = decider.facts(kept.source_concept_id)
    if source is not None and "|" not in source.code:
        return source.code
    found = codes_in(kept.source_value or "", AREAS[table][0])
    return tidy(found[0]) if found else "words"


def _named(decider: Decider, concept_id: int) -> str:
    facts = decider.facts(concept_id)
    return f"{concept_id} {facts.name}" if facts else str(concept_id)


def _notes(connection: Connection, tables: Sequence[RemapTable]) -> tuple[str, ...]:
    if not any(t.changed or t.moved for t in tables):
        return ()
    held = [
        name
        for name in _ERAS
        if connection.execute(select(metadata.tables[name]).limit(1)).first() is not None
    ]
    return tuple(f"{name} was derived before the change and is left as it was" for name in held)
