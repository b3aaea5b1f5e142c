"""``carecommons serve``: the portal on a production server."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any
from wsgiref.types import WSGIApplication

import click
import waitress
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError

from app.db.database import open_database
from app.logs import write_json_lines
from app.portal import create_app
from app.production import check_production
from app.settings import PortalSettings
from deid.errors import ConfigurationError


@click.command()
@click.option("--host", default=None, help="Address to serve on; default 127.0.0.1.")
@click.option("--port", default=None, type=click.IntRange(1, 65535), help="Default 8000.")
@click.option("--threads", default=8, type=click.IntRange(1, 64), show_default=True)
def serve(host: str | None, port: int | None, threads: int) -> None:
    """Serve the portal.

    The portal's database and the file with its session secret are made at the first start. An
    address other than this machine's own needs TLS in front: cookies are then sent over HTTPS only,
    and what belongs to a trial is refused. Its log is lines of JSON on the error output.
    """
    settings = PortalSettings.from_environ(os.environ)
    settings = replace(settings, host=host or settings.host, port=port or settings.port)
    database = open_database(settings.database_url)
    with database.reading() as session:
        check_production(settings, session)
    write_json_lines()
    app = create_app(settings, database)
    try:
        server = server_of(app, settings, threads)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no such address"
        raise ConfigurationError(
            f"port {settings.port} of {settings.host} cannot be used ({reason}); "
            "choose others with --host and --port"
        ) from None
    click.echo(f"Care Commons on http://{settings.host}:{settings.port}/ (stop with Ctrl-C)")
    server.run()


class _OneLength(HTTPRequestParser):
    """Refuses what says its length in two ways: the server in front may have believed the other."""

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("a request has a length or chunks, not both")


def server_of(app: WSGIApplication, settings: PortalSettings, threads: int) -> Any:
    """The server, listening and not yet running; port 0 takes a free one.

    Raises:
        OSError, ValueError: if the address cannot be listened on.
    """
    HTTPChannel.parser_class = _OneLength
    return waitress.create_server(
        app,
        host=settings.host,
        port=settings.port,
        threads=threads,
        ident=None,
        asyncore_use_poll=True,  # select() knows no descriptor above 1,023
        clear_untrusted_proxy_headers=True,
        **_proxy(settings.trusted_proxy),
    )


def _proxy(address: str) -> dict[str, Any]:
    """Whose headers are believed, and which: who asks, by which scheme, under which name."""
    if not address:
        return {}
    headers = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"}
    return {"trusted_proxy": address, "trusted_proxy_count": 1, "trusted_proxy_headers": headers}
