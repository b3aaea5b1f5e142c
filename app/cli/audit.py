"""``carecommons audit``: verify and export the audit log."""

from __future__ import annotations

import os
from pathlib import Path

import click

from app.audit import verify_chain
from app.audit_heads import AuditBroken, hashes_of, read_heads
from app.db.database import Database, open_existing_database
from app.permissions import COMMAND_LINE
from app.services.audit_log import FORMATS, AuditFilter, export_audit, parse_day
from app.settings import PortalSettings


@click.group()
def audit() -> None:
    """Verify and export the audit log of the portal."""


@audit.command()
@click.option(
    "--head",
    "heads_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File of signed heads, or a copy of it that was kept elsewhere.",
)
@click.option(
    "--signer",
    "signers",
    multiple=True,
    help="Public key that the heads must be signed by, in hexadecimal; may be repeated.",
)
def verify(heads_file: Path | None, signers: tuple[str, ...]) -> None:
    """Walk the whole log and tell the first event that does not fit; then the exit code is 1.

    Without signed heads a log that was rewritten from some event to its end, or cut off, cannot be
    told from a true one: keep the worker's file of heads, and its public key, where nobody who
    writes the portal's database reaches them.

    \b
    carecommons audit verify --head /mnt/elsewhere/audit-heads.jsonl --signer 5f3a...
    """
    if signers and heads_file is None:
        raise click.UsageError("--signer needs --head")
    heads = read_heads(heads_file, signers) if heads_file else []
    with _database().reading() as session:
        check = verify_chain(session, hashes_of(heads))
    if not check.intact:
        raise AuditBroken(f"the audit log is broken at event {check.broken_at}: {check.why}")
    click.echo(f"{check.rows} events, the chain holds; newest hash {check.head}")
    if not heads:
        click.echo(
            "not compared with signed heads: a log that was rewritten to its end would hold as well"
        )
        return
    newest = heads[-1]
    click.echo(
        f"{len(heads)} signed heads fit; the newest is of event {newest.events}, {newest.at}"
    )
    if not signers:
        for signer in dict.fromkeys(head.signer for head in heads):
            click.echo(f"signed by {signer}: compare it with the key that you wrote down")


@audit.command()
@click.option("--format", "form", type=click.Choice(sorted(FORMATS)), default="ndjson")
@click.option("--since", default="", help="First day, in UTC, such as 2026-11-28.")
@click.option("--until", default="", help="Last day, in UTC.")
@click.option("--action", default="", help="Only actions that hold this.")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
def export(form: str, since: str, until: str, action: str, file: Path) -> None:
    """Write events, oldest first, to a new FILE that only you can read."""
    wanted = AuditFilter(action=action, since=parse_day(since), until=parse_day(until))
    with _database().writing() as session:
        made = export_audit(session, COMMAND_LINE, wanted, form)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as opened:
            opened.write(made)
    click.echo(f"written to {file}")


@audit.command()
def signer() -> None:
    """Show the public key that the worker signs heads by; on the worker's machine.

    Write it down where you keep the copies of the heads.
    """
    # Only here: the portal's machine has neither the keyring nor what reads it.
    from app.worker.heads import signer_of
    from deid.keys import Keyring
    from deid.settings import EngineSettings

    click.echo(signer_of(Keyring.load(EngineSettings.from_environ(os.environ).keyring)))


def _database() -> Database:
    return open_existing_database(PortalSettings.from_environ(os.environ).database_url)
