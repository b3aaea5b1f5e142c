"""Fuzzes the readers of files from elsewhere: ``python -m tests.campaigns.fuzz [TARGET ...]``.

Inputs are valid files with structured changes. One whose outcome is of a new kind is kept to be
changed further, so that the search goes deeper than one change. Each target runs in a process of
its own, for ``CARECOMMONS_FUZZ_SECONDS`` (10) of computing time, with the seed
``CARECOMMONS_FUZZ_SEED`` (1). What was found is written below ``CARECOMMONS_FUZZ_FOUND``, if given,
as folders that ``tests/regression/fuzzing`` can hold. The exit code is 1 if anything was.

Every input must end in one of two ways: read, or refused with one line that quotes nobody; within
time that its length explains, without memory left behind, and with nothing half-written.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from tests.campaigns.mutations import Files
from tests.campaigns.targets import TARGETS, Target, check, write_files
from tests.memory import peak_memory

SLOWEST = 5.0
"""Seconds of computing that an input may take, and
:data:`SLOWEST_A_BYTE` for each byte."""
SLOWEST_A_BYTE = 2e-5
MOST_MEMORY = 1 << 30
"""Bytes that a process may grow by over all inputs."""
KEPT = 400
"""Inputs that are changed further, at most."""


@dataclass
class Result:
    """What became of the inputs of one target. ``found``: place of the fault to its input."""

    target: str
    inputs: int = 0
    read: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    slowest: float = 0.0
    grown: int = 0
    found: dict[str, Files] = field(default_factory=dict)


def fuzz(target: Target, seconds: float, seed: int, place: Path) -> Result:
    """Fuzz one target in this process for so much computing time."""
    chance = random.Random(f"{target.name} {seed}")
    result, kept = Result(target.name), list(target.seeds)
    for files in target.seeds:
        check(target, files, place)  # what inputs are made of is valid
    at_first, began = peak_memory(), time.process_time()
    while (now := time.process_time()) - began < seconds:
        files = target.mutate(chance.choice(kept), chance)
        outcome = _outcome(target, files, place, result)
        took = time.process_time() - now
        result.inputs += 1
        result.slowest = max(result.slowest, took)
        if took > SLOWEST + SLOWEST_A_BYTE * sum(map(len, files.values())):
            result.found.setdefault("slow", files)
        kind = re.sub(r"\d+|'[^']*'|\"[^\"]*\"", "#", outcome)[:160]
        if kind not in result.kinds and len(kept) < KEPT:
            kept.append(dict(files))
        result.kinds[kind] += 1
    result.seconds = time.process_time() - began
    result.grown = round((peak_memory() - at_first) * (1 << 20))
    if result.grown > MOST_MEMORY:
        result.found.setdefault("memory", {})
    return result


def _outcome(target: Target, files: Files, place: Path, result: Result) -> str:
    try:
        outcome = check(target, files, place)
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        ours = [one for one in frames if "/site-packages/" not in one.filename] or frames
        where = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"
        fault = f"{type(error).__name__} at {where}"
        if type(error).__name__ == "Broken":
            fault += f": {error}"
        result.found.setdefault(fault, files)
        return fault
    result.read += outcome == "read"
    return outcome


def _in_process(name: str, seconds: float, seed: int, answer: Connection) -> None:
    with scratch() as folder:
        answer.send(fuzz(TARGETS[name](folder), seconds, seed, folder / "place"))


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for inputs, in memory where there is some."""
    memory = Path("/dev/shm")
    place = tempfile.mkdtemp(prefix="carecommons-fuzz-", dir=memory if memory.is_dir() else None)
    try:
        yield Path(place)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def run(name: str, seconds: float, seed: int) -> Result:
    """Fuzz one target in a process of its own; one that dies is a finding."""
    context = get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_in_process, args=(name, seconds, seed, sending))
    process.start()
    sending.close()
    try:
        result: Result = receiving.recv()
    except EOFError:
        result = Result(name, found={"the process died": {}})
    process.join()
    return result


def main() -> int:
    """Fuzz the named targets, or all, and print a table."""
    seconds = float(os.environ.get("CARECOMMONS_FUZZ_SECONDS", "10"))
    seed = int(os.environ.get("CARECOMMONS_FUZZ_SEED", "1"))
    found_folder = os.environ.get("CARECOMMONS_FUZZ_FOUND")
    failed = False
    print(f"seed {seed}, {seconds:g} s of computing each")
    print(f"{'target':10}{'inputs':>9}{'read':>8}{'kinds':>7}{'s':>7}{'slowest s':>11}{'MB':>6}")
    for name in sys.argv[1:] or list(TARGETS):
        result = run(name, seconds, seed)
        print(
            f"{name:10}{result.inputs:9}{result.read:8}{len(result.kinds):7}"
            f"{result.seconds:7.0f}{result.slowest:11.2f}{result.grown / 1e6:6.0f}",
            flush=True,
        )
        for fault, files in result.found.items():
            failed = True
            print(f"  FOUND {fault}", flush=True)
            if found_folder:
                digest = hashlib.sha256(fault.encode()).hexdigest()[:8]
                write_files(files, Path(found_folder) / name / digest)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
