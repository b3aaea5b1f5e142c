"""A cohort definition in plain sentences, from the same tree that is compiled."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Final

from cohorts.model import CohortDefinition, Node
from cohorts.schema import GROUP_MEMBERS
from cohorts.wording import Index, Tell, Wording, as_written, concept_name

_INDENT: Final = "  "
_ENTRY_LIMITS: Final = {
    "FIRST": "Only the earliest event counts as an entry event.",
    "LAST": "Only the latest event counts as an entry event.",
}
_QUALIFIED_LIMITS: Final = {
    "FIRST": "Only the earliest of the events kept goes on.",
    "LAST": "Only the latest of the events kept goes on.",
}
_INCLUDED_LIMITS: Final = {
    "FIRST": "Only the earliest that meets every rule is used.",
    "LAST": "Only the latest that meets every rule is used.",
}


def describe(definition: CohortDefinition, tell: Tell = as_written) -> str:
    """The definition as sentences, one idea a line; nested groups are indented.

    ``tell`` gives a message in the reader's language; without it, all is said in English.
    """
    return _Describer(definition, tell).render()


class _Describer:
    def __init__(self, definition: CohortDefinition, tell: Tell) -> None:
        self._root = definition.expression
        self._words = Wording({entry.id: entry.name for entry in definition.concept_sets}, tell)
        self._say = self._words.say
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
        lines = [self._say("People enter the cohort at any of these events:")]
        for number, criterion in enumerate(primary["CriteriaList"], 1):
            lines += self._criterion(criterion, f"{_INDENT}{number}. ")
        lines.append(self._words.observed(primary["ObservationWindow"]))
        lines += self._limit(primary.get("PrimaryCriteriaLimit"), _ENTRY_LIMITS)
        return lines

    def _qualifying(self) -> list[str]:
        group = self._root.get("AdditionalCriteria")
        if group is None or not _members(group):
            return []
        heading = self._words.group(group, True)
        lines = [self._say("Entry events are kept if they have {0}:", heading)]
        lines += self._group_members(group, _INDENT)
        lines += self._limit(self._root.get("QualifiedLimit"), _QUALIFIED_LIMITS)
        return lines

    def _rules(self) -> list[str]:
        rules = self._root.get("InclusionRules", ())
        lines: list[str] = []
        for number, rule in enumerate(rules, 1):
            name = rule.get("name") or self._say("Rule {0}", number)
            group = rule["expression"]
            heading = self._words.group(group, _members(group))
            message = "Inclusion rule {0}, {1}: the entry event has {2}:"
            lines.append(self._say(message, number, name, heading))
            lines += self._group_members(group, _INDENT)
        if rules or self._root.get("ExpressionLimit"):
            lines += self._limit(self._root.get("ExpressionLimit"), _INCLUDED_LIMITS)
        return lines

    def _exit(self) -> list[str]:
        lines = self._words.leaving(self._root.get("EndStrategy"))
        censoring = self._root.get("CensoringCriteria", ())
        if censoring:
            lines.append(self._say("They also leave at the first of these events:"))
            for number, criterion in enumerate(censoring, 1):
                lines += self._criterion(criterion, f"{_INDENT}{number}. ")
        return lines

    def _periods(self) -> list[str]:
        pad = int(self._root.get("CollapseSettings", {}).get("EraPad", 0))
        window = self._root.get("CensorWindow", {})
        lines = [self._words.joined(pad), *self._words.counted_days(window)]
        return [line for line in lines if line]

    def _concepts(self) -> list[str]:
        lines = [self._say("Concept sets:")] if self._concept_sets else []
        for entry in self._concept_sets:
            lines.append(f"{_INDENT}{entry.name or self._say('concept set {0}', entry.id)}:")
            lines += [f"{_INDENT * 2}{self._item(item)}" for item in entry.items]
            if not entry.items:
                lines.append(f"{_INDENT * 2}{self._say('(no concept)')}")
        return lines

    def _criterion(self, criterion: Node, bullet: str, occurrence: Node | None = None) -> list[str]:
        ((kind, body),) = criterion.items()
        clauses = self._words.event(kind, body, occurrence)
        head, rest = clauses[0][1], clauses[1:]
        if rest and rest[0][0] == "First":
            head = self._say("{0}, {1}", head, rest.pop(0)[1])
        if rest:
            head = self._say("{0}, with {1}", head, self._words.listed([text for _, text in rest]))
        if kind == "CustomEra":
            gap = self._words.days(int(body.get("GapDays", 0)))
            head = self._say("{0}, joined over gaps of up to {1} from:", head, gap)
        lines = [bullet + head]
        inner = " " * len(bullet)
        if kind == "CustomEra":
            for part in body["CriteriaList"]:
                lines += self._criterion(part, inner + "- ")
        group = body.get("CorrelatedCriteria")
        if group is not None and _members(group):
            heading = self._words.group(group, True)
            lines[-1] = self._say("{0}, and having {1}:", lines[-1], heading)
            lines += self._group_members(group, inner, "that")
        return lines

    def _group_members(self, group: Node, indent: str, index: Index = "entry") -> list[str]:
        lines: list[str] = []
        for correlated in group.get("CriteriaList", ()):
            lines += self._correlated(correlated, indent, index)
        for demographic in group.get("DemographicCriteriaList", ()):
            clauses = self._words.listed([text for _, text in self._words.demographic(demographic)])
            lines.append(f"{indent}- {self._say('a person with {0}', clauses)}")
        for inner in group.get("Groups", ()):
            heading = self._words.group(inner, _members(inner))
            lines.append(f"{indent}- {self._say('{0}:', heading)}")
            lines += self._group_members(inner, indent + _INDENT, index)
        return lines

    def _correlated(self, correlated: Node, indent: str, index: Index) -> list[str]:
        lines = self._criterion(correlated["Criteria"], f"{indent}- ", correlated["Occurrence"])
        clauses = [text for _, text in self._words.when(correlated, index)]
        if clauses:
            when = reduce(lambda one, other: self._say("{0}, {1}", one, other), clauses)
            lines.append(f"{indent}  {when}")
        return lines

    def _limit(self, limit: Node | None, messages: Mapping[str, str]) -> list[str]:
        kind = str(limit.get("Type", "First")).upper() if limit else "FIRST"
        return [self._say(messages[kind])] if kind in messages else []

    def _item(self, item: Node) -> str:
        concept = item["concept"]
        text = f"{concept_name(concept)} ({concept['CONCEPT_ID']})"
        if item.get("includeDescendants"):
            text = self._say("{0} and descendants", text)
        if item.get("includeMapped"):
            text = self._say("{0} and what maps to them", text)
        return self._say("without {0}", text) if item.get("isExcluded") else text


def _members(group: Node) -> bool:
    return any(group.get(members) for members in GROUP_MEMBERS)
