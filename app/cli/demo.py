"""``carecommons demo``: everything at once, on synthetic residents."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import time
from dataclasses import replace
from pathlib import Path

import click

from app.demo.accounts import ACCOUNTS
from app.demo.community import COMMUNITY_PROJECT
from app.demo.portal import prepare_portal
from app.demo.processes import portal_environment, run_together
from app.demo.records import demo_releases, prepare_records
from app.demo.teaching import PUBLISHED_CASES
from app.settings import PortalSettings
from deid.errors import ConfigurationError, GateRefused
from deid.settings import EngineSettings

RESIDENTS = 600


@click.command()
@click.option(
    "--residents",
    type=click.IntRange(min=600),
    default=RESIDENTS,
    show_default=True,
    help="How many synthetic residents; only the first run looks at it.",
)
@click.option(
    "--cases",
    type=click.IntRange(min=6),
    default=PUBLISHED_CASES,
    show_default=True,
    help="How many cases are drafted, signed and published, in six sets; only the first run looks "
    "at it.",
)
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the portal; default 8000.")
@click.option("--prepare-only", is_flag=True, help="Make everything, serve nothing.")
def demo(residents: int, cases: int, port: int | None, prepare_only: bool) -> None:
    """Everything at once, on synthetic residents; opens the portal.

    The first run makes a keyring, fills a vault, builds a release for research and one for
    teaching, and seeds users, case sets, a class and one request in each state. A later run changes
    nothing that exists and serves again. All of it lies under CARECOMMONS_HOME (default: ./var); to
    start afresh, remove that folder.

    The portal and the worker run as two processes. This is a demonstration on one account of one
    machine: in real use each process has an account of its own.
    """
    begun = time.monotonic()
    engine = EngineSettings.from_environ(os.environ)
    settings = PortalSettings.from_environ(os.environ)
    settings = replace(settings, port=port or settings.port)
    if not prepare_only:
        _check_port_is_free(settings)
    try:
        keyring = prepare_records(engine, residents, _say)
    except GateRefused as error:
        raise GateRefused(f"{error}\n{_after_refusal(engine)}") from None
    research, teaching = demo_releases(engine)
    portal = prepare_portal(
        settings, keyring, research, teaching, engine.evidence_root, _say, cases
    )
    _say(f"ready in {time.monotonic() - begun:.0f} s")
    _introduce(settings, portal.password, served=not prepare_only)
    if prepare_only:
        return
    environment = portal_environment(os.environ)
    served = ["serve", "--host", settings.host, "--port", str(settings.port)]
    raise SystemExit(run_together([(served, environment), (["worker"], os.environ)]))


def _after_refusal(engine: EngineSettings) -> str:
    """The same keyring gives the same surrogates, so that only another one helps."""
    return (
        "Invented names of this release happen to be names of other invented residents, and the\n"
        "gate tells no difference. Another key gives other names: remove the file\n"
        f"  {engine.keyring}\n"
        "and run the demonstration again. Never do that with a keyring of real releases."
    )


def _check_port_is_free(settings: PortalSettings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise ConfigurationError(
                f"port {settings.port} of {settings.host} cannot be used ({error.strerror}); "
                "choose another with --port"
            ) from None


def _introduce(settings: PortalSettings, password: str, *, served: bool) -> None:
    width = max(len(account.email) for account in ACCOUNTS)
    lines = [
        "",
        f"Care Commons, on synthetic residents:  http://{settings.host}:{settings.port}/",
        "",
        "Sign in as one of these; all have the same password:",
        "",
        *(f"  {account.email:<{width}}  {', '.join(account.roles)}" for account in ACCOUNTS),
        "",
        f"  password: {password}",
        "",
        f"Analyse the delivered data:  {_own_name()} lab --project {COMMUNITY_PROJECT}",
        "Stop with Ctrl-C." if served else f"Serve it:  {_own_name()} demo",
        "",
    ]
    click.echo("\n".join(lines))


def _own_name() -> str:
    """How this program is called from here: by its path if the shell would not find it."""
    own = Path(sys.argv[0])
    if shutil.which("carecommons") or own.name != "carecommons":
        return "carecommons"
    folder = Path.cwd()
    return str(own.relative_to(folder) if own.is_relative_to(folder) else own)


def _say(line: str) -> None:
    click.echo(f"· {line}", err=True)
