"""Style sheets and scripts leave compressed and are asked for once. Pages are not: they hold form
tokens.

A file's address names its content, so that a browser keeps it until it changes.

A page whose length depends on a secret in it and on what somebody else puts in (a search) tells
of the secret when it is compressed (BREACH); a style sheet has no secret.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, request

STATIC_ENDPOINTS: Final = frozenset({"static", "bootstrap.static"})
_COMPRESSIBLE: Final = frozenset({"text/css", "text/javascript", "image/svg+xml"})
_CONTENT: Final = "v"
_KEEP: Final = "public, max-age=31536000, immutable"


def init_static_files(app: Flask) -> None:
    """Compress static files for the browsers that ask for it, and let these keep them."""

    def content_of(endpoint: str, filename: str) -> str:
        blueprint, _, _ = endpoint.rpartition(".")
        folder = app.blueprints[blueprint].static_folder if blueprint else app.static_folder
        path = Path(folder or "") / filename
        return _name_of(path, path.stat().st_mtime_ns) if path.is_file() else ""

    @app.url_defaults
    def _name_the_content(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint in STATIC_ENDPOINTS and (name := content_of(endpoint, values["filename"])):
            values.setdefault(_CONTENT, name)

    @app.after_request
    def _keep(response: Response) -> Response:
        if request.endpoint in STATIC_ENDPOINTS and response.status_code in (200, 304):
            asked = request.args.get(_CONTENT)
            filename = (request.view_args or {}).get("filename", "")
            if asked and asked == content_of(request.endpoint or "", filename):
                response.headers["Cache-Control"] = _KEEP
        return response

    app.after_request(_compressed)


@lru_cache(maxsize=64)
def _name_of(path: Path, changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _compressed(response: Response) -> Response:
    if request.endpoint not in STATIC_ENDPOINTS or response.mimetype not in _COMPRESSIBLE:
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code != 200 or not request.accept_encodings["gzip"]:
        return response
    response.direct_passthrough = False
    response.set_data(_gzip(response.get_data()))
    response.headers["Content-Encoding"] = "gzip"
    tag, _ = response.get_etag()
    if tag:
        response.set_etag(tag, weak=True)  # the same file in other bytes; 304 is still found
    return response


@lru_cache(maxsize=32)
def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, 9, mtime=0)
