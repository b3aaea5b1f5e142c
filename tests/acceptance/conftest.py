"""The demonstration, made once and served as a new user would have it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.error import URLError

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.acceptance.portal import Pictures, signed_in
from tests.acceptance.walk import Hand, walk

START_SECONDS = 180


@dataclass(frozen=True)
class Demo:
    """A prepared demonstration; ``address`` answers while ``served`` is in use."""

    home: Path
    port: int
    said: str = ""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def password(self) -> str:
        return str(json.loads((self.home / "portal" / "demo.json").read_text())["password"])

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "CARECOMMONS_HOME": str(self.home)}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "app.cli", *arguments]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), env=self.environment, capture_output=True, text=True
        )


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demonstration, not yet served; seeded where a run was cut off while it seeded."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    demo = Demo(tmp_path_factory.mktemp("demo") / "var", port)
    half = demo.home / ".demo-staging" / "portal" / "portal.db"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half")
    done = demo.run("demo", "--prepare-only", "--residents", "600", "--cases", "6")
    assert done.returncode == 0, done.stderr
    return replace(demo, said=done.stdout)


@pytest.fixture(scope="session")
def served(prepared: Demo) -> Iterator[Demo]:
    """The demonstration with portal and worker running."""
    process = subprocess.Popen(
        prepared.command("demo", "--port", str(prepared.port)),
        env=prepared.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with urllib.request.urlopen(f"{prepared.address}/health", timeout=2) as answer:
                    assert answer.status == 200
                break
            except (URLError, ConnectionError, TimeoutError):
                assert process.poll() is None, process.stderr.read() if process.stderr else ""
                assert time.monotonic() < deadline, "the portal did not answer in time"
                time.sleep(0.2)
        yield prepared
    finally:
        # Not SIGINT: a shell without job control makes what it starts aside deaf to that.
        process.terminate()
        assert process.wait(60) == 0


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, started once."""
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )


@dataclass(frozen=True)
class Walked:
    """The request that a researcher has submitted, and how many seconds that takes a person."""

    request: str
    seconds: float


@pytest.fixture(scope="session")
def walked(browser: Browser, served: Demo) -> Walked:
    """A researcher's way from the first page to a submitted request, gone once for all tests."""
    with signed_in(browser, served, "researcher") as page:
        hand = Hand(page, Pictures(), served.password)
        request = walk(hand)
    return Walked(request, hand.seconds)
