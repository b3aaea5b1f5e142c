"""An explainable score of how well a record teaches.

The weights are a proposal after the teaching literature's attributes of a good case (relevant,
realistic, engaging, challenging, instructional; Kim 2006) and the resident record's own strengths:
years of follow-up, the person's social side, notes in a doctor's words. They are data below, every
candidate carries the points of every criterion, and an instructor may think otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from casebank.finding.features import PersonFacts, read_facts
from deid.release import Release


@dataclass(frozen=True)
class Criterion:
    """``weight`` points at ``full`` and more, in proportion below."""

    name: str
    meaning: str
    full: float
    weight: float


CRITERIA = (
    Criterion("contacts", "days on which something was recorded; 4 are enough", 4, 20),
    Criterion("problems", "different conditions; 2 are enough", 2, 15),
    Criterion("psychosocial", "a psychological, social or family problem", 1, 15),
    Criterion("notes", "notes in words; 4 are enough", 4, 15),
    Criterion("years", "years from first to last record; 3 show a course", 3, 10),
    Criterion("values", "values for a flow sheet; 8 are enough", 8, 10),
    Criterion("drugs", "different drugs; 2 are enough", 2, 5),
    Criterion("family", "a relative in the release, or a family history", 1, 5),
    Criterion("load", "at most 60 contacts and 25 problems, so that it can be read", 1, 5),
)
MOST_CONTACTS, MOST_PROBLEMS = 60, 25


@dataclass(frozen=True)
class Candidate:
    """A person with a score from 0 to 100, and the amounts and points it is made of."""

    facts: PersonFacts
    score: float
    amounts: tuple[tuple[str, float], ...]
    points: tuple[tuple[str, float], ...]

    @property
    def person_id(self) -> int:
        """The release's id of the person: for instructors only."""
        return self.facts.person_id

    @property
    def sensitive(self) -> tuple[str, ...]:
        """Sensitive categories among the person's problems."""
        return self.facts.sensitive

    def reasons(self) -> tuple[str, ...]:
        """One line a criterion: its points, its weight, the amount and what it means."""
        amounts, points = dict(self.amounts), dict(self.points)
        return tuple(
            f"{points[c.name]:.0f}/{c.weight:.0f} {c.name}: {amounts[c.name]:g} ({c.meaning})"
            for c in CRITERIA
        )


def score(amounts: Mapping[str, float]) -> dict[str, float]:
    """Points of each criterion for the amounts of each.

    >>> score({c.name: c.full for c in CRITERIA}) == {c.name: c.weight for c in CRITERIA}
    True
    """
    return {c.name: c.weight * min(1.0, amounts[c.name] / c.full) for c in CRITERIA}


def rate(facts: PersonFacts) -> Candidate:
    """The score of one person's record."""
    amounts: dict[str, float] = {
        "contacts": facts.contacts,
        "problems": len(facts.problems),
        "psychosocial": len(facts.items),
        "notes": facts.notes,
        "years": facts.span,
        "values": sum(facts.values.values()),
        "drugs": facts.drugs,
        "family": facts.relatives,
        "load": float(facts.contacts <= MOST_CONTACTS and len(facts.problems) <= MOST_PROBLEMS),
    }
    points = score(amounts)
    total = round(sum(points.values()), 1)
    return Candidate(facts, total, tuple(amounts.items()), tuple(points.items()))


def rank(people: Iterable[PersonFacts]) -> list[Candidate]:
    """Everybody with a score, best first; ties by person id."""
    return sorted(map(rate, people), key=lambda one: (-one.score, one.person_id))


def find_candidates(
    release: Release,
    limit: int = 20,
    *,
    person_ids: Sequence[int] | None = None,
    with_sensitive: bool = False,
) -> list[Candidate]:
    """The most teachable people of a release, best first; ties by person id.

    ``person_ids`` restricts the search, for example to a cohort. People with a sensitive category
    are left out unless ``with_sensitive``.

    Raises:
        ValueError: if ``limit`` is below 1.
    """
    if limit < 1:
        raise ValueError("the limit is at least 1")
    people = read_facts(release, person_ids)
    return rank(one for one in people if with_sensitive or not one.sensitive)[:limit]
