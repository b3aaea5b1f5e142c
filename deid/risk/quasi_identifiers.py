"""What an intruder sees of the quasi-identifiers in a release: years of birth with their bands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from deid.release import BIRTH_YEARS
from deid.structured.expressions import text


def shown_columns(quasi_identifiers: Sequence[str]) -> tuple[str, ...]:
    """Columns of :func:`released_people`: a year of birth is a first and a last year there.

    Two bands with one middle are not alike, so that the middle alone would hide small classes.
    """
    return tuple(
        shown
        for name in quasi_identifiers
        for shown in (("first_year", "last_year") if name == "year_of_birth" else (name,))
    )


def released_people(folder: Path) -> str:
    """SQL source of one row a person of the release whose Parquet files lie under ``folder``."""
    person = text(str(folder / "person" / "*.parquet"))
    if (folder / BIRTH_YEARS).is_dir():
        years = text(str(folder / BIRTH_YEARS / "*.parquet"))
        return f"(FROM read_parquet({person}) p JOIN read_parquet({years}) y USING (person_id))"
    return (
        "(SELECT *, year_of_birth AS first_year, year_of_birth AS last_year "
        f"FROM read_parquet({person}))"
    )
