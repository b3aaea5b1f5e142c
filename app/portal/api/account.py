"""Oneself: the account behind the token, and its tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.db.models import ApiToken
from app.db.types import utc_now
from app.portal.api.bearer import api_actor
from app.portal.api.operations import Paging, listing, operation
from app.portal.api.schemas import Listing
from app.portal.wiring import wiring
from app.services import tokens


@dataclass(frozen=True)
class Me:
    """The account that the token acts for."""

    id: int
    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Token:
    """A token of yours; `prefix` is what it begins with, and opens nothing."""

    id: int
    name: str
    prefix: str
    scopes: tuple[str, ...]
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None
    open: bool


@operation("GET", "/me", None, Me)
def get_me() -> Me:
    """The account that the token acts for."""
    actor = api_actor()
    return Me(actor.user_id or 0, actor.name, tuple(sorted(role.value for role in actor.roles)))


@operation("GET", "/tokens", None, Listing[Token], query=Paging)
def list_tokens(query: Paging) -> Listing[Token]:
    """Your tokens, the newest first. They are made in the portal, by who is signed in."""
    with wiring().database.reading() as session:
        return listing(tokens.own_tokens(session, api_actor()), query, _token)


@operation("DELETE", "/tokens/<int:token_id>", None, None, status=204)
def revoke_token(token_id: int) -> None:
    """End a token of yours at once, as when a notebook with it was shared by mistake."""
    with wiring().database.writing() as session:
        tokens.revoke(session, api_actor(), token_id)


def _token(row: ApiToken) -> Token:
    return Token(
        row.id,
        row.name,
        row.prefix,
        tuple(row.scopes),
        row.made_at,
        row.expires_at,
        row.used_at,
        row.revoked_at,
        tokens.is_open(row, utc_now()),
    )
