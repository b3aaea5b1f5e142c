"""Random valid Circe cohort expressions that reach every criterion, property and setting.

``FEATURES`` are all pairs of a criterion and one of its properties, taken from the schema of the
cohort package, so that a property which is added there is generated from then on. Each seed has to
use ``PER_DEFINITION`` of them in turn; ``len(FEATURES) / PER_DEFINITION`` seeds in a row use all.
Everything around them (groups, windows, limits, exits) is drawn anew for every seed.

What the reference cannot answer (invalid SQL) is left out unless ``beyond_reference`` is set.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Sequence
from typing import Any, Final

from cohorts.schema import (
    COUNT_COLUMNS,
    CRITERIA,
    OBJECTS,
    RANGE_OPERATORS,
    TEXT_OPERATORS,
    UNSUPPORTED_CRITERIA,
    UNSUPPORTED_PROPERTIES,
)
from tests.generation.cdm import DAYS, FIRST_DAY
from tests.generation.filters import codeset_pool, date_filter, number_filter, pool_of, text_filter
from tests.generation.vocabulary import CONCEPTS, HIERARCHIES

Json = dict[str, Any]
Feature = tuple[str, str]

KINDS: Final = tuple(sorted(set(CRITERIA) - set(UNSUPPORTED_CRITERIA)))
# An era is made of its members' dates only; its own groups have no effect in the reference.
_NOT_DRAWN: Final = {("CustomEra", "CriteriaList"), ("CustomEra", "CorrelatedCriteria")}
# The reference writes SQL for it that no database accepts.
_BEYOND: Final = {("Measurement", "Abnormal")}
PER_DEFINITION: Final = 8


def _features() -> tuple[Feature, ...]:
    found = [
        (kind, name)
        for kind in KINDS
        for name in CRITERIA[kind]
        if name not in UNSUPPORTED_PROPERTIES and (kind, name) not in _NOT_DRAWN
    ]
    random.Random("features").shuffle(found)
    return tuple(found)


FEATURES: Final = _features()

_COMMON_COLUMNS: Final = ("START_DATE", "END_DATE")
_OWN_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "ConditionEra": ("ERA_OCCURRENCES",),
    "DrugEra": ("ERA_OCCURRENCES", "GAP_DAYS"),
    "DoseEra": ("UNIT", "VALUE_AS_NUMBER"),
    "DrugExposure": ("DAYS_SUPPLY", "QUANTITY", "REFILLS"),
    "DeviceExposure": ("QUANTITY",),
    "ProcedureOccurrence": ("QUANTITY",),
    "Measurement": ("RANGE_HIGH", "RANGE_LOW", "VALUE_AS_NUMBER"),
    "Observation": ("VALUE_AS_NUMBER",),
}
_WITHOUT_VISIT: Final = {"ConditionEra", "DrugEra", "DoseEra", "Episode", "VisitDetail"}
_WITHOUT_CONCEPT: Final = {"CustomEra", "Episode", "PayerPlanPeriod"}
_MEMBERS: Final = ("CriteriaList", "DemographicCriteriaList", "Groups")
# Of these the reference writes SQL that no database accepts.
_BEYOND_COLUMNS: Final = {"VisitDetail": "VISIT_DETAIL_ID", "Episode": "DOMAIN_CONCEPT"}


def definitions(seed: int, *, beyond_reference: bool = False) -> Json:
    """The cohort expression of ``seed``, as parsed JSON."""
    rng = random.Random(f"circe {seed} {beyond_reference}")
    turn = seed * PER_DEFINITION
    wanted = [FEATURES[(turn + n) % len(FEATURES)] for n in range(PER_DEFINITION)]
    if not beyond_reference:
        wanted = [feature for feature in wanted if feature not in _BEYOND]
    return _Author(rng, wanted, beyond_reference).expression()


class _Author:
    """Writes one definition; concept sets are collected while criteria are written."""

    def __init__(self, rng: random.Random, wanted: Sequence[Feature], beyond: bool) -> None:
        self.rng = rng
        self.beyond = beyond
        self.sets: list[Json] = []
        self._set_pools: list[str] = []
        # Half of what is wanted goes into entry events, the rest wherever criteria are needed next.
        wanted = list(wanted)
        rng.shuffle(wanted)
        middle = len(wanted) // 2
        self.for_entry, self.for_later = wanted[:middle], wanted[middle:]

    # --- the whole

    def expression(self) -> Json:
        """All of the definition; whatever is still wanted becomes an inclusion rule."""
        entry = [self.criterion(*feature) for feature in self.for_entry]
        if self.chance(0.7) or not entry:
            entry.append({self.rng.choice(("ConditionOccurrence", "VisitOccurrence")): {}})
        self.rng.shuffle(entry)
        document: Json = {
            "PrimaryCriteria": {
                "CriteriaList": entry,
                "ObservationWindow": self.some(
                    {"PriorDays": self.days(6), "PostDays": self.days(6)}
                ),
                "PrimaryCriteriaLimit": self.limit("All"),
            },
            "QualifiedLimit": self.limit("All", "First"),
            "ExpressionLimit": self.limit("All", "First"),
            "CollapseSettings": {"CollapseType": "ERA", "EraPad": self.rng.choice([0, 0, 1, 7])},
        }
        if self.chance(0.3):
            document["AdditionalCriteria"] = self.group(2)
        if self.chance(0.25):
            document["CensoringCriteria"] = [
                self.later(2) for _ in range(self.rng.choice([0, 1, 1, 2]))
            ]
        if self.chance(0.5):
            document["EndStrategy"] = self.exit()
        if self.chance(0.2):
            document["CensorWindow"] = self.period()
        rules = [self.group(2) for _ in range(self.rng.choice([0, 0, 1, 1, 2]))]
        if self.for_later:
            rules.append(self.any_of_the_wanted())
        document["InclusionRules"] = [
            {"name": f"rule {n}", "expression": rule} for n, rule in enumerate(rules, start=1)
        ]
        document["ConceptSets"] = self.sets
        return document

    def limit(self, *usual: str) -> Json:
        if self.chance(0.6):
            return {"Type": self.rng.choice(usual)}
        return self.rng.choice([{}, {"Type": "First"}, {"Type": "Last"}, {"Type": "ALL"}])

    def exit(self) -> Json:
        if self.chance(0.5):
            field = self.rng.choice(["StartDate", "EndDate"])
            offset = self.rng.choice([-1, 0, 1, 7, 30])
            return {"DateOffset": self.some({"DateField": field, "Offset": offset})}
        era: Json = {"DrugCodesetId": self.codeset("drug")}
        era |= self.some(
            {"GapDays": self.rng.choice([0, 3, 15]), "Offset": self.rng.choice([0, 2, 10])}
        )
        if self.chance(0.3):
            era["DaysSupplyOverride"] = self.rng.choice([0, 4, 10])
        return {"CustomEra": era}

    def period(self) -> Json:
        first, last = sorted(self.rng.sample(range(5, DAYS), 2))
        return self.some({"StartDate": _date(first), "EndDate": _date(last)})

    # --- groups

    def group(self, depth: int, kind: str | None = None) -> Json:
        """A group of one to three members, seldom an empty one."""
        if kind is None and self.chance(0.05):
            return {"Type": "ALL", "CriteriaList": [], "DemographicCriteriaList": [], "Groups": []}
        kind = kind or self.rng.choice(["ALL", "ANY", "ANY", "ANY", "AT_LEAST", "AT_MOST"])
        document: Json = {"Type": kind, "CriteriaList": []}
        for _ in range(self.rng.choice([1, 1, 2, 3])):
            chance = self.rng.random()
            if self.for_later or chance < 0.65:
                document["CriteriaList"].append(self.correlated(depth))
            elif chance < 0.82 or depth <= 0:
                demographic = self.demographic()
                document.setdefault("DemographicCriteriaList", []).append(demographic)
            else:
                document.setdefault("Groups", []).append(self.group(depth - 1))
        if kind.startswith("AT_"):
            few = [0, 1, 1, 2] if kind == "AT_LEAST" else [1, 1, 2, 0]
            document["Count"] = self.rng.choice(few)
        return document

    def any_of_the_wanted(self) -> Json:
        """A group that one of all criteria still wanted meets."""
        document: Json = {"Type": "ANY", "CriteriaList": []}
        while self.for_later:
            document["CriteriaList"].append(self.correlated(1))
        return document

    def correlated(self, depth: int) -> Json:
        """A criterion within windows around the index event, counted."""
        criterion = self.later(depth)
        ((kind, body),) = criterion.items()
        kinds_and_counts = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (2, 0), (2, 2), (2, 3)]
        number_of, count = self.rng.choice([*kinds_and_counts, *6 * [(2, 1)]])
        occurrence: Json = {"Type": number_of, "Count": count}
        if self.chance(0.3):
            columns = self.columns(kind, body)
            occurrence["IsDistinct"] = True
            if "DOMAIN_CONCEPT" not in columns or self.chance(0.85):
                occurrence["CountColumn"] = self.rng.choice(columns)
        document: Json = {
            "Criteria": criterion,
            "StartWindow": self.window(),
            "Occurrence": occurrence,
        }
        if self.chance(0.25):
            document["EndWindow"] = self.window()
        if self.chance(0.15):
            document["RestrictVisit"] = self.chance(0.8)
        if self.chance(0.3):
            document["IgnoreObservationPeriod"] = self.chance(0.8)
        return document

    def columns(self, kind: str, body: Json) -> list[str]:
        """What distinct values of this criterion may be counted."""
        if kind == "CustomEra":
            return list(_COMMON_COLUMNS)
        columns = [*_COMMON_COLUMNS]
        if kind not in _WITHOUT_VISIT:
            columns.append("VISIT_ID")
        nested = body.get("CorrelatedCriteria") or {}
        if not self.beyond and any(nested.get(members) for members in _MEMBERS):
            return columns
        if kind not in _WITHOUT_CONCEPT or (kind == "PayerPlanPeriod" and "PayerConcept" in body):
            columns.append("DOMAIN_CONCEPT")
        if kind != "PayerPlanPeriod":
            columns.append("DURATION")
        columns += _OWN_COLUMNS.get(kind, ())
        if self.beyond:
            columns += [_BEYOND_COLUMNS[kind]] if kind in _BEYOND_COLUMNS else []
        assert set(columns) <= set(COUNT_COLUMNS.split("|"))
        return columns

    def window(self) -> Json:
        document: Json = {
            "Start": self.endpoint(-1, [0, 0, 3, 10, 30, 60]),
            "End": self.endpoint(1, [0, 0, 1, 10, 30, 60]),
        }
        if self.chance(0.15):
            document["Start"]["Coeff"] = document["End"]["Coeff"]
        elif self.chance(0.08):
            document["End"]["Coeff"] = document["Start"]["Coeff"]
        for name in ("UseIndexEnd", "UseEventEnd"):
            if self.chance(0.3):
                document[name] = self.chance(0.7)
        return document

    def endpoint(self, side: int, days: list[int]) -> Json:
        return (
            {"Coeff": side} if self.chance(0.4) else {"Days": self.rng.choice(days), "Coeff": side}
        )

    def demographic(self) -> Json:
        names = list(OBJECTS["DemographicCriteria"])
        return {
            name: self.value("DemographicCriteria", name, OBJECTS["DemographicCriteria"][name], 0)
            for name in self.rng.sample(names, self.rng.choice([0, 1, 1, 1, 2]))
        }

    # --- criteria

    def later(self, depth: int) -> Json:
        """A criterion with the next wanted property, or any."""
        if self.for_later:
            return self.criterion(*self.for_later.pop(), depth=depth)
        return self.criterion(self.rng.choice(KINDS), None, depth=depth)

    def criterion(self, kind: str, wanted: str | None, depth: int = 2) -> Json:
        """A criterion with ``wanted`` and perhaps one or two properties more."""
        fields = CRITERIA[kind]
        names = [wanted] if wanted else []
        if self.chance(0.35):
            names.append(self.rng.choice(list(fields)))
        if "CodesetId" in fields and self.chance(0.5):
            names.append("CodesetId")
        body: Json = {}
        if kind == "CustomEra":
            members = [k for k in KINDS if k != "CustomEra"]
            body["CriteriaList"] = [
                self.criterion(self.rng.choice(members), None, depth=0)
                for _ in range(self.rng.choice([1, 1, 2]))
            ]
        for name in names:
            refused = name in UNSUPPORTED_PROPERTIES or (kind, name) in _NOT_DRAWN
            if refused or (not self.beyond and (kind, name) in _BEYOND):
                continue
            if name == "CorrelatedCriteria" and name != wanted and depth <= 0:
                continue
            body[name] = self.value(kind, name, fields[name], depth)
            if name.endswith("TypeExclude"):
                concepts = name.removesuffix("Exclude")
                body[concepts] = self.value(kind, concepts, fields[concepts], depth)
        return {kind: body}

    def value(self, kind: str, name: str, sort: str, depth: int) -> Any:
        """A value of a property of ``sort``, as the schema names it."""
        rng = self.rng
        if sort == "bool":
            return self.chance(0.85)
        if sort == "int":
            return rng.choice([0, 2, 10])
        if sort == "codeset":
            return self.codeset(codeset_pool(kind, name))
        if sort == "NumericRange":
            return number_filter(rng, kind, name, rng.choice(RANGE_OPERATORS.split("|")))
        if sort == "DateRange":
            return date_filter(rng, rng.choice(RANGE_OPERATORS.split("|")), _date)
        if sort == "TextFilter":
            return text_filter(rng, rng.choice(TEXT_OPERATORS.split("|")))
        if sort == "[Concept]":
            concepts = rng.sample(CONCEPTS[pool_of(kind, name)], rng.choice([0, 1, 1, 2, 2]))
            return [_concept(concept) for concept in concepts]
        if sort == "ConceptSetSelection":
            pool = pool_of(kind, name.removesuffix("CS"))
            chosen = None if self.chance(0.08) else self.codeset(pool)
            return {"CodesetId": chosen, "IsExclusion": self.chance(0.4)}
        if sort == "Period":
            return self.period()
        if sort == "DateAdjustment":
            return self.some(
                {
                    "StartWith": rng.choice(["START_DATE", "START_DATE", "END_DATE"]),
                    "StartOffset": rng.choice([-3, 0, 1, 2]),
                    "EndWith": rng.choice(["END_DATE", "END_DATE", "START_DATE"]),
                    "EndOffset": rng.choice([-1, 0, 2, 9]),
                }
            )
        if sort == "CriteriaGroup":
            return self.group(depth - 1)
        raise AssertionError(f"no value is known for the sort {sort} of {kind}.{name}")

    # --- concept sets

    def codeset(self, pool: str) -> int:
        """The id of a concept set over the pool, perhaps of one that is there already."""
        same = [
            entry["id"] for entry, of in zip(self.sets, self._set_pools, strict=True) if of == pool
        ]
        if same and self.chance(0.5):
            return int(self.rng.choice(same))
        if self.chance(0.02):
            return 999
        identifier = 3 * len(self.sets)
        items = [self.item(concept) for concept in self.rng.sample(CONCEPTS[pool], 2)]
        if pool in HIERARCHIES and self.chance(0.6):
            above = _concept(HIERARCHIES[pool] + 1)
            items.insert(0, {"concept": above, "includeDescendants": True})
        if self.chance(0.03):
            items = []
        document = {"id": identifier, "name": pool, "expression": {"items": items}}
        self.sets.append(document)
        self._set_pools.append(pool)
        return identifier

    def item(self, concept: int) -> Json:
        document: Json = {"concept": _concept(concept)}
        for name, often in (
            ("isExcluded", 0.2),
            ("includeDescendants", 0.5),
            ("includeMapped", 0.3),
        ):
            if self.chance(0.8):
                document[name] = self.chance(often)
        return document

    # --- chance

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def some(self, document: Json) -> Json:
        """The document, now and then without one of its properties."""
        if document and self.chance(0.2):
            document = dict(document)
            del document[self.rng.choice(list(document))]
        return document

    def days(self, most: int) -> int:
        return self.rng.choice([0, 0, 1, most])


def _concept(identifier: int) -> Json:
    return {"CONCEPT_ID": identifier, "CONCEPT_NAME": f"concept {identifier}"}


def _date(day: int) -> str:
    return (FIRST_DAY + datetime.timedelta(days=day)).isoformat()
