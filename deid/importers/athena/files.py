"""Finds the files of an Athena download and reads each into DuckDB, typed and checked.

The files are not CSV as RFC 4180 has it: names hold quotation marks and backslashes as ordinary
characters, so that nothing but a tab ends a value and nothing but a line's end ends a row.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import duckdb

from deid.errors import ImportRefused
from deid.vault.rules import column_names, quoted, sql_text, sql_type
from deid.vault.schema import metadata
from deid.vocabulary import LOCAL_IDS, LOCAL_VOCABULARY

ATHENA_TABLES = (
    "concept",
    "vocabulary",
    "domain",
    "concept_class",
    "relationship",
    "concept_relationship",
    "concept_ancestor",
    "concept_synonym",
    "drug_strength",
)
"""Tables of a download, in the order of loading: concepts say what the others may speak of."""

_FAULTS = {"BIGINT": "a whole number", "DOUBLE": "a number", "DATE": "a date as YYYYMMDD"}


def find_files(folder: Path) -> dict[str, Path]:
    """The nine files by table, each with the right header; names may be in any case.

    Raises:
        ImportRefused: if the folder or a file is missing, or a header lacks a column or has one
            too many.
    """
    if not folder.is_dir():
        raise ImportRefused(f"{folder}: {'not a folder' if folder.exists() else 'no such folder'}")
    found = {path.name.lower(): path for path in sorted(folder.iterdir()) if path.is_file()}
    missing = [table for table in ATHENA_TABLES if f"{table}.csv" not in found]
    if missing:
        names = ", ".join(f"{table.upper()}.csv" for table in missing)
        raise ImportRefused(f"{folder}: {names} missing; unpack the whole Athena download there")
    files = {table: found[f"{table}.csv"] for table in ATHENA_TABLES}
    for table, path in files.items():
        _header(table, path)
    return files


def read_file(working: duckdb.DuckDBPyConnection, table: str, path: Path) -> int:
    """Make the table ``arrived`` of a file, with the vault's columns and types. Gives its rows.

    Raises:
        ImportRefused: for the first broken row, with file and line; nothing of its text is told.
    """
    working.execute("DROP TABLE IF EXISTS arrived")
    texts = {name: quoted(name) for name in column_names(table)}
    casts = ", ".join(f"{_cast(table, name)} AS {text}" for name, text in texts.items())
    fault = " OR ".join(_fault(table, name) for name in texts)
    try:
        working.execute(
            f"CREATE TABLE arrived AS SELECT {casts}, ({fault}) AS _fault "
            f"FROM {_reading(path, _header(table, path))}"
        )
    except duckdb.ConversionException:
        # DuckDB may convert while it reads, and then stops at the first value it cannot.
        raise ImportRefused(_first_fault(table, path)) from None
    except duckdb.InvalidInputException as error:
        raise ImportRefused(_broken(path, str(error))) from None
    ((rows, faults),) = working.execute(
        "SELECT count(*), count(*) FILTER (WHERE _fault) FROM arrived"
    ).fetchall()
    if faults:
        raise ImportRefused(_first_fault(table, path))
    working.execute("ALTER TABLE arrived DROP COLUMN _fault")
    return int(rows)


def line_of(table: str, path: Path, key: Mapping[str, object]) -> int:
    """Number of the first line with these values in the key's columns; for messages."""
    for line, cells in _lines(table, path):
        if all(_value(table, name, cells[name]) == value for name, value in key.items()):
            return line
    return 0


def _header(table: str, path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            names = file.readline().decode("utf-8-sig").rstrip("\r\n").lower().split("\t")
    except UnicodeDecodeError:
        raise ImportRefused(f"{path.name} line 1: not UTF-8") from None
    except OSError as error:
        raise ImportRefused(f"{path.name}: {error.strerror}") from None
    expected = set(column_names(table))
    if set(names) != expected or len(names) != len(expected):
        lacking = ", ".join(sorted(expected - set(names)))
        surplus = ", ".join(repr(name[:40]) for name in names if name not in expected)
        what = f"lacks {lacking}" if lacking else f"has {surplus or 'a column twice'}"
        raise ImportRefused(
            f"{path.name} line 1: the header {what}; an Athena file is separated by tabs and has "
            f"the columns {', '.join(column_names(table))}"
        )
    return names


def _reading(path: Path, names: list[str]) -> str:
    columns = ", ".join(f"{sql_text(name)}: 'VARCHAR'" for name in names)
    return (
        f"read_csv({sql_text(str(path))}, delim = '\t', quote = '', escape = '', header = true, "
        f"auto_detect = false, max_line_size = 10000000, columns = {{{columns}}})"
    )


def _cast(table: str, name: str) -> str:
    column, text = metadata.tables[table].columns[name], quoted(name)
    kind = sql_type(column)
    if kind == "VARCHAR":
        return text if column.nullable else f"coalesce({text}, '')"
    if kind == "DATE":
        return f"try_strptime({text}, '%Y%m%d')::DATE"
    return f"try_cast({text} AS {kind})"


def _fault(table: str, name: str) -> str:
    column = metadata.tables[table].columns[name]
    faults = []
    if sql_type(column) != "VARCHAR":
        missing = "" if not column.nullable else f"{quoted(name)} IS NOT NULL AND "
        faults.append(f"({missing}({_cast(table, name)}) IS NULL)")
    if name.endswith("concept_id") or name.startswith("concept_id"):
        faults.append(f"coalesce(try_cast({quoted(name)} AS BIGINT) >= {LOCAL_IDS.start}, false)")
    if name == "vocabulary_id":
        faults.append(f"coalesce({quoted(name)} = {sql_text(LOCAL_VOCABULARY)}, false)")
    return " OR ".join(faults) or "false"


def _broken(path: Path, text: str) -> str:
    """DuckDB quotes the row; only its line and what is wrong with it are taken over."""
    line = re.search(r"Line: (\d+)", text)
    place = f"{path.name} line {line[1]}" if line else path.name
    counts = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    if counts:
        return f"{place}: {counts[2]} values, {counts[1]} columns"
    if "unicode" in text or "utf-8" in text:
        return f"{place}: not UTF-8"
    return f"{place}: the row cannot be read"


def _lines(table: str, path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    names = _header(table, path)
    with path.open("rb") as file:
        for line, raw in enumerate(file, start=1):
            content = raw.rstrip(b"\r\n")
            if line == 1 or not content:
                continue
            try:
                cells = content.decode("utf-8").split("\t")
            except UnicodeDecodeError:
                raise ImportRefused(f"{path.name} line {line}: not UTF-8") from None
            if len(cells) != len(names):
                raise ImportRefused(
                    f"{path.name} line {line}: {len(cells)} values, {len(names)} columns"
                )
            yield line, dict(zip(names, cells, strict=True))


def _first_fault(table: str, path: Path) -> str:
    """The slow way, taken once there is a fault: line by line to the first one."""
    for line, cells in _lines(table, path):
        for name, text in cells.items():
            column = metadata.tables[table].columns[name]
            value = _value(table, name, text)
            kind = sql_type(column)
            if kind != "VARCHAR" and value is None and (text or not column.nullable):
                what = f"{name} is not {_FAULTS[kind]}" if text else f"{name} is empty"
                return f"{path.name} line {line}: {what}"
            if isinstance(value, int) and "concept_id" in name and value >= LOCAL_IDS.start:
                return (
                    f"{path.name} line {line}: {name} is from {LOCAL_IDS.start} on, an id of this "
                    "installation's own concepts"
                )
            if name == "vocabulary_id" and text == LOCAL_VOCABULARY:
                return f"{path.name} line {line}: vocabulary {LOCAL_VOCABULARY} is ours"
    return f"{path.name}: a row cannot be read"


def _value(table: str, name: str, text: str) -> object:
    """A cell as DuckDB reads it: ``None`` where it is empty or not of the column's type."""
    kind = sql_type(metadata.tables[table].columns[name])
    with suppress(ValueError, OverflowError):
        if kind == "VARCHAR":
            return text
        if kind == "DATE":
            return dt.datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007
        number = float(text)
        if kind == "DOUBLE":
            return number
        return round(number) if math.isfinite(number) else None
    return None
