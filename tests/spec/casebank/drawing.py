"""Draws one resident's record as a table, and the problem list that it should give."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from casebank import Case, draft_case
from tests.builders import build_release

PERSON = 77
FIRST = date(2015, 3, 2)
_TABLES = {
    "condition": ("condition_occurrence", "condition", "condition_start_date"),
    "drug": ("drug_exposure", "drug", "drug_exposure_start_date"),
    "measure": ("measurement", "measurement", "measurement_date"),
    "observe": ("observation", "observation", "observation_date"),
}


def rows_of(drawn: str) -> list[list[str]]:
    """Cells of a drawn table, without its heading."""
    lines = [line for line in drawn.strip().splitlines() if line.strip()]
    return [[cell.strip() for cell in line.split("|")] for line in lines[1:]]


def case_of(root: Path, drawn: str, *, sex: int = 8532, born: int = 1950) -> Case:
    """The case of a record drawn as ``kind | name | day | until | value``.

    ``day`` counts from the first contact, and ``until`` may be empty.
    """
    tables: dict[str, list[dict[str, Any]]] = {
        "person": [{"person_id": PERSON, "gender_concept_id": sex, "year_of_birth": born}]
    }
    concepts: dict[str, int] = {}
    for number, (kind, name, day, until, value) in enumerate(rows_of(drawn), 1):
        start = FIRST + timedelta(days=int(day))
        if kind == "note":
            tables.setdefault("note", []).append(
                {"note_id": number, "person_id": PERSON, "note_date": start, "note_text": name}
            )
            continue
        table, key, dated = _TABLES[kind]
        concept = concepts.setdefault(name, 1000 + len(concepts))
        row: dict[str, Any] = {
            f"{table}_id": number,
            "person_id": PERSON,
            f"{key}_concept_id": concept,
            dated: start,
        }
        if kind in {"condition", "drug"}:
            end = FIRST + timedelta(days=int(until)) if until else None
            row[dated.replace("start", "end")] = end
        else:
            row["value_as_number"] = float(value) if value else None
        tables.setdefault(table, []).append(row)
    tables["concept"] = [
        {"concept_id": concept, "concept_name": name, "vocabulary_id": "SNOMED"}
        for name, concept in concepts.items()
    ]
    return draft_case(build_release(root, tables), PERSON, case_id="drawn")


def problem_list(case: Case) -> list[list[str]]:
    """The problem list as cells: number, title, kind, status, list, onset, episodes, see."""
    return [
        [
            str(problem.number),
            problem.title,
            problem.kind,
            problem.status,
            problem.listed,
            str(problem.onset_day),
            str(len(problem.occurrences)),
            "" if problem.see is None else f"#{problem.see}",
        ]
        for problem in case.problems
    ]


def entries(case: Case) -> list[list[str]]:
    """What stands at each contact, as cells: day, letter, text, problems."""
    letters = ("subjective", "objective", "assessment", "plan", "other")
    return [
        [
            str(contact.day),
            letter[0].upper() if letter != "other" else "-",
            statement.text,
            " ".join(f"#{number}" for number in statement.problems),
        ]
        for contact in case.contacts
        for letter in letters
        for statement in getattr(contact.soap, letter)
    ]
