"""Treatment pathways: which drugs people take after the index date, one after another.

At each moment a person takes a set of drugs; the pathway is the sequence of these sets. The steps
are those of OHDSI's TreatmentPatterns, whose names the settings have:

1. Drug eras (or, without ``drug_era``, exposures by ingredient) that begin from the index date to
   ``window_days`` after it, within observation. Eras shorter than ``min_era_days`` are left out;
   eras of one drug with at most ``era_collapse_days`` between them are one.
2. Drugs taken together for at least ``combination_days`` are a combination; a shorter overlap is a
   switch and is passed over.
3. What is taken for fewer than ``min_treatment_days`` between other treatments is passed over, and
   equal neighbours are one step. The first ``max_steps`` steps count.

What is shown is a tree of the steps. At every place the next treatments of fewer people than the
minimum are pooled with those who end there; if the pool itself is below the minimum, the smallest
next treatment joins it. So no withheld number exists that could be worked out by subtraction.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Self

import duckdb
import numpy as np

from cohorts.cdm import DataSource, prepare_cdm
from cohorts.characterisation.answer import Answer, Ids, Line
from cohorts.characterisation.index import CHARACTERISE_SECONDS, characterising, people_by
from cohorts.characterisation.printed import PrintedTable
from cohorts.compile import CDM_SCHEMA
from cohorts.disclosure import DEFAULT_RULE, DisclosureRule, SafeCount, safe_count
from cohorts.result import CohortResult

ENDS: Final = "ends, or another"
OTHER_DRUG: Final = "another drug"
MOST_DRUGS: Final = 10
_SEPARATOR: Final = " → "
_TOGETHER: Final = " + "


@dataclass(frozen=True)
class PathwaySettings:
    """Settings of pathways, in days. ``drug_class`` limits drugs to descendants of a concept.

    Raises:
        ValueError: if a number is out of its bounds.
    """

    window_days: int = 1095
    min_era_days: int = 0
    era_collapse_days: int = 30
    combination_days: int = 30
    min_treatment_days: int = 30
    max_steps: int = 4
    drug_class: int | None = None

    def __post_init__(self) -> None:
        days = (self.window_days, self.min_era_days, self.era_collapse_days,
                self.combination_days, self.min_treatment_days)  # fmt: skip
        if not all(0 <= number <= 36_525 for number in days):
            raise ValueError("days are from 0 to 36,525")
        if not 1 <= self.max_steps <= 6:
            raise ValueError("a pathway has from 1 to 6 steps")

    @property
    def setting(self) -> str:
        """All settings as one text."""
        return repr(self)


@dataclass(frozen=True)
class Branch:
    """People who take ``treatment`` at this place of the tree, and what comes next."""

    treatment: str
    people: SafeCount
    path: tuple[str, ...]
    next: tuple[Branch, ...] = ()

    @property
    def aspect(self) -> str:
        """The name of its line."""
        return "pathway:" + _SEPARATOR.join(self.path)

    def walk(self) -> Iterator[Branch]:
        """This branch and all below it."""
        yield self
        for branch in self.next:
            yield from branch.walk()


@dataclass(frozen=True)
class Pathways:
    """The tree of treatments; its root is the whole cohort."""

    root: Branch
    settings: PathwaySettings
    drugs: tuple[str, ...] = field(default=())

    def without(self, aspects: Collection[str]) -> Self:
        """Where one branch may not be shown, nothing of what comes next at its place is."""

        def pruned(branch: Branch) -> Branch:
            if any(one.aspect in aspects for one in branch.next):
                return replace(branch, next=())
            return replace(branch, next=tuple(map(pruned, branch.next)))

        return replace(self, root=pruned(self.root))

    def tables(self) -> tuple[PrintedTable, ...]:
        """Every branch with its people, their share of the branch before and of the cohort."""
        rows: list[tuple[str, ...]] = []

        def add(branch: Branch, before: Branch | None) -> None:
            share = branch.people.percent_of(before.people) if before else ""
            rows.append(
                (
                    _SEPARATOR.join(branch.path) or "everybody",
                    str(branch.people),
                    share,
                    branch.people.percent_of(self.root.people),
                )
            )
            for one in branch.next:
                add(one, branch)

        add(self.root, None)
        return (
            PrintedTable(
                "pathways",
                f"Treatments after the index date, {self.settings.window_days:,} days",
                ("Pathway", "People", "Of the step before", "Of the cohort"),
                tuple(rows),
            ),
        )


def pathways(
    source: DataSource,
    cohort: CohortResult,
    settings: PathwaySettings,
    *,
    rule: DisclosureRule = DEFAULT_RULE,
    limit_seconds: float = CHARACTERISE_SECONDS,
    cancel: threading.Event | None = None,
) -> Answer[Pathways]:
    """The pathways of a cohort as a tree.

    Raises:
        CohortError: if the cohort was run over another source.
        EngineError: if a query fails, takes longer than its limit or is cancelled.
    """
    people = safe_count(cohort.persons, rule)
    if people.shown is None:
        return Answer(Pathways(Branch("everybody", people, ()), settings), {})
    with characterising(source, cohort, limit_seconds=limit_seconds, cancel=cancel) as connection:
        drugs = _load_eras(connection, settings, rule)
        _load_segments(connection, settings)
        taken = people_by(connection, _PATHS.format(steps=settings.max_steps))
        everybody = np.sort(
            connection.execute("SELECT person_id FROM cc_index").fetchnumpy()["person_id"]
        )
    names = {str(number): name for number, name in enumerate(drugs)}
    paths = {
        tuple(
            _TOGETHER.join(sorted(names[drug] for drug in step.split("+")))
            for step in path.split(">")
        ): ids
        for path, ids in taken.items()
    }
    lines: dict[Line, Ids] = {}
    root = _tree(everybody, paths, (), settings, rule, lines)
    return Answer(Pathways(root, settings, tuple(drugs)), lines)


def drug_classes(source: DataSource) -> list[tuple[int, str]]:
    """Classes that pathways may be limited to: main groups and subgroups of ATC, by code."""
    with source.connect() as connection:
        prepare_cdm(connection)
        found = connection.execute(
            f"SELECT concept_id, concept_code, concept_name FROM {CDM_SCHEMA}.concept "
            "WHERE vocabulary_id = 'ATC' AND concept_class_id IN ('ATC 1st', 'ATC 2nd') "
            "ORDER BY concept_code"
        ).fetchall()
    return [(concept_id, f"{code} {name}") for concept_id, code, name in found]


def _load_eras(
    connection: duckdb.DuckDBPyConnection, settings: PathwaySettings, rule: DisclosureRule
) -> list[str]:
    """Table ``cc_eras`` (person, drug, first and last day); the names of drugs by number.

    Drugs that few take, or that are not among the most common, are one.
    """
    ((eras,),) = connection.execute(f"SELECT count(*) FROM {CDM_SCHEMA}.drug_era").fetchall()
    records = _ERAS if eras else _EXPOSURES
    within = (
        ""
        if settings.drug_class is None
        else "WHERE drug_id IN (SELECT descendant_concept_id FROM "
        f"{CDM_SCHEMA}.concept_ancestor WHERE ancestor_concept_id = {int(settings.drug_class)})"
    )
    connection.execute(
        f"""
        CREATE TEMP TABLE cc_taken AS
        WITH record AS (SELECT * FROM ({records}) {within}), near AS (
            SELECT r.person_id, drug_id, r.first, least(r.last, observed_until) AS last
            FROM record r JOIN cc_index USING (person_id)
            WHERE r.first BETWEEN index_date AND index_date + {settings.window_days}
              AND r.first <= observed_until
              AND r.last - r.first + 1 >= {settings.min_era_days}
        ), begun AS (
            SELECT *, coalesce(first > max(last) OVER earlier + {settings.era_collapse_days} + 1,
                               true) AS begins
            FROM near WINDOW earlier AS (
                PARTITION BY person_id, drug_id ORDER BY first, last
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        ), numbered AS (
            SELECT *, sum(begins::INT) OVER (PARTITION BY person_id, drug_id ORDER BY first, last
                                             ROWS UNBOUNDED PRECEDING) AS era
            FROM begun
        )
        SELECT person_id, drug_id, min(first) AS first, max(last) AS last
        FROM numbered GROUP BY person_id, drug_id, era
        """
    )
    found = connection.execute(
        f"""
        SELECT drug_id, coalesce(any_value(concept_name), 'concept ' || drug_id),
               count(DISTINCT person_id) AS people
        FROM cc_taken LEFT JOIN {CDM_SCHEMA}.concept ON concept_id = drug_id
        GROUP BY drug_id HAVING people >= {rule.minimum_cell}
        """
    ).fetchall()
    found.sort(key=lambda row: (-(safe_count(row[2], rule).shown or 0), row[1]))
    chosen = found[:MOST_DRUGS]
    cases = " ".join(f"WHEN {drug} THEN {place}" for place, (drug, _, _) in enumerate(chosen))
    number = f"CASE drug_id {cases} ELSE {len(chosen)} END" if chosen else "0"
    connection.execute(
        "CREATE TEMP TABLE cc_eras AS "
        f"SELECT person_id, {number} AS drug, first, last FROM cc_taken"
    )
    return [*(name for _, name, _ in chosen), OTHER_DRUG]


_ERAS: Final = f"""
    SELECT person_id, drug_concept_id AS drug_id, drug_era_start_date AS first,
           coalesce(drug_era_end_date, drug_era_start_date) AS last
    FROM {CDM_SCHEMA}.drug_era WHERE drug_concept_id <> 0
"""
_EXPOSURES: Final = f"""
    SELECT e.person_id, coalesce(part.ingredient_id, e.drug_concept_id) AS drug_id,
           drug_exposure_start_date AS first,
           coalesce(drug_exposure_end_date,
                    drug_exposure_start_date + CAST(coalesce(days_supply, 1) AS INTEGER) - 1,
                    drug_exposure_start_date) AS last
    FROM {CDM_SCHEMA}.drug_exposure e LEFT JOIN (
        SELECT a.descendant_concept_id AS drug_id, c.concept_id AS ingredient_id
        FROM {CDM_SCHEMA}.concept_ancestor a
        JOIN {CDM_SCHEMA}.concept c ON c.concept_id = a.ancestor_concept_id
        WHERE c.concept_class_id = 'Ingredient' AND c.domain_id = 'Drug'
    ) part ON part.drug_id = e.drug_concept_id
    WHERE e.drug_concept_id <> 0
"""


def _load_segments(connection: duckdb.DuckDBPyConnection, settings: PathwaySettings) -> None:
    """Table ``cc_steps``: per person the treatments in their order, each of its own duration.

    Between two neighbouring days on which some era begins or ends, the set of drugs is the same.
    """
    connection.execute(
        f"""
        CREATE TEMP TABLE cc_steps AS
        WITH edge AS (
            SELECT person_id, first AS day FROM cc_eras
            UNION SELECT person_id, last + 1 FROM cc_eras
        ), span AS (
            SELECT person_id, day, lead(day) OVER (PARTITION BY person_id ORDER BY day) AS until
            FROM edge
        ), taken AS (
            SELECT s.person_id, s.day, s.until,
                   string_agg(DISTINCT e.drug::VARCHAR, '+' ORDER BY e.drug::VARCHAR) AS drugs,
                   count(DISTINCT e.drug) AS number
            FROM span s JOIN cc_eras e
              ON e.person_id = s.person_id AND e.first <= s.day AND e.last >= s.until - 1
            WHERE s.until IS NOT NULL
            GROUP BY s.person_id, s.day, s.until
        ), {_joined("state", "taken")}, long AS (
            SELECT * FROM state WHERE number = 1 OR until - day >= {settings.combination_days}
        ), {_joined("switched", "long")}, kept AS (
            SELECT * FROM switched WHERE until - day >= {settings.min_treatment_days}
        ), {_joined("final", "kept")}
        SELECT person_id, day, drugs FROM final
        """
    )


def _joined(name: str, of: str) -> str:
    """Common table expressions in which equal neighbours of ``of`` are one row.

    Days are added up, so that a gap or a switch between equal neighbours does not lengthen them.
    """
    return f"""
        {name}_marked AS (
            SELECT *, coalesce(drugs <> lag(drugs) OVER (PARTITION BY person_id ORDER BY day),
                               true) AS new
            FROM {of}
        ), {name}_numbered AS (
            SELECT *, sum(new::INT) OVER (PARTITION BY person_id ORDER BY day
                                          ROWS UNBOUNDED PRECEDING) AS step
            FROM {name}_marked
        ), {name} AS (
            SELECT person_id, min(day) AS day,
                   min(day) + CAST(sum(until - day) AS INTEGER) AS until, drugs,
                   any_value(number) AS number
            FROM {name}_numbered GROUP BY person_id, step, drugs
        )
    """


_PATHS: Final = """
    SELECT string_agg(drugs, '>' ORDER BY day) AS value, person_id
    FROM (SELECT *, row_number() OVER (PARTITION BY person_id ORDER BY day) AS place FROM cc_steps)
    WHERE place <= {steps} GROUP BY person_id
"""


def _tree(
    people: Ids,
    paths: dict[tuple[str, ...], Ids],
    here: tuple[str, ...],
    settings: PathwaySettings,
    rule: DisclosureRule,
    lines: dict[Line, Ids],
) -> Branch:
    """The branch of ``people``, all of whom begin with ``here``."""
    depth = len(here)
    below: dict[str, list[Ids]] = {}
    for path, ids in paths.items():
        if len(path) > depth and path[:depth] == here:
            below.setdefault(path[depth], []).append(ids)
    following = {name: np.sort(np.concatenate(parts)) for name, parts in below.items()}
    ends = len(people) - sum(len(ids) for ids in following.values())
    kept = sorted(
        (name for name, ids in following.items() if len(ids) >= rule.minimum_cell),
        key=lambda name: (-len(following[name]), name),
    )
    pool = ends + sum(len(ids) for name, ids in following.items() if name not in kept)
    while pool < rule.minimum_cell and kept:
        pool += len(following[kept.pop()])
    name = here[-1] if here else "everybody"
    branch = Branch(name, safe_count(len(people), rule), here)
    if not kept:
        return branch
    # Ordered by what is shown, so that the order tells no more than the counts do.
    kept.sort(key=lambda name: (-(safe_count(len(following[name]), rule).shown or 0), name))
    found = []
    for treatment in kept:
        path = (*here, treatment)
        found.append(_tree(following[treatment], paths, path, settings, rule, lines))
        lines[Line(found[-1].aspect, settings.setting)] = following[treatment]
    rest = Branch(ENDS, safe_count(pool, rule), (*here, ENDS))
    shown = np.concatenate([following[treatment] for treatment in kept])
    lines[Line(rest.aspect, settings.setting)] = np.setdiff1d(people, shown)
    return replace(branch, next=(*found, rest))
