"""Runs the demonstration's portal and worker as two processes, each with its own rights."""

from __future__ import annotations

import signal
import subprocess  # nosec B404 # our own command, no shell
import sys
from collections.abc import Mapping, Sequence

from deid.settings import PREFIX as ENGINE_PREFIX

_STOP_SECONDS = 10


def portal_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without any setting of the engine."""
    return {name: value for name, value in environ.items() if not name.startswith(ENGINE_PREFIX)}


def run_together(
    commands: Sequence[tuple[Sequence[str], Mapping[str, str]]],
) -> int:
    """Run ``carecommons`` commands until one ends or the user interrupts; then end them all.

    Returns the exit code of the one that ended by itself, 0 after an interruption.
    """
    running: list[subprocess.Popen[bytes]] = []
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        for arguments, environment in commands:
            command = [sys.executable, "-m", "app.cli", *arguments]
            running.append(subprocess.Popen(command, env=dict(environment)))  # noqa: S603  # nosec B603 # our own command, no shell
        return _first_to_end(running)
    except KeyboardInterrupt:
        return 0
    finally:
        signal.signal(signal.SIGTERM, previous)
        for process in running:
            if process.poll() is None:
                process.terminate()
        for process in running:
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _first_to_end(running: Sequence[subprocess.Popen[bytes]]) -> int:
    while True:
        for process in running:
            try:
                return process.wait(0.5)
            except subprocess.TimeoutExpired:
                continue


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
