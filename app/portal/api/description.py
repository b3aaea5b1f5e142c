"""The API's description in OpenAPI 3.1, made from the registered operations."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final, get_origin

from flask import Response, jsonify

from app.portal.access import Open, page
from app.portal.api.operations import OPERATIONS, Nothing, Operation, blueprint
from app.portal.api.problems import MEDIA_TYPE, PREFIX, TITLES
from app.portal.api.schemas import Listing, Schema, schema_of
from app.services.tokens import SCOPES

VERSION: Final = "1.0"
_PART: Final = re.compile(r"<(?:(int):)?(\w+)>")
_LARGEST: Final = 2**31 - 1
_PROBLEM: Final[Schema] = {
    "type": "object",
    "description": "Problem details (RFC 9457), with what to do.",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "to_do": {"type": "string"},
        "code": {"type": "string"},
    },
    "required": ["type", "title", "status", "detail", "to_do", "code"],
}


@page(blueprint, "/openapi.json", Open.EVERYBODY)
def describe() -> Response:
    """The description; it tells of no data."""
    return jsonify(description())


@cache
def description() -> dict[str, Any]:
    """The whole description."""
    components: dict[str, Schema] = {"Problem": _PROBLEM}
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS.values():
        paths.setdefault(address_of(one), {})[one.method.lower()] = _operation(one, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Care Commons",
            "version": VERSION,
            "description": "Releases, cohorts, requests, cases and sets for programs. "
            "Every count has passed disclosure control.",
        },
        "servers": [{"url": PREFIX.rstrip("/")}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A personal token. Scopes: "
                    + "; ".join(f"{scope.value}: {one.text}" for scope, one in SCOPES.items()),
                }
            },
        },
    }


def address_of(one: Operation) -> str:
    """The operation's address as OpenAPI writes it."""
    return _PART.sub(r"{\2}", one.rule)


def _operation(one: Operation, components: dict[str, Schema]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": one.name,
        "tags": [one.subject],
        "summary": one.title,
        "security": [{"token": [one.access.scope.value] if one.access.scope else []}],
        "parameters": _parameters(one, components),
        "responses": _responses(one, components),
    }
    if one.text:
        found["description"] = one.text
    if one.body is not None:
        schema = schema_of(one.body, components)
        found["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    return found


def _parameters(one: Operation, components: dict[str, Schema]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "integer", "minimum": 1, "maximum": _LARGEST}
            if kind
            else {"type": "string"},
        }
        for kind, name in _PART.findall(one.rule)
    ]
    if one.query is not Nothing:
        shapes: dict[str, Schema] = {}
        schema_of(one.query, shapes)
        found += [
            {"name": name, "in": "query", "required": False, "schema": schema}
            for name, schema in shapes[one.query.__name__]["properties"].items()
        ]
    if one.matched:
        schema = {"type": "string", "pattern": '^"[0-9]{1,9}"$'}
        found.append({"name": "If-Match", "in": "header", "required": True, "schema": schema})
    return found


def _responses(one: Operation, components: dict[str, Schema]) -> dict[str, Any]:
    answered: dict[str, Any] = {"description": one.title}
    if one.status != 204:
        schema = schema_of(one.answer, components)
        answered["content"] = {"application/json": {"schema": schema}}
    if one.tagged:
        schema = {"type": "string"}
        answered["headers"] = {"ETag": {"description": "The state's mark.", "schema": schema}}
    found = {str(one.status): answered}
    failures = {400, 401, 403, 404, 429, 503}
    if get_origin(one.answer) is not Listing:
        failures.add(409)
    if one.body is not None:
        failures |= {413, 415}
    if one.matched:
        failures |= {412, 428}
    for status in sorted(failures):
        failure: dict[str, Any] = {
            "description": TITLES[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        if status == 429:
            wait = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
            failure["headers"] = {"Retry-After": wait}
        found[str(status)] = failure
    return found
