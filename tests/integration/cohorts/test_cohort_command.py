"""``carecommons cohort``: csv on standard output, reasons on standard error, exit codes kept."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cohorts.definitions import (
    concept_set,
    condition,
    correlated,
    drug,
    expression,
    person_id,
    rule,
    tiny_world,
)

EVENTS = [{"person": str(p), "concept": "asthma", "day": "2020-01-01"} for p in range(1, 21)]
EVENTS += [
    {"person": "1", "domain": "drug", "concept": "salbutamol", "day": "2020-01-02"},
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    tiny_world(folder / "releases", EVENTS)
    treated = rule("treated", correlated(drug(), 0, 30, at_least=1))
    (folder / "asthma.json").write_text(json.dumps(expression(condition())))
    (folder / "treated.json").write_text(
        json.dumps(expression(condition(), InclusionRules=[treated]))
    )
    (folder / "wrong.json").write_text(json.dumps(expression({"Nonsense": {}})))
    # More than a tenth of a second for any engine.
    many = [
        rule(f"r{n}", *(correlated(drug(), 0, n + 50 * k, at_least=1) for k in range(10)))
        for n in range(50)
    ]
    (folder / "heavy.json").write_text(json.dumps(expression(condition(), InclusionRules=many)))
    (folder / "undefined.json").write_text(json.dumps(expression(condition(9))))
    return folder


def carecommons(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from app.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "CARECOMMONS_HOME": str(home)},
        cwd=Path(__file__).resolve().parents[3],
    )


def test_rows_are_printed_as_sorted_csv(home: Path) -> None:
    done = carecommons(home, "cohort", "run", str(home / "asthma.json"), "--release", "tiny-v1")
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert lines[0] == "subject_id,cohort_start_date,cohort_end_date"
    assert lines[1:] == [f"{person_id(p)},2020-01-01,2020-01-02" for p in range(1, 21)]


def test_a_file_holds_the_same_bytes_as_the_output(home: Path, tmp_path: Path) -> None:
    arguments = ("cohort", "run", str(home / "asthma.json"), "--release", "tiny-v1")
    target = tmp_path / "out.csv"
    carecommons(home, *arguments, "-o", str(target))
    assert target.read_text() == carecommons(home, *arguments).stdout
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_attrition_is_written_beside_the_rows(home: Path, tmp_path: Path) -> None:
    arguments = ("cohort", "run", str(home / "treated.json"), "--release", "tiny-v1")
    masks = tmp_path / "masks.csv"
    done = carecommons(home, *arguments, "--attrition", str(masks))
    assert done.stdout == carecommons(home, *arguments).stdout
    assert masks.read_text().splitlines() == [
        "mode_id,inclusion_rule_mask,person_count",
        "0,0,19",
        "0,1,1",
        "1,0,19",
        "1,1,1",
    ]


def test_counts_are_safe(home: Path) -> None:
    done = carecommons(home, "cohort", "count", str(home / "treated.json"), "--release", "tiny-v1")
    counts = {line.rsplit(None, 1)[0].strip(): line.rsplit(None, 1)[1] for line in
              done.stdout.splitlines()}  # fmt: skip
    assert counts == {
        "People with an entry event": "20",
        "after: treated": "<11",
        "People in the cohort": "<11",
    }


def test_a_characterisation_is_printed_and_its_chart_and_tables_written(
    home: Path, tmp_path: Path
) -> None:
    done = carecommons(home, "cohort", "characterise", str(home / "asthma.json"), "incidence",
                       "--outcome", str(home / "treated.json"), "--release", "tiny-v1",
                       "-o", str(tmp_path / "out"))  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Incidence per 1,000 person-years" in done.stdout
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names >= {"incidence.svg", "incidence-age-sex.csv", "incidence-flow.csv"}
    flow = (tmp_path / "out" / "incidence-flow.csv").read_text().splitlines()
    assert flow[:2] == ["People,Number", "In the cohort,20"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("run", "wrong.json", "--release", "tiny-v1"), 1, "$.PrimaryCriteria.CriteriaList[0]"),
        (("run", "asthma.json", "--release", "none-such"), 1, "no release named none-such"),
        (("run", "asthma.json"), 2, "--release NAME or --cdm DIR"),
        (("run", "absent.json", "--release", "tiny-v1"), 2, "absent.json"),
        (("run", "asthma.json", "--cdm", "."), 1, "no table person"),
        (("check", "wrong.json"), 1, "unknown Criteria"),
        (("characterise", "asthma.json", "overlap", "--release", "tiny-v1"), 2, "by --with"),
    ],
)
def test_a_refusal_is_one_line_with_its_reason(
    home: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    command, name, *rest = arguments
    rest = [str(home) if value == "." else value for value in rest]
    done = carecommons(home, "cohort", command, str(home / name), *rest)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_check_lists_findings_and_fails_on_errors(home: Path) -> None:
    done = carecommons(home, "cohort", "check", str(home / "undefined.json"))
    assert done.returncode == 1
    assert "undefined_concept_set" in done.stdout
    assert carecommons(home, "cohort", "check", str(home / "treated.json")).returncode == 0


def test_check_looks_concepts_up_in_the_vocabulary_of_a_release(home: Path, tmp_path: Path) -> None:
    unknown = expression(condition(), ConceptSets=[concept_set(0, 101, 424242)])
    (tmp_path / "unknown.json").write_text(json.dumps(unknown))
    arguments = ("cohort", "check", str(tmp_path / "unknown.json"))
    assert "424242" not in carecommons(home, *arguments).stdout
    done = carecommons(home, *arguments, "--release", "tiny-v1")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == (
        "warning: $.ConceptSets[0].expression.items[1].concept.CONCEPT_ID: the vocabulary of "
        "tiny-v1 has no concept 424242: it finds nobody [unknown_concept]"
    )
    counted = carecommons(home, "cohort", "count", *arguments[2:], "--release", "tiny-v1")
    assert "has no concept 424242" in counted.stderr


def test_a_query_that_runs_too_long_is_stopped_with_the_limit_in_the_message(home: Path) -> None:
    arguments = ("run", str(home / "heavy.json"), "--release", "tiny-v1", "--limit-seconds", "0.1")
    done = carecommons(home, "cohort", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert "stopped at its limit of 0.1 seconds" in done.stderr
    assert "Traceback" not in done.stderr


def test_describe_prints_plain_language(home: Path) -> None:
    done = carecommons(home, "cohort", "describe", str(home / "treated.json"))
    assert 'a condition occurrence of "asthma"' in done.stdout
