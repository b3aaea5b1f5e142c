"""CSV that spreadsheets show and do not run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import overload

BYTE_ORDER_MARK = "\ufeff"
"""Without it, spreadsheets read Chinese names in another encoding."""
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@overload
def harmless(value: str) -> str: ...
@overload
def harmless(value: object) -> object: ...
def harmless(value: object) -> object:
    """A cell that a spreadsheet shows and does not run; numbers stay numbers."""
    if isinstance(value, str) and value.lstrip().startswith(_FORMULA_STARTS):
        return f"'{value}"
    return "" if value is None else value


def csv_text(heads: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    """A whole file: its mark, its heads, its lines."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(heads)
    writer.writerows([harmless(value) for value in line] for line in lines)
    return BYTE_ORDER_MARK + written.getvalue()
