"""Faults other than kills: ``python -m tests.campaigns.faults [FAULT[:WORK] ...]``.

``readonly``: a folder of the work is on a disk that takes nothing; ``at-once``: two processes do
the same work, one a random moment after the other, and every third time one of them is killed;
``cut``: a Parquet file of an import or a release is cut off anywhere; ``clock``: the worker is
killed, and the clock goes back by up to four hundred days before the next one comes; ``lost``: the
portal and the worker lose their connections to PostgreSQL (:mod:`tests.campaigns.lost`).

Each is tried ``CARECOMMONS_FAULTS`` (5) times with each kind of work that it concerns, with the
seed ``CARECOMMONS_FAULT_SEED`` (1). The fault must be told, or survived; then the state is
verified, the work is started again without the fault, and must come to the end that work which
nobody disturbed comes to. A table tells each. The exit code is 1 at any loss.
"""

from __future__ import annotations

import ctypes
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq
from sqlalchemy.exc import OperationalError

from app.db import types
from deid.build.verify import verify_release
from deid.errors import CareCommonsError, ImportRefused, ReleaseError
from deid.importers.omop import read_omop_directory
from deid.release import open_release
from deid.vault.loading import LoadOptions, load_dataset
from deid.vault.store import create_vault, open_vault, read_tables
from tests.campaigns.fuzz import scratch
from tests.campaigns.kills import (
    KINDS,
    Kind,
    Lost,
    answer_of,
    fresh,
    in_child,
    start,
    undisturbed,
    work_through,
)
from tests.campaigns.lost import outages
from tests.integration.vault.records import TODAY, dataset

FOLDERS: Final = {
    "import": ("vault",),
    "release": ("vault", "work", "releases"),
    "extract": ("portal", "projects"),
    "publication": ("portal",),
}
"""Folders that work of a kind writes to."""
LONGEST_BACK: Final = 400 * 24 * 3600.0
"""Seconds by which the clock goes back at most."""


@dataclass(frozen=True)
class Trial:
    """One fault: what it was exactly, what the work said, what was found, how it ended at last."""

    fault: str
    kind: str
    what: str
    said: str
    found: str
    ended: str


def told(work: Callable[[Path], None], place: Path) -> str:
    """``done``, or the kind of an error that is foreseen; any other is raised.

    A lost or locked database is :class:`OperationalError`: the portal answers it with a page and a
    number, and the worker begins another round.
    """
    try:
        work(place)
    except (CareCommonsError, OperationalError) as error:
        return f"told: {type(error).__name__}"
    return "done"


# --- a disk that takes nothing

_NEW_MOUNTS, _READ_ONLY, _REMOUNT, _BIND, _RECURSIVE, _PRIVATE = (
    0x20000, 1, 32, 4096, 16384, 1 << 18,
)  # fmt: skip


def make_read_only(folder: Path) -> None:
    """Make a folder read-only for this process and its children, as root.

    Raises:
        PermissionError: where that is not allowed.
    """
    system = ctypes.CDLL(None, use_errno=True)
    path = os.fsencode(folder)
    done = (
        system.unshare(_NEW_MOUNTS),
        system.mount(b"none", b"/", None, ctypes.c_ulong(_RECURSIVE | _PRIVATE), None),
        system.mount(path, path, None, ctypes.c_ulong(_BIND), None),
        system.mount(path, path, None, ctypes.c_ulong(_BIND | _REMOUNT | _READ_ONLY), None),
    )
    if any(done):
        raise PermissionError("this machine lets nobody mount a folder read-only")


def may_mount() -> bool:
    """Whether this process may make folders read-only; asked in a child."""
    with scratch() as folder:
        try:
            in_child(make_read_only, folder, None)
        except Lost:
            return False
    return True


def read_only(kind: Kind, times: int, chance: random.Random, folder: Path) -> list[Trial]:
    """Work of a kind where one of its folders is read-only."""
    pattern, place, _, wanted = undisturbed(kind, folder)
    trials = []
    for number in range(times):
        name = FOLDERS[kind.name][number % len(FOLDERS[kind.name])]
        fresh(pattern, place)
        (place / name).mkdir(exist_ok=True, mode=0o700)

        def work(place: Path, name: str = name) -> str:
            make_read_only(place / name)
            return told(kind.work, place)

        trials.append(_tried("readonly", kind, name, place, wanted, partial(in_child, work)))
    return trials


def _tried(
    fault: str,
    kind: Kind,
    what: str,
    place: Path,
    wanted: str,
    disturb: Callable[[Path, None], str],
    again: Callable[[Path], None] | None = None,
) -> Trial:
    said, found = "-", "-"
    try:
        said = disturb(place, None)
        found = in_child(kind.look, place, None)
        in_child(again or kind.work, place, None)
        whole = in_child(kind.end, place, None) == wanted
        ended = "whole" if whole else "LOST: another end"
    except Lost as loss:
        ended = f"LOST: {loss}"
    return Trial(fault, kind.name, what, said, found, ended)


# --- the same work twice at once


def at_once(kind: Kind, times: int, chance: random.Random, folder: Path) -> list[Trial]:
    """Two processes do the same work; every third time one of them is killed."""
    pattern, place, length, wanted = undisturbed(kind, folder)
    trials = []
    for number in range(times):
        later = chance.uniform(0.0, length)
        life = chance.uniform(0.0, length) if number % 3 == 2 else None
        fresh(pattern, place)

        def work(place: Path) -> str:
            return told(kind.work, place)

        def both(place: Path, _: None, later: float = later, life: float | None = life) -> str:
            first = start(work, place)
            time.sleep(later)
            second = start(work, place)
            return f"{answer_of(first, life)}, {answer_of(second, None)}"

        what = f"{later:.2f} s later" + (", one killed" if life is not None else "")
        trials.append(_tried("at-once", kind, what, place, wanted, both))
    return trials


# --- files that were cut off


def _write_files(place: Path) -> None:
    (place / "files").mkdir()
    for name, rows in dataset().items():
        pq.write_table(rows, place / "files" / f"{name}.parquet")
    create_vault(_url(place), base_vocabulary=False).dispose()


def _url(place: Path) -> str:
    return f"sqlite:///{place / 'vault' / 'vault.db'}"


def _import_files(place: Path) -> None:
    engine, found = open_vault(_url(place)), read_omop_directory(place / "files")
    load_dataset(engine, found.tables, "site", "omop", options=LoadOptions(today=TODAY))
    engine.dispose()


def _snapshot(place: Path) -> str:
    with read_tables(open_vault(_url(place))) as snapshot:
        rows = sum(snapshot.rows(table) for table in snapshot.tables())
        return f"{rows} rows {snapshot.snapshot_id}"


def _refused(place: Path) -> str:
    try:
        _import_files(place)
    except ImportRefused as error:
        if len(str(error).splitlines()) != 1:
            raise Lost("a refusal of several lines") from None
        return "told: ImportRefused"
    raise Lost("a file that was cut off was imported")


def _recognised(place: Path) -> str:
    try:
        verify_release(open_release(place / "releases", "county-v1"))
    except ReleaseError as error:
        if len(str(error).splitlines()) != 1:
            raise Lost("a refusal of several lines") from None
        return "told: ReleaseError"
    raise Lost("a release whose file was cut off is called whole")


def cut(kind: Kind, times: int, chance: random.Random, folder: Path) -> list[Trial]:
    """A Parquet file is cut off: of what is imported, or of a release that was built."""
    importing = kind.name == "import"
    if importing:
        kind = Kind("import", _write_files, _import_files, _nothing_there, _snapshot)
    pattern, place, _, wanted = undisturbed(kind, folder)
    trials = []
    for _ in range(times):
        if importing:
            fresh(pattern, place)
        path = chance.choice(sorted(place.rglob("*.parquet")))
        whole = path.read_bytes()
        left = chance.randrange(len(whole))
        mode = path.stat().st_mode
        path.chmod(0o600)
        path.write_bytes(whole[:left])
        what = f"{path.name} at {left}"

        def again(place: Path, path: Path = path, whole: bytes = whole, mode: int = mode) -> None:
            path.write_bytes(whole)
            path.chmod(mode)
            kind.work(place)

        look = _nothing_there if importing else lambda place: "published, and named as damaged"
        one = Kind(kind.name, kind.prepare, kind.work, look, kind.end)
        disturb = partial(in_child, _refused if importing else _recognised)
        trials.append(_tried("cut", one, what, place, wanted, disturb, again))
    return trials


def _nothing_there(place: Path) -> str:
    rows = _snapshot(place).split(" rows ")[0]
    if rows != "0":
        raise Lost("an import is half there")
    return "nothing"


# --- a clock that goes back


def set_clock_back(seconds: float) -> None:
    """Let every module of the portal and the worker see a clock that is late, in this process."""
    real = types.utc_now

    def late() -> datetime:
        return real() - timedelta(seconds=seconds)

    for module in list(sys.modules.values()):
        if getattr(module, "utc_now", None) is real:
            module.utc_now = late  # type: ignore[attr-defined]


def clock(kind: Kind, times: int, chance: random.Random, folder: Path) -> list[Trial]:
    """A worker is killed, the clock goes back, another comes, and again after a lease."""
    pattern, place, length, wanted = undisturbed(kind, folder)
    trials = []
    for _ in range(times):
        life, back = chance.uniform(0.0, length), 10 ** chance.uniform(2.3, 7.5)
        fresh(pattern, place)

        def work(place: Path, _: None, life: float = life) -> str:
            return in_child(work_through, place, life)

        def again(place: Path, back: float = min(back, LONGEST_BACK)) -> None:
            set_clock_back(back)
            work_through(place)
            set_clock_back(-61)
            work_through(place)

        what = f"{min(back, LONGEST_BACK):,.0f} s back"
        trials.append(_tried("clock", kind, what, place, wanted, work, again))
    return trials


Fault = Callable[[Kind, int, random.Random, Path], list[Trial]]
FAULTS: Final[dict[str, tuple[Fault, tuple[str, ...]]]] = {
    "readonly": (read_only, tuple(FOLDERS)),
    "at-once": (at_once, tuple(FOLDERS)),
    "cut": (cut, ("import", "release")),
    "clock": (clock, ("extract",)),
}


def trials_of(name: str, kind: Kind, times: int, seed: int, folder: Path) -> list[Trial]:
    """Try a fault with work of one kind so many times."""
    return FAULTS[name][0](kind, times, random.Random(f"{name} {kind.name} {seed}"), folder)


def table(trials: list[Trial]) -> str:
    """A line for each trial."""
    return "\n".join(
        f"{t.fault:9}{t.kind:12}{t.what:34}{t.said:44}{t.found:34}{t.ended}" for t in trials
    )


def trials_of_lost_connections(times: int, seed: int, folder: Path) -> list[Trial]:
    """Ways of a request while connections are lost."""
    return [
        Trial(
            "lost",
            "request",
            f"{one.cuts} cuts",
            f"pages {one.answers}, {one.failed_rounds} rounds failed",
            "-",
            one.ended,
        )
        for one in outages(times, random.Random(f"lost {seed}"), folder)
    ]


def main() -> int:
    """Try the named faults, or all, print the table, and tell the number of losses."""
    times = int(os.environ.get("CARECOMMONS_FAULTS", "5"))
    seed = int(os.environ.get("CARECOMMONS_FAULT_SEED", "1"))
    made: list[Trial] = []
    print(f"seed {seed}")
    print(f"{'fault':9}{'work':12}{'exactly':34}{'what was said':44}{'found':34}at the end")
    for wanted in sys.argv[1:] or (*FAULTS, "lost"):
        name, _, work = wanted.partition(":")
        for kind in (one for one in KINDS if name != "lost" and one.name in FAULTS[name][1]):
            if work in ("", kind.name):
                made += _told_of(name, kind, times, seed)
        if name == "lost":
            with scratch() as folder:
                made += (trials := trials_of_lost_connections(times, seed, folder))
            print(table(trials), flush=True)
    lost = sum(one.ended != "whole" for one in made)
    print(f"{len(made)} faults, {lost} losses")
    return int(lost > 0)


def _told_of(name: str, kind: Kind, times: int, seed: int) -> list[Trial]:
    if name == "readonly" and not may_mount():
        print("readonly  left out: this machine lets nobody mount a folder read-only")
        return []
    with scratch() as folder:
        trials = trials_of(name, kind, times, seed, folder)
    print(table(trials), flush=True)
    return trials


if __name__ == "__main__":
    sys.exit(main())
