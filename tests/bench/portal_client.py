"""A demonstration served by its own command, and clients that ask it as browsers do."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

HOME = "CARECOMMONS_BENCH_HOME"
"""Names a folder with a prepared demonstration, which is copied and left as it is."""
COMMAND = [sys.executable, "-m", "app.cli"]


@dataclass(frozen=True)
class Serving:
    """A portal that answers on ``port``; ``process`` is the number of its process."""

    home: Path
    port: int
    process: int
    password: str


@contextmanager
def demonstration() -> Iterator[Path]:
    """The home of a prepared demonstration: a copy of the one named, or one made now."""
    named = os.environ.get(HOME)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "var"
        if named:
            shutil.copytree(named, home)
        else:
            began = time.perf_counter()
            prepare(home)
            print(f"demonstration: made in {time.perf_counter() - began:.1f} s")
        yield home


def prepare(home: Path) -> None:
    """Make the demonstration in ``home``, or find it there."""
    subprocess.run(
        [*COMMAND, "demo", "--prepare-only"], env=_environment(home), check=True,
        capture_output=True,
    )  # fmt: skip


@contextmanager
def served(home: Path) -> Iterator[Serving]:
    """The portal of ``home`` on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", str(port)],
        env=_environment(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    password = json.loads((home / "portal" / "demo.json").read_text())["password"]
    try:
        yield Serving(home, port, process.pid, password)
    finally:
        process.terminate()
        process.wait(20)


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "CARECOMMONS_HOME": str(home)}


class Client:
    """One browser: a kept connection and its cookies."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._cookies: dict[str, str] = {}

    def get(self, path: str) -> str:
        """The page's text.

        Raises:
            RuntimeError: for anything but 200.
        """
        status, text, _ = self.send("GET", path)
        if status != 200:
            raise RuntimeError(f"{path} answered {status}")
        return text

    def seconds(self, path: str) -> float:
        """How long the page takes to arrive."""
        began = time.perf_counter()
        self.get(path)
        return time.perf_counter() - began

    def post(self, path: str, **form: str) -> str:
        """Send a form with the token of the page before; where the answer leads to.

        Raises:
            RuntimeError: if it leads nowhere.
        """
        status, _, where = self.send("POST", path, {"csrf_token": self.token(path), **form})
        if status not in (302, 303):
            raise RuntimeError(f"{path} answered {status}")
        return where

    def token(self, path: str) -> str:
        """The form token of the session, as any page holds it."""
        page = self.get(path if path == "/sign-in" else "/")
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        if found is None:
            raise RuntimeError("the page holds no token")
        return found[1]

    def send(
        self,
        method: str,
        path: str,
        form: dict[str, str] | None = None,
        more: dict[str, str] | None = None,
    ) -> tuple[int, str, str]:
        """Status, text and new address of one request; ``more`` are headers. Follows nothing."""
        headers = (more or {}) | {"Cookie": "; ".join(f"{k}={v}" for k, v in self._cookies.items())}
        body = None
        if form is not None:
            body = urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self._cookies[key] = rest.split(";")[0]
        where = answer.getheader("Location") or ""
        return answer.status, answer.read().decode("utf-8"), where


def sign_in(port: int, email: str, password: str) -> Client:
    """A client that is signed in; waits for a portal that is only starting.

    Raises:
        RuntimeError: if the portal does not answer or lets nobody in.
    """
    for _ in range(300):
        try:
            client = Client(port)
            client.get("/sign-in")
            break
        except ConnectionRefusedError:
            time.sleep(0.2)
    else:
        raise RuntimeError("the portal did not answer")
    client.post("/sign-in", email=email, password=password, submit="Sign in")
    return client
