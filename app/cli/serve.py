"""``carecommons serve``: the portal on a production server."""

from __future__ import annotations

import os
from dataclasses import replace

import click
import waitress

from app.portal import create_app
from app.settings import PortalSettings
from deid.errors import ConfigurationError


@click.command()
@click.option("--host", default=None, help="Address to serve on; default 127.0.0.1.")
@click.option("--port", default=None, type=click.IntRange(1, 65535), help="Default 8000.")
@click.option("--threads", default=8, type=click.IntRange(1, 64), show_default=True)
def serve(host: str | None, port: int | None, threads: int) -> None:
    """Serve the portal.

    The portal's database and the file with its session secret are made at the first start. An
    address other than this machine's own needs TLS in front: cookies are then sent over HTTPS only.
    """
    settings = PortalSettings.from_environ(os.environ)
    settings = replace(settings, host=host or settings.host, port=port or settings.port)
    app = create_app(settings)
    try:
        server = waitress.create_server(
            app,
            host=settings.host,
            port=settings.port,
            threads=threads,
            ident=None,
            clear_untrusted_proxy_headers=True,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no such address"
        raise ConfigurationError(
            f"port {settings.port} of {settings.host} cannot be used ({reason}); "
            "choose others with --host and --port"
        ) from None
    click.echo(f"Care Commons on http://{settings.host}:{settings.port}/ (stop with Ctrl-C)")
    server.run()
