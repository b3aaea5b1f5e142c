"""Who may use which address: every route says so when it is registered, and silence means no.

:func:`page` registers a view together with its access. Requests to an endpoint without one are
refused, so that a forgotten declaration shows as a locked page and never as an open one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from flask import Blueprint

from app.permissions import Actor, Permission
from app.services.tokens import Scope

View = TypeVar("View", bound=Callable[..., Any])


class Open(Enum):
    """Access that needs no particular permission."""

    EVERYBODY = "everybody"
    SIGNED_IN = "signed in"


@dataclass(frozen=True)
class ByToken:
    """Access of programs by a personal token with ``scope``; ``None``: with any of its scopes."""

    scope: Scope | None = None


Access = Open | Permission | frozenset[Permission] | ByToken

# Endpoints of libraries; ours are added by `page`.
LIBRARY_ACCESS: dict[str, Access] = {
    "static": Open.EVERYBODY,
    "bootstrap.static": Open.EVERYBODY,
    "security.login": Open.EVERYBODY,
    "security.logout": Open.SIGNED_IN,
    "security.forgot_password": Open.EVERYBODY,
    "security.reset_password": Open.EVERYBODY,  # the link in the mail is what opens it
    "security.change_password": Open.SIGNED_IN,
    "security.verify": Open.SIGNED_IN,
    # Between password and second factor nobody is signed in; the library asks for that state.
    "security.two_factor_setup": Open.EVERYBODY,
    "security.two_factor_token_validation": Open.EVERYBODY,
    "security.two_factor_rescue": Open.EVERYBODY,
    "security.tf_select": Open.EVERYBODY,
    "security.mf_recovery": Open.EVERYBODY,
    "security.wan_signin": Open.EVERYBODY,
    "security.wan_signin_response": Open.EVERYBODY,
    "security.two_factor_setup_validate": Open.SIGNED_IN,
    "security.mf_recovery_codes": Open.SIGNED_IN,
    "security.wan_register": Open.SIGNED_IN,
    "security.wan_register_response": Open.SIGNED_IN,
    "security.wan_delete": Open.SIGNED_IN,
    "security.wan_verify": Open.SIGNED_IN,
    "security.wan_verify_response": Open.SIGNED_IN,
}
_declared: dict[str, Access] = dict(LIBRARY_ACCESS)


def page(
    blueprint: Blueprint, rule: str, who: Access, methods: tuple[str, ...] = ("GET",)
) -> Callable[[View], View]:
    """Register a view at ``rule`` for ``who``; a set of permissions means any one of them."""

    def register(view: View) -> View:
        endpoint = f"{blueprint.name}.{view.__name__}"
        if _declared.setdefault(endpoint, who) != who:
            raise ValueError(f"{endpoint} is declared twice with different access")
        blueprint.add_url_rule(rule, view_func=view, methods=list(methods))
        return view

    return register


def declared_access(endpoint: str) -> Access | None:
    """Who may use an endpoint; ``None`` means that nobody said, hence nobody may."""
    return _declared.get(endpoint)


def may_use(actor: Actor | None, access: Access | None) -> bool:
    """Whether ``actor`` (``None`` if not signed in) may use something with this access.

    Nobody who is signed in with a browser may use what is for tokens.
    """
    if access is None:
        return False
    if access is Open.EVERYBODY:
        return True
    if actor is None:
        return False
    if isinstance(access, Permission):
        return access in actor.permissions
    if isinstance(access, frozenset):
        return bool(access & actor.permissions)
    return access is Open.SIGNED_IN
