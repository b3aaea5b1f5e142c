"""Fifty people at once in the portal, alone and beside one whose questions are heavy.

Twenty students, twenty researchers and ten instructors with accounts of their own browse the
demonstration, which ``carecommons serve`` shows as it is. Each opens a page that their role has,
looks at it for one to three seconds and opens the next; at last without looking, which tells how
many pages a second there are at most. In between a fifty-first asks one analysis of a cohort after
the other, each with other numbers, so that none is remembered.

All clients are threads of this process: its own share of the processors is told beside the
server's, and the times include the waiting of its threads for each other.
"""

from __future__ import annotations

import os
import random
import re
import statistics
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from app.db.database import open_database
from app.db.models import Project, User
from app.demo.requests import PROJECT
from app.permissions import COMMAND_LINE, Role
from app.services.accounts import actor_of, create_user
from app.services.projects import add_member
from tests.bench.portal_client import Client, Serving, demonstration, served, sign_in

PEOPLE = (("student", 20), ("researcher", 20), ("instructor", 10))
SECONDS = float(os.environ.get("CARECOMMONS_BENCH_SECONDS", "40"))
THINK = (1.0, 3.0)
RELEASE = "county-research-v1"
CASES = range(1, 7)
COHORTS = (2, 3, 4)
ANALYSES = ("survival?outcome=death", "incidence?outcome=death", "pathways?max_steps=4")
WAITING = "characterise/stop"
"""Stands on the page of an analysis that still runs."""


@dataclass
class Figures:
    """Seconds of each kind of page in one phase."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: str, seconds: float) -> None:
        with self.lock:
            self.times[kind].append(seconds)

    @property
    def all(self) -> list[float]:
        return [one for times in self.times.values() for one in times]


Pages = tuple[tuple[str, str], ...]


def main() -> None:
    """Print the tables."""
    with demonstration() as home:
        password = _add_people(home)
        with served(home) as serving:
            people = [
                (client, _pages(role, client))
                for role, number in PEOPLE
                for client in (
                    sign_in(serving.port, f"{role}-{place}@demo.example.org", password)
                    for place in range(number)
                )
            ]
            heavy = sign_in(serving.port, "researcher@demo.example.org", serving.password)
            _warm(people)
            phases: dict[str, Figures] = {}
            for name, beside, think in (
                ("with think time", None, THINK),
                ("beside a heavy question", heavy, THINK),
                ("with think time, again", None, THINK),
                ("without think time", None, (0.0, 0.0)),
            ):
                phases[name] = _phase(name, serving, people, beside, think)
            _table(phases)


def _add_people(home: Path) -> str:
    """Accounts for all, researchers in the project that has cohorts; their one password."""
    password = "a-pass-phrase-for-a-measurement"  # of a temporary demonstration
    database = open_database(f"sqlite:///{home / 'portal' / 'portal.db'}")
    with database.writing() as session:
        project = session.scalars(select(Project).where(Project.code == PROJECT)).one()
        lead = actor_of(session.get_one(User, project.created_by))
        for role, number in PEOPLE:
            for place in range(number):
                address = f"{role}-{place}@demo.example.org"
                made = create_user(
                    session, COMMAND_LINE, address, f"{role} {place}", [Role(role)], password
                )
                session.flush()
                if role == "researcher":
                    add_member(session, lead, project.id, made.email)
    database.close()
    return password


def _pages(role: str, client: Client) -> Pages:
    """Kinds and addresses of what somebody of the role opens; a student begins an attempt."""
    if role == "researcher":
        return (
            ("catalogue", "/releases/"),
            ("release", f"/releases/{RELEASE}"),
            ("cohorts", "/cohorts/"),
            *(("cohort, definition", f"/cohorts/{number}") for number in COHORTS),
            ("requests", "/requests/"),
            ("home", "/"),
        )
    if role == "instructor":
        cases = tuple(("case", f"/cases/{number}") for number in CASES)
        problems = tuple(("case, one problem", f"/cases/{number}?problem=1") for number in CASES)
        return (("teaching", "/teaching/"), ("library of cases", "/cases/"), *cases, *problems)
    library = client.get("/cases/")
    open_cases = sorted(set(re.findall(r"/attempts/cases/(\d+)", library)), key=int)
    case = random.choice(open_cases)
    learning = client.post(f"/attempts/cases/{case}/begin", mode="learn")
    return (
        ("library of cases", "/cases/"),
        ("attempt", learning),
        ("attempt", learning),
        ("my work", "/my-work/"),
        ("home", "/"),
    )


def _warm(people: list[tuple[Client, Pages]]) -> None:
    """Each page once, so that what a process makes when it is first asked is made."""
    seen: set[str] = set()
    for client, pages in people:
        for _, path in pages:
            if path not in seen:
                seen.add(path)
                client.get(path)


def _phase(
    name: str,
    serving: Serving,
    people: list[tuple[Client, Pages]],
    heavy: Client | None,
    think: tuple[float, float],
) -> Figures:
    figures, asked = Figures(), Figures()
    end = time.monotonic() + SECONDS
    threads = [
        threading.Thread(target=_browse, args=(client, pages, figures, think, end, place))
        for place, (client, pages) in enumerate(people)
    ]
    if heavy is not None:
        threads.append(threading.Thread(target=_ask, args=(heavy, asked, end)))
    server, own, began = _processor_seconds(serving.process), time.process_time(), time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    answers = len(figures.all)
    server = _processor_seconds(serving.process) - server
    print(
        f"{name}: {answers} pages in {took:.0f} s, {answers / took:.1f} a second; processors: "
        f"server {server / took:.2f} ({1000 * server / answers:.1f} ms a page), clients "
        f"{(time.process_time() - own) / took:.2f}, load of the machine {os.getloadavg()[0]:.1f}"
    )
    if asked.all:
        print(f"  {len(asked.all)} analyses, median {statistics.median(asked.all):.1f} s each")
    return figures


def _browse(
    client: Client,
    pages: Pages,
    figures: Figures,
    think: tuple[float, float],
    end: float,
    place: int,
) -> None:
    dice = random.Random(place)
    time.sleep(dice.uniform(0, think[1]))
    while time.monotonic() < end:
        kind, path = dice.choice(pages)
        figures.add(kind, client.seconds(path))
        time.sleep(dice.uniform(*think))


def _ask(client: Client, figures: Figures, end: float) -> None:
    """One analysis after the other, looking once a second whether it is there."""
    number = 0
    while time.monotonic() < end:
        number += 1
        analysis = ANALYSES[number % len(ANALYSES)]
        cohort = COHORTS[number % 2]
        path = (
            f"/cohorts/{cohort}/characterise/{analysis}&release={RELEASE}"
            f"&limit_days={2000 + number}&window_days={1000 + number}&first_day=1"
        )
        began = time.monotonic()
        while WAITING in client.get(path) and time.monotonic() < end:
            time.sleep(1)
        figures.add("analysis", time.monotonic() - began)


def _processor_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _table(phases: dict[str, Figures]) -> None:
    for name, figures in phases.items():
        print(f"\n{name:34}{'pages':>7}{'p50 ms':>8}{'p95 ms':>8}{'p99 ms':>8}")
        for kind in (*sorted(figures.times), "all"):
            times = sorted(figures.all if kind == "all" else figures.times[kind])
            print(
                f"{kind:34}{len(times):7}"
                + "".join(f"{1000 * _quantile(times, share):8.1f}" for share in (0.5, 0.95, 0.99))
            )


def _quantile(times: list[float], share: float) -> float:
    return times[min(len(times) - 1, int(len(times) * share))]


if __name__ == "__main__":
    main()
