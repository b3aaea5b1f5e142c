"""Where Circe's reference does something else than its property says, told to the author.

A definition keeps the reference's meaning, so these are warnings and not repairs. The table in
docs/circe.md says the same at more length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cohorts.findings import WARNING, Finding
from cohorts.model import CohortDefinition, Node, walk, walk_criteria
from cohorts.schema import CRITERIA, GROUP_MEMBERS

CDM_VERSION: Final = (5, 4, 0)

_WITHOUT_EFFECT: Final = {
    ("DrugExposure", "EffectiveDrugDose"): "OMOP CDM v5.4 has no column for it; it has no effect",
    (
        "Specimen",
        "SpecimenSourceConcept",
    ): "OMOP CDM v5.4 has no column for it; it has no effect",
    ("Specimen", "DateAdjustment"): "dates of specimens are never adjusted; it has no effect",
}
_OTHERWISE: Final = {
    ("DrugExposure", "OccurrenceEndDate"): "is compared with the first day of the exposure",
    ("VisitDetail", "Age"): "is the age at the end of the visit detail",
}
# Where decimals are compared; elsewhere they are cut off.
_DECIMAL: Final = {
    ("DoseEra", "DoseValue"),
    ("DrugExposure", "Quantity"),
    ("Observation", "ValueAsNumber"),
    ("Specimen", "Quantity"),
    *(
        ("Measurement", name)
        for name in (
            "ValueAsNumber",
            "RangeLow",
            "RangeHigh",
            "RangeLowRatio",
            "RangeHighRatio",
        )
    ),
}
_BOUND: Final = re.compile(r"(>=|<=|>|<|=)?\s*v?(\d+)(?:\.(\d+))?(?:\.(\d+))?")


def find_properties_without_effect(definition: CohortDefinition) -> Iterator[Finding]:
    """Properties that the reference reads and does not use, or uses for something else."""
    for path, kind, body in walk_criteria(definition.expression):
        for name in body:
            if (kind, name) in _WITHOUT_EFFECT:
                text = _WITHOUT_EFFECT[kind, name]
                yield Finding("without_effect", WARNING, f"{path}.{name}", text)
            if (kind, name) in _OTHERWISE:
                text = f"as in the reference, {_OTHERWISE[kind, name]}"
                yield Finding("other_meaning", WARNING, f"{path}.{name}", text)
        if kind == "CustomEra" and _asks(body.get("CorrelatedCriteria")):
            text = "a custom era is not narrowed by criteria nested in it; nest them in its members"
            yield Finding("without_effect", WARNING, f"{path}.CorrelatedCriteria", text)
        dates = body.get("DateAdjustment", {})
        turned = dates.get("StartWith") == "END_DATE" or dates.get("EndWith") == "START_DATE"
        if kind == "Death" and turned:
            text = "a death starts on its day and ends the day after, whatever is chosen here"
            yield Finding("without_effect", WARNING, f"{path}.DateAdjustment", text)


def find_cut_decimals(definition: CohortDefinition) -> Iterator[Finding]:
    """Limits with decimals where only whole numbers are compared."""
    for path, kind, body in walk_criteria(definition.expression):
        for name, sort in CRITERIA[kind].items():
            if sort == "NumericRange" and name in body and (kind, name) not in _DECIMAL:
                yield from _cut(f"{path}.{name}", body[name])
    for path, node in walk(definition.expression):
        if ".DemographicCriteriaList[" in path and path.endswith("].Age"):
            yield from _cut(path, node)


def find_other_versions(definition: CohortDefinition) -> Iterator[Finding]:
    """Definitions that say they are for another version of the CDM than the one here."""
    wanted = definition.expression.get("cdmVersionRange")
    if wanted and not _includes(str(wanted), CDM_VERSION):
        version = ".".join(map(str, CDM_VERSION[:2]))
        text = f"is for OMOP CDM {str(wanted)[:40]}, and data here are v{version}: results may lack"
        yield Finding("cdm_version", WARNING, "$.cdmVersionRange", f"{text} what it asks for")


def _asks(group: Node | None) -> bool:
    return group is not None and any(group.get(members) for members in GROUP_MEMBERS)


def _cut(path: str, limits: Node) -> Iterator[Finding]:
    for edge in ("Value", "Extent"):
        if edge in limits and limits[edge] != int(limits[edge]):
            text = f"{limits[edge]} is compared as {int(limits[edge])}: only whole numbers are"
            yield Finding("cut_decimals", WARNING, f"{path}.{edge}", text)


def _includes(wanted: str, version: tuple[int, int, int]) -> bool:
    """Whether a range such as ``>=5.0.0 <6.0.0`` holds a version; what is unreadable holds all."""
    for found in _BOUND.finditer(wanted):
        bound = tuple(int(part or 0) for part in found.groups()[1:])
        holds = {
            ">=": version >= bound,
            "<=": version <= bound,
            ">": version > bound,
            "<": version < bound,
        }.get(found[1] or "=", version[: 1 + wanted.count(".")] == bound[: 1 + wanted.count(".")])
        if not holds:
            return False
    return True
