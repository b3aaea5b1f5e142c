"""A de-identification policy as frozen data: one treatment for every column of the vault.

A policy that can be built is consistent: every treatment has the options it needs and no others.
Whether it covers a given vault is :func:`deid.policy.coverage.check_coverage`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from deid.errors import PolicyError

POLICY_FORMAT = "care-commons-policy/1"


class Treatment(StrEnum):
    """What may be done to a column."""

    DROP = "drop"
    KEEP = "keep"
    PSEUDONYM = "pseudonym"
    SHIFT_DATE = "shift-date"
    SHIFT_DATETIME = "shift-datetime"
    YEAR_ONLY = "year-only"
    """A day or moment becomes 1 January of its year."""
    YEAR_OF_BIRTH = "year-of-birth"
    GENERALISE = "generalise"
    SCRUB_TEXT = "scrub-text"
    SUPPRESS_RARE = "suppress-rare"
    CONSTANT = "constant"


class RareScope(StrEnum):
    """Which values of a column ``suppress-rare`` looks at."""

    ALL = "all"
    LOCAL_CONCEPTS = "local-concepts"
    """Only concept ids from 2 000 000 000, which a site defines for itself."""
    KNOWN_CODES = "known-codes"
    """All values, and those that are no concept code of the vault's vocabulary go as well."""


OPTIONS: Mapping[Treatment, frozenset[str]] = {
    Treatment.DROP: frozenset(),
    Treatment.KEEP: frozenset(),
    Treatment.PSEUDONYM: frozenset({"domain", "domain_from"}),
    Treatment.SHIFT_DATE: frozenset(),
    Treatment.SHIFT_DATETIME: frozenset(),
    Treatment.YEAR_ONLY: frozenset(),
    Treatment.YEAR_OF_BIRTH: frozenset(),
    Treatment.GENERALISE: frozenset({"hierarchy"}),
    Treatment.SCRUB_TEXT: frozenset(),
    Treatment.SUPPRESS_RARE: frozenset({"scope"}),
    Treatment.CONSTANT: frozenset({"value"}),
}

HIERARCHIES: Mapping[str, str] = {
    "concept-or-none": "demographic",
    "region-or-none": "region",
    "zip3-or-000": "postal-code",
}
"""Hierarchies, and the kind of column that each is for; the year of birth has its own treatment."""

QUASI_IDENTIFIERS = (
    "year_of_birth",
    "gender_concept_id",
    "race_concept_id",
    "ethnicity_concept_id",
    "location_id",
)
"""Columns of ``person`` that may be quasi-identifiers."""

OFFSET_TREATMENTS = frozenset({Treatment.SHIFT_DATE, Treatment.SHIFT_DATETIME})
"""Treatments that move a date by the person's secret offset."""

ATTACK_THRESHOLDS = (
    "attack_linkage_exact",
    "attack_linkage_fuzzy",
    "attack_singling_out",
    "attack_linkability",
    "attack_inference",
    "attack_membership",
    "attack_offset_recovery",
    "attack_surrogate_inversion",
    "attack_name_frequency",
    "attack_id_dictionary",
    "attack_row_order",
)
"""Limits of what attacks are shown to add to chance (see :mod:`deid.attacks`)."""

THRESHOLDS: Mapping[str, str] = {
    "smallest_class": "at least",
    "prosecutor_max": "at most",
    "prosecutor_average": "at most",
    "journalist_max": "at most",
    "marketer": "at most",
    "suppressed_share": "at most",
    "rare_disease_share": "at most",
    "small_area_share": "at most",
    "disease_told_share": "at most",
    "known_1_worst_share": "at most",
    "known_1_random_share": "at most",
    "known_2_worst_share": "at most",
    "known_2_random_share": "at most",
    "known_3_worst_share": "at most",
    "known_3_random_share": "at most",
    "visits_follow_up_unique_share": "at most",
    "family_unique_share": "at most",
    "population_unique_share": "at most",
    "identifiers_in_output": "at most",
    "own_names_share": "at most",
    "canaries_surviving": "at most",
    "withheld_notes_share": "at most",
    **dict.fromkeys(ATTACK_THRESHOLDS, "at most"),
}
"""Every threshold a policy may set, and on which side of it a release must lie."""

COUNTS = frozenset({"smallest_class", "identifiers_in_output", "canaries_surviving"})
"""Thresholds that are numbers of people or hits; all others are shares and chances, 0 to 1."""

CONSTANTS = frozenset({"@window-end"})
"""Constants that the build fills in."""


@dataclass(frozen=True)
class ColumnRule:
    """The treatment of one column, with the rule that asks for it."""

    treatment: Treatment
    rule: str = ""
    domain: str | None = None
    domain_from: str | None = None
    hierarchy: str | None = None
    scope: RareScope = RareScope.ALL
    value: str | int | float | None = None

    def __post_init__(self) -> None:
        if self.treatment is Treatment.PSEUDONYM and (self.domain is None) == (
            self.domain_from is None
        ):
            raise PolicyError("a pseudonym needs either domain or domain_from")
        if self.treatment is Treatment.GENERALISE and self.hierarchy not in HIERARCHIES:
            raise PolicyError(
                f"generalise needs a hierarchy, one of {', '.join(sorted(HIERARCHIES))}"
            )
        if self.treatment is Treatment.CONSTANT and self.value is None:
            raise PolicyError("constant needs a value")
        if isinstance(self.value, str) and self.value[:1] == "@" and self.value not in CONSTANTS:
            raise PolicyError(f"known constants are {', '.join(sorted(CONSTANTS))}")


@dataclass(frozen=True)
class DateRule:
    """How dates move: whole weeks, never zero, both ends of the data cut off.

    ``max_weeks`` is reduced to ``max_share`` of the length of the data, but never below
    ``min_weeks``. ``shift`` is ``household`` (one secret offset for each) or ``none``: then dates
    keep their real years, and nothing finer than a year may be shown.
    """

    shift: str = "household"
    max_weeks: int = 52
    min_weeks: int = 4
    max_share: float = 0.1
    time_of_day: str = "keep"

    def __post_init__(self) -> None:
        if self.shift not in {"household", "none"}:
            raise PolicyError("dates: shift is household or none")
        if not 1 <= self.min_weeks <= self.max_weeks:
            raise PolicyError("dates: 1 <= min_weeks <= max_weeks is needed")
        if not 0 < self.max_share <= 0.4:
            raise PolicyError("dates: max_share lies above 0 and at most at 0.4")
        if self.time_of_day not in {"keep", "truncate"}:
            raise PolicyError("dates: time_of_day is keep or truncate")


@dataclass(frozen=True)
class TextRule:
    """What happens in notes beyond identifiers.

    ``ages`` is ``keep`` or ``band``: then ages under 90 are written as bands of
    ``age_band_years`` years. ``dates`` is ``shift`` or ``year``: then a date becomes its year.
    """

    dates: Literal["shift", "year"] = "shift"
    ages: str = "keep"
    age_band_years: int = 5

    def __post_init__(self) -> None:
        if self.dates not in {"shift", "year"}:
            raise PolicyError("text: dates is shift or year")
        if self.ages not in {"keep", "band"}:
            raise PolicyError("text: ages is keep or band")
        if self.age_band_years < 2:
            raise PolicyError("text: age_band_years is at least 2")

    @property
    def age_band(self) -> int | None:
        """Width of the bands in years; ``None`` if ages are kept."""
        return self.age_band_years if self.ages == "band" else None


@dataclass(frozen=True)
class PlaceRule:
    """Postal codes that ``zip3-or-000`` may show, by their first three digits."""

    zip3_over_20000: tuple[str, ...] = ()


@dataclass(frozen=True)
class GeneralisationStep:
    """One step for people in a class that is too small: a quasi-identifier and its new level.

    For ``year_of_birth`` the level is the width of the band in years; for others it is ``none``.
    """

    column: str
    level: str

    def __post_init__(self) -> None:
        if self.column == "year_of_birth":
            if not self.level.isdigit() or int(self.level) < 2:
                raise PolicyError("steps: the level of year_of_birth is a width of 2 or more years")
        elif self.level != "none":
            raise PolicyError(f"steps: the level of {self.column} can only be none")


@dataclass(frozen=True)
class RareRule:
    """What counts as rare: diseases and areas that fewer people of the release share."""

    diseases_below: int = 5
    areas_below: int = 5

    def __post_init__(self) -> None:
        if min(self.diseases_below, self.areas_below) < 1:
            raise PolicyError("risk.rare: numbers of people are at least 1")


@dataclass(frozen=True)
class KnowledgeRule:
    """How roughly an acquaintance knows events: steps that concepts are rolled up by
    ``concept_ancestor``, and days of the periods that intervals are told in."""

    levels: int = 1
    days: int = 28

    def __post_init__(self) -> None:
        if not 0 <= self.levels <= 10:
            raise PolicyError("risk.knowledge: levels lies from 0 to 10")
        if not 1 <= self.days <= 366:
            raise PolicyError("risk.knowledge: days lies from 1 to 366")


@dataclass(frozen=True)
class PopulationRule:
    """The population that an intruder would look through, where it is more than the vault."""

    name: str
    people: int

    def __post_init__(self) -> None:
        if not self.name.strip() or self.people < 1:
            raise PolicyError("risk.population: a name and a number of people are needed")


@dataclass(frozen=True)
class RiskRule:
    """What the release must reach. ``k`` is the smallest class of people that may appear."""

    k: int
    quasi_identifiers: tuple[str, ...]
    birth_year_band: int
    steps: tuple[GeneralisationStep, ...]
    thresholds: Mapping[str, float]
    rare: RareRule = RareRule()
    knowledge: KnowledgeRule = KnowledgeRule()
    population: PopulationRule | None = None

    def __post_init__(self) -> None:
        if self.k < 2:
            raise PolicyError("risk: k is at least 2")
        if self.birth_year_band < 1:
            raise PolicyError("risk: birth_year_band is at least 1")
        if not self.quasi_identifiers or len(set(self.quasi_identifiers)) < len(
            self.quasi_identifiers
        ):
            raise PolicyError("risk: quasi_identifiers are one or more different columns")
        for name in self.quasi_identifiers:
            if name not in QUASI_IDENTIFIERS:
                raise PolicyError(
                    f"risk: {name} cannot be a quasi-identifier; "
                    f"these can: {', '.join(QUASI_IDENTIFIERS)}"
                )
        self._check_steps()
        self._check_thresholds()

    def _check_steps(self) -> None:
        width = self.birth_year_band
        for step in self.steps:
            if step.column not in self.quasi_identifiers:
                raise PolicyError(f"risk: step of {step.column}, which is no quasi-identifier")
            if step.column == "year_of_birth":
                if int(step.level) <= width:
                    raise PolicyError(
                        f"risk: step year_of_birth:{step.level} is no wider than the {width} "
                        "years before it"
                    )
                width = int(step.level)

    def _check_thresholds(self) -> None:
        if "smallest_class" in self.thresholds and self.thresholds["smallest_class"] > self.k:
            raise PolicyError("risk: threshold smallest_class is above k and cannot be reached")
        for name, limit in self.thresholds.items():
            if limit < 0 or (name not in COUNTS and limit > 1):
                range_ = "0 or more" if name in COUNTS else "from 0 to 1"
                raise PolicyError(f"risk: threshold {name} must be {range_}")


@dataclass(frozen=True)
class Origin:
    """Where something is said: file and line, and the kind if it is said of a kind of column."""

    source: str
    line: int
    kind: str | None = None

    def __str__(self) -> str:
        place = f"{self.source}:{self.line}"
        return f"{place} (kind {self.kind})" if self.kind else place


class Decisions:
    """What can be asked of a policy and of its draft."""

    tables: Mapping[str, Mapping[str, ColumnRule]]
    source: str
    origins: Mapping[str, Origin]

    def origin(self, path: str) -> Origin:
        """Where a decision is said, or the nearest section that it belongs to."""
        while path:
            if path in self.origins:
                return self.origins[path]
            path = path.rpartition(".")[0]
        return Origin(self.source, 1)

    def columns_with(self, treatment: Treatment) -> tuple[tuple[str, str], ...]:
        """All ``(table, column)`` that get a treatment, sorted."""
        return tuple(
            (table, column)
            for table in sorted(self.tables)
            for column, rule in self.tables[table].items()
            if rule.treatment is treatment
        )


@dataclass(frozen=True)
class Policy(Decisions):
    """A whole policy. ``dropped`` names tables that do not leave at all, with the reason.

    ``purpose``, ``recipient`` and ``adversary`` say in words what a release is for, who gets it and
    against whom it is protected; they stand in its certificate.
    ``claims`` names the standards whose letter it keeps (see :mod:`deid.policy.standards`);
    ``origins`` says where each decision stands, by its path (``"tables.person.person_id"``).
    """

    name: str
    version: str
    title: str
    description: str
    pool_ages_over: int
    dates: DateRule
    risk: RiskRule
    dropped: Mapping[str, str]
    tables: Mapping[str, Mapping[str, ColumnRule]]
    text: TextRule = TextRule()
    purpose: str = ""
    recipient: str = ""
    adversary: str = ""
    places: PlaceRule = PlaceRule()
    claims: tuple[str, ...] = ()
    source: str = field(default="", compare=False)
    origins: Mapping[str, Origin] = field(
        default_factory=lambda: MappingProxyType({}), compare=False, repr=False
    )

    def __post_init__(self) -> None:
        for column in QUASI_IDENTIFIERS:
            rule = self.tables.get("person", {}).get(column)
            leaves = rule is not None and rule.treatment not in {
                Treatment.DROP,
                Treatment.CONSTANT,
            }
            if leaves and column not in self.risk.quasi_identifiers:
                raise PolicyError(
                    f"risk: person.{column} leaves and is no quasi-identifier: "
                    "its risk would not be measured"
                )
            if rule is not None and not leaves and column in self.risk.quasi_identifiers:
                raise PolicyError(f"risk: person.{column} is a quasi-identifier and is dropped")

    @property
    def fingerprint(self) -> str:
        """SHA-256 of everything the policy decides; comments and layout do not change it."""
        document = asdict(replace(self, source="", origins={}))
        del document["source"], document["origins"]
        text = json.dumps(document, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    @property
    def date_resolution(self) -> str:
        """``day`` if any date is moved and shown to the day, else ``year``."""
        treatments = {rule.treatment for rules in self.tables.values() for rule in rules.values()}
        return "day" if OFFSET_TREATMENTS & treatments else "year"
