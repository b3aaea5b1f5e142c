"""Tables of the portal's database as lines of JSON, the same for SQLite and PostgreSQL.

Both directions go by the schema that the database itself tells, so that a backup of an earlier
version is read back at its own revision and only then brought to the newest. It follows that a
portal can be moved from SQLite to PostgreSQL by a backup.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import IO, Any, Final

from sqlalchemy import (
    JSON,
    Connection,
    Date,
    DateTime,
    LargeBinary,
    MetaData,
    Table,
    func,
    inspect,
    null,
    select,
    text,
)

VERSION_TABLE: Final = "alembic_version"
_ROWS: Final = 500


def tables_of(connection: Connection) -> list[Table]:
    """All tables of the portal, those that others point to first."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != VERSION_TABLE]


def is_empty(connection: Connection) -> bool:
    """Whether the database holds no table at all."""
    return not inspect(connection).get_table_names()


def revision_of(connection: Connection) -> str:
    """Number of the schema."""
    return str(connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}")))


def dump(connection: Connection, table: Table) -> Iterator[bytes]:
    """The table's rows, by primary key, as lines of JSON."""
    rows = connection.execute(select(table).order_by(*table.primary_key.columns))
    for row in rows.yield_per(_ROWS):
        held = {name: _told(value) for name, value in row._mapping.items()}
        yield (json.dumps(held, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8")


def load(connection: Connection, table: Table, lines: IO[bytes] | Iterable[bytes]) -> int:
    """Put lines of :func:`dump` into an empty table; the number of rows."""
    number, waiting = 0, []
    for line in lines:
        held = json.loads(line)
        waiting.append({name: _taken(table, name, value) for name, value in held.items()})
        number += 1
        if len(waiting) == _ROWS:
            connection.execute(table.insert(), waiting)
            waiting = []
    if waiting:
        connection.execute(table.insert(), waiting)
    _count_on(connection, table)
    return number


def take_away(connection: Connection) -> None:
    """Drop every table, where a restoration into an empty database failed."""
    metadata = MetaData()
    metadata.reflect(connection)
    metadata.drop_all(connection)


def _count_on(connection: Connection, table: Table) -> None:
    """PostgreSQL's counters go on behind the rows that were put in with their numbers."""
    column = table.autoincrement_column
    if column is None or connection.dialect.name != "postgresql":
        return
    sequence = connection.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
    newest = connection.scalar(select(func.max(column)))
    if sequence is not None and newest is not None:
        connection.execute(select(func.setval(sequence, newest)))


def _told(value: Any) -> Any:
    if isinstance(value, date):  # and so every moment
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode("ascii")
    return value


def _taken(table: Table, name: str, value: Any) -> Any:
    kind = table.columns[name].type
    if value is None:
        return null() if isinstance(kind, JSON) else None
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    if isinstance(kind, LargeBinary):
        return base64.b64decode(value)
    return value
