"""LTI 1.3: a course of a learning platform opens a case here, or chooses one.

These pages are called by other sites, without our session or form token: what protects them is the
platform's signature, a state that is good once and stands in the browser's cookie, and for the
choice of a case a token that we signed. Cases open in a window of their own, never in a frame.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from itsdangerous import BadData, URLSafeTimedSerializer
from pylti1p3.deep_link import DeepLink
from pylti1p3.deep_link_resource import DeepLinkResource
from pylti1p3.lineitem import LineItem
from werkzeug.wrappers import Response

from app.addresses import origin_of
from app.db.models import LtiPlatform, TeachingCase
from app.errors import LaunchRefused
from app.portal.access import Open, page
from app.portal.cookies import cookie_name, is_secure
from app.portal.protection import CONTENT_SECURITY_POLICY
from app.portal.public_address import public_url
from app.portal.sign_in import sign_in_as
from app.portal.wiring import wiring
from app.services import lti_launches as launches
from app.services.lti_launches import HINTS, LONGEST_HINT, Launch
from app.services.lti_platforms import registration_of

blueprint = Blueprint("lti", __name__, url_prefix="/lti")

STATE_COOKIE = "care_commons_lti"
CHOICE_SECONDS = 1800
_FRAMES = {"iframe", "frame", "embed", "object"}


@page(blueprint, "/login", Open.EVERYBODY, methods=("GET", "POST"))
def login() -> Response:
    """A platform wants to launch: answer with a state and a nonce."""
    hints = {name: request.values.get(name, "")[:LONGEST_HINT] for name in HINTS}
    with wiring().database.reading() as session:
        platform = launches.find_platform(session, hints)
    if _in_frame() and not _wants_choice(hints):
        return _own_window(hints, origin_of(platform.login_url))
    with wiring().database.writing() as session:
        begun = launches.begin_login(session, hints, public_url("lti.launch"))
    answer = redirect(begun.redirect, 303)
    secure = _is_secure()
    answer.set_cookie(
        cookie_name(STATE_COOKIE),
        begun.state,
        max_age=int(launches.LOGIN_LIFE.total_seconds()),
        httponly=True,
        secure=secure,
        # The platform posts back from its own site, which only such a cookie outlasts; without TLS
        # (this machine's own browser) the browser's default is kept.
        samesite="None" if secure else None,
        partitioned=secure,
    )
    return answer


@page(blueprint, "/launch", Open.EVERYBODY, methods=("POST",))
def launch() -> Response:
    """The platform's signed answer: sign in whom it sends, and open the case or the choice."""
    state = request.form.get("state", "")[:LONGEST_HINT]
    with wiring().database.writing() as session:
        taken = launches.take_login(session, state)
    if request.cookies.get(cookie_name(STATE_COOKIE)) != state:
        return _own_window(taken.hints, taken.origin)
    id_token = request.form.get("id_token", "")
    accepted = launches.accept(taken, state, id_token, wiring().key_sets)
    if accepted.settings:
        return _choice(accepted)
    if _in_frame():
        return _own_window(taken.hints, taken.origin)
    with wiring().database.writing() as session:
        user = launches.account_of(session, accepted)
        case = launches.keep_link(session, accepted, user)
    sign_in_as(user.id, "lti")
    answer = redirect(url_for("attempts.choose", case_id=case.id), 303)
    answer.delete_cookie(cookie_name(STATE_COOKIE), secure=_is_secure())
    return answer


@page(blueprint, "/choice", Open.EVERYBODY, methods=("POST",))
def choose() -> Response:
    """The chosen case, signed, in a form that goes back to the platform."""
    try:
        said: dict[str, Any] = _serializer().loads(
            request.form.get("token", ""), max_age=CHOICE_SECONDS
        )
    except BadData:
        raise LaunchRefused("This choice took too long; begin again in your course.") from None
    with wiring().database.reading() as session:
        platform = session.get(LtiPlatform, said["platform"])
        if platform is None or not platform.active:
            raise LaunchRefused("This learning platform is not registered here.")
        wanted = request.form.get("case", type=int)
        chosen = [one for one in launches.offered_cases(session) if one.id == wanted]
    if not chosen:
        return _choice_page(said, "Choose a case.")
    key = wiring().signing_key()
    link = DeepLink(registration_of(platform, key), said["deployment"], said["settings"])
    return _framed(
        render_template(
            "lti/chosen.html",
            title=chosen[0].title,
            address=said["settings"]["deep_link_return_url"],
            token=link.get_response_jwt([_resource(chosen[0])]),
        ),
        _origins(said),
    )


@page(blueprint, "/keys", Open.EVERYBODY)
def keys() -> dict[str, Any]:
    """The public half of the key that we sign with, as a JSON Web Key Set."""
    return wiring().signing_key().key_set()


def tool_addresses() -> list[tuple[str, str]]:
    """What a platform's administrator enters, by the names that Moodle uses."""
    return [
        ("Tool URL and redirection URI", public_url("lti.launch")),
        ("Initiate login URL", public_url("lti.login")),
        ("Public keyset URL", public_url("lti.keys")),
        ("Content selection URL (deep linking)", public_url("lti.choose")),
    ]


class _WindowResource(DeepLinkResource):
    """A link that platforms open in a window of its own."""

    def to_dict(self) -> dict[str, object]:
        return {**super().to_dict(), "window": {"targetName": "_blank"}}


def _resource(case: TeachingCase) -> DeepLinkResource:
    mark = (
        LineItem().set_score_maximum(100).set_label(case.title).set_resource_id(f"case-{case.id}")
    )
    return (
        _WindowResource()
        .set_url(public_url("lti.launch"))
        .set_title(case.title)
        .set_custom_params({"case": str(case.id)})
        .set_lineitem(mark)
    )


def _choice(accepted: Launch) -> Response:
    if not accepted.teaches:
        raise LaunchRefused("Only those who teach a course choose its cases.")
    settings = accepted.settings
    said = {
        "platform": accepted.platform_id,
        "deployment": accepted.deployment_id,
        "settings": {name: settings[name] for name in _KEPT_SETTINGS if name in settings},
    }
    return _choice_page(said)


_KEPT_SETTINGS = ("deep_link_return_url", "data")


def _choice_page(said: dict[str, Any], refused: str = "") -> Response:
    with wiring().database.reading() as session:
        cases = launches.offered_cases(session)
    page = render_template(
        "lti/choice.html", cases=cases, token=_serializer().dumps(said), refused=refused
    )
    return _framed(page, _origins(said), 400 if refused else 200)


def _origins(said: dict[str, Any]) -> tuple[str, ...]:
    with wiring().database.reading() as session:
        platform = session.get(LtiPlatform, said["platform"])
    own = (platform.login_url,) if platform else ()
    return tuple(origin_of(one) for one in (*own, said["settings"]["deep_link_return_url"]))


def _own_window(hints: dict[str, str], origin: str) -> Response:
    """A page in the platform's frame with one button that begins again in a new window."""
    given = {name: value for name, value in hints.items() if value}
    return _framed(render_template("lti/window.html", hints=given), (origin,))


def _framed(page: str, origins: tuple[str, ...], status: int = 200) -> Response:
    """A page that these sites may show in a frame, and that may send its form to them."""
    named = " ".join(sorted(set(origins)))
    policy = CONTENT_SECURITY_POLICY.replace("form-action 'self'", f"form-action 'self' {named}")
    policy = policy.replace("frame-ancestors 'none'", f"frame-ancestors {named}")
    answer = Response(page, status, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = policy
    # Browsers that know frame-ancestors pass over this header; a value of none is none to others.
    answer.headers["X-Frame-Options"] = f"ALLOW-FROM {sorted(set(origins))[0]}"
    return answer


def _wants_choice(hints: dict[str, str]) -> bool:
    """Platforms ask for a choice under an address of its own, which may stay in its frame."""
    return hints["target_link_uri"].split("?")[0].rstrip("/").endswith("/lti/choice")


def _in_frame() -> bool:
    return request.headers.get("Sec-Fetch-Dest", "") in _FRAMES


def _is_secure() -> bool:
    return is_secure() or request.is_secure


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="lti-choice")
