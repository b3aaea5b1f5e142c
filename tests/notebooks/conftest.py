"""One small project for all notebooks, and each notebook run once, whichever process asks first."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import nbformat
import pytest
from nbclient import NotebookClient

from app.lab.workspace import prepare_session
from cohorts import load_template, run, write_extract
from deid.pseudonyms import Pseudonymiser
from deid.release import open_release
from deid.synth import generate
from deid.vocabulary import load_base_vocabulary
from tests.builders import build_release

REPOSITORY = Path(__file__).resolve().parents[2]
RESIDENTS, SEED, LAST_DAY = 300, 20, date(2025, 12, 31)
PROJECT = "county"
TABLES = (
    "person",
    "observation_period",
    "visit_occurrence",
    "condition_occurrence",
    "drug_exposure",
    "measurement",
    "observation",
    "procedure_occurrence",
    "death",
    "note",
    "location",
)

Executed = Callable[[str], Any]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``releases`` and the projects ``county`` (everything) and ``bare`` (people).

    300 invented residents of both counties, unshifted, from record to extract.
    """
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "notebooks"
    root.mkdir(exist_ok=True)
    with _alone(root / "world.lock"):
        if not (root / "made").exists():
            _make(root)
            (root / "made").touch()
    return root


@pytest.fixture(scope="session")
def county(world: Path) -> Path:
    """The project that was given everything."""
    return world / "projects" / PROJECT


@pytest.fixture(scope="session")
def executed(world: Path) -> Executed:
    """A function from the name of a notebook to the notebook as run in the lab's environment."""

    def execute(name: str) -> Any:
        done = world / f"{name}.ipynb"
        with _alone(world / f"{name}.lock"):
            if not done.exists():
                notebook = _run(world / "projects", name)
                nbformat.write(notebook, done)
        return nbformat.read(done, as_version=4)

    return execute


@pytest.fixture
def records(world: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The release's own tables, for computations that share nothing with the notebooks."""
    with open_release(world / "releases", "tiny-v1").connect() as connection:
        yield connection


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold a lock between the processes of one test run."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(root: Path) -> None:
    made = generate(RESIDENTS, SEED, today=LAST_DAY)
    tables = {name: made[name] for name in TABLES}
    tables["location"] = made["location"].select(["location_id", "state", "county"])
    tables["concept"] = load_base_vocabulary()["concept"]
    release = build_release(root / "releases", tables)
    definition = load_template("residents_under_observation")
    cohort = run(definition, release)
    mapper = Pseudonymiser(hashlib.sha256(b"notebooks").digest()).ids
    for project, wanted in ((PROJECT, TABLES), ("bare", ("person",))):
        write_extract(
            release,
            cohort,
            dict.fromkeys(wanted),
            mapper,
            root / "projects",
            project=project,
            extract="e1",
            definition=definition,
            title="The county",
            purpose="to test the notebooks",
        )


def _run(projects: Path, name: str) -> Any:
    session = prepare_session(projects, PROJECT, dict(os.environ), "127.0.0.1", 0, browser=False)
    notebook = nbformat.read(session.workspace / f"{name}.ipynb", as_version=4)
    client = NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": str(session.workspace)}}
    )
    client.execute(
        env=dict(session.environment) | {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}
    )
    return notebook
