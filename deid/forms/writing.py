"""Writes filled forms as rows of the forms' CSV files."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Protocol

from deid.errors import FormError
from deid.forms.catalogue import find_form
from deid.forms.model import Column, Field, Language, ResidentForm, normalised
from deid.forms.words import terms_by_key, word_for


class DrugLine(Protocol):
    """A drug as prescribed; ``drug`` is a term."""

    @property
    def drug(self) -> str: ...
    @property
    def dose(self) -> str: ...
    @property
    def times_a_day(self) -> int: ...
    @property
    def days(self) -> int: ...


class FilledForm(Protocol):
    """A filled form: what it says, by terms of the vocabulary.

    ``readings`` are measured numbers in the unit of their term, ``amounts`` other numbers,
    ``answers`` terms (several separated by ``|``), ``texts`` words.
    """

    @property
    def kind(self) -> str: ...
    @property
    def symptoms(self) -> Sequence[str]: ...
    @property
    def readings(self) -> Mapping[str, float]: ...
    @property
    def answers(self) -> Mapping[str, str]: ...
    @property
    def amounts(self) -> Mapping[str, float]: ...
    @property
    def texts(self) -> Mapping[str, str]: ...
    @property
    def drugs(self) -> Sequence[DrugLine]: ...
    @property
    def vaccines(self) -> Sequence[str]: ...
    @property
    def diagnoses(self) -> Sequence[str]: ...
    @property
    def procedures(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class Whose:
    """Whose form it is, and when, how and by whom it was filled in.

    ``numbers`` are identifiers by kind (``RECORD_NO``, ``ID_CARD``), ``mode`` the term of a kind
    of visit. ``particulars`` and ``history`` (conditions with the date of their diagnosis) are
    written into the form that opens a record; ``resolved`` has the end of those that ended.
    """

    numbers: Mapping[str, str]
    day: date
    mode: str
    doctor: str | None = None
    institution: str | None = None
    end: date | None = None
    particulars: Mapping[str, str] = field(default_factory=dict)
    history: Mapping[str, date] = field(default_factory=dict)
    resolved: Mapping[str, date] = field(default_factory=dict)

    def __repr__(self) -> str:
        return "Whose(...)"


def form_rows(filled: FilledForm, whose: Whose, language: Language) -> list[dict[str, str]]:
    """One filled form as rows of its CSV file, cells by header.

    Drugs for which the form has no line left stand in further rows of the same contact. What the
    form does not ask for goes to its column of further items.

    Raises:
        FormError: if there is no such form, or a key is not a term of the vocabulary.
    """
    form = _form(filled.kind)
    unknown = sorted({key for key in _keys(filled) if key not in terms_by_key()})
    if unknown:
        raise FormError(f"form {form.key}: {', '.join(unknown)} is not a term of the vocabulary")
    sheet = _Sheet(form, whose, language)
    sheet.measured(filled)
    sheet.answered(filled)
    sheet.told(filled)
    sheet.done(filled)
    return sheet.rows(filled.drugs)


def _form(key: str) -> ResidentForm:
    form = find_form(key)
    if form is None:
        raise FormError(f"there is no form {key}")
    return form


def _keys(filled: FilledForm) -> list[str]:
    keys = [*filled.readings, *filled.diagnoses, *filled.procedures, *filled.vaccines]
    keys += [line.drug for line in filled.drugs]
    for key in filled.amounts:
        keys += key.split(":")
    for key, answer in filled.answers.items():
        keys += [part for part in (*key.split(":"), *answer.split("|")) if part]
    for key in filled.texts:
        keys += key.split(":")
    return keys


class _Sheet:
    """The cells of one filled form."""

    def __init__(self, form: ResidentForm, whose: Whose, language: Language) -> None:
        self._form, self._whose, self._language = form, whose, language
        self._cells: dict[str, str] = {}
        self._items: list[str] = []
        self._heads()

    def _heads(self) -> None:
        whose = self._whose
        for field_ in self._form.fields:
            kind = field_.kind
            if kind == "identifier":
                self._put(field_, whose.numbers.get(field_.key))
            elif kind == "person":
                self._put(field_, self._particular(field_))
            elif kind == "date":
                self._put(field_, whose.day.isoformat())
            elif kind == "end":
                self._put(field_, whose.end.isoformat() if whose.end else None)
            elif kind == "mode":
                choice = field_.choice(whose.mode)
                self._put(field_, choice.name(self._language) if choice else whose.mode)
            elif kind == "doctor":
                self._put(field_, whose.doctor)
            elif kind == "institution":
                self._put(field_, whose.institution)
            elif kind == "history":
                self._put(field_, "; ".join(map(self._past, whose.history)))

    def _past(self, key: str) -> str:
        """A condition with its first and, if it ended, its last day."""
        first, last = self._whose.history[key], self._whose.resolved.get(key)
        end = f"~{last.isoformat()}" if last else ""
        return f"{self._word(key, 'Condition', 'Observation')} {first.isoformat()}{end}"

    def _particular(self, field_: Field) -> str | None:
        value = self._whose.particulars.get(field_.key)
        choice = field_.choice(value) if value else None
        return choice.name(self._language) if choice else value

    def measured(self, filled: FilledForm) -> None:
        """Numbers, each in the column of its unit."""
        for slot, numbers in (("reading", filled.readings), ("amount", filled.amounts)):
            for key, number in numbers.items():
                due = self._form.by_key.get(key)
                if due is not None and due.kind == "due":
                    self._put(due, (self._whose.day + timedelta(days=number)).isoformat())
                    continue
                column = self._column(slot, key)
                if column is None:
                    self._items.append(f"{key}={_digits(number)}")
                else:
                    self._cells[column.header(self._language)] = _digits(number)

    def _column(self, slot: str, key: str) -> Column | None:
        for column in self._form.columns:
            conversion = column.conversion
            if (
                column.field.kind == slot
                and (conversion.key if conversion else column.field.key) == key
                and column.exact
            ):
                return column
        return None

    def answered(self, filled: FilledForm) -> None:
        """Answers as the words of their choices."""
        findings: dict[str, list[str]] = {}
        for key, answer in filled.answers.items():
            found = self._finding(key, answer)
            if found:
                findings.setdefault(found[0].key, []).append(found[1])
                continue
            field_ = self._form.by_key.get(key)
            answers = answer.split("|")
            choices = [field_.choice(one) for one in answers] if field_ else []
            if field_ and field_.kind == "answers" and all(choices):
                self._put(field_, "; ".join(c.name(self._language) for c in choices if c))
            elif field_ and field_.kind == "answer" and len(choices) == 1 and choices[0]:
                self._put(field_, choices[0].name(self._language))
            else:
                self._items.append(f"{key}={answer}")
        for name, words in findings.items():
            self._put(self._form.by_key[name], "; ".join(words))

    def _finding(self, key: str, answer: str) -> tuple[Field, str] | None:
        if answer != "PRESENT":
            return None
        for field_ in self._form.fields:
            choice = field_.choice(key) if field_.kind == "findings" else None
            if choice:
                return field_, choice.name(self._language)
        return None

    def told(self, filled: FilledForm) -> None:
        """Words: symptoms, texts, conditions of relatives."""
        self._symptoms(filled)
        kin: dict[str, list[str]] = {}
        for key, text in filled.texts.items():
            name, _, about = key.partition(":")
            relative = f"{name}:{text}"
            field_ = self._form.by_key.get(key)
            if about and relative in self._form.by_key:
                kin.setdefault(relative, []).append(self._word(about, "Condition", "Observation"))
            elif field_ and field_.kind in {"text", "day"}:
                self._put(field_, text)
            else:
                # In quotation marks, so that no answer of the same words is meant.
                self._items.append(f'{key}="{" ".join(text.split())}"')
        for relative, words in kin.items():
            self._put(self._form.by_key[relative], "; ".join(words))

    def _symptoms(self, filled: FilledForm) -> None:
        field_ = self._form.of_kind("symptoms")
        choices = {word: c for c in field_.choices for word in c.words()} if field_ else {}
        offered, others = [], []
        for symptom in filled.symptoms:
            choice = choices.get(normalised(symptom))
            if choice:
                offered.append(choice.name(self._language))
            else:
                others.append(symptom)
        if field_ and offered:
            self._put(field_, "; ".join(dict.fromkeys(offered)))
        rest = self._form.by_key.get("other_symptoms")
        if rest and others:
            self._put(rest, "; ".join(others))

    def done(self, filled: FilledForm) -> None:
        """Diagnoses, procedures and vaccines."""
        diagnoses = self._form.of_kind("diagnoses")
        if diagnoses and self._form.of_kind("history") is None:
            self._put(diagnoses, self._diagnoses(filled))
        for kind, keys, domain in (
            ("procedures", filled.procedures, "Procedure"),
            ("vaccines", filled.vaccines, "Drug"),
        ):
            field_ = self._form.of_kind(kind)  # type: ignore[arg-type]
            if field_ and keys:
                self._put(field_, "; ".join(self._word(key, domain) for key in keys))

    def _diagnoses(self, filled: FilledForm) -> str | None:
        if not filled.diagnoses:
            # An empty cell means the problem that the form is about.
            return ("无" if self._language == "zh" else "none") if self._form.problem else None
        if tuple(filled.diagnoses) == (self._form.problem,):
            return None
        return "; ".join(self._word(key, "Condition", "Observation") for key in filled.diagnoses)

    def rows(self, drugs: Sequence[DrugLine]) -> list[dict[str, str]]:
        """The finished rows; the first has everything but the drugs that are too many."""
        items = self._form.of_kind("items")
        if self._items and items is None:
            raise FormError(f"form {self._form.key} has no column for further items")
        if self._items and items:
            self._put(items, "\n".join(self._items))
        field_ = self._form.of_kind("drugs")
        lines = field_.lines if field_ else 0
        if drugs and not lines:
            raise FormError(f"form {self._form.key} has no line for drugs")
        rows = [dict(self._cells)]
        for start in range(0, len(drugs), lines or 1):
            if start:
                rows.append(self._contact())
            for line, drug in enumerate(drugs[start : start + lines], start=1):
                rows[-1] |= self._drug(line, drug)
        return rows

    def _contact(self) -> dict[str, str]:
        heads = {"identifier", "date", "end", "mode", "doctor", "institution"}
        row = {
            column.header(self._language): self._cells[column.header(self._language)]
            for column in self._form.columns
            if column.field.kind in heads and column.header(self._language) in self._cells
        }
        diagnoses = self._form.of_kind("diagnoses")
        if self._form.problem and diagnoses:
            row[diagnoses.name(self._language)] = "无" if self._language == "zh" else "none"
        return row

    def _drug(self, line: int, drug: DrugLine) -> dict[str, str]:
        values = {
            "drug": self._word(drug.drug, "Drug"),
            "dose": drug.dose,
            "times": _digits(drug.times_a_day),
            "days": _digits(drug.days),
        }
        return {
            column.header(self._language): values[column.part]
            for column in self._form.columns
            if column.part and column.line == line
        }

    def _word(self, key: str, *domains: str) -> str:
        return word_for(key, self._language, *domains)

    def _put(self, field_: Field, value: str | None) -> None:
        if value:
            self._cells[field_.name(self._language)] = value


def _digits(number: float) -> str:
    """The shortest digits that read back as the same number."""
    return str(int(number)) if float(number).is_integer() else repr(float(number))


class FormFiles:
    """Writes filled forms to a folder, one CSV file a form, row by row as they come.

    Files are UTF-8 with a byte order mark, as spreadsheets like it. Memory holds one row.
    """

    def __init__(self, folder: Path, language: Language = "zh") -> None:
        """``folder`` is made if need be.

        Raises:
            FormError: if it holds CSV files already.
        """
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.glob("*.csv")):
            raise FormError(f"{folder}: there are CSV files already")
        self._folder, self._language = folder, language
        self._open = ExitStack()
        self._writers: dict[str, Any] = {}
        self.rows: dict[str, int] = {}

    def __enter__(self) -> FormFiles:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, filled: FilledForm, whose: Whose) -> None:
        """Write one filled form.

        Raises:
            FormError: as :func:`form_rows`.
        """
        for row in form_rows(filled, whose, self._language):
            self._write(_form(filled.kind), row)

    def append_person(self, whose: Whose) -> None:
        """Write a person who has filled in no form that opens a record: a small child."""
        form = _form("basic information")
        row = _Sheet(form, whose, self._language).rows(())[0]
        dated = {column.header(self._language) for column in form.columns
                 if column.field.kind in {"date", "mode", "doctor", "institution"}}  # fmt: skip
        self._write(form, {header: cell for header, cell in row.items() if header not in dated})

    def append_household(self, particulars: Mapping[str, str]) -> None:
        """Write one household: its code and further particulars by the keys of its form."""
        form = _form("household")
        row = {}
        for field_ in form.fields:
            value = particulars.get(field_.key)
            if value:
                choice = field_.choice(value)
                row[field_.name(self._language)] = choice.name(self._language) if choice else value
        self._write(form, row)

    def _write(self, form: ResidentForm, row: Mapping[str, str]) -> None:
        if form.key not in self._writers:
            path = self._folder / f"{form.file_name}.csv"
            file = self._open.enter_context(path.open("w", newline="", encoding="utf-8-sig"))
            headers = [column.header(self._language) for column in form.columns if column.exact]
            self._writers[form.key] = csv.DictWriter(file, headers, restval="")
            self._writers[form.key].writeheader()
        self._writers[form.key].writerow(row)
        self.rows[form.key] = self.rows.get(form.key, 0) + 1

    def close(self) -> None:
        """Finish the files."""
        self._open.close()
