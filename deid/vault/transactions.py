"""Transactions that write to the vault."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine


@contextmanager
def write_transaction(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes; a second writer waits instead of failing half-way."""
    with engine.connect() as plain:
        connection = plain.execution_options(carecommons_writes=True)
        with connection.begin():
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql("LOCK TABLE import_batch IN SHARE ROW EXCLUSIVE MODE")
            yield connection
