"""Warnings about definitions that run but may not mean what their author meant. Never raises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from cohorts.design_checks import (
    find_exits_of_other_drugs,
    find_future_demands,
    find_non_standard_concepts,
    find_other_domains,
    find_same_rules,
    find_unobserved_absence,
    find_values_without_unit,
)
from cohorts.findings import ERROR, NOTE, WARNING, Finding
from cohorts.model import CohortDefinition, Node, walk, walk_criteria
from cohorts.peculiarities import (
    find_cut_decimals,
    find_other_versions,
    find_properties_without_effect,
)
from cohorts.schema import CRITERIA, GROUP_MEMBERS, OBJECTS, Fields

_FAR_DAYS: Final = 36_525
_SET_FIELDS: Final = {"codeset"}
_NO_CODES: Final = {"ObservationPeriod", "PayerPlanPeriod", "CustomEra", "Death"}
_CALENDAR: Final = {"OccurrenceStartDate", "OccurrenceEndDate", "EraStartDate", "EraEndDate"}


def check(definition: CohortDefinition) -> list[Finding]:
    """All findings, errors first, then by place."""
    findings = [finding for checker in CHECKERS for finding in checker(definition)]
    order = {ERROR: 0, WARNING: 1, NOTE: 2}
    return sorted(findings, key=lambda found: (order[found.severity], found.where, found.code))


def find_unknown_properties(definition: CohortDefinition) -> Iterator[Finding]:
    """Properties that Circe ignores: often a misspelt name of one that would have narrowed."""
    for path in definition.unknown:
        yield Finding("unknown_property", WARNING, path, "Circe does not know it; it has no effect")


def find_undefined_concept_sets(definition: CohortDefinition) -> Iterator[Finding]:
    """References to a concept set that the definition does not have: they match nothing."""
    known = {entry.id for entry in definition.concept_sets}
    for path, identifier in _set_references(definition):
        if identifier not in known:
            yield Finding(
                "undefined_concept_set",
                ERROR,
                path,
                f"there is no concept set {identifier}; nothing matches",
            )


def find_unused_concept_sets(definition: CohortDefinition) -> Iterator[Finding]:
    """Concept sets that no criterion refers to."""
    used = {identifier for _, identifier in _set_references(definition)}
    for index, entry in enumerate(definition.concept_sets):
        if entry.id not in used:
            yield Finding(
                "unused_concept_set",
                NOTE,
                f"$.ConceptSets[{index}]",
                f"no criterion uses {entry.name or entry.id}",
            )


def find_empty_concept_sets(definition: CohortDefinition) -> Iterator[Finding]:
    """Concept sets without a concept, or with exclusions only: they match nothing."""
    for index, entry in enumerate(definition.concept_sets):
        if all(item.get("isExcluded") for item in entry.items):
            yield Finding(
                "empty_concept_set",
                ERROR,
                f"$.ConceptSets[{index}]",
                f"{entry.name or entry.id} includes no concept",
            )


def find_criteria_without_codes(definition: CohortDefinition) -> Iterator[Finding]:
    """Criteria over any kind of event, which is seldom meant."""
    for path, kind, body in walk_criteria(definition.expression):
        narrowed = any(name.endswith(("SourceConcept", "CS")) for name in body)
        if kind not in _NO_CODES and "CodesetId" not in body and not narrowed:
            yield Finding("any_concept", NOTE, path, "has no concept set: any event counts")


def find_contradictory_windows(definition: CohortDefinition) -> Iterator[Finding]:
    """Windows that begin after they end."""
    for path, node in walk(definition.expression):
        if not path.endswith((".StartWindow", ".EndWindow")):
            continue
        start, end = (_signed_days(node.get(name)) for name in ("Start", "End"))
        if start is not None and end is not None and start > end:
            yield Finding(
                "contradictory_window", ERROR, path, "begins after it ends; nothing matches"
            )


def find_empty_ranges(definition: CohortDefinition) -> Iterator[Finding]:
    """Ranges whose lower limit is above the upper one."""
    for path, node in walk(definition.expression):
        if node.get("Op") == "bt" and "Extent" in node and node["Value"] > node["Extent"]:
            yield Finding("empty_range", ERROR, path, "the lower limit is above the upper one")


def find_calendar_limits(definition: CohortDefinition) -> Iterator[Finding]:
    """Limits on calendar dates: a release's dates are shifted, person by person."""
    for path, node in walk(definition.expression):
        if path.endswith(".CensorWindow") and node:
            yield _calendar(path)
        for name, value in node.items():
            if name in _CALENDAR and value is not None:
                yield _calendar(f"{path}.{name}")


def find_missing_look_back(definition: CohortDefinition) -> Iterator[Finding]:
    """A first-ever event without observation before it may be one that was only first recorded."""
    primary = definition.expression["PrimaryCriteria"]
    prior = int(primary["ObservationWindow"].get("PriorDays", 0))
    for index, criterion in enumerate(primary["CriteriaList"]):
        ((kind, body),) = criterion.items()
        if body.get("First") and prior == 0:
            yield Finding(
                "no_look_back",
                WARNING,
                f"$.PrimaryCriteria.CriteriaList[{index}].{kind}",
                "takes the first event ever, but asks for no observation before it",
            )


def find_always_true_rules(definition: CohortDefinition) -> Iterator[Finding]:
    """Inclusion rules without criteria, which everybody meets."""
    for index, rule in enumerate(definition.expression.get("InclusionRules", ())):
        group = rule["expression"]
        if not any(group.get(k) for k in GROUP_MEMBERS):
            yield Finding(
                "empty_rule", WARNING, f"$.InclusionRules[{index}]", "has no criteria: all meet it"
            )


def find_impossible_counts(definition: CohortDefinition) -> Iterator[Finding]:
    """Groups that ask for more members than they have, and counts that everything meets."""
    for path, node in walk(definition.expression):
        if str(node.get("Type", "")).upper() == "AT_LEAST":
            members = sum(len(node.get(k, ())) for k in GROUP_MEMBERS)
            if int(node.get("Count", 0)) > members:
                yield Finding(
                    "impossible_count", ERROR, path, f"asks for more than its {members} members"
                )
        if path.endswith(".Occurrence") and node.get("Type") == 2 and node.get("Count") == 0:
            yield Finding("count_of_zero", WARNING, path, "at least 0: everybody meets it")


def find_distant_days(definition: CohortDefinition) -> Iterator[Finding]:
    """Windows and observation of more than a hundred years: probably a misplaced digit."""
    for path, node in walk(definition.expression):
        for name in ("Days", "PriorDays", "PostDays"):
            if isinstance(node.get(name), int) and abs(node[name]) > _FAR_DAYS:
                yield Finding("distant_days", WARNING, f"{path}.{name}", "more than 100 years")


def find_negative_observation(definition: CohortDefinition) -> Iterator[Finding]:
    """Observation asked for of fewer days than none: probably a sign too much."""
    path = "$.PrimaryCriteria.ObservationWindow"
    observed = definition.expression["PrimaryCriteria"]["ObservationWindow"]
    for name in ("PriorDays", "PostDays"):
        if int(observed.get(name, 0)) < 0:
            yield Finding(
                "negative_observation",
                WARNING,
                f"{path}.{name}",
                "is below 0, which asks for nothing: is the sign meant?",
            )


CHECKERS: Final[tuple[Callable[[CohortDefinition], Iterator[Finding]], ...]] = (
    find_unknown_properties,
    find_undefined_concept_sets,
    find_unused_concept_sets,
    find_empty_concept_sets,
    find_criteria_without_codes,
    find_contradictory_windows,
    find_empty_ranges,
    find_calendar_limits,
    find_missing_look_back,
    find_always_true_rules,
    find_impossible_counts,
    find_distant_days,
    find_negative_observation,
    find_properties_without_effect,
    find_cut_decimals,
    find_other_versions,
    find_future_demands,
    find_unobserved_absence,
    find_other_domains,
    find_non_standard_concepts,
    find_values_without_unit,
    find_same_rules,
    find_exits_of_other_drugs,
)


def _set_references(definition: CohortDefinition) -> Iterator[tuple[str, int]]:
    for path, kind, body in walk_criteria(definition.expression):
        yield from _references(path, CRITERIA[kind], body)
    for path, node in walk(definition.expression):
        if ".DemographicCriteriaList[" in path and path.endswith("]"):
            yield from _references(path, OBJECTS["DemographicCriteria"], node)
    strategy = definition.expression.get("EndStrategy", {})
    if "CustomEra" in strategy:
        yield "$.EndStrategy.CustomEra.DrugCodesetId", int(strategy["CustomEra"]["DrugCodesetId"])


def _references(path: str, fields: Fields, body: Node) -> Iterator[tuple[str, int]]:
    for name, kind in fields.items():
        if name not in body:
            continue
        if kind in _SET_FIELDS:
            yield f"{path}.{name}", int(body[name])
        elif kind == "ConceptSetSelection" and "CodesetId" in body[name]:
            yield f"{path}.{name}", int(body[name]["CodesetId"])


def _calendar(path: str) -> Finding:
    return Finding(
        "calendar_limit",
        WARNING,
        path,
        "a calendar date: releases have shifted dates, so counts are approximate",
    )


def _signed_days(point: Node | None) -> int | None:
    if point is None or "Days" not in point:
        return None
    return int(point["Coeff"]) * int(point["Days"])
