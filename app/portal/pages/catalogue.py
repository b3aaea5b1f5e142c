"""The catalogue: releases, their tables, dictionary, risk and policy."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request

from app.errors import NotFound
from app.permissions import Permission
from app.portal.access import page
from app.portal.release_view import citation_of, pyramid_of
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services.catalogue import (
    Search,
    find_columns,
    people_of,
    risk_verdicts,
    table_summaries,
    uses_of,
)
from app.services.citation import terms_of_use
from app.services.listing import pages_of
from app.services.release_changes import changes_between, versions_of

blueprint = Blueprint("catalogue", __name__, url_prefix="/releases")

PAGE_COLUMNS = 100
SEARCHED = ("words", "policy", "year", "use")
# The report is a finished document with a style of its own: it may use that, and nothing else.
REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


@page(blueprint, "/", Permission.SEE_CATALOGUE)
def index() -> str:
    """All releases, or those that were looked for."""
    releases = wiring().catalogue.list(signed_in_actor())
    uses = {one.name: uses_of(one.name, wiring().settings.data_use) for one in releases}
    search = Search(**{name: request.args.get(name, "")[:100] for name in SEARCHED})
    found = [one for one in releases if search.finds(one, uses[one.name])]
    return render_template(
        "catalogue/index.html",
        releases=found,
        any_releases=bool(releases),
        people={one.name: people_of(one, wiring().answers.rule) for one in found},
        search=search,
        policies=sorted({one.manifest.policy["name"] for one in releases}),
        uses=terms_of_use(tuple(sorted({code for codes in uses.values() for code in codes}))),
    )


@page(blueprint, "/<name>", Permission.SEE_CATALOGUE)
def release(name: str) -> str:
    """One release: what it is, its tables, its measured risk."""
    found = wiring().catalogue.get(signed_in_actor(), name)
    rule, settings = wiring().answers.rule, wiring().settings
    tables = table_summaries(found, rule)
    profile = wiring().catalogue.profile(found, rule)
    versions = versions_of(found, wiring().catalogue.list(signed_in_actor()))
    before = next((one for one in versions if one.name == found.manifest.continues), None)
    return render_template(
        "catalogue/release.html",
        release=found,
        profile=profile,
        chart=pyramid_of(profile),
        versions=versions,
        before=before,
        uses=terms_of_use(uses_of(found.name, settings.data_use)),
        citation=citation_of(found),
        public=settings.public_catalogue,
        people=people_of(found, rule),
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
        pages_total=pages_of(len(columns), PAGE_COLUMNS),
        words=words,
        table=table,
    )


@page(blueprint, "/<name>/changes", Permission.SEE_CATALOGUE)
def changes(name: str) -> str:
    """What is different from an earlier version of the same line."""
    later = wiring().catalogue.get(signed_in_actor(), name)
    versions = versions_of(later, wiring().catalogue.list(signed_in_actor()))
    others = [one for one in versions if one.name != later.name]
    if not others:
        raise NotFound("There is no other version of this release.")
    chosen = request.args.get("since", later.manifest.continues or others[0].name)
    earlier = next((one for one in others if one.name == chosen), None)
    if earlier is None:
        raise NotFound("That is no version of the same line.")
    return render_template(
        "catalogue/changes.html",
        earlier=earlier,
        later=later,
        others=others,
        changes=changes_between(earlier, later, wiring().answers.rule),
    )


@page(blueprint, "/<name>/citation.<kind>", Permission.SEE_CATALOGUE)
def citation(name: str, kind: str) -> Response:
    """The citation as a file: ``bib`` or ``cff``."""
    found = citation_of(wiring().catalogue.get(signed_in_actor(), name))
    if kind not in ("bib", "cff"):
        raise NotFound("A citation is a .bib or a .cff file.")
    answer = make_response(found.bibtex() if kind == "bib" else found.cff())
    answer.headers["Content-Type"] = "text/plain; charset=utf-8"
    filename = "CITATION.cff" if kind == "cff" else f"{name}.bib"
    answer.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return answer


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
