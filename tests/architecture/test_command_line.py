"""The command line: every command loads, the portal's ones without the engine, errors stay mute."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from app.cli import COMMANDS, cli, describe_unexpected, main
from deid.errors import ConfigurationError, LeakFound


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert len(result.output.splitlines()) > 4


def test_help_imports_no_command() -> None:
    code = (
        "import sys\nfrom app.cli import cli\n"
        "try:\n    cli(['--help'])\nexcept SystemExit:\n    pass\n"
        "assert not {'sqlalchemy', 'flask', 'duckdb', 'deid.vault'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def _run_main(monkeypatch: pytest.MonkeyPatch, error: Exception) -> int:
    @click.command()
    def failing() -> None:
        raise error

    monkeypatch.setattr(cli, "get_command", lambda context, name: failing)
    monkeypatch.setattr(sys, "argv", ["carecommons", "failing"])
    with pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0)


def test_an_expected_error_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run_main(monkeypatch, LeakFound("a number of table note survived")) == 1
    assert capsys.readouterr().err == "carecommons: a number of table note survived\n"


def test_the_exit_code_that_a_command_ends_by_is_that_of_the_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert _run_main(monkeypatch, click.exceptions.Exit(1)) == 1
    assert _run_main(monkeypatch, click.exceptions.Exit(0)) == 0


def test_an_unforeseen_error_never_shows_its_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "Zhang San 13800000000"
    cause = ValueError(secret)
    error = RuntimeError(secret)
    error.__cause__ = cause
    assert _run_main(monkeypatch, error) == 1
    shown = capsys.readouterr()
    assert secret not in shown.err + shown.out
    assert "unexpected RuntimeError" in shown.err
    assert "in failing" in shown.err


def test_an_unforeseen_error_names_the_place() -> None:
    with pytest.raises(KeyError) as caught:
        {}["x"]
    assert "test_command_line.py" in describe_unexpected(caught.value)


def test_what_the_operating_system_refused_is_told_by_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run_main(monkeypatch, PermissionError(13, "Permission denied", "/srv/keys")) == 1
    assert capsys.readouterr().err.startswith("carecommons: /srv/keys: Permission denied")


def test_a_missing_package_is_told_by_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run_main(monkeypatch, ModuleNotFoundError("no", name="pyarrow")) == 1
    assert "the package pyarrow is not installed" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"no database", None])
def test_a_portal_database_that_cannot_be_used_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    url = "nonsense"
    if content is not None:
        (tmp_path / "portal.db").write_bytes(content)
        url = f"sqlite:///{tmp_path / 'portal.db'}"
    monkeypatch.setenv("CARECOMMONS_PORTAL_DATABASE_URL", url)
    result = CliRunner().invoke(cli, ["user", "list"])
    assert isinstance(result.exception, ConfigurationError)
    assert "portal's database" in str(result.exception)


def test_nothing_that_is_made_can_be_written_by_others(tmp_path: Path) -> None:
    home = tmp_path / "home"
    program = "import os; os.umask(0); from app.cli import main; main()"
    for arguments in (["keys", "create"], ["vault", "create"]):
        subprocess.run(
            [sys.executable, "-c", program, *arguments],
            env={**os.environ, "CARECOMMONS_HOME": str(home)},
            check=True,
            capture_output=True,
        )
    made = [home, *home.rglob("*")]
    assert len(made) >= 5
    assert [path for path in made if path.stat().st_mode & 0o022] == []
