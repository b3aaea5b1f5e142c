"""A release by HIPAA Safe Harbor: nothing finer than a year, a state, or the first three digits."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pyarrow as pa
import pytest

from deid.build.pipeline import build_release
from deid.build.verify import scan_against_vault, verify_release
from deid.policy import parse_policy
from deid.release import Release
from deid.structured.layout import LAYOUTS, RowKind
from tests.integration.release.residents import (
    fixed_keyring,
    make_vault,
    residents,
    settings_for,
)

OWN = """\
format = "care-commons-policy/1"
name = "own"
version = "1"
title = "Own"
description = "Safe Harbor, with the prefixes of the region."
extends = "safe-harbor"
[places]
zip3_over_20000 = ["902"]
"""
ZIPS = ("90210", "90299-1234", "03601", "100853", "9021")
"""Listed, listed with its last four digits, not listed, of another country, incomplete."""


@pytest.fixture(scope="module")
def vault_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    rows = residents(people=50, visits=2)
    rows["location"] = [
        {"location_id": n, "state": "Northshire", "county": "Upper", "zip": code}
        for n, code in enumerate(ZIPS, start=1)
    ]
    for row in rows["person"]:
        row |= {"location_id": row["person_id"] % len(ZIPS) + 1, "year_of_birth": 1950}
    rows["person"][0]["year_of_birth"] = 1901
    return make_vault(tmp_path_factory.mktemp("vault"), rows)


@pytest.fixture(scope="module")
def release(vault_url: str, tmp_path_factory: pytest.TempPathFactory) -> Release:
    settings = settings_for(tmp_path_factory.mktemp("published"), vault_url)
    policy = parse_policy(OWN, "own.toml")
    return build_release(settings, fixed_keyring(), vault_url, policy, "harbour", "Harbour")


def test_every_date_of_a_person_is_the_first_of_january_of_its_real_year(
    release: Release,
) -> None:
    years: set[int] = set()
    for table in release.tables:
        if table in LAYOUTS and LAYOUTS[table].kind in {RowKind.VOCABULARY, RowKind.DESCRIPTION}:
            continue
        rows = release.read(table)
        for field in rows.schema:
            if pa.types.is_temporal(field.type):
                values = [value for value in rows[field.name].to_pylist() if value is not None]
                assert all((value.month, value.day) == (1, 1) for value in values), field.name
                assert all(value.time() == dt.time() for value in values if hasattr(value, "hour"))
                years |= {value.year for value in values}
    real = residents(people=50, visits=2, notes=False)["visit_occurrence"]
    assert years == {row["visit_start_date"].year for row in real}
    assert release.manifest.date_resolution == "year"
    assert release.manifest.data_window == (f"{min(years)}-01-01", f"{max(years)}-12-31")


def test_no_note_holds_anything_finer_than_a_year(release: Release) -> None:
    notes = release.read("note")["note_text"].to_pylist()
    assert len(notes) == 100
    finer = re.compile(r"\d+/\d+/\d{2,4}|\d月|\d日")
    assert [note for note in notes if finer.search(note)] == []
    assert all(re.search(r"Seen on 20\d\d for|20\d\d年随访", note) for note in notes)


def test_places_are_states_and_listed_prefixes_and_no_free_word_leaves(release: Release) -> None:
    places = release.read("location")
    shown = set(zip(places["state"].to_pylist(), places["zip"].to_pylist(), strict=True))
    assert shown == {("Northshire", "902"), ("Northshire", "000"), ("Northshire", None)}
    assert set(places["county"].to_pylist()) == {None}
    assert set(release.read("observation")["value_as_string"].to_pylist()) == {None}
    assert set(release.read("condition_occurrence")["stop_reason"].to_pylist()) == {None}


def test_the_oldest_are_pooled_by_the_end_of_the_data(release: Release) -> None:
    last = int(release.manifest.data_window[1][:4])
    years = release.read("person_birth_years")["first_year"].to_pylist()
    assert min(years) == last - 90


def test_the_release_is_sound_and_no_identifier_of_the_vault_is_in_it(
    release: Release, vault_url: str, tmp_path: Path
) -> None:
    assert verify_release(release).rows > 0
    assert scan_against_vault(release, vault_url, fixed_keyring()).leaks == 0
