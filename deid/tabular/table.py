"""Tables in files: CSV as it is found, and Parquet; written whole or not at all."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from deid.errors import TableRefused
from deid.whole_files import write_whole

_ENCODINGS = ("utf-8-sig", "utf-16", "gb18030", "cp1252")
_DELIMITERS = ";,\t|"
_PARQUET = {".parquet", ".pq"}


@dataclass(frozen=True)
class Form:
    """How a table stands in its file; written again in the same form."""

    delimiter: str | None
    encoding: str = "utf-8"


def read_table(path: Path) -> tuple[pa.Table, Form]:
    """A table and its form. All columns of a CSV are text; nothing in it is taken for absent.

    Raises:
        TableRefused: no table, with the line where it stops being one.
    """
    if path.suffix.lower() in _PARQUET:
        try:
            return pq.read_table(path), Form(None)
        except (OSError, pa.ArrowInvalid) as error:
            raise TableRefused(f"{path}: no Parquet file") from error
    text, encoding = _decoded(path)
    head = text.split("\n", 1)[0].rstrip("\r")
    if not head:
        raise TableRefused(f"{path}: the first line, which names the columns, is empty")
    delimiter = max(_DELIMITERS, key=head.count)
    names = next(csv.reader([head], delimiter=delimiter))
    options = pacsv.ConvertOptions(
        column_types={name: pa.string() for name in names},
        strings_can_be_null=False,
        quoted_strings_can_be_null=False,
    )
    try:
        table = pacsv.read_csv(
            io.BytesIO(text.encode()),
            parse_options=pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=options,
        )
    except pa.ArrowInvalid:
        # Arrow's own message quotes the row.
        raise TableRefused(
            f"{path}: lines do not all have the {len(names)} columns of the first"
        ) from None
    if not table.num_rows:
        raise TableRefused(f"{path}: the table has no rows")
    return table.rename_columns([name.strip() for name in table.column_names]), Form(
        delimiter, "utf-8" if encoding == "utf-8-sig" else encoding
    )


def write_table(table: pa.Table, path: Path, form: Form) -> None:
    """Write a table in a form, visible only when it is whole."""
    if form.delimiter is None or path.suffix.lower() in _PARQUET:
        write_whole(path, lambda to: pq.write_table(table, to))
        return
    delimiter = form.delimiter
    columns = [column.cast(pa.string()).fill_null("").to_pylist() for column in table.columns]

    def write(to: Path) -> None:
        with to.open("w", encoding=form.encoding, newline="") as file:
            writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
            writer.writerow(table.column_names)
            writer.writerows(zip(*columns, strict=True))

    write_whole(path, write)


def _decoded(path: Path) -> tuple[str, str]:
    raw = path.read_bytes()
    for encoding in _ENCODINGS:
        if encoding == "utf-16" and raw[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            continue
        try:
            return raw.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise TableRefused(f"{path}: in none of the encodings {', '.join(_ENCODINGS)}")
