"""The catalogue: releases, their tables, dictionary, risk and policy."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request

from app.permissions import Permission
from app.portal.access import page
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services.catalogue import find_columns, people_of, risk_verdicts, table_summaries

blueprint = Blueprint("catalogue", __name__, url_prefix="/releases")

PAGE_COLUMNS = 100
# The report is a finished document with a style of its own: it may use that, and nothing else.
REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


@page(blueprint, "/", Permission.SEE_CATALOGUE)
def index() -> str:
    """All releases."""
    releases = wiring().catalogue.list(signed_in_actor())
    people = {found.name: people_of(found, wiring().answers.rule) for found in releases}
    return render_template("catalogue/index.html", releases=releases, people=people)


@page(blueprint, "/<name>", Permission.SEE_CATALOGUE)
def release(name: str) -> str:
    """One release: what it is, its tables, its measured risk."""
    found = wiring().catalogue.get(signed_in_actor(), name)
    tables = table_summaries(found, wiring().answers.rule)
    return render_template(
        "catalogue/release.html",
        release=found,
        people=people_of(found, wiring().answers.rule),
        tables=[table for table in tables if not table.empty],
        empty=[table.name for table in tables if table.empty],
        risk=risk_verdicts(found),
    )


@page(blueprint, "/<name>/dictionary", Permission.SEE_CATALOGUE)
def dictionary(name: str) -> str:
    """The data dictionary, searched and in pages."""
    found = wiring().catalogue.get(signed_in_actor(), name)
    words = request.args.get("q", "")[:200]
    table = request.args.get("table", "")
    columns = find_columns(found, words, wiring().answers.rule, table)
    number = max(1, request.args.get("page", 1, type=int))
    start = (number - 1) * PAGE_COLUMNS
    return render_template(
        "catalogue/dictionary.html",
        release=found,
        columns=columns[start : start + PAGE_COLUMNS],
        total=len(columns),
        number=number,
        pages_total=max(1, -(-len(columns) // PAGE_COLUMNS)),
        words=words,
        table=table,
    )


@page(blueprint, "/<name>/risk-report", Permission.SEE_CATALOGUE)
def risk_report(name: str) -> Response:
    """The risk report as the release holds it."""
    found = wiring().catalogue.get(signed_in_actor(), name)
    response = make_response(found.risk_report)
    response.headers["Content-Security-Policy"] = REPORT_POLICY
    return response


@page(blueprint, "/<name>/quality-report", Permission.SEE_CATALOGUE)
def quality_report(name: str) -> Response:
    """The report on the quality of the records as the release holds it."""
    found = wiring().catalogue.get(signed_in_actor(), name)
    response = make_response(found.quality_report)
    response.headers["Content-Security-Policy"] = REPORT_POLICY
    return response
