"""Our compiler beside the reference's SQL, and counts while editing, over the multiplied CDM.

The shared data are copied 50 times (136,100 people) and 37 times (100,714) with shifted ids, as
Parquet in a temporary folder. Both compilers run the same definition in turns, each time over a new
connection, and must agree on every row and mask. Processor seconds are told beside the clock's,
since they do not depend on what else runs. ``python -m tests.bench cohorts``
"""

from __future__ import annotations

import itertools
import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from cohorts import CohortDefinition, CohortResult, LiveCohorts, load, open_cdm_folder, run
from cohorts.cdm import CdmFolder
from cohorts.compile import compile_circe
from cohorts.plan import compile_plan
from tests.memory import peak_memory

CDM = Path(__file__).resolve().parents[3] / "shared" / "data" / "circe" / "cdm"
FIFTY_TIMES, HUNDRED_THOUSAND = 50, 37
SHIFT = 100_000_000
ROUNDS = 3
LIMIT_SECONDS = 600.0
_SHIFTED = {"person_id", "visit_occurrence_id", "visit_detail_id"}


def main() -> None:
    """Print the tables."""
    if not CDM.is_dir():
        print(f"{CDM} is absent")
        return
    with tempfile.TemporaryDirectory() as folder:
        large = _in_a_process(multiply, FIFTY_TIMES, Path(folder) / "large")
        print(f"{'six rules over 136,100 people':34}{'median s':>10}{'processor s':>13}{'MB':>7}")
        for limit in ("First", "All"):
            _compare(large, limit)
        _compiling()
        smaller = _in_a_process(multiply, HUNDRED_THOUSAND, Path(folder) / "smaller")
        _in_a_process(_live, smaller)


def multiply(times: int, folder: Path) -> Path:
    """The shared CDM, ``times`` over, with the ids of people, rows and visits shifted."""
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        for path in sorted(CDM.glob("*.parquet")):
            rows = connection.from_parquet(str(path))
            shifted = _SHIFTED | {f"{path.stem}_id"} if "person_id" in rows.columns else set()
            fields = ", ".join(
                f'"{name}" + copy * {SHIFT} AS "{name}"' if name in shifted else f'"{name}"'
                for name in rows.columns
            )
            copies = times if shifted else 1
            connection.execute(
                f"COPY (SELECT {fields} FROM range({copies}) copies(copy), '{path}' ORDER BY copy) "
                f"TO '{folder / path.name}' (FORMAT parquet, COMPRESSION zstd)"
            )
    return folder


def six_rules(limit: str, observed: int = 365, treated: int = 365) -> CohortDefinition:
    """Six inclusion rules, censoring and an offset; ``limit`` is that of the entry events.

    They are ``observed`` days before, and pain relief is looked for as many as ``treated``.
    """
    infection, pain_relief, temperature, pharyngitis, visit, antibiotic, concussion = range(7)
    concepts = {
        infection: (40481087, 260139),
        pain_relief: (1127433, 1127078),
        temperature: (3006322,),
        pharyngitis: (4112343,),
        visit: (9202,),
        antibiotic: (1713671,),
        concussion: (378001,),
    }
    condition, drug = "ConditionOccurrence", "DrugExposure"
    at_most, at_least = 1, 2
    rules = {
        "adult": {"DemographicCriteriaList": [{"Age": {"Value": 18, "Op": "gte"}}]},
        "pain relief within the year before": {
            "CriteriaList": [_around(drug, pain_relief, -treated, 0, at_least, 1)]
        },
        "temperature taken twice before": {
            "CriteriaList": [_around("Measurement", temperature, None, 0, at_least, 2)]
        },
        "no pharyngitis within a month": {
            "CriteriaList": [_around(condition, pharyngitis, -30, 30, 0, 0)]
        },
        "an out-patient visit or an antibiotic within a year": {
            "Groups": [
                {
                    "Type": "ANY",
                    "CriteriaList": [
                        _around("VisitOccurrence", visit, -365, 365, at_least, 1),
                        _around(drug, antibiotic, -365, 365, at_least, 1),
                    ],
                }
            ]
        },
        "at most three infections in the year before": {
            "CriteriaList": [_around(condition, infection, -365, -1, at_most, 3)]
        },
    }
    document = {
        "ConceptSets": [
            {
                "id": number,
                "expression": {
                    "items": [
                        {"concept": {"CONCEPT_ID": concept}, "includeDescendants": True}
                        for concept in found
                    ]
                },
            }
            for number, found in concepts.items()
        ],
        "PrimaryCriteria": {
            "CriteriaList": [{condition: {"CodesetId": infection}}],
            "ObservationWindow": {"PriorDays": observed, "PostDays": 0},
            "PrimaryCriteriaLimit": {"Type": limit},
        },
        "ExpressionLimit": {"Type": "All"},
        "InclusionRules": [
            {"name": name, "expression": {"Type": "ALL", **group}} for name, group in rules.items()
        ],
        "EndStrategy": {"DateOffset": {"DateField": "StartDate", "Offset": 90}},
        "CensoringCriteria": [{condition: {"CodesetId": concussion}}, {"Death": {}}],
        "CollapseSettings": {"CollapseType": "ERA", "EraPad": 30},
    }
    return load(json.dumps(document))


def _around(
    criterion: str, codeset: int, start: int | None, end: int, occurrence: int, count: int
) -> dict[str, Any]:
    def endpoint(days: int | None) -> dict[str, int]:
        if days is None:
            return {"Coeff": -1}
        return {"Days": abs(days), "Coeff": -1 if days < 0 else 1}

    return {
        "Criteria": {criterion: {"CodesetId": codeset}},
        "StartWindow": {"Start": endpoint(start), "End": endpoint(end)},
        "Occurrence": {"Type": occurrence, "Count": count},
    }


def _compare(folder: Path, limit: str) -> None:
    """One line for each compiler; each runs in a process of its own, by turns."""
    compilers = {"reference": compile_circe, "own": compile_plan}
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in compilers}
    memory, answers = {}, {}
    for _ in range(ROUNDS):
        for name, compiler in compilers.items():
            wall, processor, memory[name], answers[name] = _in_a_process(
                _timed, folder, limit, compiler
            )
            seconds[name].append((wall, processor))
    if answers["own"] != answers["reference"]:
        raise RuntimeError("the compilers disagree")
    medians = {
        name: [statistics.median(column) for column in zip(*found, strict=True)]
        for name, found in seconds.items()
    }
    for name, (wall, processor) in medians.items():
        label = f"{name}, entry limit {limit}"
        print(f"{label:34}{wall:10.2f}{processor:13.2f}{memory[name]:7.0f}")
    ratios = [a / b for a, b in zip(medians["reference"], medians["own"], strict=True)]
    print(f"{'reference : own':34}{ratios[0]:10.1f}{ratios[1]:13.1f}")


def _timed(
    folder: Path, limit: str, compiler: Callable[[CohortDefinition], Any]
) -> tuple[float, float, float, Any]:
    """Seconds by the clock and of the processor, peak memory in MB, and the answer."""
    definition, source = six_rules(limit), open_cdm_folder(folder)
    began, used = time.perf_counter(), time.process_time()
    result = run(definition, source, LIMIT_SECONDS, compiler=compiler)
    took = time.perf_counter() - began, time.process_time() - used
    return (*took, peak_memory(), _answer(result))


def _answer(result: CohortResult) -> Any:
    return result.rows.to_pydict(), result.attrition


def _compiling() -> None:
    definition = six_rules("First")
    compile_plan(definition)
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        compile_plan(load(definition.source))
        times.append(time.perf_counter() - began)
    print(f"\nreading and compiling: {statistics.median(times) * 1000:.1f} ms")


def _live(folder: Path) -> None:
    """Counts while editing at 100,714 people."""
    source: CdmFolder = open_cdm_folder(folder)
    with LiveCohorts(source) as live:
        began = time.perf_counter()
        live.count(six_rules("First"), LIMIT_SECONDS)
        first = time.perf_counter() - began
        print(f"\nlive, 100,714 people: first question, which loads tables, {first:.1f} s")
        print(f"{'':34}{'median ms':>10}{'slowest':>9}{'processor ms':>14}")
        for limit, changed in itertools.product(("First", "All"), ("one rule", "entry")):
            times = []
            for turn in range(1, 2 * ROUNDS + 1):
                observed, treated = (
                    (365, 365 - turn) if changed == "one rule" else (365 - turn, 365)
                )
                definition = six_rules(limit, observed, treated)
                began, used = time.perf_counter(), time.process_time()
                live.count(definition, LIMIT_SECONDS)
                times.append((time.perf_counter() - began, time.process_time() - used))
            wall, processor = (
                [1000 * value for value in part] for part in zip(*times, strict=True)
            )
            print(
                f"{f'entry limit {limit}, {changed} changed':34}{statistics.median(wall):10.0f}"
                f"{max(wall):9.0f}{statistics.median(processor):14.0f}"
            )
        print(f"peak memory of the process: {peak_memory():.0f} MB")


def _in_a_process(function: Callable[..., Any], *arguments: Any) -> Any:
    """Memory peaks are those of a process; each measurement has its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


if __name__ == "__main__":
    main()
