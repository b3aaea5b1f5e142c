"""A learning platform as LTI 1.3 describes one, small and real.

It signs launches, serves its keys, gives access tokens and takes scores.

It listens on this machine's loopback, so that the portal's own HTTP is what is tested.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwcrypto.jwk import JWK
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
INSTRUCTOR = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
CLIENT = "client-7"


@dataclass
class Platform:
    """``down`` makes every service fail; ``scores`` are what it took, oldest first."""

    address: str = ""
    key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    kid: str = "key-1"
    tool_keys: dict[str, Any] = field(default_factory=dict)
    scores: list[dict[str, Any]] = field(default_factory=list)
    down: bool = False
    keys_fetched: int = 0

    def fields(self, **changes: Any) -> dict[str, Any]:
        """What an administrator of the portal registers."""
        given = {
            "title": "Test course",
            "issuer": self.address,
            "client_id": CLIENT,
            "login_url": f"{self.address}/auth",
            "token_url": f"{self.address}/token",
            "keys_url": f"{self.address}/keys",
            "deployments": ("1",),
        }
        return given | changes

    def hints(self, **changes: str) -> dict[str, str]:
        """With what it begins a launch."""
        given = {
            "iss": self.address,
            "login_hint": "u-1",
            "target_link_uri": "http://localhost/lti/launch",
            "client_id": CLIENT,
        }
        return given | changes

    def claims(self, redirected: str, **changes: Any) -> dict[str, Any]:
        """The claims of a resource launch that answers our redirect; None takes a claim out."""
        asked = {name: value[0] for name, value in parse_qs(urlsplit(redirected).query).items()}
        now = int(time.time())
        given = {
            "iss": self.address,
            "aud": CLIENT,
            "sub": "user-1",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "name": "Real Name",
            "email": "real@example.org",
            f"{CLAIM}message_type": "LtiResourceLinkRequest",
            f"{CLAIM}version": "1.3.0",
            f"{CLAIM}deployment_id": "1",
            f"{CLAIM}target_link_uri": "http://localhost/lti/launch",
            f"{CLAIM}resource_link": {"id": "link-1"},
            f"{CLAIM}roles": [LEARNER],
            f"{CLAIM}custom": {"case": "1"},
            AGS: {"scope": [SCOPE], "lineitem": f"{self.address}/items/5"},
        }
        return {name: value for name, value in (given | changes).items() if value is not None}

    def sign(self, claims: dict[str, Any], **named: Any) -> str:
        """The claims as a signed token."""
        headers = {"kid": self.kid} | named.pop("headers", {})
        return jwt.encode(claims, named.pop("key", self.key), "RS256", headers=headers)

    def _answer(self, request: Request) -> Response:
        if self.down:
            return Response("down", 503)
        if request.path == "/keys":
            self.keys_fetched += 1
            jwk = json.loads(JWK.from_pyca(self.key.public_key()).export_public())
            return _json({"keys": [{**jwk, "kid": self.kid, "alg": "RS256", "use": "sig"}]})
        if request.path == "/token":
            key = self.tool_keys["keys"][0]
            assertion = request.form["client_assertion"]
            assert jwt.get_unverified_header(assertion)["kid"] == key["kid"]
            jwt.decode(assertion, jwt.PyJWK(key).key, ["RS256"], audience=f"{self.address}/token")
            return _json({"access_token": f"may {request.form['scope']}", "expires_in": 60})
        if request.path == "/items/5/scores" and request.method == "POST":
            if request.headers["Authorization"] != f"Bearer may {SCOPE}":
                return Response("who are you", 401)
            self.scores.append(json.loads(request.get_data()))
            return _json({})
        return Response("no such thing", 404)


@contextmanager
def running_platform() -> Iterator[Platform]:
    """A platform that listens until the block ends."""
    platform = Platform()
    application = Request.application(lambda request: platform._answer(request))
    server = make_server("127.0.0.1", 0, application, threaded=True)
    platform.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield platform
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _json(content: Any) -> Response:
    return Response(json.dumps(content), mimetype="application/json")
