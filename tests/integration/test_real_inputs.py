"""Each published data set goes the whole way through the command line: keys to teaching case.

What a set yields is said in its ``Expected``: GiBleed has almost no visits and no notes; Synthea27
has everything but notes; the FHIR bundles have contacts and notes, and for 21 of 24 people a single
condition, which is a sensitive one.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import cli
from casebank import Case
from deid.release import open_release

pytestmark = pytest.mark.shared

RELEASE = "real-v1"


@dataclass(frozen=True)
class Expected:
    """What a set holds, and what must come out of it; ``people`` are in the vault."""

    format: str
    people: int
    imported: str
    concept: int
    table: str
    found: int
    candidate_options: tuple[str, ...]
    problems: int
    contacts: int
    sheets: frozenset[str]
    contacts_are_visits: bool


SETS = {
    # 2,538 people have had acute bronchitis. There are 1,000 visits for 65,000 conditions,
    # so that contacts are inferred from dates; no values of measurements, hence no flow sheets.
    "omop_gibleed": Expected(
        format="omop",
        people=2694,
        imported=r"person +2,694 +2,694",
        concept=260139,
        table="ConditionOccurrence",
        found=2000,
        candidate_options=(),
        problems=3,
        contacts=5,
        sheets=frozenset(),
        contacts_are_visits=False,
    ),
    # Full records: visits, measurements with units, and psychosocial conditions such as stress.
    "omop_synthea27nj": Expected(
        format="omop",
        people=28,
        imported=r"person +28 +28",
        concept=40481087,
        table="ConditionOccurrence",
        found=20,
        candidate_options=(),
        problems=3,
        contacts=5,
        sheets=frozenset({"blood-pressure"}),
        contacts_are_visits=True,
    ),
    # An HIV module: the only condition is tuberculosis, a sensitive category, so that whoever has
    # it is offered for teaching only on request. Codes that the vocabulary lacks become local
    # concepts; influenza immunisation has a standard one.
    "fhir_synthea": Expected(
        format="fhir",
        people=24,
        imported=r"person +24 +24",
        concept=40213154,
        table="DrugExposure",
        found=20,
        candidate_options=("--with-sensitive",),
        problems=1,
        contacts=10,
        sheets=frozenset(),
        contacts_are_visits=True,
    ),
}


@dataclass
class Way:
    """One installation into which a data set was imported and released."""

    home: Path
    expected: Expected
    name: str
    said: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str) -> Result:
        runner = CliRunner()
        kept = {key: value for key, value in os.environ.items() if key.startswith("CARECOMMONS")}
        env: dict[str, str | None] = dict.fromkeys(kept)
        result = runner.invoke(cli, list(words), env={**env, "CARECOMMONS_HOME": str(self.home)})
        assert result.exit_code == 0, (
            f"{words[0]} {words[1]} of {self.name}: {result.output[-800:]}"
        )
        return result


FHIR_ONLY = pytest.mark.parametrize("way", ["fhir_synthea"], indirect=True, scope="module")


@pytest.fixture(scope="module", params=sorted(SETS))
def way(
    request: pytest.FixtureRequest, shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> Way:
    made = Way(tmp_path_factory.mktemp(request.param), SETS[request.param], request.param)
    made.run("keys", "create")
    made.run("vault", "create")
    folder = str(shared / request.param)
    made.said["import"] = made.run("vault", "import", made.expected.format, folder).output
    made.said["build"] = made.run("release", "build", "--quiet", "--name", RELEASE).output
    return made


def definition(expected: Expected) -> dict[str, object]:
    """A cohort in OHDSI's Circe JSON: people with a first event of the concept, all their time."""
    concept = {"CONCEPT_ID": expected.concept}
    return {
        "ConceptSets": [
            {
                "id": 0,
                "name": "The concept",
                "expression": {
                    "items": [{"concept": concept, "isExcluded": False, "includeDescendants": True}]
                },
            }
        ],
        "PrimaryCriteria": {
            "CriteriaList": [{expected.table: {"CodesetId": 0, "First": True}}],
            "ObservationWindow": {"PriorDays": 0, "PostDays": 0},
            "PrimaryCriteriaLimit": {"Type": "First"},
        },
        "QualifiedLimit": {"Type": "First"},
        "ExpressionLimit": {"Type": "First"},
        "InclusionRules": [],
        "CensoringCriteria": [],
        "CollapseSettings": {"CollapseType": "ERA", "EraPad": 0},
        "CensorWindow": {},
    }


def drafted(way: Way) -> Case:
    """A case of the best candidate of the release."""
    options = way.expected.candidate_options
    line = way.run(
        "case", "candidates", "--release", RELEASE, "--limit", "1", *options
    ).output.splitlines()[0]
    output = way.home / "case.json"
    person = line.split()[-1]
    way.run("case", "draft", "--release", RELEASE, "--person", person, "-o", str(output))
    return Case.from_json(output.read_bytes())


def test_everybody_is_imported_and_released(way: Way) -> None:
    assert re.search(way.expected.imported, way.said["import"])
    assert f"release {RELEASE}: {way.expected.people:,} people" in way.said["build"]


def test_the_release_verifies_against_the_vault(way: Way) -> None:
    assert "identifier" in way.run("release", "verify", RELEASE, "--with-vault").output


def test_nearly_all_is_released_in_classes_of_five_and_more(way: Way) -> None:
    release = open_release(way.home / "releases", RELEASE)
    assert release.manifest.tables["person"].rows_out == way.expected.people
    assert release.risk["linkage"]["smallest_class"] >= 5
    condition = release.manifest.tables["condition_occurrence"]
    assert condition.rows_out > 0.9 * condition.rows_in


def test_a_cohort_definition_finds_people(way: Way) -> None:
    path = way.home / "definition.json"
    path.write_text(json.dumps(definition(way.expected)))
    rows = way.home / "cohort.csv"
    way.run("cohort", "run", str(path), "--release", RELEASE, "-o", str(rows))
    lines = rows.read_text().splitlines()
    assert lines[0] == "subject_id,cohort_start_date,cohort_end_date"
    assert way.expected.found <= len(lines) - 1 <= way.expected.people
    assert len({line.split(",")[0] for line in lines[1:]}) == len(lines) - 1


def test_a_case_is_drafted_that_a_student_can_read(way: Way) -> None:
    expected, case = way.expected, drafted(way)
    assert len(case.problems) >= expected.problems
    assert len(case.contacts) >= expected.contacts
    assert expected.sheets <= {sheet.key for sheet in case.flow_sheets}
    visits = [contact for contact in case.contacts if not contact.derived]
    assert (len(visits) * 2 > len(case.contacts)) is expected.contacts_are_visits
    shown = way.run("case", "show", str(way.home / "case.json")).output
    assert case.title in shown
    for problem in case.problems:
        assert f"#{problem.number} {problem.title}" in shown
    assert not re.search(r"(?<!\d)(19|20)\d\d-\d\d-\d\d", shown)


@FHIR_ONLY
def test_the_problems_of_the_fhir_people_are_the_one_condition_that_the_bundles_hold(
    way: Way,
) -> None:
    release = open_release(way.home / "releases", RELEASE)
    with release.connect() as connection:
        names = connection.execute(
            "SELECT concept_name, count(DISTINCT person_id) FROM condition_occurrence "
            "JOIN concept ON concept_id = condition_source_concept_id GROUP BY 1"
        ).fetchall()
    assert names == [("Tuberculosis", 21)]
    case = drafted(way)
    assert [problem.title for problem in case.problems] == ["Tuberculosis"]
    assert "tuberculosis" in case.sensitive
    # Without a word about sensitive categories, the three people without a condition are offered.
    offered = way.run("case", "candidates", "--release", RELEASE, "--limit", "99").output
    assert len(offered.splitlines()) == 3


@FHIR_ONLY
def test_no_name_of_a_fhir_patient_is_in_a_case(way: Way, shared: Path) -> None:
    drafted(way)
    shown = way.run("case", "show", str(way.home / "case.json")).output
    families = set()
    for bundle in sorted((shared / way.name).glob("*.json")):
        for entry in json.loads(bundle.read_text())["entry"]:
            if entry["resource"]["resourceType"] == "Patient":
                families |= {name["family"] for name in entry["resource"].get("name", ())}
    assert len(families) >= 20
    assert not [1 for family in families if family in shown]
