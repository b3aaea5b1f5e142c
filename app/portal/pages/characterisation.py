"""Characterisation of a cohort: one page an analysis, each with its chart, tables and downloads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from flask import url_for as address_of
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from app.db.models import CohortDefinition, CohortVersion
from app.errors import BadInput, NotFound
from app.permissions import Permission
from app.portal.access import page
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services import cohorts as cohort_service
from app.services.characterisation import Asked, Shown, dates_are_true
from app.services.cohort_answers import Refusal
from app.services.computations import Waiting
from cohorts.characterisation.at_risk import TimeAtRisk
from cohorts.characterisation.overlap import MOST_COHORTS
from cohorts.characterisation.pathways import PathwaySettings, drug_classes
from cohorts.characterisation.survival import STRATA
from cohorts.charts import bars, curves, flows, intervals, sets
from cohorts.errors import CohortError
from deid.release import Release

blueprint = Blueprint(
    "characterisation", __name__, url_prefix="/cohorts/<int:cohort_id>/characterise"
)

REFRESH_SECONDS: Final = 3
DEATH: Final = "death"
ANALYSES: Final = {
    "table_one": "Table 1",
    "incidence": "Incidence and prevalence",
    "survival": "Time to event",
    "pathways": "Treatment pathways",
    "overlap": "Overlap",
    "comparison": "Comparison",
}
_AT_RISK: Final = {
    "outcome": "", "first_day": "1", "limit_days": "", "until": "observation", "washout_days": "",
}  # fmt: skip
# What each form may hold, with what stands in it at first.
FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "table_one": {"baseline_days": "365"},
    "incidence": _AT_RISK,
    "survival": {**_AT_RISK, "by": "nothing", "other": ""},
    "pathways": {
        "drug_class": "", "window_days": "1095", "era_collapse_days": "30",
        "combination_days": "30", "min_treatment_days": "30", "max_steps": "4",
    },
    "overlap": {f"with{place}": "" for place in range(1, MOST_COHORTS)},
    "comparison": {"other": "", "baseline_days": "365"},
}  # fmt: skip


@dataclass(frozen=True)
class Form:
    """What was typed, and the versions of the project's cohorts that may be chosen."""

    typed: Mapping[str, str]
    choices: Mapping[str, CohortVersion]

    def days(self, name: str) -> int | None:
        """A number of days; ``None`` if the field is empty.

        Raises:
            BadInput: if it is no whole number.
        """
        text = self.typed[name].strip()
        if not text:
            return None
        if not re.fullmatch(r"\d{1,6}", text):
            raise BadInput(f"“{text[:20]}” is not a number of days.")
        return int(text)

    def needed(self, name: str) -> int:
        """A number that must be there.

        Raises:
            BadInput: if it is not.
        """
        found = self.days(name)
        if found is None:
            raise BadInput("Fill in every number.")
        return found

    def cohort(self, name: str) -> CohortVersion | None:
        """The chosen cohort; ``None`` if the field is empty.

        Raises:
            BadInput: if there is no such choice.
        """
        text = self.typed[name]
        if text and text not in self.choices:
            raise BadInput("Choose a cohort of this project.")
        return self.choices.get(text)

    def outcome(self) -> CohortVersion | None:
        """The outcome: a cohort, or ``None`` for death.

        Raises:
            BadInput: if none is chosen.
        """
        if self.typed["outcome"] == DEATH:
            return None
        found = self.cohort("outcome")
        if found is None:
            raise BadInput("Choose an outcome.")
        return found

    def time_at_risk(self) -> TimeAtRisk:
        """The time at risk.

        Raises:
            BadInput: if a field is not what it has to be.
        """
        until = self.typed["until"]
        if until not in ("observation", "cohort"):
            raise BadInput("Time at risk ends with observation or with the cohort period.")
        return TimeAtRisk(
            self.needed("first_day"), self.days("limit_days"),
            "cohort" if until == "cohort" else "observation", self.days("washout_days"),
        )  # fmt: skip


Outcome = Shown[Any] | Refusal | Waiting
Ask = Callable[[Asked, Form], Outcome]
Draw = Callable[[Any, str], str]


@page(blueprint, "", Permission.DEFINE_COHORTS)
def table_one(cohort_id: int) -> str | Response:
    """Who the people are at their index date."""

    def ask(asked: Asked, form: Form) -> Outcome:
        days = form.needed("baseline_days")
        if not 0 <= days <= 36_525:
            raise BadInput("The baseline is from 0 to 36,525 days.")
        return wiring().characteriser.table_one(asked, days)

    return _view(cohort_id, "table_one", ask, bars.draw_table_one)


@page(blueprint, "/incidence", Permission.DEFINE_COHORTS)
def incidence(cohort_id: int) -> str | Response:
    """How often an outcome begins, and how common it is."""

    def ask(asked: Asked, form: Form) -> Outcome:
        return wiring().characteriser.incidence(asked, form.outcome(), form.time_at_risk())

    return _view(cohort_id, "incidence", ask, intervals.draw_incidence)


@page(blueprint, "/survival", Permission.DEFINE_COHORTS)
def survival(cohort_id: int) -> str | Response:
    """Kaplan-Meier curves."""

    def ask(asked: Asked, form: Form) -> Outcome:
        by = form.typed["by"]
        if by not in STRATA:
            raise BadInput("Curves are divided by nothing, sex or age.")
        other = form.cohort("other")
        if other is not None:
            if by != "nothing":
                raise BadInput("Curves of two cohorts are not divided: choose one or the other.")
            return wiring().characteriser.survival_of_two(
                asked, other, form.outcome(), form.time_at_risk()
            )
        return wiring().characteriser.survival(asked, form.outcome(), form.time_at_risk(), by)

    return _view(cohort_id, "survival", ask, curves.draw_survival)


@page(blueprint, "/pathways", Permission.DEFINE_COHORTS)
def pathways(cohort_id: int) -> str | Response:
    """Treatment pathways."""

    def ask(asked: Asked, form: Form) -> Outcome:
        classes = {str(concept_id): concept_id for concept_id, _ in drug_classes(asked.release)}
        chosen = form.typed["drug_class"]
        if chosen and chosen not in classes:
            raise BadInput("Choose a class of drugs of this release.")
        settings = PathwaySettings(
            window_days=form.needed("window_days"),
            era_collapse_days=form.needed("era_collapse_days"),
            combination_days=form.needed("combination_days"),
            min_treatment_days=form.needed("min_treatment_days"),
            max_steps=form.needed("max_steps"),
            drug_class=classes.get(chosen),
        )
        return wiring().characteriser.pathways(asked, settings)

    return _view(cohort_id, "pathways", ask, flows.draw_pathways)


@page(blueprint, "/overlap", Permission.DEFINE_COHORTS)
def overlap(cohort_id: int) -> str | Response:
    """Overlap of up to five cohorts."""

    def ask(asked: Asked, form: Form) -> Outcome:
        chosen = [form.cohort(f"with{place}") for place in range(1, MOST_COHORTS)]
        others = list(dict.fromkeys(one for one in chosen if one is not None))
        if not others:
            raise BadInput("Choose at least one more cohort.")
        return wiring().characteriser.overlap(asked, others)

    return _view(cohort_id, "overlap", ask, sets.draw_overlap)


@page(blueprint, "/comparison", Permission.DEFINE_COHORTS)
def comparison(cohort_id: int) -> str | Response:
    """Two cohorts side by side."""

    def ask(asked: Asked, form: Form) -> Outcome:
        other = form.cohort("other")
        if other is None:
            raise BadInput("Choose the cohort to compare with.")
        return wiring().characteriser.comparison(asked, other, form.needed("baseline_days"))

    return _view(cohort_id, "comparison", ask, intervals.draw_comparison)


@page(blueprint, "/stop", Permission.DEFINE_COHORTS, methods=("POST",))
def stop(cohort_id: int) -> BaseResponse:
    """Stop what is being computed and go back to its form, which keeps what was typed."""
    with wiring().database.reading() as session:
        cohort_service.get_cohort(session, signed_in_actor(), cohort_id)
    analysis = request.form.get("analysis", "")
    if analysis not in FIELDS:
        raise BadInput("There is no such analysis.")
    if wiring().characteriser.stop(request.form.get("token", "")):
        flash("The computation was stopped.", "success")
    typed: dict[str, Any] = {
        name: request.form.get(name, "") for name in ("version", *FIELDS[analysis])
    }
    return redirect(address_of(f"characterisation.{analysis}", cohort_id=cohort_id, **typed))


def _view(cohort_id: int, analysis: str, ask: Ask, draw: Draw) -> str | Response:
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        cohort = cohort_service.get_cohort(session, actor, cohort_id)
        number = request.args.get("version", cohort.versions[-1].number, type=int)
        version = next((one for one in cohort.versions if one.number == number), None)
        if version is None:
            raise NotFound("There is no such version.")
        name = request.args.get("release", "")
        release = wiring().catalogue.get(actor, name) if name else None
        form = Form(
            {
                field: request.args.get(field, default)[:40]
                for field, default in FIELDS[analysis].items()
            },
            _choices(cohort_service.list_of_project(session, actor, cohort.project_id), version),
        )
        outcome: Outcome | None = None
        error = ""
        if release is not None and _is_asked(analysis):
            try:
                asked = Asked(wiring().database, actor, cohort, version, release)
                outcome = ask(asked, form)
            except (BadInput, CohortError, ValueError) as refused:
                error = str(refused)
        if isinstance(outcome, Refusal):
            error = outcome.reason
        kept = {"version": version.number, **form.typed}
        if isinstance(outcome, Shown):
            download = _download(outcome, cohort, version, release, analysis, draw)
            if download is not None:
                return download
        return _rendered(cohort, version, release, analysis, form, outcome, error, kept, draw)


def _is_asked(analysis: str) -> bool:
    """Table 1 needs no choice; the others are asked by their form, which sends its fields."""
    return analysis == "table_one" or any(field in request.args for field in FIELDS[analysis])


def _rendered(
    cohort: CohortDefinition,
    version: CohortVersion,
    release: Release | None,
    analysis: str,
    form: Form,
    outcome: Outcome | None,
    error: str,
    kept: Mapping[str, object],
    draw: Draw,
) -> str | Response:
    shown = outcome if isinstance(outcome, Shown) else None
    tables = shown.result.tables() if shown is not None else ()
    chart = ""
    if shown is not None and any(table.rows for table in tables):
        # cohorts.charts escapes every text it draws.
        chart = Markup(draw(shown.result, _title(cohort, analysis)))  # noqa: S704  # nosec B704 # drawn here, texts escaped
    waiting = outcome if isinstance(outcome, Waiting) else None
    source = release or next(iter(wiring().catalogue.list(signed_in_actor())), None)
    classes = drug_classes(source) if analysis == "pathways" and source is not None else []
    answer = make_response(
        render_template(
            "characterisation/show.html",
            cohort=cohort,
            version=version,
            release=release,
            releases=wiring().catalogue.list(signed_in_actor()),
            analyses=ANALYSES,
            analysis=analysis,
            label=ANALYSES[analysis],
            form=form,
            classes=classes,
            kept=kept,
            shown=shown,
            tables=tables,
            chart=chart,
            waiting=waiting,
            error=error,
            minimum=wiring().settings.minimum_cell,
            true_dates=release is None or dates_are_true(release),
            most=MOST_COHORTS,
        )
    )
    if waiting is not None:
        answer.headers["Refresh"] = str(REFRESH_SECONDS)
    return answer


def _choices(versions: list[CohortVersion], here: CohortVersion) -> dict[str, CohortVersion]:
    """Versions of the project's cohorts by their id as text, but for this one; newest first."""
    return {str(one.id): one for one in versions if one.id != here.id}


def _title(cohort: CohortDefinition, analysis: str) -> str:
    return f"{ANALYSES[analysis]}: {cohort.name}"


def _download(
    shown: Shown[Any],
    cohort: CohortDefinition,
    version: CohortVersion,
    release: Release | None,
    analysis: str,
    draw: Draw,
) -> Response | None:
    """The chart or a table as a file, if one is asked for.

    Raises:
        NotFound: if there is no such table.
    """
    what = request.args.get("download", "")
    if not what:
        return None
    assert release is not None
    stem = re.sub(r"[^a-z0-9]+", "-", cohort.name.lower()).strip("-") or f"cohort-{cohort.id}"
    name = f"{stem[:60]}-v{version.number}-{release.name}-{analysis.replace('_', '-')}"
    if what == "svg":
        body, kind, name = (
            draw(shown.result, _title(cohort, analysis)),
            "image/svg+xml",
            f"{name}.svg",
        )
    else:
        table = next((one for one in shown.result.tables() if one.name == what), None)
        if table is None:
            raise NotFound("There is no such table.")
        body, kind, name = table.to_csv(), "text/csv; charset=utf-8", f"{name}-{what}.csv"
    answer = make_response(body)
    answer.headers["Content-Type"] = kind
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
