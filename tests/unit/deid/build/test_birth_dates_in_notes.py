"""A birth date in a released note has the year that the release shows for the person."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import create_engine, text

from deid.build.pipeline import build_release
from deid.policy import load_policy
from tests.integration.release.residents import (
    fixed_keyring,
    make_vault,
    residents,
    settings_for,
)


def test_the_year_of_a_birth_date_in_a_note_is_the_released_year_of_birth(tmp_path: Path) -> None:
    url = make_vault(tmp_path, residents())
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE note SET note_text = 'DOB: ' || (SELECT printf('%04d-%02d-%02d', "
                "p.year_of_birth, p.month_of_birth, p.day_of_birth) FROM person p "
                "WHERE p.person_id = note.person_id)"
            )
        )
    engine.dispose()
    policy = load_policy("limited-research")
    release = build_release(
        settings_for(tmp_path, url), fixed_keyring(), url, policy, "births-v1", "Births"
    )
    people = release.read("person")
    years = dict(
        zip(people["person_id"].to_pylist(), people["year_of_birth"].to_pylist(), strict=True)
    )
    notes = release.read("note")
    births: dict[int, set[str]] = {}
    for person, written in zip(
        notes["person_id"].to_pylist(), notes["note_text"].to_pylist(), strict=True
    ):
        found = re.fullmatch(r"DOB: (\d{4})-\d{2}-\d{2}", written)
        assert found is not None
        assert int(found[1]) == years[person]
        births.setdefault(person, set()).add(written)
    assert births
    assert all(len(written) == 1 for written in births.values())
