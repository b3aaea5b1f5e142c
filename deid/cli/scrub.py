"""``carecommons scrub``: the text engine alone, from JSON lines to JSON lines."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from deid.errors import TextRefused
from deid.keys import Keyring
from deid.text.api import (
    MODES,
    AddressParts,
    KnownPerson,
    NoteInput,
    NoteOutput,
    PersonName,
    TextEngine,
)

_IDENTIFIER_FIELDS = {
    "mrn": "MRN", "national_id": "NATIONAL_ID", "id_card": "ID_CARD", "record_no": "RECORD_NO",
    "ssn": "SSN", "insurance": "INSURANCE",
}  # fmt: skip
_CONTACT_FIELDS = ("phone", "email", "url", "wechat", "qq")


@click.command()
@click.argument("notes", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("-o", "--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--mode", type=click.Choice(MODES), default="surrogate", show_default=True)
@click.option(
    "--key-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Keyring whose key makes the surrogates; without it they differ from run to run.",
)
@click.option(
    "--shift-days",
    type=int,
    default=None,
    help="Days by which dates move; by default each patient has its own whole weeks.",
)
def scrub(notes: Path, out: Path, mode: str, key_file: Path | None, shift_days: int | None) -> None:
    """Replace identifiers in NOTES, a file of JSON lines.

    Each line is {"id", "text", "lang"?, "patient"?: {...}?}. The output has one line a note:
    {"id", "text", "spans": [{"start", "end", "type", "surrogate"}]}, offsets in characters of the
    input. A line that cannot be read stops the run, and nothing is written.
    """
    key = (
        Keyring.load(key_file).derive("scrub", "surrogates")
        if key_file
        else secrets.token_bytes(32)
    )
    engine = TextEngine(key, mode=mode)  # type: ignore[arg-type]
    written = 0
    descriptor, name = tempfile.mkstemp(prefix=".scrub-", dir=out.absolute().parent)
    staged = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            for note in read_notes(notes, key, shift_days):
                file.write(render_output(engine.scrub(note)) + "\n")
                written += 1
            file.flush()
            os.fsync(file.fileno())
        staged.replace(out)
    finally:
        staged.unlink(missing_ok=True)
    click.echo(f"{written} notes scrubbed into {out}", err=True)


def read_notes(path: Path, key: bytes, shift_days: int | None = None) -> Iterator[NoteInput]:
    """Notes of a JSON-lines file.

    Raises:
        TextRefused: naming file and line of the first line that is no note.
    """
    seen: set[str] = set()
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            where = f"{path}, line {number}"
            try:
                row = json.loads(line.decode("utf-8"))
            except UnicodeDecodeError:
                raise TextRefused(f"{where}: not UTF-8") from None
            except ValueError:
                raise TextRefused(f"{where}: not JSON") from None
            note = _note(row, where, key, shift_days)
            if note.note_id in seen:
                raise TextRefused(f"{where}: its id was there before")
            seen.add(note.note_id)
            yield note


def render_output(output: NoteOutput) -> str:
    """One line of output."""
    spans = [
        {"start": s.start, "end": s.end, "type": str(s.type), "surrogate": s.surrogate}
        for s in output.spans
    ]
    document = {"id": output.note_id, "text": output.text, "spans": spans}
    return json.dumps(document, ensure_ascii=False)


def person_of(patient: Mapping[str, Any], key: str) -> KnownPerson:
    """A patient object as the engine takes it; unknown fields are ignored, null is allowed.

    Raises:
        ValueError: if a field has the wrong type or the birth date is none.
    """
    text = {name: _text(patient, name) for name in ("given", "family", "name", "birth_date")}
    names: tuple[PersonName, ...] = ()
    if text["given"] or text["family"] or text["name"]:
        names = (PersonName(text["family"], text["given"], text["name"]),)
    address = _text(patient, "address")
    relatives = tuple(
        (_text(r, "relation"), _text(r, "name"), _text(r, "phone"))
        for r in patient.get("relatives") or ()
    )
    return KnownPerson(
        key=key,
        names=names,
        birth_date=datetime.date.fromisoformat(text["birth_date"]) if text["birth_date"] else None,
        sex={"M": "M", "F": "F", "男": "M", "女": "F"}.get(_text(patient, "sex") or ""),
        identifiers=tuple(
            (kind, value)
            for name, kind in _IDENTIFIER_FIELDS.items()
            if (value := _text(patient, name))
        ),
        contacts=tuple(
            (kind, value) for kind in _CONTACT_FIELDS if (value := _text(patient, kind))
        ),
        addresses=(AddressParts(full_text=address),) if address else (),
        relatives=relatives,
    )


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} is no text")
    return value or None


def _note(row: Any, where: str, key: bytes, shift_days: int | None) -> NoteInput:
    if not isinstance(row, dict) or not isinstance(row.get("text"), str) or "id" not in row:
        raise TextRefused(f'{where}: a note is an object with "id" and "text"')
    note_id, language, patient = str(row["id"]), row.get("lang"), row.get("patient")
    if language is not None and not isinstance(language, str):
        raise TextRefused(f'{where}: "lang" is no text')
    if patient is not None and not isinstance(patient, dict):
        raise TextRefused(f'{where}: "patient" is no object')
    person = None
    if patient:
        try:
            person = person_of(patient, _person_key(patient, note_id))
        except (ValueError, TypeError, AttributeError) as error:
            name = str(error) if str(error).endswith("is no text") else "a field is malformed"
            raise TextRefused(f'{where}: "patient": {name}') from None
    days = shift_days
    if days is None:
        days = weeks_of(key, person.key if person else note_id) * 7
    return NoteInput(note_id, row["text"], language, person, days)


def _person_key(patient: Mapping[str, Any], note_id: str) -> str:
    """The strongest number a patient object has, so that its notes share surrogates."""
    for name in ("mrn", "id_card", "national_id", "record_no"):
        if patient.get(name):
            return f"{name}:{patient[name]}"
    parts = [str(patient.get(n) or "") for n in ("given", "family", "name", "birth_date")]
    return "\x1f".join(parts) if any(parts) else note_id


def weeks_of(key: bytes, person: str) -> int:
    """Whole weeks in ±52, never zero, that a person's dates move by."""
    digest = hmac.new(key, b"shift\x1f" + person.encode("utf-8"), hashlib.sha256).digest()
    number = int.from_bytes(digest[:8], "big") % 104
    return number - 52 if number < 52 else number - 51
