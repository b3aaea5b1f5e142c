"""Common mistakes of study design: definitions that run and answer another question than meant."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cohorts.findings import NOTE, WARNING, Finding
from cohorts.model import CohortDefinition, Node, walk, walk_criteria

_AT_LEAST: Final = 2
_DOMAINS: Final = {
    "ConditionOccurrence": {"Condition"},
    "ConditionEra": {"Condition"},
    "DrugExposure": {"Drug"},
    "DrugEra": {"Drug"},
    "DoseEra": {"Drug"},
    "ProcedureOccurrence": {"Procedure"},
    "Measurement": {"Measurement"},
    "DeviceExposure": {"Device"},
    "Specimen": {"Specimen"},
    "VisitOccurrence": {"Visit"},
}


def find_future_demands(definition: CohortDefinition) -> Iterator[Finding]:
    """Demands on what comes after the entry: they choose people by their future (immortal time)."""
    for path, correlated in _demands(definition):
        occurrence = correlated["Occurrence"]
        present = int(occurrence["Count"]) > 0 and int(occurrence["Type"]) != 1
        if present and _reach(correlated["StartWindow"], "End", 1) != 0:
            yield Finding(
                "future_demand",
                WARNING,
                path,
                "asks for something after the entry: people are chosen by their future, and have "
                "to live until then. Meant?",
            )


def find_unobserved_absence(definition: CohortDefinition) -> Iterator[Finding]:
    """Absence that is asked for longer than people are sure to be observed."""
    observed = definition.expression["PrimaryCriteria"]["ObservationWindow"]
    for path, correlated in _demands(definition):
        occurrence = correlated["Occurrence"]
        if int(occurrence["Type"]) == _AT_LEAST or int(occurrence["Count"]) > 0:
            continue
        for end, side, name, words in (
            ("Start", -1, "PriorDays", "before"),
            ("End", 1, "PostDays", "after"),
        ):
            reach = _reach(correlated["StartWindow"], end, side)
            sure = int(observed.get(name, 0))
            if (reach is None and sure == 0) or (reach is not None and reach > sure):
                days = "at any time" if reach is None else f"for {reach} days"
                yield Finding(
                    "unobserved_absence",
                    WARNING,
                    path,
                    f"is absent {days} {words} the entry, but people need to be observed for "
                    f"{sure} days {words} it only: who was not observed counts as free of it",
                )


def find_other_domains(definition: CohortDefinition) -> Iterator[Finding]:
    """Events over a concept set none of whose concepts is of the event's domain."""
    domains = {
        entry.id: {item["concept"].get("DOMAIN_ID") for item in entry.items}
        for entry in definition.concept_sets
    }
    for path, kind, body in walk_criteria(definition.expression):
        held = domains.get(body.get("CodesetId", -1), set()) - {None, ""}
        if kind in _DOMAINS and held and not held & _DOMAINS[kind]:
            yield Finding(
                "other_domain",
                WARNING,
                path,
                f"looks for {' and '.join(sorted(held))} concepts in records of another domain",
            )


def find_non_standard_concepts(definition: CohortDefinition) -> Iterator[Finding]:
    """Concepts that are not standard: records carry the standard concepts that they map to."""
    for index, entry in enumerate(definition.concept_sets):
        for item in entry.items:
            concept = item["concept"]
            standard = concept.get("STANDARD_CONCEPT") or "S"
            # Classification concepts stand above standard ones and are used by descendants.
            usable = standard == "S" or (standard == "C" and item.get("includeDescendants"))
            if not usable and not item.get("includeMapped"):
                name = concept.get("CONCEPT_NAME") or concept["CONCEPT_ID"]
                yield Finding(
                    "non_standard_concept",
                    WARNING,
                    f"$.ConceptSets[{index}]",
                    f"{name} is not a standard concept: records seldom carry it",
                )


def find_values_without_unit(definition: CohortDefinition) -> Iterator[Finding]:
    """Limits on a measured value that do not say in which unit."""
    for path, kind, body in walk_criteria(definition.expression):
        limited = "ValueAsNumber" in body or "RangeLow" in body or "RangeHigh" in body
        if kind == "Measurement" and limited and not ("Unit" in body or "UnitCS" in body):
            yield Finding(
                "no_unit", NOTE, path, "limits a value without its unit: mg/dL and mmol/L mix"
            )


def find_same_rules(definition: CohortDefinition) -> Iterator[Finding]:
    """Inclusion rules that ask for the same as one before them."""
    seen: dict[str, int] = {}
    for index, rule in enumerate(definition.expression.get("InclusionRules", ())):
        asked = json.dumps(_plain(rule["expression"]), sort_keys=True)
        if asked in seen:
            yield Finding(
                "same_rule",
                WARNING,
                f"$.InclusionRules[{index}]",
                f"asks for the same as rule {seen[asked] + 1}",
            )
        seen.setdefault(asked, index)


def find_exits_of_other_drugs(definition: CohortDefinition) -> Iterator[Finding]:
    """A drug era as the exit that is of other drugs than any that let people enter."""
    era = definition.expression.get("EndStrategy", {}).get("CustomEra")
    if era is None:
        return
    entered = {
        body.get("CodesetId")
        for path, kind, body in walk_criteria(definition.expression)
        if path.startswith("$.PrimaryCriteria.") and kind in {"DrugExposure", "DrugEra", "DoseEra"}
    }
    if era["DrugCodesetId"] not in entered:
        yield Finding(
            "exit_of_other_drugs",
            WARNING,
            "$.EndStrategy",
            "people leave when they stop drugs that did not let them enter",
        )


def _demands(definition: CohortDefinition) -> Iterator[tuple[str, Node]]:
    """Members of groups that are seen from the entry event."""
    for path, node in walk(definition.expression):
        outer = path.startswith(("$.AdditionalCriteria", "$.InclusionRules"))
        if outer and "Occurrence" in node and "Criteria" in node:
            nested = ".CorrelatedCriteria" in path
            if not nested and not node["StartWindow"].get("UseIndexEnd"):
                yield path, node


def _reach(window: Node, end: str, side: int) -> int | None:
    """Days that a window reaches on one side of the index; ``None`` without limit."""
    point = window[end]
    if "Days" not in point:
        return None if int(point["Coeff"]) == side else 0
    return max(0, int(point["Days"]) * int(point["Coeff"]) * side)


def _plain(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {name: _plain(value) for name, value in node.items()}
    return [_plain(entry) for entry in node] if isinstance(node, tuple) else node
