"""Who calls: the owner of the token in the header, within the scope of the operation.

Cookies mean nothing here. Whoever is signed in with a browser is nobody to the API, so that no
other site can make the browser call it.
"""

from __future__ import annotations

from dataclasses import replace

from flask import g, request

from app.db.database import Database
from app.errors import PermissionDenied, TokenNeeded
from app.permissions import Actor
from app.portal.access import ByToken
from app.services.tokens import SCOPES, actor_for


def authenticate(database: Database, access: ByToken) -> None:
    """Let the rest of the request act for the token's owner.

    The actor may do what *this* scope is for: a second scope of the same token adds nothing to it.

    Raises:
        TokenNeeded: without a token that opens something.
        PermissionDenied: if it has not the scope, or its owner has lost the right.
    """
    g.actor = None
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.casefold() != "bearer" or not secret.strip():
        raise TokenNeeded("The API takes a personal token, and nothing else.")
    actor, scopes = actor_for(database, secret.strip())
    if access.scope is None:
        g.actor = replace(actor, limit=frozenset())
        return
    if access.scope not in scopes:
        raise PermissionDenied(f"This token has not the scope {access.scope.value}.")
    meaning = SCOPES[access.scope]
    narrowed = replace(actor, limit=meaning.permissions)
    if not narrowed.permissions & meaning.needs:
        raise PermissionDenied("Your account has no longer the right that this scope is for.")
    g.actor = narrowed


def api_actor() -> Actor:
    """Who calls; only for operations, which are behind :func:`authenticate`."""
    actor = g.actor
    assert isinstance(actor, Actor)
    return actor
