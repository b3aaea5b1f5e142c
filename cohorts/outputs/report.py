"""What a check of files says: findings with their places, and one outcome a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from html import escape
from typing import Any, Final

MOST_CELLS: Final = 5_000
"""How many places of a finding are kept."""


class Level(StrEnum):
    """The words of the ``acro`` library, from harmless to grave."""

    PASS = "pass"  # noqa: S105 -- acro's word, no password  # nosec B105 # acro's word
    REVIEW = "review"
    FAIL = "fail"


_ORDER = (Level.PASS, Level.REVIEW, Level.FAIL)


@dataclass(frozen=True)
class Finding:
    """One remark. ``cells`` are ``(row, column)`` of the table without its header, from 0."""

    check: str
    level: Level
    text: str
    cells: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class FileReport:
    """What was found in one file."""

    name: str
    kind: str
    size: int
    sha256: str
    findings: tuple[Finding, ...] = ()

    @property
    def outcome(self) -> Level:
        """The gravest finding."""
        return max(
            (finding.level for finding in self.findings), key=_ORDER.index, default=_ORDER[0]
        )

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "kind": self.kind,
            "size": self.size,
            "sha256": self.sha256,
            "findings": [
                {
                    "check": finding.check,
                    "level": finding.level.value,
                    "text": finding.text,
                    "cells": [list(cell) for cell in finding.cells[:MOST_CELLS]],
                }
                for finding in self.findings
            ],
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> FileReport:
        """The report that :meth:`to_dict` wrote."""
        findings = tuple(
            Finding(
                entry["check"],
                Level(entry["level"]),
                entry["text"],
                tuple((int(row), int(column)) for row, column in entry["cells"]),
            )
            for entry in document["findings"]
        )
        return cls(
            document["name"], document["kind"], document["size"], document["sha256"], findings
        )


@dataclass(frozen=True)
class Report:
    """What was found in the files of a request; ``parcel`` names it once it is in the outbox."""

    files: tuple[FileReport, ...]
    parcel: str = ""
    hint: str = field(default="", repr=False)

    @property
    def outcome(self) -> Level:
        """The gravest outcome of a file."""
        return worst([report.outcome for report in self.files])

    def __str__(self) -> str:
        lines = []
        for report in self.files:
            lines.append(f"{report.name}: {report.outcome}")
            lines += [f"  {finding.level}: {finding.text}" for finding in report.findings]
        return "\n".join([*lines, *([self.hint] if self.hint else [])])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='text-align:left'><code>{escape(report.name)}</code></td>"
            f"<td style='text-align:left'>{report.outcome}</td><td style='text-align:left'>"
            + "<br>".join(escape(finding.text) for finding in report.findings)
            + "</td></tr>"
            for report in self.files
        )
        return (
            "<table><thead><tr><th style='text-align:left'>File</th><th>Check</th>"
            f"<th style='text-align:left'>What was found</th></tr></thead><tbody>{rows}</tbody>"
            f"</table><p>{escape(self.hint)}</p>"
        )


def worst(levels: Sequence[Level]) -> Level:
    """The gravest of ``levels``; ``pass`` if there is none."""
    return max(levels, key=_ORDER.index, default=Level.PASS)
