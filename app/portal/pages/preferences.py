"""Language and theme: two switches that every page has, for readers with and without account."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal

from flask import Blueprint, redirect, request, session, url_for
from werkzeug.wrappers import Response

from app.languages import LANGUAGES
from app.portal.access import Open, page
from app.portal.cookies import cookie_name, is_secure
from app.portal.sign_in import current_actor
from app.portal.translation import LANGUAGE_COOKIE
from app.portal.wiring import wiring
from app.services.notices import keep_language
from casebank.model import Language

blueprint = Blueprint("preferences", __name__)

Theme = Literal["auto", "light", "dark"]
THEMES: Final[tuple[Theme, ...]] = ("auto", "light", "dark")
THEME_COOKIE: Final = "care_commons_theme"
_KEPT = timedelta(days=365)


def chosen_theme() -> Theme:
    """The theme that the reader switched to; ``auto`` follows the system."""
    kept = request.cookies.get(cookie_name(THEME_COOKIE))
    return next((theme for theme in THEMES if theme == kept), "auto")


@page(blueprint, "/preferences", Open.EVERYBODY, methods=("POST",))
def keep() -> Response:
    """Keep a language or theme on this device, and go back to the page."""
    answer = redirect(_back())
    asked = request.form
    if asked.get("language") in LANGUAGES:
        _keep(answer, LANGUAGE_COOKIE, asked["language"])
        # A case can be read in another language than the pages; the last switch counts.
        session["case_language"] = asked["language"]
        _keep_for_mail("zh" if asked["language"] == "zh" else "en")
    if asked.get("theme") in THEMES:
        _keep(answer, THEME_COOKIE, asked["theme"])
    return answer


def _keep_for_mail(chosen: Language) -> None:
    """Mail to whoever is signed in comes in that language from now on."""
    actor = current_actor()
    if actor is not None and actor.user_id is not None:
        with wiring().database.writing() as writing:
            keep_language(writing, actor.user_id, chosen)


def _keep(answer: Response, name: str, value: str) -> None:
    answer.set_cookie(
        cookie_name(name), value, max_age=_KEPT, httponly=True, secure=is_secure(), samesite="Lax"
    )


def _back() -> str:
    """The page that the form says it stands on, if it is one of ours."""
    where = request.form.get("back", "")
    plain = where.startswith("/") and not where.startswith(("//", "/\\"))
    return where if plain and where.isprintable() else url_for("home.index")
