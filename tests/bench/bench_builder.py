"""Counts while editing through the portal: from request to answer over HTTP, at 100,714 people.

The shared CDM 37 times becomes a release, the portal is served by its own command, and a researcher
edits the six-rule definition of ``bench_cohorts``: each round changes one rule by a form, then asks
for the counts as the page does. Then the same with the entry events changed, so that nothing
remembered helps. ``python -m tests.bench builder``
"""

from __future__ import annotations

import json
import re
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from app.services.cohorts import create_cohort
from tests.bench.bench_cohorts import CDM, HUNDRED_THOUSAND, multiply, six_rules
from tests.bench.portal_client import Client, served, sign_in
from tests.builders import build_release
from tests.integration.portal.world import PASSWORD, build_world

RELEASE = "hundred-thousand-v1"
ROUNDS = 9


def main() -> None:
    """Print the table."""
    if not CDM.is_dir():
        print(f"{CDM} is absent")
        return
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "var"
        parts = multiply(HUNDRED_THOUSAND, Path(folder) / "cdm")
        world = build_world(home, 60, 30)
        tables = {path.stem: pq.read_table(path) for path in parts.glob("*.parquet")}
        build_release(world.settings.release_root, tables, RELEASE)
        del tables
        with world.database.writing() as session:
            numbers = {
                limit: create_cohort(
                    session,
                    world.actors["researcher"],
                    world.project_id,
                    limit,
                    "",
                    six_rules(limit).source,
                ).id
                for limit in ("First", "All")
            }
        world.database.close()
        (home / "portal" / "demo.json").write_text(json.dumps({"password": PASSWORD}))
        with served(home) as serving:
            researcher = sign_in(serving.port, "researcher@example.org", PASSWORD)
            print(f"{'counts while editing, 100,714 people':44}{'median ms':>10}{'slowest':>9}")
            for limit, number in numbers.items():
                _measure(researcher, limit, number)


def _measure(client: Client, limit: str, number: int) -> None:
    token = _token(client.get(f"/cohorts/{number}"))
    _, _, address = client.send("POST", f"/cohorts/{number}/edit", {"csrf_token": token})
    page = client.get(address)
    document = json.loads(six_rules(limit).source)
    counts = f"{address.partition('?')[0]}/counts?release={RELEASE}"
    client.get(counts)
    changes = {
        "one rule changed": lambda n: _rule(document, n),
        "entry events changed": lambda n: _entry(document, n),
    }
    for label, change in changes.items():
        edited, counted = [], []
        for turn in range(ROUNDS):
            path, part = change(turn)
            form = {
                "csrf_token": _token(page),
                "revision": re.findall(r'name="revision" value="(\d+)"', page)[0],
                "op": "set_json",
                "path": path,
                "text": json.dumps(part),
            }
            began = time.perf_counter()
            status, page, _ = client.send(
                "POST", f"{address.partition('?')[0]}/edits", form, {"X-Fragment": "1"}
            )
            if status != 200:
                raise RuntimeError(f"an edit answered {status}")
            edited.append(time.perf_counter() - began)
            began = time.perf_counter()
            if "funnel" not in client.get(counts):
                raise RuntimeError("no counts in the answer")
            counted.append(time.perf_counter() - began)
        for what, seconds in (("counts", counted), ("the changed page", edited)):
            print(
                f"{f'{limit}, {label}: {what}':44}{1000 * statistics.median(seconds):10.0f}"
                f"{1000 * max(seconds):9.0f}"
            )


def _rule(document: dict[str, Any], turn: int) -> tuple[str, Any]:
    rule = document["InclusionRules"][1]
    rule["expression"]["CriteriaList"][0]["StartWindow"]["Start"]["Days"] = 300 + turn
    return "$.InclusionRules[1]", rule


def _entry(document: dict[str, Any], turn: int) -> tuple[str, Any]:
    entry = document["PrimaryCriteria"]
    entry["ObservationWindow"]["PriorDays"] = 300 + turn
    return "$.PrimaryCriteria", entry


def _token(page: str) -> str:
    return re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', page)[0]


if __name__ == "__main__":
    main()
