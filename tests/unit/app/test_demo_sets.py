"""The demonstration says which of its case sets stay short."""

from __future__ import annotations

from app.demo.teaching import tell_what_is_short


def test_a_set_that_stays_short_is_named_with_its_count() -> None:
    said: list[str] = []
    tell_what_is_short(said.append, [("Heart", 10), ("Mind", 7)], 20)
    assert "17 of 20" in said[0]
    assert "Mind: 7 of 10" in said[0]
    assert "Heart" not in said[0]
    assert "--residents" in said[1]


def test_full_sets_are_not_worth_a_word() -> None:
    said: list[str] = []
    tell_what_is_short(said.append, [("Heart", 10), ("Mind", 10)], 20)
    assert said == []
