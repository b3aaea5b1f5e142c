"""What is due to whom and when, read from ``data/``: nothing of a schedule stands in code.

``rhythms.csv`` has what comes back after so many days, ``milestones.csv`` what is due once in a
window after an anchor (birth, last period, delivery, discharge, a diagnosis), ``yearly.csv`` what
is due in every calendar year. Each line names its source and the country whose rule it is.
``forms.csv`` says by which note or answer a form is known in a store; a form that is not in it is a
drug given, such as a vaccine.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from deid.quality.concepts import rows_of

DAYS = {"day": 1.0, "week": 7.0, "month": 30.4375}


@dataclass(frozen=True)
class Schedule:
    """What all lines of one schedule share. ``country`` is an ISO 3166 code."""

    key: str
    title: str
    country: str
    source: str


@dataclass(frozen=True)
class Rhythm(Schedule):
    """A form that comes back every ``days``, up to ``grace`` days late, with one of ``problems``.

    It begins with the problem or with the first ``form``. ``after`` is a question and the answers
    that a visit must hold for the rhythm to run from it, ``within`` the days after the first form
    in which it runs. After ``lost`` days without a form until the end of the record a person is
    lost, unless a form answers ``closed_by``.
    """

    problems: tuple[str, ...]
    begins: str
    form: str
    after: tuple[str, tuple[str, ...]] | None
    within: int | None
    days: int
    grace: int
    lost: int | None
    closed_by: str | None


@dataclass(frozen=True)
class Milestone(Schedule):
    """A form due once between ``opens`` and ``closes`` days after the anchor.

    It counts as due for those still in the record ``due`` days after the anchor. With ``dose`` it
    is the drug's dose of that number, due before ``closes`` however early.
    """

    anchor: str
    form: str
    dose: int | None
    opens: int
    due: int
    closes: int


@dataclass(frozen=True)
class Yearly(Schedule):
    """A form due in each calendar year from an age or with one of ``problems``."""

    form: str
    age_from: int | None
    problems: tuple[str, ...]


@cache
def forms() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Title of each form, and the keys by which it is known: a note class or an observation."""
    return {
        row["form"]: (row["title"], tuple(row["known_by"].split())) for row in rows_of("forms.csv")
    }


@cache
def rhythms() -> tuple[Rhythm, ...]:
    """All rhythms, in the order of the file."""
    return tuple(
        Rhythm(
            *_shared(row),
            problems=_several(row["problems"]),
            begins=row["begins"],
            form=row["form"],
            after=_answers(row["after"]),
            within=_whole(row["within"]),
            days=int(row["days"]),
            grace=int(row["grace"]),
            lost=_whole(row["lost"]),
            closed_by=row["closed_by"] or None,
        )
        for row in rows_of("rhythms.csv")
    )


@cache
def milestones() -> dict[str, tuple[Milestone, ...]]:
    """Milestones by schedule."""
    found: dict[str, list[Milestone]] = {}
    for row in rows_of("milestones.csv"):
        opens, due, closes = (
            round(float(row[name]) * DAYS[row["unit"]]) for name in ("opens", "due", "closes")
        )
        found.setdefault(row["schedule"], []).append(
            Milestone(
                *_shared(row), row["anchor"], row["form"], _whole(row["dose"]), opens, due, closes
            )
        )
    return {key: tuple(lines) for key, lines in found.items()}


@cache
def yearly() -> tuple[Yearly, ...]:
    """What is due every year."""
    return tuple(
        Yearly(*_shared(row), row["form"], _whole(row["age_from"]), _several(row["problems"]))
        for row in rows_of("yearly.csv")
    )


def _shared(row: dict[str, str]) -> tuple[str, str, str, str]:
    return row["schedule"], row["title"], row["country"], row["source"]


def _whole(text: str) -> int | None:
    return int(text) if text else None


def _several(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()


def _answers(text: str) -> tuple[str, tuple[str, ...]] | None:
    question, _, answers = text.partition("=")
    return (question, _several(answers)) if question else None
