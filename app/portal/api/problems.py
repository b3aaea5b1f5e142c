"""Failures for programs: problem details (RFC 9457), each with what to do."""

from __future__ import annotations

import json
from typing import Final

from flask import Response, request

PREFIX: Final = "/api/v1/"
MEDIA_TYPE: Final = "application/problem+json"

TITLES: Final[dict[int, str]] = {
    400: "That cannot be used as it is",
    401: "A token is needed",
    403: "The token may not do this",
    404: "There is no such thing",
    405: "That cannot be done here",
    409: "The present state does not allow it",
    412: "It changed meanwhile",
    413: "That is too large",
    415: "That is no JSON",
    428: "Say which state you change",
    429: "Too many calls",
    500: "Something went wrong",
    503: "Not available just now",
}
TO_DO: Final[dict[int, str]] = {
    400: "Look at the description of the operation and send it again.",
    401: "Make a token on the page of your account and send it as 'Authorization: Bearer ...'.",
    403: "Use a token with the scope that the description names, of an account with the right.",
    404: "Look at the list that the thing would be in: it may not be yours to see.",
    405: "Use one of the methods that the header Allow names.",
    409: "Read the present state and decide anew.",
    412: "Read it again, make the change again, and send the new ETag as If-Match.",
    413: "Send less than 1 MB.",
    415: "Send the body as application/json.",
    428: "Read it first, and send its ETag as If-Match.",
    429: "Wait as many seconds as the header Retry-After says.",
    500: "Tell the administrator the number.",
    503: "Try it again in a minute.",
}


def is_for_program() -> bool:
    """Whether this request is for the API, so that a failure is no page."""
    return request.path.startswith(PREFIX)


def problem(status: int, detail: str, code: str = "") -> Response:
    """A failure as ``application/problem+json``."""
    document = {
        "type": f"/api/#problem-{status}",
        "title": TITLES.get(status, TITLES[500]),
        "status": status,
        "detail": detail or TITLES.get(status, TITLES[500]),
        "to_do": TO_DO.get(status, TO_DO[500]),
        "code": code or f"http.{status}",
    }
    answer = Response(json.dumps(document), status=status, content_type=MEDIA_TYPE)
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="Care Commons"'
    return answer
