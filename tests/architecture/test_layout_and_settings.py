"""The frame itself: what lies where, what settings exist, what errors tell."""

from __future__ import annotations

import dataclasses
import importlib
import os
import pkgutil
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import app
import casebank
import cohorts
import deid
from app.errors import http_status
from app.settings import (
    LAB_PREFIX,
    LAB_SETTINGS,
    PORTAL_PREFIX,
    PORTAL_SETTINGS,
    LabSettings,
    PortalSettings,
)
from deid.configuration import Setting, render_settings
from deid.errors import CareCommonsError, ConfigurationError
from deid.settings import ENGINE_SETTINGS, EngineSettings
from deid.settings import PREFIX as ENGINE_PREFIX

ROOT = Path(__file__).resolve().parents[2]
TOP_LEVEL = {
    "app",
    "deid",
    "cohorts",
    "casebank",
    "notebooks",
    "tests",
    "docs",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "Makefile",
    "constraints.txt",
}
DECLARED: list[tuple[str, tuple[Setting, ...]]] = [
    (ENGINE_PREFIX, ENGINE_SETTINGS),
    (PORTAL_PREFIX, PORTAL_SETTINGS),
    (LAB_PREFIX, LAB_SETTINGS),
]

needs_git = pytest.mark.skipif(
    shutil.which("git") is None or not (ROOT / ".git").exists(),
    reason="needs the git checkout, to know which files belong to the project",
)


def _tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, check=True)
    return listed.stdout.decode().splitlines()


def _all_error_classes() -> list[type[CareCommonsError]]:
    for package in (app, deid, cohorts, casebank):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if "migrations" not in module.name:
                importlib.import_module(module.name)
    found: list[type[CareCommonsError]] = [CareCommonsError]
    for kind in found:
        found.extend(kind.__subclasses__())
    return found


@needs_git
def test_the_top_level_is_fixed() -> None:
    tops = {path.split("/")[0] for path in _tracked()}
    assert {top for top in tops if not top.startswith(".")} <= TOP_LEVEL


@needs_git
def test_no_machine_path_or_package_host_stands_in_the_repository() -> None:
    hosts = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com"]
    pattern = re.compile("|".join([r"/(?:work|farm|root|home/\w+)/", *map(re.escape, hosts)]))
    guilty = []
    for path in _tracked():
        try:
            text = (ROOT / path).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        guilty += (
            [path] if pattern.search(text) and path != str(Path(__file__).relative_to(ROOT)) else []
        )
    assert guilty == []


def test_every_error_has_a_code_of_its_own_and_a_status() -> None:
    kinds = _all_error_classes()
    codes = [kind.code for kind in kinds]
    assert len(codes) == len(set(codes)), sorted(c for c in codes if codes.count(c) > 1)
    for kind in kinds:
        assert kind.exit_code in {1, 2}
        assert 400 <= http_status(kind.__new__(kind)) <= 503
        assert kind.__doc__


@pytest.mark.parametrize("settings", [PortalSettings, LabSettings])
def test_portal_and_lab_have_no_setting_for_vault_or_key(settings: type) -> None:
    names = {field.name for field in dataclasses.fields(settings)}
    assert not {name for name in names if "vault" in name or "key" in name}


@pytest.mark.parametrize(
    ("settings", "prefix", "declared"),
    [
        (EngineSettings, *DECLARED[0]),
        (PortalSettings, *DECLARED[1]),
        (LabSettings, *DECLARED[2]),
    ],
)
def test_the_declared_table_is_the_settings_object(
    settings: type, prefix: str, declared: tuple[Setting, ...]
) -> None:
    assert [s.name for s in declared] == [f.name for f in dataclasses.fields(settings)]
    built = settings.from_environ({"CARECOMMONS_HOME": "/tmp/home"})
    assert dataclasses.is_dataclass(built)
    with pytest.raises(ConfigurationError, match="unknown setting"):
        settings.from_environ({prefix + "RELEASE_ROOTS": "x"})


@pytest.mark.parametrize(("given", "wanted"), [("0", os.cpu_count()), ("1", 1), ("3", 3)])
def test_no_number_of_processes_means_one_a_core(given: str, wanted: int) -> None:
    settings = EngineSettings.from_environ({ENGINE_PREFIX + "PROCESSES": given})
    assert settings.processes == wanted


def test_a_malformed_setting_says_what_was_expected() -> None:
    with pytest.raises(ConfigurationError, match="CARECOMMONS_PORTAL_PORT: port to serve on"):
        PortalSettings.from_environ({"CARECOMMONS_PORTAL_PORT": "eight"})


def test_the_settings_page_is_what_the_code_declares() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for prefix, declared in DECLARED:
        assert render_settings(prefix, declared) in page
