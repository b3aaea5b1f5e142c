"""``carecommons lab``: one project, behind a token, on this machine, with none of our secrets."""

from __future__ import annotations

import hashlib
import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from app.lab.confinement import landlock_version
from app.lab.panel import describe_project, find_concepts
from app.lab.workspace import prepare_session, shipped_notebooks
from cohorts import open_project, set_access, write_extract
from cohorts.errors import AccessExpired, ProjectError
from cohorts.outputs.parcel import list_parcels, read_parcel
from deid.pseudonyms import Pseudonymiser
from tests.unit.cohorts.definitions import person_id, tiny_world

REPOSITORY = Path(__file__).resolve().parents[3]
CARECOMMONS = (sys.executable, "-c", "from app.cli import main; main()")
SHELL = {
    "PATH": "/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    "CARECOMMONS_ENGINE_KEYRING": "/keys",
    "CARECOMMONS_PORTAL_DATABASE_URL": "postgresql://user:password@host/db",
    "CARECOMMONS_HOME": "/home",
    "PGPASSWORD": "password",
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_home(tmp_path)


def make_home(folder: Path) -> Path:
    """Two projects with one extract each."""
    events = [{"person": "1", "concept": "asthma", "day": "2020-01-01"}]
    release = tiny_world(folder / "releases", events)
    for project in ("breath", "heart"):
        write_extract(
            release,
            [person_id(1)],
            {"person": None, "condition_occurrence": None},
            Pseudonymiser(hashlib.sha256(project.encode()).digest()).ids,
            folder / "projects",
            project=project,
            extract="e1",
        )
    return folder


def test_the_environment_of_the_lab_holds_its_project_and_no_secret(home: Path) -> None:
    session = prepare_session(home / "projects", "breath", SHELL, "127.0.0.1", 0, browser=False)
    ours = {name for name in session.environment if name.startswith("CARECOMMONS")}
    assert ours == {"CARECOMMONS_LAB_PROJECT"}
    assert session.environment["CARECOMMONS_LAB_PROJECT"] == str(home / "projects" / "breath")
    assert "password" not in " ".join(session.environment.values())
    assert session.environment["LC_ALL"] == "C.UTF-8"


def test_the_token_is_fresh_and_not_in_the_argument_list(home: Path) -> None:
    sessions = [
        prepare_session(home / "projects", "breath", SHELL, "127.0.0.1", 8888, browser=False)
        for _ in range(2)
    ]
    tokens = [session.environment["JUPYTER_TOKEN"] for session in sessions]
    assert tokens[0] != tokens[1]
    assert len(tokens[0]) >= 32
    assert tokens[0] not in " ".join(sessions[0].argv)
    assert tokens[0] not in repr(sessions[0])


def test_notebooks_are_copied_once_and_never_overwritten(home: Path) -> None:
    shipped = [notebook.name for notebook in shipped_notebooks()]
    assert "01_release_tour.ipynb" in shipped
    workspace = home / "projects" / "breath" / "workspace"
    prepare_session(home / "projects", "breath", SHELL, "127.0.0.1", 0, browser=False)
    assert sorted(path.name for path in workspace.iterdir()) == shipped
    (workspace / shipped[0]).write_text("my own work")
    prepare_session(home / "projects", "breath", SHELL, "127.0.0.1", 0, browser=False)
    assert (workspace / shipped[0]).read_text() == "my own work"


def test_a_project_that_is_closed_or_absent_is_not_opened(home: Path) -> None:
    set_access(home / "projects", "breath", revoked=True)
    with pytest.raises(AccessExpired):
        prepare_session(home / "projects", "breath", SHELL, "127.0.0.1", 0, browser=False)
    with pytest.raises(ProjectError, match="no project lungs"):
        prepare_session(home / "projects", "lungs", SHELL, "127.0.0.1", 0, browser=False)


def test_the_browser_is_opened_from_outside_once_there_is_a_page(tmp_path: Path) -> None:
    browser, seen = tmp_path / "browser", tmp_path / "seen"
    browser.write_text(f'#!/bin/sh\necho "$1" > {seen}.part && mv {seen}.part {seen}\n')
    browser.chmod(0o755)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{server.getsockname()[1]}/lab?token=x"
        program = (
            "import sys; from app.lab.workspace import _open_browser_later as o; o(sys.argv[1])"
        )
        subprocess.run(
            [sys.executable, "-c", program, address],
            env={
                "PATH": "/usr/bin:/bin",
                "BROWSER": f"{browser} %s",
                "PYTHONPATH": str(REPOSITORY),
            },
            check=True,
        )
        assert not seen.exists()
        server.listen()
        deadline = time.monotonic() + 60
        while not seen.exists():
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert seen.read_text().strip() == address


def test_without_a_project_the_projects_are_listed(home: Path) -> None:
    done = subprocess.run(
        [*CARECOMMONS, "lab"],
        env={"PATH": "/usr/bin:/bin", "CARECOMMONS_HOME": str(home)},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["breath", "heart"]


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of its own for the JupyterLab that the tests share."""
    return make_home(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def address(served: Path) -> Iterator[str]:
    """Address of a JupyterLab that serves project ``breath``."""
    home = served
    confined = () if landlock_version() >= 4 else ("--unconfined",)
    process = subprocess.Popen(
        [*CARECOMMONS, "lab", "--project", "breath", "--no-browser", "--port", "0", *confined],
        env={
            "PATH": "/usr/bin:/bin",
            "CARECOMMONS_HOME": str(home),
            "PYTHONPATH": str(REPOSITORY),
            "PYTHONUNBUFFERED": "1",
        },
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        lines = dict(process.stdout.readline().split(None, 1) for _ in range(2))
        address = lines["address:"].strip()
        deadline = time.monotonic() + 60
        while not _answers(urlsplit(address).port or 0):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield address
    finally:
        process.kill()
        process.communicate()


def test_jupyterlab_serves_the_workspace_to_the_holder_of_the_token_only(address: str) -> None:
    parts = urlsplit(address)
    (token,) = parse_qs(parts.query)["token"]
    assert parts.hostname == "127.0.0.1"

    def get(path: str, token: str | None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", parts.port or 0, timeout=20)
        headers = {"Authorization": f"token {token}"} if token else {}
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    assert get("/api/contents", None)[0] == 403
    assert get("/api/contents", "wrong")[0] == 403
    assert get("/carecommons/project", None)[0] == 403
    assert json.loads(get("/carecommons/project", token)[1])["extract"] == "e1"
    status, body = get("/api/contents", token)
    assert status == 200
    names = {entry["name"] for entry in json.loads(body)["content"]}
    assert names == {notebook.name for notebook in shipped_notebooks()}
    status, page = get("/lab", token)
    assert status == 200
    config = page.decode().split('id="jupyter-config-data"')[1].split("</script>")[0]
    settings = json.loads(config.split(">", 1)[1])
    disabled = settings["disabledExtensions"]
    assert "@jupyterlab/apputils-extension:announcements" in disabled
    assert "@jupyterlab/extensionmanager-extension" in disabled
    assert settings["extensionManager"]["can_install"] is False
    assert settings["news"]["disabled"] is True
    assert settings["terminalsAvailable"] is False


@pytest.mark.browser
def test_the_panel_shows_the_data_inserts_code_and_lays_results_into_the_outbox(
    served: Path, address: str
) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1300, "height": 850})
        page.set_default_timeout(60_000)
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else 0)
        page.goto(address)
        page.locator(".jp-LauncherCard", has_text="Project data").click()
        panel = page.locator(".cc-panel")
        panel.locator("summary", has_text="person").first.wait_for()
        assert "not set" in panel.inner_text()
        panel.get_by_label("Search tables").fill("asthma")
        panel.get_by_role("button", name="Insert code for asthma").wait_for()
        panel.get_by_label("Search tables").fill("birth")
        assert "year_of_birth" in panel.inner_text()
        assert panel.locator("li", has_text="gender_concept_id").first.is_hidden()

        page.locator(".jp-LauncherCard", has_text="Python 3").first.click()
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        panel.get_by_role("button", name="Insert code that opens it").click()
        cells = page.locator(".jp-Notebook .jp-CodeCell .cm-content")
        cells.filter(has_text="project = open_project()").press("Shift+Enter")
        page.locator(".jp-OutputArea h3").wait_for()
        cells.last.click()
        page.keyboard.type("open('t.csv', 'w').write('area,n\\nnorth,20\\n') and print('written')")
        cells.last.press("Shift+Enter")
        page.get_by_text("written", exact=True).wait_for()

        panel.locator("summary", has_text="Ask for results to leave").click()
        panel.get_by_label("t.csv").check()
        panel.get_by_label("What they show").fill("Table 1 of the paper, people by area.")
        panel.get_by_role("button", name="Put into the outbox").click()
        panel.get_by_text("In the outbox as").wait_for()
        browser.close()
    assert complaints == []
    (parcel,) = list_parcels(served / "projects" / "breath")
    files = read_parcel(served / "projects" / "breath", parcel).files
    assert files[0].content == b"area,n\nnorth,20\n"


def test_concepts_are_found_by_words_and_access_that_ended_closes_the_panel(home: Path) -> None:
    folder = home / "projects" / "breath"
    (found,) = find_concepts(folder, "ASTH")["concepts"]
    assert found["name"] == "asthma"
    assert open_project(folder).sql(found["code"].split('"')[1]).shape[0] >= 1
    assert find_concepts(folder, "o'brien; DROP")["concepts"] == []
    assert describe_project(folder)["tables"][0]["columns"]
    set_access(folder.parent, "breath", revoked=True)
    for ask in (lambda: find_concepts(folder, "asth"), lambda: describe_project(folder)):
        with pytest.raises(AccessExpired):
            ask()
