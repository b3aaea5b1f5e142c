"""Every failure as a page: the reason where it may be told, a number to quote where it may not."""

from __future__ import annotations

import logging
import secrets
from typing import Final

from flask import Flask, current_app, flash, g, redirect, render_template, request, url_for
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Response

from app.errors import BadInput, TransitionRefused, http_status
from app.logs import FIELDS
from app.portal.api.problems import is_for_program, problem
from casebank.errors import CaseCheckFailed
from casebank.errors import TransitionRefused as CaseTransitionRefused
from deid.errors import CareCommonsError

logger = logging.getLogger(__name__)

TITLES = {
    400: "That cannot be used as it is",
    403: "You may not do this",
    404: "There is no such page",
    405: "That is not possible here",
    409: "Something changed meanwhile",
    413: "That is too large",
    429: "Too many attempts",
    500: "Something went wrong",
    503: "Not available just now",
}
ADVICE = {
    400: "Go back, look at the form again and send it once more.",
    404: "The address may be mistyped, or what it named may not be yours to see.",
    405: "Go back and use the buttons of the page.",
    413: "An upload may have up to 1 MB.",
    429: "Wait a little, then try again.",
}

UNAVAILABLE: Final = (
    "The portal's database cannot be used just now. Try again in a minute. If you sent something, "
    "look first whether it was kept."
)

PAUSED = (
    "After several wrong attempts nobody signs in under this address for {} minutes, whether or "
    "not it is somebody's. A passkey is not affected."
)

_REFUSALS: Final = frozenset({400, 401, 403, 413, 429})

# What a person can put right on the page that they come from.
_BACK_TO_THE_FORM = (BadInput, TransitionRefused, CaseCheckFailed, CaseTransitionRefused)


def init_error_pages(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(CareCommonsError, _expected)
    app.register_error_handler(HTTPException, http_page)
    app.register_error_handler(Exception, _unexpected)


def _page(status: int, reason: str) -> tuple[str, int] | Response:
    if is_for_program():
        return problem(status, reason)
    title = TITLES.get(status, TITLES[500])
    return render_template("error.html", status=status, title=title, reason=reason), status


def _expected(error: CareCommonsError) -> tuple[str, int] | Response:
    status = http_status(error)
    if status in _REFUSALS:
        note_refusal(status, error.code)
    if is_for_program() and error.public:
        return problem(status, str(error), error.code)
    if not error.public:
        logger.error("%s at %s", error.code, request.endpoint)
        return _page(status, "The reason was recorded for the administrator.")
    if isinstance(error, _BACK_TO_THE_FORM) and request.method == "POST":
        back = _own_referrer()
        if back:
            flash(str(error), "warning")
            return redirect(back)
    return _page(status, str(error))


def http_page(error: HTTPException) -> tuple[str, int] | Response:
    """An error of HTTP as a page, or for programs as a problem."""
    original = getattr(error, "original_exception", None)
    if isinstance(original, (OperationalError, InterfaceError)):
        return _unavailable(original)
    status = error.code or 500
    if status in _REFUSALS:
        note_refusal(status, type(error).__name__)
    if is_for_program():
        answer = problem(status, "")
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return answer
    paused = g.get("paused_minutes")
    if status == 429 and paused:
        return _page(status, PAUSED.format(paused))
    return _page(status, ADVICE.get(status, ""))


def note_refusal(status: int, why: str) -> None:
    """One line of the log on what was turned away: whose session, which route, which kind."""
    actor = g.get("actor")
    route = request.url_rule.rule if request.url_rule is not None else "none"
    fields = {
        "request": g.get("request_number", ""),
        "route": route,
        "status": status,
        "why": why,
        "user": actor.user_id if actor is not None else None,
    }
    logger.warning("refused", extra={FIELDS: fields})


def _unexpected(error: Exception) -> tuple[str, int] | Response:
    if isinstance(error, (OperationalError, InterfaceError)):
        return _unavailable(error)
    # The class and a number, never the text: the text of an unforeseen error may quote a value.
    number = secrets.token_hex(4)
    logger.error("unexpected %s at %s, number %s", type(error).__name__, request.endpoint, number)
    return _page(500, f"The administrator can find it under the number {number}.")


def _unavailable(error: OperationalError | InterfaceError) -> tuple[str, int] | Response:
    """The database is away or takes nothing: a page that is made without it."""
    logger.error("%s at %s", type(error).__name__, request.endpoint)
    if is_for_program():
        return problem(503, UNAVAILABLE)
    page = current_app.jinja_env.get_template("unavailable.html")
    return page.render(status=503, title=TITLES[503], reason=UNAVAILABLE), 503


def _own_referrer() -> str | None:
    referrer = request.referrer or ""
    if referrer.startswith(request.host_url):
        return "/" + referrer[len(request.host_url) :].lstrip("/")
    return url_for("home.index") if not referrer else None
