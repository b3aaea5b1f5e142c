# ruff: noqa: E501 -- an expression is read whole
"""The months that a note's full dates speak of: they tell ``6/2`` the day from ``6/8`` the share."""

from __future__ import annotations

from functools import lru_cache

import re2


def is_near(text: str, first: int, second: int) -> bool:
    """Whether the months of the note's other dates make ``first/second`` a date of that time."""
    near, day_first = months_near(text)
    if not near:
        return False
    month, day = (second, first) if day_first or first > 12 else (first, second)
    if month not in near or day > 31:
        return False
    # `7/10` may be of anything; a pair like `6/2` or `7/25` is no share of a whole.
    return first > second or second not in WHOLES


WHOLES = frozenset({3, 4, 5, 6, 8, 10})
_NAMED = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_TOLD = re2.compile(
    r"(?i)((?:dob|d\.o\.b\.?|born|birth|b\.)[^\n\d]{0,12})?(?:\b(\d{1,2})[/.-](\d{1,2})[/.-](?:19|20)?\d\d\b|\b(?:19|20)\d\d-(\d\d)-\d\d\b"
    rf"|\b{_NAMED}\.? +\d{{1,2}}\b|\b(\d{{1,2}})/(?:1[1-46-9]|2[1235689]|31)\b|\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)?[ -]{_NAMED}\b)"
)
_MONTH_NUMBERS = {
    m: i
    for i, m in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_MONTHS_ABOUT = 2


@lru_cache(maxsize=4)
def months_near(text: str) -> tuple[frozenset[int], bool]:
    """Months about those that full dates of the note tell, births apart; whether days come first."""
    told: set[int] = set()
    day_first = False
    for match in _TOLD.finditer(text):
        birth, a, b, iso, name, short, named = match.groups()
        if birth:
            continue
        if a:
            day_first = day_first or (int(a) > 12 >= int(b))
            told.add(int(b) if day_first else int(a))
        elif iso:
            told.add(int(iso))
        elif short:
            if text[match.end() : match.end() + 1] not in {"/", "%"}:
                told.add(int(short))
        else:
            told.add(_MONTH_NUMBERS[(name or named).lower()])
    near = {
        (m + k - 1) % 12 + 1
        for m in told
        if 1 <= m <= 12
        for k in range(-_MONTHS_ABOUT, _MONTHS_ABOUT + 1)
    }
    return frozenset(near), day_first
