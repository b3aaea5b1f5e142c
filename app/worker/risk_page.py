"""The risk of an extract as a page for its readers."""

from __future__ import annotations

from html import escape
from typing import Final

from app.worker.gate import ExtractRisk
from deid.risk.html import number, page, percent, section, table

RISK_PAGE: Final = "risk.html"
_MEANING: Final = {
    "people": "people in the extract",
    "journalist_max": "greatest chance of finding somebody, for an intruder who knows the "
    "demographics and that the person is in the release, but not in the cohort",
}


def render_risk(title: str, risk: ExtractRisk) -> bytes:
    """A page that needs nothing else."""
    parts = [
        f"<h1>Risk of the extract: {escape(title)}</h1>",
        "<p>What an intruder could find out from this extract, as it was measured before it was "
        "delivered. It stays in the project's workspace; what leaves passes an output check.</p>",
        section(
            "limits",
            "Limits it was held to",
            table(
                ("measure", "meaning", "measured", "limit", "verdict"),
                (
                    (
                        each.name.replace("_", " "),
                        _MEANING[each.name],
                        number(each.measured),
                        f"{each.side} {number(each.limit)}",
                        "passed" if each.passed else "refused",
                    )
                    for each in risk.thresholds
                ),
            ),
        ),
        section("demographics", "By demographics", *_demographics(risk)),
        section("records", "By known records", *_records(risk)),
    ]
    if risk.calendar:
        parts.append(section("calendar", "By calendar limits", *_calendar(risk)))
    parts.append(section("text", "Free text", *_text(risk)))
    return page(f"Risk of the extract: {title}", "\n".join(parts))


def _demographics(risk: ExtractRisk) -> list[str]:
    linkage = risk.linkage
    if linkage is None:
        return ["<p>No demographic column is delivered.</p>"]
    return [
        f"<p>Known of a person: {escape(', '.join(risk.quasi_identifiers))}.</p>",
        table(
            ("intruder", "greatest chance", "average chance"),
            (
                (
                    "knows that the person is in the cohort (prosecutor)",
                    number(linkage.prosecutor_max),
                    number(linkage.prosecutor_average),
                ),
                (
                    "knows that the person is in the release (journalist)",
                    number(linkage.journalist_max),
                    number(linkage.journalist_average),
                ),
            ),
        ),
        f"<p>The {linkage.people:,} people fall into {linkage.classes:,} groups of people who are "
        f"alike; the smallest has {linkage.smallest_class:,}. If everybody were matched, on "
        f"average {percent(linkage.marketer)} of the matches would be right (marketer). A cohort "
        "of a k-anonymous release is in general not k-anonymous itself: hence the workspace.</p>",
    ]


def _records(risk: ExtractRisk) -> list[str]:
    records = risk.records
    if records is None:
        return ["<p>No dated diagnosis, drug, procedure or visit is delivered.</p>"]
    return [
        "<p>Who knows one, two or three records of a person in this cohort, and demographics, "
        f"finds among so few people (below {records.k}, or nobody else):</p>",
        table(
            ("knows", "records", "fewest alike: few", "fewest alike: alone", "any: alone"),
            (
                (
                    known.knowledge,
                    str(known.events),
                    percent(known.worst),
                    percent(known.unique_worst),
                    percent(known.unique_random),
                )
                for known in records.known
            ),
        ),
        f"<p>The whole history is their own for {percent(records.whole_history_unique)} of the "
        "people. Whoever holds another extract of the same people can join the two by the days "
        "between their visits: extracts are never put together.</p>",
    ]


def _calendar(risk: ExtractRisk) -> list[str]:
    calendar = risk.calendar or {}
    return [
        "<p>The definition has limits on calendar dates. They were judged on the true dates, and "
        "the dates delivered are shifted: both together narrow down by how much. For each person "
        "it was tried which of the possible shifts fit what is delivered.</p>",
        table(
            ("measure", "value"),
            (
                ("possible shifts", number(calendar.get("possible"))),
                ("fewest that still fit, for anybody delivered", number(calendar.get("fewest"))),
                ("least that is asked for", number(calendar.get("least"))),
            ),
        ),
    ]


def _text(risk: ExtractRisk) -> list[str]:
    if not risk.free_text:
        return ["<p>None is delivered.</p>"]
    return [
        f"<p>Delivered: {escape(', '.join(risk.free_text))}. Identifiers were removed, but a text "
        "can describe a person without naming them. Read what you quote.</p>"
    ]
