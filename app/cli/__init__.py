"""The command line ``carecommons``: one group whose commands load only when they are called.

Loading by name keeps the worlds apart: ``carecommons serve`` never imports the vault.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from pathlib import Path

import click

from deid.errors import CareCommonsError

_FRAMES_SHOWN = 6

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("app.cli.demo:demo", "Everything at once, on synthetic residents; opens the portal."),
    "vault": ("deid.cli.vault:vault", "Create the vault, import records, check their quality."),
    "keys": ("deid.cli.keys:keys", "Create and show the installation's keyring."),
    "synth": ("deid.cli.synth:synth", "Put synthetic residents into the vault."),
    "scrub": ("deid.cli.scrub:scrub", "Replace identifiers in a file of notes."),
    "anonymise": (
        "deid.cli.anonymise:anonymise",
        "Anonymise any table: k, l, t, with measured loss.",
    ),
    "train": ("deid.cli.train:train", "Make the text engine's models again, from scratch."),
    "policy": ("deid.cli.policy:policy", "List and explain de-identification policies."),
    "release": ("deid.cli.release:release", "Build, list and verify releases."),
    "cohort": ("app.cli.cohort:cohort", "Run a cohort definition (OHDSI Circe JSON)."),
    "case": ("app.cli.case:case", "Draft, show, export and import teaching cases."),
    "serve": ("app.cli.serve:serve", "Serve the portal."),
    "backup": ("app.cli.backup:backup", "Write the portal's database and files, encrypted."),
    "restore": ("app.cli.backup:restore", "Put a backup back into an empty place."),
    "worker": ("app.cli.worker:worker", "Carry out approved requests: extract and deliver."),
    "reidentify": (
        "app.cli.reidentify:reidentify",
        "Find out who a person is, for that person's safety: two people, a reason, a record.",
    ),
    "lab": ("app.cli.lab:lab", "Open JupyterLab in a project's workspace."),
    "extract": ("app.cli.extract:extract", "List, verify and compare delivered extracts."),
    "audit": ("app.cli.audit:audit", "Verify and export the audit log."),
    "user": ("app.cli.user:user", "Add portal users, give roles, reset passwords."),
    "lti": ("app.cli.lti:lti", "Register learning platforms whose courses open cases."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is run."""

    def list_commands(self, context: click.Context) -> list[str]:
        """All command names, in the order of a first day's work."""
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Import one command."""
        if name not in COMMANDS:
            return None
        module_name, attribute = COMMANDS[name][0].split(":")
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError as error:
            if error.name and error.name.split(".")[0] in {"app", "deid", "cohorts", "casebank"}:
                raise
            raise click.ClickException(
                f"`carecommons {name}` needs the package {error.name}; "
                "install the extra that holds it: carecommons[engine], [portal] or [lab]"
            ) from None
        return getattr(module, attribute)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """List commands from the table, importing none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, meaning) for name, (_, meaning) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="carecommons", prog_name="carecommons")
def cli() -> None:
    """Research and teaching over de-identified resident health records.

    See all of it on synthetic residents:

    \b
      carecommons demo

    With records of your own, on the machine that holds the vault:

    \b
      carecommons keys create                      the keyring, readable by you only
      carecommons vault create                     SQLite, or PostgreSQL by URL
      carecommons vault import omop DIR            or: import fhir DIR
      carecommons vault check                      what is missing or impossible
      carecommons policy explain limited-research  what happens to each column
      carecommons release build --name county-v1   published whole, or not at all
      carecommons release verify county-v1 --with-vault

    On the machine that serves the portal, which needs neither vault nor keys:

    \b
      carecommons user add ADDRESS --role steward
      carecommons serve

    Approved requests are carried out with the keys, and analysed in a lab:

    \b
      carecommons worker
      carecommons lab --project CODE

    Everything lies under the folder CARECOMMONS_HOME (default: ./var); all other
    settings are environment variables too, and docs/settings.md lists them.
    Exit codes: 0 done, 1 refused with the reason, 2 wrong usage.
    """


def main() -> None:
    """Run the command line; an expected error is one line, never a traceback."""
    # Whoever may write into a folder of ours can put another in the place of what lies there.
    os.umask(os.umask(0o077) | 0o022)
    try:
        # A command that ends by click's Exit gives its code back here instead of raising it.
        sys.exit(cli(standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Abort:
        click.echo("interrupted; nothing half-done is left visible", err=True)
        sys.exit(1)
    except CareCommonsError as error:
        click.echo(f"carecommons: {error}", err=True)
        sys.exit(error.exit_code)
    except ModuleNotFoundError as error:
        click.echo(
            f"carecommons: the package {error.name} is not installed here; install Care Commons "
            "again, with the extra that this machine needs: [engine], [portal] or [lab]",
            err=True,
        )
        sys.exit(1)
    except OSError as error:
        click.echo(describe_system(error) or describe_unexpected(error), err=True)
        sys.exit(1)
    except Exception as error:
        click.echo(describe_unexpected(error), err=True)
        sys.exit(1)


def describe_system(error: OSError) -> str:
    """What the operating system refused, by file; empty if it names none."""
    if not isinstance(error.filename, str | Path) or not error.strerror:
        return ""
    return f"carecommons: {error.filename}: {error.strerror}; nothing half-done is left visible"


def describe_unexpected(error: BaseException) -> str:
    """Where an unforeseen error arose, and of what kind; never its message.

    The message of a database or parser error may quote a row, and a row may be a person's.
    """
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"  {Path(f.filename).name}:{f.lineno} in {f.name}" for f in frames]
    return "\n".join(
        [
            f"carecommons: unexpected {type(error).__name__}; nothing half-done is left visible.",
            "Its message is not shown, since it may quote a record. It arose here:",
            *places[-_FRAMES_SHOWN:],
            "This is a fault of the program: please report these lines.",
        ]
    )
