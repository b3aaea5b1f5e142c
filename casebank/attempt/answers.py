"""Reads the fields of a form as an answer to an exercise, strictly; what cannot be read is refused.

A form names options by their place among those shown (:func:`shown_options`), never by their code,
so that neither a code nor the order of the key tells anything. An answer is JSON:

- summary ``{"text"}``
- problem list ``{"problems": [{"code", "text"}]}`` in the student's order
- differential ``{"guesses": [{"code", "text", "confidence", "guard"}]}`` by rank
- reflection ``{"links": [{"hypothesis", "stance", "finding"}]}``
- key features, management ``{"chosen": [code]}``
- script concordance ``{"value"}``
- errors ``{"wrong": [statement id], "why"}``
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, get_args

from casebank.attempt.lexicon import Lexicon
from casebank.attempt.words import say
from casebank.errors import AnswerRefused
from casebank.lesson import Exercise, Option
from casebank.model import Language
from casebank.scoring.reflection import Stance

Fields = Mapping[str, Sequence[str]]
"""What a form sent: every value of every field, as typed."""
Answer = Mapping[str, Any]

LONGEST_TEXT: Final = 1500
LONGEST_NAME: Final = 200
MOST_LINES: Final = 15
LEAST_DIAGNOSES: Final = 3
STANCES: Final[tuple[Stance, ...]] = get_args(Stance)


def shown_options(exercise: Exercise, options: Sequence[Option]) -> tuple[Option, ...]:
    """Options in an order that is the same for everybody and tells nothing of the key."""

    def place(option: Option) -> str:
        return hashlib.sha256(f"{exercise.name}\n{option.code}".encode()).hexdigest()

    return tuple(sorted(options, key=place))


def read_answer(
    exercise: Exercise,
    fields: Fields,
    lexicon: Lexicon,
    language: Language,
    shown: Collection[str] = (),
) -> Answer:
    """The answer that ``fields`` hold. ``shown`` are the statements that the student sees now.

    Raises:
        AnswerRefused: naming each field and what to do about it.
    """
    reader = _Reader(fields, lexicon, language)
    answer = _READERS[exercise.kind](reader, exercise, shown)
    if reader.problems:
        raise AnswerRefused(reader.problems)
    return answer


class _Reader:
    def __init__(self, fields: Fields, lexicon: Lexicon, language: Language) -> None:
        self.fields, self.lexicon, self.language = fields, lexicon, language
        self.problems: list[tuple[str, str]] = []

    def refuse(self, name: str, key: str, *values: object) -> None:
        self.problems.append((name, say(key, self.language, *values)))

    def text(self, name: str, longest: int = LONGEST_TEXT) -> str:
        given = self.fields.get(name, ())
        text = given[0].replace("\x00", "").strip() if given else ""
        if len(text) > longest:
            self.refuse(name, "too long", longest, len(text))
            return text[:longest]
        return text

    def whole(self, name: str, low: int, high: int) -> int | None:
        text = self.text(name, LONGEST_NAME)
        if text.isascii() and text.isdigit() and low <= int(text[:6]) <= high and len(text) < 7:
            return int(text)
        return None

    def term(self, name: str) -> dict[str, str] | None:
        """Code and text of a line; None if it is empty or refused."""
        text = self.text(name, LONGEST_NAME)
        if not text:
            return None
        code = self.lexicon.find(text)
        if code is None:
            near = self.lexicon.near(text, self.language)
            if near:
                self.refuse(name, "did you mean", text, "; ".join(near))
            else:
                self.refuse(name, "unknown term", text)
            return None
        return {"code": code, "text": self.lexicon.label(code, self.language)}

    def lines(self, prefix: str) -> list[tuple[int, dict[str, str]]]:
        """The filled lines ``prefix-1``, ``prefix-2`` ..., each code once."""
        numbers = sorted(
            int(rest)
            for name in self.fields
            if (rest := name.removeprefix(f"{prefix}-")) != name
            and rest.isascii()
            and rest.isdigit()
            and len(rest) < 4
        )
        if len(numbers) > 2 * MOST_LINES:
            self.refuse(prefix, "many", MOST_LINES)
            return []
        found = []
        seen: set[str] = set()
        for number in numbers:
            term = self.term(f"{prefix}-{number}")
            if term is None:
                continue
            if term["code"] in seen:
                self.refuse(f"{prefix}-{number}", "twice", term["text"])
                continue
            seen.add(term["code"])
            found.append((number, term))
        return found

    def chosen(self, name: str, exercise: Exercise, options: Sequence[Option]) -> list[str]:
        """Codes of the options whose places among those shown were sent."""
        shown = shown_options(exercise, options)
        codes = []
        for place in dict.fromkeys(self.fields.get(name, ())):
            option = _at(shown, place)
            if option is None:
                self.refuse(name, "not offered")
                return []
            codes.append(option.code)
        return codes


def _at(options: Sequence[Option], place: str) -> Option | None:
    good = place.isascii() and place.isdigit() and len(place) < 4
    return options[int(place)] if good and int(place) < len(options) else None


def _summary(reader: _Reader, exercise: Exercise, shown: Collection[str]) -> Answer:
    text = reader.text("text")
    if not text:
        reader.refuse("text", "nothing written")
    return {"text": text}


def _problem_list(reader: _Reader, exercise: Exercise, shown: Collection[str]) -> Answer:
    lines = reader.lines("problem")
    ranked = []
    for number, term in lines:
        rank = reader.whole(f"rank-{number}", 1, 99)
        ranked.append((number if rank is None else rank, number, term))
    if not lines and not reader.problems:
        reader.refuse("problem-1", "no problem")
    if len(lines) > MOST_LINES:
        reader.refuse("problem-1", "many", MOST_LINES)
    return {"problems": [term for _, _, term in sorted(ranked, key=lambda one: one[:2])]}


def _differential(reader: _Reader, exercise: Exercise, shown: Collection[str]) -> Answer:
    guesses = []
    for number, term in reader.lines("diagnosis"):
        rank = reader.whole(f"rank-{number}", 1, 99)
        confidence = reader.whole(f"confidence-{number}", 0, 100)
        if rank is None:
            reader.refuse(f"rank-{number}", "rank")
        if confidence is None:
            reader.refuse(f"confidence-{number}", "confidence")
        guard = any(reader.fields.get(f"guard-{number}", ()))
        guesses.append((rank or 0, {**term, "confidence": confidence, "guard": guard}))
    ranks = [rank for rank, _ in guesses if rank]
    if len(set(ranks)) < len(ranks):
        reader.refuse("rank-1", "rank")
    if len(guesses) < LEAST_DIAGNOSES and not reader.problems:
        reader.refuse("diagnosis-1", "few diagnoses", LEAST_DIAGNOSES, len(guesses))
    if len(guesses) > MOST_LINES:
        reader.refuse("diagnosis-1", "many", MOST_LINES)
    return {"guesses": [guess for _, guess in sorted(guesses, key=lambda one: one[0])]}


def _reflection(reader: _Reader, exercise: Exercise, shown: Collection[str]) -> Answer:
    assert exercise.reflection is not None
    hypotheses = shown_options(exercise, exercise.reflection.hypotheses)
    findings = shown_options(exercise, exercise.reflection.findings)
    links = []
    for row, finding in enumerate(findings):
        for column, hypothesis in enumerate(hypotheses):
            name = f"link-{row}-{column}"
            stance = reader.text(name, LONGEST_NAME)
            if not stance:
                continue
            if stance not in STANCES:
                reader.refuse(name, "not offered")
                continue
            links.append({"hypothesis": hypothesis.code, "stance": stance, "finding": finding.code})
    if not links and not reader.problems:
        reader.refuse("link-0-0", "no link")
    return {"links": links}


def _key_features(reader: _Reader, exercise: Exercise, shown: Collection[str]) -> Answer:
    assert exercise.key_features is not None
    chosen = reader.chosen("chosen", exercise, exercise.key_features.options)
    if not chosen and not reader.problems:
        reader.refuse("chosen", "nothing chosen")
    if len(chosen) > exercise.key_features.most:
        reader.refuse("chosen", "too many chosen", exercise.key_features.most, len(chosen))
    return {"chosen": chosen}


def _management(reader: _Reader, exercise: Exercise, shown: Collection[str]) -> Answer:
    assert exercise.management is not None
    chosen = reader.chosen("chosen", exercise, exercise.management.options)
    if not chosen and not reader.problems:
        reader.refuse("chosen", "nothing chosen")
    return {"chosen": chosen}


def _concordance(reader: _Reader, exercise: Exercise, shown: Collection[str]) -> Answer:
    text = reader.text("value", LONGEST_NAME)
    if text not in {"-2", "-1", "0", "1", "2"}:
        reader.refuse("value", "one of five")
        return {}
    return {"value": int(text)}


def _errors(reader: _Reader, exercise: Exercise, shown: Collection[str]) -> Answer:
    assert exercise.errors is not None
    offered = set(exercise.errors.candidates) & set(shown)
    wrong = list(dict.fromkeys(reader.fields.get("wrong", ())))
    none = any(reader.fields.get("none", ()))
    if not set(wrong) <= offered:
        reader.refuse("wrong", "not offered")
    elif wrong and none:
        reader.refuse("none", "errors and none")
    elif not wrong and not none:
        reader.refuse("wrong", "errors or none")
    return {"wrong": sorted(wrong), "why": reader.text("why")}


_READERS: Final = {
    "summary": _summary,
    "problem list": _problem_list,
    "differential": _differential,
    "reflection": _reflection,
    "key features": _key_features,
    "script concordance": _concordance,
    "management": _management,
    "errors": _errors,
}
