"""A worker that is killed at a chosen moment; run by ``test_worker.py`` as a process of its own."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from app.db.database import open_database
from app.worker import extracts
from app.worker.loop import run_once
from app.worker.workshop import Workshop
from deid.keys import Keyring


def die(*args: Any, **named: Any) -> None:
    """End this process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


def main(root: Path, moment: str) -> None:
    """Work until the moment comes."""
    if moment == "before_writing":
        extracts.prepare = die  # type: ignore[assignment]
    elif moment == "before_publishing":
        from cohorts import extract

        extract.publish_folder = die  # type: ignore[assignment]
    else:
        extracts._deliver = die  # type: ignore[assignment]
    run_once(
        Workshop(
            open_database(f"sqlite:///{root / 'portal' / 'portal.db'}"),
            Keyring.load(root / "keys" / "keyring.json"),
            root / "releases",
            root / "projects",
            11,
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
