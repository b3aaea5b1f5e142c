"""A process killed in the middle of an extract leaves nothing that a project could open."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from cohorts import open_project, write_extract
from cohorts.errors import ProjectError
from cohorts.project import list_projects
from deid.pseudonyms import Pseudonymiser
from deid.release import Release
from tests.unit.cohorts.definitions import person_id, tiny_world

PROGRAM = textwrap.dedent(
    """
    import hashlib, os, signal, sys
    from pathlib import Path
    from cohorts import write_extract
    from deid.pseudonyms import Pseudonymiser
    from deid.release import open_release

    releases, projects, person, moment = sys.argv[1:]

    def die(*_):
        os.kill(os.getpid(), signal.SIGKILL)

    if moment == "rename":
        os.rename = die
    mapper = Pseudonymiser(hashlib.sha256(b"p").digest()).ids
    write_extract(
        open_release(Path(releases), "tiny-v1"), [int(person)], {"person": None}, mapper,
        Path(projects), project="p", extract="e", check=die if moment == "check" else None,
    )
    """
)


@pytest.mark.parametrize("moment", ["check", "rename"])
def test_sigkill_leaves_nothing_visible_and_the_next_attempt_succeeds(
    tmp_path: Path, moment: str
) -> None:
    events = [{"person": "1", "concept": "asthma", "day": "2020-01-01"}]
    release: Release = tiny_world(tmp_path / "releases", events)
    projects = tmp_path / "projects"
    arguments = (tmp_path / "releases", projects, str(person_id(1)), moment)
    killed = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[3])},
    )
    assert killed.returncode == -signal.SIGKILL
    assert [path.name for path in (projects / "p" / "extracts").iterdir()] == [".staging-e"]
    assert list_projects(projects) == []
    with pytest.raises(ProjectError, match="no extract yet"):
        open_project(projects / "p")
    mapper = Pseudonymiser(hashlib.sha256(b"p").digest()).ids
    write_extract(
        release, [person_id(1)], {"person": None}, mapper, projects, project="p", extract="e"
    )
    assert open_project(projects / "p").manifest.persons == 1
    assert [path.name for path in (projects / "p" / "extracts").iterdir()] == ["e"]
