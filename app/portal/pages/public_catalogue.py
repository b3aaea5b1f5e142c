"""The public part of the catalogue, if the administrator opened it, and what machines read of it.

Without an account people see: title, window, policy, tables and columns with their meaning, the
number of people and their age and sex from a fixed table, how to cite and how to ask, and the
register of approved projects. Nothing here takes a parameter that changes what is counted.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for

from app.errors import NotFound
from app.portal.access import Open, page
from app.portal.release_view import citation_of, pyramid_of
from app.portal.security_tools import mailed_url
from app.portal.sign_in import current_actor
from app.portal.wiring import wiring
from app.services.catalogue import approved_projects, uses_of
from app.services.citation import (
    dcat_catalogue,
    dcat_dataset,
    describe_release,
    schema_org,
    terms_of_use,
)
from app.services.croissant import croissant
from app.services.turtle import turtle
from cohorts.release_profile import ReleaseProfile
from deid.release import Release

blueprint = Blueprint("public", __name__)

JSON_LD = "application/ld+json"
TURTLE = "text/turtle"


@page(blueprint, "/catalogue/", Open.EVERYBODY)
def index() -> str | Response:
    """All releases, as a page or, for who asks for it, as DCAT."""
    releases = wiring().catalogue.public_list(current_actor())
    wanted = request.accept_mimetypes.best_match(["text/html", JSON_LD, TURTLE])
    if wanted == JSON_LD:
        return _json_ld(_dcat(releases))
    if wanted == TURTLE:
        return _turtle(_dcat(releases))
    return render_template("public/index.html", releases=releases, describe=_described)


@page(blueprint, "/catalogue/catalogue.jsonld", Open.EVERYBODY)
def catalogue_json_ld() -> Response:
    """All releases as DCAT in JSON-LD."""
    return _json_ld(_dcat(wiring().catalogue.public_list(current_actor())))


@page(blueprint, "/catalogue/catalogue.ttl", Open.EVERYBODY)
def catalogue_turtle() -> Response:
    """All releases as DCAT in Turtle."""
    return _turtle(_dcat(wiring().catalogue.public_list(current_actor())))


@page(blueprint, "/catalogue/projects", Open.EVERYBODY)
def projects() -> str:
    """The register of approved projects."""
    wiring().catalogue.public_list(current_actor())
    with wiring().database.reading() as session:
        return render_template("public/projects.html", projects=approved_projects(session))


@page(blueprint, "/catalogue/<name>", Open.EVERYBODY)
def release(name: str) -> str | Response:
    """One release, as a page or, for who asks for it, as schema.org."""
    found = wiring().catalogue.public_get(current_actor(), name)
    if request.accept_mimetypes.best_match(["text/html", JSON_LD]) == JSON_LD:
        return _json_ld(_dataset(found))
    profile = _profile(found)
    return render_template(
        "public/release.html",
        release=found,
        description=_described(found),
        profile=profile,
        chart=pyramid_of(profile),
        uses=terms_of_use(uses_of(found.name, wiring().settings.data_use)),
        citation=citation_of(found),
        dataset=_dataset(found),
    )


@page(blueprint, "/catalogue/<name>/dataset.jsonld", Open.EVERYBODY)
def dataset_json_ld(name: str) -> Response:
    """One release as schema.org in JSON-LD."""
    return _json_ld(_dataset(wiring().catalogue.public_get(current_actor(), name)))


@page(blueprint, "/catalogue/<name>/croissant.json", Open.EVERYBODY)
def croissant_json(name: str) -> Response:
    """One release in Croissant 1.0, as programs for machine learning read it."""
    found = wiring().catalogue.public_get(current_actor(), name)
    address = mailed_url("public.release", name=found.name) + "#use"
    return _json_ld(croissant(citation_of(found), found, _profile(found), address))


@page(blueprint, "/robots.txt", Open.EVERYBODY)
def robots() -> Response:
    """Search engines may read the public catalogue, and nothing else."""
    open_to = "Allow: /catalogue/\n" if wiring().settings.public_catalogue else ""
    answer = make_response(f"User-agent: *\n{open_to}Disallow: /\n{_sitemap_line()}")
    answer.headers["Content-Type"] = "text/plain; charset=utf-8"
    return answer


@page(blueprint, "/sitemap.xml", Open.EVERYBODY)
def sitemap() -> Response:
    """Addresses of the public pages."""
    address = wiring().settings.public_address.rstrip("/")
    if not wiring().settings.public_catalogue or not address:
        raise NotFound("There is no public catalogue here.")
    names = [one.name for one in wiring().catalogue.public_list(None)]
    paths = [
        url_for("public.index"),
        url_for("public.projects"),
        *(url_for("public.release", name=name) for name in names),
    ]
    answer = make_response(render_template("public/sitemap.xml", address=address, paths=paths))
    answer.headers["Content-Type"] = "application/xml; charset=utf-8"
    return answer


def _sitemap_line() -> str:
    settings = wiring().settings
    if not settings.public_catalogue or not settings.public_address:
        return ""
    return f"Sitemap: {settings.public_address.rstrip('/')}/sitemap.xml\n"


def _described(found: Release) -> str:
    return describe_release(found, _profile(found))


def _profile(found: Release) -> ReleaseProfile | None:
    return wiring().catalogue.profile(found, wiring().answers.rule)


def _dataset(found: Release) -> dict[str, Any]:
    uses = uses_of(found.name, wiring().settings.data_use)
    return schema_org(citation_of(found), found, _profile(found), uses)


def _dcat(releases: Sequence[Release]) -> dict[str, Any]:
    settings = wiring().settings
    address = f"{settings.public_address.rstrip('/')}/catalogue/" if settings.public_address else ""
    datasets = [
        dcat_dataset(citation_of(one), one, _profile(one), uses_of(one.name, settings.data_use))
        for one in releases
    ]
    return dcat_catalogue(settings.publisher, address, datasets)


def _json_ld(document: dict[str, Any]) -> Response:
    return _described_as(json.dumps(document, ensure_ascii=False, indent=1), JSON_LD)


def _turtle(document: dict[str, Any]) -> Response:
    return _described_as(turtle(document), f"{TURTLE}; charset=utf-8")


def _described_as(text: str, media_type: str) -> Response:
    answer = make_response(text)
    answer.headers["Content-Type"] = media_type
    answer.headers["Vary"] = "Accept"
    return answer
