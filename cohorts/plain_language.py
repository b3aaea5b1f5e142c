"""A cohort definition in plain English, from the same tree that is compiled."""

from __future__ import annotations

from typing import Final

from cohorts.model import CohortDefinition, Node
from cohorts.wording import (
    ENTRY_EVENT,
    THAT_EVENT,
    Wording,
    concept_name,
    count_days,
    counted_days,
    joined,
    observed,
)

_INDENT: Final = "  "


def describe(definition: CohortDefinition) -> str:
    """The definition as sentences, one idea a line; nested groups are indented."""
    return _Describer(definition).render()


class _Describer:
    def __init__(self, definition: CohortDefinition) -> None:
        self._root = definition.expression
        self._say = Wording({entry.id: entry.name for entry in definition.concept_sets})
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
        lines.append(observed(primary["ObservationWindow"]))
        lines += _limit(primary.get("PrimaryCriteriaLimit"), "event counts as an entry event")
        return lines

    def _qualifying(self) -> list[str]:
        group = self._root.get("AdditionalCriteria")
        if group is None or not _members(group):
            return []
        lines = [f"Entry events are kept if they have {self._say.group(group, True)}:"]
        lines += self._group_members(group, _INDENT)
        lines += _limit(self._root.get("QualifiedLimit"), "of the events kept goes on")
        return lines

    def _rules(self) -> list[str]:
        rules = self._root.get("InclusionRules", ())
        lines: list[str] = []
        for number, rule in enumerate(rules, 1):
            name = rule.get("name") or f"Rule {number}"
            group = rule["expression"]
            heading = self._say.group(group, _members(group))
            lines.append(f"Inclusion rule {number}, {name}: the entry event has {heading}:")
            lines += self._group_members(group, _INDENT)
        if rules or self._root.get("ExpressionLimit"):
            lines += _limit(self._root.get("ExpressionLimit"), "that meets every rule is used")
        return lines

    def _exit(self) -> list[str]:
        lines = self._say.leaving(self._root.get("EndStrategy"))
        censoring = self._root.get("CensoringCriteria", ())
        if censoring:
            lines.append("They also leave at the first of these events:")
            for number, criterion in enumerate(censoring, 1):
                lines += self._criterion(criterion, f"{_INDENT}{number}. ")
        return lines

    def _periods(self) -> list[str]:
        pad = int(self._root.get("CollapseSettings", {}).get("EraPad", 0))
        lines = [joined(pad), *counted_days(self._root.get("CensorWindow", {}))]
        return [line for line in lines if line]

    def _concepts(self) -> list[str]:
        lines = ["Concept sets:"] if self._concept_sets else []
        for entry in self._concept_sets:
            lines.append(f"{_INDENT}{entry.name or f'concept set {entry.id}'}:")
            lines += [f"{_INDENT * 2}{_item(item)}" for item in entry.items]
            if not entry.items:
                lines.append(f"{_INDENT * 2}(no concept)")
        return lines

    def _criterion(self, criterion: Node, bullet: str, count: str = "") -> list[str]:
        ((kind, body),) = criterion.items()
        clauses = self._say.event(kind, body, count)
        head, rest = clauses[0][1], clauses[1:]
        if rest and rest[0][0] == "First":
            head += f", {rest.pop(0)[1]}"
        if rest:
            head += ", with " + "; ".join(text for _, text in rest)
        lines = [bullet + head]
        inner = " " * len(bullet)
        if kind == "CustomEra":
            gap = count_days(int(body.get("GapDays", 0)))
            lines[0] += f", joined over gaps of up to {gap} from:"
            for part in body["CriteriaList"]:
                lines += self._criterion(part, inner + "- ")
        group = body.get("CorrelatedCriteria")
        if group is not None and _members(group):
            lines[-1] += f", and having {self._say.group(group, True)}:"
            lines += self._group_members(group, inner, THAT_EVENT)
        return lines

    def _group_members(self, group: Node, indent: str, index: str = ENTRY_EVENT) -> list[str]:
        lines: list[str] = []
        for correlated in group.get("CriteriaList", ()):
            lines += self._correlated(correlated, indent, index)
        for demographic in group.get("DemographicCriteriaList", ()):
            words = "; ".join(text for _, text in self._say.demographic(demographic))
            lines.append(f"{indent}- a person with {words}")
        for inner in group.get("Groups", ()):
            lines.append(f"{indent}- {self._say.group(inner, _members(inner))}:")
            lines += self._group_members(inner, indent + _INDENT, index)
        return lines

    def _correlated(self, correlated: Node, indent: str, index: str) -> list[str]:
        count = self._say.occurrence(correlated["Occurrence"])
        lines = self._criterion(correlated["Criteria"], f"{indent}- ", count)
        clauses = [text for _, text in self._say.when(correlated, index)]
        if clauses:
            lines.append(f"{indent}  {', '.join(clauses)}")
        return lines


def _members(group: Node) -> bool:
    return any(group.get(k) for k in ("CriteriaList", "DemographicCriteriaList", "Groups"))


def _limit(limit: Node | None, what: str) -> list[str]:
    kind = str(limit.get("Type", "First")).upper() if limit else "FIRST"
    if kind == "ALL":
        return []
    return [f"Only the {'earliest' if kind == 'FIRST' else 'latest'} {what}."]


def _item(item: Node) -> str:
    concept = item["concept"]
    text = f"{concept_name(concept)} ({concept['CONCEPT_ID']})"
    if item.get("includeDescendants"):
        text += " and descendants"
    if item.get("includeMapped"):
        text += " and what maps to them"
    return f"without {text}" if item.get("isExcluded") else text
