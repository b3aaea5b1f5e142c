"""The one decorator of operations: access, what is sent, what is answered; and its registry.

What it is told is at once what is checked and what the description in OpenAPI says.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from flask import Blueprint, Response, request

from app.errors import ChangedMeanwhile
from app.portal.access import ByToken, page
from app.portal.api.problems import problem
from app.portal.api.schemas import Limit, Listing, parse_body, parse_query, to_json
from app.services.listing import pages_of
from app.services.tokens import Scope

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

Answer = TypeVar("Answer")
Item = TypeVar("Item")
MOST_PER_PAGE = 200


@dataclass(frozen=True)
class Nothing:
    """No parameters."""

    SENT = True


@dataclass(frozen=True)
class Paging:
    """Which page of a list, and how many items on it."""

    SENT = True
    page: Annotated[int, Limit(least=1, most=1_000_000)] = 1
    per_page: Annotated[int, Limit(least=1, most=MOST_PER_PAGE)] = 50


@dataclass(frozen=True)
class Tagged:
    """An answer whose state has a mark, sent as ETag; edits name it as If-Match."""

    answer: Any
    tag: int


@dataclass(frozen=True)
class Operation:
    """One operation as it was registered."""

    name: str
    method: str
    rule: str
    subject: str
    access: ByToken
    query: type
    body: type | None
    answer: Any
    status: int
    tagged: bool
    matched: bool
    counts: bool
    title: str
    text: str


OPERATIONS: dict[str, Operation] = {}


def operation(
    method: str,
    rule: str,
    scope: Scope | None,
    answer: Any,
    *,
    query: type = Nothing,
    body: type | None = None,
    status: int = 200,
    tagged: bool = False,
    matched: bool = False,
    counts: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register an operation for tokens with ``scope`` (``None``: any token).

    The function gets the parts of the address, then ``query``, ``body`` and ``revision`` if it
    has parameters of these names. ``tagged`` answers carry an ETag; ``matched`` operations need
    If-Match. ``counts`` are limited together with the counts of the pages.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        name = function.__name__
        taken = set(inspect.signature(function).parameters)
        title, _, text = (inspect.getdoc(function) or "").partition("\n")
        OPERATIONS[name] = Operation(
            name,
            method,
            rule,
            function.__module__.rpartition(".")[2],
            ByToken(scope),
            query,
            body,
            answer,
            status,
            tagged,
            matched,
            counts,
            title.strip(),
            " ".join(text.split()),
        )

        def view(**address: Any) -> Response:
            given: dict[str, Any] = {"query": parse_query(query, request.args.to_dict(flat=False))}
            if matched:
                revision = _matched_revision()
                if revision is None:
                    return problem(428, "This changes a state that you have to name.")
                given["revision"] = revision
            if body is not None:
                if request.mimetype != "application/json":
                    return problem(415, "The body has to be application/json.")
                given["body"] = parse_body(body, request.get_data(cache=False))
            try:
                found = function(**address, **{one: given[one] for one in given if one in taken})
            except ChangedMeanwhile as changed:
                if matched:
                    return problem(412, str(changed), changed.code)
                raise
            return _answered(found, status)

        view.__name__ = name
        page(blueprint, rule, ByToken(scope), methods=(method,))(view)
        return function

    return register


def _answered(found: Any, status: int) -> Response:
    if status == 204:
        return Response(status=204)
    tag = found.tag if isinstance(found, Tagged) else None
    document = to_json(found.answer if isinstance(found, Tagged) else found)
    answer = Response(
        json.dumps(document, ensure_ascii=False), status=status, content_type="application/json"
    )
    if tag is not None:
        answer.set_etag(str(tag))
    return answer


def _matched_revision() -> int | None:
    """The revision that If-Match names; one that no state has where it is of another form."""
    said = request.headers.get("If-Match", "").strip()
    if not said:
        return None
    found = re.fullmatch(r'"(\d{1,9})"', said, re.ASCII)
    return int(found[1]) if found else -1


def listing(
    found: Sequence[Item], paging: Paging, convert: Callable[[Item], Answer]
) -> Listing[Answer]:
    """The page of a list that was asked for; only its items are converted."""
    start = (paging.page - 1) * paging.per_page
    return Listing(
        tuple(convert(one) for one in found[start : start + paging.per_page]),
        len(found),
        paging.page,
        pages_of(len(found), paging.per_page),
    )
