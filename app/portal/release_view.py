"""What pages inside and outside of the sign-in show of a release."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from app.portal.translation import translate
from app.portal.wiring import wiring
from app.services.citation import Citation, cite
from cohorts.charts.pyramid import DESCRIPTION, Row, draw_pyramid
from cohorts.release_profile import ReleaseProfile
from deid.release import Release


def pyramid_of(profile: ReleaseProfile | None) -> Markup:
    """The population pyramid as SVG; empty without people, or where no group may be shown."""
    if profile is None or profile.people.shown is None:
        return Markup()
    if all(women.shown is None and men.shown is None for _, women, men in profile.ages):
        return Markup()
    return draw(profile.ages, "People by age and sex")


def draw(rows: Sequence[Row], title: str) -> Markup:
    """A pyramid in the reader's language."""
    drawn = draw_pyramid(
        rows,
        translate(title),
        sides=(translate("Women"), translate("Men")),
        description=translate(DESCRIPTION),
        say=translate,
    )
    # cohorts.charts escapes every text it draws.
    return Markup(drawn)  # noqa: S704  # nosec B704 # drawn here, texts escaped


def citation_of(release: Release) -> Citation:
    """The citation; with the address of its page where people outside can read it."""
    settings = wiring().settings
    address = ""
    if settings.public_catalogue and settings.public_address:
        address = f"{settings.public_address.rstrip('/')}/catalogue/{release.name}"
    return cite(release, settings.publisher, dict(settings.dois).get(release.name, ""), address)
