"""``carecommons reidentify``: who a person is, for that person's safety.

Runs where the vault and the keyring are. The portal has no way to do it.
"""

from __future__ import annotations

import os

import click

from app.db.database import Database, open_database
from app.permissions import Actor, Permission
from app.services import reidentification as service
from app.settings import PortalSettings

_address = click.option(
    "--as", "email", prompt="Your address in the portal", help="Your address in the portal."
)


@click.group()
def reidentify() -> None:
    """Find out who a person is, for that person's safety.

    \b
    One person asks, with a reason; another one, a steward, approves; then the first
    one sees the answer, once. Both type their own portal password on this machine.

    \b
      carecommons reidentify request --release county-v1 --person 123 --reason "..."
      carecommons reidentify approve ID
      carecommons reidentify show ID

    Each step is in the portal's audit log; the answer is nowhere but on the screen.
    """


@reidentify.command()
@click.option("--release", default="", help="Release that the pseudonym is from.")
@click.option("--project", default="", help="Or the project ...")
@click.option("--extract", default="", help="... and its extract.")
@click.option("--person", type=int, required=True, help="The pseudonym: person_id there.")
@click.option("--reason", required=True, help="Why; do not name anybody, the audit log keeps it.")
@_address
def request(release: str, project: str, extract: str, person: int, reason: str, email: str) -> None:
    """Ask who a person is."""
    if bool(release) == bool(project and extract) or bool(project) != bool(extract):
        raise click.UsageError("give --release, or --project and --extract")
    database = _database()
    actor = _confirm(database, email, Permission.ASK_REIDENTIFICATION)
    target = service.Target(person, release, project, extract)
    with database.writing() as session:
        case_id = service.ask(session, actor, target, reason)
    click.echo(
        f"request {case_id} is recorded; a steward who is not you approves it with "
        f"`carecommons reidentify approve {case_id}`"
    )


@reidentify.command()
@click.argument("case_id")
@_address
def approve(case_id: str, email: str) -> None:
    """Approve the request of somebody else."""
    database = _database()
    with database.reading() as session:
        case = service.get_case(session, case_id)
    click.echo(
        f"{case.requester} asked on {case.requested_at:%Y-%m-%d %H:%M} UTC who person "
        f"{case.target.person} of {case.target.words} is:\n  {case.reason}"
    )
    actor = _confirm(database, email, Permission.APPROVE_REIDENTIFICATION)
    with database.writing() as session:
        service.approve(session, actor, case_id)
    click.echo(f"approved; {case.requester} sees it with `carecommons reidentify show {case_id}`")


@reidentify.command()
@click.argument("case_id")
@_address
def show(case_id: str, email: str) -> None:
    """Show who the person is, once, to the one who asked."""
    from app.worker.reidentification import trace
    from deid.keys import Keyring
    from deid.settings import EngineSettings

    engine = EngineSettings.from_environ(os.environ)
    portal = PortalSettings.from_environ(os.environ)
    database = _database()
    actor = _confirm(database, email, Permission.ASK_REIDENTIFICATION)
    with database.reading() as session:
        case = service.check_answer(session, actor, case_id)
    found = trace(
        case.target,
        engine.release_root,
        portal.project_root,
        engine.vault_url,
        Keyring.load(engine.keyring),
    )
    # Recorded before it is shown: an answer that was seen is never unrecorded.
    with database.writing() as session:
        service.record_answer(session, actor, case_id)
    click.echo(f"person_id in the vault: {found.person_id}")
    click.echo(f"name: {found.full_name or 'not known'}")
    for kind, value in found.identifiers:
        click.echo(f"{kind}: {value}")


def _database() -> Database:
    return open_database(PortalSettings.from_environ(os.environ).database_url)


def _confirm(database: Database, email: str, wanted: Permission) -> Actor:
    password = click.prompt("Your portal password", hide_input=True)
    return service.confirm_identity(database, email, password, wanted)
