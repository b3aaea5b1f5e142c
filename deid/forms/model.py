"""What a form is made of: fields, the units and choices they allow, the columns of its CSV file."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")

Kind = Literal[
    "identifier", "date", "end", "mode", "doctor", "institution", "person", "reading", "amount",
    "answer", "answers", "findings", "symptoms", "problems", "text", "day", "due", "family",
    "history", "diagnoses", "procedures", "vaccines", "drugs", "items", "narrative",
]  # fmt: skip

KINDS: dict[Kind, tuple[str, str]] = {
    "identifier": ("识别号码,说明是谁的表", "a number that says whose form it is"),
    "date": ("表单日期", "the day of the form"),
    "end": ("住院的最后一天", "the last day of a stay"),
    "mode": ("联系方式,单选", "how the contact took place, one of the choices"),
    "doctor": ("医生姓名", "name of the doctor"),
    "institution": ("机构名称", "name of the institution"),
    "person": ("个人或家庭的身份信息", "an identifying particular of the person or the household"),
    "reading": ("测量数值", "a measured number"),
    "amount": ("询问或计数的数值", "a number that is told or counted"),
    "answer": ("单选", "one of the choices"),
    "answers": ("可多选", "one or several of the choices"),
    "findings": ("存在的各项,可多选", "those of the choices that are present"),
    "symptoms": ("症状,可多选", "symptoms, one or several of the choices"),
    "problems": ("健康问题,可多选", "problems, one or several of the choices"),
    "text": ("简短文字", "a few words"),
    "day": ("日期", "a date"),
    "due": ("下次联系的日期", "the date of the next contact"),
    "family": ("亲属所患疾病,名称或编码", "conditions of a relative, by name or code"),
    "history": (
        "疾病名称或编码,各附确诊日期",
        "conditions by name or code, each with the date of its diagnosis",
    ),
    "diagnoses": ("疾病名称或编码", "conditions by name or code"),
    "procedures": ("操作名称或编码", "what was done, by name or code"),
    "vaccines": ("接种的疫苗,名称或编码", "vaccines given, by name or code"),
    "drugs": (
        "用药:名称或编码、剂量、每日次数、天数",
        "drug lines: name or code, dose, times a day, days",
    ),
    "items": ("其他项目,名称=值 单位", "further items as name=value with a unit"),
    "narrative": ("自由文本,存为病历文书", "free text, kept as a note"),
}
"""What a cell of each kind holds, in Chinese and English."""

NUMBERS: frozenset[Kind] = frozenset({"reading", "amount"})
CHOSEN: frozenset[Kind] = frozenset(
    {"mode", "answer", "answers", "findings", "symptoms", "problems"}
)
SEVERAL: frozenset[Kind] = frozenset({"answers", "findings", "symptoms", "problems"})

OF_THE_PROBLEM = frozenset(
    {"FOLLOW_UP_CLASS", "DRUG_ADHERENCE", "ADVERSE_REACTION", "NEXT_FOLLOW_UP"}
)
"""Terms that a form about one problem says of that problem, not of the whole person."""

DRUG_PARTS = (
    ("drug", "药物名称", "Drug"),
    ("dose", "每次剂量", "Dose"),
    ("times", "每日次数", "Times a day"),
    ("days", "用药天数", "Days"),
)


def normalised(text: str) -> str:
    """``text`` for comparison: full-width forms made half-width, no blanks, no case."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


@dataclass(frozen=True)
class Choice:
    """One answer that a form offers; ``key`` is a term of the vocabulary."""

    number: int
    key: str
    zh: str
    en: str
    also: tuple[str, ...] = ()

    def name(self, language: Language) -> str:
        """The words that the form prints."""
        return self.zh if language == "zh" else self.en

    def words(self) -> Iterator[str]:
        """Everything that may stand in a cell for this choice, normalised."""
        for word in (str(self.number), self.key, self.zh, self.en, *self.also):
            yield normalised(word)


@dataclass(frozen=True)
class Unit:
    """A unit of measurement; ``concept`` is a term of the vocabulary, if it has the unit."""

    code: str
    zh: str
    en: str
    concept: str | None

    def name(self, language: Language) -> str:
        """As a header has it."""
        return self.zh if language == "zh" else self.en

    def words(self) -> Iterator[str]:
        """Everything that a header may call it, normalised."""
        for word in (self.code, self.zh, self.en):
            yield normalised(word)


@dataclass(frozen=True)
class Conversion:
    """A unit in which a field may be filled in: ``value * factor + offset`` is of term ``key``.

    The form's own unit has factor 1 and offset 0; so has the customary unit of another country
    where the vocabulary has a term of its own for it, and no digit is lost.
    """

    unit: Unit | None
    key: str
    factor: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True)
class Field:
    """One question of a form. ``key`` is a term of the vocabulary, or a name for what has none.

    ``low`` and ``high`` are the least and greatest number to be expected, in the first unit of
    ``units``. ``lines`` is how often the columns of a drug line are repeated.
    """

    key: str
    zh: str
    en: str
    kind: Kind
    units: tuple[Conversion, ...] = ()
    low: float | None = None
    high: float | None = None
    choices: tuple[Choice, ...] = ()
    lines: int = 1
    also: tuple[str, ...] = ()

    def name(self, language: Language) -> str:
        """The question as the form prints it, without its unit."""
        return self.zh if language == "zh" else self.en

    @property
    def term(self) -> str:
        """The key without what qualifies it: ``FAMILY_HISTORY`` of ``FAMILY_HISTORY:father``."""
        return self.key.partition(":")[0]

    @property
    def about(self) -> str | None:
        """What qualifies the key."""
        return self.key.partition(":")[2] or None

    def choice(self, key: str) -> Choice | None:
        """The choice of a term."""
        return next((choice for choice in self.choices if choice.key == key), None)


@dataclass(frozen=True)
class Column:
    """One column of a form's CSV file: a field, or a part of a drug line, in one unit."""

    field: Field
    zh: str
    en: str
    conversion: Conversion | None = None
    part: str = ""
    line: int = 1

    def header(self, language: Language) -> str:
        """The header that is written."""
        return self.zh if language == "zh" else self.en

    @property
    def exact(self) -> bool:
        """Whether a number of its term can be written here as it is."""
        return self.conversion is None or (
            (self.conversion.factor, self.conversion.offset) == (1.0, 0.0)
        )

    @property
    def own(self) -> bool:
        """Whether it is in the form's own unit."""
        return self.conversion is None or self.conversion is self.field.units[0]

    def headers(self) -> Iterator[str]:
        """All headers that are understood, normalised."""
        yield normalised(self.zh)
        yield normalised(self.en)
        if not self.part:
            yield from self._with_units((self.field.zh, self.field.en, *self.field.also))

    def _with_units(self, names: tuple[str, ...]) -> Iterator[str]:
        units: list[str] = []
        if self.conversion and self.conversion.unit:
            units = list(self.conversion.unit.words())
        for name in names:
            # Without a unit, a header is of the form's own.
            if self.own:
                yield normalised(name)
            for unit in units:
                yield f"{normalised(name)}({unit})"


@dataclass(frozen=True)
class ResidentForm:
    """One form: its names, its chapter of the standard, its fields in order.

    ``problem`` is the condition that the form is about: each filled form says that the person has
    it. ``mode`` is the way of contact if the form does not say.
    """

    key: str
    zh: str
    en: str
    chapter: str
    note_class: str
    problem: str | None
    mode: str
    fields: tuple[Field, ...]

    def name(self, language: Language) -> str:
        """The title."""
        return self.zh if language == "zh" else self.en

    @property
    def file_name(self) -> str:
        """Name of its CSV file, without the suffix."""
        return self.key.replace(" ", "_")

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns of its CSV file, in order; a field has one for each unit."""
        return tuple(column for field in self.fields for column in _columns(field))

    @cached_property
    def by_key(self) -> dict[str, Field]:
        """Its fields by key."""
        return {field.key: field for field in self.fields}

    def of_kind(self, kind: Kind) -> Field | None:
        """Its first field of a kind."""
        return next((field for field in self.fields if field.kind == kind), None)


def _columns(field: Field) -> Iterator[Column]:
    if field.kind == "drugs":
        for line in range(1, field.lines + 1):
            for part, zh, en in DRUG_PARTS:
                yield Column(field, f"{zh}{line}", f"{en} {line}", part=part, line=line)
        return
    if not field.units:
        yield Column(field, field.zh, field.en)
        return
    shown: set[str] = set()
    for conversion in field.units:
        unit = conversion.unit
        zh = f"{field.zh}({unit.zh})" if unit else field.zh
        en = f"{field.en} ({unit.en})" if unit else field.en
        if zh not in shown:
            shown.add(zh)
            yield Column(field, zh, en, conversion)
