"""What the record says: each datum of a case with its row, and the findings it shows or denies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import Literal

from casebank import rules
from casebank.errors import CaseFormatError
from casebank.ledger import shown_unit
from casebank.lesson.drafting.knowledge import Finding, findings
from casebank.model import Case, Statement
from casebank.record import Event, Record

Part = Literal["S", "O", "A", "P", "-", "background"]

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_DENIED = re.compile(
    r"(\b(no|not|denies|denied|without|never|none|pertinent negatives|neg(ative)?( for)?|free of)\b"
    r"[^.;]*|\(-\)[^.;]*|[无未否非][^。；，]*)$",
    re.IGNORECASE,
)
# What follows the name where a form has a field for each sign.
_FIELD_EMPTY = re.compile(
    r"^[^:：]{2,60}[:：]\s*(none|no|normal|negative|absent|palpable|regular( rhythm)?|"
    r"never smoked|former smoker|无|否|正常|阴性|未见|律齐|从不吸烟|已戒烟|粗筛阴性)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Quantity:
    """A measured quantity: how it is called, and by what its units are brought to the first."""

    pattern: str
    factors: Mapping[str, float]


QUANTITIES: Mapping[str, Quantity] = {
    "systolic": Quantity(r"^systolic (blood pressure|bp)(?!.*left)|^收缩压", {"mmHg": 1}),
    "diastolic": Quantity(r"^diastolic (blood pressure|bp)(?!.*left)|^舒张压", {"mmHg": 1}),
    "temperature": Quantity(r"^body temperature|^体温", {"°C": 1}),
    "pulse": Quantity(r"^heart rate|^心率|^脉率", {"/min": 1}),
    "glucose": Quantity(
        r"fasting.*glucose|glucose.*fasting|空腹血糖", {"mmol/L": 1, "mg/dL": 1 / 18.016}
    ),
    "a1c": Quantity(r"a1c|糖化血红蛋白", {"%": 1}),
    "white-cells": Quantity(r"^leukocytes|^白细胞", {"×10⁹/L": 1, "×10³/µL": 1}),
    "crp": Quantity(r"c reactive protein|c反应蛋白", {"mg/L": 1}),
    "haemoglobin": Quantity(r"^h(a)?emoglobin(?!.*a1c)|^血红蛋白", {"g/L": 1, "g/dL": 10}),
    "egfr": Quantity(r"glomerular filtration|肾小球滤过", {"": 1}),
    "urate": Quantity(r"^urate|尿酸", {"µmol/L": 1, "mg/dL": 59.48}),
    "tsh": Quantity(r"thyrotropin|促甲状腺", {"": 1}),
    "phq": Quantity(r"phq.?9", {"": 1}),
    "gad": Quantity(r"gad.?7", {"": 1}),
    "mmse": Quantity(r"mini.?mental|mmse|简易精神状态|简易智力", {"": 1}),
    "oxygen": Quantity(r"oxygen saturation|血氧", {"%": 1}),
    "bmi": Quantity(r"^body mass index(?!.*percentile)|体质指数|体重指数", {"": 1}),
    "weight": Quantity(r"^body weight|^体重(?!指数)", {"kg": 1}),
}


@lru_cache(maxsize=4096)
def _measures(names: tuple[str, ...]) -> frozenset[str]:
    """The quantities that a row of these names may measure."""
    return frozenset(
        code
        for code, wanted in QUANTITIES.items()
        if any(rules.matches(wanted.pattern, one) for one in names)
    )


@dataclass(frozen=True)
class Datum:
    """A statement in its place. ``contact`` is the index of its contact, None in the background."""

    statement: Statement
    part: Part
    contact: int | None
    event: Event | None = None

    @property
    def id(self) -> str:
        """The statement's id."""
        return self.statement.id

    @property
    def text(self) -> str:
        """The statement's text, in the language of the case."""
        return self.statement.text

    @property
    def unanswered(self) -> bool:
        """Whether it is a question or field of a form without an answer in the release."""
        event = self.event
        return (
            event is not None
            and event.table in {"observation", "measurement"}
            and event.value is None
            and not event.value_text
        )

    @property
    def length(self) -> int:
        """Words of an English text; half the characters of a Chinese one, as two make a word."""
        chinese = len(_CHINESE.findall(self.text))
        return max(1, chinese // 2 + len(_WORD.findall(_CHINESE.sub(" ", self.text))))

    def quantity(self, name: str) -> float | None:
        """The value, if this is a measurement of the quantity ``name``, in its first unit."""
        event, wanted = self.event, QUANTITIES[name]
        if event is None or event.value is None:
            return None
        if name not in _measures((event.name, *event.names)):
            return None
        factor = wanted.factors.get(shown_unit(event.unit), wanted.factors.get(""))
        return None if factor is None else event.value * factor


@dataclass(frozen=True)
class Sign:
    """A finding that a datum shows (``present``) or denies."""

    finding: str
    present: bool
    datum: str


@dataclass(frozen=True)
class Evidence:
    """Every datum of a case once, in order; ``by_contact`` and ``background`` are views of it."""

    data: tuple[Datum, ...]
    by_id: Mapping[str, Datum] = field(repr=False)

    def at(self, contact: int, *parts: Part) -> tuple[Datum, ...]:
        """Data of a contact, of some parts only if any are named."""
        here = self._by_contact.get(contact, ())
        return tuple(one for one in here if one.part in parts) if parts else here

    @property
    def background(self) -> tuple[Datum, ...]:
        """Data of the background."""
        return self._by_contact.get(None, ())

    @cached_property
    def _by_contact(self) -> dict[int | None, tuple[Datum, ...]]:
        found: dict[int | None, list[Datum]] = {}
        for one in self.data:
            found.setdefault(one.contact, []).append(one)
        return {contact: tuple(data) for contact, data in found.items()}


def gather(case: Case, record: Record) -> Evidence:
    """The data of a case with the rows that they came from.

    Raises:
        CaseFormatError: if the case was stripped of its sources.
    """
    if case.sources is None:
        raise CaseFormatError("a lesson is drafted from a case that still has its sources")
    events = {(event.table, event.row_id): event for event in record.events}

    def row(statement: Statement) -> Event | None:
        sources = case.sources.data.get(statement.id, ()) if case.sources else ()
        found = (events.get((one.table, one.row_id)) for one in sources)
        return next((event for event in found if event is not None), None)

    data: dict[str, Datum] = {}
    parts: tuple[Part, ...] = ("S", "O", "A", "P", "-")
    for index, contact in enumerate(case.contacts):
        soap = contact.soap
        for part, statements in zip(
            parts,
            (soap.subjective, soap.objective, soap.assessment, soap.plan, soap.other),
            strict=True,
        ):
            for one in statements:
                data.setdefault(one.id, Datum(one, part, index, row(one)))
    background = case.background
    for section in (
        background.profile,
        background.past_history,
        background.family,
        background.living_environment,
        background.lifestyle,
    ):
        for one in section:
            data.setdefault(one.id, Datum(one, "background", None, row(one)))
    return Evidence(tuple(data.values()), data)


def measured_at(evidence: Evidence, contact: int) -> list[Datum]:
    """Measurements of a contact that have a value."""
    return [
        one
        for one in evidence.at(contact, "O")
        if one.event and one.event.table == "measurement" and not one.unanswered
    ]


def signs(data: Iterable[Datum]) -> tuple[Sign, ...]:
    """All findings that ``data`` show or deny, in their order; a finding counts once for each."""
    found = []
    for one in data:
        for code in _possible(one):
            shown = _shows(one, findings()[code])
            if shown is not None:
                found.append(Sign(code, shown, one.id))
    return tuple(found)


def _possible(datum: Datum) -> tuple[str, ...]:
    """Codes of the findings whose words stand in a datum, or whose quantity it may measure."""
    if datum.event is not None and datum.event.value is not None:
        return _measured_findings()
    return _worded_findings(datum.text) if datum.part not in {"A", "P"} else ()


@cache
def _measured_findings() -> tuple[str, ...]:
    return tuple(one.code for one in findings().values() if one.quantity)


@lru_cache(maxsize=65536)
def _worded_findings(text: str) -> tuple[str, ...]:
    """Forms say the same of many people, so that a text is looked through once."""
    return tuple(
        one.code
        for one in findings().values()
        if not one.quantity
        and any(
            pattern is not None and pattern.search(text) is not None
            for pattern in (one.words, one.denied)
        )
    )


def _shows(datum: Datum, finding: Finding) -> bool | None:
    if finding.quantity:
        value = datum.quantity(finding.quantity)
        if value is None:
            return None
        high_enough = finding.low is None or value >= finding.low
        return high_enough and (finding.high is None or value < finding.high)
    if finding.words is None or datum.part in {"A", "P"}:
        return None
    if datum.event is not None and datum.event.value is not None:
        return None
    match = finding.words.search(datum.text)
    if match is None:
        denied = finding.denied is not None and finding.denied.search(datum.text) is not None
        return False if denied else None
    if datum.event is not None and _FIELD_EMPTY.search(datum.text):
        return False
    before = datum.text[max(0, match.start() - 60) : match.start()]
    return _DENIED.search(before) is None and not _denied_inside(match.group(), datum.text)


def _denied_inside(found: str, text: str) -> bool:
    """What is denied by the words themselves, or by what follows: "thyroid not enlarged"."""
    after = text[text.find(found) + len(found) :][:12].lstrip()
    return bool(re.search(r"\bnot?\b|无", found)) or bool(
        re.match(r"(negative\b|absent\b|denied\b|阴性|未见|未及)", after)
    )
