"""What ``carecommons cohort characterise`` prints and writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from cohorts import run
from cohorts.cdm import CdmFolder, prepare_cdm
from cohorts.characterisation.at_risk import Outcome, TimeAtRisk, load_deaths, outcome_of
from cohorts.characterisation.comparison import comparison
from cohorts.characterisation.incidence import incidence
from cohorts.characterisation.overlap import overlap
from cohorts.characterisation.pathways import PathwaySettings, pathways
from cohorts.characterisation.survival import survival, survival_of_two
from cohorts.characterisation.table_one import table_one
from cohorts.charts import bars, curves, flows, intervals, sets
from cohorts.disclosure import DisclosureRule
from cohorts.model import CohortDefinition
from deid.release import Release

ANALYSES = ("table-one", "incidence", "survival", "pathways", "overlap", "comparison")
DEATH = "death"


@dataclass(frozen=True)
class Named:
    """A definition and what its cohort is called: its title, or the name of its file."""

    name: str
    definition: CohortDefinition


def characterise(
    source: Release | CdmFolder,
    analysis: str,
    cohorts: Sequence[Named],
    outcome: Named | None,
    rule: DisclosureRule,
    limit_seconds: float,
) -> tuple[Any, str]:
    """The safe result of one analysis and its chart as SVG. ``outcome`` of ``None`` is death.

    Raises:
        CohortError: what the engine or the analysis raises.
        UsageError: if the analysis needs another number of cohorts.
    """
    names = [one.name for one in cohorts]
    if analysis == "comparison" and len(cohorts) != 2:
        raise click.UsageError("a comparison is of two definitions: give one more by --with")
    if analysis == "overlap" and len(cohorts) < 2:
        raise click.UsageError("an overlap is of two to five definitions: give more by --with")
    if analysis == "survival" and len(cohorts) > 2:
        raise click.UsageError("curves are of one definition, or of two: give one by --with")
    limits: dict[str, Any] = {"rule": rule, "limit_seconds": limit_seconds}
    results = [run(one.definition, source, limit_seconds) for one in cohorts]
    first, title = results[0], f"{analysis}: {names[0]}"
    answer: Any
    work: Callable[..., Any]
    draw: Callable[[Any, str], str]
    if analysis == "table-one":
        answer, draw = table_one(source, first, **limits), bars.draw_table_one
    elif analysis == "comparison":
        answer = comparison(source, (names[0], names[1]), (first, results[1]), **limits)
        draw = intervals.draw_comparison
    elif analysis == "overlap":
        answer, draw = overlap(names, results, rule=rule), sets.draw_overlap
    elif analysis == "pathways":
        answer, draw = pathways(source, first, PathwaySettings(), **limits), flows.draw_pathways
    else:
        wanted = _outcome(source, outcome, limit_seconds)
        if analysis == "incidence":
            work = partial(incidence, source, first)
        elif len(cohorts) == 2:
            work = partial(survival_of_two, source, (names[0], names[1]), (first, results[1]))
        else:
            work = partial(survival, source, first)
        answer = work(wanted, TimeAtRisk(), **limits)
        draw = intervals.draw_incidence if analysis == "incidence" else curves.draw_survival
    return answer.result, draw(answer.result, title)


def write(folder: Path, analysis: str, result: Any, svg: str) -> list[Path]:
    """Write the chart and every table into a folder; the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {folder / f"{analysis}.svg": svg}
    files |= {folder / f"{analysis}-{one.name}.csv": one.to_csv() for one in result.tables()}
    for path, text in files.items():
        staged = path.with_name(f".{path.name}.part")
        try:
            staged.write_text(text, encoding="utf-8", newline="")
            staged.replace(path)
        finally:
            staged.unlink(missing_ok=True)
    return list(files)


def _outcome(source: Release | CdmFolder, outcome: Named | None, limit_seconds: float) -> Outcome:
    if outcome is None:
        with source.connect() as connection:
            prepare_cdm(connection)
            return load_deaths(connection)
    return outcome_of(run(outcome.definition, source, limit_seconds), outcome.name, outcome.name)
