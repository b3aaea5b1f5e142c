"""Every number of the model stands in one table, with its unit and its source."""

from __future__ import annotations

import ast
import csv
import io
import re
from pathlib import Path
from random import Random
from statistics import mean

import pytest
from click.testing import CliRunner

from deid.cli.synth import synth
from deid.synth import catalogue
from deid.synth.catalogue import TABLES, WORDS, entries, kind_of, read_checks, render_page
from deid.synth.mixes import draw_levels
from deid.synth.parameters import DATA, DISEASES, PARAMETERS

OWN_SHAPE = {"parameters", "diseases"}


def _header(file: str) -> list[str]:
    with (DATA / f"{file}.csv").open("r", encoding="utf-8") as stream:
        return next(csv.reader(stream))


def test_every_file_of_the_model_is_listed() -> None:
    files = {entry.name.removesuffix(".csv") for entry in DATA.iterdir()}
    files = {name for name in files if not name.startswith("_")}
    assert files == {table.file for table in TABLES} | WORDS | OWN_SHAPE


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.file)
def test_every_column_is_a_name_a_condition_a_value_or_words(table: catalogue.Table) -> None:
    declared = [*table.names, *table.conditions, *(v.column for v in table.values), *table.words]
    assert len(set(declared)) == len(declared)
    header = _header(table.file)
    assert sorted(declared) == sorted(set(header) - {"source"})
    if "source" not in header:
        assert all(value.source for value in table.values)


def test_no_number_lacks_a_unit_or_a_source() -> None:
    found = list(entries())
    assert all(e.value and e.unit and e.source for e in found)
    assert len({(e.file, e.name, e.conditions, e.value) for e in found}) > 1000


def test_single_numbers_and_curves_are_those_the_model_reads() -> None:
    found = list(entries())
    assert {e.name: float(e.value) for e in found if e.file == "parameters"} == {
        name: parameter.value for name, parameter in PARAMETERS.items()
    }
    points = [e for e in found if e.file == "diseases" and e.name.endswith(" prevalence")]
    assert len(points) == sum(len(model.curve) for model in DISEASES)


def test_every_single_number_is_read_somewhere() -> None:
    texts: set[str] = set()
    for path in Path(str(DATA)).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.add(re.escape(node.value))
            elif isinstance(node, ast.JoinedStr):
                texts.add("".join(
                    re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[a-z0-9_]+"
                    for part in node.values
                ))  # fmt: skip
    patterns = [re.compile(text) for text in texts if len(text) < 80 and "." in text]
    unread = [name for name in PARAMETERS if not any(p.fullmatch(name) for p in patterns)]
    assert unread == []


def test_the_shares_of_a_mix_add_up_to_one() -> None:
    shares: dict[str, float] = {}
    for entry in entries():
        if entry.file == "mixes":
            shares[entry.name] = shares.get(entry.name, 0) + float(entry.value)
    assert shares == {name: pytest.approx(1) for name in shares}


def test_a_level_is_drawn_within_its_limits_and_moves_with_its_shift() -> None:
    low = [draw_levels(Random(n), "examination")["HEMOGLOBIN"] for n in range(300)]
    high = [draw_levels(Random(n), "examination", {"HEMOGLOBIN": 16}) for n in range(300)]
    assert mean(v["HEMOGLOBIN"] for v in high) - mean(low) == pytest.approx(16, abs=0.5)
    far = draw_levels(Random(1), "examination", {"HEMOGLOBIN": -1000})["HEMOGLOBIN"]
    assert far == next(float(e.value) for e in entries() if e.name == "examination HEMOGLOBIN low")


def test_a_publication_has_a_year() -> None:
    without = {
        e.source
        for e in entries()
        if e.kind in catalogue.CITED and not re.search(r"\b(19|20)\d\d\b", e.source)
    }
    assert without == set()


def test_a_check_belongs_to_a_publication_or_to_the_direction_of_an_assumption() -> None:
    assert read_checks()
    for source in read_checks():
        assert re.search(r"\b(19|20)\d\d\b", source), source
        assert kind_of(source) != "computed"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("Nobody 1900 J Nothing,https://example.org,1 %", "line 2: .* source of nothing"),
        ("{known},somewhere,1 %", "line 2: needs an address"),
        ("{known},https://example.org,", "line 2: needs an address"),
        ("{known},https://example.org,1 %\n{known},https://example.org,1 %", "line 3: .* already"),
        ("{known},https://example.org", "line 2: 2 fields"),
    ],
)
def test_a_faulty_check_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, complaint: str
) -> None:
    for entry in DATA.iterdir():
        if entry.name.endswith(".csv"):
            (tmp_path / entry.name).write_bytes(entry.read_bytes())
    known = f'"{PARAMETERS["sbp.heavy_salt"].source}"'
    text = "source,address,found\n" + line.replace("{known}", known) + "\n"
    (tmp_path / "checked.csv").write_text(text, encoding="utf-8")
    monkeypatch.setattr(catalogue, "DATA", tmp_path)
    read_checks.cache_clear()
    try:
        with pytest.raises(ValueError, match=complaint):
            read_checks()
    finally:
        read_checks.cache_clear()


def test_the_command_prints_the_table_and_does_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARECOMMONS_HOME", str(tmp_path))
    result = CliRunner().invoke(synth, ["--parameters"])
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO(result.output)))
    assert len(rows) == len(list(entries()))
    salt = next(row for row in rows if row["name"] == "sbp.heavy_salt")
    assert salt["source"] == PARAMETERS["sbp.heavy_salt"].source
    assert list(tmp_path.iterdir()) == []


def test_the_page_counts_the_numbers_as_they_are() -> None:
    """After a change of the tables: ``python -m tests.bench parameters``."""
    page = (Path(__file__).parents[4] / "docs" / "synthetic-county.md").read_text(encoding="utf-8")
    assert catalogue.BEGIN in page
    assert render_page(page) == page
