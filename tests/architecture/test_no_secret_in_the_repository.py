"""No file of the repository holds a key, a token of the portal, or a password in an address."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Composed, so that this file does not find itself.
SECRETS = {
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*\n[A-Za-z0-9+/]{40}"),
    "token of the portal": re.compile(r"\bcct_[A-Za-z0-9_-]{43}\b"),
    "token of a service": re.compile(
        r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|glpat-[\w-]{20}|xox[abp]-[\w-]{20,})\b"
    ),
    "JSON web token": re.compile(r"\beyJ[\w-]{15,}\.eyJ[\w-]{15,}\.[\w-]{20,}"),
}


def secrets_in(text: str) -> list[str]:
    """What kinds of secrets a text holds."""
    return [kind for kind, pattern in SECRETS.items() if pattern.search(text)]


def test_no_file_holds_a_secret() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False
    ).stdout.decode()
    names = [name for name in listed.split("\0") if name] or [
        str(path.relative_to(ROOT))
        for folder in ("app", "deid", "cohorts", "casebank", "tests", "docs")
        for path in (ROOT / folder).rglob("*")
    ]
    found = []
    for name in names:
        path = ROOT / name
        if path.is_file() and path.stat().st_size < 300_000:
            content = path.read_bytes()
            if b"\0" not in content:
                kinds = secrets_in(content.decode("utf-8", "replace"))
                found += [(name, kind) for kind in kinds]
    assert found == []


def test_a_secret_is_recognised() -> None:
    key = "-----BEGIN PRIVATE " + "KEY-----\n" + "A" * 60
    assert secrets_in(key) == ["private key"]
    assert secrets_in("cct" + "_" + "a" * 43) == ["token of the portal"]
    assert secrets_in("ghp" + "_" + "a" * 36) == ["token of a service"]
    assert secrets_in(".".join(("eyJ" + "a" * 20, "eyJ" + "b" * 20, "c" * 30))) == [
        "JSON web token"
    ]
