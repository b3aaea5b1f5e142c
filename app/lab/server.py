"""The panel's part of the Jupyter server: what the project is, and the way into its outbox.

It runs inside the confined lab, reads the project's folder and no other, and answers only who holds
the server's token.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

from app.lab.panel import (
    check_request,
    describe_project,
    files_to_send,
    find_concepts,
    send_request,
)
from cohorts.project import PROJECT_VARIABLE
from deid.errors import CareCommonsError

_ADDRESS: Final = "carecommons"


class _Handler(APIHandler):
    """Answers with JSON; an expected error keeps its text, any other only its kind."""

    async def _answer(self, work: Callable[..., dict[str, Any]], *arguments: Any) -> None:
        try:
            document = await asyncio.get_running_loop().run_in_executor(None, work, *arguments)
        except CareCommonsError as error:
            self.set_status(400)
            document = {"message": str(error) if error.public else "the reason is not shown"}
        self.finish(json.dumps(document))


class ProjectHandler(_Handler):
    """The project with its tables and columns."""

    @web.authenticated
    async def get(self) -> None:
        await self._answer(describe_project, _folder())


class ConceptsHandler(_Handler):
    """Delivered concepts by words of their names."""

    @web.authenticated
    async def get(self) -> None:
        await self._answer(find_concepts, _folder(), self.get_argument("words", "")[:200])


class FilesHandler(_Handler):
    """Files of the workspace that may be sent."""

    @web.authenticated
    async def get(self) -> None:
        await self._answer(files_to_send, _folder())


class CheckHandler(_Handler):
    """What the check says of files."""

    @web.authenticated
    async def post(self) -> None:
        await self._answer(check_request, _folder(), self.get_json_body() or {})


class ReleaseHandler(_Handler):
    """Lays files into the outbox."""

    @web.authenticated
    async def post(self) -> None:
        await self._answer(send_request, _folder(), self.get_json_body() or {})


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "app.lab.server"}]


def _load_jupyter_server_extension(server: Any) -> None:
    base = server.web_app.settings["base_url"]
    handlers: list[tuple[str, type[_Handler]]] = [
        ("project", ProjectHandler),
        ("concepts", ConceptsHandler),
        ("files", FilesHandler),
        ("check", CheckHandler),
        ("release", ReleaseHandler),
    ]
    server.web_app.add_handlers(
        ".*$", [(url_path_join(base, _ADDRESS, name), handler) for name, handler in handlers]
    )


def _folder() -> Path:
    return Path(os.environ[PROJECT_VARIABLE])
