"""The numbered problem list after Weed, formed from the record by rules that are written down.

Forming it takes four steps: gather the data that state a problem, put records of one problem into
episodes, decide list, kind and status by rule, and number the problems by onset. Every decision
stores the name of the rule that made it (:mod:`casebank.rules`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from casebank import relations, rules
from casebank.ledger import Ledger
from casebank.model import Language, Occurrence, Problem, ProblemKind, ProblemList, ProblemStatus
from casebank.record import Event, Record


@dataclass(frozen=True)
class Episode:
    """One stretch of a problem; ``end`` is None while no end is recorded."""

    start: date
    end: date | None
    evidence: tuple[Event, ...]


@dataclass(frozen=True)
class FoundProblem:
    """A problem before it is numbered."""

    title: str
    kind: ProblemKind
    kind_rule: str
    episodes: tuple[Episode, ...]

    def shown_title(self, ledger: Ledger) -> str:
        """The title in the case's language, if the datum that gave the title has a name in it."""
        for episode in self.episodes:
            for event in episode.evidence:
                if event.name == self.title:
                    return ledger.name(event)
        return self.title

    @property
    def onset(self) -> date:
        """First recorded day."""
        return self.episodes[0].start

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that the release has for it, in any language, title first."""
        events = (event for episode in self.episodes for event in episode.evidence)
        names = (name for event in events for name in event.names)
        return tuple(dict.fromkeys((self.title, *names)))

    @property
    def last(self) -> date:
        """Last day for which something is recorded."""
        return max(event.end or event.start for ep in self.episodes for event in ep.evidence)


def find_problems(record: Record, language: Language = "en") -> tuple[FoundProblem, ...]:
    """All problems that the record states, by onset, then title."""
    gathered: dict[str, list[tuple[str, ProblemKind, str, Event]]] = {}
    for event in record.events:
        stated = _stated_problem(event, language)
        if stated is not None:
            gathered.setdefault(rules.sameness_key(stated[0]), []).append((*stated, event))
    found = []
    for members in gathered.values():
        # The longest of the names used is the highest level of understanding that was written.
        title, kind, kind_rule, _ = max(members, key=lambda member: (len(member[0]), member[0]))
        events = [event for *_, event in members]
        found.append(FoundProblem(title, kind, kind_rule, _episodes(title, events)))
    return tuple(sorted(found, key=lambda problem: (problem.onset, problem.title)))


def number_problems(
    found: tuple[FoundProblem, ...], record: Record, ledger: Ledger, last_day: date
) -> tuple[Problem, ...]:
    """The problem list: numbers from 1 by onset, with status, list and arrows."""
    numbered = dict(enumerate(found, 1))
    problems = []
    for number, problem in numbered.items():
        status, status_rule, resolved = _status(problem, record, last_day)
        listed, promoted = _list(problem)
        problems.append(
            Problem(
                number=number,
                title=problem.shown_title(ledger),
                kind=problem.kind,
                kind_rule=problem.kind_rule,
                status=status,
                status_rule=status_rule,
                listed=listed,
                promoted=promoted,
                onset_day=ledger.day(problem.onset),
                resolved_day=ledger.day(resolved) if resolved else None,
                occurrences=tuple(
                    Occurrence(
                        start_day=ledger.day(episode.start),
                        end_day=ledger.day(episode.end) if episode.end else None,
                        evidence=tuple(
                            ledger.event(event, (number,)) for event in episode.evidence
                        ),
                    )
                    for episode in problem.episodes
                ),
                see=_part_of(number, problem, numbered),
            )
        )
    return tuple(problems)


def _stated_problem(event: Event, language: Language) -> tuple[str, ProblemKind, str] | None:
    if event.table == "condition_occurrence":
        if rules.matches(rules.BACKGROUND_FINDING, event.name):
            return None
        return (event.name, *rules.kind_of(event.name))
    if event.table not in {"observation", "measurement"}:
        return None
    for rule in rules.SCORE_RULES:
        if rule.fits(event.name, event.value):
            return (rule.title_zh if language == "zh" else rule.title), rule.kind, rule.name
    if event.table == "observation":
        if rules.matches(rules.OBSERVED_PROBLEM, event.name):
            return (event.name, *rules.kind_of(event.name))
        if rules.matches(rules.CURRENT_SMOKER, f"{event.value_text} {event.name}"):
            return ("吸烟" if language == "zh" else "Smoking"), "risk", "current smoker"
    return None


def _episodes(title: str, events: list[Event]) -> tuple[Episode, ...]:
    """Records of one problem, joined where they touch or stand within the gap of an episode."""
    gap = timedelta(days=rules.EPISODE_GAP_DAYS)
    self_limited = rules.matches(rules.SELF_LIMITED, title)
    episodes: list[Episode] = []
    for event in sorted(events, key=lambda one: (one.start, one.table, one.row_id)):
        ended = _end_of_problem(event, title)
        if not episodes:
            episodes.append(Episode(event.start, ended, (event,)))
            continue
        last = episodes[-1]
        reaches = last.end if last.end is not None else last.evidence[-1].start
        goes_on = last.end is None and not self_limited
        if goes_on or event.start <= reaches + gap:
            end = None if ended is None else max(ended, last.end or ended)
            episodes[-1] = Episode(last.start, end, (*last.evidence, event))
        else:
            episodes.append(Episode(event.start, ended, (event,)))
    return tuple(episodes)


def _end_of_problem(event: Event, title: str) -> date | None:
    """The recorded end, unless it is only the end of an encounter.

    A diagnosis of one visit ends on the day it begins. For a passing illness that is an end; a
    lasting problem goes on although the visit is over.
    """
    if event.end == event.start and not rules.matches(rules.PASSING, title):
        return None
    return event.end


def _list(problem: FoundProblem) -> tuple[ProblemList, bool]:
    limit = timedelta(days=rules.SELF_LIMITED_DAYS)
    short = all(ep.end is not None and ep.end - ep.start <= limit for ep in problem.episodes)
    if problem.kind != "biological" or not (
        short or rules.matches(rules.SELF_LIMITED, problem.title)
    ):
        return "master", False
    promoted = len(problem.episodes) >= rules.PROMOTION_OCCURRENCES
    return ("master", True) if promoted else ("temporary", False)


def _status(
    problem: FoundProblem, record: Record, last_day: date
) -> tuple[ProblemStatus, str, date | None]:
    ends = [episode.end for episode in problem.episodes]
    if all(end is not None and end < last_day for end in ends):
        return "resolved", "every episode has a recorded end", max(e for e in ends if e)
    since = last_day - timedelta(days=rules.ACTIVE_DAYS)
    families = relations.families("problem", problem.title)
    if any(end is not None and end >= last_day for end in ends):
        return "active", "it lasts to the end of the record", None
    if families & rules.CHRONIC_FAMILIES or rules.matches(rules.CHRONIC, problem.title):
        return "active", "chronic by nature, and no end is recorded", None
    if problem.kind in {"social", "family", "risk"}:
        return "active", "a lasting circumstance, and no end is recorded", None
    if problem.last >= since:
        return "active", "recorded within a year of the last contact", None
    for event in record.events:
        part = {"drug_exposure": "drug", "measurement": "measurement"}.get(event.table)
        if part and event.start >= since and families & relations.families(part, event.name):
            return "active", f"a {part} for it within a year of the last contact", None
    return "inactive", "nothing for it within a year of the last contact", None


def _part_of(number: int, problem: FoundProblem, numbered: dict[int, FoundProblem]) -> int | None:
    """Weed's arrow: a complication points to its cause, a symptom to what explained it.

    A score that reveals symptoms points to the diagnosis of their family.
    """
    others = {n: other for n, other in numbered.items() if n != number}
    scores = {rule.name for rule in rules.SCORE_RULES}
    if problem.kind_rule in scores:
        mine = relations.families("problem", problem.title)
        for other_number, other in others.items():
            if other.kind_rule not in scores and mine & relations.families("problem", other.title):
                return other_number
    cause = rules.cause_of(problem.title)
    if cause:
        families = relations.families("problem", cause)
        causes = [
            other_number
            for other_number, other in others.items()
            if not rules.cause_of(other.title)
            and (
                rules.sameness_key(other.title) == rules.sameness_key(cause)
                or families & relations.families("problem", other.title)
            )
        ]
        if causes:
            return causes[0]
    if rules.matches(rules.SYMPTOM, problem.title) and len(problem.episodes) == 1:
        span = (problem.episodes[0].start, problem.episodes[0].end)
        same = [
            other_number
            for other_number, other in others.items()
            if other.kind == "biological"
            and not rules.matches(rules.SYMPTOM, other.title)
            and any((episode.start, episode.end) == span for episode in other.episodes)
        ]
        if span[1] is not None and len(same) == 1:
            return same[0]
    return None
