"""The person in words of both languages: who, and since when."""

from __future__ import annotations

from casebank.background import sex_text
from casebank.lesson.model import Wording
from casebank.record import Record
from casebank.relative import ages_band, span_text

_OLD, _ADULT = 65, 15
_WIDEST = 45


def person_words(record: Record, day: int) -> Wording:
    """ "A woman of 55–59" and its like; without an age if the release tells too little of it."""
    band, child = age_band(record, day), is_child(record, day)
    sex = sex_text(record.sex_concept_id, "en", child) or ("child" if child else "person")
    sex_zh = sex_text(record.sex_concept_id, "zh", child) or ("患儿" if child else "患者")
    if not band:
        return Wording(f"A {sex}", sex_zh)
    return Wording(f"A {sex} of {band}", f"{band}岁{sex_zh}")


def age_band(record: Record, day: int) -> str:
    """Five-year bands of the ages that are possible ``day`` days after the first contact."""
    ages = possible_ages(record, day)
    return ages_band(*ages) if ages is not None and ages[1] - ages[0] <= _WIDEST else ""


def is_child(record: Record, day: int) -> bool:
    """Whether the person was certainly under 15."""
    ages = possible_ages(record, day)
    return ages is not None and ages[1] < _ADULT


def span_words(days: int) -> Wording:
    """A length of time in both languages."""
    return Wording(span_text(days, "en"), span_text(days, "zh"))


def possible_ages(record: Record, day: int) -> tuple[int, int] | None:
    """Youngest and oldest age that is possible on a day, if the release tells any."""
    if record.born is None:
        return None
    return record.born.ages(
        record.first_day.year + (record.first_day.timetuple().tm_yday + day) // 366
    )
