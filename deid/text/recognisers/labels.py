"""What the labels of common models mean in the engine's categories.

Labels are those of OntoNotes 5 and CoNLL-2003 (spaCy), of Presidio's entities, and of the i2b2 2006
and 2014 corpora on which clinical de-identification models are trained. A label that is not here is
left alone unless the options name it. Dates, ages, addresses of machines and the web are not taken
from general models: ``three weeks`` and ``64-year-old`` are dates to them, and the engine's own
patterns know the clinical forms.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from deid.text.document import SpanType

GENERAL: Mapping[str, SpanType] = {
    "PER": SpanType.NAME,
    "PERS": SpanType.NAME,
    "PERSON": SpanType.NAME,
    "GPE": SpanType.LOCATION,
    "LOC": SpanType.LOCATION,
    "LOCATION": SpanType.LOCATION,
    "FAC": SpanType.LOCATION,
    "ORG": SpanType.ORGANIZATION,
    "ORGANIZATION": SpanType.ORGANIZATION,
    "ORGANISATION": SpanType.ORGANIZATION,
}
CLINICAL: Mapping[str, SpanType] = {
    **GENERAL,
    "NAME": SpanType.NAME,
    "PATIENT": SpanType.NAME,
    "DOCTOR": SpanType.NAME,
    "STAFF": SpanType.NAME,
    "HCW": SpanType.NAME,
    "USERNAME": SpanType.ID,
    "HOSP": SpanType.ORGANIZATION,
    "HOSPITAL": SpanType.ORGANIZATION,
    "PATORG": SpanType.ORGANIZATION,
    "STREET": SpanType.LOCATION,
    "CITY": SpanType.LOCATION,
    "STATE": SpanType.LOCATION,
    "COUNTRY": SpanType.LOCATION,
    "ZIP": SpanType.LOCATION,
    "LOCATION-OTHER": SpanType.LOCATION,
    "DATE": SpanType.DATE,
    "PHONE": SpanType.PHONE,
    "FAX": SpanType.PHONE,
    "EMAIL": SpanType.EMAIL,
    "URL": SpanType.URL,
    "IPADDR": SpanType.IP,
    "ID": SpanType.ID,
    "IDNUM": SpanType.ID,
    "MEDICALRECORD": SpanType.ID,
    "DEVICE": SpanType.ID,
    "BIOID": SpanType.ID,
    "HEALTHPLAN": SpanType.ID,
    "LICENSE": SpanType.ID,
    "ACCOUNT": SpanType.ID,
    "PROFESSION": SpanType.PROFESSION,
}
PRESIDIO: Mapping[str, SpanType] = {
    **GENERAL,
    "PHONE_NUMBER": SpanType.PHONE,
    "IP_ADDRESS": SpanType.IP,
    "MAC_ADDRESS": SpanType.ID,
    "CREDIT_CARD": SpanType.ID,
    "CRYPTO": SpanType.ID,
    "IBAN_CODE": SpanType.ID,
    "MEDICAL_LICENSE": SpanType.ID,
    "ID": SpanType.ID,
}
_NATIONAL = re.compile(r"[A-Z]{2}_[A-Z_]+")
"""Presidio's national numbers: US_SSN, UK_NHS, IN_AADHAAR."""


def category(
    label: str, own: Mapping[str, SpanType | None], table: Mapping[str, SpanType]
) -> SpanType | None:
    """The category of a model's label; ``own`` is what the user says of it."""
    if label in own:
        return own[label]
    if table is PRESIDIO and _NATIONAL.fullmatch(label):
        return SpanType.ID
    return table.get(label.upper())
