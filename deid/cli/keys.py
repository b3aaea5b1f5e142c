"""``carecommons keys``: the installation's keyring, never the key itself."""

from __future__ import annotations

import os

import click

from deid.keys import Keyring
from deid.settings import EngineSettings


@click.group()
def keys() -> None:
    """Create and show the installation's keyring.

    The keyring holds the one key from which every release's and project's pseudonyms are drawn.
    Back it up apart from the vault: without it no release can be built again as it was, and with
    it and the vault together people can be re-identified.
    """


@keys.command()
def create() -> None:
    """Make a new keyring, mode 0600; an existing one is kept and the command refused."""
    path = EngineSettings.from_environ(os.environ).keyring
    keyring = Keyring.create(path)
    click.echo(f"key {keyring.key_id} in {path}")


@keys.command()
def show() -> None:
    """Show the key's id and where the keyring is."""
    path = EngineSettings.from_environ(os.environ).keyring
    keyring = Keyring.load(path)
    click.echo(f"key {keyring.key_id} in {path}")
