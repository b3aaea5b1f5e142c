"""What stands around every page: default deny, headers, throttling, size limits."""

from __future__ import annotations

import hashlib
from typing import Any, cast

from flask import Flask, Response, current_app, redirect, request, url_for
from flask.sessions import SecureCookieSessionInterface
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFProtect
from itsdangerous import Signer
from werkzeug.routing import IntegerConverter, Map
from werkzeug.wrappers import Response as BaseResponse

from app.db.database import Database
from app.errors import PermissionDenied
from app.portal.access import LIBRARY_ACCESS, ByToken, Open, declared_access, may_use
from app.portal.api.bearer import authenticate
from app.portal.api.operations import OPERATIONS
from app.portal.lock_out import init_lock_out
from app.portal.parameters import PortalRequest
from app.portal.security_tools import derived_key
from app.portal.shared_counts import SCHEME
from app.portal.sign_in import current_actor, lacks_second_factor
from app.portal.sign_in_sessions import end_dead_session
from app.portal.static_files import STATIC_ENDPOINTS
from app.production import is_public
from app.services.sessions import IDLE
from app.settings import PortalSettings

UPLOAD_BYTES = 1 << 20
LARGEST_ROW = (1 << 31) - 1
SIGNATURES_PER_PERSON = "10 per 5 minutes"
COUNTS_PER_PERSON = "60 per minute"
CALLS_PER_PERSON = "600 per minute"
FAILED_SIGN_INS_PER_ADDRESS = "30 per 5 minutes"
RECOVERIES_PER_ADDRESS = "10 per 15 minutes"

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "connect-src 'self'",  # the builder's script fetches parts of its own page
        "img-src 'self' data:",  # Bootstrap draws check marks and arrows as data: images
        "font-src 'self'",
        "form-action 'self'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class RowNumber(IntegerConverter):
    """A number in an address that a database can look for; beyond that there is no such page."""

    def __init__(self, map: Map, *arguments: Any, **named: Any) -> None:
        super().__init__(map, *arguments, **({"max": LARGEST_ROW} | named))


class _Sessions(SecureCookieSessionInterface):
    """Cookies of sessions, signed by HMAC with SHA-256; the library's own choice is SHA-1."""

    digest_method = staticmethod(hashlib.sha256)


def init_protection(app: Flask, settings: PortalSettings) -> None:
    """Put the protections around ``app``; called before any page is registered."""
    app.session_interface = _Sessions()
    # The same for whatever else is signed: form tokens, links to files and of mail.
    Signer.default_digest_method = staticmethod(hashlib.sha256)
    app.config.update(
        # Plain HTTP is for a machine's own browser only; elsewhere cookies ask for TLS.
        SESSION_COOKIE_SECURE=is_public(settings),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # With this prefix a browser takes the cookie from this host by TLS alone.
        SESSION_COOKIE_NAME="__Host-care_commons" if is_public(settings) else "care_commons",
        # The cookie is signed with its time and renewed by use, so this is the idle timeout.
        PERMANENT_SESSION_LIFETIME=IDLE,
        MAX_CONTENT_LENGTH=UPLOAD_BYTES,
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as its session
    )
    app.url_map.converters["int"] = RowNumber
    app.request_class = PortalRequest
    # First of all, so that a form sent from an ended session is answered as one without a token.
    app.before_request(end_dead_session)
    CSRFProtect(app)
    init_lock_out(app)
    app.before_request(_default_deny)
    app.after_request(_add_headers)


def init_throttling(app: Flask, database: Database) -> None:
    """Throttle failed sign-ins and questions for counts; called when all pages are registered.

    On SQLite one process serves, and counts in its memory; on PostgreSQL all count together.
    """
    uri, options = "memory://", {}
    if database.engine.dialect.name != "sqlite":
        uri = f"{SCHEME}://"
        options = {"database": database, "secret": derived_key(app, b"throttling")}
    limiter = Limiter(
        get_remote_address,
        app=app,
        storage_uri=uri,
        storage_options=cast(dict[str, str | int], options),
        headers_enabled=True,
    )

    def failed(response: Response) -> bool:
        return response.status_code == 200

    for endpoint in ("security.login", "security.two_factor_token_validation"):
        throttled: Any = limiter.limit(
            FAILED_SIGN_INS_PER_ADDRESS,
            key_func=get_remote_address,
            methods=["POST"],
            deduct_when=failed,
        )(app.view_functions[endpoint])
        app.view_functions[endpoint] = throttled
    recovering: Any = limiter.limit(
        RECOVERIES_PER_ADDRESS, key_func=get_remote_address, methods=["POST"]
    )(app.view_functions["security.forgot_password"])
    app.view_functions["security.forgot_password"] = recovering
    # A signature asks for the password; a session left open is no place to guess it.
    sign: Any = app.view_functions["requests.sign_agreement"]
    app.view_functions["requests.sign_agreement"] = limiter.limit(
        SIGNATURES_PER_PERSON, key_func=_person_key
    )(sign)
    # Many differing questions in a row are how small groups are found out by subtraction.
    counting: Any = limiter.shared_limit(
        COUNTS_PER_PERSON,
        scope="counts",
        key_func=_person_key,
        exempt_when=lambda: "release" not in {*request.args, *(request.view_args or {})},
    )
    counted = [name for name in app.view_functions if name.startswith("characterisation.")]
    for endpoint in (
        "cohorts.show",
        "cohorts.builder",
        "cohorts.count_draft",
        "teaching.candidates",
        *counted,
    ):
        app.view_functions[endpoint] = counting(app.view_functions[endpoint])
    calling: Any = limiter.shared_limit(CALLS_PER_PERSON, scope="calls", key_func=_person_key)
    for one in OPERATIONS.values():
        view = calling(app.view_functions[f"api.{one.name}"])
        app.view_functions[f"api.{one.name}"] = counting(view) if one.counts else view


def _person_key() -> str:
    actor = current_actor()
    return f"person:{actor.user_id}" if actor else get_remote_address()


def _default_deny() -> BaseResponse | None:
    if request.endpoint is None:
        return None
    access = declared_access(request.endpoint)
    if isinstance(access, ByToken):
        authenticate(current_app.extensions["care_commons"].database, access)
        return None
    actor = current_actor() if access is not Open.EVERYBODY else None
    if may_use(actor, access):
        return _to_second_factor() if actor is not None else None
    if access is not None and actor is None:
        where = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("security.login", next=where))
    raise PermissionDenied("Your account may not open this page.")


def _to_second_factor() -> BaseResponse | None:
    """Whoever has to have a second factor, and has none yet, goes nowhere before."""
    own = request.endpoint in LIBRARY_ACCESS or request.blueprint == "account"
    if own or not lacks_second_factor():
        return None
    return redirect(url_for("security.two_factor_setup"))


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint not in STATIC_ENDPOINTS:
        response.headers["Cache-Control"] = "no-store"
    if request.endpoint == "security.logout":
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return response
