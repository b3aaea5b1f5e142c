"""The ``acro`` library beside ours: a session with our limits, and what it recorded of a file.

``acro`` (SACRO, University of the West of England) checks tables and models while they are made
from records: threshold, dominance (nk and p%), degrees of freedom. Its record is made in the
workspace by whoever asks, so a steward reads it as a statement and not as a proof.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cohorts.disclosure import DEFAULT_RULE, DisclosureRule
from cohorts.errors import OutputRefused, ProjectError
from cohorts.outputs.report import Finding, Level

RESULTS_FILE: Final = "results.json"
_MOST_RECORD_BYTES: Final = 5 << 20
_MOST_CELLS: Final = 2_000
_MEANING: Final = {
    "MinimumThresholdCheck": "cells under the threshold",
    "PresenceOfZeroCheck": "cells that are zero",
    "NKCheck": "cells where the largest two make up 90 % or more (nk rule)",
    "PPercentCheck": "cells where the rest is under 10 % of the largest (p% rule)",
    "AllSameValuesCheck": "cells in which all values are the same",
    "MissingCheck": "cells with missing values",
    "MinimumDoFCheck": "too few degrees of freedom",
}


def new_session(rule: DisclosureRule = DEFAULT_RULE, **options: Any) -> Any:
    """``acro.ACRO(**options)`` with the threshold of ``rule``.

    Raises:
        ProjectError: if the library is not installed.
    """
    try:
        from acro import ACRO
    except ImportError:
        raise ProjectError("the library acro is not installed here") from None
    session = ACRO(**options)
    session.config["safe_threshold"] = rule.minimum_cell
    session.config["survival_safe_threshold"] = rule.minimum_cell
    session.config["safe_dof_threshold"] = rule.minimum_cell - 1
    return session


def read_records(folder: Path) -> dict[str, dict[str, Any]]:
    """What ``acro`` recorded of each file of a folder that it finalised: ``{file name: record}``.

    Raises:
        OutputRefused: if its ``results.json`` cannot be read.
    """
    path = folder / RESULTS_FILE
    try:
        if path.stat().st_size > _MOST_RECORD_BYTES:
            raise OutputRefused(f"{RESULTS_FILE}: too large")
        outputs = json.loads(path.read_bytes())["results"]
        return {
            str(file["name"]): {
                "status": str(entry["status"]),
                "type": str(entry["type"]),
                "summary": str(entry["summary"])[:2000],
                "exception": str(entry["exception"])[:2000],
                "dof": entry["properties"].get("dof"),
                "cells": file["sdc"].get("cells", {}) if entry["status"] != "pass" else {},
            }
            for entry in outputs.values()
            if entry["type"] != "custom"
            for file in entry["files"]
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise OutputRefused(f"{folder.name}/{RESULTS_FILE}: not a record of acro") from None


def acro_findings(record: Mapping[str, Any]) -> list[Finding]:
    """Findings of a record; whatever it holds, the result is well formed and small."""
    status = str(record.get("status"))
    level = Level(status) if status in set(Level) else Level.REVIEW
    found = []
    cells = record.get("cells")
    for check, marked in cells.items() if isinstance(cells, dict) else ():
        if check in _MEANING and isinstance(marked, list) and marked:
            text = f"acro: {len(marked)} {_MEANING[check]}"
            found.append(Finding(f"acro {check}", level, text, _places(marked)))
    if not found:
        dof = record.get("dof")
        more = f", {dof} degrees of freedom" if isinstance(dof, int) else ""
        text = (
            f"acro: {status if status in set(Level) else 'unknown'}{more} (as the workspace says)"
        )
        found.append(Finding("acro", level, text))
    exception = record.get("exception")
    if isinstance(exception, str) and exception.strip():
        words = exception.strip()[:500].encode("utf-8", "replace").decode("utf-8")
        text = f"the researcher asks for an exception: {words}".replace("\0", "")
        found.append(Finding("acro exception", Level.REVIEW, text))
    return found


def _places(marked: list[Any]) -> tuple[tuple[int, int], ...]:
    """Cells of the file: its first column holds the rows' labels."""
    return tuple(
        (cell[0], cell[1] + 1)
        for cell in marked[:_MOST_CELLS]
        if isinstance(cell, list)
        and len(cell) == 2
        and all(isinstance(at, int) and 0 <= at < 100_000 for at in cell)
    )
