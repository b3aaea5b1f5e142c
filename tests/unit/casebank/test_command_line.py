"""``carecommons case``: candidates, draft, show."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli.case import case as case_command
from casebank import Case, CaseFormatError, RecordNotFound
from casebank.errors import PackageRefused
from casebank.lesson import Lesson
from deid.errors import ReleaseNotFound
from tests.unit.casebank import residents


@pytest.fixture(scope="module")
def release_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("releases")
    residents.release(root)
    return root


def run(release_root: Path, *words: str) -> Result:
    return CliRunner().invoke(
        case_command,
        list(words),
        env={"CARECOMMONS_PORTAL_RELEASE_ROOT": str(release_root)},
    )


def test_the_best_candidate_is_drafted_when_nobody_is_named(
    release_root: Path, tmp_path: Path
) -> None:
    output = tmp_path / "case.json"
    result = run(release_root, "draft", "--release", "tiny-v1", "-o", str(output))
    assert result.exit_code == 0, result.output
    assert "8 contacts, 6 problems, 2 flow sheets" in result.output
    case = Case.from_json(output.read_bytes())
    assert case.sources is not None
    assert case.sources.person_id == residents.FARMER
    assert [path.name for path in tmp_path.iterdir()] == ["case.json"]


def test_a_students_copy_has_no_sources(release_root: Path, tmp_path: Path) -> None:
    output = tmp_path / "case.json"
    words = ["--person", str(residents.TEACHER), "--language", "zh", "--student", "-o", str(output)]
    result = run(release_root, "draft", "--release", "tiny-v1", *words)
    assert result.exit_code == 0, result.output
    case = Case.from_json(output.read_bytes())
    assert case.sources is None
    assert case.language == "zh"


def test_a_case_is_shown_as_text(release_root: Path, tmp_path: Path) -> None:
    output = tmp_path / "case.json"
    run(release_root, "draft", "--release", "tiny-v1", "-o", str(output))
    shown = run(release_root, "show", str(output))
    assert shown.exit_code == 0
    assert "A man of 55–59 with dizziness" in shown.output
    assert "→ see #4" in shown.output
    assert "S Takes amlodipine most mornings.  [#1]" in shown.output
    assert str(residents.FARMER) not in shown.output


def test_a_lesson_is_drafted_over_a_case_file(release_root: Path, tmp_path: Path) -> None:
    case, lesson = tmp_path / "case.json", tmp_path / "lesson.json"
    run(release_root, "draft", "--release", "tiny-v1", "-o", str(case))
    made = run(release_root, "lesson", "--release", "tiny-v1", str(case), "-o", str(lesson))
    assert made.exit_code == 0, made.output
    assert "stage 1: " in made.output
    Lesson.from_json(lesson.read_bytes()).check_fits(Case.from_json(case.read_bytes()))


def test_candidates_are_listed_with_their_reasons(release_root: Path) -> None:
    listed = run(release_root, "candidates", "--release", "tiny-v1", "--reasons", "--limit", "1")
    assert listed.exit_code == 0
    assert f"person {residents.FARMER}" in listed.output
    assert "20/20 contacts: 8" in listed.output


def test_refusals_are_errors_of_ours(release_root: Path, tmp_path: Path) -> None:
    output = str(tmp_path / "case.json")
    gone = run(release_root, "draft", "--release", "absent", "-o", output)
    assert isinstance(gone.exception, ReleaseNotFound)
    nobody = run(release_root, "draft", "--release", "tiny-v1", "--person", "9", "-o", output)
    assert isinstance(nobody.exception, RecordNotFound)
    wrong = run(
        release_root, "draft", "--release", "tiny-v1", "--case-id", "Not An Id", "-o", output
    )
    assert wrong.exit_code == 2
    damaged = tmp_path / "damaged.json"
    damaged.write_text("{}")
    assert isinstance(run(release_root, "show", str(damaged)).exception, CaseFormatError)
    assert not Path(output).exists()


def test_a_case_travels_as_a_package_and_comes_back(release_root: Path, tmp_path: Path) -> None:
    drafted, packed, back = (tmp_path / name for name in ("a.json", "a.ccase", "b.json"))
    run(release_root, "draft", "--release", "tiny-v1", "-o", str(drafted))
    sent = run(release_root, "export", str(drafted), "-o", str(packed))
    assert sent.exit_code == 0, sent.output
    taken = run(release_root, "import", str(packed), "-o", str(back))
    assert taken.exit_code == 0, taken.output
    assert "no lesson" in taken.output
    original = Case.from_json(drafted.read_bytes())
    assert Case.from_json(back.read_bytes()) == original.for_student()


def test_a_damaged_package_is_refused(release_root: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "a.ccase"
    damaged.write_bytes(b"PK no zip")
    refused = run(release_root, "import", str(damaged), "-o", str(tmp_path / "b.json"))
    assert isinstance(refused.exception, PackageRefused)
    assert not (tmp_path / "b.json").exists()
