"""What a draft is read as: sections of lines, each with the place that it speaks of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Phrase:
    """Some words, and the property they speak of (empty: the line itself)."""

    text: str
    path: str = ""


@dataclass(frozen=True)
class Line:
    """One sentence. ``path`` is what a form edits, ``kind`` what the schema calls it.

    ``list_path`` is the list that the line can be moved in and removed from, empty if none;
    ``grows`` the group or list that can take further members below this line.
    """

    path: str
    kind: str
    phrases: tuple[Phrase, ...]
    lines: tuple[Line, ...] = ()
    grows: str = ""
    list_path: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the page: ``key`` is entry, qualifying, rules, exit or periods."""

    key: str
    title: str
    hint: str
    lines: tuple[Line, ...]
    grows: str = ""
