"""A remembered decision is used for exactly the input that it was made from, or not at all."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deid.build.partition import EngineRecipe, NoteRow, PartitionScrubber
from deid.build.remembered import Decision, Fingerprints, Remembered, Seal
from deid.text.people import AddressParts, KnownPerson, PersonName, StaffDirectory

KEY, OTHER = b"k" * 32, b"o" * 32
PERSON = KnownPerson(
    "7", (PersonName("Abara", "Constance", "Constance Abara"),), ("Connie",), dt.date(1950, 2, 3),
    1952, "F", (("MRN", "BW 11-2094"),), (("phone", "(541) 555-0142"),),
    (AddressParts(line="9 Quince Passage"),), (("spouse", "Will Abara", None),),
)  # fmt: skip
ROW = NoteRow(7, 70, "en", 14, "Constance Abara, seen on 3/4/2025.", 2025)
RECIPE = EngineRecipe(KEY, frozenset(), StaffDirectory())
PRINTS = Fingerprints(KEY, RECIPE, {"engine": "2"})


def decision() -> Decision:
    output = PartitionScrubber(RECIPE)._engine.scrub(ROW.of(PERSON))
    assert output.seen is not None
    return Decision(output.spans, output.seen)


def written(folder: Path, sealed: bytes, mark: bytes, row: NoteRow = ROW) -> Path:
    path = folder / "notes.parquet"
    columns = {
        "person_id": [row.person_id - 1, row.person_id, row.person_id + 1],
        "note_id": [1, row.note_id, 1],
        "fingerprint": pa.array([mark] * 3, pa.binary()),
        "sealed": pa.array([sealed] * 3, pa.binary()),
    }
    pq.write_table(pa.table(columns), path)
    return path


def test_what_was_sealed_is_recalled_whole(tmp_path: Path) -> None:
    seal, mark, said = Seal(KEY), PRINTS.of(PERSON, ROW), list[str]()
    made = decision()
    path = written(tmp_path, seal.close(made, mark), mark)
    found = Remembered(path, seal, said.append).recall(ROW, mark)
    assert found == made
    assert [(s.detectors, s.confidence) for s in found.spans] == [
        (s.detectors, s.confidence) for s in made.spans
    ]
    assert said == []


@pytest.mark.parametrize(
    "changed",
    [
        replace(ROW, text=ROW.text + " "),
        replace(ROW, language="zh"),
        replace(ROW, shift_days=21),
        replace(ROW, year=None),
        replace(ROW, note_id=71),
    ],
    ids=["text", "language", "shift", "year", "id"],
)
def test_any_part_of_a_note_is_in_its_fingerprint(changed: NoteRow) -> None:
    assert PRINTS.of(PERSON, changed) != PRINTS.of(PERSON, ROW)


@pytest.mark.parametrize("name", [field.name for field in fields(KnownPerson)])
def test_anything_known_of_a_person_is_in_the_fingerprint(name: str) -> None:
    empty = {"key": "8", "birth_date": None, "released_birth_year": None, "sex": None}
    changed = replace(PERSON, **{name: empty.get(name, ())})
    assert PRINTS.of(changed, ROW) != PRINTS.of(PERSON, ROW)


@pytest.mark.parametrize(
    "other",
    [
        Fingerprints(OTHER, RECIPE, {"engine": "2"}),
        Fingerprints(KEY, RECIPE, {"engine": "3"}),
        Fingerprints(KEY, replace(RECIPE, age_band=5), {"engine": "2"}),
        Fingerprints(KEY, replace(RECIPE, dates="year"), {"engine": "2"}),
        Fingerprints(KEY, replace(RECIPE, packs=("en",)), {"engine": "2"}),
        Fingerprints(KEY, replace(RECIPE, recognisers=("spacy",)), {"engine": "2"}),
        Fingerprints(KEY, replace(RECIPE, surrogate_key=OTHER), {"engine": "2"}),
    ],
    ids=["key", "version", "ages", "dates", "packs", "recognisers", "surrogates"],
)
def test_another_engine_or_key_has_other_fingerprints(other: Fingerprints) -> None:
    assert other.of(PERSON, ROW) != PRINTS.of(PERSON, ROW)


def test_people_and_staff_who_come_and_go_do_not_change_it() -> None:
    recipe = replace(RECIPE, forbidden=frozenset({"x"}), staff=StaffDirectory(("Ann Lee",)))
    assert Fingerprints(KEY, recipe, {"engine": "2"}).of(PERSON, ROW) == PRINTS.of(PERSON, ROW)


@pytest.mark.parametrize("damage", ["byte", "key", "another note's", "cut off", "text", "absent"])
def test_what_was_changed_is_refused_and_told_once(tmp_path: Path, damage: str) -> None:
    seal, mark, said = Seal(KEY), PRINTS.of(PERSON, ROW), list[str]()
    sealed = seal.close(decision(), mark)
    match damage:
        case "byte":
            sealed = sealed[:40] + bytes([sealed[40] ^ 1]) + sealed[41:]
        case "key":
            sealed = Seal(OTHER).close(decision(), mark)
        case "another note's":
            sealed = seal.close(decision(), PRINTS.of(PERSON, replace(ROW, note_id=71)))
    path = written(tmp_path, sealed, mark)
    if damage == "cut off":
        path.write_bytes(path.read_bytes()[:-20])
    if damage == "text":
        path.write_text("no table")
    if damage == "absent":
        path.unlink()
    remembered = Remembered(path, seal, said.append)
    assert remembered.recall(ROW, mark) is None
    assert remembered.recall(replace(ROW, person_id=8, note_id=1), mark) is None
    expected = "left no decisions" if damage == "absent" else "damaged, changed or of another key"
    assert [expected in text for text in said] == [True]
