# ruff: noqa: E501 -- an expression or a word list is read whole
"""Patterns that do not depend on a language: machine addresses and numbers with a check."""

from __future__ import annotations

from deid.text.document import SpanType, Strength
from deid.text.patterns import Pattern, PatternAnnotator, not_inside_number
from deid.text.surrogates.numbers import is_chinese_id


def _chinese_id(text: str, start: int, end: int) -> bool:
    return not_inside_number(text, start, end) and (
        is_chinese_id(text[start:end]) or _has_birth_date(text[start + 6 : start + 14])
    )


def _old_chinese_id(text: str, start: int, end: int) -> bool:
    return not_inside_number(text, start, end) and _has_birth_date(
        "19" + text[start + 6 : start + 12]
    )


def _has_birth_date(digits: str) -> bool:
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:8])
    return 1900 <= year <= 2099 and 1 <= month <= 12 and 1 <= day <= 31


def _ipv4(text: str, start: int, end: int) -> bool:
    parts = text[start:end].split(".")
    return all(int(p) <= 255 and str(int(p)) == p for p in parts) and not_inside_number(
        text, start, end
    )


def _ipv6(text: str, start: int, end: int) -> bool:
    found = text[start:end]
    groups = found.split(":")
    return (
        not_inside_number(text, start, end)
        and len(groups) >= 4
        and ("::" in found or len(groups) == 8)
    )


def _has_letter(text: str, start: int, end: int) -> bool:
    """A handle, not the hour of ``dilaudid @0215``."""
    return any(c.isalpha() for c in text[start:end])


PATTERNS = (
    Pattern(
        "email",
        SpanType.EMAIL,
        r"[A-Za-z0-9][A-Za-z0-9._%+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}",
        Strength.CHECKED,
    ),
    Pattern(
        "url.scheme", SpanType.URL, r"(?i)(?:https?|ftp)://[^\s<>\"'，。；）]+[\w/]", Strength.CHECKED
    ),
    Pattern(
        "url.bare",
        SpanType.URL,
        r"(?i)\b(?:www\.[a-z0-9-]+(?:\.[a-z0-9-]+)+|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|edu|gov|io|health|cn|uk|au|ca|nz|ie|de|fr|jp|hk|tw|info|app|xyz|dev|eu|biz|site|online|link|club|top|vip|clinic|hospital|care|example|test|invalid|local)(?:\.[a-z]{2})?)(?::\d{2,5})?(?:/[\w./?=&%#-]*[\w/])?",
        Strength.LISTED,
        lambda text, start, end: not (start and text[start - 1] == "@"),
    ),
    Pattern(
        "ip.v4", SpanType.IP, r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}", Strength.CHECKED, _ipv4
    ),
    Pattern("ip.v6", SpanType.IP, r"(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{1,4}", Strength.CHECKED, _ipv6),
    Pattern("id.zh18", SpanType.ID, r"\d{17}[\dXx]", Strength.CHECKED, _chinese_id),
    Pattern("id.zh15", SpanType.ID, r"\d{15}", Strength.LISTED, _old_chinese_id),
    Pattern("id.record17", SpanType.ID, r"\d{17}", Strength.LISTED, not_inside_number),
    Pattern(
        "handle",
        SpanType.ID,
        r"(?:^|[\s(\"'“:：,，])(@[A-Za-z0-9_.]{2,}[A-Za-z0-9_])",
        Strength.LISTED,
        _has_letter,
    ),
)  # fmt: skip


def machine_annotator() -> PatternAnnotator:
    """The patterns of this module."""
    return PatternAnnotator("patterns.shared", PATTERNS)
