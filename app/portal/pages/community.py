"""The community profile: figures by area and year for those who plan care."""

from __future__ import annotations

import re
from typing import Final

from flask import Blueprint, Response, make_response, render_template, request
from markupsafe import Markup

from app.errors import NotFound
from app.permissions import Permission
from app.portal.access import page
from app.portal.release_view import draw
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services.characterisation import dates_are_true
from app.services.community import record_export
from app.services.computations import Waiting
from cohorts.characterisation.printed import PrintedTable
from cohorts.charts.years import draw_shares
from cohorts.community.indicators import (
    GROUPS,
    INDICATORS,
    LAW,
    NOTIFIABLE,
    NOTIFIABLE_RESIDENTS,
    indicator_of,
)
from cohorts.community.profile import CommunityProfile
from deid.release import Release

blueprint = Blueprint("community", __name__, url_prefix="/community")

REFRESH_SECONDS: Final = 3


@page(blueprint, "/", Permission.SEE_COMMUNITY_PROFILE)
def index() -> str:
    """The releases that there is a profile of."""
    releases = wiring().profiles.releases(signed_in_actor())
    return render_template("community/index.html", releases=releases)


@page(blueprint, "/<name>", Permission.SEE_COMMUNITY_PROFILE)
def show(name: str) -> Response:
    """One area and year: people, indicators, notifiable diseases."""
    release, profile = wiring().profiles.get(signed_in_actor(), name)
    if isinstance(profile, Waiting):
        return _waiting(release)
    if not profile.years:
        return make_response(render_template("community/too_few.html", release=release))
    area = _choice("area", profile.areas, profile.areas[0])
    year = int(_choice("year", [str(one) for one in profile.years], str(profile.years[-1])))
    tables = {table.name: table for table in profile.tables(area, year)}
    if "download" in request.args:
        return _csv(release, tables.get(request.args["download"]), f"{year}")
    pyramid = [(row.ages, row.female, row.male) for row in profile.pyramid(area, year)]
    return make_response(
        render_template(
            "community/show.html",
            release=release,
            profile=profile,
            area=area,
            year=year,
            tables=tables,
            people=profile.people(area, year),
            chart=draw(pyramid, tables["people"].caption),
            groups=[(group, _lines(profile, group, area, year)) for group in GROUPS],
            diseases=list(zip(NOTIFIABLE, profile.cases(area, year), strict=False)),
            law=LAW,
            notifiable_residents=NOTIFIABLE_RESIDENTS,
            true_dates=dates_are_true(release),
        )
    )


@page(blueprint, "/<name>/<key>", Permission.SEE_COMMUNITY_PROFILE)
def indicator(name: str, key: str) -> Response:
    """One indicator in every area and year."""
    release, profile = wiring().profiles.get(signed_in_actor(), name)
    found = indicator_of(key)
    if found is None:
        raise NotFound("There is no such indicator.")
    if isinstance(profile, Waiting):
        return _waiting(release)
    if key in profile.missing or not profile.years:
        raise NotFound("This release does not tell that.")
    table = profile.over_years(key)
    if "download" in request.args:
        return _csv(release, table, "all")
    shares = profile.shares_over_years(found)
    shown = any(one is not None for line in shares.values() for one in line)
    chart = draw_shares(shares, profile.years, table.caption) if shown else ""
    return make_response(
        render_template(
            "community/indicator.html",
            release=release,
            profile=profile,
            indicator=found,
            table=table,
            chart=Markup(chart),  # noqa: S704  # nosec B704 # drawn here, texts escaped
            minimum=wiring().settings.minimum_cell,
            true_dates=dates_are_true(release),
        )
    )


def _lines(
    profile: CommunityProfile, group: str, area: str, year: int
) -> list[tuple[object, object, str]]:
    """Indicators of a group with their rate, or with why there is none."""
    lines: list[tuple[object, object, str]] = []
    for one in INDICATORS:
        if one.group != group:
            continue
        reason = profile.missing.get(one.key, "")
        rate = None if reason else profile.rate(one, area, year)
        if rate is None and not reason:
            reason = "Too rare for a single area of this release; see all areas."
        lines.append((one, rate, reason))
    return lines


def _choice(name: str, choices: list[str] | tuple[str, ...], default: str) -> str:
    """A choice of the address, which has to be one of those offered.

    Raises:
        NotFound: if it is not.
    """
    chosen = request.args.get(name, default)
    if chosen not in choices:
        raise NotFound("There is no such area or year in this release.")
    return chosen


def _waiting(release: Release) -> Response:
    answer = make_response(render_template("community/waiting.html", release=release))
    answer.headers["Refresh"] = str(REFRESH_SECONDS)
    return answer


def _csv(release: Release, table: PrintedTable | None, when: str) -> Response:
    if table is None:
        raise NotFound("There is no such table.")
    record_export(wiring().database, signed_in_actor(), release, table.name)
    answer = make_response(table.to_csv())
    name = re.sub(r"[^a-z0-9-]+", "-", f"{release.name}-{when}-{table.name}")
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
