"""Response times of portal pages over HTTP: catalogue, cohort and case page, p50 and p95.

The demonstration is made in a temporary folder and served by its own command; one client asks for
one page after the other. The first count of a cohort runs its SQL, later ones are remembered, so
both are told; questions for counts are throttled, so that page is asked for less often.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

REQUESTS = 60
COUNTED_REQUESTS = 12
WARM_UP = 3


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "var"
        environment = {**os.environ, "CARECOMMONS_HOME": str(home)}
        command = [sys.executable, "-m", "app.cli"]
        began = time.perf_counter()
        subprocess.run(
            [*command, "demo", "--prepare-only"], env=environment, check=True, capture_output=True
        )
        made = time.perf_counter() - began
        began = time.perf_counter()
        subprocess.run(
            [*command, "demo", "--prepare-only"], env=environment, check=True, capture_output=True
        )
        again = time.perf_counter() - began
        print(f"demonstration: made in {made:.1f} s, found again in {again:.1f} s")
        port = _free_port()
        serving = subprocess.Popen(
            [*command, "serve", "--port", str(port)], env=environment, stdout=subprocess.DEVNULL
        )
        try:
            _measure(port, json.loads((home / "portal" / "demo.json").read_text())["password"])
        finally:
            serving.terminate()
            serving.wait(20)


def _measure(port: int, password: str) -> None:
    researcher = _sign_in(port, "researcher@demo.example.org", password)
    student = _sign_in(port, "student@demo.example.org", password)
    release = "county-research-v1"
    counted = f"/cohorts/2?version=1&release={release}"
    first = _seconds(researcher, counted)
    print(f"first count of a cohort: {first * 1000:.0f} ms")
    print(f"{'page':34}{'p50 ms':>8}{'p95 ms':>8}{'KiB':>7}")
    for label, client, path, requests in (
        ("catalogue", researcher, "/releases/", REQUESTS),
        ("release", researcher, f"/releases/{release}", REQUESTS),
        ("cohort, definition", researcher, "/cohorts/2", REQUESTS),
        ("cohort, with counts and Table 1", researcher, counted, COUNTED_REQUESTS),
        ("case", student, "/cases/1", REQUESTS),
        ("case, one problem", student, "/cases/1?problem=1", REQUESTS),
    ):
        for _ in range(WARM_UP):
            client.get(path)
        times = sorted(_seconds(client, path) for _ in range(requests))
        p95 = times[int(len(times) * 0.95) - 1]
        size = len(client.get(path)) / 1024
        print(f"{label:34}{statistics.median(times) * 1000:8.1f}{p95 * 1000:8.1f}{size:7.0f}")


class _Client:
    """One browser: a kept connection and its cookies."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies: dict[str, str] = {}

    def get(self, path: str) -> str:
        """The page's text; anything but 200 stops the benchmark."""
        status, text = self.send("GET", path)
        if status != 200:
            raise RuntimeError(f"{path} answered {status}")
        return text

    def send(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Status and text of one request; no redirect is followed."""
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self._cookies.items())}
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
        return answer.status, answer.read().decode("utf-8")


def _sign_in(port: int, email: str, password: str) -> _Client:
    for _ in range(100):
        try:
            client = _Client(port)
            page = client.get("/sign-in")
            break
        except ConnectionRefusedError:
            time.sleep(0.2)
    else:
        raise RuntimeError("the portal did not answer")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    if token is None:
        raise RuntimeError("the sign-in page holds no token")
    form = {"csrf_token": token[1], "email": email, "password": password, "submit": "Sign in"}
    status, _ = client.send("POST", "/sign-in", form)
    if status != 302:
        raise RuntimeError(f"signing in answered {status}")
    return client


def _seconds(client: _Client, path: str) -> float:
    began = time.perf_counter()
    client.get(path)
    return time.perf_counter() - began


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
