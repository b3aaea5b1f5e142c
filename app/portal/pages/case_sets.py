"""A set of cases as its teachers make it: order, description, what it covers."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.errors import BadInput
from app.permissions import Permission
from app.portal.access import page
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services import case_sets
from casebank.finding import DIMENSIONS, GROUP_NAMES, Dimension

blueprint = Blueprint("case_sets", __name__, url_prefix="/teaching/sets")


@page(blueprint, "/<int:set_id>", Permission.WRITE_CASES)
def show(set_id: int) -> str:
    """The set with its order."""
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        found = case_sets.get_set(session, actor, set_id)
        gone = case_sets.withdrawn_from(found)
        return render_template(
            "case_sets/show.html",
            set=found,
            items=[one for one in found.items if one.case not in gone],
            gone=gone,
        )


@page(blueprint, "/<int:set_id>/coverage", Permission.WRITE_CASES)
def coverage(set_id: int) -> str:
    """What the set covers, by two dimensions that the address names."""
    actor = signed_in_actor()
    rows, columns = _dimension("rows", "problem"), _dimension("columns", "age")
    if rows == columns:
        columns = next(one for one in DIMENSIONS if one != rows)
    with wiring().database.reading() as session:
        return render_template(
            "case_sets/coverage.html",
            set=case_sets.get_set(session, actor, set_id),
            matrix=case_sets.coverage_of(session, actor, set_id, rows, columns),
            dimensions=DIMENSIONS,
            names=GROUP_NAMES,
            releases=wiring().catalogue.list(actor),
        )


@page(blueprint, "/<int:set_id>/description", Permission.WRITE_CASES, methods=("POST",))
def describe(set_id: int) -> Response:
    """Another title and description."""
    form = request.form
    with wiring().database.writing() as session:
        case_sets.describe(
            session,
            signed_in_actor(),
            set_id,
            form.get("title", ""),
            form.get("description", ""),
        )
    flash("Saved.", "success")
    return _back(set_id)


@page(blueprint, "/<int:set_id>/order", Permission.WRITE_CASES, methods=("POST",))
def order(set_id: int) -> Response:
    """Move one case up or down, take one out, or put all in the order of the numbers."""
    form = request.form
    actor = signed_in_actor()
    with wiring().database.writing() as session:
        if form.get("up"):
            case_sets.move(session, actor, set_id, _id("up"), -1)
        elif form.get("down"):
            case_sets.move(session, actor, set_id, _id("down"), 1)
        elif form.get("out"):
            case_sets.take_out(session, actor, set_id, _id("out"))
        else:
            case_sets.reorder(session, actor, set_id, _places())
    return _back(set_id)


@page(blueprint, "/<int:set_id>/remove", Permission.WRITE_CASES, methods=("POST",))
def remove(set_id: int) -> Response:
    """Remove a set that was never assigned."""
    with wiring().database.writing() as session:
        case_sets.remove(session, signed_in_actor(), set_id)
    flash("The set is removed; its cases stay.", "success")
    return redirect(url_for("teaching.index", _anchor="sets"))


def _dimension(name: str, default: Dimension) -> Dimension:
    asked = request.args.get(name)
    return next((one for one in DIMENSIONS if one == asked), default)


def _id(name: str) -> int:
    case_id = request.form.get(name, type=int)
    if case_id is None:
        raise BadInput("Choose a case of the set.")
    return case_id


def _places() -> dict[int, float]:
    places = {}
    for name, text in request.form.items():
        case_id = name.removeprefix("place-")
        if case_id == name or not case_id.isdigit() or len(case_id) > 9:
            continue
        if not (text.strip().isascii() and text.strip().isdigit() and len(text) < 5):
            raise BadInput("Write places as whole numbers, such as 3.")
        places[int(case_id)] = float(text)
    return places


def _back(set_id: int) -> Response:
    return redirect(url_for("case_sets.show", set_id=set_id, _anchor="order"))
