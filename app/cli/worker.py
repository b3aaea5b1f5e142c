"""``carecommons worker``: carries out approved requests."""

from __future__ import annotations

import os
import signal
import threading
from functools import cache, partial

import click

from app.db.database import open_database
from app.logs import write_json_lines
from app.mail import mail_server, send
from app.services.lti_platforms import SigningKey
from app.settings import PortalSettings
from app.worker.loop import run_forever, run_once
from app.worker.workshop import Workshop
from deid.keys import Keyring
from deid.settings import EngineSettings


@click.command()
@click.option("--once", is_flag=True, help="Do what waits now, then end.")
def worker(once: bool) -> None:
    """Carry out approved requests: extract and deliver.

    The worker holds the keyring; the portal never does. It may be stopped at any time: a job that
    was cut off is taken again, and an extract is either wholly there or not at all.
    """
    write_json_lines()
    settings = PortalSettings.from_environ(os.environ)
    engine = EngineSettings.from_environ(os.environ)
    mail_server(settings)  # a wrong setting is told now, and not with the first message
    workshop = Workshop(
        database=open_database(settings.database_url),
        keyring=Keyring.load(engine.keyring),
        release_root=settings.release_root,
        project_root=settings.project_root,
        minimum_people=settings.minimum_cell,
        evidence_root=engine.evidence_root,
        signing_key=cache(lambda: SigningKey.beside(settings.secret_file)),
        send=partial(send, settings),
        address=settings.public_address,
        audit_heads=engine.audit_heads,
    )
    if once:
        done = run_once(workshop)
        click.echo(f"{done} job{'' if done == 1 else 's'} carried out")
        return
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    click.echo("waiting for approved requests (stop with Ctrl-C)")
    run_forever(workshop, stop)
