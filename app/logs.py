"""Logs as lines of JSON that hold no value of a person.

Of our own loggers the message is written, whose arguments are codes, numbers and names of routes.
Of a library's logger only the message's template is written, since its arguments may quote a row or
an address; of an exception its kind and where it arose, never its text.
"""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

OURS: Final = ("app", "deid", "cohorts", "casebank")
FIELDS: Final = "fields"
"""Name of a record's attribute with further values, a dictionary of codes and numbers."""
_FRAMES: Final = 6


class JsonLines(logging.Formatter):
    """One line of JSON a record."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line."""
        ours = record.name.split(".")[0] in OURS
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage() if ours else str(record.msg),
        }
        line |= getattr(record, FIELDS, {})
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])[-_FRAMES:]
            line["where"] = [f"{Path(one.filename).name}:{one.lineno}" for one in frames]
        return json.dumps(line, ensure_ascii=True, default=lambda value: type(value).__name__)


def write_json_lines(level: int = logging.INFO) -> None:
    """Send all logs of this process to its error output as lines of JSON."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
