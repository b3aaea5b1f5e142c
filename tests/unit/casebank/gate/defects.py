"""Forty defects, each planted in a good case, with the code of the finding that stops it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from casebank.family_model import Family
from casebank.gate import ATTRIBUTES, BlindTries, Submission
from casebank.gate.risk import CountedPair, CountedProblem
from casebank.lesson import ConcordanceKey, Exercise, Lesson, Stage, Wording
from casebank.model import Case, FlowSheet, Statement
from tests.unit.casebank.gate.conftest import AUTHOR, CLINICIAN, signed

Plant = Callable[[Submission], Submission]
LEADING = "Acute bronchitis"


def in_lesson(change: Callable[[Lesson], Lesson]) -> Plant:
    def plant(given: Submission) -> Submission:
        assert given.lesson is not None
        return signed(replace(given, lesson=change(given.lesson)))

    return plant


def in_case(change: Callable[[Case], Case]) -> Plant:
    return lambda given: signed(replace(given, case=change(given.case)))


def in_risk(**changes: Any) -> Plant:
    def plant(given: Submission) -> Submission:
        assert given.risk is not None
        return signed(replace(given, risk=replace(given.risk, **changes)))

    return plant


def in_exercise(kind: str, change: Callable[[Exercise], Exercise]) -> Plant:
    """A change of the first exercise of a kind."""

    def plant(lesson: Lesson) -> Lesson:
        name = next(one.name for one in lesson.exercises if one.kind == kind)
        return replace(
            lesson,
            exercises=tuple(change(one) if one.name == name else one for one in lesson.exercises),
        )

    return in_lesson(plant)


def in_key(kind: str, **changes: Any) -> Plant:
    """Other fields of the key of the first exercise of a kind."""
    field = kind.replace(" ", "_")
    return in_exercise(
        kind, lambda one: replace(one, **{field: replace(getattr(one, field), **changes)})
    )


def in_stage(number: int, change: Callable[[Stage], Stage]) -> Plant:
    def plant(lesson: Lesson) -> Lesson:
        stages = list(lesson.stages)
        stages[number - 1] = change(stages[number - 1])
        return replace(lesson, stages=tuple(stages))

    return in_lesson(plant)


def sentence(text: str, noted: bool = False) -> Plant:
    """One more sentence in the last contact, in no stage, under a source that exists: a row, or a
    note."""

    def plant(case: Case) -> Case:
        last = case.contacts[-1]
        own = (case.contacts[0].soap.subjective if noted else last.soap.objective)[0].id
        soap = replace(last.soap, other=(*last.soap.other, Statement(own, last.day, text)))
        return replace(case, contacts=(*case.contacts[:-1], replace(last, soap=soap)))

    return in_case(plant)


def reworded(case: Case, wanted: str, text: str) -> Case:
    """The case with the text of the first objective datum whose text begins with ``wanted``."""
    contacts = list(case.contacts)
    for place, contact in enumerate(contacts):
        for item in contact.soap.objective:
            if item.text.startswith(wanted):
                objective = tuple(
                    replace(one, text=text) if one is item else one
                    for one in contact.soap.objective
                )
                contacts[place] = replace(contact, soap=replace(contact.soap, objective=objective))
                return replace(case, contacts=tuple(contacts))
    raise AssertionError(f"no datum begins with {wanted}")


def first_objective(**changes: Any) -> Plant:
    return in_lesson(
        lambda one: replace(
            one, objectives=(replace(one.objectives[0], **changes), *one.objectives[1:])
        )
    )


def shown_high_while_controlled(given: Submission) -> Submission:
    """A visit whose class says controlled and whose pressure is high, shown in the last stage."""
    assert given.lesson is not None
    contact = given.case.contacts[-1]
    pressure = next(o for o in contact.soap.objective if o.text.startswith("Systolic"))
    said = next(o for o in contact.soap.assessment if "Controlled" in o.text)
    soap = replace(
        contact.soap,
        objective=tuple(
            replace(one, text="Systolic blood pressure: 168 mmHg") if one is pressure else one
            for one in contact.soap.objective
        ),
    )
    case = replace(given.case, contacts=(*given.case.contacts[:-1], replace(contact, soap=soap)))
    last = given.lesson.stages[-1]
    shown = tuple(dict.fromkeys((*last.reveals[:6], pressure.id, said.id)))
    lesson = replace(given.lesson, stages=(*given.lesson.stages[:-1], replace(last, reveals=shown)))
    return signed(replace(given, case=case, lesson=lesson))


def concordance(lesson: Lesson) -> Lesson:
    """One more exercise, which three panellists have answered."""
    asked = Wording("How does it change?", "可能性如何变化？")
    return replace(
        lesson,
        exercises=(
            *lesson.exercises,
            Exercise(
                name="if-then",
                kind="script concordance",
                stage=2,
                prompt=asked,
                explanation=asked,
                source="the panel",
                script_concordance=ConcordanceKey(asked, asked, {"0": 1, "1": 2}),
            ),
        ),
    )


def flow_sheets(change: Callable[[FlowSheet], FlowSheet]) -> Plant:
    return in_case(
        lambda case: replace(case, flow_sheets=tuple(change(one) for one in case.flow_sheets))
    )


def without_signature(kind: str) -> Plant:
    return lambda given: replace(
        given, signatures=tuple(one for one in given.signatures if one.kind != kind)
    )


def signed_by(clinical: int, privacy: int) -> Plant:
    return lambda given: replace(
        given,
        signatures=(
            replace(given.signatures[0], signer=clinical),
            replace(given.signatures[1], signer=privacy),
        ),
    )


def rated(**ratings: int) -> Plant:
    def plant(given: Submission) -> Submission:
        clinical = replace(given.signatures[0], ratings={**dict.fromkeys(ATTRIBUTES, 3), **ratings})
        return replace(given, signatures=(clinical, given.signatures[1]))

    return plant


def changed_after_signing(given: Submission) -> Submission:
    """The privacy signature is over the content of before, the clinical one over that of now."""
    assert given.lesson is not None
    after = replace(given, lesson=replace(given.lesson, minutes=given.lesson.minutes + 1))
    clinical = replace(given.signatures[0], sha256=after.sha256)
    return replace(after, signatures=(clinical, given.signatures[1]))


def diagnosis_first(given: Submission) -> Submission:
    named = next(i.id for i in given.case.statements() if i.text.startswith(LEADING))
    return in_stage(1, lambda one: replace(one, reveals=(*one.reveals, named)))(given)


def on_two_days(case: Case) -> Case:
    second = case.contacts[1].day
    return replace(
        case,
        contacts=tuple(
            replace(one, day=min(one.day, second), end_day=min(one.end_day, second))
            for one in case.contacts
        ),
    )


def without_family(given: Submission) -> Submission:
    assert given.lesson is not None
    gone = {one.id for one in given.case.background.family}
    background = replace(given.case.background, family=(), family_tree=Family())
    stages = tuple(
        replace(
            one,
            reveals=tuple(i for i in one.reveals if i not in gone),
            orders=tuple(order for order in one.orders if not gone & set(order.data)),
        )
        for one in given.lesson.stages
    )
    return signed(
        replace(
            given,
            case=replace(given.case, background=background),
            lesson=replace(given.lesson, stages=stages),
        )
    )


def all_at_once(given: Submission) -> Submission:
    everything = tuple(dict.fromkeys(item.id for item in given.case.statements()))
    return in_stage(0, lambda one: replace(one, reveals=everything))(given)


def long_winded(given: Submission) -> Submission:
    """What was told at the first visit, at great length."""
    assert given.lesson is not None
    shown = given.lesson.stages[0].reveals
    first = given.case.contacts[0]
    subjective = tuple(
        replace(one, text=f"{one.text} {'So it went on. ' * 120}") if one.id in shown else one
        for one in first.soap.subjective
    )
    contact = replace(first, soap=replace(first.soap, subjective=subjective))
    return signed(
        replace(given, case=replace(given.case, contacts=(contact, *given.case.contacts[1:])))
    )


def unwritable(given: Submission) -> Submission:
    return replace(given, case=replace(given.case, title="A woman with cough \ud800"))


def graded(one: Exercise, **changes: Any) -> Exercise:
    assert one.differential is not None
    key = one.differential
    return replace(
        one,
        differential=replace(
            key, diagnoses=tuple(replace(given, **changes) for given in key.diagnoses)
        ),
    )


def all_right(one: Exercise) -> Exercise:
    assert one.key_features is not None
    codes = tuple(option.code for option in one.key_features.options)
    return replace(one, key_features=replace(one.key_features, right=codes, harmful=()))


def labelled(one: Exercise, label: Wording) -> Exercise:
    assert one.key_features is not None
    options = tuple(replace(option, text=label) for option in one.key_features.options)
    return replace(one, key_features=replace(one.key_features, options=options))


def shortened(given: Submission, length: int) -> Submission:
    def change(one: Exercise) -> Exercise:
        key = one.differential
        if key is None:
            return one
        must = [given for given in key.diagnoses if given.must_not_miss][:1]
        rest = [given for given in key.diagnoses if given not in must]
        return replace(one, differential=replace(key, diagnoses=(*rest, *must)[-length:]))

    return in_lesson(
        lambda lesson: replace(lesson, exercises=tuple(change(one) for one in lesson.exercises))
    )(given)


DEFECTS: dict[str, tuple[str, Plant]] = {
    # A: what it is for
    "no objective": ("A1-number", in_lesson(lambda one: replace(one, objectives=()))),
    "an objective that nobody can see": (
        "A1-verb",
        first_objective(text=Wording("Understand the causes of cough.", "解释咳嗽的病因。")),
    ),
    "an objective that nothing practises": ("A1-exercise", first_objective(exercises=())),
    "ninety minutes": ("A2-minutes", in_lesson(lambda one: replace(one, minutes=90))),
    # B: the record as it is shown
    "an invented datum": (
        "B1-provenance",
        in_case(
            lambda case: replace(
                case,
                outcome=replace(
                    case.outcome, statements=(Statement("d9999", 0, "It got better."),)
                ),
            )
        ),
    ),
    "two stages": (
        "B3-stages",
        in_lesson(
            lambda one: replace(
                one,
                stages=one.stages[:2],
                exercises=tuple(
                    e if e.stage <= 2 else replace(e, stage=2, prompt=Wording("And now?", "然后？"))
                    for e in one.exercises
                ),
            )
        ),
    ),
    "the diagnosis in the case's title": (
        "B3-title",
        in_case(lambda case: replace(case, title="A woman with acute bronchitis")),
    ),
    "the diagnosis in the lesson's Chinese title": (
        "B3-title",
        in_lesson(
            lambda one: replace(one, title=Wording("A woman with cough", "急性支气管炎患者"))
        ),
    ),
    "the diagnosis among the data of the first stage": ("B3-datum", diagnosis_first),
    "a synonym in the label of an order": (
        "B3-words",
        in_stage(
            1,
            lambda one: replace(
                one,
                orders=(
                    replace(
                        one.orders[0],
                        label=Wording("Ask about bronchitis, acute", "询问急性支气管炎"),
                    ),
                    *one.orders[1:],
                ),
            ),
        ),
    ),
    "the diagnosis in the name of an order, which stands in an address": (
        "B3-name",
        in_stage(
            1,
            lambda one: replace(
                one, orders=(replace(one.orders[0], name="acute-bronchitis"), *one.orders[1:])
            ),
        ),
    ),
    "the ICD-10 code in a prompt": (
        "B3-words",
        in_exercise(
            "differential",
            lambda one: replace(one, prompt=Wording("Is it J20.9?", "考虑哪些诊断？")),
        ),
    ),
    "contacts on two days only": ("B4-contacts", in_case(on_two_days)),
    "contacts out of order": (
        "B4-order",
        in_case(
            lambda case: replace(
                case,
                contacts=(
                    replace(case.contacts[0], day=900, end_day=900),
                    *case.contacts[1:],
                ),
            )
        ),
    ),
    "a problem that ends before it begins": (
        "B4-order",
        in_case(
            lambda case: replace(
                case,
                problems=(
                    replace(
                        case.problems[0],
                        status="resolved",
                        onset_day=10,
                        resolved_day=3,
                    ),
                    *case.problems[1:],
                ),
            )
        ),
    ),
    "a pressure that nobody has": (
        "B4-range",
        in_case(lambda case: reworded(case, "Systolic", "Systolic blood pressure: 1460 mmHg")),
    ),
    "a pressure in another measurement's unit": (
        "B4-unit",
        flow_sheets(
            lambda sheet: replace(
                sheet, series=tuple(replace(one, unit="mmol/L") for one in sheet.series)
            )
        ),
    ),
    "controlled, and the numbers are not": ("B4-class", shown_high_while_controlled),
    # C: the person
    "an illness without a life": (
        "C1-holism",
        in_case(
            lambda case: replace(
                case, problems=tuple(replace(one, kind="biological") for one in case.problems)
            )
        ),
    ),
    "nothing of family or community": ("C1-family", without_family),
    "nobody is heard": (
        "C2-perspective",
        in_case(lambda case: reworded(case, "What the patient", "Skin: warm")),
    ),
    # D: how hard it is
    "three diagnoses": ("D1-diagnoses", lambda given: shortened(given, 3)),
    "every diagnosis as likely as the other": (
        "D1-grades",
        in_exercise("differential", lambda one: graded(one, relevance=3)),
    ),
    "nothing that must not be missed": (
        "D1-must-not-miss",
        in_exercise("differential", lambda one: graded(one, must_not_miss=False)),
    ),
    "a key feature where everything is right": (
        "D1-guessed",
        in_exercise("key features", lambda one: all_right(one)),
    ),
    "answered by those who had not seen the case": (
        "D1-blind",
        lambda given: replace(given, blind=BlindTries(12, 0.62, 0.40)),
    ),
    "all data at once": ("D2-data", all_at_once),
    "a wall of words": ("D2-words", long_winded),
    # E: questions and expert
    "a key without an answer": ("E1-key", in_key("key features", right=())),
    "no explanation in Chinese": (
        "E1-explanation",
        in_exercise("summary", lambda one: replace(one, explanation=Wording(en="Because."))),
    ),
    "no source": ("E1-source", in_exercise("reflection", lambda one: replace(one, source=" "))),
    "a panel of three": ("E1-panel", in_lesson(concordance)),
    "one point to take home": (
        "E2-take-home",
        in_lesson(
            lambda one: replace(one, expert=replace(one.expert, take_home=one.expert.take_home[:1]))
        ),
    ),
    "an expert who speaks English only": (
        "E2-language",
        in_lesson(
            lambda one: replace(
                one, expert=replace(one.expert, script=Wording(en="Cough with phlegm."))
            )
        ),
    ),
    # F: who it is
    "a telephone number": ("F1-identifier", sentence("电话13800000000")),
    "an account of a messenger": ("F1-identifier", sentence("微信：mkdasrft9963")),
    "a surrogate of a relative": ("F1-name", sentence("Came with husband Nicholas.", noted=True)),
    "an address": ("F1-identifier", sentence("家住和丰巷84号7栋661室")),
    "a date in Chinese numerals": ("F1-identifier", sentence("二月二十六日家访")),
    "a feast": ("F1-season", sentence("Ill since the Spring Festival.")),
    "an age to the year": ("F1-age", sentence("Her 57-year-old husband is well.")),
    "a person like few others": ("F1-k", in_risk(k=4)),
    "a rare disease": ("F1-rare", in_risk(rare=(CountedProblem(1, 3),))),
    "a rare pair of problems": ("F1-combination", in_risk(pairs=(CountedPair(1, 2, 1),))),
    "a family like no other": ("F1-family", in_risk(same_family=1)),
    "a husband who is a case as well": (
        "F1-relatives",
        lambda given: replace(given, others=frozenset(given.risk.relatives if given.risk else ())),
    ),
    "the same person in another case": (
        "F1-twice",
        lambda given: replace(
            given,
            others=frozenset({given.case.sources.person_id if given.case.sources else 0}),
        ),
    ),
    "a release that failed its policy": ("F1-release", in_risk(thresholds_failed=("marketer",))),
    "no release to count in": ("F1-measured", lambda given: replace(given, risk=None)),
    "a release for research": ("F2-scope", in_risk(purpose="research")),
    "a sensitive category": ("F2-sensitive", sentence("HIV test refused.")),
    "no privacy signature": ("F3-privacy", without_signature("privacy")),
    "changed after it was signed for privacy": ("F3-privacy", changed_after_signing),
    "the author signs for privacy": ("F3-privacy", signed_by(CLINICIAN, AUTHOR)),
    "one person signs for both": ("F3-privacy", signed_by(CLINICIAN, CLINICIAN)),
    # G: everybody can read it, and it comes back
    "a flow sheet without a name": (
        "G1-label",
        flow_sheets(lambda sheet: replace(sheet, title=" ")),
    ),
    "two options with one label": (
        "G1-label",
        in_exercise("key features", lambda one: labelled(one, Wording("Fever", "发热"))),
    ),
    "a character that is none": ("G2-round-trip", unwritable),
    # H: what reviewers think
    "rated 2 on the whole": ("H1-rating", rated(**dict.fromkeys(ATTRIBUTES, 2))),
    "rated 1 for being realistic": ("H1-rating", rated(realistic=1, engaging=4, relevant=4)),
}
