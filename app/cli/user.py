"""``carecommons user``: accounts of the portal."""

from __future__ import annotations

import os
import sys

import click

from app.db.database import Database, open_database
from app.permissions import COMMAND_LINE, Role
from app.services.accounts import (
    create_user,
    get_user,
    list_users,
    parse_roles,
    reset_password,
    set_roles,
)
from app.services.passwords import generate_password
from app.settings import PortalSettings

_roles = click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice([role.value for role in Role]),
    help="A role; may be given several times.",
)
_password = click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the password from standard input; otherwise one is made and printed once.",
)


@click.group()
def user() -> None:
    """Add portal users, give roles, reset passwords."""


@user.command()
@click.argument("email")
@_roles
@click.option("--name", default="", help="The person's name as shown in the portal.")
@_password
def add(email: str, roles: tuple[str, ...], name: str, password_stdin: bool) -> None:
    """Add a user.

    \b
    carecommons user add ada@place.org --role researcher --name "Ada Example"
    """
    password = _read_password(password_stdin)
    with _database().writing() as session:
        create_user(session, COMMAND_LINE, email, name, parse_roles(roles), password)
    _tell("added", password, password_stdin)


@user.command()
@click.argument("email")
@_roles
def role(email: str, roles: tuple[str, ...]) -> None:
    """Give a user exactly these roles."""
    with _database().writing() as session:
        set_roles(session, COMMAND_LINE, get_user(session, email), parse_roles(roles))
    click.echo("roles set")


@user.command()
@click.argument("email")
@_password
def reset(email: str, password_stdin: bool) -> None:
    """Set a new password; sessions of the user end."""
    password = _read_password(password_stdin)
    with _database().writing() as session:
        reset_password(session, COMMAND_LINE, get_user(session, email), password)
    _tell("password reset", password, password_stdin)


@user.command(name="list")
def list_() -> None:
    """List users with their roles."""
    with _database().reading() as session:
        users = list_users(session, COMMAND_LINE)
        if not users:
            click.echo(
                "no user yet; add one with `carecommons user add ADDRESS --role ROLE`", err=True
            )
        for found in users:
            names = ",".join(sorted(role.name for role in found.roles))
            state = "" if found.active else "\tclosed"
            click.echo(f"{found.email}\t{found.name}\t{names}{state}")


def _database() -> Database:
    return open_database(PortalSettings.from_environ(os.environ).database_url)


def _read_password(from_stdin: bool) -> str:
    return sys.stdin.readline().rstrip("\n") if from_stdin else generate_password()


def _tell(what: str, password: str, given: bool) -> None:
    click.echo(what if given else f"{what}; password: {password}")
