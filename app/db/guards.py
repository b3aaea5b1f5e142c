"""Triggers that keep the histories append-only, whoever holds the connection."""

from __future__ import annotations

from collections.abc import Sequence

_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
"""


def guard_statements(dialect: str, tables: Sequence[str]) -> list[str]:
    """DDL for SQLite or PostgreSQL that refuses UPDATE, DELETE and TRUNCATE on ``tables``."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for table in tables
            for act in ("UPDATE", "DELETE")
        ]
    return [
        _FUNCTION,
        *(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            for table in tables
        ),
    ]
