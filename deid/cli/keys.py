"""``carecommons keys``: the installation's keyring, never the key itself."""

from __future__ import annotations

import os

import click

from deid.keys import Keyring
from deid.settings import EngineSettings


@click.group()
def keys() -> None:
    """Create, show, rotate and destroy the keys of the installation.

    The keyring holds the keys from which every release's and project's pseudonyms are drawn. Back
    it up apart from the vault: without it no release can be built again as it was, and with it and
    the vault together people can be re-identified.
    """


@keys.command()
def create() -> None:
    """Make a new keyring, mode 0600; an existing one is kept and the command refused."""
    path = EngineSettings.from_environ(os.environ).keyring
    keyring = Keyring.create(path)
    click.echo(f"key {keyring.key_id} in {path}")


@keys.command()
def show() -> None:
    """Show the ids of all keys, and which releases were built with each."""
    settings = EngineSettings.from_environ(os.environ)
    keyring = Keyring.load(settings.keyring)
    click.echo(f"key {keyring.key_id} in {settings.keyring}")
    for generation in reversed(keyring.generations):
        state = f"destroyed {generation.destroyed}" if generation.destroyed else "kept"
        if generation.key_id == keyring.key_id:
            state = "current"
        made = f", made {generation.made}" if generation.made else ""
        releases = ", ".join(_releases(settings, generation.key_id)) or "no release here"
        click.echo(f"  {generation.key_id}: {state}{made}; {releases}")


@keys.command()
def rotate() -> None:
    """Make a new key for new releases and extracts; what was built before can still be verified."""
    from deid.keys import rotate as rotate_keyring

    settings = EngineSettings.from_environ(os.environ)
    before = Keyring.load(settings.keyring).key_id
    keyring = rotate_keyring(settings.keyring)
    click.echo(
        f"key {keyring.key_id} is current; {before} is kept for what was built with it. "
        "Back the keyring up again."
    )


@keys.command()
@click.argument("key_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
def destroy(key_id: str, yes: bool) -> None:
    """Destroy an earlier key for good.

    What was built with it can still be read. Nobody can verify it against the vault any more, say
    whose note was withheld, or re-identify a person in it. Backups of the keyring still hold the
    key: destroy it there too.
    """
    from deid.keys import destroy as destroy_key

    settings = EngineSettings.from_environ(os.environ)
    Keyring.load(settings.keyring).of(key_id)
    releases = ", ".join(_releases(settings, key_id)) or "no release here"
    if not yes:
        click.confirm(f"destroy key {key_id} ({releases}) for good?", abort=True)
    destroy_key(settings.keyring, key_id)
    click.echo(f"key {key_id} is destroyed ({releases}); destroy it in backups of the keyring too")


def _releases(settings: EngineSettings, key_id: str) -> list[str]:
    """Names of the releases here that were built with a key; one that is damaged is marked."""
    from deid.errors import ReleaseError
    from deid.release import open_release

    found = []
    for folder in sorted(settings.release_root.glob("[!.]*")):
        try:
            if open_release(settings.release_root, folder.name).manifest.key_id == key_id:
                found.append(folder.name)
        except ReleaseError:
            found.append(f"perhaps {folder.name}, which cannot be opened")
    return found
