"""A cohort definition in plain English, from the same tree that is compiled.

Every property of the schema is rendered: those without a phrase of their own get one from their
name, so that nothing that narrows a cohort is left out of its description.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cohorts.model import CohortDefinition, Node
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
_OPERATORS: Final = {
    "lt": "below {0}",
    "lte": "at most {0}",
    "eq": "{0}",
    "!eq": "other than {0}",
    "gt": "above {0}",
    "gte": "at least {0}",
    "bt": "from {0} to {1}",
    "!bt": "not from {0} to {1}",
}
_DATE_OPERATORS: Final = {
    **_OPERATORS,
    "lt": "before {0}",
    "lte": "on or before {0}",
    "gt": "after {0}",
    "gte": "on or after {0}",
}
_TEXT_OPERATORS: Final = {
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
_ENTRY_EVENT: Final = "the entry event"
_THAT_EVENT: Final = "that event"
_INDENT: Final = "  "


def describe(definition: CohortDefinition) -> str:
    """The definition as sentences, one idea a line; nested groups are indented."""
    return _Describer(definition).render()


class _Describer:
    def __init__(self, definition: CohortDefinition) -> None:
        self._root = definition.expression
        self._sets = {entry.id: entry.name for entry in definition.concept_sets}
        self._concept_sets = definition.concept_sets

    def render(self) -> str:
        sections = [
            self._entry(),
            self._qualifying(),
            self._rules(),
            self._exit(),
            self._periods(),
            self._concepts(),
        ]
        return "\n\n".join("\n".join(lines) for lines in sections if lines)

    def _entry(self) -> list[str]:
        primary = self._root["PrimaryCriteria"]
        lines = ["People enter the cohort at any of these events:"]
        for number, criterion in enumerate(primary["CriteriaList"], 1):
            lines += self._criterion(criterion, f"{_INDENT}{number}. ")
        window = primary["ObservationWindow"]
        prior, post = int(window.get("PriorDays", 0)), int(window.get("PostDays", 0))
        if prior or post:
            lines.append(
                f"They are observed without a gap for at least {_days(prior)} before "
                f"and {_days(post)} after the event."
            )
        else:
            lines.append("The event lies within a period of observation.")
        lines += _limit(primary.get("PrimaryCriteriaLimit"), "event counts as an entry event")
        return lines

    def _qualifying(self) -> list[str]:
        group = self._root.get("AdditionalCriteria")
        if group is None or not _members(group):
            return []
        lines = [f"Entry events are kept if they have{self._group_heading(group)}:"]
        lines += self._group_members(group, _INDENT)
        lines += _limit(self._root.get("QualifiedLimit"), "of the events kept goes on")
        return lines

    def _rules(self) -> list[str]:
        rules = self._root.get("InclusionRules", ())
        lines: list[str] = []
        for number, rule in enumerate(rules, 1):
            name = rule.get("name") or f"Rule {number}"
            heading = self._group_heading(rule["expression"])
            lines.append(f"Inclusion rule {number}, {name}: the entry event has{heading}:")
            lines += self._group_members(rule["expression"], _INDENT)
        if rules or self._root.get("ExpressionLimit"):
            lines += _limit(self._root.get("ExpressionLimit"), "that meets every rule is used")
        return lines

    def _exit(self) -> list[str]:
        strategy = self._root.get("EndStrategy")
        lines: list[str] = []
        if strategy is None:
            lines.append("People leave the cohort when their observation ends.")
        else:
            ((kind, body),) = strategy.items()
            if kind == "DateOffset":
                anchor = "end" if body.get("DateField") == "EndDate" else "start"
                days = _days(int(body.get("Offset", 0)))
                lines.append(f"People leave the cohort {days} after the {anchor} of the event.")
            else:
                lines.append(
                    f"People leave the cohort when exposure to {self._set(body['DrugCodesetId'])} "
                    f"has paused for more than {_days(int(body.get('GapDays', 0)))}, "
                    f"plus {_days(int(body.get('Offset', 0)))}."
                )
                if "DaysSupplyOverride" in body:
                    supply = _days(int(body["DaysSupplyOverride"]))
                    lines.append(f"Every exposure is taken to last {supply}.")
            lines.append("They leave earlier if their observation ends.")
        censoring = self._root.get("CensoringCriteria", ())
        if censoring:
            lines.append("They also leave at the first of these events:")
            for number, criterion in enumerate(censoring, 1):
                lines += self._criterion(criterion, f"{_INDENT}{number}. ")
        return lines

    def _periods(self) -> list[str]:
        lines = []
        pad = int(self._root.get("CollapseSettings", {}).get("EraPad", 0))
        if pad:
            lines.append(f"Periods less than {_days(pad)} apart are joined into one.")
        window = self._root.get("CensorWindow", {})
        if "StartDate" in window:
            lines.append(f"Nothing before {window['StartDate']} counts.")
        if "EndDate" in window:
            lines.append(f"Nothing after {window['EndDate']} counts.")
        return lines

    def _concepts(self) -> list[str]:
        lines = ["Concept sets:"] if self._concept_sets else []
        for entry in self._concept_sets:
            lines.append(f"{_INDENT}{entry.name or f'concept set {entry.id}'}:")
            lines += [f"{_INDENT * 2}{_item(item)}" for item in entry.items]
            if not entry.items:
                lines.append(f"{_INDENT * 2}(no concept)")
        return lines

    def _criterion(self, criterion: Node, bullet: str, count: str = "") -> list[str]:
        """One criterion; ``count`` stands in place of the article, as in "at least 2"."""
        ((kind, body),) = criterion.items()
        text = _NOUNS[kind] if kind in _NOUNS else _words(kind)
        if count:
            plural = "" if count == "no" or count.split(" (")[0].endswith(" 1") else "s"
            text = f"{count} {text.removeprefix('an ').removeprefix('a ')}{plural}"
        if "CodesetId" in body:
            text += f" of {self._set(body['CodesetId'])}"
        elif kind not in {"CustomEra", "ObservationPeriod", "PayerPlanPeriod"}:
            text += " of any kind"
        if body.get("First"):
            text += ", the first in the person's history"
        clauses = self._attributes(CRITERIA[kind], body)
        if clauses:
            text += ", with " + "; ".join(clauses)
        lines = [bullet + text]
        inner = " " * len(bullet)
        if kind == "CustomEra":
            gap = _days(int(body.get("GapDays", 0)))
            lines[0] += f", joined over gaps of up to {gap} from:"
            for part in body["CriteriaList"]:
                lines += self._criterion(part, inner + "- ")
        group = body.get("CorrelatedCriteria")
        if group is not None and _members(group):
            lines[-1] += ", and having" + self._group_heading(group) + ":"
            lines += self._group_members(group, inner, _THAT_EVENT)
        return lines

    def _attributes(self, fields: Mapping[str, str], body: Node) -> list[str]:
        clauses = []
        for name, kind in fields.items():
            if name not in body or name in {"CodesetId", "First", "CorrelatedCriteria"}:
                continue
            value = body[name]
            label = _PHRASES.get(name) or _words(name)
            kind = kind.rstrip("!")
            if kind in {"NumericRange", "DateRange"}:
                clauses.append(f"{label} {_range(value, kind)}")
            elif kind == "TextFilter":
                clauses.append(f'{label} that {_TEXT_OPERATORS[value["Op"]]} "{value["Text"]}"')
            elif kind == "[Concept]" and value:
                negated = "not " if body.get(f"{name}Exclude") else ""
                clauses.append(f"{label} {negated}{_either([_concept(c) for c in value])}")
            elif kind == "ConceptSetSelection" and "CodesetId" not in value:
                clauses.append(f"{label} {'missing' if value.get('IsExclusion') else 'recorded'}")
            elif kind == "ConceptSetSelection":
                negated = "not " if value.get("IsExclusion") else ""
                label = _words(name.removesuffix("CS"))
                clauses.append(f"{label} {negated}in {self._set(value['CodesetId'])}")
            elif kind == "codeset":
                clauses.append(f"{label} in {self._set(value)}")
            elif kind == "Period":
                ends = [f"{word} {value[key]}" for key, word in _PERIOD_ENDS if key in value]
                clauses.append(f"{label} {' and '.join(ends)}")
            elif kind == "DateAdjustment":
                clauses.append(_adjustment(value))
            elif kind == "bool" and value and not name.endswith("Exclude"):
                clauses.append(label)
        return clauses

    def _group_heading(self, group: Node) -> str:
        if not _members(group):
            return " nothing further to meet"
        kind = str(group["Type"]).upper()
        return f" {_GROUPS[kind].format(group.get('Count', 0))} the following"

    def _group_members(self, group: Node, indent: str, index: str = _ENTRY_EVENT) -> list[str]:
        lines: list[str] = []
        for correlated in group.get("CriteriaList", ()):
            lines += self._correlated(correlated, indent, index)
        for demographic in group.get("DemographicCriteriaList", ()):
            clauses = self._attributes(OBJECTS["DemographicCriteria"], demographic)
            lines.append(f"{indent}- a person with {'; '.join(clauses) or 'any demographics'}")
        for inner in group.get("Groups", ()):
            lines.append(f"{indent}-{self._group_heading(inner)}:")
            lines += self._group_members(inner, indent + _INDENT, index)
        return lines

    def _correlated(self, correlated: Node, indent: str, index: str) -> list[str]:
        occurrence = correlated["Occurrence"]
        kind, number = int(occurrence["Type"]), int(occurrence["Count"])
        count = "no" if number == 0 and kind < 2 else _OCCURRENCES[kind].format(number)
        if occurrence.get("IsDistinct"):
            count += f" (with different {_words(occurrence.get('CountColumn', 'DOMAIN_CONCEPT'))})"
        lines = self._criterion(correlated["Criteria"], f"{indent}- ", count)
        clauses = [
            _window(correlated[key], part, index)
            for key, part in (("StartWindow", "starts"), ("EndWindow", "ends"))
            if key in correlated
        ]
        if correlated.get("RestrictVisit"):
            clauses.append("at the same visit")
        if correlated.get("IgnoreObservationPeriod"):
            clauses.append("also outside the period of observation")
        clauses = [clause for clause in clauses if clause]
        if clauses:
            lines.append(f"{indent}  {', '.join(clauses)}")
        return lines

    def _set(self, identifier: int) -> str:
        if identifier not in self._sets:
            return f"a concept set that is not defined ({identifier})"
        return f'"{self._sets[identifier] or f"concept set {identifier}"}"'


_PERIOD_ENDS: Final = (("StartDate", "from"), ("EndDate", "to"))


def _members(group: Node) -> bool:
    return any(group.get(k) for k in ("CriteriaList", "DemographicCriteriaList", "Groups"))


def _limit(limit: Node | None, what: str) -> list[str]:
    kind = str(limit.get("Type", "First")).upper() if limit else "FIRST"
    if kind == "ALL":
        return []
    return [f"Only the {'earliest' if kind == 'FIRST' else 'latest'} {what}."]


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
    return f"{_days(days)} {'after' if point['Coeff'] > 0 else 'before'}"


def _range(value: Node, kind: str) -> str:
    operators = _DATE_OPERATORS if kind == "DateRange" else _OPERATORS
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


def _concept(concept: Node) -> str:
    return str(concept.get("CONCEPT_NAME") or f"concept {concept['CONCEPT_ID']}")


def _item(item: Node) -> str:
    concept = item["concept"]
    text = f"{_concept(concept)} ({concept['CONCEPT_ID']})"
    if item.get("includeDescendants"):
        text += " and descendants"
    if item.get("includeMapped"):
        text += " and what maps to them"
    return f"without {text}" if item.get("isExcluded") else text


def _either(names: Sequence[str]) -> str:
    return " or ".join(names)


def _days(count: int) -> str:
    return f"{count:,} day" if abs(count) == 1 else f"{count:,} days"


def _words(name: str) -> str:
    """``VisitDetailLength`` and ``START_DATE`` as words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name).lower()
