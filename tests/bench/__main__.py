"""Runs every benchmark, or those named: ``python -m tests.bench release``."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def main() -> None:
    """Run ``tests/bench/bench_*.py``, in alphabetical order."""
    wanted = set(sys.argv[1:])
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        name = path.stem.removeprefix("bench_")
        if not wanted or name in wanted:
            print(f"== {name}", flush=True)
            importlib.import_module(f"tests.bench.{path.stem}").main()


if __name__ == "__main__":
    main()
