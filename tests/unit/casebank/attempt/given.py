"""Committed answers to the farmer's lesson: as its keys have them, and poor ones."""

from __future__ import annotations

from typing import Any


def guesses(*stated: tuple[str, int]) -> dict[str, Any]:
    return {
        "guesses": [
            {"code": code, "text": code, "confidence": confidence, "guard": False}
            for code, confidence in stated
        ]
    }


GOOD: dict[str, dict[str, Any]] = {
    "say-it": {"text": "A farmer with dizziness."},
    "first-thoughts": guesses(("A", 70), ("B", 20), ("D", 10)),
    "now": {"chosen": ["x", "y"]},
    "ranked": guesses(("A", 90), ("B", 5), ("C", 5), ("D", 0)),
    "weigh": {
        "links": [
            {"hypothesis": "A", "stance": "for", "finding": "high"},
            {"hypothesis": "C", "stance": "for", "finding": "rising"},
        ]
    },
    "treat": {"chosen": ["adjust", "soon"]},
    "list": {"problems": [{"code": code, "text": code} for code in ("A", "K", "L")]},
    "panel": {"value": 1},
    "mistakes": {"wrong": ["d65"], "why": ""},
}
POOR: dict[str, dict[str, Any]] = GOOD | {
    "now": {"chosen": ["z"]},
    "ranked": guesses(("C", 80), ("B", 15), ("A", 5)),
    "weigh": {"links": [{"hypothesis": "C", "stance": "against", "finding": "high"}]},
    "treat": {"chosen": ["refer"]},
    "list": {"problems": [{"code": "L", "text": "L"}]},
    "mistakes": {"wrong": [], "why": ""},
}
