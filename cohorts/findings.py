"""What checks of a definition return: things to look at, never errors that are raised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ERROR: Final = "error"
WARNING: Final = "warning"
NOTE: Final = "note"


@dataclass(frozen=True)
class Finding:
    """One thing to look at: ``code`` is stable, ``where`` a JSON path."""

    code: str
    severity: str
    where: str
    text: str
