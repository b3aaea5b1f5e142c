"""Single sign-on by OpenID Connect, with Authlib: code flow with PKCE, state and nonce.

The provider's addresses and keys come from its discovery document, which has to be of the issuer
that the settings name. State, nonce and verifier lie in the browser's signed session for an hour,
and are taken out of it before an answer is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask, current_app
from joserfc.errors import JoseError
from werkzeug.wrappers import Response

from app.addresses import is_safe_address
from app.errors import NotFound, SignInRefused
from app.private_files import read_private
from app.settings import PortalSettings
from deid.errors import ConfigurationError

NAME: Final = "institution"
SECONDS: Final = 10
"""How long the provider may be silent."""
# Signatures that only the provider can make; neither none nor one by a shared secret.
ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
    "Ed25519",
)  # fmt: skip
_ADDRESSES: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_NO_ANSWER: Final = (requests.RequestException, ValueError, KeyError, RuntimeError)


class _Session(OAuth2Session):
    """Requests with a time limit and without redirects."""

    def request(self, *arguments: Any, **named: Any) -> Any:
        """Like that of ``requests``."""
        named.setdefault("timeout", SECONDS)
        named["allow_redirects"] = False
        return super().request(*arguments, **named)


class _Institution(FlaskOAuth2App):
    """A provider whose discovery document is looked at before anything of it is used."""

    client_cls = _Session
    issuer = ""

    def load_server_metadata(self) -> dict[str, Any]:
        """The discovery document, fetched once and whenever that failed before."""
        loaded: dict[str, Any] = super().load_server_metadata()
        given = loaded.get("id_token_signing_alg_values_supported") or ["RS256"]
        wrong = loaded.get("issuer") != self.issuer or not all(
            isinstance(loaded.get(name), str) and is_safe_address(loaded[name])
            for name in _ADDRESSES
        )
        if wrong:
            self.server_metadata.clear()
            raise SignInRefused("The identity provider describes itself as another one.")
        loaded["id_token_signing_alg_values_supported"] = [
            one for one in given if one in ALGORITHMS
        ]
        return loaded


def init_single_sign_on(app: Flask, settings: PortalSettings) -> None:
    """Prepare the provider that the settings name; nothing is fetched before somebody signs in.

    Raises:
        ConfigurationError: for an issuer without TLS on another machine, or without a client id.
    """
    issuer = settings.oidc_issuer
    if not issuer:
        return
    if not is_safe_address(issuer) or "?" in issuer or "#" in issuer:
        raise ConfigurationError("CARECOMMONS_PORTAL_OIDC_ISSUER is an address with https://")
    if not settings.oidc_client_id:
        raise ConfigurationError("CARECOMMONS_PORTAL_OIDC_CLIENT_ID is missing")
    secret = _secret(settings.oidc_client_secret_file)
    institution = OAuth(app).register(
        NAME,
        client_cls=_Institution,
        client_id=settings.oidc_client_id,
        client_secret=secret,
        server_metadata_url=issuer.rstrip("/") + "/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid email profile",
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "client_secret_basic" if secret else "none",
        },
    )
    institution.issuer = issuer


def begin(back: str) -> Response:
    """Send the browser to the provider, which sends it to ``back``.

    Raises:
        NotFound: if the installation has no provider.
        SignInRefused: if the provider does not answer, or is another one.
    """
    try:
        answer: Response = _institution().authorize_redirect(back)
    except _NO_ANSWER:
        raise _no_answer() from None
    return answer


def finish() -> Mapping[str, Any]:
    """The claims with which the browser came back, checked.

    Raises:
        NotFound: if the installation has no provider.
        SignInRefused: if it was not begun in this browser, was refused, or cannot be trusted.
    """
    institution = _institution()
    claims_options = {
        "iss": {"essential": True, "values": [institution.issuer]},
        "aud": {"essential": True, "value": institution.client_id},
    }
    try:
        token = institution.authorize_access_token(claims_options=claims_options)
    except (OAuthError, JoseError):
        # What went wrong is the provider's text, or quotes a claim: neither is repeated.
        raise SignInRefused("The sign-in there did not succeed. Begin again.") from None
    except _NO_ANSWER:
        raise _no_answer() from None
    claims: Mapping[str, Any] | None = token.get("userinfo")
    if not claims:
        raise SignInRefused("The identity provider did not say whom it sends.")
    return claims


def _institution() -> _Institution:
    registry = current_app.extensions.get("authlib.integrations.flask_client")
    found = registry.create_client(NAME) if registry is not None else None
    if found is None:
        raise NotFound("There is no single sign-on here.")
    return found


def _no_answer() -> SignInRefused:
    return SignInRefused("The identity provider does not answer. Try again later.")


def _secret(path: Path | None) -> str | None:
    if path is None or not path.exists():
        return None
    return read_private(path).strip() or None
