"""Style sheets and scripts leave compressed. Pages do not: they hold form tokens.

A page whose length depends on a secret in it and on what somebody else puts in (a search) tells
of the secret when it is compressed (BREACH); a style sheet has no secret.
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from typing import Final

from flask import Flask, Response, request

STATIC_ENDPOINTS: Final = frozenset({"static", "bootstrap.static"})
_COMPRESSIBLE: Final = frozenset({"text/css", "text/javascript", "image/svg+xml"})


def init_static_files(app: Flask) -> None:
    """Compress static files for the browsers that ask for it."""
    app.after_request(_compressed)


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
