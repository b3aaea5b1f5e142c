"""A release that continues another scrubs what changed, and is what a full build would be."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deid.build.pipeline import build_release
from deid.policy import load_policy
from deid.release import Release, open_release
from tests.integration.release.residents import (
    Rows,
    fixed_keyring,
    full_name,
    residents,
    settings_for,
)
from tests.integration.release.vaults import SqliteVaults

VISITS = 2
MOVED, CORRECTED, LEFT, CAME = 7, 12, 30, 61
SEED = int(os.environ.get("CARECOMMONS_INCREMENTAL_SEED", "1"))
CHANGES = int(os.environ.get("CARECOMMONS_INCREMENTAL_CHANGES", "0"))
"""Random changes, and kills, that ``make campaign`` tries."""


@dataclass(frozen=True)
class Line:
    """A published first release, and vaults to continue it from."""

    vaults: SqliteVaults
    folder: Path

    @property
    def first(self) -> Release:
        """The first release."""
        return open_release(self.folder / "releases", "county-v1")

    def follow(self, folder: Path, rows: Rows, afresh: bool = False) -> tuple[Release, list[str]]:
        """The next release of the line from a vault of ``rows``, and what the build said."""
        if not folder.exists():
            shutil.copytree(self.folder, folder)
        return follow(folder, self.vaults.new(rows), afresh)


def follow(folder: Path, url: str, afresh: bool = False) -> tuple[Release, list[str]]:
    """Build ``county-v2`` after ``county-v1``."""
    said: list[str] = []
    policy = load_policy("limited-research")
    release = build_release(
        settings_for(folder, url),
        fixed_keyring(),
        url,
        policy,
        "county-v2",
        "A county",
        said.append,
        continues="county-v1",
        afresh=afresh,
    )
    return release, said


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """The release ``county-v1`` of sixty residents."""
    vaults = SqliteVaults(tmp_path_factory.mktemp("vaults"))
    folder = tmp_path_factory.mktemp("line") / "first"
    url = vaults.new(residents(visits=VISITS))
    policy = load_policy("limited-research")
    build_release(settings_for(folder, url), fixed_keyring(), url, policy, "county-v1", "A county")
    yield Line(vaults, folder)
    vaults.close()


@pytest.fixture(scope="module")
def changed() -> Rows:
    """One resident moved, one note was corrected, one left with all records, one came."""
    rows = deepcopy(residents(people=CAME, visits=VISITS))
    next(a for a in rows["address"] if a["person_id"] == MOVED)["line"] = "9 Quince Passage"
    note = next(n for n in rows["note"] if n["person_id"] == CORRECTED)
    note["note_text"] += f" Corrected for {full_name(CORRECTED)}."
    without(rows, LEFT)
    return rows


@pytest.fixture(scope="module")
def full_build(
    line: Line, changed: Rows, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Release, list[str]]:
    """The next release, built where every remembered decision was changed; what the build said."""
    folder = tmp_path_factory.mktemp("full") / "line"
    shutil.copytree(line.folder, folder)
    path = folder / "evidence" / "county-v1" / "notes.parquet"
    rows = pq.read_table(path)
    sealed = [value[:-1] + bytes([value[-1] ^ 1]) for value in rows["sealed"].to_pylist()]
    place = rows.schema.get_field_index("sealed")
    pq.write_table(rows.set_column(place, "sealed", pa.array(sealed, pa.binary())), path)
    return line.follow(folder, changed)


@pytest.fixture(scope="module")
def full(full_build: tuple[Release, list[str]]) -> Release:
    """The next release, with every note scrubbed again."""
    return full_build[0]


def without(rows: Rows, person: int) -> None:
    for table, entries in rows.items():
        rows[table] = [
            row
            for row in entries
            if row.get("person_id") != person
            and person not in (row.get("fact_id_1"), row.get("fact_id_2"))
        ]


def contents(release: Release) -> dict[str, bytes]:
    return {str(p.relative_to(release.path)): p.read_bytes() for p in release.path.rglob("*.*")}


def scrubbed_again(said: list[str]) -> int | None:
    """Notes that were scrubbed, by what the build said; none where nothing was remembered."""
    for words in (text.replace(",", "").split() for text in said):
        if "were not scrubbed" in " ".join(words):
            return int(words[2]) - int(words[0])
    return None


def assert_equal(one: Release, other: Release) -> None:
    first, second = contents(one), contents(other)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_after_a_change_an_arrival_and_a_departure_every_byte_is_that_of_a_full_build(
    line: Line, changed: Rows, full: Release, tmp_path: Path
) -> None:
    release, said = line.follow(tmp_path / "line", changed)
    assert_equal(release, full)
    # The household of who moved or left, one note, a newcomer's notes, and where a band of years
    # of birth became another.
    again = scrubbed_again(said)
    assert again is not None
    assert VISITS < again < release.manifest.tables["note"].rows_out / 5


def test_people_keep_their_ids_and_offsets(line: Line, full: Release) -> None:
    before = line.first.read("visit_occurrence").to_pylist()
    after = {row["visit_occurrence_id"]: row for row in full.read("visit_occurrence").to_pylist()}
    shared = [row for row in before if row["visit_occurrence_id"] in after]
    assert len(shared) > len(before) * 0.9
    assert all(
        after[row["visit_occurrence_id"]]["visit_start_date"] == row["visit_start_date"]
        for row in shared
    )


def test_decisions_that_were_changed_are_told_and_not_used(
    full_build: tuple[Release, list[str]],
) -> None:
    release, said = full_build
    assert len([text for text in said if "damaged, changed or of another key" in text]) == 1
    assert scrubbed_again(said) == release.manifest.tables["note"].rows_out


def test_decisions_quote_no_note_and_are_closed_to_others(line: Line) -> None:
    path = line.folder / "evidence" / "county-v1" / "notes.parquet"
    assert path.stat().st_mode & 0o777 == 0o600
    rows = pq.read_table(path)
    assert rows.schema.names == ["person_id", "note_id", "fingerprint", "sealed"]
    assert rows.num_rows == line.first.manifest.tables["note"].rows_out
    content = b"".join(rows["sealed"].to_pylist())
    assert not [n for n in range(1, 61) if full_name(n).encode() in content]


@pytest.mark.skipif(not CHANGES, reason="make campaign runs this for many changes")
@pytest.mark.parametrize("seed", range(SEED, SEED + CHANGES))
def test_any_changes_give_the_bytes_of_a_full_build(line: Line, tmp_path: Path, seed: int) -> None:
    rows = randomly_changed(random.Random(seed))
    again, said = line.follow(tmp_path / "incremental", rows)
    afresh, _ = line.follow(tmp_path / "full", rows, afresh=True)
    assert_equal(again, afresh)
    assert scrubbed_again(said) is not None


@pytest.mark.skipif(not CHANGES, reason="make campaign runs this for many moments")
@pytest.mark.parametrize("seed", range(SEED, SEED + CHANGES))
def test_a_build_that_was_killed_midway_is_done_again_with_the_same_bytes(
    line: Line, changed: Rows, full: Release, tmp_path: Path, seed: int
) -> None:
    folder = tmp_path / "line"
    shutil.copytree(line.folder, folder)
    url = line.vaults.new(changed)
    child = multiprocessing.get_context("spawn").Process(target=follow, args=(folder, url))
    child.start()
    deadline = time.monotonic() + 120
    while not (folder / "work" / "build-county-v2").exists() and child.is_alive():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(random.Random(seed).uniform(0, 3))
    child.kill()
    child.join()
    if not (folder / "releases" / "county-v2").exists():
        follow(folder, url)
    assert_equal(open_release(folder / "releases", "county-v2"), full)


def randomly_changed(chance: random.Random) -> Rows:
    """Sixty residents after some things happened to them, to their doctors and to their places."""
    rows = deepcopy(residents(people=60 + chance.randrange(4), visits=VISITS))
    for _ in range(chance.randint(1, 6)):
        person = chance.randint(1, 60)
        of_person = {
            table: [row for row in entries if row.get("person_id") == person]
            for table, entries in rows.items()
        }
        match chance.choice(["renamed", "phone", "note", "doctor", "place", "left", "born"]):
            case "renamed":
                for row in of_person["person_identity"]:
                    other = full_name(chance.randint(1, 60))
                    row.update(full_name=other, given_name=None, family_name=None)
            case "phone":
                for row in of_person["contact"]:
                    row["value"] = f"(646) 555-{chance.randint(1000, 9999)}"
            case "note":
                for row in of_person["note"][:1]:
                    row["note_text"] = row["note_text"].replace("BP", "Blood pressure")
            case "doctor":
                rows["provider"][0]["provider_name"] = chance.choice(
                    ["Hypatia Thistlewood", "Leopold Eagleton", "Patient Phone"]
                )
            case "place":
                rows["location"][1]["city"] = chance.choice(["Hypertension", "Bigtown", "Weeks"])
            case "left":
                without(rows, person)
            case "born":
                for row in of_person["person"]:
                    row["day_of_birth"] = row["day_of_birth"] % 28 + 1
    return rows
