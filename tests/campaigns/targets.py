"""What is fuzzed: each reader of files from elsewhere, with valid files to begin from."""

from __future__ import annotations

import csv
import io
import json
import random
import shutil
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

import cohorts
from casebank import documents
from casebank.exports.package import Package, read_package, write_package
from cohorts.compile import compile_circe
from cohorts.plain_language import describe
from deid.errors import CareCommonsError
from deid.importers.athena import load_athena
from deid.importers.fhir import import_fhir
from deid.importers.forms import import_forms
from deid.importers.omop import read_omop_directory
from deid.policy import load_policy_file
from deid.scrubbing.treating import LineTreatment, Recipe
from deid.vault.loading import LoadOptions, load_dataset
from deid.vault.store import create_vault, open_vault, read_tables
from tests.campaigns.mutations import (
    Files,
    change_node,
    mutate_bytes,
    mutate_json,
    mutate_lines_of_json,
    mutate_table,
    mutate_toml,
    mutated,
)
from tests.integration.vault import athena_files, records, test_fhir_bulk_data, test_forms

ROOT = Path(__file__).resolve().parents[2]
DEFINITIONS = ROOT.parent / "shared" / "data" / "circe" / "definitions"
OPTIONS = LoadOptions(today=records.TODAY)
PEOPLE: list[dict[str, Any]] = [
    {"person_id": 1, "family_name": "Quillfeather", "given_name": "Zephyrine", "language": "en"},
    {"person_id": 2, "family_name": "欧阳", "given_name": "试验", "language": "zh"},
]
NOTE = (
    "Zephyrine Quillfeather (MRN-77120) was seen on 03/04/2019 by Dr. Barnabas Motherwell. "
    "Phone 212-555-0187. Blood pressure 152/94, will come back in two weeks."
)
PATIENT = {
    "given": "Zephyrine",
    "family": "Quillfeather",
    "mrn": "MRN-77120",
    "birth_date": "1961-04-02",
    "relatives": [{"relation": "son", "name": "Barnabas Quillfeather"}],
}
NOT_IN_MESSAGES = (
    *records.CANARIES,
    "欧阳",
    "李试验",
    "王试验",
    "110101195503071234",
    "13800000001",
    "试验村",
    test_forms.LI,
    test_forms.WANG,
    "诉夜间咳嗽",
    "Blood pressure was high",
)
"""Names, numbers and texts of the invented people: no message or report may quote one."""

Mutate = Callable[[Files, random.Random], dict[str, bytes]]


class Broken(Exception):
    """What was read left something behind, or said what it may not say."""


@dataclass(frozen=True)
class Target:
    """A reader. ``run`` reads an input in a folder of its own; it raises what the reader raises.

    ``one_line``: a refusal is one line. A mistake in a policy is told on a line each.
    """

    name: str
    seeds: tuple[dict[str, bytes], ...]
    mutate: Mutate
    run: Callable[[Files, Path], None]
    not_in_messages: tuple[str, ...] = NOT_IN_MESSAGES
    one_line: bool = True


def write_files(files: Files, folder: Path) -> Path:
    """The input as a folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


class _Vault:
    """A vault that a refused import may not change; a new one after each import that loaded."""

    def __init__(self, folder: Path) -> None:
        self._pattern, self._path = folder / "pattern.db", folder / "vault.db"
        create_vault(f"sqlite:///{self._pattern}").dispose()
        self._open()

    def _open(self) -> None:
        shutil.copy2(self._pattern, self._path)
        self.engine: Engine = open_vault(f"sqlite:///{self._path}")
        self._before = self._state()

    def _state(self) -> tuple[str, dict[str, int]]:
        with read_tables(self.engine) as snapshot:
            return snapshot.snapshot_id, {name: snapshot.rows(name) for name in snapshot.tables()}

    def bring(self, read: Callable[[Engine], Any]) -> None:
        """Import; the report's words are looked at as messages are."""
        try:
            report = read(self.engine)
        except BaseException:
            if self._state() != self._before:
                raise Broken("a refused import changed the vault") from None
            raise
        self.engine.dispose()
        self._open()
        quoted = next((one for one in NOT_IN_MESSAGES if one in report.render()), None)
        if quoted is not None:
            raise Broken("the report quotes a value")


def fhir(folder: Path) -> Target:
    """FHIR R4, as Bulk Data and as a bundle."""
    vault = _Vault(folder)
    lines: dict[str, bytes] = {}
    for resource in test_fhir_bulk_data.resources():
        name = f"{resource['resourceType']}.ndjson"
        lines[name] = lines.get(name, b"") + json.dumps(resource).encode() + b"\n"
    bundle = {"bundle.json": json.dumps(records.bundle()).encode()}

    def mutate(files: Files, chance: random.Random) -> dict[str, bytes]:
        return mutated(files, chance, mutate_json if "bundle.json" in files else
                       mutate_lines_of_json)  # fmt: skip

    def run(files: Files, place: Path) -> None:
        source = write_files(files, place / "in")
        vault.bring(lambda engine: import_fhir(engine, source, "fuzz", options=OPTIONS))

    return Target("fhir", (lines, bundle), mutate, run)


def omop(folder: Path) -> Target:
    """OMOP CDM v5.4 in CSV, with identity tables."""
    vault = _Vault(folder)
    tables: dict[str, list[dict[str, Any]]] = {
        name: rows.to_pylist() for name, rows in records.dataset().items()
    }
    tables["note"] = [records.note(41, 1, "Blood pressure was high today.")]
    tables["person_identity"] = PEOPLE
    seed = {f"{name}.csv": _csv(rows) for name, rows in tables.items()}

    def run(files: Files, place: Path) -> None:
        source = write_files(files, place / "in")

        def read(engine: Engine) -> Any:
            found = read_omop_directory(source)
            return load_dataset(
                engine, found.tables, "fuzz", "omop", options=OPTIONS, remarks=found.remarks
            )

        vault.bring(read)

    return Target("omop", (seed,), lambda files, chance: mutated(files, chance, mutate_table), run)


def _csv(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def forms(folder: Path) -> Target:
    """Resident-record forms in CSV."""
    vault = _Vault(folder)
    seed = {
        "basic_information.csv": test_forms.PERSONS.encode(),
        "hypertension.csv": test_forms.VISITS.encode(),
    }

    def run(files: Files, place: Path) -> None:
        source = write_files(files, place / "in")
        vault.bring(lambda engine: import_forms(engine, source, "fuzz", options=test_forms.TODAY))

    return Target("forms", (seed,), lambda files, chance: mutated(files, chance, mutate_table), run)


def athena(folder: Path) -> Target:
    """A download of the vocabulary: tabs, no quoting."""
    vault = _Vault(folder)
    written = athena_files.write_download(folder / "download", athena_files.download())
    seed = {path.name: path.read_bytes() for path in sorted(written.iterdir())}

    def mutate(files: Files, chance: random.Random) -> dict[str, bytes]:
        return mutated(files, chance, lambda data, one: mutate_table(data, one, "\t"))

    def run(files: Files, place: Path) -> None:
        source = write_files(files, place / "in")
        vault.bring(lambda engine: load_athena(engine, source, today=records.TODAY, work=place))

    return Target("athena", (seed,), mutate, run)


def circe(folder: Path) -> Target:
    """Cohort definitions: parsed, told in words and compiled."""
    paths = sorted(DEFINITIONS.glob("*.json")) or [_own_definition(folder)]
    seeds = tuple({"cohort.json": path.read_bytes()} for path in paths)

    def run(files: Files, _place: Path) -> None:
        definition = cohorts.load(files["cohort.json"])
        describe(definition)
        compile_circe(definition)

    def mutate(files: Files, chance: random.Random) -> dict[str, bytes]:
        return mutated(files, chance, mutate_json)

    return Target("circe", seeds, mutate, run)


def _own_definition(folder: Path) -> Path:
    from tests.unit.cohorts.definitions import condition, expression

    path = folder / "own.json"
    path.write_text(json.dumps(expression(condition())), encoding="utf-8")
    return path


def policy(_folder: Path) -> Target:
    """Policies of one's own, whole ones and such as extend a shipped one."""
    shipped = ROOT / "deid" / "policy" / "policies"
    seeds = [{"own.toml": path.read_bytes()} for path in sorted(shipped.glob("*.toml"))]

    def run(files: Files, place: Path) -> None:
        load_policy_file(write_files(files, place / "in") / "own.toml")

    def mutate(files: Files, chance: random.Random) -> dict[str, bytes]:
        return mutated(files, chance, mutate_toml)

    return Target("policy", tuple(seeds), mutate, run, one_line=False)


def scrubber(_folder: Path) -> Target:
    """Lines of notes; a note is scrubbed or withheld, and whatever happens names no patient."""
    treatment = LineTreatment(Recipe(b"k" * 32))
    rows: list[dict[str, Any]] = [
        {"id": "n1", "text": NOTE, "lang": "en", "patient": PATIENT},
        {
            "id": "n2",
            "text": test_forms.VISITS,
            "patient": {"name": "李试验", "record_no": test_forms.LI},
        },
        {"id": 3, "text": "患者李试验,电话13800000001。2024年5月6日随访,血压152/94mmHg。"},
    ]

    def mutate(files: Files, chance: random.Random) -> dict[str, bytes]:
        return mutated(files, chance, mutate_json)

    def run(files: Files, _place: Path) -> None:
        for line in files["notes.jsonl"].splitlines():
            treated = treatment.treat(line)
            if treated.line is not None:
                _check_scrubbed(line, json.loads(treated.line))
            elif quoted(treated.withheld or "", NOT_IN_MESSAGES):
                raise Broken("the reason quotes a value")

    seeds = tuple({"notes.jsonl": json.dumps(row).encode()} for row in rows)
    return Target("scrubber", seeds, mutate, run)


def _check_scrubbed(line: bytes, output: dict[str, Any]) -> None:
    """The spans lie in the note, and rebuild the output."""
    text = json.loads(line.decode("utf-8-sig"))["text"]
    made, at = [], 0
    for span in output["spans"]:
        if not at <= span["start"] <= span["end"] <= len(text):
            raise Broken("a span lies outside of the note")
        made += [text[at : span["start"]], span["surrogate"]]
        at = span["end"]
    if "".join([*made, text[at:]]) != output["text"]:
        raise Broken("the spans do not rebuild the output")


def case(_folder: Path) -> Target:
    """Packages of cases, with manifests that fit what was changed in them."""
    from tests.integration.portal.published_case import farmer

    drafted, lesson = farmer()
    entries = _entries(write_package(Package(drafted, lesson).for_outside()))

    def mutate(files: Files, chance: random.Random) -> dict[str, bytes]:
        if chance.random() < 0.2:
            return mutated({"case.ccase": _zipped(files)}, chance, mutate_bytes)
        made = mutated(files, chance, mutate_json)
        return made if chance.random() < 0.2 else _fitting(made, chance)

    def run(files: Files, _place: Path) -> None:
        data = files.get("case.ccase") or _zipped(files)
        package = read_package(data)
        if read_package(write_package(package)) != package:
            raise Broken("a package that was read is not written as it was")

    return Target("case", (entries,), mutate, run)


def _entries(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _zipped(files: Files) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


def _fitting(files: dict[str, bytes], chance: random.Random) -> dict[str, bytes]:
    """The documents in canonical form and a manifest with their digests, so that both are read."""
    made = dict(files)
    for name in ("case.json", "lesson.json"):
        try:
            document = json.loads(made[name])
            if chance.random() < 0.3:
                document = change_node(document, chance)
            made[name] = documents.to_bytes(document)
        except (KeyError, ValueError, TypeError, RecursionError):
            continue
    try:
        manifest = json.loads(made["manifest.json"])
        manifest["files"] = {
            name: {"bytes": len(data), "sha256": sha256(data).hexdigest()}
            for name, data in made.items()
            if name != "manifest.json"
        }
        made["manifest.json"] = json.dumps(manifest).encode()
    except (KeyError, ValueError, TypeError, RecursionError):
        pass
    return made


def quoted(message: str, values: Iterable[str]) -> bool:
    """Whether a message quotes one of the values."""
    return any(value in message for value in values)


def check(target: Target, files: Files, place: Path) -> str:
    """Read one input and check all that is promised; the kind of outcome.

    Raises:
        Broken: if a refusal quotes a value or is more than a line.
        Exception: whatever the reader raised that is no refusal.
    """
    try:
        target.run(files, place)
    except CareCommonsError as refusal:
        message = str(refusal)
        if quoted(message, target.not_in_messages):
            raise Broken("a refusal quotes a value") from None
        if not message or (target.one_line and len(message.splitlines()) != 1):
            raise Broken("a refusal is not one line") from None
        return f"{type(refusal).__name__}: {message}"
    return "read"


TARGETS: dict[str, Callable[[Path], Target]] = {
    one.__name__: one for one in (fhir, omop, forms, athena, circe, policy, scrubber, case)
}
