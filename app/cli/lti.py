"""``carecommons lti``: learning platforms whose courses open cases."""

from __future__ import annotations

import os

import click

from app.db.database import Database, open_database
from app.permissions import COMMAND_LINE
from app.services.lti_platforms import PlatformFields, add_platform, list_platforms, set_active
from app.settings import PortalSettings


@click.group()
def lti() -> None:
    """Register learning platforms (LTI 1.3): Moodle, Canvas and others.

    A registered platform's courses open cases of the portal and get the marks back. What the
    platform asks for in turn stands on the portal's page "Platforms".
    """


@lti.command()
@click.option("--title", required=True, help="As your people call the platform.")
@click.option("--issuer", required=True, help="Platform ID, as the platform shows it.")
@click.option("--client-id", required=True)
@click.option("--login-url", required=True, help="Authentication request URL.")
@click.option("--token-url", required=True, help="Access token URL.")
@click.option("--keys-url", required=True, help="Public keyset URL.")
@click.option("--deployment", "deployments", multiple=True, required=True, help="May be repeated.")
def add(
    title: str,
    issuer: str,
    client_id: str,
    login_url: str,
    token_url: str,
    keys_url: str,
    deployments: tuple[str, ...],
) -> None:
    """Register a platform."""
    fields = PlatformFields(title, issuer, client_id, login_url, token_url, keys_url, deployments)
    with _database().writing() as session:
        platform = add_platform(session, COMMAND_LINE, fields)
    click.echo(f"registered as platform {platform.id}")


@lti.command(name="list")
def list_() -> None:
    """List platforms."""
    with _database().reading() as session:
        for one in list_platforms(session, COMMAND_LINE):
            state = "trusted" if one.active else "refused"
            click.echo(f"{one.id}\t{one.title}\t{one.issuer}\t{one.client_id}\t{state}")


@lti.command()
@click.argument("platform_id", type=int)
def close(platform_id: int) -> None:
    """Refuse a platform's launches from now on."""
    with _database().writing() as session:
        set_active(session, COMMAND_LINE, platform_id, False)
    click.echo("its launches are refused now")


@lti.command(name="open")
@click.argument("platform_id", type=int)
def open_(platform_id: int) -> None:
    """Trust a platform's launches again."""
    with _database().writing() as session:
        set_active(session, COMMAND_LINE, platform_id, True)
    click.echo("its launches are trusted")


def _database() -> Database:
    return open_database(PortalSettings.from_environ(os.environ).database_url)
