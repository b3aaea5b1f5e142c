"""What the form of a request says, read without refusing anything."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from typing import Final

from werkzeug.datastructures import MultiDict

from app.services.minimisation import ENTRY, WHOLE
from app.services.requests import RequestFields
from cohorts.window import LONGEST_DAYS

_DAYS: Final = {
    "end_date": "The end date",
    "ethics_expires": "The last day of the ethics approval",
}


def parse_fields(form: MultiDict[str, str]) -> tuple[RequestFields, list[str]]:
    """The form's content, and what of it could not be read (kept out, told to the user)."""
    problems: list[str] = []
    columns: dict[str, list[str]] = defaultdict(list)
    for value in form.getlist("column"):
        table, _, column = value.partition(".")
        if table and column and len(table) <= 64 and len(column) <= 64:
            columns[table].append(column)
    days_of = {name: day(form.get(name, "")) for name in _DAYS}
    problems += [
        f"{what} was not saved: write it as year-month-day."
        for name, what in _DAYS.items()
        if form.get(name) and days_of[name] is None
    ]
    days: dict[str, int | None] = {}
    for side in ("before", "after"):
        written = form.get(f"window_{side}", "").strip()
        days[side] = int(written) if written.isdecimal() and len(written) <= 5 else None
        if written and (days[side] is None or days[side] > LONGEST_DAYS):  # type: ignore[operator]
            days[side] = None
            problems.append(
                f"The days {side} entry were not saved: write a number up to {LONGEST_DAYS:,}."
            )
    rows: dict[str, list[int]] = defaultdict(list)
    for value in form.getlist("rows"):
        table, _, number = value.rpartition(".")
        if table in columns and number.isdecimal() and len(number) <= 9:
            rows[table].append(int(number))
    kind = form.get("window_kind", "")
    names, affiliations = form.getlist("person"), form.getlist("affiliation")
    fields = RequestFields(
        title=form.get("title", "")[:200],
        purpose=form.get("purpose", "")[:10_000],
        duo_code=form.get("duo_code", "")[:20],
        ethics_number=form.get("ethics_number", "")[:200],
        ethics_body=form.get("ethics_body", "")[:200],
        ethics_expires=days_of["ethics_expires"],
        place_of_work=form.get("place_of_work", "")[:500],
        use_traits=tuple(form.getlist("use_trait")[:20]),
        planned_outputs=form.get("planned_outputs", "")[:10_000],
        release=form.get("release", "")[:64],
        cohort_version_id=form.get("cohort_version", type=int),
        end_date=days_of["end_date"],
        people=tuple(
            (name[:200], affiliation[:200])
            for name, affiliation in zip(names, affiliations, strict=False)
        ),
        columns={table: tuple(wanted) for table, wanted in columns.items()},
        reasons={table: form.get(f"reason-{table}", "")[:2000] for table in columns},
        own_reasons={
            f"{table}.{column}": form.get(f"own-{table}.{column}", "")[:2000]
            for table, wanted in columns.items()
            for column in wanted
            if form.get(f"own-{table}.{column}")
        },
        window_kind=kind if kind in {WHOLE, ENTRY} else "",
        window_before=days["before"],
        window_after=days["after"],
        window_reason=form.get("window_reason", "")[:2000],
        row_limits={table: tuple(sets) for table, sets in rows.items()},
    )
    return fields, problems


def reduced(fields: RequestFields, suggestion: str) -> RequestFields:
    """The fields after a suggestion to ask for less was taken up."""
    before, separator, after = suggestion.partition("..")
    if separator and before.isdecimal() and after.isdecimal():
        return replace(
            fields, window_kind=ENTRY, window_before=int(before), window_after=int(after)
        )
    table, separator, sets = suggestion.partition("=")
    if separator:
        numbers = tuple(int(number) for number in sets.split("+") if number.isdecimal())
        return replace(fields, row_limits={**fields.row_limits, table: numbers})
    gone = set(suggestion.split(","))
    left = {
        table: tuple(name for name in names if f"{table}.{name}" not in gone)
        for table, names in fields.columns.items()
    }
    return replace(fields, columns={table: names for table, names in left.items() if names})


def day(text: str) -> date | None:
    """A day written as year-month-day; ``None`` for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
