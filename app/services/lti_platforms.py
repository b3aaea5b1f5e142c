"""Use cases around learning platforms: register one, close it, and the keys that we sign with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from cryptography.hazmat.primitives import serialization
from pylti1p3.registration import Registration
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.addresses import is_safe_address
from app.audit import AuditEvent, record
from app.db.models import LtiPlatform
from app.errors import BadInput, NotFound
from app.permissions import Actor, Permission, check_permission
from app.private_files import load_or_create_signing_key

KEY_FILE = "lti-signing-key.pem"
SECONDS = 10
"""A platform that answers slower than this counts as one that does not answer."""


@dataclass(frozen=True)
class PlatformFields:
    """What a platform's administrator gives: Moodle and Canvas show all of it."""

    title: str
    issuer: str
    client_id: str
    login_url: str
    token_url: str
    keys_url: str
    deployments: tuple[str, ...]


class PatientSession(requests.Session):
    """Requests with a time limit, since a platform may not answer, and without redirects."""

    def request(self, *arguments: Any, **named: Any) -> requests.Response:
        """Like that of ``requests``."""
        named.setdefault("timeout", SECONDS)
        named["allow_redirects"] = False
        return super().request(*arguments, **named)


@dataclass(frozen=True)
class SigningKey:
    """The key that we sign messages to platforms with, as PEM."""

    private: str
    public: str

    @classmethod
    def beside(cls, secret_file: Path) -> SigningKey:
        """The installation's key, in a private file beside the portal's secret.

        Raises:
            ConfigurationError: if the file is unusable.
        """
        key = load_or_create_signing_key(secret_file.with_name(KEY_FILE))
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return cls(private.decode("ascii"), public.decode("ascii"))

    def key_set(self) -> dict[str, Any]:
        """The public half as a JSON Web Key Set, for platforms to fetch."""
        return {"keys": [dict(Registration.get_jwk(self.public))]}


def registration_of(platform: LtiPlatform, key: SigningKey | None = None) -> Registration:
    """The platform as the LTI library wants it; with ``key`` where we sign something for it."""
    registration = (
        Registration()
        .set_issuer(platform.issuer)
        .set_client_id(platform.client_id)
        .set_auth_login_url(platform.login_url)
        .set_auth_token_url(platform.token_url)
        .set_key_set_url(platform.keys_url)
    )
    if key is not None:
        registration.set_tool_private_key(key.private).set_tool_public_key(key.public)
    return registration


def add_platform(session: Session, actor: Actor, fields: PlatformFields) -> LtiPlatform:
    """Register a platform; from then on its launches are trusted.

    Raises:
        PermissionDenied: unless the actor manages users.
        BadInput: naming the field that cannot be used.
    """
    check_permission(actor, Permission.MANAGE_USERS)
    _check(fields)
    known = select(LtiPlatform.id).where(
        LtiPlatform.issuer == fields.issuer, LtiPlatform.client_id == fields.client_id
    )
    if session.scalar(known) is not None:
        raise BadInput("A platform with this issuer and client id is registered already.")
    platform = LtiPlatform(
        title=fields.title,
        issuer=fields.issuer,
        client_id=fields.client_id,
        login_url=fields.login_url,
        token_url=fields.token_url,
        keys_url=fields.keys_url,
        deployments={"ids": list(fields.deployments)},
        created_by=actor.user_id,
    )
    session.add(platform)
    session.flush()
    detail = {"issuer": fields.issuer, "client_id": fields.client_id}
    record(session, actor, AuditEvent("lti_platform.added", "lti_platform", platform.id, detail))
    return platform


def set_active(session: Session, actor: Actor, platform_id: int, active: bool) -> LtiPlatform:
    """Trust a platform's launches, or no longer.

    Raises:
        PermissionDenied, NotFound: unless the actor manages users and the platform exists.
    """
    check_permission(actor, Permission.MANAGE_USERS)
    platform = session.get(LtiPlatform, platform_id)
    if platform is None:
        raise NotFound("There is no such platform.")
    platform.active = active
    action = "lti_platform.opened" if active else "lti_platform.closed"
    record(session, actor, AuditEvent(action, "lti_platform", platform.id))
    return platform


def list_platforms(session: Session, actor: Actor) -> list[LtiPlatform]:
    """All platforms, by title.

    Raises:
        PermissionDenied: unless the actor manages users.
    """
    check_permission(actor, Permission.MANAGE_USERS)
    return list(session.scalars(select(LtiPlatform).order_by(LtiPlatform.title)))


def _check(fields: PlatformFields) -> None:
    for name, value in (("name", fields.title), ("client id", fields.client_id)):
        if not value.strip() or len(value) > 255:
            raise BadInput(f"Give the platform's {name}, of at most 255 characters.")
    if not fields.issuer.strip() or len(fields.issuer) > 255:
        raise BadInput("Give the issuer (platform ID), as the platform shows it.")
    for name, address in (
        ("authentication request URL", fields.login_url),
        ("access token URL", fields.token_url),
        ("public keyset URL", fields.keys_url),
    ):
        if not is_safe_address(address):
            raise BadInput(f"The {name} is an address that begins with https://.")
    if not fields.deployments or any(len(one) > 255 for one in fields.deployments):
        raise BadInput("Give at least one deployment id, one a line.")
