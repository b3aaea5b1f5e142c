"""How readings, scores and answers are told: in a row, put together, or only what is remarkable.

A form asks dozens of questions, and most answers are "normal". People who write about it put
questions with the same answer together, leave out what is as it should be, or go down the list;
this module does one of the three in each note.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from deid.synth.notes.facts import FOLLOW_UP, SCORES, VITALS
from deid.synth.notes.telling import Slot, Telling
from deid.synth.notes.text import Mark, Pieces
from deid.synth.streams import happens, one_of, weighted

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PART = re.compile(r"\W+")
_DECIMALS = {"BODY_TEMPERATURE": 1, "BODY_WEIGHT": 1, "BMI": 1, "HBA1C": 1, "CREATININE_MASS": 2}
_PER_DECILITRE = frozenset({"HEMOGLOBIN", "ALBUMIN"})
"""Rows have g/L; American notes have g/dL."""
_OTHERWISE_SAID = frozenset({"FOLLOW_UP_CLASS", "DRUG_ADHERENCE", "NEXT_FOLLOW_UP"})
"""Answers that have a place of their own in the grammar."""
_ABSENT = frozenset({"NONE", "NO", "NEGATIVE"})
_AS_SHOULD_BE = _ABSENT | {"NORMAL", "LIPS_RUDDY", "MOVES_FREELY", "HEARS", "RHYTHM_REGULAR",
                           "SCREEN_NEGATIVE", "PASSED", "SELF_CARE_INDEPENDENT", "GOOD",
                           "TOILET_SANITARY", "LIVESTOCK_NONE", "MIDDLE"}  # fmt: skip
_MOST_ANSWERS = 9
_PLANS = {"listed": 1.0, "together": 3.0, "remarkable": 3.0}
_PLANS_OF_FIELDS = {"listed": 1.5, "together": 3.0, "remarkable": 2.0}
_SERIES: dict[str, tuple[tuple[str, ...], ...]] = {
    "lipids": (("CHOLESTEROL", "CHOLESTEROL_MASS"), ("TRIGLYCERIDE", "TRIGLYCERIDE_MASS"),
               ("HDL", "HDL_MASS"), ("LDL", "LDL_MASS")),
    "liver": (("ALT",), ("AST",)),
    "salts": (("SODIUM",), ("POTASSIUM",)),
    "kidney": (("CREATININE", "CREATININE_MASS"), ("EGFR",)),
    "blood": (("LEUKOCYTES",), ("HEMOGLOBIN",), ("PLATELETS",)),
    "vision": (("VISION_LEFT",), ("VISION_RIGHT",)),
}  # fmt: skip
"""Readings that are written side by side: ``TC/TG/HDL/LDL 188/77/60/112``."""
_FAMILIES: dict[str, tuple[str, ...]] = {
    "family_apgar": ("FAMILY_APGAR_ADAPTATION", "FAMILY_APGAR_PARTNERSHIP", "FAMILY_APGAR_GROWTH",
                     "FAMILY_APGAR_AFFECTION", "FAMILY_APGAR_RESOLVE"),
    "self_care": ("SELF_CARE_EATING", "SELF_CARE_GROOMING", "SELF_CARE_DRESSING",
                  "SELF_CARE_TOILETING", "SELF_CARE_ACTIVITY"),
}  # fmt: skip
_ROLES = {"hospital": "HOSPITAL", "referred_doctor": "CLINICIAN", "consultant": "CLINICIAN",
          "case_number": "MRN", "admission_number": "MRN", "husband": "RELATIVE",
          "husband_phone": "RELATIVE"}  # fmt: skip
"""Roles of the identifiers that a form gives the note alone."""
_PAIRS = {"CIGARETTES_PER_DAY": "CIGARETTES_TARGET", "ALCOHOL_LIANG_PER_DAY": "ALCOHOL_TARGET",
          "EXERCISE_PER_WEEK": "EXERCISE_TARGET", "STAPLE_FOOD": "STAPLE_FOOD_TARGET"}  # fmt: skip
"""An amount and what it should become."""


def vitals(t: Telling) -> Pieces:
    """Readings of the body."""
    return t.listed(_readings(t, [key for key in t.form.readings if key in VITALS]))


def labs(t: Telling) -> Pieces:
    """Readings of the laboratory."""
    return t.listed(_readings(t, [key for key in t.form.readings if key not in VITALS]))


def _readings(t: Telling, keys: Sequence[str]) -> list[list[str | Mark]]:
    left = [key for key in keys if key not in {"DIASTOLIC_BP", "BP_LEFT_DIASTOLIC"}]
    items = []
    for name, members in _SERIES.items():
        found = [next((k for k in names if k in left), None) for names in members]
        if None in found or not happens(t.stream, 0.4):
            continue
        values = "/".join(_decimal(t, key) for key in found if key is not None)
        items.append(t.tell(f"series.{name}", n=values))
        left = [key for key in left if key not in found]
    return [_reading(t, key) for key in left] + items


def _decimal(t: Telling, key: str) -> str:
    reading = t.form.spoken.get(key, t.form.readings[key])
    if key in _PER_DECILITRE and not t.chinese:
        return number(reading / 10, 1)
    return number(reading, _DECIMALS.get(key))


def _reading(t: Telling, key: str) -> list[str | Mark]:
    value = t.form.spoken.get(key, t.form.readings[key])
    production = f"reading.{key}"
    lower = {"SYSTOLIC_BP": "DIASTOLIC_BP", "BP_LEFT_SYSTOLIC": "BP_LEFT_DIASTOLIC"}.get(key)
    if lower is not None:
        low = t.form.spoken.get(lower, t.form.readings.get(lower)) or 0
        return t.tell(production, n=number(value, 0), low=number(low, 0))
    if production not in t.grammar:
        return t.tell("reading", n=_decimal(t, key), label=t.name(key))
    other = ""
    if key == "BODY_TEMPERATURE":
        other = number(value * 9 / 5 + 32, 1)
    elif key in {"BODY_WEIGHT", "BIRTH_WEIGHT"}:
        other = number(value * 2.20462, 0)
    elif key in {"BODY_HEIGHT", "WAIST_CIRCUMFERENCE", "HEAD_CIRCUMFERENCE"}:
        other = number(value / 2.54, 0)
    return t.tell(production, n=_decimal(t, key), other=other)


def scores(t: Telling) -> Pieces:
    """Scores of questionnaires."""
    amounts = t.form.amounts
    return t.listed(_amounts(t, {key: amounts[key] for key in amounts if key in SCORES}))


def habits(t: Telling) -> Pieces:
    """Other amounts: some of them, if they are many."""
    amounts = {
        key: value
        for key, value in t.form.amounts.items()
        if key not in SCORES and key not in _OTHERWISE_SAID
    }
    if t.form.kind in FOLLOW_UP and "fields" not in t.facts:
        amounts = {key: value for key, value in amounts.items() if happens(t.stream, 0.35)}
    return t.listed(_amounts(t, amounts))


def _amounts(t: Telling, amounts: Mapping[str, float]) -> list[list[str | Mark]]:
    left = dict(amounts)
    items = []
    for family, members in _FAMILIES.items():
        if all(key in left for key in members):
            values = [number(left.pop(key)) for key in members]
            between = one_of(t.stream, ("、", "，", "+") if t.chinese else (", ", " ", "+", "-"))
            letters = "APGAR" if family == "family_apgar" else ""
            if letters and happens(t.stream, 0.6):
                values = [f"{a}{v}" for a, v in zip(letters, values, strict=True)]
            items.append(t.tell(f"amounts.{family}", n=between.join(values)))
    for key in list(left):
        aim = _PAIRS.get(key)
        if aim is None or key not in left or aim not in left:
            continue
        now, then = left.pop(key), left.pop(aim)
        if now == 0 and then == 0 and f"pair.{key}.0" in t.grammar:
            items.append(t.tell(f"pair.{key}.0"))
        else:
            items.append(t.tell(f"pair.{key}", n=number(now), other=number(then)))
    return items + [_amount(t, key, value) for key, value in left.items()]


def _amount(t: Telling, key: str, value: float) -> list[str | Mark]:
    name, _, about = key.partition(":")
    said = {"n": number(value), "label": t.name(name), "about": t.name(about)}
    zero = (f"amount.{name}.0",) if value == 0 else ()
    return t.told(*zero, f"amount.{name}", "amount", **said)


def answers(t: Telling) -> Pieces:
    """Answers to the form's questions, by one of three plans."""
    found = {k: a for k, a in t.form.answers.items() if k not in _OTHERWISE_SAID}
    fields = "fields" in t.facts
    if len(found) < 4:
        return t.listed(_each(t, found))
    plan = weighted(t.stream, _PLANS_OF_FIELDS if fields else _PLANS)
    if plan == "listed":
        most = 2 * _MOST_ANSWERS if fields else _MOST_ANSWERS
        share = most / max(len(found), most)
        return t.listed(_each(t, {k: a for k, a in found.items() if happens(t.stream, share)}))
    if plan == "together":
        return t.listed(_together(t, found))
    remarkable = {k: a for k, a in found.items() if a not in _AS_SHOULD_BE}
    rest = {k: a for k, a in found.items() if a in _AS_SHOULD_BE}
    said = {k: a for k, a in rest.items() if happens(t.stream, min(1.0, 4 / max(len(rest), 1)))}
    items = _together(t, remarkable | said)
    if rest:
        items.append(t.tell("answers.rest"))
    return t.listed(items)


def _each(t: Telling, found: Mapping[str, str]) -> list[list[str | Mark]]:
    return [item for item in (_answer(t, key, answer) for key, answer in found.items()) if item]


def _together(t: Telling, found: Mapping[str, str]) -> list[list[str | Mark]]:
    """Questions with the same answer together, in groups of a few."""
    items: list[list[str | Mark]] = []
    alike: dict[str, list[str]] = {}
    for key, answer in found.items():
        question = key.partition(":")[0]
        if answer not in _AS_SHOULD_BE or f"answer.{question}.{answer}" in t.grammar:
            items.append(_answer(t, key, answer))
        else:
            alike.setdefault(answer, []).append(key)
    for answer, keys in alike.items():
        t.stream.shuffle(keys)
        while keys:
            size = 2 + int(t.stream.random() * 5)
            group, keys = keys[:size], keys[size:]
            if len(group) == 1:
                items.append(_answer(t, group[0], answer))
                continue
            kind = "absent" if answer in _ABSENT else "alike"
            label = _enumerated(t, [_label(t, key) for key in group])
            items.append(t.tell(f"answers.{kind}", label=label, n=t.name(answer)))
    return [item for item in items if item]


def _enumerated(t: Telling, labels: Sequence[str]) -> Pieces:
    if t.chinese:
        return (one_of(t.stream, ("、", "、", "，", "/")).join(labels),)
    between = one_of(t.stream, (", ", ", ", "/", " + "))
    if between != ", ":
        return (between.join(labels),)
    last = one_of(t.stream, (" and ", " or ", ", ", " & ")) if len(labels) > 1 else ""
    return (f"{', '.join(labels[:-1])}{last if last != ' or ' else ' and '}{labels[-1]}",)


def _label(t: Telling, key: str) -> str:
    question, _, about = key.partition(":")
    production = f"label.{question}"
    name = _plain(t.tell(production)) if production in t.grammar else t.name(question)
    return name + (f" {t.name(about)}" if about else "")


def _answer(t: Telling, key: str, answer: str) -> list[str | Mark]:
    question, _, _ = key.partition(":")
    production = f"answer.{question}.{answer}"
    if production in t.grammar:
        return t.tell(production)
    between = one_of(t.stream, ("、", "，", "及")) if t.chinese else one_of(t.stream, (", ", " + "))
    said = between.join(t.name(a) for a in answer.split("|"))
    kind = "answer.absent" if answer in _ABSENT else "answer"
    return t.tell(kind, label=_label(t, key), n=said)


def texts(t: Telling) -> Pieces:
    """Answers in words; a day among them is an identifier."""
    items = []
    for key, text in t.form.texts.items():
        question, _, about = key.partition(":")
        said: Slot = text
        if _ISO_DAY.fullmatch(text):
            said = t.mentions.on(date.fromisoformat(text), year=True)
        elif f"word.{text}" in t.grammar:
            said = tuple(t.tell(f"word.{text}"))
        elif question == "FAMILY_HISTORY":
            said = _kin(t, text)
        elif question == "PHYSICAL_FINDING":
            said = _parts(t, text)
        elif "; " in text:
            said = text.replace("; ", _between_remarks(t, text))
        label = t.name(question)
        items.append(t.told(f"text.{question}", "text", label=label, n=said, about=t.name(about)))
    return t.listed(items)


def _between_remarks(t: Telling, text: str) -> str:
    """What stands between remarks: those with commas of their own are kept apart."""
    if "，" in text or ", " in text:
        return one_of(t.stream, ("；", "。") if t.chinese else ("; ", ". "))
    return one_of(t.stream, ("、", "，") if t.chinese else (", ", " + "))


def _kin(t: Telling, text: str) -> Pieces:
    """``father, mother`` in the note's language."""
    both = [t.tell(f"word.{kin}") for kin in text.split(", ")]
    return t.joined(both, one_of(t.stream, ("、", "和", "及") if t.chinese else (" and ", ", ")))


def _parts(t: Telling, text: str) -> Pieces:
    """A finding part by part, each in one of its wordings, now and then in another order."""
    comma = "，" if t.chinese else ", "
    parts = text.split(comma)
    if happens(t.stream, 0.4):
        t.stream.shuffle(parts)
    said = []
    for part in parts:
        production = f"part.{_PART.sub('_', part)}"
        said.append(t.tell(production) if production in t.grammar else [part])
    between = ("，", "，", "、") if t.chinese else (", ", "; ", " and ", " + ")
    return t.joined(said, one_of(t.stream, between) if len(parts) == 2 else comma)


def hints(t: Telling) -> Pieces:
    """What the form gives the note alone to say."""
    items = []
    for key, hint in t.form.hints.items():
        name, _, about = key.partition(":")
        special, general = f"hint.{name}.{hint.replace(' ', '_')}", f"hint.{name}"
        if special in t.grammar or general in t.grammar:
            items.append(t.told(special, general, n=t.name(hint), about=t.name(about)))
    return t.joined(items, "" if t.chinese else " ")


def named(t: Telling) -> Pieces:
    """People and places that the form gives the note alone to name."""
    items = []
    for key, identifier in t.form.identifiers.items():
        mark: Slot = Mark(identifier.text, identifier.type, _ROLES.get(key, ""))
        if identifier.type == "DATE" and _ISO_DAY.fullmatch(identifier.text):
            mark = t.mentions.on(date.fromisoformat(identifier.text))
        items.append(t.told(f"named.{key}", f"named.{identifier.type}", n=mark, label=t.name(key)))
    return t.joined(items, "" if t.chinese else " ")


def number(value: float, decimals: int | None = None) -> str:
    """A reading as people write it."""
    if decimals is not None:
        return f"{value:.{decimals}f}"
    return f"{value:g}" if value < 100_000 else f"{value:.0f}"


def _plain(pieces: Iterable[str | Mark]) -> str:
    return "".join(str(piece) for piece in pieces)
