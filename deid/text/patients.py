"""A patient object, as notes in JSON lines carry it, as the engine's :class:`KnownPerson`.

English: given, family, birth_date, phone, address, mrn, relatives, national_id, email. Chinese:
name, birth_date, phone, address, id_card, record_no, relatives, email. Unknown fields are ignored,
null is allowed.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from deid.text.people import LONGEST, AddressParts, KnownPerson, PersonName

_IDENTIFIER_FIELDS = {
    "mrn": "MRN", "national_id": "NATIONAL_ID", "id_card": "ID_CARD", "record_no": "RECORD_NO",
    "ssn": "SSN", "insurance": "INSURANCE",
}  # fmt: skip
_CONTACT_FIELDS = ("phone", "email", "url", "wechat", "qq")
_SEXES = {"M": "M", "F": "F", "男": "M", "女": "F"}


class MalformedPatient(ValueError):
    """A field has the wrong type or form; the message names the field, never its value."""


def person_of(patient: Mapping[str, Any], key: str) -> KnownPerson:
    """What a patient object tells of a person. ``key`` seeds the person's surrogates.

    Raises:
        MalformedPatient: naming the first field of a wrong type or too long, or a birth date that
            is none.
    """
    text = {name: _text(patient, name) for name in ("given", "family", "name")}
    names: tuple[PersonName, ...] = ()
    if any(text.values()):
        names = (PersonName(text["family"], text["given"], text["name"]),)
    address = _text(patient, "address")
    return KnownPerson(
        key=key,
        names=names,
        birth_date=_birth_date(patient),
        sex=_SEXES.get(_text(patient, "sex") or ""),
        identifiers=tuple(
            (kind, value)
            for name, kind in _IDENTIFIER_FIELDS.items()
            if (value := _text(patient, name))
        ),
        contacts=tuple(
            (kind, value) for kind in _CONTACT_FIELDS if (value := _text(patient, kind))
        ),
        addresses=(AddressParts(full_text=address),) if address else (),
        relatives=_relatives(patient),
    )


def person_key(patient: Mapping[str, Any], otherwise: str) -> str:
    """The strongest number a patient object has, so that its notes share surrogates."""
    for name in ("mrn", "id_card", "national_id", "record_no"):
        if patient.get(name):
            return f"{name}:{patient[name]}"
    parts = [str(patient.get(n) or "") for n in ("given", "family", "name", "birth_date")]
    return "\x1f".join(parts) if any(parts) else otherwise


def shift_days_of(key: bytes, person: str) -> int:
    """Days that a person's dates move by: whole weeks in ±52, never zero."""
    digest = hmac.new(
        key, b"shift\x1f" + person.encode("utf-8", "surrogatepass"), hashlib.sha256
    ).digest()
    number = int.from_bytes(digest[:8], "big") % 104
    return 7 * (number - 52 if number < 52 else number - 51)


def _relatives(
    patient: Mapping[str, Any],
) -> tuple[tuple[str | None, str | None, str | None], ...]:
    relatives = patient.get("relatives") or ()
    if not isinstance(relatives, list | tuple) or not all(
        isinstance(relative, Mapping) for relative in relatives
    ):
        raise MalformedPatient("relatives is no list of objects")
    return tuple((_text(r, "relation"), _text(r, "name"), _text(r, "phone")) for r in relatives)


def _birth_date(patient: Mapping[str, Any]) -> datetime.date | None:
    text = _text(patient, "birth_date")
    if text is None:
        return None
    try:
        return datetime.datetime.fromisoformat(text).date()
    except ValueError:
        raise MalformedPatient("birth_date is no date as YYYY-MM-DD") from None


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        # Programs that export numbers of patients often write them as numbers.
        value = str(value)
    if value is not None and not isinstance(value, str):
        raise MalformedPatient(f"{name} is no text")
    if value is not None and len(value) > LONGEST:
        raise MalformedPatient(f"{name} has more than {LONGEST:,} characters")
    return value or None
