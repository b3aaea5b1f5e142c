"""Delicate steps ask who sits there, if signing in is more than a quarter of an hour ago.

A form is not lost by that: the page that asks carries it along and sends it on with the password.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar

from flask import flash, redirect, render_template, request, session, url_for
from flask_security import current_user

from app.portal import lock_out
from app.portal.sign_in import FRESH
from app.services.passwords import is_hash_of

View = TypeVar("View", bound=Callable[..., Any])
ASKS_AGAIN: Final = "asks_again"
"""Attribute of a view that asks again: all of its steps (an empty set), or those it names."""
PASSWORD = "confirm_password"  # noqa: S105  # nosec B105 # name of a field
"""Name of the field that the asking page adds to the form."""


def is_fresh() -> bool:
    """Whether who is signed in has shown that within the last quarter of an hour."""
    shown_at = session.get("fs_paa")
    return isinstance(shown_at, int | float) and abs(time.time() - shown_at) < FRESH.total_seconds()


def fresh(view: View) -> View:
    """A view that is reached only by somebody who has just shown who they are."""

    @wraps(view)
    def guarded(*arguments: Any, **named: Any) -> Any:
        if is_fresh():
            return view(*arguments, **named)
        if request.method != "POST":
            return redirect(url_for("security.verify", next=request.full_path.rstrip("?")))
        wrong = False
        if PASSWORD in request.form:
            lock_out.refuse_if_paused(current_user.email)
            if is_hash_of(current_user.password, request.form[PASSWORD]):
                session["fs_paa"] = time.time()
                return view(*arguments, **named)
            lock_out.count_failure(current_user.email)
            wrong = True
        if not current_user.password or request.files:
            flash("Confirm that it is you, then send the form again.", "info")
            return redirect(url_for("security.verify", next=request.referrer and _own_page()))
        fields = [
            (name, value)
            for name, value in request.form.items(multi=True)
            if name not in {PASSWORD, "csrf_token"}
        ]
        return render_template("account/confirm.html", fields=fields, wrong=wrong)

    return _marked(guarded)


def fresh_for(*steps: str) -> Callable[[View], View]:
    """The same for a view of several steps, whose address names the step as ``name``."""

    def decorate(view: View) -> View:
        delicate = fresh(view)

        @wraps(view)
        def guarded(*arguments: Any, **named: Any) -> Any:
            chosen = delicate if named.get("name") in steps else view
            return chosen(*arguments, **named)

        return _marked(guarded, *steps)

    return decorate


def steps_that_ask_again(view: Callable[..., Any]) -> frozenset[str] | None:
    """Which steps of a view ask again: an empty set means every one, ``None`` that none does."""
    return getattr(view, ASKS_AGAIN, None)


def _marked(view: Any, *steps: str) -> Any:
    setattr(view, ASKS_AGAIN, frozenset(steps))
    return view


def _own_page() -> str | None:
    referrer = request.referrer or ""
    if not referrer.startswith(request.host_url):
        return None
    return "/" + referrer[len(request.host_url) :].lstrip("/")
