"""What the LTI library asks for, answered from one login: its form, cookie, nonce and platform."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pylti1p3.cookie import CookieService
from pylti1p3.deployment import Deployment
from pylti1p3.exception import LtiException
from pylti1p3.message_launch import MessageLaunch
from pylti1p3.registration import Registration
from pylti1p3.request import Request
from pylti1p3.session import SessionService
from pylti1p3.tool_config import ToolConfAbstract

from app.errors import LaunchRefused
from app.hashes import sha256_of


@dataclass(frozen=True)
class TakenLogin:
    """A login that was taken up and is thereby used; ``hints`` would begin it again."""

    platform_id: int
    registration: Registration
    deployments: frozenset[str]
    nonce_sha256: str
    hints: dict[str, str]
    origin: str


class Form(Request):
    """The two fields of a launch, for the library."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = fields

    @property
    def session(self) -> Any:
        """None is kept."""
        return {}

    def is_secure(self) -> bool:
        """Unused: our own code sets the cookies."""
        return True

    def get_param(self, key: str) -> str:
        """A field, empty if it is not there."""
        return self._fields.get(key, "")


class StateKnown(CookieService):
    """The cookie with the state, which our page has compared before."""

    def __init__(self, state: str) -> None:
        self._state = state

    def get_cookie(self, name: str) -> str | None:
        """The state, under its own name."""
        return self._state if name == self._state else None

    def set_cookie(self, name: str, value: str | int, exp: int | None = 3600) -> None:
        """None is set here."""


class Once(SessionService):
    """The nonce of this login; nothing of a launch is kept."""

    def __init__(self, nonce_sha256: str) -> None:
        self._nonce_sha256 = nonce_sha256

    def check_nonce(self, nonce: str) -> bool:
        """Whether it is the nonce that we gave for this very state."""
        return secrets.compare_digest(sha256_of(str(nonce)), self._nonce_sha256)

    def check_state_is_valid(self, state: str, id_token_hash: str) -> bool:
        """Never by memory: the cookie decides."""
        return False

    def save_launch_data(self, key: str, jwt_body: Mapping[str, Any]) -> None:
        """Nothing is kept."""

    def set_state_valid(self, state: str, id_token_hash: str) -> None:
        """Nothing is kept."""


class OnePlatform(ToolConfAbstract[Form]):
    """The platform that began this login: a token of another one is of no use here."""

    def __init__(self, taken: TakenLogin) -> None:
        self._taken = taken

    def check_iss_has_one_client(self, iss: str) -> bool:
        """Issuer and client are always compared together."""
        return False

    def check_iss_has_many_clients(self, iss: str) -> bool:
        """Issuer and client are always compared together."""
        return True

    def find_registration_by_issuer(self, iss: str, *arguments: Any, **named: Any) -> Registration:
        """Unused: see above."""
        raise NotImplementedError

    def find_deployment(self, iss: str, deployment_id: str) -> Deployment | None:
        """Unused: see above."""
        raise NotImplementedError

    def find_registration_by_params(
        self, iss: str, client_id: str, *arguments: Any, **named: Any
    ) -> Registration:
        """The platform's registration if it is this one; the library refuses None."""
        mine = self._taken.registration
        same = (iss, client_id) == (mine.get_issuer(), mine.get_client_id())
        return mine if same else None  # type: ignore[return-value]

    def find_deployment_by_params(
        self, iss: str, deployment_id: str, client_id: str, *arguments: Any, **named: Any
    ) -> Deployment | None:
        """The deployment, if the administrator named it."""
        if deployment_id not in self._taken.deployments:
            return None
        return Deployment().set_deployment_id(deployment_id)


class Message(MessageLaunch[Form, OnePlatform, Once, StateKnown]):
    """A launch message whose fields were read by our own page."""

    def validate_deployment(self) -> Message:
        """Refuse a deployment that the administrator did not name.

        Raises:
            LaunchRefused: which says what to do about it.
        """
        try:
            super().validate_deployment()
        except LtiException:
            raise LaunchRefused(
                "The launch comes from a deployment that is not registered here; "
                "ask the administrator to add its id."
            ) from None
        return self

    def _get_request_param(self, key: str) -> str:
        return self._request.get_param(key)
