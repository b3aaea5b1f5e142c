"""Finds the CSV files of forms in a folder and reads them as columns of text."""

from __future__ import annotations

import codecs
import csv
import difflib
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from deid.errors import ImportRefused
from deid.forms import Column, ResidentForm, find_form
from deid.forms.model import Language, normalised

_BLOCK_BYTES = 8 << 20
_SUFFIXES = (".csv", ".tsv", ".txt")


@dataclass(frozen=True)
class FormFile:
    """One file: its rows as text, one column ``c<n>`` for each column that was recognised.

    ``columns`` gives the form's column of each, ``headers`` the header as it stands in the file.
    Column ``_row`` counts the rows from 1, the header not counted.
    """

    name: str
    form: ResidentForm
    cells: pa.Table
    columns: Mapping[str, Column]
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        return f"FormFile({self.name}, {self.cells.num_rows} rows)"

    @property
    def language(self) -> Language:
        """Chinese if a header has a Chinese sign."""
        letters = "".join(self.headers.values())
        return "zh" if any("一" <= letter <= "鿿" for letter in letters) else "en"


def find_form_files(folder: Path) -> dict[Path, ResidentForm]:
    """The files of a folder with the form that each holds, in the order of the forms.

    Raises:
        ImportRefused: if there is no such folder, no file, a file that is no form, or two files
            of one form.
    """
    if not folder.is_dir():
        raise ImportRefused(f"{folder}: {'not a folder' if folder.exists() else 'no such folder'}")
    found: dict[Path, ResidentForm] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in _SUFFIXES or not path.is_file():
            continue
        form = find_form(path.stem)
        if form is None:
            raise ImportRefused(
                f"{path}: its name is that of no form; `carecommons vault forms` lists them"
            )
        twin = next((other for other, its in found.items() if its is form), None)
        if twin:
            raise ImportRefused(f"{folder}: form {form.key} comes twice, in {twin.name} too")
        found[path] = form
    if not found:
        raise ImportRefused(f"{folder}: no file of a form there; expected hypertension.csv or so")
    return found


def read_form_file(path: Path, form: ResidentForm) -> FormFile:
    """Read one file, in UTF-8, GB18030 or UTF-16, separated by commas, tabs or semicolons.

    Rows without any content are passed over.

    Raises:
        ImportRefused: if it cannot be read, has no header, a column that the form has not, or
            numbers that a spreadsheet has rounded.
    """
    encoding = _encoding(path)
    header, separator = _header(path, encoding)
    columns, headers = _recognise(path, form, header)
    cells = _read(path, encoding, separator, len(header), list(columns))
    for name, column in columns.items():
        if column.field.kind == "identifier":
            _check_rounded(path, headers[name], cells[name], cells["_row"])
    return FormFile(path.name, form, cells, columns, headers)


def _encoding(path: Path) -> str:
    """``utf8``, ``gb18030`` or ``utf-16``: what the whole file can be decoded as.

    UTF-16, as spreadsheets save "Unicode text", is known by its byte order mark.
    """
    with path.open("rb") as file:
        marked = file.read(2) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
    for encoding in ("utf-16",) if marked else ("utf-8", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    decoder.decode(block)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        except OSError as error:
            raise ImportRefused(f"{path}: cannot be read ({type(error).__name__})") from None
        return "utf8" if encoding == "utf-8" else encoding
    raise ImportRefused(f"{path}: the text is neither UTF-8 nor GB18030 nor UTF-16")


def _header(path: Path, encoding: str) -> tuple[list[str], str]:
    with path.open(encoding="utf-8-sig" if encoding == "utf8" else encoding, newline="") as file:
        line = file.readline()
        if not line.strip():
            raise ImportRefused(f"{path}: line 1: there is no header")
        separator = max(",\t;", key=line.count)
        file.seek(0)
        try:
            header = next(csv.reader(file, delimiter=separator))
        except csv.Error:
            raise ImportRefused(f"{path}: line 1: the header cannot be read as CSV") from None
    return [name.strip() for name in header], separator


def _recognise(
    path: Path, form: ResidentForm, header: list[str]
) -> tuple[dict[str, Column], dict[str, str]]:
    known = {name: column for column in form.columns for name in column.headers()}
    columns: dict[str, Column] = {}
    headers: dict[str, str] = {}
    unknown: list[int] = []
    for position, name in enumerate(header):
        column = known.get(normalised(name))
        if column is None:
            unknown.append(position)
            continue
        twin = next((headers[c] for c, its in columns.items() if its is column), None)
        if twin:
            raise ImportRefused(f"{path}: line 1: {name} and {twin} are one column of the form")
        columns[f"c{position}"], headers[f"c{position}"] = column, name
    # Without a header, the first line is somebody's row: it is not quoted.
    if 2 * len(columns) < len(header):
        raise ImportRefused(
            f"{path}: line 1: most names are no columns of form {form.key}; is there a header?"
        )
    if unknown:
        name = header[unknown[0]]
        near = difflib.get_close_matches(normalised(name), known, 1)
        hint = f"; do you mean {known[near[0]].zh} ({known[near[0]].en})?" if near else ""
        raise ImportRefused(
            f"{path}: line 1, column {unknown[0] + 1}: form {form.key} has no column {name}{hint}"
        )
    return columns, headers


def _read(path: Path, encoding: str, separator: str, width: int, wanted: list[str]) -> pa.Table:
    names = [f"c{position}" for position in range(width)]
    try:
        table = pa_csv.read_csv(
            str(path),
            read_options=pa_csv.ReadOptions(
                column_names=names,
                skip_rows=1,
                encoding=encoding,
                block_size=_BLOCK_BYTES,
                use_threads=False,
            ),
            parse_options=pa_csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            convert_options=pa_csv.ConvertOptions(
                column_types={name: pa.string() for name in names}, strings_can_be_null=False
            ),
        )
    except (pa.ArrowException, OSError) as error:
        raise _fault(path, error) from None
    _check_quotes(path, table, encoding)
    rows = pa.array(range(1, table.num_rows + 1), pa.int64())
    cells = table.select(wanted).append_column("_row", rows)
    filled = functools.reduce(
        pc.or_, (pc.not_equal(pc.utf8_trim_whitespace(cells[name]), "") for name in wanted)
    )
    return cells.filter(filled)


def _check_rounded(path: Path, header: str, cells: pa.ChunkedArray, rows: pa.ChunkedArray) -> None:
    """Refuse numbers such as 6.1E+16: several people may have become one."""
    rounded = pc.match_substring_regex(cells, r"^\s*\d(\.\d+)?[eE]\+\d+\s*$")
    found = rows.filter(rounded)
    if len(found):
        raise ImportRefused(
            f"{path}: row {found[0]}, column {header}: a spreadsheet has rounded the number; "
            "format the column as text there, fill it in and save again"
        )


def _fault(path: Path, error: Exception) -> ImportRefused:
    """The fault with its line, without the parser's text: that quotes the line itself."""
    text = str(error)
    line = re.search(r"[Rr]ow #?(\d+)", text)
    where = f"line {line.group(1)}" if line else "after the lines read so far"
    columns = re.search(r"Expected (\d+) columns, got (\d+)", text)
    if columns:
        what = f"expected {columns.group(1)} columns, found {columns.group(2)}"
    elif "Empty CSV" in text:
        what = "there are no rows"
    else:
        what = "cannot be read as CSV"
    return ImportRefused(f"{path}: {where}: {what}")


def _check_quotes(path: Path, table: pa.Table, encoding: str) -> None:
    """Refuse a file whose last quotation mark is never closed: it takes all lines after it."""
    if not table.num_rows:
        return
    last = next((v for name in reversed(table.column_names) if (v := table[name][-1].as_py())), "")
    if "\n" not in last:
        return
    with path.open(encoding=encoding) as file:
        marks = sum(line.count('"') for line in file)
    if marks % 2:
        raise ImportRefused(f"{path}: a quotation mark is never closed")
