"""``carecommons backup`` and ``restore``: the portal in one encrypted file, and back."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import click

from app.backup import Contents, create_backup, restore_backup
from app.errors import BackupRefused
from app.settings import PortalSettings

SHORTEST_PASSPHRASE = 12
_passphrase_file = click.option(
    "--passphrase-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with the passphrase, readable by you only; otherwise it is asked for.",
)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@_passphrase_file
@click.option(
    "--projects/--without-projects",
    default=True,
    show_default=True,
    help="Whether extracts go along.",
)
def backup(file: Path, passphrase_file: Path | None, projects: bool) -> None:
    """Write the portal's database and files to FILE, encrypted. The portal may go on meanwhile.

    Releases, vault and keyring are not in it: releases are copied as files, the vault by its
    database's own means, and the keyring to a safe of its own.
    """
    passphrase = _passphrase(passphrase_file, confirm=True)
    contents = create_backup(PortalSettings.from_environ(os.environ), file, passphrase, projects)
    click.echo(f"{file}: {_told(contents)}")
    click.echo(f"head of the audit log: {contents.audit_head} (keep it elsewhere too)")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_passphrase_file
def restore(file: Path, passphrase_file: Path | None) -> None:
    """Put a backup back into an empty place: the one that the settings name.

    Everything is read, decrypted and compared with its hashes before any of it is visible.
    """
    passphrase = _passphrase(passphrase_file, confirm=False)
    contents = restore_backup(PortalSettings.from_environ(os.environ), file, passphrase)
    click.echo(f"put back: {_told(contents)}")
    click.echo(f"head of the audit log in the backup: {contents.audit_head}")


def _passphrase(file: Path | None, confirm: bool) -> str:
    if file is None:
        if not sys.stdin.isatty():
            raise click.UsageError(
                "there is no terminal to ask for the passphrase: give --passphrase-file"
            )
        passphrase = click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm)
    else:
        mode = stat.S_IMODE(file.stat().st_mode)
        if mode & 0o077:
            raise BackupRefused(f"{file}: mode is {mode:04o}, others can read the passphrase.")
        passphrase = file.read_text("utf-8").strip()
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise BackupRefused(f"The passphrase needs {SHORTEST_PASSPHRASE} characters or more.")
    return passphrase


def _told(contents: Contents) -> str:
    rows = sum(contents.rows.values())
    return (
        f"{rows:,} rows in {len(contents.rows)} tables, {contents.files:,} files, "
        f"{contents.size / 1e6:,.1f} MB"
    )
