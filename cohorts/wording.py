"""The phrases that the parts of a cohort definition are said in.

Every property of the schema has one, so that nothing that narrows a cohort is left out of what is
said of it. A phrase is a message in English with places (``{0}``). ``Tell`` gives it in a reader's
language before the places are filled, so that each language may order them as it does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, Final, Literal

from cohorts.model import Node
from cohorts.schema import CRITERIA, OBJECTS
from cohorts.words import (
    COLUMNS,
    DATE_OPERATORS,
    NOUNS,
    OPERATORS,
    TEXT_OPERATORS,
    label_of,
    with_article,
)

Tell = Callable[[str], str]
Index = Literal["entry", "that"]
"""The event that others are looked for around: the entry event, or the one just spoken of."""
Clause = tuple[str, str]

_GROUPS: Final = {
    "ALL": "all of the following",
    "ANY": "any of the following",
    "AT_LEAST": "at least {0} of the following",
    "AT_MOST": "at most {0} of the following",
}
_COUNTED: Final = {0: "exactly {0} {1}", 1: "at most {0} {1}", 2: "at least {0} {1}"}
_DAYS_OF: Final[dict[Index, tuple[str, str]]] = {
    "entry": ("the entry event's start", "the entry event's end"),
    "that": ("that event's start", "that event's end"),
}
_WINDOWS: Final = {
    "starts": ("which starts from {0} to {1} {2}", "which starts on the day of {0}"),
    "ends": ("which ends from {0} to {1} {2}", "which ends on the day of {0}"),
}
_SAID_ELSEWHERE: Final = {"CodesetId", "First", "CorrelatedCriteria", "CriteriaList"}
_WITHOUT_CONCEPTS: Final = {"CustomEra", "ObservationPeriod", "PayerPlanPeriod"}


def as_written(message: str) -> str:
    """A message as it is: in English."""
    return message


class Wording:
    """How the parts of a definition are said. ``sets`` are the names of concept sets by id.

    Clauses are pairs: the property that a clause speaks of, and its words.
    """

    def __init__(self, sets: Mapping[int, str], tell: Tell = as_written) -> None:
        self._sets = sets
        self._tell = tell

    def say(self, message: str, *values: object) -> str:
        """A message in the reader's language, with values in its places."""
        return self._tell(message).format(*values)

    def event(self, kind: str, body: Node, occurrence: Node | None = None) -> list[Clause]:
        """An event: its head, then what narrows it; ``occurrence`` says how often it happens."""
        several = occurrence is not None and occurrence["Count"] != 1 and not _is_none(occurrence)
        noun = self.say(NOUNS[kind][several])
        if "CodesetId" in body:
            noun = self.say("{0} of {1}", noun, self.set_name(body["CodesetId"]))
        elif kind not in _WITHOUT_CONCEPTS:
            noun = self.say("{0} of any kind", noun)
        text = self._counted(noun, occurrence) if occurrence is not None else self._one(kind, noun)
        clauses = [("CodesetId", text)]
        if body.get("First"):
            clauses.append(("First", self.say("the first in the person's history")))
        return clauses + self.attributes(CRITERIA[kind], body)

    def _one(self, kind: str, noun: str) -> str:
        an = with_article(NOUNS[kind][0]).startswith("an ")
        return self.say("an {0}", noun) if an else self.say("a {0}", noun)

    def _counted(self, noun: str, occurrence: Node) -> str:
        """How often an event is to occur: ``at least 2 visits with different start date``."""
        if _is_none(occurrence):
            text = self.say("no {0}", noun)
        else:
            text = self.say(_COUNTED[int(occurrence["Type"])], int(occurrence["Count"]), noun)
        if not occurrence.get("IsDistinct"):
            return text
        column = COLUMNS[occurrence.get("CountColumn", "DOMAIN_CONCEPT")]
        return self.say("{0}, counted by different {1}", text, self.say(column))

    def attributes(self, fields: Mapping[str, str], body: Node) -> list[Clause]:
        """What the properties of a criterion ask for, but for its concepts and its members."""
        clauses: list[Clause] = []
        for name, kind in fields.items():
            if name not in body or name in _SAID_ELSEWHERE or name.endswith("Exclude"):
                continue
            text = self._attribute(name, kind.rstrip("!"), body)
            if text:
                clauses.append((name, text))
        return clauses

    def _attribute(self, name: str, kind: str, body: Node) -> str:
        value = body[name]
        label = self.say(label_of(name.removesuffix("CS")))
        if kind in {"NumericRange", "DateRange"}:
            return self.say("{0} {1}", label, self._range(value, kind))
        if kind == "TextFilter":
            operator = self.say(TEXT_OPERATORS[value["Op"]])
            return self.say('{0} that {1} "{2}"', label, operator, value["Text"])
        if kind == "[Concept]" and value:
            concepts = self.either([concept_name(concept) for concept in value])
            return self._among(label, concepts, bool(body.get(f"{name}Exclude")))
        if kind == "ConceptSetSelection":
            excluded = bool(value.get("IsExclusion"))
            if "CodesetId" not in value:
                message = "{0} missing" if excluded else "{0} recorded"
                return self.say(message, label)
            return self._in_set(label, value["CodesetId"], excluded)
        if kind == "codeset":
            return self._in_set(label, value, excluded=False)
        if kind == "Period":
            return self._period(label, value)
        if kind == "DateAdjustment":
            return self._adjustment(value)
        return label if kind == "bool" and value else ""

    def _among(self, label: str, concepts: str, excluded: bool) -> str:
        return self.say("{0} not {1}" if excluded else "{0} {1}", label, concepts)

    def _in_set(self, label: str, identifier: int, excluded: bool) -> str:
        message = "{0} not in {1}" if excluded else "{0} in {1}"
        return self.say(message, label, self.set_name(identifier))

    def _period(self, label: str, value: Node) -> str:
        first, last = value.get("StartDate"), value.get("EndDate")
        if first and last:
            return self.say("{0} from {1} to {2}", label, first, last)
        if first:
            return self.say("{0} from {1}", label, first)
        return self.say("{0} to {1}", label, last) if last else label

    def group(self, group: Node, members: bool) -> str:
        """How many of a group's members are to be met."""
        if not members:
            return self.say("nothing further to meet")
        return self.say(_GROUPS[str(group["Type"]).upper()], group.get("Count", 0))

    def when(self, correlated: Node, index: Index) -> list[Clause]:
        """When and where a member of a group happens, seen from the event ``index``."""
        clauses = [
            (key, self._window(correlated[key], part, index))
            for key, part in (("StartWindow", "starts"), ("EndWindow", "ends"))
            if key in correlated
        ]
        if correlated.get("RestrictVisit"):
            clauses.append(("RestrictVisit", self.say("at the same visit")))
        if correlated.get("IgnoreObservationPeriod"):
            text = self.say("also outside the period of observation")
            clauses.append(("IgnoreObservationPeriod", text))
        return [clause for clause in clauses if clause[1]]

    def demographic(self, demographic: Node) -> list[Clause]:
        """What a person is to be like."""
        clauses = self.attributes(OBJECTS["DemographicCriteria"], demographic)
        return clauses or [("", self.say("any demographics"))]

    def leaving(self, strategy: Node | None) -> list[str]:
        """When people leave the cohort, a sentence each."""
        if strategy is None:
            return [self.say("People leave the cohort when their observation ends.")]
        ((kind, body),) = strategy.items()
        offset = self.days(int(body.get("Offset", 0)))
        if kind == "DateOffset":
            from_end = body.get("DateField") == "EndDate"
            lines = [
                self.say("People leave the cohort {0} after the end of the event.", offset)
                if from_end
                else self.say("People leave the cohort {0} after the start of the event.", offset)
            ]
        else:
            gap = self.days(int(body.get("GapDays", 0)))
            lines = [
                self.say(
                    "People leave the cohort when exposure to {0} has paused for more than {1},"
                    " plus {2}.",
                    self.set_name(body["DrugCodesetId"]),
                    gap,
                    offset,
                )
            ]
            if "DaysSupplyOverride" in body:
                supply = self.days(int(body["DaysSupplyOverride"]))
                lines.append(self.say("Every exposure is taken to last {0}.", supply))
        return [*lines, self.say("They leave earlier if their observation ends.")]

    def set_name(self, identifier: int) -> str:
        """A concept set as it is called in a sentence."""
        if identifier not in self._sets:
            return self.say("a concept set that is not defined ({0})", identifier)
        return self.say('"{0}"', self._sets[identifier] or self.say("concept set {0}", identifier))

    def observed(self, window: Node) -> str:
        """How long people are to be observed around an entry event."""
        prior, post = int(window.get("PriorDays", 0)), int(window.get("PostDays", 0))
        if not (prior or post):
            return self.say("The event lies within a period of observation.")
        return self.say(
            "They are observed without a gap for at least {0} before and {1} after the event.",
            self.days(prior),
            self.days(post),
        )

    def joined(self, pad: int) -> str:
        """How periods of one person are joined; empty if only those that touch are."""
        if not pad:
            return ""
        return self.say("Periods less than {0} apart are joined into one.", self.days(pad))

    def counted_days(self, window: Node) -> list[str]:
        """Which calendar days count, a sentence for each end."""
        lines = []
        if "StartDate" in window:
            lines.append(self.say("Nothing before {0} counts.", window["StartDate"]))
        if "EndDate" in window:
            lines.append(self.say("Nothing after {0} counts.", window["EndDate"]))
        return lines

    def days(self, count: int) -> str:
        """``1 day``, ``365 days``."""
        message = "{0} day" if abs(count) == 1 else "{0} days"
        return self.say(message, f"{count:,}")

    def either(self, names: list[str]) -> str:
        """Names of which one is meant."""
        return reduce(lambda one, other: self.say("{0} or {1}", one, other), names)

    def listed(self, texts: list[str]) -> str:
        """Clauses one after another."""
        return reduce(lambda one, other: self.say("{0}; {1}", one, other), texts)

    def _window(self, window: Node, part: str, index: Index) -> str:
        day = self.say(_DAYS_OF[index][bool(window.get("UseIndexEnd"))])
        if "UseEventEnd" in window:
            part = "ends" if window["UseEventEnd"] else "starts"
        between, on_one_day = _WINDOWS[part]
        start, end = window.get("Start"), window.get("End")
        if _is_open(start, -1) and _is_open(end, 1):
            return ""
        if _is_same_day(start) and _is_same_day(end):
            return self.say(on_one_day, day)
        return self.say(between, self._endpoint(start, -1), self._endpoint(end, 1), day)

    def _endpoint(self, point: Node | None, side: int) -> str:
        if point is None or "Days" not in point:
            after = (side if point is None else point["Coeff"]) > 0
            return self.say("any time after") if after else self.say("any time before")
        days = int(point["Days"])
        after = (point["Coeff"] if days else side) > 0
        return self.say("{0} after" if after else "{0} before", self.days(days))

    def _range(self, value: Node, kind: str) -> str:
        operators = DATE_OPERATORS if kind == "DateRange" else OPERATORS
        return self.say(operators[value["Op"]], _value(value["Value"]), _value(value.get("Extent")))

    def _adjustment(self, value: Node) -> str:
        start, end = (f"{int(value.get(f'{which}Offset', 0)):+d}" for which in ("Start", "End"))
        starts = (
            self.say("start moved to {0} days from its start", start)
            if value.get("StartWith", "START_DATE") == "START_DATE"
            else self.say("start moved to {0} days from its end", start)
        )
        ends = (
            self.say("end moved to {0} days from its start", end)
            if value.get("EndWith", "END_DATE") == "START_DATE"
            else self.say("end moved to {0} days from its end", end)
        )
        return self.say("{0} and {1}", starts, ends)


def concept_name(concept: Node) -> str:
    """A concept by its name, or by its id."""
    return str(concept.get("CONCEPT_NAME") or f"concept {concept['CONCEPT_ID']}")


def _is_none(occurrence: Node) -> bool:
    """Whether no event may occur: exactly or at most none."""
    return int(occurrence["Count"]) == 0 and int(occurrence["Type"]) < 2


def _is_open(point: Node | None, side: int) -> bool:
    return point is None or ("Days" not in point and point["Coeff"] == side)


def _is_same_day(point: Node | None) -> bool:
    return point is not None and "Days" in point and int(point["Days"]) == 0


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
