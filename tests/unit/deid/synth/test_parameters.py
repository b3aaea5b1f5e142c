"""The parameter table is read strictly: a fault in it stops the generator, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from deid.synth.parameters import read_diseases, read_parameters

HEADER = "name,value,unit,source\n"
DISEASES = "problem,curve,men,women,urban,rural,en_US,zh_CN,after,ratios_source,source\n"


def _written(folder: Path, text: str) -> Path:
    file = folder / "table.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_number_comes_with_its_unit_and_source(tmp_path: Path) -> None:
    table = read_parameters(_written(tmp_path, HEADER + 'salt.effect,4,mmHg,"He 2013, BMJ"\n'))
    assert table["salt.effect"].value == 4
    assert table["salt.effect"].source == "He 2013, BMJ"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name,value\n", "header"),
        (HEADER + "a.b,1,mmHg\n", "line 2: 3 fields"),
        (HEADER + "a.b,1,mmHg,x\na.b,1,mmHg,x\n", "line 3: a.b is there already"),
        (HEADER + "a.b,much,mmHg,x\n", "line 2: a value is no number"),
        (HEADER + "a.b,nan,mmHg,x\n", "line 2: a value is no number"),
        (HEADER + "a.b,1,,x\n", "line 2: a.b needs a unit"),
        (HEADER + "a.b,1,mmHg,\n", "line 2: a.b needs a unit and a source"),
        (HEADER + "A b,1,mmHg,x\n", "line 2: name"),
    ],
)
def test_a_faulty_line_of_parameters_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_parameters(_written(tmp_path, text))


def test_a_disease_has_a_curve_and_ratios_that_are_one_unless_given(tmp_path: Path) -> None:
    (gout,) = read_diseases(
        _written(tmp_path, DISEASES + "GOUT,30:0.01 75:0.04,1.7,,,,,,OBESITY:1.5,y,x\n")
    )
    assert gout.curve == ((30, 0.01), (75, 0.04))
    assert (gout.men, gout.women, gout.after) == (1.7, 1.0, {"OBESITY": 1.5})
    assert (gout.source, gout.ratios_source) == ("x", "y")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("GOUT,30:0.01 20:0.04,,,,,,,,,x", "ages of a curve must rise"),
        ("GOUT,30:0.04 40:0.01,,,,,,,,,x", "shares of a curve must not fall"),
        ("GOUT,30:0.04 40:1.2,,,,,,,,,x", "nor leave 0 to 1"),
        ("GOUT,,,,,,,,,,x", "ages of a curve must rise"),
        ("GOUT,30:0.04,-1,,,,,,,y,x", "ratio is below zero"),
        ("GOUT,30:0.04,,,,,,,OBESITY,y,x", "no number"),
        ("GOUT,30:0.04,,,,,,,,,", "needs a source"),
        ("GOUT,30:0.04,2,,,,,,,,x", "ratios and ratios_source go together"),
        ("GOUT,30:0.04,,,,,,,,y,x", "ratios and ratios_source go together"),
        ("gout,30:0.04,,,,,,,,,x", "no key"),
    ],
)
def test_a_faulty_line_of_diseases_is_refused(tmp_path: Path, line: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_diseases(_written(tmp_path, DISEASES + line + "\n"))
