"""Dates in text that become their years: nothing finer is left of them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

from deid.text.normalise import to_plain
from deid.text.surrogates.dates import date_years

_CHINESE = re.compile("[\u4e00-\u9fff]")


def years_written(
    text: str, days: int, reference: datetime.date | None, otherwise: int | None
) -> list[int]:
    """Years of the dates in ``text`` after a shift by ``days``, each once, in reading order.

    A date without a year is of the note's own time: of ``reference``, the latest full date of the
    note, or of the year ``otherwise``. Empty if neither is known.
    """
    near = (reference + datetime.timedelta(days)).year if reference else otherwise
    found = list(date_years(to_plain(text), days, reference)) or [None]
    years = [near if year is None else year for year in found]
    return list(dict.fromkeys(year for year in years if year is not None))


def year_like(text: str, years: Sequence[int]) -> str:
    """The years in the language of ``text``: ``2021``, ``2021-2022``, ``2021年至2022年``."""
    if _CHINESE.search(text):
        return "至".join(f"{year}年" for year in years)
    return "-".join(map(str, years))
