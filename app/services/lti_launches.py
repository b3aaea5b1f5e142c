"""Use cases of a launch: begin it, trust it or refuse it, and know who comes to which case.

A launch is begun by the platform, answered by us with a state and a nonce, and comes back signed.
Both are good once and for ten minutes; the state must also be in the browser's cookie. The library
checks signature, issuer, client, deployment and message; time limits and single use are ours.
A platform's clock may be a little off; where it is further off, the refusal says so.
"""

from __future__ import annotations

import math
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import requests
from pylti1p3.exception import LtiException
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.addresses import is_safe_address, origin_of
from app.audit import AuditEvent, record
from app.db.models import LtiAccount, LtiLink, LtiLogin, LtiPlatform, TeachingCase, User
from app.db.types import utc_now
from app.errors import LaunchRefused, NotFound
from app.hashes import sha256_of
from app.permissions import Role
from app.services import cases as case_service
from app.services.accounts import actor_of, create_student_of_platform
from app.services.lti_messages import (
    Form,
    Message,
    Once,
    OnePlatform,
    StateKnown,
    TakenLogin,
)
from app.services.lti_platforms import registration_of

LOGIN_LIFE = timedelta(minutes=10)
KEYS_LIFE = timedelta(hours=1)
CLOCKS_DIFFER = timedelta(minutes=2)
"""So much may a platform's clock be ahead of ours, or behind."""
HINTS = ("iss", "login_hint", "target_link_uri", "lti_message_hint", "lti_deployment_id",
    "client_id")  # fmt: skip
LONGEST_HINT = 4000
_CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
_AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
_SCORE_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
_SETTINGS = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
_TEACHES = ("#Instructor", "#ContentDeveloper", "#Administrator")


@dataclass(frozen=True)
class BegunLogin:
    """Where the browser goes next, and the state that it keeps in a cookie until it is back."""

    redirect: str
    state: str


@dataclass(frozen=True)
class Launch:
    """A launch that is to be trusted.

    ``case_id`` is None for a deep link, whose ``settings`` say where the choice goes.
    ``line_item`` is empty where the course wants no mark.
    """

    platform_id: int
    deployment_id: str
    subject: str
    teaches: bool
    case_id: int | None
    resource_link: str
    line_item: str
    settings: dict[str, Any]


def find_platform(session: Session, hints: Mapping[str, str]) -> LtiPlatform:
    """The active platform that begins a launch; without a client id only if the issuer has one.

    Raises:
        LaunchRefused: if there is none.
    """
    query = select(LtiPlatform).where(
        LtiPlatform.issuer == hints.get("iss", ""), LtiPlatform.active.is_(True)
    )
    if hints.get("client_id"):
        query = query.where(LtiPlatform.client_id == hints["client_id"])
    found = list(session.scalars(query.limit(2)))
    if len(found) != 1:
        raise LaunchRefused("This learning platform is not registered here.")
    return found[0]


def begin_login(session: Session, hints: Mapping[str, str], launch_url: str) -> BegunLogin:
    """Answer a platform that wants to launch: state and nonce are made and kept as digests.

    Raises:
        LaunchRefused: for an unknown platform or a request without a login hint.
    """
    platform = find_platform(session, hints)
    if not hints.get("login_hint"):
        raise LaunchRefused("The learning platform did not say whom it sends.")
    state, nonce = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    now = utc_now()
    session.execute(delete(LtiLogin).where(LtiLogin.made_at < now - 2 * LOGIN_LIFE))
    session.add(
        LtiLogin(
            state_sha256=sha256_of(state),
            nonce_sha256=sha256_of(nonce),
            platform_id=platform.id,
            hints={name: hints[name] for name in HINTS if hints.get(name)},
            made_at=now,
        )
    )
    asked = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
        "redirect_uri": launch_url,
        "state": state,
        "nonce": nonce,
        "login_hint": hints["login_hint"],
    }
    if hints.get("lti_message_hint"):
        asked["lti_message_hint"] = hints["lti_message_hint"]
    joint = "&" if "?" in platform.login_url else "?"
    return BegunLogin(f"{platform.login_url}{joint}{urlencode(asked)}", state)


def take_login(session: Session, state: str) -> TakenLogin:
    """Take up the login of a state, once.

    Raises:
        LaunchRefused: if there is none, it is too old, or it was taken up before.
    """
    query = select(LtiLogin).where(LtiLogin.state_sha256 == sha256_of(state)).with_for_update()
    login = session.scalar(query)
    if login is None or login.used_at is not None or login.made_at < utc_now() - LOGIN_LIFE:
        raise LaunchRefused("This launch was used already or took too long.")
    login.used_at = utc_now()
    platform = session.get_one(LtiPlatform, login.platform_id)
    if not platform.active:
        raise LaunchRefused("This learning platform is not registered here.")
    return TakenLogin(
        platform_id=platform.id,
        registration=registration_of(platform),
        deployments=frozenset(platform.deployments["ids"]),
        nonce_sha256=login.nonce_sha256,
        hints=dict(login.hints),
        origin=origin_of(platform.login_url),
    )


class KeySets:
    """Public keys of platforms, fetched when first needed and then kept for an hour."""

    def __init__(self, http: Callable[[], requests.Session]) -> None:
        self._http = http
        self._kept: dict[str, tuple[datetime, Any]] = {}
        self._lock = threading.Lock()

    def fetch(self, url: str, *, anew: bool = False) -> Any:
        """The key set at ``url``; ``anew`` where a key is missing in the one that is kept.

        Raises:
            LaunchRefused: if the platform does not give one.
        """
        with self._lock:
            at, kept = self._kept.get(url, (None, None))
        if at is not None and not anew and utc_now() - at < KEYS_LIFE:
            return kept
        try:
            with self._http() as http:
                answer = http.get(url)
                found = answer.json() if answer.ok else None
        except (requests.RequestException, ValueError):
            found = None
        if not isinstance(found, dict) or not isinstance(found.get("keys"), list):
            raise LaunchRefused("The learning platform does not give its keys now; try again.")
        with self._lock:
            self._kept[url] = (utc_now(), found)
        return found


def accept(taken: TakenLogin, state: str, id_token: str, keys: KeySets) -> Launch:
    """Check everything that a signed launch says.

    Raises:
        LaunchRefused: with what is wrong with it.
    """
    url = taken.registration.get_key_set_url() or ""
    key_set = keys.fetch(url)
    if not _holds_key_of(key_set, id_token):
        key_set = keys.fetch(url, anew=True)
    taken.registration.set_key_set(_signing_keys(key_set))
    message: Message = Message(
        Form({"state": state, "id_token": id_token}),
        OnePlatform(taken),
        session_service=Once(taken.nonce_sha256),
        cookie_service=StateKnown(state),
    )
    unchecked = dict.fromkeys(("verify_aud", "verify_exp", "verify_iat", "verify_nbf"), False)
    required = unchecked | {"require": ["exp", "iat", "iss", "aud", "nonce", "sub"]}
    message.set_jwt_verify_options(required)  # type: ignore[arg-type]
    try:
        message.validate()
        body: Any = message.get_launch_data()
    except (LtiException, jwt.PyJWTError, AssertionError) as error:
        raise LaunchRefused(f"The launch cannot be trusted: {error}") from None
    if body.get("azp", taken.registration.get_client_id()) != taken.registration.get_client_id():
        raise LaunchRefused("The launch cannot be trusted: it is meant for another tool.")
    _check_times(body)
    return _launch(taken, body)


def account_of(session: Session, launch: Launch) -> User:
    """The portal's account of whom the platform sends, made at the first launch.

    It is a student's, has no password, and its name is a number: the platform's is not asked for.

    Raises:
        LaunchRefused: if the account was closed.
    """
    query = select(LtiAccount).where(
        LtiAccount.platform_id == launch.platform_id, LtiAccount.subject == launch.subject
    )
    account = session.scalar(query)
    if account is None:
        platform = session.get_one(LtiPlatform, launch.platform_id)
        user = create_student_of_platform(session, platform.title)
        session.add(LtiAccount(platform_id=platform.id, subject=launch.subject, user_id=user.id))
        session.flush()
        return user
    user = session.get_one(User, account.user_id)
    if not user.active:
        raise LaunchRefused("Your account here is closed; ask the administrator.")
    return user


def keep_link(session: Session, launch: Launch, user: User) -> TeachingCase:
    """Remember where marks of this case go for this user; the case, if it may be opened.

    Raises:
        NotFound: if there is no such case in a set that students see.
    """
    actor = actor_of(user)
    case = session.get(TeachingCase, launch.case_id) if launch.case_id is not None else None
    if case is None or Role.STUDENT not in actor.roles:
        raise NotFound("There is no such case.")
    if not case_service.can_see(session, actor, case):
        raise NotFound("There is no such case.")
    account = session.scalars(select(LtiAccount).where(LtiAccount.user_id == user.id)).one()
    query = select(LtiLink).where(
        LtiLink.account_id == account.id, LtiLink.resource_link == launch.resource_link
    )
    link = session.scalar(query)
    if link is None:
        link = LtiLink(account_id=account.id, resource_link=launch.resource_link)
        session.add(link)
    link.case_id, link.line_item, link.opened_at = case.id, launch.line_item, utc_now()
    session.flush()
    detail = {"case": case.id, "marks": bool(launch.line_item)}
    record(session, actor, AuditEvent("lti.launched", "lti_platform", launch.platform_id, detail))
    return case


def offered_cases(session: Session) -> list[TeachingCase]:
    """Cases that a course may link to: published, and in a set that students see."""
    query = select(TeachingCase).where(TeachingCase.state == case_service.PUBLISHED)
    return [
        one
        for one in session.scalars(query.order_by(TeachingCase.title))
        if case_service.is_in_visible_set(session, one)
    ]


def _check_times(body: Mapping[str, Any]) -> None:
    """Refuse a launch from the past or the future; the library knows no difference of clocks."""
    given = (body["iat"], body.get("nbf", body["iat"]), body["exp"])
    if not all(type(one) in (int, float) and math.isfinite(one) for one in given):
        raise LaunchRefused("The launch cannot be trusted: its times cannot be read.")
    issued, begins, ends = given
    now, differ = utc_now().timestamp(), CLOCKS_DIFFER.total_seconds()
    ahead = max(issued, begins) - now
    if ahead > differ:
        minutes = round(ahead / 60)
        raise LaunchRefused(
            f"The learning platform's clock is {minutes} minutes ahead of ours; "
            "tell its administrator."
        )
    if ends < now - differ:
        raise LaunchRefused(
            "This launch has expired; open the case from the course again. If it says so again, "
            "the learning platform's clock is wrong: tell its administrator."
        )


def _launch(taken: TakenLogin, body: Mapping[str, Any]) -> Launch:
    roles = body.get(f"{_CLAIM}roles") or []
    endpoint = body.get(_AGS) or {}
    line_item = str(endpoint.get("lineitem") or "")
    if _SCORE_SCOPE not in (endpoint.get("scope") or []) or not is_safe_address(line_item):
        line_item = ""
    resource = body.get(f"{_CLAIM}resource_link") or {}
    settings = body.get(_SETTINGS) or {}
    if settings and not is_safe_address(str(settings.get("deep_link_return_url", ""))):
        raise LaunchRefused("The launch cannot be trusted: it has no safe address to go back to.")
    subject, link = str(body["sub"]), str(resource.get("id", ""))
    if len(subject) > 255 or len(link) > 255:
        raise LaunchRefused("The launch cannot be trusted: an id is too long.")
    return Launch(
        platform_id=taken.platform_id,
        deployment_id=str(body[f"{_CLAIM}deployment_id"]),
        subject=subject,
        teaches=any(str(role).endswith(_TEACHES) for role in roles),
        case_id=None if settings else _case_of(body),
        resource_link=link,
        line_item=line_item,
        settings=dict(settings),
    )


def _case_of(body: Mapping[str, Any]) -> int | None:
    """The case's number, from the link's own parameter ``case`` or that of its address."""
    custom = body.get(f"{_CLAIM}custom") or {}
    address = str(body.get(f"{_CLAIM}target_link_uri", ""))
    named = parse_qs(urlsplit(address).query).get("case", [""])[0]
    number = str(custom.get("case") or named)
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None


def _holds_key_of(key_set: Any, id_token: str) -> bool:
    try:
        kid = jwt.get_unverified_header(id_token).get("kid")
    except jwt.PyJWTError:
        return True  # no new key set would make it readable
    return any(isinstance(key, dict) and key.get("kid") == kid for key in key_set["keys"])


def _signing_keys(key_set: Any) -> Any:
    """RSA keys alone: the only ones that LTI 1.3 platforms sign with."""
    keys = [key for key in key_set["keys"] if isinstance(key, dict) and key.get("kty") == "RSA"]
    return {"keys": [{**key, "alg": "RS256"} for key in keys if key.get("alg", "RS256") == "RS256"]}
