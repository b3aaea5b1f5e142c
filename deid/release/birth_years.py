"""The one table that a release adds to OMOP: how wide the band of each year of birth is.

OMOP's ``person.year_of_birth`` holds one number, the middle of a band; without its width nobody can
tell an exact year from one generalised over decades.
"""

from __future__ import annotations

import pyarrow as pa

BIRTH_YEARS = "person_birth_years"
BIRTH_YEARS_SCHEMA = pa.schema(
    [("person_id", pa.int64()), ("first_year", pa.int64()), ("last_year", pa.int64())]
)
