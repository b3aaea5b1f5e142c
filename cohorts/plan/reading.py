"""From a valid cohort definition to its plan. Circe's defaults are filled in here alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from cohorts.errors import UnsupportedExpression
from cohorts.model import CohortDefinition, Node
from cohorts.plan.domains import COUNTED_IN_ALL, CUSTOM_ERA_COUNTED, DOMAINS
from cohorts.plan.nodes import (
    ALL,
    END,
    FIRST,
    START,
    Adjustment,
    Bound,
    CohortPlan,
    Compared,
    ConceptItem,
    ConceptSetPlan,
    Correlated,
    CustomEraExit,
    CustomEraScan,
    DateOffsetExit,
    Demographic,
    DomainScan,
    Group,
    Holds,
    InConceptSet,
    Matches,
    Member,
    OneOf,
    Predicate,
    Scan,
)
from cohorts.plan.properties import CUSTOM_ERA_PROPERTIES, DEMOGRAPHIC_PROPERTIES, Property

# Measurements marked abnormally low or high, as the reference lists them.
_ABNORMAL: Final = (
    "(e.value_as_number < e.range_low OR e.value_as_number > e.range_high"
    " OR e.value_as_concept_id IN (4155142, 4155143))"
)
_INTEGER_BITS: Final = 32
_INTEGER_MAXIMUM: Final = 2**31 - 1


def read_plan(definition: CohortDefinition) -> CohortPlan:
    """The plan of a definition.

    Raises:
        UnsupportedExpression: for a count of different values that the criterion has not.
    """
    expression = definition.expression
    primary = expression["PrimaryCriteria"]
    window = primary["ObservationWindow"]
    additional = expression.get("AdditionalCriteria")
    censor_window = expression.get("CensorWindow") or {}
    return CohortPlan(
        concept_sets=tuple(
            ConceptSetPlan(found.id, tuple(map(read_concept_item, found.items)))
            for found in definition.concept_sets
        ),
        entry=_scans(primary["CriteriaList"], "$.PrimaryCriteria.CriteriaList"),
        prior_days=window.get("PriorDays", 0),
        post_days=window.get("PostDays", 0),
        entry_limit=_limit(primary.get("PrimaryCriteriaLimit")),
        additional=_group(additional, "$.AdditionalCriteria") if additional is not None else None,
        # Without a group of additional criteria, the reference knows no qualified limit.
        qualified_limit=_limit(expression.get("QualifiedLimit")) if additional is not None else ALL,
        rules=tuple(
            _group(rule["expression"], f"$.InclusionRules[{index}].expression")
            for index, rule in enumerate(expression.get("InclusionRules", ()))
        ),
        included_limit=_limit(expression.get("ExpressionLimit")),
        exit=_exit(expression.get("EndStrategy")),
        censoring=_scans(expression.get("CensoringCriteria", ()), "$.CensoringCriteria"),
        era_pad=(expression.get("CollapseSettings") or {}).get("EraPad", 0),
        censor_window=(censor_window.get("StartDate"), censor_window.get("EndDate")),
    )


def read_concept_item(item: Node) -> ConceptItem:
    """One Circe ConceptSetItem."""
    return ConceptItem(
        concept_id=item["concept"]["CONCEPT_ID"],
        excluded=bool(item.get("isExcluded")),
        descendants=bool(item.get("includeDescendants")),
        mapped=bool(item.get("includeMapped")),
    )


def _limit(limit: Node | None) -> str:
    return str((limit or {}).get("Type", FIRST)).upper()


def _exit(strategy: Node | None) -> DateOffsetExit | CustomEraExit | None:
    if strategy is None:
        return None
    ((kind, body),) = strategy.items()
    if kind == "DateOffset":
        return DateOffsetExit(body.get("DateField") == "EndDate", body.get("Offset", 0))
    return CustomEraExit(
        concept_set=body["DrugCodesetId"],
        gap=body.get("GapDays", 0),
        offset=body.get("Offset", 0),
        days_supply=body.get("DaysSupplyOverride"),
    )


def _scans(criteria: Iterable[Node], path: str) -> tuple[Scan, ...]:
    return tuple(_scan(entry, f"{path}[{index}]") for index, entry in enumerate(criteria))


def _scan(criterion: Node, path: str) -> Scan:
    ((name, body),) = criterion.items()
    path = f"{path}.{name}"
    if name == "CustomEra":
        return _custom_era(body, path)
    domain = DOMAINS[name]
    adjustment = _adjustment(body, name) if domain.adjusts else None
    user_period = body.get("UserDefinedPeriod") or {}
    period = (user_period.get("StartDate"), user_period.get("EndDate"))
    nested = body.get("CorrelatedCriteria")
    return DomainScan(
        criterion=name,
        concept_set=body.get("CodesetId") if domain.concept else None,
        source_concept_set=body.get(domain.source[0]) if domain.source else None,
        first=bool(body.get("First")),
        adjustment=adjustment,
        predicates=(
            *_in_order(adjustment),
            *_observed_on(period),
            *_predicates(body, domain.properties),
            *((Holds(_ABNORMAL),) if body.get("Abnormal") else ()),
        ),
        period=period,
        nested=_some_group(nested, f"{path}.CorrelatedCriteria"),
    )


def _custom_era(body: Node, path: str) -> CustomEraScan:
    # The reference reads no nested criteria of a custom era.
    adjustment = _adjustment(body, "CustomEra")
    return CustomEraScan(
        members=_scans(body["CriteriaList"], f"{path}.CriteriaList"),
        gap=body.get("GapDays", 0),
        first=bool(body.get("First")),
        adjustment=adjustment,
        predicates=(*_in_order(adjustment), *_predicates(body, CUSTOM_ERA_PROPERTIES)),
    )


def _adjustment(body: Node, criterion: str) -> Adjustment | None:
    found = body.get("DateAdjustment")
    if found is None:
        return None
    # A death has one date: the reference adjusts it and the day after, whatever is chosen.
    choice: Node = {} if criterion == "Death" else found
    return Adjustment(
        start_from=START if choice.get("StartWith", "START_DATE") == "START_DATE" else END,
        start_days=found.get("StartOffset", 0),
        end_from=START if choice.get("EndWith", "END_DATE") == "START_DATE" else END,
        end_days=found.get("EndOffset", 0),
    )


def _in_order(adjustment: Adjustment | None) -> tuple[Predicate, ...]:
    return (Holds(f"{END} >= {START}"),) if adjustment else ()


def _observed_on(period: tuple[str | None, str | None]) -> Iterator[Predicate]:
    for day in period:
        if day is not None:
            yield Holds(f"{START} <= DATE '{day}' AND {END} >= DATE '{day}'")


def _predicates(body: Node, properties: Iterable[Property]) -> Iterator[Predicate]:
    for entry in properties:
        if entry.kind == "concepts":
            yield from _of_concepts(body, entry)
        elif (found := body.get(entry.name)) is not None:
            yield _predicate(entry, found)


def _of_concepts(body: Node, entry: Property) -> Iterator[Predicate]:
    if listed := body.get(entry.name):
        concepts = tuple(concept["CONCEPT_ID"] for concept in listed)
        yield OneOf(entry.column, concepts, bool(body.get(f"{entry.name}Exclude")))
    if (chosen := body.get(f"{entry.name}CS")) is not None:
        yield InConceptSet(entry.column, chosen.get("CodesetId"), bool(chosen.get("IsExclusion")))


def _predicate(entry: Property, found: Any) -> Predicate:
    if entry.kind == "text":
        return Matches(entry.column, found["Op"], found["Text"])
    if entry.kind == "set":
        return InConceptSet(entry.column, found)
    literal = _LITERALS[entry.kind]
    extent = literal(found["Extent"]) if found["Op"].endswith("bt") else ""
    return Compared(entry.column, found["Op"], literal(found["Value"]), extent)


def _date(day: str) -> str:
    return f"DATE '{day}'"


def _whole(number: float) -> str:
    """Java's ``Number.intValue()``, which the reference takes: cut, not rounded."""
    if isinstance(number, float):
        return str(max(-_INTEGER_MAXIMUM - 1, min(_INTEGER_MAXIMUM, int(number))))
    bits = number & (2**_INTEGER_BITS - 1)
    return str(bits - 2**_INTEGER_BITS if bits > _INTEGER_MAXIMUM else bits)


def _decimal(number: float) -> str:
    """Four decimals, halves away from zero, as Java formats them."""
    return format(Decimal(repr(float(number))).quantize(Decimal("0.0001"), ROUND_HALF_UP), "f")


_LITERALS: Final[dict[str, Callable[[Any], str]]] = {
    "date": _date,
    "whole": _whole,
    "decimal": _decimal,
}


def _some_group(group: Node | None, path: str) -> Group | None:
    if group is None:
        return None
    found = _group(group, path)
    return found if found.members else None


def _group(group: Node, path: str) -> Group:
    correlated = (
        _correlated(entry, f"{path}.CriteriaList[{index}]")
        for index, entry in enumerate(group.get("CriteriaList", ()))
    )
    demographic = (
        Demographic(tuple(_predicates(entry, DEMOGRAPHIC_PROPERTIES)))
        for entry in group.get("DemographicCriteriaList", ())
    )
    groups = (
        _group(entry, f"{path}.Groups[{index}]")
        for index, entry in enumerate(group.get("Groups", ()))
    )
    members: tuple[Member, ...] = (*correlated, *demographic, *groups)
    return Group(str(group.get("Type", ALL)).upper(), group.get("Count", 0), members)


def _correlated(entry: Node, path: str) -> Correlated:
    events = _scan(entry["Criteria"], f"{path}.Criteria")
    occurrence = entry["Occurrence"]
    counted = None
    if occurrence.get("IsDistinct"):
        counted = occurrence.get("CountColumn", "DOMAIN_CONCEPT")
        _check_counted(events, counted, f"{path}.Occurrence.CountColumn")
    observed = not entry.get("IgnoreObservationPeriod")
    start, end = entry["StartWindow"], entry.get("EndWindow")
    bounds = list(_bounds(start, bool(start.get("UseEventEnd")), observed))
    if end is not None:
        bounds.extend(_bounds(end, end.get("UseEventEnd", True), observed))
    return Correlated(
        events=events,
        bounds=tuple(bounds),
        within_observation=observed,
        same_visit=bool(entry.get("RestrictVisit")),
        occurrence=occurrence["Type"],
        count=occurrence["Count"],
        counted=counted,
    )


def _bounds(window: Node, event_end: bool, observed: bool) -> Iterator[Bound]:
    for lower, endpoint in ((True, window["Start"]), (False, window["End"])):
        days, forward = endpoint.get("Days"), endpoint["Coeff"] == 1
        if days is None and not observed:
            continue
        if days is not None and not forward:
            days = -days
        yield Bound(lower, event_end, bool(window.get("UseIndexEnd")), days, forward)


def _check_counted(scan: Scan, column: str, path: str) -> None:
    """Raises UnsupportedExpression unless every event of the scan has the column."""
    members: tuple[Scan, ...] = ()
    if isinstance(scan, CustomEraScan):
        known: Mapping[str, str] = CUSTOM_ERA_COUNTED
        name, members = "CustomEra", scan.members
    else:
        name = scan.criterion
        known = DOMAINS[name].counted
    if column not in known and column not in COUNTED_IN_ALL:
        raise UnsupportedExpression(path, f"{name} has no {column} to count different values of")
    for member in members:
        _check_counted(member, column, path)
