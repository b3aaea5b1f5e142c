"""Kills work at random moments: ``python -m tests.campaigns.kills [KIND ...]``.

Processes that import, build a release, prepare an extract, publish a case or answer an attempt are
killed (SIGKILL) ``CARECOMMONS_KILLS`` (200) times in all, at moments drawn evenly over the time
that the work takes, with the seed ``CARECOMMONS_KILL_SEED`` (1). After each the state is verified;
then the same work is started again, as a person or the worker would, and must come to the end
that work which nobody disturbed comes to. A table tells each kill. The exit code is 1 if anything
was lost, half-done or not taken up again.
"""

from __future__ import annotations

import hashlib
import os
import random
import select as polling
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select, update

from app.audit import verify_chain
from app.db.database import Database
from app.db.models import AuditRow, CaseVersion, DataRequest, Job, TeachingCase, User
from app.db.types import utc_now
from app.services import case_review
from app.services.accounts import actor_of
from app.services.workflow import State
from app.worker.loop import run_once
from app.worker.workshop import Workshop
from cohorts.extract_files import MANIFEST_FILE
from cohorts.project import open_project
from deid.build.pipeline import build_release
from deid.build.verify import verify_release
from deid.keys import Keyring
from deid.policy import load_policy
from deid.release import list_releases, open_release
from deid.vault.loading import LoadOptions, load_dataset
from deid.vault.store import create_vault, open_vault, read_tables
from tests.campaigns.fuzz import scratch
from tests.integration.portal import killed_student, test_cases
from tests.integration.portal.lessons import school
from tests.integration.portal.world import make_world, settings_of, workshop_of
from tests.integration.release.residents import (
    fixed_keyring,
    make_vault,
    residents,
    settings_for,
)
from tests.integration.vault.records import TODAY, condition, dataset

PATIENCE = 180.0
"""Seconds after which work counts as hanging."""


class Lost(AssertionError):
    """Something is lost, half-done, or not taken up again."""


@dataclass(frozen=True)
class Kind:
    """Work of one kind in a folder. ``look`` says what is found there, after checking it; ``end``
    the same of finished work, which is equal each time.
    """

    name: str
    prepare: Callable[[Path], None]
    work: Callable[[Path], None]
    look: Callable[[Path], str]
    end: Callable[[Path], str]


@dataclass(frozen=True)
class Kill:
    """One kill: seconds after the start, what was found, and how the work ended at last."""

    kind: str
    moment: float
    found: str
    ended: str
    seconds: float


# --- import

RECORDS = 3_000


def _vault(place: Path) -> str:
    return f"sqlite:///{place / 'vault' / 'vault.db'}"


def _prepare_import(place: Path) -> None:
    create_vault(_vault(place), base_vocabulary=False).dispose()


def _import(place: Path) -> None:
    records = dataset(condition_occurrence=[condition(21 + n, 1 + n % 2) for n in range(RECORDS)])
    engine = open_vault(_vault(place))
    load_dataset(engine, records, "site", "omop", options=LoadOptions(today=TODAY))
    engine.dispose()


def _look_at_import(place: Path) -> str:
    with read_tables(open_vault(_vault(place))) as snapshot:
        rows = {table: snapshot.rows(table) for table in snapshot.tables()}
        snapshot.snapshot_id  # noqa: B018 - raises if digests and rows do not agree
    if rows["condition_occurrence"] not in (0, RECORDS) or rows["person"] not in (0, 2):
        raise Lost("an import is half there")
    if bool(rows["condition_occurrence"]) != bool(rows["person"]):
        raise Lost("an import is half there")
    return "all" if rows["person"] else "nothing"


def _end_of_import(place: Path) -> str:
    with read_tables(open_vault(_vault(place))) as snapshot:
        return snapshot.snapshot_id


# --- release build


def _prepare_release(place: Path) -> None:
    make_vault(place, residents(people=40, visits=3))


def _is_published(place: Path) -> bool:
    return any(one.name == "county-v1" for one in list_releases(place / "releases"))


def _build(place: Path) -> None:
    if _is_published(place):
        return
    url = _vault(place)
    policy = load_policy("limited-research")
    build_release(settings_for(place, url), fixed_keyring(), url, policy, "county-v1", "A county")


def _look_at_release(place: Path) -> str:
    if _is_published(place):
        verify_release(open_release(place / "releases", "county-v1"))
        return "published"
    return "staging" if (place / "releases" / ".staging-county-v1").exists() else "nothing"


def _end_of_release(place: Path) -> str:
    release = open_release(place / "releases", "county-v1")
    verify_release(release)
    left = sorted(path.name for root in ("work", "releases") for path in (place / root).iterdir())
    if left != ["county-v1"]:
        raise Lost("a finished build leaves something behind")
    digest = hashlib.sha256()
    for path in sorted(one for one in release.path.rglob("*") if one.is_file()):
        digest.update(path.read_bytes())
    return digest.hexdigest()


# --- extract


def _portal(place: Path) -> Database:
    return Database(settings_of(place).database_url)


def _prepare_extract(place: Path) -> None:
    world = make_world(place)
    world.request_in(State.APPROVED)
    workshop_of(world)
    world.database.close()


def _extract(place: Path) -> None:
    database = _portal(place)
    with database.writing() as session:  # a dead worker's lease, or a wait, is over
        running = update(Job).where(Job.state == "running")
        session.execute(running.values(lease_until=utc_now() - timedelta(seconds=1)))
        session.execute(update(Job).where(Job.state == "queued").values(available_at=None))
    work_through(place)


def work_through(place: Path) -> None:
    """One round of the worker."""
    database, settings = _portal(place), settings_of(place)
    keyring = Keyring.load(place / "keys" / "keyring.json")
    run_once(Workshop(database, keyring, settings.release_root, settings.project_root, 11))


def _look_at_extract(place: Path) -> str:
    with _portal(place).reading() as session:
        check_audit(verify_chain(session).intact)
        request = session.scalars(select(DataRequest)).one()
        folder = settings_of(place).project_root / "pressure" / "extracts" / f"request-{request.id}"
        published = folder.exists()
        if published and not (folder / MANIFEST_FILE).is_file():
            raise Lost("an extract without its manifest is visible")
        if request.state == State.ACTIVE and not published:
            raise Lost("a delivered extract is not there")
        return f"{request.state}{', written' if published else ''}"


def _end_of_extract(place: Path) -> str:
    with _portal(place).reading() as session:
        check_audit(verify_chain(session).intact)
        request, job = (
            session.scalars(select(DataRequest)).one(),
            session.scalars(select(Job)).one(),
        )
        delivered = select(func.count()).where(AuditRow.action == "request.deliver")
        told = session.scalar(delivered)
    opened = open_project(settings_of(place).project_root / "pressure", request.extract)
    files = sorted((entry.path, entry.rows) for entry in opened.manifest.files)
    return f"{request.state} {job.state} {told} {files}"


def check_audit(intact: bool) -> None:
    """Raise :class:`Lost` unless the audit log holds."""
    if not intact:
        raise Lost("the audit log does not hold")


# --- publication of a case


def _prepare_case(place: Path) -> None:
    world = test_cases.make_clinic(place)
    case_id = test_cases.draft_first(world)
    with world.database.writing() as session:
        case_review.submit(session, world.actors["instructor"], case_id)
    test_cases.signed_by_two(world, case_id)
    world.database.close()


def _publish(place: Path) -> None:
    database, release_root = _portal(place), settings_of(place).release_root
    with database.writing() as session:
        case = session.scalars(select(TeachingCase)).one()
        if case.state == "published":
            return
        who = select(User).where(User.email == "colleague@example.org")
        actor = actor_of(session.scalars(who).one())
        case_review.publish(session, actor, case.id, open_release(release_root, test_cases.CLINIC))


def _look_at_case(place: Path) -> str:
    with _portal(place).reading() as session:
        check_audit(verify_chain(session).intact)
        case = session.scalars(select(TeachingCase)).one()
        versions = session.scalar(select(func.count()).select_from(CaseVersion))
        told = session.scalar(select(func.count()).where(AuditRow.action == "case.published"))
        wanted = 1 if case.state == "published" else 0
        if (versions, told) != (wanted, wanted):
            raise Lost("state, version and audit row of a case do not agree")
        return case.state


def _end_of_case(place: Path) -> str:
    state = _look_at_case(place)
    with _portal(place).reading() as session:
        return f"{state} {session.scalars(select(CaseVersion)).one().sha256}"


KINDS = (
    Kind("import", _prepare_import, _import, _look_at_import, _end_of_import),
    Kind("release", _prepare_release, _build, _look_at_release, _end_of_release),
    Kind("extract", _prepare_extract, _extract, _look_at_extract, _end_of_extract),
    Kind("publication", _prepare_case, _publish, _look_at_case, _end_of_case),
)


# --- killing


@dataclass(frozen=True)
class Child:
    """A process at work, and where it says how that ended."""

    number: int
    reading: int


def in_child(function: Callable[[Path], str | None], place: Path, kill_after: float | None) -> str:
    """What a function says that runs in a process of its own; ``killed`` if it was.

    Raises:
        Lost: with what the function raised, or if it hangs.
    """
    return answer_of(start(function, place), kill_after)


def start(function: Callable[[Path], str | None], place: Path) -> Child:
    """Run a function in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            answer = f"+{function(place) or 'done'}"
        except BaseException:
            answer = f"-{traceback.format_exc(limit=-3)}"
        os.write(writing, answer.encode()[:4000])
        os._exit(0)
    os.close(writing)
    return Child(child, reading)


def answer_of(child: Child, kill_after: float | None) -> str:
    """Wait for a process, or kill it after so many seconds; as :func:`in_child`."""
    wait = PATIENCE if kill_after is None else kill_after
    told = polling.select([child.reading], [], [], wait)[0]
    answer = os.read(child.reading, 8000).decode() if told else ""
    os.kill(child.number, signal.SIGKILL)
    os.waitpid(child.number, 0)
    os.close(child.reading)
    if answer.startswith("-"):
        raise Lost(answer[1:])
    if not told and kill_after is None:
        raise Lost(f"it hangs after {PATIENCE:g} s")
    return answer[1:] or "killed"


def kill(kind: Kind, pattern: Path, place: Path, moment: float, wanted: str) -> Kill:
    """Kill the work once, verify, start it again, and compare its end with ``wanted``."""
    fresh(pattern, place)
    began, found = time.monotonic(), "-"
    try:
        in_child(kind.work, place, moment)
        found = in_child(kind.look, place, None)
        in_child(kind.work, place, None)
        ended = "whole" if in_child(kind.end, place, None) == wanted else "LOST: another end"
    except Lost as loss:
        ended = f"LOST: {loss}"
    return Kill(kind.name, moment, found, ended, time.monotonic() - began)


def fresh(pattern: Path, place: Path) -> None:
    """Put the beginning of some work back in its place."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(pattern, place)


def kills_of(kind: Kind, times: int, chance: random.Random, folder: Path) -> list[Kill]:
    """Kill work of one kind so many times."""
    pattern, place, length, wanted = undisturbed(kind, folder)
    return [kill(kind, pattern, place, chance.uniform(0.0, length), wanted) for _ in range(times)]


def undisturbed(kind: Kind, folder: Path) -> tuple[Path, Path, float, str]:
    """Where work of a kind begins, its place, its seconds, and its end if nobody disturbs it."""
    place, pattern = folder / "place", folder / kind.name
    shutil.rmtree(place, ignore_errors=True)
    shutil.rmtree(pattern, ignore_errors=True)
    place.mkdir()
    in_child(kind.prepare, place, None)
    shutil.copytree(place, pattern)
    began = time.monotonic()
    in_child(kind.work, place, None)
    length = time.monotonic() - began
    return pattern, place, length, in_child(kind.end, place, None)


def kills_of_attempts(times: int, chance: random.Random, folder: Path) -> list[Kill]:
    """Kill students' processes: every receipt that was given is found afterwards, once."""
    place = folder / "attempts"
    place.mkdir()
    in_child(lambda one: school(one).database.close(), place, None)
    made = []
    for _ in range(times):
        began = time.monotonic()
        outcome = killed_student.campaign(settings_of(place).database_url, 1, chance)
        sound = not outcome.lost and not outcome.twice
        ended = "whole" if sound else f"LOST: {outcome.lost} lost, {outcome.twice} twice"
        seconds = time.monotonic() - began
        made.append(Kill("attempt", 0.0, f"{outcome.receipts} receipts", ended, seconds))
    return made


def table(kills: list[Kill]) -> str:
    """A line for each kill."""
    lines = [f"{'kind':13}{'killed at s':>12}  {'found':24}{'seconds':>8}  after the restart"]
    lines += [
        f"{k.kind:13}{k.moment:12.3f}  {k.found:24}{k.seconds:8.2f}  {k.ended}" for k in kills
    ]
    return "\n".join(lines)


def main() -> int:
    """Kill, print the table, and tell the number of losses."""
    times = int(os.environ.get("CARECOMMONS_KILLS", "200"))
    seed = int(os.environ.get("CARECOMMONS_KILL_SEED", "1"))
    wanted = sys.argv[1:] or [*(kind.name for kind in KINDS), "attempt"]
    share = -(-times // len(wanted))
    kills: list[Kill] = []
    print(f"seed {seed}", flush=True)
    with scratch() as folder:
        for kind in (one for one in KINDS if one.name in wanted):
            chance = random.Random(f"{kind.name} {seed}")
            kills += kills_of(kind, share, chance, folder)
            print(table(kills[-share:]), flush=True)
        if "attempt" in wanted:
            kills += kills_of_attempts(share, random.Random(f"attempt {seed}"), folder)
            print(table(kills[-share:]), flush=True)
    lost = sum(one.ended != "whole" for one in kills)
    print(f"{len(kills)} kills, {lost} losses")
    return int(lost > 0)


if __name__ == "__main__":
    sys.exit(main())
