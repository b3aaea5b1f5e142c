"""Finds what a record says wrongly: a class against its numbers, slips of typing, copied notes.

Only contradictions that stand in the record itself are found; nothing is planted. Each is shown
beside statements of the same kind that are right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from statistics import median

from casebank import rules, terms
from casebank.lesson.drafting.evidence import QUANTITIES, Datum, Evidence
from casebank.lesson.drafting.followup import CLASS, follow_ups
from casebank.lesson.drafting.national_rules import Disease
from casebank.lesson.model import ErrorsKey, Exercise, Option, Wording
from casebank.model import Case
from casebank.record import FEMALE, MALE, Record

MOST_CANDIDATES = 9
_COPIED_LENGTH = 24
_FACTOR = 1.8
"""A weight that differs so much from the person's others is a slip of unit or of a zero."""

_OF_WOMEN = r"pregnan|vaginitis|dysmenorrh|妊娠|阴道炎|痛经"
_OF_MEN = r"prostat|前列腺"
_PLAUSIBLE = {
    "systolic": (70, 260),
    "diastolic": (35, 150),
    "pulse": (35, 180),
    "temperature": (34, 42.5),
    "glucose": (2, 35),
    "weight": (2, 250),
}


def find_contradictions(case: Case, record: Record, evidence: Evidence) -> tuple[Option, ...]:
    """Statements that contradict another one, a rule, or sense; ``code`` is the statement's id."""
    found: dict[str, Option] = {}
    for option in (
        *_classes(case, record, evidence),
        *_impossible(evidence),
        *_weights(evidence),
        *_swapped(case, evidence),
        *_other_sex(record, evidence),
        *_copied(case, evidence),
    ):
        found.setdefault(option.code, option)
    return tuple(found.values())


def errors(
    found: tuple[Option, ...], evidence: Evidence, shown: frozenset[str], stage: int
) -> Exercise | None:
    """ "Find the record's errors" over what is shown, if there are any among it."""
    wrong = [one for one in found if one.code in shown and set(one.data) <= shown]
    if not wrong:
        return None
    codes = {one.code for one in wrong}
    like = {_sort(evidence.by_id[code]) for code in codes}
    right = [
        one.id
        for one in evidence.data
        if one.id in shown and one.id not in codes and _sort(one) in like
    ]
    rest = [
        one.id
        for one in evidence.data
        if one.id in shown and one.id not in codes and one.id not in right and one.event
    ]
    candidates = [*codes, *[*right, *rest][: MOST_CANDIDATES - len(codes)]]
    order = {one.id: place for place, one in enumerate(evidence.data)}
    return Exercise(
        name="errors",
        kind="errors",
        stage=stage,
        prompt=Wording(
            "Something in this record cannot be right. Which statements would you query?",
            "这份病历中有不可能正确的内容。您会质疑哪些记录？",
        ),
        explanation=Wording(
            " ".join(one.text.en for one in wrong), "".join(one.text.zh for one in wrong)
        ),
        source="the record itself; class rules of the national follow-up forms",
        origin="rule",
        errors=ErrorsKey(
            wrong=tuple(wrong), candidates=tuple(sorted(candidates, key=order.__getitem__))
        ),
    )


def _classes(case: Case, record: Record, evidence: Evidence) -> Iterator[Option]:
    diseases: tuple[Disease, ...] = ("hypertension", "diabetes")
    for disease in diseases:
        for one in follow_ups(case, record, evidence, disease):
            if one.class_datum is None or one.says_controlled is None or one.arguable:
                continue
            # Out of control may be said for another reason; in control may not.
            if one.says_controlled and not one.controlled:
                yield Option(
                    one.class_datum,
                    Wording(
                        f"The class says controlled, but {one.shown} is not {one.goal.en}.",
                        f"随访分类为控制满意，但{one.shown}未达到{one.goal.zh}。",
                    ),
                    (one.class_datum, *one.data),
                )


def _impossible(evidence: Evidence) -> Iterator[Option]:
    for datum in evidence.data:
        for name, (low, high) in _PLAUSIBLE.items():
            value = datum.quantity(name)
            if value is not None and not low <= value <= high:
                yield Option(
                    datum.id,
                    Wording(
                        f"{datum.text}: no living person has this value; a slip of typing or unit.",
                        f"{datum.text}：不可能的数值，应为录入或单位错误。",
                    ),
                    (datum.id,),
                )


def _swapped(case: Case, evidence: Evidence) -> Iterator[Option]:
    """Pressures of one visit of which the lower is written as the upper."""
    for index in range(len(case.contacts)):
        upper = [(one, v) for one in evidence.at(index) if (v := one.quantity("systolic"))]
        lower = [(one, v) for one in evidence.at(index) if (v := one.quantity("diastolic"))]
        if len(upper) != 1 or len(lower) != 1 or lower[0][1] <= upper[0][1]:
            continue
        pair = (upper[0][0], lower[0][0])
        for datum in pair:
            yield Option(
                datum.id,
                Wording(
                    f"{pair[0].text}, {pair[1].text}: the lower pressure cannot be above the upper;"
                    " the two were exchanged.",
                    f"{pair[0].text}，{pair[1].text}：舒张压不可能高于收缩压，两者颠倒。",
                ),
                tuple(one.id for one in pair),
            )


def _weights(evidence: Evidence) -> Iterator[Option]:
    weights = [(one, value) for one in evidence.data if (value := one.quantity("weight"))]
    if len(weights) < 3:
        return
    usual = median(value for _, value in weights)
    for datum, value in weights:
        low, high = _PLAUSIBLE["weight"]
        if low <= value <= high and not 1 / _FACTOR < value / usual < _FACTOR:
            yield Option(
                datum.id,
                Wording(
                    f"{datum.text}: the person's other weights are about {usual:.0f} kg; a slip of "
                    "typing or unit.",
                    f"{datum.text}：其余各次体重约{usual:.0f} kg，应为录入或单位错误。",
                ),
                (datum.id,),
            )


def _other_sex(record: Record, evidence: Evidence) -> Iterator[Option]:
    pattern = {FEMALE: _OF_MEN, MALE: _OF_WOMEN}.get(record.sex_concept_id)
    if pattern is None:
        return
    for datum in evidence.data:
        event = datum.event
        if event is None or event.table != "condition_occurrence":
            continue
        if rules.matches(pattern, event.name) and terms.code_of(event.name):
            yield Option(
                datum.id,
                Wording(
                    f"{datum.text} cannot be a diagnosis of this person's sex.",
                    f"{datum.text}与患者性别不符。",
                ),
                (datum.id,),
            )


def _copied(case: Case, evidence: Evidence) -> Iterator[Option]:
    """A sentence with numbers that stands word for word in the note of the visit before."""
    for index in range(1, len(case.contacts)):
        before = {one.text.strip(): one.id for one in evidence.at(index - 1) if one.event is None}
        for datum in evidence.at(index):
            text = datum.text.strip()
            if datum.event is not None or text not in before or len(text) < _COPIED_LENGTH:
                continue
            if len(re.findall(r"\d+", text)) >= 3:
                yield Option(
                    datum.id,
                    Wording(
                        "The sentence with its numbers was copied word for word from the visit "
                        "before.",
                        "该句连同数值与上次就诊逐字相同，系复制粘贴。",
                    ),
                    (datum.id, before[text]),
                )


def _sort(datum: Datum) -> str:
    """What kind of statement it is, so that right ones of the same kind stand beside wrong ones."""
    if datum.event is None:
        return "sentence"
    if rules.matches(CLASS, datum.event.name):
        return "class"
    for name, quantity in QUANTITIES.items():
        if rules.matches(quantity.pattern, datum.event.name):
            return name
    return datum.event.table
