"""The phrases that the parts of a cohort definition are said in.

Every property of the schema has one: those without a phrase of their own get one from their name,
so that nothing that narrows a cohort is left out of what is said of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cohorts.model import Node
from cohorts.schema import CRITERIA, OBJECTS

_NOUNS: Final = {
    "ConditionOccurrence": "a condition occurrence",
    "ConditionEra": "a condition era",
    "DrugExposure": "a drug exposure",
    "DrugEra": "a drug era",
    "DoseEra": "a dose era",
    "ProcedureOccurrence": "a procedure",
    "Measurement": "a measurement",
    "Observation": "an observation",
    "DeviceExposure": "a device exposure",
    "Specimen": "a specimen",
    "Death": "a death",
    "VisitOccurrence": "a visit",
    "VisitDetail": "a visit detail",
    "ObservationPeriod": "an observation period",
    "PayerPlanPeriod": "a payer plan period",
    "Episode": "an episode",
    "CustomEra": "an era",
}
_PHRASES: Final = {
    "Age": "age at the event",
    "AgeAtStart": "age at the start",
    "AgeAtEnd": "age at the end",
    "OccurrenceStartDate": "start date",
    "OccurrenceEndDate": "end date",
    "ValueAsNumber": "value",
    "ValueAsConcept": "value",
    "ValueAsString": "value",
    "RangeLowRatio": "value divided by the lower limit of normal",
    "RangeHighRatio": "value divided by the upper limit of normal",
}
OPERATORS: Final = {
    "lt": "below {0}",
    "lte": "at most {0}",
    "eq": "{0}",
    "!eq": "other than {0}",
    "gt": "above {0}",
    "gte": "at least {0}",
    "bt": "from {0} to {1}",
    "!bt": "not from {0} to {1}",
}
DATE_OPERATORS: Final = {
    **OPERATORS,
    "lt": "before {0}",
    "lte": "on or before {0}",
    "gt": "after {0}",
    "gte": "on or after {0}",
}
TEXT_OPERATORS: Final = {
    "contains": "contains",
    "startsWith": "starts with",
    "endsWith": "ends with",
    "!contains": "does not contain",
    "!startsWith": "does not start with",
    "!endsWith": "does not end with",
}
_GROUPS: Final = {
    "ALL": "all of",
    "ANY": "any of",
    "AT_LEAST": "at least {} of",
    "AT_MOST": "at most {} of",
}
_OCCURRENCES: Final = {0: "exactly {}", 1: "at most {}", 2: "at least {}"}
ENTRY_EVENT: Final = "the entry event"
THAT_EVENT: Final = "that event"

Clause = tuple[str, str]


_PERIOD_ENDS: Final = (("StartDate", "from"), ("EndDate", "to"))


class Wording:
    """How the parts of a definition are said. ``sets`` are the names of concept sets by id.

    Clauses are pairs: the property that a clause speaks of, and its words.
    """

    def __init__(self, sets: Mapping[int, str]) -> None:
        self._sets = sets

    def event(self, kind: str, body: Node, count: str = "") -> list[Clause]:
        """An event: its head, then what narrows it; ``count`` stands in place of the article."""
        text = _NOUNS[kind] if kind in _NOUNS else _words(kind)
        if count:
            plural = "" if count == "no" or count.split(" (")[0].endswith(" 1") else "s"
            text = f"{count} {text.removeprefix('an ').removeprefix('a ')}{plural}"
        if "CodesetId" in body:
            text += f" of {self.set_name(body['CodesetId'])}"
        elif kind not in {"CustomEra", "ObservationPeriod", "PayerPlanPeriod"}:
            text += " of any kind"
        clauses = [("CodesetId", text)]
        if body.get("First"):
            clauses.append(("First", "the first in the person's history"))
        return clauses + self.attributes(CRITERIA[kind], body)

    def attributes(self, fields: Mapping[str, str], body: Node) -> list[Clause]:
        """What the properties of a criterion ask for, but for its concepts and its members."""
        clauses: list[Clause] = []
        for name, kind in fields.items():
            if name not in body or name in {"CodesetId", "First", "CorrelatedCriteria"}:
                continue
            text = self._attribute(name, kind.rstrip("!"), body)
            if text:
                clauses.append((name, text))
        return clauses

    def _attribute(self, name: str, kind: str, body: Node) -> str:
        value = body[name]
        label = label_of(name)
        if kind in {"NumericRange", "DateRange"}:
            return f"{label} {_range(value, kind)}"
        if kind == "TextFilter":
            return f'{label} that {TEXT_OPERATORS[value["Op"]]} "{value["Text"]}"'
        if kind == "[Concept]" and value:
            negated = "not " if body.get(f"{name}Exclude") else ""
            return f"{label} {negated}{_either([concept_name(c) for c in value])}"
        if kind == "ConceptSetSelection":
            label = _words(name.removesuffix("CS"))
            if "CodesetId" not in value:
                return f"{label} {'missing' if value.get('IsExclusion') else 'recorded'}"
            negated = "not " if value.get("IsExclusion") else ""
            return f"{label} {negated}in {self.set_name(value['CodesetId'])}"
        if kind == "codeset":
            return f"{label} in {self.set_name(value)}"
        if kind == "Period":
            ends = [f"{word} {value[key]}" for key, word in _PERIOD_ENDS if key in value]
            return f"{label} {' and '.join(ends)}"
        if kind == "DateAdjustment":
            return _adjustment(value)
        if kind == "bool" and value and not name.endswith("Exclude"):
            return label
        return ""

    def group(self, group: Node, members: bool) -> str:
        """How many of a group's members are to be met."""
        if not members:
            return "nothing further to meet"
        kind = str(group["Type"]).upper()
        return f"{_GROUPS[kind].format(group.get('Count', 0))} the following"

    def occurrence(self, occurrence: Node) -> str:
        """How often an event is to occur: ``at least 2 (with different start date)``."""
        kind, number = int(occurrence["Type"]), int(occurrence["Count"])
        count = "no" if number == 0 and kind < 2 else _OCCURRENCES[kind].format(number)
        if occurrence.get("IsDistinct"):
            count += f" (with different {_words(occurrence.get('CountColumn', 'DOMAIN_CONCEPT'))})"
        return count

    def when(self, correlated: Node, index: str) -> list[Clause]:
        """When and where a member of a group happens, seen from the event ``index``."""
        clauses = [
            (key, _window(correlated[key], part, index))
            for key, part in (("StartWindow", "starts"), ("EndWindow", "ends"))
            if key in correlated
        ]
        if correlated.get("RestrictVisit"):
            clauses.append(("RestrictVisit", "at the same visit"))
        if correlated.get("IgnoreObservationPeriod"):
            clauses.append(("IgnoreObservationPeriod", "also outside the period of observation"))
        return [clause for clause in clauses if clause[1]]

    def demographic(self, demographic: Node) -> list[Clause]:
        """What a person is to be like."""
        clauses = self.attributes(OBJECTS["DemographicCriteria"], demographic)
        return clauses or [("", "any demographics")]

    def leaving(self, strategy: Node | None) -> list[str]:
        """When people leave the cohort, a sentence each."""
        if strategy is None:
            return ["People leave the cohort when their observation ends."]
        ((kind, body),) = strategy.items()
        if kind == "DateOffset":
            anchor = "end" if body.get("DateField") == "EndDate" else "start"
            offset = count_days(int(body.get("Offset", 0)))
            lines = [f"People leave the cohort {offset} after the {anchor} of the event."]
        else:
            drugs = self.set_name(body["DrugCodesetId"])
            lines = [
                f"People leave the cohort when exposure to {drugs} "
                f"has paused for more than {count_days(int(body.get('GapDays', 0)))}, "
                f"plus {count_days(int(body.get('Offset', 0)))}."
            ]
            if "DaysSupplyOverride" in body:
                supply = count_days(int(body["DaysSupplyOverride"]))
                lines.append(f"Every exposure is taken to last {supply}.")
        return [*lines, "They leave earlier if their observation ends."]

    def set_name(self, identifier: int) -> str:
        """A concept set as it is called in a sentence."""
        if identifier not in self._sets:
            return f"a concept set that is not defined ({identifier})"
        return f'"{self._sets[identifier] or f"concept set {identifier}"}"'


def observed(window: Node) -> str:
    """How long people are to be observed around an entry event."""
    prior, post = int(window.get("PriorDays", 0)), int(window.get("PostDays", 0))
    if not (prior or post):
        return "The event lies within a period of observation."
    return (
        f"They are observed without a gap for at least {count_days(prior)} before "
        f"and {count_days(post)} after the event."
    )


def joined(pad: int) -> str:
    """How periods of one person are joined; empty if only those that touch are."""
    return f"Periods less than {count_days(pad)} apart are joined into one." if pad else ""


def counted_days(window: Node) -> list[str]:
    """Which calendar days count, a sentence for each end."""
    return [
        f"Nothing {word} {window[end]} counts."
        for end, word in (("StartDate", "before"), ("EndDate", "after"))
        if end in window
    ]


def noun_of(kind: str) -> str:
    """A type of criterion as a noun with its article."""
    return _NOUNS[kind] if kind in _NOUNS else f"a {_words(kind)}"


def label_of(name: str) -> str:
    """A property as it is called in a sentence: ``age at the event``."""
    return _PHRASES.get(name) or _words(name)


def _window(window: Node, part: str, index: str) -> str:
    index += "'s end" if window.get("UseIndexEnd") else "'s start"
    event = part
    if "UseEventEnd" in window:
        event = "ends" if window["UseEventEnd"] else "starts"
    points = [_endpoint(window.get("Start"), -1), _endpoint(window.get("End"), 1)]
    if points == [None, None]:
        return ""
    if points == ["0 days before", "0 days after"]:
        return f"which {event} on the day of {index}"
    start = points[0] or "any time before"
    end = points[1] or "any time after"
    return f"which {event} from {start} to {end} {index}"


def _endpoint(point: Node | None, side: int) -> str | None:
    if point is None:
        return None
    if "Days" not in point:
        if point["Coeff"] == side:
            return None
        return "any time after" if point["Coeff"] > 0 else "any time before"
    days = int(point["Days"])
    if days == 0:
        return "0 days after" if side > 0 else "0 days before"
    return f"{count_days(days)} {'after' if point['Coeff'] > 0 else 'before'}"


def _range(value: Node, kind: str) -> str:
    operators = DATE_OPERATORS if kind == "DateRange" else OPERATORS
    return operators[value["Op"]].format(_value(value["Value"]), _value(value.get("Extent")))


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _adjustment(value: Node) -> str:
    ends = []
    for which, default in (("Start", "START_DATE"), ("End", "END_DATE")):
        anchor = "start" if value.get(f"{which}With", default) == "START_DATE" else "end"
        ends.append(
            f"{which.lower()} moved to {int(value.get(f'{which}Offset', 0)):+d} days "
            f"from its {anchor}"
        )
    return " and ".join(ends)


def concept_name(concept: Node) -> str:
    """A concept by its name, or by its id."""
    return str(concept.get("CONCEPT_NAME") or f"concept {concept['CONCEPT_ID']}")


def _either(names: Sequence[str]) -> str:
    return " or ".join(names)


def count_days(count: int) -> str:
    """``1 day``, ``365 days``."""
    return f"{count:,} day" if abs(count) == 1 else f"{count:,} days"


def _words(name: str) -> str:
    """``VisitDetailLength`` and ``START_DATE`` as words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name).lower()
