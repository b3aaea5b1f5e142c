"""Finding a record for a case: facets, scores with reasons, typical or not, likeness, gaps."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from app.permissions import Permission
from app.portal.access import page
from app.portal.pages.teaching import blueprint
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services.case_finding import SMALLEST_COHORT, teaching_cohorts
from app.services.case_sets import list_sets
from casebank.finding import AGE_BANDS, CRITERIA, DIMENSIONS, GROUP_NAMES, Choices, Wish, band_of

__all__ = ["blueprint"]
_: Blueprint = blueprint
KINDS = ("biological", "psychological", "social", "family", "risk")
ORDERS = {"score": "most teachable", "typical": "most typical", "untypical": "least typical"}
SHEET_NAMES = {
    "blood-pressure": "blood pressure",
    "bmi": "body mass index",
    "glucose": "glucose",
    "hba1c": "HbA1c",
    "weight": "weight",
}


@page(blueprint, "/candidates/<release>", Permission.WRITE_CASES)
def candidates(release: str) -> str:
    """Records of a release that a case could be drafted from, by what is asked for."""
    actor = signed_in_actor()
    found = wiring().catalogue.get(actor, release)
    wish = _wish()
    cohort = request.args.get("cohort", "")[:100]
    order = request.args.get("order", "score")
    order = order if order in ORDERS else "score"
    with wiring().database.writing() as session:
        result = wiring().finder.find(session, actor, found, wish, cohort, order)
        return render_template(
            "teaching/candidates.html",
            release=found,
            found=result,
            wish=wish,
            cohort=cohort,
            order=order,
            cohorts=teaching_cohorts(session, actor),
            sets=list_sets(session, actor),
            made=wiring().finder.cases_by_person(session, actor, found),
            choices=_choices(result.choices),
            smallest=SMALLEST_COHORT,
            asked=any(request.args.get(name) for name in request.args if name != "order"),
            **_names(),
        )


@page(blueprint, "/candidates/<release>/like", Permission.WRITE_CASES, methods=("GET", "POST"))
def like(release: str) -> str:
    """Records most like the one sent, or like the record of a case (``case`` in the address).

    A record's number is sent as a form, so that no address or log holds it.
    """
    actor = signed_in_actor()
    found = wiring().catalogue.get(actor, release)
    finder = wiring().finder
    with wiring().database.reading() as session:
        case_id = request.args.get("case", type=int)
        if case_id is not None:
            alike = finder.like_case(session, actor, found, case_id, _wish())
        else:
            person_id = request.form.get("person", -1, type=int)
            alike = finder.alike(actor, found, person_id, _wish())
        return render_template(
            "teaching/like.html",
            release=found,
            alike=alike,
            made=finder.cases_by_person(session, actor, found),
            **_names(),
        )


@page(blueprint, "/candidates/<release>/gaps/<int:set_id>", Permission.WRITE_CASES)
def gaps(release: str, set_id: int) -> str:
    """What a set leaves out, and the records that would fill most of it."""
    actor = signed_in_actor()
    found = wiring().catalogue.get(actor, release)
    asked = [request.args.get(name, "") for name in ("rows", "columns")]
    rows, columns = (
        next((one for one in DIMENSIONS if one == name), default)
        for name, default in zip(asked, DIMENSIONS[:2], strict=True)
    )
    if rows == columns:
        columns = next(one for one in DIMENSIONS if one != rows)
    with wiring().database.reading() as session:
        chosen, matrix, records = wiring().finder.gaps(session, actor, found, set_id, rows, columns)
        return render_template(
            "teaching/gaps.html",
            release=found,
            set=chosen,
            matrix=matrix,
            records=records,
            dimensions=DIMENSIONS,
            made=wiring().finder.cases_by_person(session, actor, found),
            **_names(),
        )


def _wish() -> Wish:
    """What the address asks for; what is no choice is left out."""

    def text(name: str) -> str:
        return request.args.get(name, "")[:200].strip()

    return Wish(
        words=text("words"),
        group=text("group"),
        kind=text("kind"),
        item=text("item"),
        band=text("band"),
        sex=text("sex"),
        setting=text("setting"),
        sheet=text("sheet"),
        years=min(max(request.args.get("years", 0.0, type=float) or 0.0, 0.0), 100.0),
        language=text("language"),
        with_sensitive=request.args.get("sensitive") == "yes",
    )


def _choices(found: Choices) -> dict[str, list[tuple[str, str]]]:
    """What may be chosen, as (value, words)."""
    return {
        "groups": [(one, GROUP_NAMES[one]) for one in found.groups],
        "kinds": [(one, one) for one in KINDS],
        "items": [(one, one) for one in found.items],
        "bands": [(name, name) for name, _, _ in AGE_BANDS],
        "settings": [(one, one) for one in found.settings],
        "sheets": [(one, SHEET_NAMES[one]) for one in found.sheets],
    }


def _names() -> dict[str, object]:
    return {
        "criteria": CRITERIA,
        "groups": GROUP_NAMES,
        "orders": ORDERS,
        "sheets": SHEET_NAMES,
        "band_of": band_of,
    }
