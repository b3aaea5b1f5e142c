"""Builds a release in a process of its own, for tests that kill it or take its disk away.

``python -m tests.integration.release.build_in_process FOLDER URL NAME ACTION [N]`` where ACTION is
``build``, ``kill`` (SIGKILL at the Nth line of progress), ``limit`` (no file over N bytes) or
``wait`` (hold at the first line of progress until the file FOLDER/go exists).
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from pathlib import Path

from deid.build.pipeline import build_release
from deid.errors import CareCommonsError
from deid.policy import load_policy
from tests.integration.release.residents import fixed_keyring, settings_for


def main(folder: str, url: str, name: str, action: str, number: str = "0") -> int:
    lines = 0

    def say(_line: str) -> None:
        nonlocal lines
        lines += 1
        if action == "kill" and lines == int(number):
            os.kill(os.getpid(), signal.SIGKILL)
        if action == "wait" and lines == 1:
            (Path(folder) / "waiting").touch()
            while not (Path(folder) / "go").exists():
                time.sleep(0.02)

    if action == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(number), int(number)))
    try:
        build_release(
            settings_for(Path(folder), url),
            fixed_keyring(),
            url,
            load_policy("limited-research"),
            name,
            "A county",
            say=say,
        )
    except CareCommonsError as error:
        print(f"refused: {error}")
        return 1
    print(f"lines {lines}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
