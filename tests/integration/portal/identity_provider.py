"""An identity provider as OpenID Connect describes one, small and real.

It describes itself, asks nobody for a password, gives codes that are good once, checks the
verifier of PKCE and the client's secret, and signs id tokens. It listens on this machine's
loopback, so that the portal's own HTTP is what is tested.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwcrypto.jwk import JWK
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

CLIENT, SECRET = "care-commons", "what the two share, long enough"


@dataclass
class Provider:
    """``person`` are claims about who signs in; ``changes`` spoil the next tokens."""

    address: str = ""
    key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    person: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    described: dict[str, Any] = field(default_factory=dict)
    signed_by: rsa.RSAPrivateKey | None = None
    down: bool = False
    _asked: dict[str, dict[str, str]] = field(default_factory=dict)

    def answer_to(self, redirected: str) -> str:
        """Where a browser is sent that was sent here: back, with a code and the state."""
        asked = dict(parse_qsl(urlsplit(redirected).query))
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == CLIENT
        code = secrets.token_urlsafe(16)
        self._asked[code] = asked
        back = urlsplit(asked["redirect_uri"])
        return f"{back.path}?{urlencode({'code': code, 'state': asked['state']})}"

    def _answer(self, request: Request) -> Response:
        if self.down:
            return Response("down", 503)
        if request.path == "/.well-known/openid-configuration":
            return _json(
                {
                    "issuer": self.address,
                    "authorization_endpoint": f"{self.address}/authorize",
                    "token_endpoint": f"{self.address}/token",
                    "jwks_uri": f"{self.address}/keys",
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256", "none"],
                }
                | self.described
            )
        if request.path == "/keys":
            jwk = json.loads(JWK.from_pyca(self.key.public_key()).export_public())
            return _json({"keys": [{**jwk, "kid": "key-1", "alg": "RS256", "use": "sig"}]})
        if request.path == "/token" and request.method == "POST":
            return self._token(request)
        return Response("no such thing", 404)

    def _token(self, request: Request) -> Response:
        given = request.authorization
        asked = self._asked.pop(request.form["code"], None)
        digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or given is None
            or (given.username, given.password) != (CLIENT, SECRET)
            or proof != asked["code_challenge"]
            or request.form["redirect_uri"] != asked["redirect_uri"]
        ):
            return Response(
                json.dumps({"error": "invalid_grant"}), 400, mimetype="application/json"
            )
        now = int(time.time())
        claims = {
            "iss": self.address,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
        }
        claims |= self.person | self.changes
        how = self.changes.get("alg", "RS256")
        key: Any = None if how == "none" else self.signed_by or self.key
        token = jwt.encode(
            {name: value for name, value in claims.items() if value is not None and name != "alg"},
            key,
            how,
            headers={"kid": "key-1"},
        )
        return _json({"access_token": "opaque", "token_type": "Bearer", "id_token": token})


@contextmanager
def running_provider() -> Iterator[Provider]:
    """A provider that listens until the block ends."""
    provider = Provider()
    application = Request.application(lambda request: provider._answer(request))
    server = make_server("127.0.0.1", 0, application, threaded=True)
    provider.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _json(content: Any) -> Response:
    return Response(json.dumps(content), mimetype="application/json")
