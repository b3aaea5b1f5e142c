"""The page of OWASP ASVS holds each requirement of levels 1 and 2 once, each proof exists."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROW = re.compile(
    r"^\| (\d+\.\d+\.\d+) \| ([12]) \| [^|]+ \| ([a-z ]+) \| ([^|]+) \|$", re.MULTILINE
)
PROOF = re.compile(r"`([\w./-]+?)(?:::(\w+))?`")
ROWS = [found.groups() for found in ROW.finditer(PAGE)]


def test_every_requirement_stands_there_once() -> None:
    ids = [number for number, *_ in ROWS]
    assert ids == sorted(set(ids), key=lambda number: [int(part) for part in number.split(".")])
    assert Counter(level for _, level, *_ in ROWS) == {"1": 70, "2": 183}
    assert len(re.findall(r"^\| \d+\.\d+", PAGE, re.MULTILINE)) == len(ROWS)


def test_every_row_has_a_state_and_what_is_met_a_proof() -> None:
    assert {state for *_, state, _ in ROWS} == {"met", "not applicable", "not met"}
    assert [number for number, _, state, text in ROWS if state == "met" and "`" not in text] == []
    assert [number for number, *_, text in ROWS if len(text.strip()) < 3] == []


def test_every_proof_exists() -> None:
    missing = []
    for number, *_, text in ROWS:
        for path, name in PROOF.findall(text):
            if "/" not in path and path not in {"pyproject.toml", "Makefile"}:
                continue
            if not (ROOT / path).exists():
                missing.append((number, path))
            elif name and f"\ndef {name}(" not in (ROOT / path).read_text(encoding="utf-8"):
                missing.append((number, f"{path}::{name}"))
    assert missing == []


def test_the_totals_are_those_of_the_rows() -> None:
    states = Counter(state for *_, state, _ in ROWS)
    told = re.search(r"(\d+) are met, (\d+) do not apply and (\d+) are not met", PAGE)
    assert told is not None
    assert [int(number) for number in told.groups()] == [
        states["met"],
        states["not applicable"],
        states["not met"],
    ]
