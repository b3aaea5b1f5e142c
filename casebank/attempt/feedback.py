"""What a student is told about a committed answer: it beside the key, as a table, and the reasons.

Feedback speaks of data only as far as they are disclosed, and is held back while it would answer a
question that is still to come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from casebank import documents, terms
from casebank.attempt.answers import shown_options
from casebank.attempt.lexicon import Lexicon
from casebank.attempt.marking import Mark, concordance_item, mark_answer, problem_score
from casebank.attempt.modes import MODES
from casebank.attempt.progress import AttemptState, in_order
from casebank.attempt.words import say
from casebank.lesson import Exercise, KeyDiagnosis, KeyProblem, Lesson, Option, Wording
from casebank.model import Case, Language
from casebank.scoring import check_statement
from casebank.scoring.script_concordance import OPTIONS

ASKS_FOR_DIAGNOSES: Final = frozenset({"differential", "problem list"})
TELLS_DIAGNOSES: Final = frozenset({"summary", "problem list", "differential", "reflection"})


@dataclass(frozen=True)
class Row:
    """One line of a comparison; ``right`` is None where nothing is judged."""

    label: str
    yours: str
    key: str
    right: bool | None = None
    why: str = ""


@dataclass(frozen=True)
class Feedback:
    """The comparison, the experts' own words, and why. ``mark`` is None for a worked example."""

    exercise: Exercise
    mark: Mark | None
    rows: tuple[Row, ...]
    experts: tuple[str, ...]
    verdict: str
    explanation: str


def is_shown(lesson: Lesson, state: AttemptState, exercise: Exercise) -> bool:
    """Whether the key of an exercise may be seen now."""
    rules = MODES[state.mode]
    if state.done:
        return True
    if not rules.answers:
        return exercise.stage <= state.stage
    if not rules.feedback or exercise.name not in state.committed:
        return False
    return not is_held(lesson, state, exercise)


def is_held(lesson: Lesson, state: AttemptState, exercise: Exercise) -> bool:
    """Whether the key would answer a question that is still to come.

    A key that names diagnoses or problems waits for the last question that asks for them; so does
    any other key whose words name one of those that will be asked for.
    """
    ahead = [
        one
        for one in in_order(lesson)
        if one.kind in ASKS_FOR_DIAGNOSES and one.name not in state.committed
    ]
    if not ahead:
        return False
    if exercise.kind in TELLS_DIAGNOSES:
        return True
    words = " ".join(_wordings(exercise)).casefold()
    return any(_names(words, one) for one in ahead)


def give_feedback(
    lesson: Lesson,
    exercise: Exercise,
    state: AttemptState,
    case: Case,
    lexicon: Lexicon,
    language: Language,
) -> Feedback:
    """Feedback on an exercise whose key may be seen; ``case`` is what is disclosed now."""
    answer = state.answers.get(exercise.name)
    mark = mark_answer(lesson, exercise, state.answers) if answer is not None else None
    told = _Teller(exercise, answer, case, lexicon, language, state.done)
    rows, experts = _TELLERS[exercise.kind](told)
    return Feedback(
        exercise,
        mark,
        tuple(rows),
        tuple(experts),
        say(mark.verdict, language) if mark and mark.verdict else "",
        exercise.explanation.text(language),
    )


def hint(exercise: Exercise, language: Language) -> str:
    """How much there is to find, and nothing of what; empty if there is no such hint."""
    if exercise.problem_list is not None:
        return say("hint problems", language, len(exercise.problem_list.problems))
    if exercise.differential is not None:
        key = exercise.differential.diagnoses
        return say("hint diagnoses", language, len(key), sum(one.must_not_miss for one in key))
    if exercise.reflection is not None:
        return say("hint links", language, len(exercise.reflection.links))
    if exercise.errors is not None:
        return say("hint errors", language, len(exercise.errors.wrong))
    if exercise.summary is not None:
        return say("hint summary", language)
    return ""


@dataclass(frozen=True)
class _Teller:
    exercise: Exercise
    answer: Mapping[str, Any] | None
    case: Case
    lexicon: Lexicon
    language: Language
    done: bool

    def given(self, name: str) -> list[Any]:
        return list(self.answer[name]) if self.answer is not None else []

    def say(self, key: str, *values: object) -> str:
        return say(key, self.language, *values)

    def text(self, wording: Wording | None) -> str:
        return wording.text(self.language) if wording is not None else ""

    def statements(self) -> dict[str, str]:
        return {one.id: one.text for one in self.case.statements()}


Told = tuple[Iterable[Row], Iterable[str]]


def _summary(told: _Teller) -> Told:
    key = told.exercise.summary
    assert key is not None
    found = check_statement(told.answer["text"], key.rule) if told.answer is not None else {}
    yes, no = told.say("yes"), told.say("no")
    rows = [Row(told.say(part), yes if has else no, yes, has) for part, has in found.items()]
    return rows, [told.text(one) for one in key.experts]


def _problem_list(told: _Teller) -> Told:
    key = told.exercise.problem_list
    assert key is not None
    if told.answer is None:
        return [Row(told.text(one.title), "", "") for one in key.problems], ()
    titles = {one.code: told.text(one.title) for one in key.problems}
    exact = {code: one.code for one in key.problems for code in (one.code, *one.synonyms)}
    score = problem_score(told.exercise, told.answer)
    names = {one["code"]: one["text"] for one in told.given("problems")}
    rows = []
    for code, match in score.matches:
        how = "none" if match is None else "full" if exact.get(code) == match else "near"
        title = "" if match is None else titles[match]
        rows.append(Row(names[code], told.say(how), title, match is not None))
    rows += [Row(titles[code], told.say("missed"), titles[code], False) for code in score.missed]
    return rows, ()


def _differential(told: _Teller) -> Told:
    key = told.exercise.differential
    assert key is not None
    keyed = {one.code: one for one in key.diagnoses}
    rows = []
    for place, guess in enumerate(told.given("guesses"), 1):
        one = keyed.get(guess["code"])
        yours = f"{place}. ({guess['confidence']} %)"
        rows.append(_diagnosis(told, guess["text"], yours, one))
    named = {guess["code"] for guess in told.given("guesses")}
    for one in sorted(key.diagnoses, key=lambda one: -one.relevance):
        if one.code not in named:
            yours = told.say("missed") if told.answer is not None else ""
            row = _diagnosis(told, told.text(one.title), yours, one)
            rows.append(
                replace(row, right=False) if one.relevance > 1 or one.must_not_miss else row
            )
    return rows, ()


def _diagnosis(told: _Teller, label: str, yours: str, key: KeyDiagnosis | None) -> Row:
    said = told.say(f"relevance {key.relevance if key else 0}")
    if key is not None and key.must_not_miss:
        said += f", {told.say('must not miss')}"
    return Row(label, yours, said, key is not None, told.text(key.why) if key else "")


def _reflection(told: _Teller) -> Told:
    key = told.exercise.reflection
    assert key is not None
    expected = {(one.hypothesis, one.finding): one.stance for one in key.links}
    given = {(one["hypothesis"], one["finding"]): one["stance"] for one in told.given("links")}
    rows = []
    for hypothesis in shown_options(told.exercise, key.hypotheses):
        for finding in shown_options(told.exercise, key.findings):
            pair = (hypothesis.code, finding.code)
            yours, theirs = given.get(pair), expected.get(pair)
            if yours is None and theirs is None:
                continue
            rows.append(
                Row(
                    f"{told.text(hypothesis.text)}: {told.text(finding.text)}",
                    told.say(yours) if yours else "",
                    told.say(theirs) if theirs else "",
                    yours == theirs if told.answer is not None else None,
                )
            )
    return rows, ()


def _key_features(told: _Teller) -> Told:
    key = told.exercise.key_features
    assert key is not None
    rows = []
    for option in shown_options(told.exercise, key.options):
        kind = (
            "right"
            if option.code in key.right
            else "harmful"
            if option.code in key.harmful
            else "not needed"
        )
        rows.append(_option(told, option, kind, option.code in key.right))
    return rows, ()


def _option(told: _Teller, option: Option, kind: str, wanted: bool, why: str = "") -> Row:
    if told.answer is None:
        return Row(told.text(option.text), "", told.say(kind), None, why)
    chosen = option.code in told.given("chosen")
    yours = told.say("chosen" if chosen else "not chosen")
    return Row(told.text(option.text), yours, told.say(kind), chosen == wanted, why)


def _management(told: _Teller) -> Told:
    key = told.exercise.management
    assert key is not None
    # What was done is told no earlier than the data that say so.
    known = told.done or set(key.happened_data) <= set(told.statements())
    rows = []
    for option in shown_options(told.exercise, key.options):
        asked = option.code in key.asked
        record = told.say("done" if option.code in key.happened else "not done") if known else ""
        rows.append(_option(told, option, "asked" if asked else "not needed", asked, record))
    return rows, ()


def _concordance(told: _Teller) -> Told:
    item = concordance_item(told.exercise)
    rows = []
    for option in OPTIONS:
        mine = told.answer is not None and told.answer["value"] == option
        panel = told.say("panel", item.panel.get(option, 0), item.size)
        rows.append(
            Row(f"{option:+d}" if option else "0", told.say("chosen") if mine else "", panel)
        )
    return rows, ()


def _errors(told: _Teller) -> Told:
    key = told.exercise.errors
    assert key is not None
    wrong = {one.code: told.text(one.text) for one in key.wrong}
    texts = told.statements()
    marked = set(told.given("wrong"))
    rows = []
    for candidate in key.candidates:
        if candidate not in texts:
            continue
        yours = "" if told.answer is None else told.say("wrong" if candidate in marked else "sound")
        right = None if told.answer is None else (candidate in marked) == (candidate in wrong)
        theirs = told.say("wrong" if candidate in wrong else "sound")
        rows.append(Row(texts[candidate], yours, theirs, right, wrong.get(candidate, "")))
    return rows, ()


_TELLERS: Final[Mapping[str, Callable[[_Teller], Told]]] = {
    "summary": _summary,
    "problem list": _problem_list,
    "differential": _differential,
    "reflection": _reflection,
    "key features": _key_features,
    "script concordance": _concordance,
    "management": _management,
    "errors": _errors,
}


def _wordings(exercise: Exercise) -> Iterator[str]:
    return _texts(documents.encode(exercise))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name in {"en", "zh", "rule", "source"} and isinstance(item, str):
                yield item
            else:
                yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _names(words: str, asked: Exercise) -> bool:
    """Whether ``words`` name, by any name of the code list, what will be asked for."""
    found: Sequence[KeyDiagnosis | KeyProblem] = ()
    if asked.differential is not None:
        found = asked.differential.diagnoses
    elif asked.problem_list is not None:
        found = asked.problem_list.problems
    titles = [text.casefold() for one in found for text in (one.title.en, one.title.zh)]
    codes = frozenset(one.code for one in found) & frozenset(terms.all_terms())
    return any(title and title in words for title in titles) or bool(terms.mentions(words, codes))
