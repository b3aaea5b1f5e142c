"""The text engine as one call."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from deid.text.api import Mode, NoteInput, NoteOutput, TextEngine
from deid.text.packs import DEFAULT_TAGS
from deid.text.patients import person_key, person_of, shift_days_of
from deid.text.recognisers import load_recognisers

_KEY_OF_PROCESS = secrets.token_bytes(32)


def scrub(
    text: str,
    patient: Mapping[str, Any] | None = None,
    lang: str | None = None,
    *,
    mode: Mode = "surrogate",
    key: bytes | None = None,
    shift_days: int | None = None,
    packs: Sequence[str] = DEFAULT_TAGS,
    recognisers: Sequence[str] = (),
) -> NoteOutput:
    """Find the identifiers of one note and replace them.

    Args:
        text: the note.
        patient: what is known of the patient, in the fields that :mod:`deid.text.patients` names.
        lang: BCP 47 tag of the note's language; found from the note if not given.
        mode: ``surrogate``, ``tag`` (``[NAME]``) or ``asterisk``.
        key: makes surrogates; equal keys give equal surrogates for equal patients. Without it
            they agree within this process only.
        shift_days: moves dates; by default whole weeks of the patient's own.
        packs: tags of the language packs; the first applicable one leads.
        recognisers: further recognisers, as :func:`deid.text.recognisers.load_recognisers` names
            them.

    Raises:
        MalformedPatient: if a field of ``patient`` has the wrong type.
        ConfigurationError: if a pack or a recogniser is not there.
        TextRefused: if the note is not valid Unicode text or is beyond the size limit.
    """
    key = _KEY_OF_PROCESS if key is None else key
    # Nothing ties notes of nobody together: each takes surrogates of its own text.
    name = person_key(patient, "") if patient else text
    person = person_of(patient, name) if patient else None
    days = shift_days_of(key, name) if shift_days is None else shift_days
    engine = _engine(key, mode, tuple(packs), tuple(recognisers))
    return engine.scrub(NoteInput(name, text, lang, person, days))


@lru_cache(maxsize=8)
def _engine(
    key: bytes, mode: Mode, packs: tuple[str, ...], recognisers: tuple[str, ...]
) -> TextEngine:
    return TextEngine(key, mode=mode, packs=packs, annotators=load_recognisers(recognisers))
