"""Invented people and notes for the tests of the text engine."""

from __future__ import annotations

import datetime
from pathlib import Path

from deid.text.api import (
    AddressParts,
    KnownPerson,
    NoteInput,
    PersonName,
    TextEngine,
)

KEY = b"a key for tests, thirty-two byte"
ENGLISH = KnownPerson(
    key="p-1",
    names=(PersonName("Abara-Finch", "Constance", None),),
    birth_date=datetime.date(1955, 2, 17),
    sex="F",
    identifiers=(("MRN", "BW 11-2094"), ("SSN", "900-14-2287")),
    contacts=(("phone", "(541) 555-0142"), ("email", "c.finch@example.com")),
    addresses=(AddressParts(line="2207 Juniper Bend", city="Harlow Springs", postal_code="97999"),),
    relatives=(("husband", "Leland Quisenberry", "541-555-0171"), ("son", "Will Finch", None)),
)
CHINESE = KnownPerson(
    key="p-2",
    names=(PersonName("王", "秀兰", "王秀兰"),),
    birth_date=datetime.date(1958, 6, 14),
    identifiers=(("ID_CARD", "320971195806149624"),),
    contacts=(("phone", "13852740918"),),
    addresses=(AddressParts(full_text="江苏省盐城市青溪县柳浦镇双桥村4组17号"),),
    relatives=(("配偶", "高峰", None),),
)


def engine(**options: object) -> TextEngine:
    """An engine with the tests' key."""
    return TextEngine(KEY, **options)  # type: ignore[arg-type]


def note(
    text: str, person: KnownPerson | None = None, days: int = 70, note_id: str = "n"
) -> NoteInput:
    """A note of any language."""
    return NoteInput(note_id, text, None, person, days)


def found(text: str, person: KnownPerson | None = None) -> list[tuple[str, str]]:
    """Category and text of every span, in order."""
    spans = ENGINE.find(note(text, person))
    return [(str(span.type), text[span.start : span.end]) for span in spans]


def install_entry_point(folder: Path, group: str, name: str, target: str) -> None:
    """What ``pip install`` leaves of a package with one entry point."""
    info = folder / f"{name}_example-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-example\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {target}\n")


ENGINE = engine()
