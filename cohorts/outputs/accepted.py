"""Which files may leave a workspace, and the check of one file from its bytes alone.

What cannot be looked through is not accepted: SVG and HTML carry every point and whatever script
behind what is seen, spreadsheets have hidden sheets, archives unpack without end, and a notebook's
outputs are tables and pictures that belong in files of their own.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any, Final

from cohorts.disclosure import DEFAULT_RULE, DisclosureRule
from cohorts.errors import OutputRefused
from cohorts.outputs.acro_session import acro_findings
from cohorts.outputs.pictures import check_png
from cohorts.outputs.report import FileReport, Finding, Level
from cohorts.outputs.rules import LONG_NUMBER, check_table
from cohorts.outputs.tables import Table, parse_table

MOST_FILES: Final = 30
MOST_BYTES: Final = 20 * 1024 * 1024
_NAME = re.compile(r"[\w][\w .()+-]{0,99}")


class Kind(StrEnum):
    """What a file is to the person who checks it."""

    TABLE = "table"
    PICTURE = "picture"
    TEXT = "text"
    PROGRAM = "program"
    NOTEBOOK = "notebook"


@dataclass(frozen=True)
class _Accepted:
    kind: Kind
    most_bytes: int
    media_type: str


_TEXT_TYPE: Final = "text/plain; charset=utf-8"
_ACCEPTED: Final[Mapping[str, _Accepted]] = {
    ".csv": _Accepted(Kind.TABLE, 1 << 20, "text/csv; charset=utf-8"),
    ".png": _Accepted(Kind.PICTURE, 5 << 20, "image/png"),
    ".txt": _Accepted(Kind.TEXT, 200_000, _TEXT_TYPE),
    ".md": _Accepted(Kind.TEXT, 200_000, _TEXT_TYPE),
    ".py": _Accepted(Kind.PROGRAM, 200_000, _TEXT_TYPE),
    ".r": _Accepted(Kind.PROGRAM, 200_000, _TEXT_TYPE),
    ".sql": _Accepted(Kind.PROGRAM, 200_000, _TEXT_TYPE),
    ".ipynb": _Accepted(Kind.NOTEBOOK, 1 << 20, "application/x-ipynb+json"),
}
_INSTEAD: Final = {
    ".svg": "an SVG holds the exact value of every point; save the figure as PNG",
    ".html": "an HTML page can hide data and scripts; save tables as CSV and figures as PNG",
    ".pdf": "a PDF cannot be looked through; save figures as PNG",
    ".jpg": "save the figure as PNG",
    ".jpeg": "save the figure as PNG",
    ".xlsx": "a workbook has hidden sheets and caches; save each table as CSV",
    ".xls": "a workbook has hidden sheets and caches; save each table as CSV",
    ".zip": "an archive is not opened; name the files themselves",
    ".gz": "an archive is not opened; name the files themselves",
    ".tar": "an archive is not opened; name the files themselves",
    ".parquet": "records do not leave; save a table of results as CSV",
    ".pkl": "a pickled object cannot be looked through; save its results as CSV",
    ".joblib": "a model can hold the data it learned from; save its coefficients as CSV",
}


def accepted_extensions() -> tuple[str, ...]:
    """Extensions of files that may leave."""
    return tuple(_ACCEPTED)


def media_type(name: str) -> str:
    """How an accepted file is served."""
    return _ACCEPTED[_extension(name)].media_type


def check_name(name: str) -> Kind:
    """Refuse a name that is no plain file name, or of a kind that does not leave.

    Raises:
        OutputRefused: saying what to do instead.
    """
    if not _NAME.fullmatch(name) or name.endswith((" ", ".")):
        raise OutputRefused(
            f"{name[:100]!r}: a name has up to 100 letters, digits, spaces and . _ - ( ) +"
        )
    extension = _extension(name)
    if extension not in _ACCEPTED:
        known = ", ".join(_ACCEPTED)
        advice = _INSTEAD.get(extension, f"only {known} leave")
        raise OutputRefused(f"{name}: {advice}")
    return _ACCEPTED[extension].kind


def most_bytes(name: str) -> int:
    """How large a file of this name may be.

    Raises:
        OutputRefused: as :func:`check_name`.
    """
    check_name(name)
    return _ACCEPTED[_extension(name)].most_bytes


def check_file(
    name: str,
    content: bytes,
    rule: DisclosureRule = DEFAULT_RULE,
    earlier: Sequence[tuple[str, Table]] = (),
    acro: Mapping[str, Any] | None = None,
) -> FileReport:
    """Check one file.

    Args:
        earlier: tables of the project that have left, by name, newest first.
        acro: what the ``acro`` library recorded of the file, if it made it.

    Raises:
        OutputRefused: if the file does not leave in this form.
    """
    kind = check_name(name)
    if len(content) > most_bytes(name):
        raise OutputRefused(f"{name}: larger than {most_bytes(name):,} bytes")
    findings = acro_findings(acro) if acro else []
    if kind is Kind.TABLE:
        table = parse_table(name, content)
        findings += check_table(table, rule, earlier, checked_by_acro=bool(acro))
    elif kind is Kind.PICTURE:
        picture = check_png(name, content)
        text = f"{picture.width} x {picture.height} pixels: are points or bars of few people seen?"
        findings.append(Finding("picture", Level.REVIEW, text))
    else:
        text = _text(name, content)
        if kind is Kind.NOTEBOOK:
            text = _check_notebook(name, text)
        findings += _text_findings(text, kind)
    return FileReport(
        name, kind.value, len(content), hashlib.sha256(content).hexdigest(), tuple(findings)
    )


def readable_text(name: str, content: bytes) -> str:
    """What the steward reads of a text, program or notebook that passed :func:`check_file`."""
    text = _text(name, content)
    return _check_notebook(name, text) if check_name(name) is Kind.NOTEBOOK else text


def _extension(name: str) -> str:
    return PurePosixPath(name).suffix.casefold()


def _text(name: str, content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise OutputRefused(f"{name}: not UTF-8 text") from None
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", text):
        raise OutputRefused(f"{name}: holds characters that cannot be read")
    return text


def _check_notebook(name: str, text: str) -> str:
    """The cells of a notebook without outputs, one after another.

    Raises:
        OutputRefused: if it is no notebook, or holds outputs, attachments or widgets' states.
    """
    try:
        document = json.loads(text)
        cells = [(str(cell["cell_type"]), cell) for cell in document["cells"]]
        filled = any(cell.get("outputs") or cell.get("attachments") for _, cell in cells)
        filled = filled or "widgets" in document.get("metadata", {})
        sources = [(kind, cell["source"]) for kind, cell in cells]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise OutputRefused(f"{name}: not a notebook") from None
    if filled:
        raise OutputRefused(
            f"{name}: a notebook leaves without its outputs (Edit, Clear Outputs of All Cells); "
            "save its tables as CSV and its figures as PNG"
        )
    parts = [
        f"[{kind}]\n{source if isinstance(source, str) else ''.join(map(str, source))}"
        for kind, source in sources
    ]
    return "\n\n".join(parts)


def _text_findings(text: str, kind: Kind) -> list[Finding]:
    found = []
    numbers = len(LONG_NUMBER.findall(text))
    if numbers:
        said = f"{numbers} long number{'s' if numbers > 1 else ''}: ids of people or records?"
        found.append(Finding("identifier", Level.FAIL, said))
    what = "text" if kind is Kind.TEXT else "program"
    found.append(Finding("text", Level.REVIEW, f"a {what} has to be read"))
    return found
