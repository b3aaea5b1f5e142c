"""``carecommons anonymise``: files in, files out, nothing half-written, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from app.cli import cli
from deid.cli.anonymise import anonymise
from deid.errors import CareCommonsError, RequestContradictory, TableRefused
from deid.tabular import read_table, write_table
from deid.tabular.table import Form

LINES = ["age;town;diagnosis;name"] + [
    f"{20 + i % 7};{'AB'[i % 2]};{'xyz'[i % 3]};person{i}" for i in range(42)
]


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text("\n".join(LINES) + "\n", "utf-8")
    return path


def run(*arguments: object) -> None:
    result = CliRunner().invoke(anonymise, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output


BASIC = ("--qi", "age,town", "--sensitive", "diagnosis", "--labels", "ranges", "--k", 5)


def test_a_table_comes_out_in_the_form_it_came_in_with_a_report(people: Path) -> None:
    out, report = people.parent / "out.csv", people.parent / "report.json"
    run(people, "-o", out, *BASIC, "--drop", "name", "--report", report, "--measure")
    lines = out.read_text("utf-8").splitlines()
    assert lines[0] == "age;town;diagnosis"
    assert len(lines) == 43
    told = json.loads(report.read_text("utf-8"))
    assert told["rows"] == {"given": 42, "released": 42, "removed": 0}
    assert told["k"] >= 5
    assert told["query_error"]["queries"] > 0
    assert set(told["model_accuracy"]["diagnosis"]) == {"before", "after", "commonest"}
    assert not list(people.parent.glob(".staged-*"))


@pytest.mark.parametrize(
    ("arguments", "error", "code"),
    [
        (BASIC, RequestContradictory, 2),
        ((*BASIC, "--drop", "name", "--l", "4"), RequestContradictory, 2),
        ((*BASIC[:-1], "50", "--drop", "name"), RequestContradictory, 2),
        (("--qi", "name", "--drop", "age,town,diagnosis", "--k", 5), TableRefused, 1),
    ],
)
def test_a_refusal_writes_nothing_and_leaves_what_was_there(
    people: Path, arguments: tuple[object, ...], error: type[CareCommonsError], code: int
) -> None:
    out = people.parent / "out.csv"
    out.write_text("earlier", "utf-8")
    with pytest.raises(error) as caught:
        run(people, "-o", out, *arguments)
    assert caught.value.exit_code == code
    assert "person" not in str(caught.value)
    assert out.read_text("utf-8") == "earlier"
    assert sorted(path.name for path in people.parent.iterdir()) == ["out.csv", "people.csv"]


def test_the_table_is_never_written_over_itself(people: Path) -> None:
    with pytest.raises(RequestContradictory):
        run(people, "-o", people, *BASIC, "--drop", "name")


def test_the_command_is_part_of_the_program() -> None:
    assert "anonymise" in CliRunner().invoke(cli, ["--help"]).output


def test_parquet_keeps_the_types_of_columns_that_are_kept(tmp_path: Path) -> None:
    given = tmp_path / "people.parquet"
    columns = {"age": [30, 31, 40] * 4, "weight": [70.5, 60.25] * 6, "ill": [True, False] * 6}
    pq.write_table(pa.table(columns), given)
    out = tmp_path / "out.parquet"
    arguments = ("--qi", "age", "--sensitive", "ill", "--keep", "weight", "--labels", "ranges")
    run(given, "-o", out, *arguments, "--k", 4)
    released = pq.read_table(out)
    assert released.schema.field("weight").type == pa.float64()
    assert released.num_rows == 12
    assert set(released["age"].to_pylist()) == {"30", "31", "40"}


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_delimiter_and_encoding_are_found(tmp_path: Path, delimiter: str, encoding: str) -> None:
    path = tmp_path / "table.csv"
    text = f'姓名{delimiter}note\n李娜{delimiter}"a{delimiter}b"\n王伟{delimiter}\n'
    path.write_text(text, encoding)
    table, form = read_table(path)
    assert form.delimiter == delimiter
    assert table.to_pydict() == {"姓名": ["李娜", "王伟"], "note": [f"a{delimiter}b", ""]}
    write_table(table, path, form)
    assert read_table(path)[0] == table


def test_a_broken_line_is_refused_without_being_shown(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a;b\n1;2\nQuxville\n", "utf-8")
    with pytest.raises(TableRefused) as caught:
        read_table(path)
    assert "Quxville" not in str(caught.value)


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        write_table(pa.table({"a": ["李"]}), tmp_path / "out.csv", Form(";", "cp1252"))
    assert not list(tmp_path.iterdir())
