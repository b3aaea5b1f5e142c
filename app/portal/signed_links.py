"""Links to files that leave: good for one person, one file and a quarter of an hour.

What a link opens is asked again of the services; the signature only keeps a link that was copied,
or stands in a browser's history, from opening anything later.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Final, TypeVar, cast

from flask import Flask, current_app, flash, redirect, request, url_for
from itsdangerous import BadData, URLSafeTimedSerializer

from app.portal.security_tools import derived_key
from app.portal.sign_in import signed_in_actor

View = TypeVar("View", bound=Callable[..., Any])
LINK_LIFE: Final = timedelta(minutes=15)


def signed_link(endpoint: str, **values: int) -> str:
    """The address of a file for who is signed in."""
    ticket = _serializer().dumps(_meant(endpoint, values))
    return url_for(endpoint, ticket=ticket, **cast(dict[str, Any], values))


def init_signed_links(app: Flask) -> None:
    """Let templates make such links."""
    app.jinja_env.globals["signed_link"] = signed_link


def by_signed_link(page: str | Callable[[], str], *kept: str) -> Callable[[View], View]:
    """A view that is reached by a signed link; others lead to ``page``, where a fresh one stands.

    ``page`` is an endpoint, or tells one for who is signed in; ``kept`` are the parts of the
    address that it has too.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(**values: int) -> Any:
            if _is_good(request.args.get("ticket", ""), values):
                return view(**values)
            flash("The link to a file is good for a quarter of an hour. Take it from here.", "info")
            where = page if isinstance(page, str) else page()
            return redirect(
                url_for(where, **cast(dict[str, Any], {name: values[name] for name in kept}))
            )

        return guarded  # type: ignore[return-value]

    return guard


def _is_good(ticket: str, values: dict[str, int]) -> bool:
    try:
        said = _serializer().loads(ticket, max_age=int(LINK_LIFE.total_seconds()))
    except BadData:
        return False
    return bool(said == _meant(request.endpoint or "", values))


def _meant(endpoint: str, values: dict[str, int]) -> list[Any]:
    return [signed_in_actor().user_id, endpoint, values]


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(derived_key(current_app, b"signed links"), salt="file")
