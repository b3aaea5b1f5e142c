"""``risk.html``: the measured risk in tables and plain words, in one self-contained page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from deid.policy.model import Policy

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;width:100%;margin:1rem 0}
th,td{border:1px solid #bbb;padding:.35rem .6rem;text-align:left;vertical-align:top}
th{background:#f1f3f5}td.number{text-align:right;font-variant-numeric:tabular-nums}
.passed{color:#0a5c2b}.refused{color:#a40000;font-weight:600}
"""


def render_report(title: str, policy: Policy, risk: Mapping[str, Any]) -> bytes:
    """The page for one release; ``risk`` is what ``risk.json`` holds."""
    linkage, people = risk["linkage"], risk["people"]
    parts = [
        f"<h1>Risk report: {escape(title)}</h1>",
        f"<p>Policy <strong>{escape(policy.name)}</strong>, version {escape(policy.version)}: "
        f"{escape(policy.description)}</p>",
        "<p>These data are pseudonymised, not anonymous: whoever holds the installation's key can "
        "link them to people again. They stay inside the workspace.</p>",
        "<h2>The gate</h2>",
        _table(
            ("measure", "asked", "measured", "verdict"),
            (
                (
                    name,
                    f"{entry['side']} {_number(entry['limit'])}",
                    _number(entry["value"]),
                    "passed" if entry["passed"] else "refused",
                )
                for name, entry in risk["thresholds"].items()
            ),
        ),
        "<h2>Can somebody be found by year of birth, sex, origin and region?</h2>",
        f"<p>{linkage['people']:,} people fall into {linkage['classes']:,} classes that look alike "
        f"in {escape(', '.join(policy.risk.quasi_identifiers))}. The smallest class has "
        f"{linkage['smallest_class']:,} people, so somebody who knows all of this about a person "
        f"picks the right record with a chance of at most {_number(linkage['prosecutor_max'])}, "
        f"and {_number(linkage['prosecutor_average'])} on average.</p>",
        _table(
            ("measure", "value"),
            (
                (
                    "greatest risk, person known to be in the data (prosecutor)",
                    _number(linkage["prosecutor_max"]),
                ),
                ("mean risk (prosecutor)", _number(linkage["prosecutor_average"])),
                (
                    "greatest risk, person known to be in the vault's population (journalist)",
                    _number(linkage["journalist_max"]),
                ),
                (
                    "share of people that could be matched by chance (marketer)",
                    _number(linkage["marketer"]),
                ),
                *(
                    (f"share of people with a risk above {level}", _number(share))
                    for level, share in linkage["share_above"].items()
                ),
            ),
        ),
        "<h2>What was generalised for it</h2>",
        f"<p>{people['suppressed']:,} of {people['in_vault']:,} people were left out because "
        "their class stayed too small.</p>",
        _table(("step", "people"), ((step, f"{n:,}") for step, n in people["generalised"])),
        *_traces(risk["traces"]),
        *_leaks(risk["leaks"], risk["canaries"]),
        f"<p>{risk['withheld_notes']:,} notes could not be scrubbed: their text was withheld.</p>",
    ]
    body = "\n".join(parts)
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Risk report: {escape(title)}</title><style>{STYLE}</style></head>"
        f"<body>\n{body}\n</body></html>\n"
    )
    return page.encode("utf-8")


def _traces(traces: Mapping[str, Any] | None) -> list[str]:
    head = "<h2>Can somebody be found by events that others know of?</h2>"
    if traces is None:
        return [head, "<p>The release holds no events.</p>"]
    k = traces["k"]
    return [
        head,
        f"<p>Of {traces['people_with_events']:,} people with events, this share is matched by "
        f"fewer than {k} people of the same class. Dates are shifted, but the days between two "
        "events are kept for research, so whole histories are almost always unique: that is why "
        "these data are analysed inside the workspace and never handed out.</p>",
        _table(
            ("what somebody knows", "the most telling event", "an event at random"),
            (
                (
                    "one event (what it was)",
                    _number(traces["one_worst"]),
                    _number(traces["one_random"]),
                ),
                (
                    "two events that follow each other, and the days between",
                    _number(traces["two_worst"]),
                    _number(traces["two_random"]),
                ),
            ),
        ),
    ]


def _leaks(leaks: Mapping[str, Any], canaries: Mapping[str, Any] | None) -> list[str]:
    parts = [
        "<h2>Is an identifier of the vault in the release?</h2>",
        f"<p>{leaks['forms']:,} names, numbers, telephones, addresses and e-mail addresses of the "
        f"vault were looked for in {leaks['values_read']:,} values of text columns and "
        f"{leaks['notes_read']:,} notes, by a program that shares nothing with the one that "
        "replaced them.</p>",
        _table(
            ("found", "times"),
            (
                ("identifiers (column: kind)", f"{sum(leaks['strong'].values()):,}"),
                *((place, f"{count:,}") for place, count in leaks["strong"].items()),
                (
                    "notes that kept a word that is a name of their own person",
                    f"{leaks['own_names']:,}",
                ),
                (
                    "words that are also a name of somebody else or of a place, invented names "
                    "included",
                    f"{leaks['ambiguous']:,}",
                ),
            ),
        ),
    ]
    if canaries is not None:
        survived = sum(canaries["surviving"].values())
        parts.append(
            f"<p>{canaries['planted']:,} invented identifiers were planted into copies of notes "
            f"before they were scrubbed; {survived:,} survived.</p>"
        )
    return parts


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["<table><thead><tr>", *(f'<th scope="col">{escape(cell)}</th>' for cell in head)]
    lines.append("</tr></thead><tbody>")
    for row in rows:
        cells = "".join(
            f'<td class="{cell}">{cell}</td>'
            if cell in {"passed", "refused"}
            else f"<td>{escape(cell)}</td>"
            for cell in row
        )
        lines.append(f"<tr>{cells}</tr>")
    lines.append("</tbody></table>")
    return "".join(lines)


def _number(value: float | None) -> str:
    if value is None:
        return "does not apply"
    return f"{value:,.4f}".rstrip("0").rstrip(".")
