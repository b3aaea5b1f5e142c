"""``carecommons synth --notes``: an annotated corpus in the shape that a scrubber is trained on."""

from __future__ import annotations

import json
import stat
from collections import Counter
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from deid.cli.synth import synth
from deid.errors import ImportRefused
from deid.synth.corpus import write_corpus

UNTIL = date(2025, 6, 30)
KEYS = {"birth_date", "phone", "address", "relatives", "email"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("corpus") / "made"
    result = CliRunner().invoke(
        synth, ["--residents", "80", "--seed", "3", "--until", "2025-06-30", "--notes", str(made)]
    )
    assert result.exit_code == 0, result.output
    assert f"{len(_lines(made / 'en.jsonl'))}" in result.output
    return made


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", ["en.jsonl", "zh.jsonl"])
def test_lines_have_the_shape_of_the_annotated_notes(folder: Path, name: str) -> None:
    lines = _lines(folder / name)
    assert len(lines) > 200
    assert len({line["id"] for line in lines}) == len(lines)
    assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    for line in lines:
        assert set(line) == {"id", "kind", "text", "spans", "patient"}
        assert set(line["patient"]) > KEYS
        end = 0
        for span in line["spans"]:
            assert set(span) == {"start", "end", "type", "role"}
            assert end <= span["start"] < span["end"] <= len(line["text"])
            end = span["end"]


@pytest.mark.parametrize("name", ["en.jsonl", "zh.jsonl"])
def test_some_lines_are_queries_and_some_name_nobody(folder: Path, name: str) -> None:
    lines = _lines(folder / name)
    kinds = Counter(line["kind"] for line in lines)
    assert kinds["query"] > 20
    assert kinds["nameless"] > 8
    assert all(not line["spans"] for line in lines if line["kind"] == "nameless")
    queries = [line for line in lines if line["kind"] == "query"]
    assert any(line["spans"] for line in queries)
    assert any(not line["spans"] for line in queries)
    assert max(len(line["text"]) for line in queries) < 700


def test_the_same_arguments_write_the_same_bytes(tmp_path: Path) -> None:
    digests = []
    for name in ("a", "b"):
        write_corpus(tmp_path / name, 10, 4, until=UNTIL)
        digests.append(
            [sha256(p.read_bytes()).hexdigest() for p in sorted((tmp_path / name).iterdir())]
        )
    assert digests[0] == digests[1]
    assert len(digests[0]) == 2


def test_a_folder_that_exists_is_left_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused):
        write_corpus(tmp_path, 4, 1, until=UNTIL)
    assert list(tmp_path.iterdir()) == []
