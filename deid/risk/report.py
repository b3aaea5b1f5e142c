"""``risk.html``: what went in, what was done, and every risk beside its threshold, on one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from deid.policy.model import Policy
from deid.release import Dictionary, TableEntry
from deid.risk import charts, sections
from deid.risk.html import number, page, section, table

_CONTENTS = (
    ("gate", "Gate"),
    ("input", "What went in"),
    ("columns", "Columns"),
    ("linkage", "Demographics"),
    ("events", "Events"),
    ("background", "Neighbours"),
    ("attributes", "Attributes"),
    ("attacks", "Attacks"),
    ("missing", "Who is missing"),
    ("leaks", "Identifiers"),
)


def render_report(
    title: str,
    policy: Policy,
    risk: Mapping[str, Any],
    tables: Mapping[str, TableEntry],
    dictionary: Dictionary,
    amended: Sequence[str] = (),
) -> bytes:
    """The page for one release; ``risk`` is what ``risk.json`` holds."""
    parts = [
        charts.PATTERNS,
        f"<h1>Risk report: {escape(title)}</h1>",
        _intent(policy, amended),
        "<nav><ul>",
        *(f'<li><a href="#{anchor}">{name}</a></li>' for anchor, name in _CONTENTS),
        "</ul></nav>",
        _gate(risk["thresholds"]),
        _input(tables),
        _columns(dictionary),
        sections.linkage(risk["linkage"], policy.risk.quasi_identifiers),
        sections.known_events(risk["longitudinal"]),
        sections.background(risk["background"]),
        sections.disclosure(risk["diversity"], risk["rare"]),
        sections.attacks(risk.get("attacks", ())),
        sections.missing(risk["people"], policy.risk.k),
        sections.leaks(risk["leaks"], risk["canaries"], risk["withheld_notes"]),
    ]
    return page(f"Risk report: {title}", "\n".join(parts))


def _intent(policy: Policy, amended: Sequence[str]) -> str:
    told = (
        ("For", policy.purpose),
        ("For whom", policy.recipient),
        ("Protected against", policy.adversary),
    )
    changes = (
        "<p><strong>The policy was tightened by the build</strong>, because as written it would "
        f"have been refused: {escape('; '.join(amended))}.</p>"
        if amended
        else ""
    )
    return (
        f"<p>Policy <strong>{escape(policy.name)}</strong>, version {escape(policy.version)}: "
        f"{escape(policy.description)}</p>{changes}"
        + table(("", ""), ((name, text or "not stated by the policy") for name, text in told))
        + "<p>The figures of this page are signed in <code>certificate.json</code>; "
        "<code>carecommons release verify</code> counts people again and checks the signature.</p>"
        "<p>These data are pseudonymised, not anonymous: whoever holds the installation's key "
        "can link them to people again. They stay inside the workspace.</p>"
    )


def _gate(thresholds: Mapping[str, Mapping[str, Any]]) -> str:
    return section(
        "gate",
        "The gate",
        "<p>Over one limit, nothing would have been published. What the policy sets no limit for "
        "is measured and told below.</p>",
        table(
            ("measure", "asked", "measured", "verdict"),
            (
                (
                    name,
                    f"{entry['side']} {number(entry['limit'])}",
                    number(entry["value"]),
                    "passed" if entry["passed"] else "refused",
                )
                for name, entry in thresholds.items()
            ),
        ),
    )


def _input(tables: Mapping[str, TableEntry]) -> str:
    return section(
        "input",
        "What went in, and what came out?",
        table(
            ("table", "rows in the vault", "rows released", "left out, and why"),
            (
                (
                    name,
                    f"{entry.rows_in:,}",
                    f"{entry.rows_out:,}",
                    "; ".join(f"{reason}: {n:,}" for reason, n in entry.left_out.items()),
                )
                for name, entry in sorted(tables.items())
                if entry.rows_in
            ),
        ),
    )


def _columns(dictionary: Dictionary) -> str:
    parts = []
    for name in sorted(dictionary.tables):
        columns = dictionary.of_table(name)
        if not any(column.completeness for column in columns):
            continue
        parts.append(
            f"<details><summary>{escape(name)} ({len(columns)} columns)</summary>"
            + table(
                ("column", "treatment", "asked by", "rows with a value"),
                (
                    (
                        column.name,
                        column.treatment,
                        column.rule,
                        "" if column.completeness is None else f"{column.completeness:.0%}",
                    )
                    for column in columns
                ),
            )
            + "</details>"
        )
    return section(
        "columns",
        "What was done to each column?",
        "<p>Tables without rows are not listed; the release's dictionary has them all.</p>",
        *parts,
    )
