"""Writes an annotated corpus for a scrubber: notes, papers, queries, notes that name nobody.

One JSON object a line, in the shape of the annotated notes that the scrubber is measured on::

    {"id", "kind", "text", "spans": [{"start", "end", "type", "role"}], "patient": {...}}

Offsets are code points, ends exclusive; ``patient`` is what the structured record knows of the
person. The people and visits are those of :func:`deid.synth.generate`, but the notes are others
than the vault's: a few visits of each resident, told anew, and papers that no form asks for
(reports, letters, threads), whose findings stand in no row. Many households have names of other
origins (:mod:`deid.synth.renaming`).
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

from deid.errors import ImportRefused
from deid.synth import population
from deid.synth.care_sites import build_care_sites
from deid.synth.notes import PAPER, Chart, Note, load_grammar
from deid.synth.people import LOCALES, Household, Locale, Resident
from deid.synth.renaming import rename
from deid.synth.rows import RowStore
from deid.synth.spool import private_file
from deid.synth.streams import happens, one_of, open_stream
from deid.synth.visits import Visit

FILES: dict[Locale, str] = {"en_US": "en.jsonl", "zh_CN": "zh.jsonl"}
NOTES_A_RESIDENT = 8
"""About as many notes as are told of one resident, so that a corpus has many people in it."""
_QUERY, _NAMELESS, _PAPER = 0.2, 0.3, 0.8
"""Of the visits told: up to the first share one is also asked about, up to the second told without
naming anybody, up to the third a paper is written."""


@dataclass(frozen=True)
class Document:
    """One line of a corpus."""

    id: str
    kind: str
    note: Note
    patient: dict[str, object]

    def __repr__(self) -> str:
        return f"Document({self.id})"

    def as_json(self) -> dict[str, object]:
        """The line as plain values."""
        spans = [
            {"start": s.start, "end": s.end, "type": s.type, "role": s.role or None}
            for s in self.note.spans
        ]
        return {
            "id": self.id,
            "kind": self.kind,
            "text": self.note.text,
            "spans": spans,
            "patient": self.patient,
        }


def write_corpus(
    folder: Path,
    residents: int,
    seed: int,
    locales: Sequence[Locale] = LOCALES,
    *,
    until: date,
) -> dict[str, int]:
    """Write one file a language to a new folder, whole or not at all; gives documents by file.

    The same arguments write the same bytes.

    Raises:
        ImportRefused: if the folder exists already.
        ValueError: as :func:`deid.synth.generate`.
    """
    population.check_arguments(residents, locales)
    if folder.exists():
        raise ImportRefused(f"{folder} exists already; name a new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    written: Counter[str] = Counter()
    try:
        for position, locale in enumerate(locales):
            share = residents // len(locales) + (position < residents % len(locales))
            with private_file(partial / FILES[locale]) as file:
                for document in documents(share, seed, locale, until=until):
                    file.write(json.dumps(document.as_json(), ensure_ascii=False) + "\n")
                    written[FILES[locale]] += 1
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return dict(written)


def documents(residents: int, seed: int, locale: Locale, *, until: date) -> Iterator[Document]:
    """The corpus of one language, person by person."""
    store = RowStore()
    sites = build_care_sites(seed, locale, store)
    number = 0
    for household in population.households(residents, seed, locale, sites, store, until):
        store.take()  # rows of places and staff are not wanted here
        rename(open_stream(seed, locale, "renaming", household.household_id), household)
        for member in household.members:
            visits = population._visits(household, member, seed, until, spoil=False)
            for kind, day, note in _told(household, member, visits, seed):
                number += 1
                name = f"{FILES[locale][:2]}-{number:06d}"
                yield Document(name, kind, note, known_of(household, member, day))


def known_of(household: Household, resident: Resident, day: date) -> dict[str, object]:
    """What the structured record knows of a person, in the keys of the annotated notes."""
    numbers = resident.numbers
    relatives = [
        {"name": relative.full_name, "relation": relative.relationship}
        for relative in resident.relatives
    ]
    known: dict[str, object] = {
        "birth_date": resident.birth.isoformat(),
        "phone": resident.phone,
        "address": household.home_on(day).full_text,
        "relatives": relatives,
        "email": resident.email,
    }
    if household.locale == "zh_CN":
        return known | {
            "name": resident.full_name,
            "id_card": numbers["ID_CARD"],
            "record_no": numbers["RECORD_NO"],
        }
    return known | {
        "given": resident.given_name,
        "family": resident.family_name,
        "mrn": numbers["MRN"],
        "national_id": numbers["SSN"],
    }


def _told(
    household: Household, member: Resident, visits: Sequence[Visit], seed: int
) -> Iterator[tuple[str, date, Note]]:
    stream = open_stream(seed, household.locale, "corpus", member.person_id)
    chart = Chart(stream, household)
    papers = [name for name in load_grammar(household.locale).names if name.startswith(PAPER)]
    forms = sum(len(visit.forms) for visit in visits)
    for visit in visits:
        for form in visit.forms:
            chart.turn_to(visit)
            if not happens(stream, NOTES_A_RESIDENT / max(forms, NOTES_A_RESIDENT)):
                continue
            yield form.kind.replace(" ", "_"), visit.day, chart.write(visit, form)
            kind, root = _besides(stream, papers)
            if root:
                note = chart.write(visit, form, root)
                if note.text:
                    yield kind, visit.day, note


def _besides(stream: Random, papers: Sequence[str]) -> tuple[str, str]:
    """Kind and production of what is written beside a note; nothing, now and then."""
    draw = stream.random()
    if draw < _QUERY:
        return "query", "query"
    if draw < _NAMELESS:
        return "nameless", "nameless"
    if draw < _PAPER:
        paper = one_of(stream, papers)
        return paper.removeprefix(PAPER), paper
    return "", ""
